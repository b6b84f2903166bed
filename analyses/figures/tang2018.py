"""Tang, Schrimpf, Lotter et al. 2018, Recurrent computations for visual pattern completion.

People who named occluded objects, and the answers of the paper's models to the same pictures
(PNAS 115:8835), measured again from the released trials; then this package's RNNh on the released
fc7 features of the whole objects. Objects 301 to 325 were practice and are left out, except from
what RNNh stores.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from analyses.agreement import ceiling, kappa, object_agreement
from analyses.figures.running import Cost, Tell
from analyses.figures.style import save_both
from analyses.figures.table import write_csv
from analyses.figures.tang2018_completion import STEPS, completion
from analyses.figures.tang2018_figure import figure
from analyses.figures.tang2018_published import (
    BY_OBJECT,
    BY_PICTURE,
    BY_STEP,
    CHANCE,
    COMPARED,
    GIVEN_BOTH,
    HUMAN,
    HUMAN_BY_VISIBILITY,
    MODELS,
    STEP_BY_STEP,
    WITHIN_CATEGORY,
    Line,
)
from analyses.intervals import Estimate, bootstrap, proportion
from analyses.psychometric import psychometric_intervals
from analyses.psychophysics import (
    VISIBILITY_EDGES,
    accuracy,
    binned,
    masking_index,
    reaction_times,
)
from neurosim.errors import InputError
from tasks.vision.tang2018 import read_answers, read_trials, read_whole_features

if TYPE_CHECKING:
    import pandas as pd

SECONDS, SECONDS_AN_IMAGE = 20.0, 0.15
"""What is done on all trials, and completion, on one core."""


def reproduce(
    *,
    data: Path,
    out: Path = Path("tang2018"),
    seed: int = 0,
    images: int = 60,
    progress: bool = False,
    tell: Tell | None = None,
    workers: int = 1,
) -> list[Line]:
    """Measure everything and write tables and figure.

    Parameters
    ----------
    data
        Folder with the files of :mod:`tasks.vision.tang2018`, but for the rendered pictures.
    out
        Folder for ``table.csv`` (what is returned), ``accuracy.csv`` (people and models by
        visibility), ``psychometric.csv`` (all parameters of the fits), ``completion.csv`` (RNNh),
        ``figure.png`` and ``figure.pdf``.
    seed
        For resamples, random halves of people, folds and parts of patterns.
    images
        Objects whose patterns RNNh is to complete, drawn at random; 0 for all 325.
    progress
        Show a progress bar.
    tell
        Called with the cost, before it is spent.
    workers
        All is done by one process.

    Returns
    -------
    list of dict
        ``quantity``, ``condition``, ``published`` (None where nothing was), ``ours``,
        ``difference``, ``n``, and the 95 % interval ``low`` to ``high``.

    Raises
    ------
    InputError
        A file is missing or damaged; more images than there are.
    """
    streams = iter(np.random.default_rng(seed).spawn(6))
    test = trials_with_models(data)
    whole = read_whole_features(data, practice=True)
    if tell is not None:
        tell(Cost(1, 0, SECONDS + SECONDS_AN_IMAGE * (images or len(whole))))
    curves = by_visibility(test)
    completed, fixed = completion(
        whole, images=images or None, rng=next(streams), progress=progress
    )
    fitted = fits(test, next(streams))
    lines = [
        *human_accuracy(test, curves),
        *model_accuracy(test),
        *(line for line in fitted if "threshold" in line["quantity"]),
        *masking(test, next(streams)),
        *reaction(test, next(streams)),
        *agreement(test, next(streams)),
        *agreement_by_step(test, next(streams)),
        _line("RNNh: whole patterns that are fixed points", f"of {len(whole)}", fixed, len(whole)),
        *completion_lines(completed),
    ]  # fmt: skip
    write_csv(out / "table.csv", lines)
    write_csv(out / "psychometric.csv", fitted)
    write_csv(out / "accuracy.csv", curves.to_dict("records"))
    write_csv(out / "completion.csv", completed.to_dict("records"))
    save_both(figure(test, lines, curves, completed), out / "figure")
    return lines


def trials_with_models(data: Path) -> pd.DataFrame:
    """Trials of people, without practice, and whether each model was right on the same picture.

    Parameters
    ----------
    data
        Folder, as for :func:`reproduce`.

    Returns
    -------
    pandas.DataFrame
        As of :func:`tasks.vision.tang2018.read_trials`, with a column named after each model.

    Raises
    ------
    InputError
        As there; a model without answers.
    """
    trials = read_trials(data)
    right = read_answers(data, trials).eq(trials["category"], axis=0)
    for name in MODELS:
        if name not in right:
            raise InputError(f"{data}: expected answers of {name}, given {', '.join(right)}")
    return trials.join(right)


def human_accuracy(test: pd.DataFrame, curves: pd.DataFrame) -> list[Line]:
    """Accuracy of people by SOA, without and with mask, and by visibility at 150 ms."""
    lines = []
    for row in accuracy(test, ["mask", "soa"]).itertuples():
        kind = _mask(row.mask)
        lines.append(
            _line("human accuracy", f"{kind}, {row.soa} ms", row.accuracy, row.n, row.low,
                  row.high, published=HUMAN[kind].get(row.soa))
        )  # fmt: skip
    some = curves[(curves.who == "people") & (curves["mask"] == "no mask") & (curves.soa == 150)]
    for row in some.itertuples():
        lines.append(
            _line("human accuracy", f"no mask, 150 ms, {row.visibility} visible", row.accuracy,
                  row.n, row.low, row.high, published=HUMAN_BY_VISIBILITY.get(row.visibility))
        )  # fmt: skip
    return lines


def model_accuracy(test: pd.DataFrame) -> list[Line]:
    """Accuracy of every model on all test trials."""
    lines = []
    for name, published in MODELS.items():
        (row,) = accuracy(test.assign(correct=test[name])).itertuples()
        lines.append(
            _line("model accuracy", name, row.accuracy, row.n, row.low, row.high,
                  published=published)
        )  # fmt: skip
    return lines


def by_visibility(test: pd.DataFrame) -> pd.DataFrame:
    """Accuracy in bins of visibility: of people by SOA and mask, and of every model.

    Returns
    -------
    pandas.DataFrame
        ``who``, ``mask`` and ``soa`` (blank and 0 for models, which saw all pictures alike),
        ``visibility`` (bin), ``mean_visibility`` (percent), ``accuracy``, ``low``, ``high``, ``n``.
    """
    import pandas as pd

    table = binned(test)
    shown = test["visibility"].reindex(table.index)
    parts = []
    for who, by, correct in (
        ("people", ["mask", "soa"], table["correct"]),
        *((name, [], table[name]) for name in MODELS),
    ):
        keys = [*by, "visibility"]
        found = accuracy(table.assign(correct=correct), keys)
        means = shown.groupby([table[key] for key in keys], observed=True).mean()
        found = found.assign(who=who, mean_visibility=means.to_numpy())
        if not by:
            found = found.assign(mask="", soa=0)
        else:
            found["mask"] = found["mask"].map(_mask)
        parts.append(found)
    curves = pd.concat(parts, ignore_index=True)
    curves["visibility"] = [f"{one.left:g}-{one.right:g} %" for one in curves["visibility"]]
    columns = [
        "who", "mask", "soa", "visibility", "mean_visibility", "accuracy", "low", "high", "n",
    ]  # fmt: skip
    return curves[columns]


def fits(test: pd.DataFrame, rng: np.random.Generator) -> list[Line]:
    """Psychometric functions of people, of SOA and of visibility, with intervals over people."""
    lines = []
    for against, unit, by in (("soa", "ms", ["mask"]), ("visibility", "%", ["mask", "soa"])):
        for condition, some in test.groupby(by):
            found = psychometric_intervals(
                some[against], some["correct"], chance_level=CHANCE, rng=rng,
                over=some["subject"], n_resamples=200 if against == "soa" else 100,
            )  # fmt: skip
            name = _mask(condition[0]) + "".join(f", {soa} ms" for soa in condition[1:])
            for parameter, estimate in found.items():
                of = f"{against}, {unit}" if parameter == "threshold" else against
                quantity = f"psychometric {parameter.replace('_', ' ')} ({of})"
                lines.append(_line(quantity, name, n=len(some), estimate=estimate))
    return lines


def masking(test: pd.DataFrame, rng: np.random.Generator) -> list[Line]:
    """What the mask takes away, over all SOAs and at each."""
    (whole,) = masking_index(test, rng=rng).itertuples()
    rows = [("all SOAs", whole)] + [
        (f"{row.soa} ms", row) for row in masking_index(test, "soa", rng=rng).itertuples()
    ]
    return [
        _line("masking index", name, row.masking_index, row.n, row.low, row.high)
        for name, row in rows
    ]


def reaction(test: pd.DataFrame, rng: np.random.Generator) -> list[Line]:
    """Median reaction times of correct trials by SOA and mask, in ms."""
    found = reaction_times(test, ["mask", "soa"], rng=rng)
    return [
        _line("reaction time (ms)", f"{_mask(mask)}, {soa} ms", median, n, low, high)
        for mask, soa, median, low, high, n in found[
            ["mask", "soa", "median", "low", "high", "n"]
        ].itertuples(index=False)
    ]


def agreement(test: pd.DataFrame, rng: np.random.Generator) -> list[Line]:
    """Models and people by object and picture by picture, on all trials without mask.

    No picture was shown to two people. How far people agree with themselves about a picture is
    taken from those shown without and with mask for 150 ms, where the mask does next to nothing.
    """
    seen = test[~test["mask"]]
    lines = []
    for quantity, within in ((BY_OBJECT, None), (WITHIN_CATEGORY, "category")):
        for name in COMPARED:
            found = object_agreement(seen, rng=rng, model=name, within=within)
            lines.append(_line(quantity, name, n=len(seen), estimate=found))
        best = ceiling(seen, rng=rng, within=within)
        for name, found in zip(("reliability", "ceiling"), best, strict=True):
            lines.append(_line(quantity, f"people: {name}", n=len(seen), estimate=found))
    again = test[test["mask"] & (test["soa"] == 150)].set_index("picture")["correct"]
    twice = seen.join(again.rename("again"), on="picture").dropna(subset="again")
    for quantity in (BY_PICTURE, GIVEN_BOTH):
        for name, table, other in (
            *((name, seen, name) for name in COMPARED),
            ("people: the same picture again, with mask, 150 ms", twice, "again"),
        ):
            given = np.zeros(len(table), int)
            if quantity == GIVEN_BOTH:
                bins = np.digitize(table["visibility"], VISIBILITY_EDGES, right=True)
                given = 10 * np.unique(table["category"], return_inverse=True)[1] + bins
            found = bootstrap(
                kappa, table["correct"], table[other].astype(bool), given, rng=rng,
                over=table["subject"], n_resamples=300,
            )  # fmt: skip
            lines.append(_line(quantity, name, n=len(table), estimate=found))
    return lines


def agreement_by_step(test: pd.DataFrame, rng: np.random.Generator) -> list[Line]:
    """Recurrent models and people by object within categories, at each released time step."""
    seen = test[~test["mask"]]
    return [
        _line(STEP_BY_STEP, name, n=len(seen),
              estimate=object_agreement(seen, rng=rng, model=name, within="category"))
        for name in BY_STEP
    ]  # fmt: skip


def completion_lines(completed: pd.DataFrame) -> list[Line]:
    """The last step of :func:`completion`, with Wilson's intervals."""
    lines = []
    for row in completed[completed["step"] == STEPS].itertuples():
        condition = f"{row.kept:.0%} of features, others {row.missing}"
        for column, text in (
            ("own_pattern", "ends at the own pattern"),
            ("category", "category read out at the end"),
        ):
            share = getattr(row, column)
            estimate = proportion(round(share * row.n), row.n)
            lines.append(_line(f"RNNh: {text}", condition, n=row.n, estimate=estimate))
        lines.append(
            _line("RNNh: median steps to converge", condition, row.steps_to_converge, row.n)
        )
    return sorted(lines, key=lambda line: str(line["quantity"]))


def _line(
    quantity: str,
    condition: str,
    ours: float = np.nan,
    n: int = 0,
    low: float | None = None,
    high: float | None = None,
    *,
    published: float | None = None,
    estimate: Estimate | None = None,
) -> Line:
    if estimate is not None:
        ours, low, high = map(float, estimate)
    return {
        "quantity": quantity,
        "condition": condition,
        "published": published,
        "ours": float(ours),
        "difference": None if published is None else float(ours) - published,
        "n": int(n),
        "low": None if low is None else float(low),
        "high": None if high is None else float(high),
    }


def _mask(masked: bool) -> str:
    return "mask" if masked else "no mask"
