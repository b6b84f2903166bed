"""The table of published numbers reached and missed, read from the tables that commands wrote.

A criterion is the one of the study where it has one; else it is stated in ``CRITERIA``, which the
page prints.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from math import isinf
from pathlib import Path
from typing import NamedTuple

from analyses.figures.tang2018_published import CHANCE, MODELS

Line = dict[str, str]


class Row(NamedTuple):
    """A published number or direction and ours, as text."""

    source: str
    quantity: str
    published: str
    ours: str
    reached: bool
    study: str


CRITERIA = {
    "sankar2021": "our mean is at most two published standard errors above the published mean, and "
    "no smaller share of the seeds is satisfactory (deviation below 0.5)",
    "pyle2019": "the median seed stays within 0.5 of the target to the end of the test",
    "tang2018": "the same to the three digits that are published. These are the answers of people "
    "and of the paper's models, counted again",
    "hopfield": "ours is within a tenth of a published number; our 95 % interval is above what is "
    "published as a least number; no number of patterns up to the published one is too many. "
    "Publications are about infinitely many units, ours are those of the largest network, which "
    "at finite sizes is above",
    "occlusion": "as said in each line",
    "parkinson": "a direction, stated before the seeds were run: the 95 % interval over networks "
    "is above 0",
    "basal-ganglia": "a direction holds for all seeds; *unchanged* is by less than a tenth; ours "
    "is within the spread of a number, or within a tenth of one without; ours is within the range "
    "of the recording's channels",
    "reaching": "all seeds lie within the recording's 95 % interval; for a likeness the 95 % "
    "interval of the best network that learned is above those of both kinds of surrogate",
}
"""What is called reached, by study."""

PAGES = {
    "sankar2021": "sankar2021.md",
    "pyle2019": "pyle2019.md",
    "tang2018": "occlusion.md",
    "hopfield": "hopfield.md",
    "occlusion": "occlusion.md",
    "parkinson": "parkinson.md",
    "basal-ganglia": "basal_ganglia.md",
    "reaching": "reaching.md",
}
"""Where more is said about a study."""


def sankar2021(folder: Path) -> Iterator[Row]:
    """Deviations by the authors' constants and by the replication's, and of longer arms."""
    sources = {"paper": "Pyle & Rosenbaum 2019", "replication": "Sankar et al. 2021"}
    tables = ("sankar2021/table.csv", "sankar2021/segments.csv")
    for line in (line for table in tables for line in _lines(folder / table)):
        if not line["reached"]:
            continue
        task, _, rule = line["row"].rpartition("-")
        what = f"{rule.upper()}, task {task}"
        if task == "segments":
            what = f"SUPERTREX, {rule} segments"
        yield Row(
            sources[line["preset"]],
            f"{what}: deviation, mean ± sd (satisfactory)",
            _deviation(line, "published_", "11"),
            _deviation(line, "", line["seeds"]),
            line["reached"] == "True",
            "sankar2021",
        )


def _deviation(line: Line, whose: str, seeds: str) -> str:
    mean, sd, satisfactory, diverged = (
        line[f"{whose}{name}"] for name in ("mean", "sd", "satisfactory", "diverged")
    )
    spread = f" ± {_n(sd)}" if _is_number(sd) else ""
    count = f"{satisfactory} of {seeds}".replace(" ", "\u00a0")  # in one line
    lost = "" if diverged == "0" else f"; {diverged} diverged"
    return f"{_n(mean)}{spread} ({count}{lost})"


def pyle2019(folder: Path) -> Iterator[Row]:
    """That a learned movement goes on without forcing where the state is told."""
    for line in _lines(folder / "pyle2019/state.csv"):
        row, _, state = line["row"].partition(", ")
        if line["measure"] == "held_s" and state == "phase":
            yield Row(
                "Pyle & Rosenbaum 2019",
                f"SUPERTREX, task {row[0]}, told its phase: stable without teacher forcing",
                "stable",
                f"median {_n(line['median'])} s of 30 s",
                float(line["median"]) >= 30,
                "pyle2019",
            )


def tang2018(folder: Path) -> Iterator[Row]:
    """Accuracies of people and of the paper's models."""
    for line in _lines(folder / "tang2018/table.csv"):
        if line["published"]:
            yield Row(
                "Tang et al. 2018",
                f"{line['quantity']}, {line['condition']}",
                f"{float(line['published']):.3f}",
                f"{float(line['ours']):.3f}",
                f"{float(line['ours']):.3f}" == f"{float(line['published']):.3f}",
                "tang2018",
            )


def hopfield(folder: Path) -> Iterator[Row]:
    """Capacities of attractor networks: of the largest, and how they grow with size."""
    largest = {}
    for line in _lines(folder / "hopfield/capacity.csv"):
        if line["published"]:  # sizes ascend
            key = line["network"], line["start"], line["criterion"], line["quantity"]
            largest[key] = line
    for (network, start, criterion, quantity), line in largest.items():
        least = line["source"] in LOWER_BOUNDS
        ours, low, high, published = (
            float(line[name]) for name in ("ours", "low", "high", "published")
        )
        size = f", N = {line['units']}" if line["units"] else ""
        if isinf(ours):  # more than half of the patterns were retrieved of all numbers tried
            text, reached = (
                f"more than {line['most_tried']}",
                float(line["most_tried"]) >= published,
            )
        else:
            text = _interval(ours, low, high)
            reached = low >= published if least else abs(ours / published - 1) <= 0.1
        yield Row(
            line["source"],
            f"{network}, from {start} patterns, {WRONG[criterion]}: {quantity}{size}",
            ("at least " if least else "") + _n(published),
            text,
            reached,
            "hopfield",
        )


def occlusion(folder: Path) -> Iterator[Row]:
    """What the paper found with photographs, looked for in digits."""
    lines = {
        (line["features"], line["protocol"], line["network"]): line
        for line in _lines(folder / "occlusion/table.csv")
    }
    if not lines:
        return
    line, hmax = lines["mlp", "familiar", "rnnh"], lines["hmax", "familiar", "rnnh"]
    gain = 100 * (MODELS["RNNh_t14"] - MODELS["fc7_bipolar"])
    chances = {
        "RNNh on digits, weights shuffled": ("RNNh_t15_shuffled_weights", line["shuffled"]),
        "HMAX behind bubbles": ("HMAX", hmax["feedforward"]),
    }
    found = [
        (
            "RNNh on digits: gain over feed-forward, in points (above 0 for all seeds)",
            f"{gain:+.1f}",
            _interval(line["gain_points"], line["least_gain"], line["largest_gain"]),
            float(line["least_gain"]) > 0,
        ),
        (
            "RNNh on digits: best step (between the published ones)",
            "10 to 20",
            line["best_step"],
            10 <= float(line["best_step"]) <= 20,
        ),
    ]
    for what, (name, ours) in chances.items():  # five categories there, ten digits here
        theirs, off = MODELS[name] - CHANCE, float(ours) - 0.1
        what += ": accuracy minus chance (no further from it)"
        found.append((what, f"{theirs:+.3f}", f"{off:+.3f}", abs(off) <= theirs))
    for what, theirs, ours, reached in [*found, *_timing(folder)]:
        yield Row("Tang et al. 2018", what, theirs, ours, reached, "occlusion")


def _timing(folder: Path) -> Iterator[tuple[str, str, str, bool]]:
    """Whether the model depends on SOA, mask and visibility as people do."""
    lines = {
        (line["quantity"], line["condition"]): line
        for line in _lines(folder / "occlusion/time.csv")
    }
    for mask in ("no mask", "mask"):
        first, last = (lines["accuracy at the end", f"{mask}, {soa} ms"] for soa in (25, 150))
        theirs, ours = (float(last[who]) - float(first[who]) for who in ("people", "ours"))
        what = f"RNNh on digits: accuracy at an SOA of 150 ms minus 25 ms, {mask} (all seeds above)"
        reached = float(last["least"]) > float(first["largest"])
        yield what, f"{theirs:+.3f}", f"{ours:+.3f}", reached
    few, many = (lines["steps to converge (median)", f"{part} % visible"] for part in (5, 40))
    ours = f"{_n(few['ours'])} steps at 5 % visible, {_n(many['ours'])} at 40 %"
    what = "completion takes longer where less is visible (all seeds)"
    yield what, "longer", ours, float(few["least"]) > float(many["largest"])


def parkinson(folder: Path) -> Iterator[Row]:
    """Findings in patients and animals."""
    for line in _lines(folder / "parkinson/table.csv"):
        yield Row(
            line["source"],
            f"{line['finding'].strip('. ')}: {line['effect']}",
            "above 0",
            _interval(line["mean"], line["low"], line["high"]),
            line["comes_out"] == "True",
            "parkinson",
        )


def basal_ganglia(folder: Path) -> Iterator[Row]:
    """Beta and rates of a spiking subthalamic nucleus and pallidum."""
    lines = {line["measure"]: line for line in _lines(folder / "basal_ganglia/table.csv")}
    for measure, line in lines.items():
        ours, least, largest = (float(line[name]) for name in ("ours", "least", "largest"))
        text = _interval(ours, least, largest)
        if line["published"]:
            # a ratio rises above 1, anything else above its value in health
            other = lines.get(measure.replace("depleted", "healthy"), line)
            before = 1.0 if "/" in measure else float(other["largest"])
            reached = _as_published(line["published"], ours, least, largest, before)
            yield Row(line["source"], measure, line["published"], text, reached, "basal-ganglia")
        if _is_number(line["recording"]):
            low, high = float(line["recording_least"]), float(line["recording_largest"])
            theirs = _interval(line["recording"], low, high)
            reached = low <= ours <= high
            yield Row("a patient's recording", measure, theirs, text, reached, "basal-ganglia")


def _as_published(text: str, ours: float, least: float, largest: float, before: float) -> bool:
    """Whether ours is as a word or a number says."""
    if text == "rises":
        return least > before
    if text == "falls":
        return largest < before
    words = text.split()
    value = 1.0 if text == "unchanged" else float(words[0])
    spread = float(words[2]) if "±" in words else 0.1 * value
    return abs(ours - value) <= spread


def reaching(folder: Path) -> Iterator[Row]:
    """Populations beside motor cortex, of networks that learned."""
    source = "recording of Churchland, Cunningham et al. 2012"
    lines = [
        line for line in _lines(folder / "reaching/table.csv") if "untrained" not in line["network"]
    ]
    for line in lines:
        if _is_number(line["recording"]):
            ends = line["recording_low"], line["recording_high"]
            unit = f" ({line['unit']})" if line["unit"] != "1" else ""
            seeds, within = int(line["seeds"]), float(line["within"])
            yield Row(
                source,
                f"{line['measure']}{unit}, network {line['network']}",
                _interval(line["recording"], *ends),
                f"{_n(line['model'])} ({within * seeds:.0f} of {seeds} seeds within)",
                within == 1,
                "reaching",
            )
    likenesses = dict.fromkeys(
        line["measure"] for line in lines if not _is_number(line["recording"])
    )
    for measure in likenesses:
        best = max(
            (each for each in lines if each["measure"] == measure),
            key=lambda x: float(x["model_low"]),
        )
        bound = max(float(best["maximum_entropy_high"]), float(best["shuffled_high"]))
        yield Row(
            source,
            f"{measure}, best network ({best['network']}): more like it than surrogates are",
            f"above {_n(bound)}",
            _interval(best["model"], best["model_low"], best["model_high"]),
            float(best["model_low"]) > bound,
            "reaching",
        )


LOWER_BOUNDS = ("Demircigil 2017",)
WRONG = {"within": "at most 5 % wrong", "errorless": "none wrong"}

STUDIES = (sankar2021, pyle2019, tang2018, hopfield, occlusion, parkinson, basal_ganglia, reaching)


def rows(folder: Path) -> list[Row]:
    """All rows of the table, from the tables below a folder."""
    return [row for study in STUDIES for row in study(folder)]


def markdown(folder: Path) -> str:
    """The counts by study and the table, as Markdown."""
    table = rows(folder)
    out = ["| study | command | reached | missed | reached means |", "|---|---|---|---|---|"]
    for study in dict.fromkeys(row.study for row in table):
        reached = [row.reached for row in table if row.study == study]
        out.append(
            f"| [{study}]({PAGES[study]}) | `neurosim reproduce {study}` | {sum(reached)} "
            f"| {len(reached) - sum(reached)} | {CRITERIA[study]} |"
        )
    total = sum(row.reached for row in table)
    out += [f"| **all** | | **{total}** | **{len(table) - total}** | |", "", "## Every number", ""]
    out += ["| | published by | what | published | ours | study |", "|---|---|---|---|---|---|"]
    for row in table:
        mark = "[✓ reached]{.reached}" if row.reached else "[✗ missed]{.missed}"
        cells = mark, row.source, row.quantity, row.published, row.ours, row.study
        out.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(out)


def _lines(path: Path) -> list[Line]:
    if not path.exists():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _is_number(text: str) -> bool:
    try:
        return float(text) == float(text)
    except ValueError:
        return False


def _n(value: str | float) -> str:
    number = float(value)
    return f"{number:,.0f}" if abs(number) >= 1000 else f"{number:.3g}"


def _interval(value: str | float, low: str | float, high: str | float) -> str:
    return f"{_n(value)} ({_n(low)} to {_n(high)})"
