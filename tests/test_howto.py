"""The how-to pages: their Python runs, and the command line knows their commands."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
import typer

from neurosim.cli.app import app
from neurosim.cli.listing import lines
from neurosim.overrides import parse as settings
from neurosim.perturbations.parse import parse as perturbation
from neurosim.sweeps.toml import read_study
from pages import DOCS, blocks, commands, run

HOWTO, CONCEPTS, EXTENDING = (
    sorted((DOCS / folder).glob("*.md")) for folder in ("howto", "concepts", "extending")
)
COMMANDS = sorted({tuple(words) for page in [*HOWTO, *CONCEPTS] for words in commands(page)})
RECORDINGS = {
    "compare": {"psth.npz": "motor_cortex_reaching/psth.npz"},
    "fit": {"psth.npz": "motor_cortex_reaching/psth.npz"},
}
"""Files that a page has from elsewhere, in the folder of real recordings."""

NEEDS = {"fit": "optuna", "spiking": "brian2"}
"""Packages of the extras that a page names."""


def drawn(names):
    assert Path("drawing.pdf").read_bytes()[:4] == b"%PDF"
    assert b"<svg" in Path("drawing.svg").read_bytes()


def turns_at_2_hz(names):
    assert float(names["found"].frequency[0]) == pytest.approx(2.0, abs=0.1)


def above_chance(names):
    assert float(names["right"].recurrent.mean()) > 0.5  # chance is 0.25


def twelve_points(names):
    assert names["study"].size == 12


def silence_harms(names):
    assert names["healthy"].deviation < names["without_mastery"].deviation


SAYS = {
    "figures": drawn,
    "your_recording": turns_at_2_hz,
    "occlusion": above_chance,
    "many_runs": twelve_points,
    "perturb": silence_harms,
}
"""What a page says of what its blocks make."""


@pytest.mark.filterwarnings("ignore:psth.npz. states no units")
@pytest.mark.parametrize("page", [p for p in HOWTO if blocks(p, "python")], ids=lambda p: p.stem)
def test_python_runs(page, request, monkeypatch, tmp_path):
    if package := NEEDS.get(page.stem):
        pytest.importorskip(package)
    for name, file in RECORDINGS.get(page.stem, {}).items():
        os.symlink(request.getfixturevalue("real_data") / file, tmp_path / name)
    monkeypatch.chdir(tmp_path)
    names = run(page)
    if check := SAYS.get(page.stem):
        check(names)


def parsed(words):
    """Path and values of a command, as its parser takes them; nothing is run."""
    command, rest, path, context = typer.main.get_command(app), list(words), [], None
    while hasattr(command, "commands"):
        context = command.make_context("neurosim", rest, parent=context)
        rest = [*context._protected_args, *context.args]
        name, command, rest = command.resolve_command(context, rest)
        path.append(name)
    return path, command.make_context(path[-1], rest, parent=context).params


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_commands_are_known(words):
    path, values = parsed(words)
    for text in values.get("perturb") or ():
        perturbation(text)
    given = settings(values.get("set_") or ())
    if path[0] == "run" and "preset" in values:
        known = lines("parameters", rule=values["rule"], task=path[1], preset=values["preset"])
        assert set(given) <= {line.strip().split("=")[0] for line in known}
    if path == ["list"]:
        assert lines(values["what"], **{k: values[k] for k in ("rule", "task", "preset")})


@pytest.mark.parametrize(
    "words",
    ["run butterfly --gate 3", "run buterfly", "run butterfly --units many", "sweep", "shw a.nc"],
)
def test_other_commands_are_not(words):
    with pytest.raises(Exception, match=r"--gate|buterfly|integer|[Mm]issing|shw"):
        parsed(words.split())


def test_study_of_the_page(tmp_path):
    (text,) = blocks(DOCS / "howto" / "many_runs.md", "toml")
    (tmp_path / "gain.toml").write_text(text)
    assert read_study(tmp_path / "gain.toml").study.size == 12


@pytest.mark.parametrize("page", [*HOWTO, *CONCEPTS, *EXTENDING], ids=lambda p: p.stem)
def test_links_lead_somewhere(page):
    links = re.findall(r"\]\(([^)#]+)\)", page.read_text())
    assert not [to for to in links if ":" not in to and not (page.parent / to).exists()]
