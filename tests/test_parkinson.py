"""Parkinson's disease in the model: who is simulated, what is measured, and what is made of it."""

from __future__ import annotations

import csv
from dataclasses import replace

import numpy as np
import pytest

from analyses.figures import parkinson, running
from analyses.parkinson import drawing, reaching
from analyses.parkinson.findings import FINDINGS, kept
from analyses.parkinson.patients import AMPLITUDE, CONDITIONS, DEPLETION, DOSE, condition
from analyses.parkinson.recording import recorded_beta, simulated_beta
from neurosim import InputError
from neurosim.perturbations import Depletion, Levodopa, Silence, Stimulation, When

NETWORK = drawing.Network(3, n_units=40, period=2500.0)
DEPLETIONS = (0.4, DEPLETION)


@pytest.fixture(scope="module")
def after():
    return drawing.perturb_after(drawing.After(NETWORK, DEPLETIONS))


@pytest.fixture
def brief(monkeypatch):
    """Experiments on reaching with few trials."""
    for name, value in {
        "PRACTICE": 6, "BLOCK": 12, "BLOCKS": 2, "SHIFTED": 12, "VIGOUR": 8,
    }.items():  # fmt: skip
        monkeypatch.setattr(reaching, name, value)


@pytest.fixture
def networks(after, brief):
    """Two networks, the second with a little more of everything."""

    def found(seed):
        before = {}
        for job in drawing.jobs(seed, DEPLETIONS)[1:]:
            error = 0.1 if job.name == "healthy" else 0.2 + 0.01 * seed
            error = {"pallidotomy": 1.7, "stimulation": 1.6}.get(job.name, error)
            before[f"{job.name} {job.strength:g}"] = {"mastery": error, "errors": [error]}
        reaches = {
            name: reaching.work(reaching.Reach(name, seed, DEPLETIONS))
            for name in reaching.EXPERIMENTS
        }
        return {"seed": seed, "after": after, "before": before} | reaches

    return [found(seed) for seed in (1, 2)]


def test_health_is_nothing():
    assert condition("healthy", 0.9, When()) == ()


def test_every_condition_but_health_is_depleted():
    for name in CONDITIONS:
        if name != "healthy":
            parts = condition(name, 0.6, When("train"))
            assert parts[0] == Depletion(0.6, when=When("train"))


def test_oscillations_are_as_strong_as_what_is_missing():
    """Off in full, on levodopa what the dose leaves over, with enough of it none."""
    for name, depletion, left in (("off", 0.6, 0.6), ("levodopa", 0.8, 0.3), ("levodopa", 0.4, 0)):
        parts = {part.name: part for part in condition(name, depletion, When())}
        for kind in ("beta", "tremor"):
            if left:
                assert parts[kind].strength == pytest.approx(left)
                assert parts[kind].amplitude == AMPLITUDE
            else:
                assert kind not in parts
    assert Levodopa(DOSE) in condition("levodopa", 0.8, When())


def test_treatments_of_the_pathway():
    assert Silence() in condition("pallidotomy", 0.8, When())
    assert Stimulation() in condition("stimulation", 0.8, When())


@pytest.mark.parametrize(
    "name, depletion, says",
    [
        ("of", 0.5, "name must be one of 'healthy', 'off'"),
        ("off", 1.5, "depletion must be a number from 0 to 1"),
    ],
)
def test_refusals(name, depletion, says):
    with pytest.raises(InputError, match=says):
        condition(name, depletion, When())


def test_a_silenced_pathway_learns_nothing(after):
    found = drawing.learn_under(drawing.Before(NETWORK, "pallidotomy", DEPLETION))
    np.testing.assert_allclose([*found["errors"], found["mastery"]], after["untrained"], rtol=1e-3)


def test_health_after_learning_is_the_run_itself(after):
    """The first trial in health is the one that follows, with nothing done to it."""
    run = NETWORK.run()
    errors = drawing._errors(run, drawing.LEARNING + 1)
    assert after["learning"] == errors[: drawing.LEARNING]
    assert after["execution"]["healthy 0"] == errors[drawing.LEARNING]


def test_errors_are_mean_distances_from_the_target():
    run = NETWORK.run()
    errors = drawing._errors(run, 2)
    result = run.branch().run()
    distance = np.linalg.norm(result.hand - result.target, axis=1).reshape(-1, 500)
    np.testing.assert_allclose(errors, distance.mean(axis=1)[:2], rtol=1e-5)


def test_all_depletions_and_kinds_are_tried(after):
    keys = {f"{n} {d:g}" for n in ("off", "levodopa", "stimulation") for d in DEPLETIONS}
    keys |= {"healthy 0", f"pallidotomy {DEPLETION:g}"}
    assert set(after["execution"]) == set(after["retention"]) == set(after["hand"]) == keys
    assert set(after["silenced_at"]) == set(map(str, drawing.SILENCED_AT))
    assert len(after["outputs"]) == 3 * len(drawing.AMPLITUDES)


def test_tremor_shows_in_the_hand(after):
    hand = after["hand"]
    assert hand[f"off {DEPLETION:g}"]["hand tremor"] > 2 * hand["healthy 0"]["hand tremor"]


def test_rewarded_reaches(brief):
    found = reaching.work(reaching.Reach("variability", 2))
    for group in ("healthy", "off"):
        assert len(found[group]["aim"]) == 24
        assert found[group]["probability"] == [0.9] * 12 + [0.3] * 12
        assert set(found[group]["reward"]) <= {0, 1}
    assert np.std(found["healthy"]["aim"]) > np.std(found["off"]["aim"])


def test_surprises(brief):
    found = reaching.work(reaching.Reach("surprise", 2))
    shares = [found[which][group] for which in found for group in found[which]]
    assert len(shares) == 6
    assert all(0 <= share <= 1 for share in shares)


def test_an_unknown_experiment():
    with pytest.raises(InputError, match="experiment must be one of"):
        reaching.Reach("vigor", 1)


# ---------------------------------------------------------------------- findings


def test_every_row_of_the_table_is_tested():
    assert {finding.row for finding in FINDINGS} == set(range(1, 9))


def test_share_kept():
    after = {"untrained": 2.0, "execution": {"healthy 0": 0.5}}
    assert kept({"after": after}, 0.5) == 1
    assert kept({"after": after}, 2.0) == 0
    assert kept({"after": after}, 1.25) == 0.5


def test_a_finding_comes_out_where_its_interval_lies_above_zero(networks):
    finding = replace(FINDINGS[0], measure=lambda record: record["effect"])
    for effects, comes_out in (((0.1, 0.2, 0.3), True), ((-0.1, 0.1, 0.3), False)):
        line = parkinson.line_of(finding, [{"effect": e} for e in effects])
        assert line["comes_out"] is comes_out
        assert line["mean"] == pytest.approx(np.mean(effects))
        assert line["standardised"] == pytest.approx(np.mean(effects) / np.std(effects, ddof=1))
    assert line["networks"] == "2/3"


def test_all_findings_can_be_measured(networks):
    for finding in FINDINGS:
        values = finding.values(networks)
        assert values.shape == (2,) and np.isfinite(values).all(), finding.effect


def test_the_command_writes_tables_and_figure(networks, neurosim, monkeypatch, tmp_path):
    """From what was found in two networks, as if they had been run before."""
    monkeypatch.setattr(parkinson, "experiments", lambda **options: networks)
    status, out, _ = neurosim("reproduce", "parkinson", "--seeds", 2, "--out", "found")
    assert status == 0 and "comes out" in out
    folder = tmp_path / "found"
    assert {file.name for file in folder.iterdir()} == {
        "table.csv", "doses.csv", "outputs.csv", "beta.csv", "figure.png", "figure.pdf",
    }  # fmt: skip
    with open(folder / "table.csv", newline="") as file:
        assert len(list(csv.DictReader(file))) == len(FINDINGS)
    with open(folder / "doses.csv", newline="") as file:
        lines = list(csv.DictReader(file))
    of_off = [x for x in lines if (x["condition"], x["measure"]) == ("off", "learning")]
    assert [float(line["depletion"]) for line in of_off] == list(DEPLETIONS)
    assert float(of_off[0]["mean"]) == pytest.approx(0.215)


def test_jobs_are_shared_out_by_network(monkeypatch, tmp_path):
    """Each record goes to its network and its place, whatever the order of the runs."""

    def run_all(work, jobs, store, **options):
        return [{"of": job} for job in jobs]

    monkeypatch.setattr(running, "run_all", run_all)
    found = parkinson.experiments(seeds=2, out=tmp_path, depletions=DEPLETIONS)
    for network, seed in zip(found, (11, 12), strict=True):
        assert network["after"]["of"].network.seed == network["seed"] == seed
        job = network["before"]["off 0.4"]["of"]
        assert (job.network.seed, job.name, job.strength) == (seed, "off", 0.4)
        assert network["vigour"]["of"] == reaching.Reach("vigour", seed, DEPLETIONS)


# ---------------------------------------------------------------------- beside a recording


def test_the_patients_beta(real_data):
    """Half and more of the power, at 18 Hz, and less of it during grips."""
    folder = real_data / "parkinson_lfp_gripforce"
    if not folder.is_dir():
        pytest.skip("no recording parkinson_lfp_gripforce in shared/data")
    lines = recorded_beta(folder)
    assert len(lines) == 3
    for line in lines:
        assert 17 <= line["peak_hz"] <= 20
        assert 0.49 < line["beta_share"] < 0.72
        assert line["low"] < line["beta_share"] < line["high"]
        assert line["grip_low"] < line["grip_db"] < line["grip_high"]
    assert all(line["grip_db"] < 0 for line in lines)


def test_the_models_beta(networks):
    healthy, off, levodopa = simulated_beta(networks)
    assert healthy["beta_share"] < levodopa["beta_share"] < off["beta_share"] < 1


def test_a_folder_without_a_recording(tmp_path):
    with pytest.raises(InputError, match="expected a folder with a BrainVision recording"):
        recorded_beta(tmp_path)
