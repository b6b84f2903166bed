"""Perturbations as they are written, and `--perturb` and `--state` on the command line."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st

from commands import refused
from neurosim.errors import InputError
from neurosim.perturbations import (
    KINDS,
    ArmChange,
    Beta,
    Depletion,
    FeedbackDelay,
    Freeze,
    Kick,
    Lesion,
    Levodopa,
    Silence,
    Stimulation,
    TargetChange,
    Tremor,
    When,
)
from neurosim.perturbations.parse import parse, usage

TINY = ("--units", 60, "--period", 40, "--trials", 2, "--test-trials", 1, "--quiet")


@pytest.mark.parametrize(
    "text, value",
    [
        ("dopamine:0.6", Depletion(0.6)),
        ("dopamine:0.6@trial=5..", Depletion(0.6, when=When(first_trial=5))),
        ("dopamine:0.6:better@train", Depletion(0.6, "better", when=When("train"))),
        ("levodopa:0.4@trial=7", Levodopa(0.4, when=When(first_trial=7, last_trial=7))),
        ("silence:exploratory@test", Silence(when=When("test"))),
        ("silence", Silence()),
        ("silence:mastery:0.5", Silence(0.5, "mastery")),
        ("tremor:0.5", Tremor(0.5)),
        ("tremor:0.5:4.5:mastery", Tremor(0.5, "mastery", 4.5)),
        ("tremor:amplitude=0.1:strength=0.5", Tremor(0.5, amplitude=0.1)),
        ("tremor:frequency=4.5:0.5:mastery", Tremor(0.5, "mastery", 4.5)),
        ("beta:0.5:18.5:bandwidth=3", Beta(0.5, frequency=18.5, bandwidth=3.0)),
        ("stimulation:0.8:jamming", Stimulation(0.8, drive="jamming")),
        ("stimulation:1:pulses:100", Stimulation(frequency=100.0)),
        ("lesion:units:0.2@trial=10..", Lesion(0.2, when=When(first_trial=10))),
        ("lesion:readout:0.2:exploratory", Lesion(0.2, "readout", "exploratory")),
        ("freeze:mastery@trial=3..6",
         Freeze(pathway="mastery", when=When(first_trial=3, last_trial=6))),
        ("target:90@trial=5..", TargetChange(rotation=90.0, when=When(first_trial=5))),
        ("target:-45:0.5", TargetChange(rotation=-45.0, scale=0.5)),
        ("arm:0.8,1.1@test", ArmChange(factors=(0.8, 1.1), when=When("test"))),
        ("delay:20@trial=..4", FeedbackDelay(delay=20.0, when=When(last_trial=4))),
        ("kick:0.1:500@trial=12", Kick(0.1, 500.0, when=When(first_trial=12, last_trial=12))),
        (" dopamine : 0.6 @ train , ramp = 2.5 ", Depletion(0.6, when=When("train", ramp=2.5))),
        ("dopamine:6e-1@trial=2..,test", Depletion(0.6, when=When("test", first_trial=2))),
    ],
)  # fmt: skip
def test_reading(text, value):
    assert parse(text) == value


def whens():
    """All schedules."""

    def made(phase, first, length, ramp):
        return When(phase, first, None if length is None else first + length, ramp)

    return st.builds(
        made,
        st.sampled_from([None, "train", "test"]),
        st.integers(0, 50),
        st.none() | st.integers(0, 9),
        st.just(0.0) | st.decimals(0, 9, places=2).map(float),
    )


POSITIVE = st.floats(0.01, 10)
VALUES = {
    "affects": st.sampled_from(["all", "better", "worse", "exploration"]),
    "pathway": st.sampled_from(["mastery", "exploratory", "output"]),
    "frequency": st.floats(13, 30),
    "file": st.sampled_from(["beta.nc", "sub-1.vhdr"]),
    "channel": st.sampled_from(["STN LFP", "LFP_RIGHT_0"]),
    "drive": st.sampled_from(["pulses", "jamming"]),
    "what": st.sampled_from(["units", "connections", "readout"]),
    "rotation": st.floats(-360, 360),
    "factors": st.lists(POSITIVE, min_size=1, max_size=4).map(tuple),
}


@st.composite
def perturbations(draw):
    """All perturbations."""
    kind = KINDS[draw(st.sampled_from(sorted(KINDS)))]
    values = {"strength": draw(st.floats(0, 1)), "when": draw(whens())}
    for field in dataclasses.fields(kind):
        if field.name not in values and draw(st.booleans()):
            values[field.name] = draw(VALUES.get(field.name, POSITIVE))
    if kind is Tremor and "frequency" in values:
        values["frequency"] = draw(st.floats(4, 6))
    return kind(**values)


@given(perturbations())
def test_what_is_written_is_read_again(value):
    assert parse(str(value)) == value


@pytest.mark.parametrize(
    "text, says",
    [
        ("dopamin:0.6", "unknown perturbation 'dopamin': did you mean 'dopamine'?"),
        ("", "expected NAME[:ARG[:ARG]][@WHEN]"),
        (":0.5", "expected NAME"),
        ("@test", "expected NAME"),
        ("dopamine:1.6", "strength must be a number from 0 to 1, given 1.6"),
        ("dopamine:much", "strength must be a number, given 'much'"),
        ("dopamine:nan", "strength must be"),
        ("dopamine:", "the value of 'strength' is missing"),
        ("dopamine:0.5:", "the value of 'affects' is missing"),
        ("dopamine:strength=", "the value of 'strength' is missing"),
        ("dopamine:0.5:bettr", "did you mean 'better'"),
        ("dopamine:0.5:all:3", "dopamine takes dopamine[:STRENGTH[:AFFECTS]], given 3 arguments"),
        ("dopamine:strenght=0.5", "unknown parameter of dopamine 'strenght': did you mean"),
        ("dopamine:when=test", "unknown parameter of dopamine 'when'"),
        ("dopamine:strength=0.5:strength=0.6", "'strength' is given twice"),
        ("silence:exploratory:x", "strength must be a number, given 'x'"),
        ("tremor:0.5:9", "frequency must be a number from 4.0 to 6.0, given 9.0"),
        ("arm:0.8,x", "factors must be a number, given 'x'"),
        ("silence@", "expected train, test, trial=A..B or ramp=TRIALS after '@', given ''"),
        ("silence@tests", "given 'tests'"),
        ("silence@trial", "given 'trial'"),
        ("silence@trial=", "given 'trial='"),
        ("silence@trial=..", "given 'trial=..'"),
        ("silence@trial=5..x", "given 'trial=5..x'"),
        ("silence@trial=-1", "given 'trial=-1'"),
        ("silence@trial=6..3", "last_trial must be a whole number of at least 6, given 3"),
        ("silence@train,test", "'test' says again when"),
        ("silence@trial=1,trial=2", "says again when"),
        ("silence@ramp=x", "given 'ramp=x'"),
        ("silence@ramp=-1", "given 'ramp=-1'"),
        ("silence@test@train", "given 'test@train'"),
    ],
)
def test_bad_writing_gets_one_line(text, says):
    with pytest.raises(InputError) as caught:
        parse(text)
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


def test_usage_names_the_arguments():
    assert usage(Kick) == "kick[:STRENGTH[:TIME]]"
    for kind in KINDS.values():
        known = {field.name for field in dataclasses.fields(kind)}
        assert set(kind.arguments) <= known and kind.arguments


# ------------------------------------------------------------------------ the command itself


def test_list_perturbations(neurosim):
    status, out, _ = neurosim("list", "perturbations")
    assert status == 0
    assert all(name in out for name in KINDS)
    assert "lesion[:WHAT[:STRENGTH[:PATHWAY]]]" in out
    assert len(out.splitlines()) == len(KINDS)
    assert "did you mean 'perturbations'" in refused(neurosim("list", "perturbation"))


def test_perturbed_run(neurosim, tmp_path):
    words = ("run", "butterfly-arm", *TINY, "--out")
    neurosim(*words, "healthy.nc")
    given = ("--perturb", "dopamine:0.6@trial=1..", "--perturb", "tremor:0.5@test")
    assert neurosim(*words, "ill.nc", *given)[0] == 0
    assert neurosim(*words, "none.nc", "--perturb", "dopamine:0@train")[0] == 0
    with (
        xr.open_dataset("healthy.nc") as healthy,
        xr.open_dataset("ill.nc") as ill,
        xr.open_dataset("none.nc") as none,
    ):
        assert ill.attrs["perturbations"] == "dopamine:0.6@trial=1..; tremor:0.5@test"
        kept = json.loads(ill.attrs["parameters"])["perturbations"]
        assert [one["kind"] for one in kept] == ["Depletion", "Tremor"]
        differs = (ill.hand != healthy.hand).any("axis").values
        assert not differs[:4].any() and differs[4]  # a sample every 10 ms, 4 a trial
        assert differs[8:].all()
        xr.testing.assert_equal(none, healthy)
        assert healthy.attrs["perturbations"] == ""


def test_state_information(neurosim, tmp_path):
    free = ("--set", "test_feedback=free", "--state", "phase, hand", "--out")
    assert neurosim("run", "butterfly-arm", *TINY, *free, "a.nc")[0] == 0
    with xr.open_dataset("a.nc") as result:
        kept = json.loads(result.attrs["parameters"])
        assert kept["task"]["state"] == ["phase", "hand"]
        assert kept["schedule"]["test_feedback"] == "free"
        assert np.isfinite(result.hand).all()
    assert neurosim("run", "butterfly", *TINY, *free, "b.nc")[0] == 0


@pytest.mark.parametrize(
    "words, says",
    [
        (("--perturb", "tremr:0.5"), "did you mean 'tremor'"),
        (("--perturb", "tremor:2"), "strength must be a number from 0 to 1"),
        (("--perturb", "tremor:0.5@trial=3.."), "outside the run; the run has trials 0 to 2"),
        (("--perturb", "tremor:0.5@trial=0..3"), "outside the run"),
        (("--perturb", "dopamine:0.5@test"), "acts on learning, which tests have none of"),
        (("--perturb", "silence:basal-ganglia"), "it has mastery, exploratory"),
        (("--rule", "rmhl", "--perturb", "silence:mastery"), "it has exploratory"),
        (("--perturb", "silence@test", "--perturb", "stimulation:0.5@trial=1.."),
         "conflict: both set the output of the exploratory pathway in trial 2"),
        (("--perturb", "delay:5@test"), "'replay'"),
        (("--perturb",), "requires an argument"),
        (("--state", "phases"), "did you mean 'phase'"),
        (("--state", ""), "state must be one of"),
    ],
)  # fmt: skip
def test_bad_input_gets_one_line(neurosim, tmp_path, words, says):
    assert says in refused(neurosim("run", "butterfly-arm", *TINY, *words))
    assert list(tmp_path.iterdir()) == []


def test_no_joints_to_be_told_of(neurosim):
    assert "no joints" in refused(neurosim("run", "butterfly", *TINY, "--state", "joints"))
