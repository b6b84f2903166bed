r"""Whether a model errs where people err: by object, and picture by picture.

By object: the correlation, over objects, of the share of people that were right with the share of
the same people's pictures on which the model was right. People agree with themselves only as far
as their number allows. With r the mean correlation between halves of the people drawn at random,
the reliability of all of them is (Spearman 1910; Brown 1910)

    R = 2 r / (1 + r),

and a model that knew each object's true share would correlate with them as sqrt(R): the ceiling.

Models and people that favour different answers differ by category; ``within`` takes the mean of
each category off both sides first.

By picture: Cohen's kappa of being right (error consistency: Geirhos, Meding & Wichmann 2020,
NeurIPS 33:13890),

    kappa = (c - c_e) / (1 - c_e),   c   share of pictures where both are right or both are wrong,
                                     c_e the same for two that err independently.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analyses.intervals import Estimate, percentiles, resample
from analyses.psychophysics import trials
from neurosim.errors import InputError, check_integer

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr
    from matplotlib.axes import Axes


def kappa(a: ArrayLike, b: ArrayLike, given: ArrayLike | None = None) -> float:
    """Cohen's kappa of two series of labels, 1 for equal ones, 0 for independent ones.

    Parameters
    ----------
    a, b
        Labels of the same pictures: answers, or whether they were right.
    given
        A condition of each picture, such as its visibility in bins. Two that err independently
        within each condition then have kappa 0, although both err more in the same conditions.

    Raises
    ------
    InputError
        Different lengths, no pictures, or the same label throughout, where kappa is not defined.

    Examples
    --------
    >>> kappa([1, 1, 0, 0], [1, 1, 0, 1])
    0.5
    >>> kappa([1, 1, 0, 0], [1, 1, 0, 0], given=[5, 5, 5, 80])
    1.0
    """
    a, b = np.asarray(a), np.asarray(b)
    given = np.zeros(len(a)) if given is None else np.asarray(given)
    if not (a.shape == b.shape == given.shape and a.ndim == 1 and len(a)):
        raise InputError("kappa: expected series of the same length of at least 1")
    labels, coded = np.unique(np.concatenate([a, b]), return_inverse=True)
    conditions, of_picture = np.unique(given, return_inverse=True)
    shape = (len(conditions), len(labels))
    shares = []
    for codes in np.split(coded, 2):
        counts = np.bincount(of_picture * shape[1] + codes, minlength=shape[0] * shape[1])
        shares.append(counts.reshape(shape) / np.bincount(of_picture)[:, np.newaxis])
    expected = float((shares[0] * shares[1]).sum(axis=1)[of_picture].mean())
    if expected > 1 - 1e-12:
        raise InputError("kappa: not defined where both series are one and the same label")
    return (float(np.mean(a == b)) - expected) / (1 - expected)


def object_agreement(
    data: pd.DataFrame | xr.Dataset,
    *,
    rng: np.random.Generator,
    model: str = "model_correct",
    within: str | None = None,
) -> Estimate:
    """Correlation over objects of people's and a model's share of right answers.

    The interval is the value plus and minus 1.96 standard deviations over resamples of the people,
    with the pictures that they saw, on Fisher's scale atanh(r). It is not that of percentiles:
    people drawn twice add noise, which lowers every resampled correlation.

    Parameters
    ----------
    data
        Trials of people with ``subject``, ``object``, ``correct`` and the column ``model``.
    rng
        Source of the bootstrap over people.
    model
        Column that says whether the model was right on the picture of that trial.
    within
        Column that is the same in all trials of an object, such as ``category``: the mean over its
        objects is taken off.

    Raises
    ------
    InputError
        As for :func:`analyses.psychophysics.trials`; fewer than three objects, or shares that do
        not vary.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({
    ...     "subject": [1] * 4 + [2] * 4, "object": [1, 2, 3, 4] * 2,
    ...     "correct": [1, 0, 1, 0, 1, 0, 1, 0], "model_correct": [1, 0, 1, 0, 1, 1, 1, 0],
    ... })
    >>> object_agreement(table, rng=np.random.default_rng(0)).value.round(3)
    np.float64(0.905)
    """
    table = trials(data, "subject", "object", "correct", model, *([within] if within else []))
    people, modelled, n = (_by_subject_and_object(table, of) for of in ("correct", model, None))
    groups = _groups(table, within)

    def fisher(*of_people: NDArray[np.float64]) -> float:
        r = _correlation(*of_people, groups=groups)
        return float(np.arctanh(np.clip(r, -1 + 1e-9, 1 - 1e-9)))

    z = fisher(people, modelled, n)
    reach = 1.96 * resample(fisher, people, modelled, n, rng=rng, n_resamples=1000).std()
    return Estimate(*np.tanh([z, z - reach, z + reach]))


def ceiling(
    data: pd.DataFrame | xr.Dataset,
    *,
    rng: np.random.Generator,
    within: str | None = None,
    n_splits: int = 200,
) -> tuple[Estimate, Estimate]:
    """How well people predict people: split-half reliability R and the ceiling sqrt(R).

    People see pictures of the same objects that show different parts. A model is given each one's
    pictures, so that it shares what these add, while halves of the people do not: the ceiling is
    that of knowing objects, and a model can in principle pass it.

    Parameters
    ----------
    data
        Trials with ``subject``, ``object``, ``correct``.
    rng
        Source of the random halves.
    within
        As for :func:`object_agreement`.
    n_splits
        Number of random halves.

    Returns
    -------
    reliability, ceiling : Estimate
        The mean over splits, and the range of the middle 95 % of splits: not an interval over
        people, whom a bootstrap would put into both halves.

    Raises
    ------
    InputError
        As for :func:`object_agreement`; fewer than four people; halves that do not agree at all.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> import pandas as pd
    >>> shown = np.tile(np.arange(50), 20)
    >>> table = pd.DataFrame({
    ...     "subject": np.repeat(np.arange(20), 50), "object": shown,
    ...     "correct": rng.random(1000) < (shown + 0.5) / 50,
    ... })
    >>> reliability, best = ceiling(table, rng=rng)
    >>> reliability.value.round(2), best.value.round(2)
    (np.float64(0.9), np.float64(0.95))
    """
    check_integer("ceiling", "n_splits", n_splits, minimum=1)
    table = trials(data, "subject", "object", "correct", *([within] if within else []))
    groups = _groups(table, within)
    right, n = (_by_subject_and_object(table, of) for of in ("correct", None))
    people = len(n)
    if people < 4:
        raise InputError(f"ceiling: expected at least 4 people to split, given {people}")
    halves = np.empty(n_splits)
    for k in range(n_splits):
        order = rng.permutation(people)
        one, other = order[: people // 2], order[people // 2 :]
        halves[k] = _correlation(right[one], right[other], n[one], n[other], groups=groups)
    if not halves.mean() > 0:
        raise InputError("ceiling: halves of the people do not agree, there is no ceiling")
    whole = np.array([halves.mean(), *percentiles(halves)])
    reliability = np.maximum(2 * whole / (1 + whole), 0.0)
    return Estimate(*reliability), Estimate(*np.sqrt(reliability))


def plot_agreement(
    ax: Axes,
    models: dict[str, Estimate],
    best: Estimate | None = None,
    *,
    shift: float = 0.0,
    **style: Any,
) -> None:
    """Draw each model's agreement with its interval, one below the other, and the ceiling.

    Parameters
    ----------
    ax
        Axes to draw on.
    models
        Agreement by name, the first on top.
    best
        The ceiling, drawn as a band.
    shift
        Of the rows, downwards, where two kinds of agreement stand in one drawing.
    **style
        For matplotlib's ``errorbar``.
    """
    rows = np.arange(len(models))
    value, low, high = np.array(list(models.values()), float).T
    look: dict[str, Any] = {"fmt": "o", "ms": 3, "elinewidth": 0.8} | style
    ax.errorbar(value, rows + shift, xerr=np.array([value - low, high - value]), **look)
    if best is not None:
        color = look.get("color", "0.4")
        ax.axvspan(float(best.low), float(best.high), color=color, lw=0, alpha=0.2)
        ax.axvline(float(best.value), color=color, lw=0.8, ls="--")
    ax.set_yticks(rows, list(models))
    ax.set_ylim(len(models) - 0.5, -0.5)


def _by_subject_and_object(table: pd.DataFrame, column: str | None) -> NDArray[np.float64]:
    """Sum of a column, or number of trials, (subjects, objects)."""
    subjects = np.unique(table["subject"], return_inverse=True)[1]
    objects = np.unique(table["object"], return_inverse=True)[1]
    sums = np.zeros((subjects.max() + 1, objects.max() + 1))
    np.add.at(sums, (subjects, objects), 1 if column is None else table[column].to_numpy(float))
    return sums


def _groups(table: pd.DataFrame, within: str | None) -> NDArray[np.intp]:
    """Group of each object, in the order of the objects."""
    objects, first = np.unique(table["object"], return_index=True)
    if within is None:
        return np.zeros(len(objects), int)
    if (table.groupby("object")[within].nunique() > 1).any():
        raise InputError(f"agreement: '{within}' must be the same in all trials of an object")
    return np.unique(table[within].to_numpy()[first], return_inverse=True)[1]


def _correlation(
    right: NDArray[np.float64],
    other_right: NDArray[np.float64],
    n: NDArray[np.float64],
    other_n: NDArray[np.float64] | None = None,
    *,
    groups: NDArray[np.intp],
) -> float:
    """Pearson's r over the objects that both have seen, without the means of groups of objects.

    Inputs are (subjects, objects), groups (objects,).
    """
    n = n.sum(axis=0)
    other_n = n if other_n is None else other_n.sum(axis=0)
    seen = (n > 0) & (other_n > 0)
    if seen.sum() < 3:
        raise InputError(f"agreement: expected at least 3 objects, given {int(seen.sum())}")
    groups = groups[seen]
    a, b = right.sum(axis=0)[seen] / n[seen], other_right.sum(axis=0)[seen] / other_n[seen]
    size = np.maximum(np.bincount(groups), 1)
    a, b = (x - (np.bincount(groups, weights=x) / size)[groups] for x in (a, b))
    scale = np.sqrt((a @ a) * (b @ b))
    if scale < 1e-12:
        raise InputError("agreement: the share of right answers is the same for all objects")
    return float(a @ b / scale)
