"""Every piece names papers that can be cited, and a result cites exactly what it used."""

from __future__ import annotations

import json
import re

import pytest

from commands import refused
from neurosim import Reservoir, Schedule, Simulation
from neurosim.bibliography import bibtex, entries, papers
from neurosim.errors import InputError
from neurosim.hopfield import NETWORKS
from neurosim.perturbations import Beta, Depletion, Kick
from neurosim.plants import human_arm, macaque_arm
from neurosim.provenance import describe
from neurosim.recording import Recording
from neurosim.rules import RULES
from neurosim.spiking import NETWORKS as SPIKING
from neurosim.spiking.basal_ganglia import BasalGanglia
from tasks.motor import motor_task, preset_rule
from tasks.motor.reaching_presets import reaching_rule, reaching_task
from tasks.motor.rewarded import RewardedReaching, rewarded_rule
from tasks.vision import Completion, Experiment, Pictures, digits
from tasks.vision.features import FRONT_ENDS, OnnxLayer, Pixels

PIECES = [*RULES.values(), *NETWORKS.values(), *SPIKING.values(), *FRONT_ENDS.values(), OnnxLayer]
BASAL_GANGLIA = {"bahuguna2020", "kumar2011", "moran2011"}
OTHERS = {"alpaydin1998", "brown2003", "cheng2000", "churchland2012", "flash1985", "frank2004",
          "li2004", "mazzoni2008", "pedregosa2011", "pekny2015"}  # fmt: skip
"""Of tasks, plants, perturbations and experiments."""


def keys(text: str) -> list[str]:
    return re.findall(r"@\w+\{(\w+),", text)


@pytest.mark.parametrize("piece", PIECES)
def test_references_of_every_piece_are_known(piece):
    for key in piece.references:
        assert key in entries()


def test_every_entry_is_whole_and_used():
    used = {key for piece in PIECES for key in piece.references}
    used |= {"sankar2021", "tang2018"} | BASAL_GANGLIA | OTHERS
    assert set(entries()) == used
    for key, entry in entries().items():
        assert entry.count("{") == entry.count("}")
        assert key[-4:] in re.search(r"year = \{(\d{4})\}", entry)[1]
        assert "author = {" in entry and "title = {" in entry


def test_keys_are_printed_once_in_order():
    text = bibtex(["pyle2019", "hoerzer2014", "pyle2019"])
    assert keys(text) == ["hoerzer2014", "pyle2019"]
    with pytest.raises(InputError, match="did you mean 'pyle2019'"):
        bibtex(["pyle2018"])


# ---------------------------------------------------------------------- what a result used

RULE_PAPERS = {
    "supertrex": {"pyle2019", "hoerzer2014"},
    "rmhl": {"pyle2019", "hoerzer2014"},
    "force": {"sussillo2009", "pyle2019"},
    "ridge": {"jaeger2001", "pyle2019"},
}


def run(task, rule, **how):
    """A run of 20 units and no trial, for its attributes."""
    small = Reservoir(n_units=20)
    made = Simulation(task, rule, small, schedule=Schedule(1, 0), recording=Recording(()), **how)
    return made.run().attrs


@pytest.mark.parametrize("rule", RULE_PAPERS)
def test_drawing_by_each_rule(rule):
    task = motor_task("butterfly", period=20.0)
    assert set(papers(run(task, preset_rule(rule, task, "paper")))) == RULE_PAPERS[rule]


def test_perturbations_add_theirs():
    task = motor_task("butterfly-arm", period=20.0)
    given = (Depletion(0.5), Beta(0.5), Kick(0.1))
    attributes = run(task, preset_rule("rmhl", task, "paper"), perturbations=given)
    assert set(papers(attributes)) == {"pyle2019", "hoerzer2014", "frank2004", "brown2003"}


def test_a_curve_of_ones_own_is_not_the_butterfly():
    task = describe(motor_task("butterfly"))
    assert papers({"parameters": {"task": task}}) == ["pyle2019"]
    assert papers({"parameters": {"task": task | {"curve": {"kind": "array"}}}}) == []


def test_reaching():
    task = reaching_task(n_targets=2, baseline=0.0, delay=(0.0, 0.0), hold=0.0)
    attributes = run(task, reaching_rule("force", task))
    assert papers(attributes) == ["flash1985", "sussillo2009"]
    rewarded = papers({"parameters": describe([RewardedReaching(), rewarded_rule("rmhl")])})
    assert rewarded == ["flash1985", "hoerzer2014", "pekny2015", "pyle2019"]


@pytest.mark.parametrize(
    "arm, expected", [(human_arm(), {"li2004"}), (macaque_arm(5.0), {"li2004", "cheng2000"})]
)
def test_arms_that_are_moved_by_torques(arm, expected):
    assert set(papers({"parameters": {"plant": describe(arm)}})) == expected


@pytest.fixture(scope="module")
def experiment():
    few = Completion(stored=20, visibility=(50.0,), repeats=1, steps=2)
    return Experiment.of(Pictures(digits(16), Pixels(), name="digits"), few, seed=3)


@pytest.mark.filterwarnings("ignore:Hebb")
@pytest.mark.parametrize("network", [*NETWORKS, "none"])
def test_occlusion_by_each_network(experiment, network):
    expected = {"tang2018", "pedregosa2011", "alpaydin1998"}
    expected |= set() if network == "none" else set(NETWORKS[network].references)
    assert set(papers(experiment.run(network).attrs)) == expected


def test_occlusion_by_front_end(experiment):
    attributes = experiment.run("none").attrs
    for name, front_end in FRONT_ENDS.items():
        source = {"source": {"front_end": describe(front_end())}}
        found = papers(attributes | {"parameters": source, "references": ""})
        assert found == ["alpaydin1998", *(["pedregosa2011"] if name == "mlp" else [])]
    assert "alpaydin1998" not in papers(attributes | {"pictures": "photos"})


@pytest.mark.parametrize("neuron", SPIKING)
def test_spiking(neuron):
    found = papers({"references": "sussillo2009", "parameters": describe([SPIKING[neuron]()])})
    assert found == ["nicola2017", "stimberg2019", "sussillo2009"]


def test_basal_ganglia():
    found = papers(
        {"references": " ".join(BASAL_GANGLIA), "parameters": describe([BasalGanglia()])}
    )
    assert set(found) == BASAL_GANGLIA | {"mazzoni2008", "stimberg2019"}


def test_what_is_no_result():
    with pytest.raises(InputError, match="expected a result of this package"):
        papers({"title": "a file of another program"})


# ---------------------------------------------------------------------- the command


def test_cite(neurosim):
    neurosim("run", "butterfly", "--rule", "rmhl", "--units", 60, "--period", 40, "--trials", 1,
             "--test-trials", 1, "--out", "a.nc", "--quiet")  # fmt: skip
    status, out, _ = neurosim("cite", "a.nc")
    assert status == 0
    assert keys(out) == ["hoerzer2014", "pyle2019"]
    assert "no such file" in refused(neurosim("cite", "b.nc"))


def test_cite_the_folder_of_a_sweep(neurosim, tmp_path):
    runs = tmp_path / "gain" / "runs"
    runs.mkdir(parents=True)
    for name, rule in (("a", "force"), ("b", "rmhl")):
        task = motor_task("butterfly")
        told = describe([task, preset_rule(rule, task, "paper")])
        (runs / f"{name}.json").write_text(json.dumps({"error": "", "parameters": told}))
    (runs / "c.json").write_text('{"error": "", "param')
    status, out, _ = neurosim("cite", "gain")
    assert status == 0
    assert keys(out) == ["hoerzer2014", "pyle2019", "sussillo2009"]
    (tmp_path / "empty").mkdir()
    assert "expected a result or the folder of a sweep" in refused(neurosim("cite", "empty"))
