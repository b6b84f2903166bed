"""``neurosim reproduce``: costs that are true, small versions, and tables and figures of each."""

from __future__ import annotations

import csv
import json
from dataclasses import replace

import numpy as np
import pytest

from analyses.figures import STUDIES, hopfield, occlusion, robust, running, sankar2021, style
from analyses.figures.running import Cost, chosen, cost, run_jobs
from analyses.figures.studies import CATALOGUE, module_of
from commands import refused
from neurosim.ensembles import run_all
from neurosim.errors import InputError

DATA = {
    "tang2018": "occlusion_psychophysics",
    "reaching": "motor_cortex_reaching",
    "basal-ganglia": "parkinson_lfp_gripforce",
}
"""Folders of recordings that a study cannot do without."""


FEW = {"n_resamples": 20}


class Told(Exception):
    """Raised instead of running anything."""


def cost_of(name, options, out, request):
    """What a study says that it will take."""

    def tell(found):
        raise Told(found)

    if name in DATA:
        folder = request.getfixturevalue("real_data") / DATA[name]
        if not folder.is_dir():
            pytest.skip(f"no recording {DATA[name]} in shared/data")
        options = options | {"data": folder}
    with pytest.raises(Told) as raised:
        module_of(name).reproduce(**options, out=out, tell=tell)
    return raised.value.args[0]


def table(path):
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


# ---------------------------------------------------------------------- what studies cost


@pytest.mark.parametrize("name", CATALOGUE)
def test_what_the_catalogue_says_is_what_is_run(name, tmp_path, request):
    study = CATALOGUE[name]
    for options, runs, minutes in (
        (study.full, study.runs, study.minutes),
        (study.full | study.quick, study.quick_runs, study.quick_minutes),
    ):
        found = cost_of(name, options, tmp_path, request)
        assert (found.runs, found.done) == (runs, 0)
        assert found.seconds / 60 / min(2, runs) == pytest.approx(minutes, rel=0.15, abs=0.4)


@pytest.mark.parametrize("name", CATALOGUE)
def test_quick_is_smaller_and_takes_minutes(name):
    study = CATALOGUE[name]
    assert study.quick and set(study.quick) <= set(study.full)
    assert study.quick_minutes <= 3
    assert study.quick_runs < study.runs or study.runs == 1


def test_done_runs_are_known(tmp_path):
    jobs = {"a": 60.0, "b": 30.0, "c": 90.0}
    assert cost(jobs, tmp_path / "runs") == Cost(3, 0, 180.0)
    run_all(_double, ["a", "c"], tmp_path / "runs", workers=1)
    assert cost(jobs, tmp_path / "runs") == Cost(3, 2, 30.0)
    told = []
    found = run_jobs(_double, jobs, tmp_path, workers=1, tell=told.append)
    assert told == [Cost(3, 2, 30.0)]
    assert found == {"a": {"twice": "aa"}, "b": {"twice": "bb"}, "c": {"twice": "cc"}}
    assert cost(jobs, tmp_path / "runs") == Cost(3, 3, 0.0)


def _double(text):
    return {"twice": 2 * text}


def test_costs_in_words():
    assert Cost(6, 0, 240.0).told(2).startswith("6 runs, about 2 minutes on 2 processes of an idle")
    assert "1 done; the others take about 80 s on 1 process of" in Cost(2, 1, 80.0).told(4)
    assert Cost(1, 1, 0.0).told(2) == "1 run, all done"


def test_names_of_parts():
    assert chosen(None, ("a", "b"), "part") == ["a", "b"]
    assert chosen("b, a", ("a", "b"), "part") == ["b", "a"]
    with pytest.raises(InputError, match="unknown part 'c'"):
        chosen("a,c", ("a", "b"), "part")


# ---------------------------------------------------------------------- the command


@pytest.fixture
def made_up(monkeypatch):
    """Runs of sankar2021 are not run: (jobs that were asked for)."""
    asked = []

    def run_all(work, jobs, store, **how):
        asked.extend(jobs)
        return [deviation(job) for job in jobs]

    monkeypatch.setattr(running, "run_all", run_all)
    return asked


def deviation(job):
    segments = job.segments or 0
    return {
        "deviation": None if (job.seed, segments) == (1, 50) else 0.1 + 0.01 * segments,
        "diverged": int((job.seed, segments) == (1, 50)),
        "steps": 1,
        "neurosim_version": "0",
    }


def test_the_cost_is_said_first_and_not_on_standard_output(neurosim, made_up, tmp_path):
    words = ("reproduce", "sankar2021", "--rows", "2-supertrex,1-force", "--presets", "paper")
    status, out, err = neurosim(*words, "--json", "--seeds", 3)
    assert status == 0
    assert err == "sankar2021: 6 runs, about 1.8 minutes on 2 processes of an idle machine\n"
    told = json.loads(out)
    assert not told["quick"] and "Table 1" in told["source"] and len(told["rows"]) == 2
    assert (tmp_path / "sankar2021" / "table.csv").exists()
    assert neurosim(*words, "--quiet")[1:] == ("", "")


def test_quick_goes_into_a_folder_of_its_own(neurosim, made_up, tmp_path):
    (tmp_path / "sankar2021").mkdir()
    (tmp_path / "sankar2021" / "table.csv").write_text("all of it")
    status, out, err = neurosim("reproduce", "sankar2021", "--quick")
    assert status == 0
    assert "(quick: figures table" in err and "2 of 11 seeds" in err
    assert "published: Sankar" in out and "wrote tables and figures to sankar2021-quick" in out
    assert {job.seed for job in made_up} == {0, 1}
    assert (tmp_path / "sankar2021" / "table.csv").read_text() == "all of it"
    assert len(table(tmp_path / "sankar2021-quick" / "table.csv")) == 6
    made_up.clear()
    neurosim("reproduce", "sankar2021", "--quick", "--seeds", 4, "--rows", "2-rmhl", "--quiet")
    assert {job.seed for job in made_up} == {0, 1, 2, 3}  # what is asked for counts


@pytest.mark.parametrize("name", CATALOGUE)
def test_help_of_each_study(neurosim, name):
    status, out, _ = neurosim("reproduce", name, "--help")
    words = " ".join(out.split())
    assert status == 0
    assert " ".join(CATALOGUE[name].cost.split()[:4]) in words
    assert "--quick" in words and ("--data" in words) == bool(CATALOGUE[name].data)


def test_studies_are_listed_with_their_costs(neurosim):
    out = neurosim("list", "studies")[1]
    assert "198 runs" in out and "--quick: 8 runs" in out
    assert out.splitlines()[0].startswith("sankar2021")
    assert list(STUDIES) == list(CATALOGUE)


def test_a_study_that_needs_data(neurosim):
    assert "--data" in refused(neurosim("reproduce", "reaching", "--quick"))


# ---------------------------------------------------------------------- tables and figures


def test_both_formats_are_written(tmp_path):
    plt = style.pyplot()
    fig = plt.figure()
    style.save_both(fig, tmp_path / "a.b")
    assert (tmp_path / "a.b.png").read_bytes()[:4] == b"\x89PNG"
    assert (tmp_path / "a.b.pdf").read_bytes()[:4] == b"%PDF"
    assert not plt.fignum_exists(fig.number)


def test_the_first_table_and_the_segments_apart(made_up, tmp_path):
    lines = sankar2021.reproduce("table,segments", seeds=2, out=tmp_path)
    assert len(lines) == 25 + 13
    assert {file.name for file in tmp_path.iterdir()} == {
        "table.csv", "table.png", "table.pdf", "runs.csv",
        "segments.csv", "segments.png", "segments.pdf", "segments_runs.csv",
    }  # fmt: skip
    by_row = {line["row"]: line for line in table(tmp_path / "segments.csv")}
    assert next(iter(by_row)) == "segments-3" and len(by_row) == 13
    last = by_row["segments-50"]
    assert (last["seeds"], last["diverged"], last["satisfactory"]) == ("2", "1", "0")
    assert (last["published_mean"], last["published_satisfactory"]) == ("0.375", "9")
    assert float(by_row["segments-30"]["mean"]) == pytest.approx(0.4)
    assert len(table(tmp_path / "segments_runs.csv")) == 26


@pytest.mark.parametrize(
    "figures, rows, written",
    [
        (None, None, {"table"}),
        (None, "segments", {"segments"}),
        (None, "2-rmhl,segments-3", {"table", "segments"}),
        ("table", "2-rmhl,segments-3", {"table"}),
        ("segments", None, {"segments"}),
    ],
)
def test_figures_and_rows(made_up, tmp_path, figures, rows, written):
    sankar2021.reproduce(figures, rows, seeds=1, out=tmp_path)
    assert {file.stem for file in tmp_path.glob("*.pdf")} == written


def test_what_is_in_no_figure(tmp_path):
    with pytest.raises(InputError, match="none of the rows 'segments-3' is in 'table'"):
        sankar2021.reproduce("table", "segments-3", out=tmp_path)
    with pytest.raises(InputError, match="unknown figure 'tables': did you mean 'table'"):
        sankar2021.reproduce("tables", out=tmp_path)


def test_jobs_of_the_segments_keep_their_addresses():
    """Runs that were made with an earlier version of this study are found again."""
    from neurosim.provenance import describe

    (job,) = sankar2021.jobs_of(sankar2021.row_named("segments-50"), "replication", 1, 10, 5)
    assert describe(job) == {
        "kind": "Job", "task": "butterfly-arm", "rule": "supertrex", "preset": "replication",
        "segments": 50, "costs": None, "seed": 0, "trials": 10, "test_trials": 5,
    }  # fmt: skip


def test_robust(made_up, tmp_path):
    lines = robust.reproduce("robust,transfer 0", seeds=2, out=tmp_path)
    assert [(line["variant"], line["row"]) for line in lines] == [
        (variant, row) for variant in ("robust", "transfer 0") for row in robust.ROWS
    ]
    assert (tmp_path / "figure.pdf").exists() and (tmp_path / "table.csv").exists()
    assert {job.seed for job in made_up} == {101, 102}
    with pytest.raises(InputError, match="unknown variant"):
        robust.reproduce("transfer 2", out=tmp_path)


def test_occlusion(monkeypatch, tmp_path):
    def run_all(work, jobs, store, **how):
        return [_completed(job) for job in jobs]

    monkeypatch.setattr(running, "run_all", run_all)
    lines = occlusion.reproduce("pixels", seeds=2, out=tmp_path)
    assert len(lines) == 2 * len(occlusion.NETWORKS)
    assert {file.name for file in tmp_path.iterdir()} == {
        f"{name}.{ending}" for name in ("table", "time") for ending in ("csv", "png", "pdf")
    }


def _completed(job):
    """As if the job had been run."""
    if isinstance(job, occlusion.Job):
        return {network: dict.fromkeys(occlusion.KEPT, 0.5) for network in occlusion.NETWORKS}
    ends = {name: [0.5] * 5 for name in ("no mask", "mask")}
    return {"end": ends, "steps": [[20, 30 + job.seed]] * 8}


# ---------------------------------------------------------------------- hopfield


@pytest.fixture(scope="module")
def held(tmp_path_factory):
    """Two small networks of all rules with few patterns tried: (lines, folder)."""
    out = tmp_path_factory.mktemp("hopfield")
    with pytest.MonkeyPatch.context() as patch:
        small = {
            name: replace(
                rule,
                sizes=rule.sizes[:2],
                seconds=rule.seconds[:2],
                loads=lambda n, loads=rule.loads: tuple(load for load in loads(n) if load < 600),
            )
            for name, rule in hopfield.RULES.items()
        }
        patch.setattr(hopfield, "RULES", small)
        patch.setattr(hopfield, "TESTED", 10)
        for name in ("bootstrap", "resample"):
            slow = getattr(hopfield, name)
            patch.setattr(hopfield, name, lambda *a, slow=slow, **o: slow(*a, **o | FEW))
        patch.setattr(
            running, "run_all", lambda work, jobs, store, **how: [work(job) for job in jobs]
        )
        return hopfield.reproduce(seeds=2, largest=100, out=out), out


def test_tables_and_figure_of_capacities(held):
    lines, out = held
    assert {file.name for file in out.iterdir()} == {
        "capacity.csv", "curves.csv", "figure.png", "figure.pdf",
    }  # fmt: skip
    assert len(table(out / "capacity.csv")) == len(lines)
    for line in lines:
        assert line["low"] <= line["ours"] <= line["high"]
    for line in table(out / "curves.csv"):
        within, errorless = float(line["within"]), float(line["errorless"])
        assert 0 <= errorless <= within <= 1
        assert float(line["low"]) <= within <= float(line["high"])
        if line["patterns"] == "1":
            assert within == 1


def test_what_is_published_stands_beside(held):
    lines, _ = held
    found = {
        (x["network"], x["start"], x["criterion"], x["units"]): x
        for x in lines
        if x["quantity"] == "patterns"
    }
    dense = found["dense, degree 3", "stored", "errorless", 20]
    assert dense["published"] == pytest.approx(400 / (6 * np.log(20)))
    assert dense["published"] < dense["ours"] < 4 * dense["published"]
    modern = found["modern, beta 1", "stored", "errorless", 10]
    assert modern["published"] == pytest.approx(2**5)
    flipped = found["modern, beta 1", "10 % flipped", "errorless", 10]
    assert 1 < flipped["published"] < modern["published"]
    assert flipped["ours"] < modern["ours"]


def test_information():
    """I(0.8) / 2 of Demircigil et al., written out."""
    assert hopfield.information(0.8) == pytest.approx(0.5 * (1.8 * np.log(1.8) + 0.2 * np.log(0.2)))
    assert hopfield.information(0.0) == 0


def test_growth_of_a_power_and_of_an_exponential():
    sizes = [10, 20, 40]
    assert hopfield._slope(sizes, np.array([5.0, 20, 80]), "log N") == pytest.approx(2)
    assert hopfield._slope(sizes, np.exp(0.3 * np.array(sizes)), "N") == pytest.approx(0.3)
    some = np.array([5.0, np.inf, 80])
    assert hopfield._slope(sizes, some, "log N") == pytest.approx(2)
    assert hopfield._slope(sizes, np.array([5.0, np.inf, np.inf]), "log N") == np.inf


def test_limit_of_a_capacity_that_falls_with_the_root_of_the_units():
    sizes = [100, 400, 1600]
    patterns = np.array([N * (0.138 + 0.8 / N**0.5) for N in sizes])
    assert hopfield._limit(sizes, patterns) == pytest.approx(0.138)


def test_no_network_is_as_small(tmp_path):
    with pytest.raises(InputError, match="largest must be at least 10, given 5"):
        hopfield.reproduce(largest=5, out=tmp_path)
    with pytest.raises(InputError, match="seeds must be a whole number of at least 2"):
        hopfield.reproduce(seeds=1, out=tmp_path)
