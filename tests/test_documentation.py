"""The documentation names every public module, shows every figure, and its links lead somewhere."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
sys.path.insert(0, str(DOCS / "_ext"))  # what the site is built with

import command_line  # noqa: E402
import marking  # noqa: E402
import public_names  # noqa: E402
import published  # noqa: E402

GENERATED = ("_build", "tutorials", "modules")
PAGES = [
    page
    for page in sorted((*DOCS.rglob("*.md"), *ROOT.glob("*.md"), *ROOT.glob("benchmarks/*.md")))
    if not {*page.relative_to(ROOT).parts} & {*GENERATED} or page.name == "index.md"
]
LINK = re.compile(r"(?<!\\)\[(?:[^\[\]]|\[[^\]]*\])*\]\(<?([^)>\s]+)>?\)")


def listed_modules():
    """The modules that the pages of the API list."""
    text = "\n".join(page.read_text(encoding="utf-8") for page in (DOCS / "api").glob("*.md"))
    return re.findall(r"^(?:   |.. automodule:: )((?:neurosim|tasks|analyses)[\w.]*)$", text, re.M)


def test_every_public_module_is_in_the_api_once():
    listed, public = listed_modules(), set(public_names.modules())
    assert public - set(listed) == set(), "name them in a page of docs/api"
    assert set(listed) - public == set(), "docs/api names what is not there"
    assert len(listed) == len(set(listed))


def test_every_exported_name_is_documented_in_a_listed_module():
    modules = set(listed_modules())
    for package, names in public_names.exported().items():
        for name in names:
            home = public_names.documented_at(package, name).rpartition(".")[0]
            assert home in modules, f"{package}.{name}"


def anchors(page):
    """What the headings of a page can be linked by, as GitHub names them."""
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.S)
    headings = re.findall(r"^#+ (.+)$", text, re.M)
    return {re.sub(r"[^\w\- ]", "", each.lower()).replace(" ", "-") for each in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_of_a_page(page):
    prose = re.sub(r"^(`{3,}).*?^\1 *$", "", page.read_text(encoding="utf-8"), flags=re.M | re.S)
    for target in LINK.findall(prose):
        if re.match(r"\w+:", target):
            continue
        file, _, anchor = target.partition("#")
        found = (page.parent / file).resolve() if file else page
        if found.suffix == ".ipynb":  # made of the notebook of that name
            found = ROOT / "notebooks" / f"{found.stem}.py"
        assert found.exists(), target
        assert not anchor or found.suffix != ".md" or anchor in anchors(found), target


def test_every_figure_is_in_the_gallery():
    gallery = (DOCS / "gallery.md").read_text(encoding="utf-8")
    figures = {
        path.relative_to(DOCS).as_posix()
        for path in DOCS.glob("*/*.png")
        if not path.parent.name.startswith("_")
    }
    assert figures
    assert figures == set(re.findall(r"!\[[^\]]+\]\(([^)]+)\)", gallery))


def test_commands_of_the_gallery_exist():
    sections = command_line.markdown()
    gallery = (DOCS / "gallery.md").read_text(encoding="utf-8")
    for command in re.findall(r"^neurosim (.+)$", gallery, re.M):
        words = command.split()
        name = " ".join(words[:2]) if words[0] in ("run", "reproduce", "analyze") else words[0]
        assert f"neurosim {name}" in sections.replace("`", "")
        for option in re.findall(r"--[\w-]+", command):
            assert f"`{option}`" in sections, option


def test_every_command_has_a_section_with_its_options_and_examples():
    page = command_line.markdown()
    for name in ("show", "list", "sweep", "inspect", "compare", "fit", "export", "cite"):
        assert f"\n## neurosim {name}\n" in f"\n{page}"
    run = page.split("### neurosim run ")[1]
    assert run.startswith("butterfly, butterfly-arm, butterfly-arm-effort, trace\n")
    assert "| `--units` | integer | `1000` |" in run
    assert "neurosim run butterfly-arm\n" in run
    assert "| `--json` |  |  |" in run


def test_published_numbers_as_their_tables_say():
    rows = published.rows(DOCS)
    found = {(row.study, row.source, row.quantity): row.reached for row in rows}
    assert len(found) == len(rows)
    missed = "RMHL, task 3: deviation, mean ± sd (satisfactory)"
    assert not found["sankar2021", "Pyle & Rosenbaum 2019", missed]
    assert found[
        "sankar2021", "Sankar et al. 2021", missed.replace("RMHL, task 3", "FORCE, task 1")
    ]
    assert not found["basal-ganglia", "Raz et al. 2000", "GPe rate, depleted (spikes/s)"]
    assert found["basal-ganglia", "Kühn et al. 2008", "beta power, stimulated / depleted"]
    assert {row.study for row in rows} <= {*published.CRITERIA} == {*published.PAGES}
    page = published.markdown(DOCS)
    assert page.count("{.missed}") == sum(not row.reached for row in rows) > 0
    assert page.count("{.reached}") == sum(row.reached for row in rows) > 0


@pytest.mark.parametrize(
    ("text", "ours", "least", "largest", "reached"),
    [
        ("rises", 3.0, 1.1, 4.0, True),
        ("rises", 3.0, 0.9, 4.0, False),
        ("falls", 0.5, 0.4, 0.9, True),
        ("falls", 0.5, 0.4, 1.1, False),
        ("unchanged", 0.92, 0.9, 0.95, True),
        ("unchanged", 0.88, 0.8, 0.95, False),
        ("25.8 ± 14.9 in monkeys", 17.3, 17.0, 18.0, True),
        ("44.8 ± 4.6 in monkeys", 39.3, 38.0, 40.0, False),
        ("15 in monkeys", 16.4, 16.0, 17.0, True),
        ("15 in monkeys", 19.0, 19.0, 19.0, False),
    ],
)
def test_reached_or_missed(text, ours, least, largest, reached):
    assert published._as_published(text, ours, least, largest, 1.0) is reached


def test_capacities_reached_or_missed(tmp_path):
    (tmp_path / "hopfield").mkdir()
    (tmp_path / "hopfield/capacity.csv").write_text(
        "network,start,criterion,quantity,units,ours,low,high,most_tried,published,source\n"
        "hebb,stored,within,patterns,100,50,49,51,60,13.8,Amit\n"
        "hebb,stored,within,patterns,500,72,70,75,100,69,Amit\n"
        "hebb,stored,errorless,growth,,0.8,0.79,0.81,,1,Amit\n"
        "hebb,flipped,within,patterns,100,50,49,51,60,,\n"
        "inverse,stored,within,patterns,100,inf,inf,inf,100,100,Personnaz\n"
        "modern,stored,within,patterns,20,inf,inf,inf,800,900,Demircigil 2017\n"
        "modern,flipped,within,patterns,30,990,960,999,9999,950,Demircigil 2017\n"
        "modern,flipped,errorless,growth,,0.4,0.3,0.5,,0.35,Demircigil 2017\n",
        encoding="utf-8",
    )
    assert [(row.source, row.published, row.reached) for row in published.rows(tmp_path)] == [
        ("Amit", "69", True),
        ("Amit", "1", False),
        ("Personnaz", "100", True),
        ("Demircigil 2017", "at least 900", False),
        ("Demircigil 2017", "at least 950", True),
        ("Demircigil 2017", "at least 0.35", False),
    ]


def test_docstrings_as_sphinx_reads_them():
    given = [
        "A norm:",
        "",
        "    |x|^2 = x*x",
        "",
        "of |x| and ``|y|`` in x_",
        "",
        "- a",
        "",
        "  b",
    ]
    assert marking.marked(given) == [
        "A norm:",
        "",
        ".. code-block:: none",
        "",
        "    |x|^2 = x*x",
        "",
        r"of \|x\| and ``|y|`` in x\_",
        "",
        "- a",
        "",
        "  b",
    ]
    parameters = ["Parameters", "----------", "x", "    Of |x|.", "", "    More.", "y", "    N."]
    assert marking.marked(parameters)[3:] == [r"    Of \|x\|.", "", "    More.", "y", r"    \N."]
