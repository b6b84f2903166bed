"""``neurosim run reaching`` and what is shown of its results, as a person uses them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from analyses.figures import reaches as drawn
from analyses.reaches import lines, summary
from analyses.reaching import reach_times
from commands import refused
from neurosim import Recording, Reservoir, Rmhl, Schedule, load, train
from neurosim.cli.reaching import _delay
from neurosim.cli.simulating import Outputs
from neurosim.errors import InputError
from tasks.motor.reaching import Reaching

TINY = ("--units", 40, "--trials", 5, "--test-trials", 3, "--rule", "force")


def parameters(path):
    return json.loads(load(path).attrs["parameters"])


def test_result_and_figure(neurosim, tmp_path):
    status, out, err = neurosim("run", "reaching", *TINY, "--seed", 3)
    assert (status, err) == (0, "")
    assert "path error" in out and "a hand that stays: 56" in out
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "reaching-force-seed3.nc", "reaching-force-seed3.png",
    ]  # fmt: skip
    result = load(tmp_path / "reaching-force-seed3.nc")
    assert result.sizes["trial"] == 8
    assert "neurosim run reaching" in result.attrs["command"]
    status, again, _ = neurosim("show", "reaching-force-seed3.nc", "--figure", "again.pdf")
    assert status == 0
    assert again.split("wrote")[0] == out.split("wrote")[0]
    assert (tmp_path / "again.pdf").read_bytes()[:4] == b"%PDF"


def test_every_option_reaches_the_task(neurosim, tmp_path):
    words = (
        "--targets", 3, "--distances", "0.2,0.4", "--barriers", "none, left", "--height", 0.3,
        "--baseline", 100, "--delay", "150:350", "--delay-distribution", "exponential",
        "--delay-constant", 90, "--inputs", "position", "--shown-until", "go", "--task-seed", 5,
        "--reaction", 120, "--duration", 400, "--hold", 130, "--perturb", "lesion:units:0.2@test",
        "--set", "gain=1.4", "--set", "alpha=3", "--set", "train_feedback=target", "--plant",
        "direct", "--record-rates", 7, "--interval", 20, "--out", "a.nc",
    )  # fmt: skip
    assert neurosim("run", "reaching", *TINY, *words)[0] == 0
    found = parameters(tmp_path / "a.nc")
    wanted = {
        "n_targets": 3, "distances": [0.2, 0.4], "barriers": ["none", "left"], "height": 0.3,
        "baseline": 100, "delay": [150, 350], "delay_distribution": "exponential",
        "delay_constant": 90, "inputs": "position", "shown_until": "go", "seed": 5, "reaction": 120,
        "duration": 400, "hold": 130,
    }  # fmt: skip
    assert {name: found["task"][name] for name in wanted} == wanted
    assert found["reservoir"]["gain"] == 1.4 and found["reservoir"]["n_units"] == 40
    assert found["rule"]["alpha"] == 3
    assert found["schedule"]["train_feedback"] == "target"
    result = load(tmp_path / "a.nc")
    assert result.attrs["perturbations"] == "lesion:units:0.2@test"
    assert result["rates"].sizes["unit"] == 7
    assert np.diff(result["time"])[0] == 20


def test_defaults_are_the_presets(neurosim, tmp_path):
    """Units, rule and trials of the presets, but for what is given."""
    from neurosim.provenance import describe
    from tasks.motor.reaching_presets import RESERVOIR, SCHEDULE, reaching_rule, reaching_task

    words = ("--trials", 1, "--test-trials", 1, "--plant", "arm", "--segments", 3)
    assert neurosim("run", "reaching", *words, "--out", "a.nc")[0] == 0
    found = parameters(tmp_path / "a.nc")
    task = reaching_task("arm", n_segments=3)

    def plain(value):
        return json.loads(json.dumps(describe(value)))

    assert found["reservoir"] == plain(RESERVOIR)
    assert found["task"] == plain(task)
    assert found["rule"] == plain(reaching_rule("supertrex", task))
    assert (SCHEDULE.train_trials, SCHEDULE.test_trials) == (240, 16)
    help_ = neurosim("run", "reaching", "--help")[1]
    assert "[default: 240]" in help_ and "[default: 16]" in help_ and "[default: 400]" in help_
    assert help_.count("neurosim run reaching") >= 4


def test_json_says_how_well_it_reaches(neurosim, tmp_path):
    status, out, _ = neurosim(
        "run", "reaching", "--units", 150, "--rule", "force", "--trials", 60, "--test-trials", 8,
        "--json", "--out", "a.nc",
    )  # fmt: skip
    assert status == 0
    found = json.loads(out)
    assert found["written"] == ["a.nc"]
    result = load(tmp_path / "a.nc")
    hand, wanted = (result[name].values.reshape(68, -1, 2)[60:] for name in ("hand", "target"))
    off = np.sqrt(((hand - wanted) ** 2).sum(axis=2).mean())
    assert found["path_error_percent"] == pytest.approx(100 * off / 0.5)
    still = np.sqrt((wanted**2).sum(axis=2).mean())
    assert found["still_error_percent"] == pytest.approx(100 * still / 0.5)
    assert found["path_error_percent"] < 20
    assert found["reaches"] == 8 and 100 < found["reaction_time_ms"] < 300
    assert found["conditions"] == 8 and len(found["path_error_percent_by_trial"]) == 68
    end = np.median(np.linalg.norm(hand[:, -1] - wanted[:, -1], axis=1))
    assert found["endpoint_error_percent"] == pytest.approx(100 * end / 0.5)


def test_a_run_goes_on_from_its_checkpoint(neurosim, tmp_path, monkeypatch):
    from neurosim.simulate import Simulation

    end_of_trial = Simulation._end_trial

    def interrupted(self):
        end_of_trial(self)
        if self.index == 4:
            raise KeyboardInterrupt

    words = ("run", "reaching", *TINY, "--json", "--out", "a.nc")
    monkeypatch.setattr(Simulation, "_end_trial", interrupted)
    status, out, err = neurosim(*words)
    assert (status, out) == (130, "")
    assert "interrupted in trial 4 of 8" in err and "same command again" in err
    assert [path.suffix for path in tmp_path.iterdir()] == [".checkpoint"]
    monkeypatch.setattr(Simulation, "_end_trial", end_of_trial)
    status, out, err = neurosim(*words)
    assert status == 0 and "going on from" in err
    assert [path.name for path in tmp_path.iterdir()] == ["a.nc"]
    whole = neurosim(*words[:-1], "b.nc")[1]
    for name in ("path_error_percent", "train_distance"):
        assert json.loads(out)[name] == json.loads(whole)[name]


def test_a_run_that_diverges_keeps_what_it_had(neurosim, tmp_path):
    words = ("--units", 40, "--trials", 4, "--test-trials", 2, "--rule", "rmhl", "--out", "a.nc",
             "--set", "learning_rate=1e300", "--json", "--figure", "a.png")  # fmt: skip
    status, out, err = neurosim("run", "reaching", *words)
    assert status == 3
    assert "diverged" in err
    found = json.loads(out)
    assert found["diverged"] and found["path_error_percent"] is None
    assert (tmp_path / "a.png").is_file() and (tmp_path / "a.nc").is_file()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--plant", "arms"), "unknown plant 'arms': did you mean 'arm'"),
        (("--rule", "forse"), "unknown rule 'forse': did you mean 'force'"),
        (("--segments", 3), "has no choice of segments"),
        (("--plant", "human-arm"), "rule 'force' compares the readout with a wanted readout"),
        (("--plant", "human-arm", "--rule", "rmhl", "--distances", 0.9), "the arm reaches 0.63"),
        (("--distances", "0.5,far"), "--distances: expected numbers with commas between"),
        (("--delay", "1:2:3"), "--delay: expected a time in ms, or two as 200:800"),
        (("--delay", "soon"), "--delay: expected a time in ms"),
        (("--delay", "300:100"), "a shortest and a longest time"),
        (("--barriers", "lift"), "did you mean 'left'"),
        (("--height", 2), "height must be a number from 0 to 1"),
        (("--shown-until", "cue"), "shown_until must be one of 'end', 'go'"),
        (("--inputs", "onehot"), "did you mean 'one-hot'"),
        (("--targets", 0), "greater than or equal to 1"),
        (("--hold", 0.3), "a multiple of dt = 1.0"),
        (("--set", "gian=2"), "unknown parameter 'gian': did you mean 'gain'"),
        (("--set", "gain"), "--set: expected name=value"),
        (("--perturb", "tremmor"), "did you mean 'tremor'"),
        (("--record-rates", 41), "units must be below n_units = 40"),
        (("--trials", 0, "--test-trials", 0), "must be at least 1"),
        (("--figure", "a.bmp"), "expected a name ending in .png"),
        (("--out", "none/a.nc"), "there is no folder none"),
    ],
)
def test_mistakes_are_one_line(neurosim, tmp_path, words, message):
    assert message in refused(neurosim("run", "reaching", *TINY, *words))
    assert not list(tmp_path.iterdir())


def test_delay_is_one_time_or_two():
    assert _delay("400") == (400.0, 400.0)
    assert _delay("200:800") == (200.0, 800.0)


def test_outputs_have_default_names(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    none = {"as_json": False, "force": False}
    assert Outputs.named("a", None, None, **none)[1:] == (Path("a.nc"), Path("a.png"), None)
    assert Outputs.named("a", None, None, as_json=True, force=False)[1:] == (None, None, None)
    assert Outputs.named("a", Path("b.nc"), None, **none)[1:] == (Path("b.nc"), None, None)
    Path("b.nc").write_text("mine")
    with pytest.raises(InputError, match="exists already"):
        Outputs.named("a", Path("b.nc"), None, **none)


# ---------------------------------------------------------------------------- what is shown


def reached(schedule, task=None, signals=("hand",)):
    task = task or Reaching(n_targets=4, delay=(100.0, 300.0), barriers=("none", "left"))
    network = Reservoir(n_units=30, dt=1.0, connection_probability=0.3)
    return train(
        task, Rmhl(learning_rate=0.0), network, schedule=schedule, recording=Recording(signals)
    )


def test_the_figure_shows_the_test_trials():
    result = reached(Schedule(3, 5))
    fig = drawn.figure(result)
    axes = {ax.get_label(): ax for ax in fig.axes}
    assert set(axes) == {"paths", "speed", "errors"}
    assert len(axes["paths"].lines) == 2 * 5 + 1  # paths, wanted paths, targets
    hands = [line.get_xydata() for line in axes["paths"].lines[1:-1:2]]
    hand = result["hand"].values.reshape(8, -1, 2)[3:]
    np.testing.assert_allclose(hands, hand)
    training, test = (line for line in axes["errors"].lines[:2])
    errors = reach_times(result)["path_error_percent"].values
    np.testing.assert_allclose(training.get_ydata(), errors[:3])
    np.testing.assert_allclose(test.get_ydata(), errors[3:])
    bells = [line.get_ydata().max() for line in axes["speed"].lines[:-1:2]]
    # 1.875 distances in 0.5 s without a barrier, and more around one
    assert min(bells) == pytest.approx(1.875 * 0.5 / 0.5, rel=0.01)
    assert "path error" in fig.get_suptitle()
    drawn.style.pyplot().close(fig)


def test_without_test_trials_the_last_training_trials_are_drawn(tmp_path):
    fig = drawn.figure(reached(Schedule(16, 0)))
    assert len(fig.axes[0].lines) == 2 * 2 + 1
    drawn.style.pyplot().close(fig)


def test_what_was_not_tested_is_not_told():
    result = reached(Schedule(2, 0))
    values = summary(result)
    assert values["path_error_percent"] is None and values["reaches"] == 0
    assert ("path error", "no test trials") in lines(result)


def test_a_result_without_the_hand_is_shown_as_any_movement(neurosim, tmp_path):
    from neurosim import save

    save(reached(Schedule(1, 1), signals=("error",)), tmp_path / "a.nc")
    status, out, _ = neurosim("show", "a.nc")
    assert status == 0 and "deviation" in out
    assert isinstance(load(tmp_path / "a.nc"), xr.Dataset)
