"""Every piece names papers that can be cited."""

from __future__ import annotations

import re

import pytest

from commands import refused
from neurosim.bibliography import bibtex, entries
from neurosim.errors import InputError
from neurosim.hopfield import NETWORKS
from neurosim.rules import RULES
from neurosim.spiking import NETWORKS as SPIKING
from tasks.vision.features import FRONT_ENDS, OnnxLayer

PIECES = [*RULES.values(), *NETWORKS.values(), *SPIKING.values(), *FRONT_ENDS.values(), OnnxLayer]
BASAL_GANGLIA = {"bahuguna2020", "kumar2011", "moran2011"}


@pytest.mark.parametrize("piece", PIECES)
def test_references_of_every_piece_are_known(piece):
    for key in piece.references:
        assert key in entries()


def test_every_entry_is_whole_and_used():
    used = {key for piece in PIECES for key in piece.references}
    used |= {"sankar2021", "tang2018"} | BASAL_GANGLIA
    assert set(entries()) == used
    for key, entry in entries().items():
        assert entry.count("{") == entry.count("}")
        assert key[-4:] in re.search(r"year = \{(\d{4})\}", entry)[1]
        assert "author = {" in entry and "title = {" in entry


def test_keys_are_printed_once_in_order():
    text = bibtex(["pyle2019", "hoerzer2014", "pyle2019"])
    assert re.findall(r"@\w+\{(\w+),", text) == ["hoerzer2014", "pyle2019"]
    with pytest.raises(InputError, match="did you mean 'pyle2019'"):
        bibtex(["pyle2018"])


def test_cite(neurosim):
    neurosim("run", "butterfly", "--rule", "rmhl", "--units", 60, "--period", 40, "--trials", 1,
             "--test-trials", 1, "--out", "a.nc", "--quiet")  # fmt: skip
    status, out, _ = neurosim("cite", "a.nc")
    assert status == 0
    assert re.findall(r"@\w+\{(\w+),", out) == ["hoerzer2014", "pyle2019"]
    assert "no such file" in refused(neurosim("cite", "b.nc"))
