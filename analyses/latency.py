r"""When a category can be read out of activity: a decoder that slides over time.

At each time a linear decoder is trained on some trials and asked about the others. It is Fisher's
discriminant, one category against the rest, with equal priors:

    w_k = (S + rho I)^-1 (m_k - m_rest),   S  scatter within the two sides, of units scaled to
    f_k = (w_k (x - c_k)) / d_k                variance 1
                                           c_k midpoint between the two means m along w_k
                                           d_k distance between them

and the answer is the category with the largest f_k. The w_k come from regularised least squares on
the categories' labels, which has the same direction (Hastie, Tibshirani & Friedman 2009, exercise
4.2). Its matrix does not depend on the labels, so that one factorisation serves the true labels and
a thousand shuffled ones. rho is a multiple of the mean eigenvalue of the total scatter.

A time counts as decodable where accuracy exceeds what shuffled labels reach anywhere (Nichols &
Holmes 2002, Hum. Brain Mapp. 15:1: the maximum over time controls the error of the whole family),
and the latency is the first of so many such times in a row.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from analyses.intervals import Estimate, percentiles, resample
from neurosim.errors import InputError, check_between, check_integer, check_positive, suggest

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes


def decode(
    activity: xr.DataArray,
    *,
    rng: np.random.Generator,
    category: str | None = None,
    onset: float = 0.0,
    folds: int = 5,
    ridge: float = 1.0,
    n_permutations: int = 1000,
    significance: float = 0.05,
    progress: bool = False,
) -> xr.Dataset:
    """Held-out accuracy of reading the category from activity, time by time.

    Parameters
    ----------
    activity
        Dimensions (trial, time, unit); the second may have any name, ``step`` of a simulated
        trajectory for instance, and must have a coordinate of rising numbers. A coordinate
        ``category`` labels the trials. Where there is a coordinate ``object`` as well, trials of
        one object are never on both sides of a fold, and labels are shuffled between objects.
    rng
        Source of folds and shuffled labels.
    category
        This one against all others; None for all categories.
    onset
        Times before it are decoded, but are no part of the family that is tested.
    folds
        Of the cross-validation; categories are spread evenly over them.
    ridge
        rho in units of the mean eigenvalue.
    n_permutations
        Number of shuffled labels.
    significance
        Share of shuffled labels that may exceed the threshold anywhere after onset.
    progress
        Show a progress bar.

    Returns
    -------
    xarray.Dataset
        ``correct`` (trial, time), whether the held-out trial was read rightly; ``accuracy``
        (time), the mean over categories of their share; attributes ``threshold``,
        ``chance_level`` and the parameters.

    Raises
    ------
    InputError
        Other dimensions, no labels, NaN, one category only, fewer objects of a category than
        folds, or no time after onset.

    Examples
    --------
    Three categories that differ from the fourth step on:

    >>> import xarray as xr
    >>> rng = np.random.default_rng(0)
    >>> labels = np.repeat(["face", "chair", "fruit"], 20)
    >>> signal = np.where(np.arange(8)[:, np.newaxis] >= 3, rng.standard_normal((3, 1, 10)), 0)
    >>> noise = rng.standard_normal((60, 8, 10))
    >>> activity = xr.DataArray(
    ...     noise + 2 * signal.repeat(20, axis=0), dims=("trial", "step", "unit"),
    ...     coords={"category": ("trial", labels), "step": range(8)},
    ... )
    >>> found = decode(activity, rng=rng, n_permutations=200)
    >>> (found.accuracy > found.threshold).values.tolist()
    [False, False, False, True, True, True, True, True]
    >>> latency(found, consecutive=3, rng=rng)[0]
    np.float64(3.0)
    """
    import xarray as xr
    from tqdm import tqdm

    check_integer("decode", "folds", folds, minimum=2)
    check_integer("decode", "n_permutations", n_permutations, minimum=1)
    check_positive("decode", "ridge", ridge)
    check_between("decode", "significance", significance, 0, 1)
    names, labels, objects = _labels(activity, category)
    time = str(activity.dims[1])
    times = activity[time].to_numpy()
    tested = times >= onset
    if not tested.any():
        raise InputError(f"decode: no {time} is at or after onset {onset}, last is {times[-1]}")

    label_of_object = labels[np.unique(objects, return_index=True)[1]]
    of_fold = _folds(label_of_object, folds, rng)[objects]
    shuffled = [rng.permutation(label_of_object)[objects] for _ in range(n_permutations)]
    truth = np.column_stack([labels, *shuffled])  # (trials, 1 + permutations)
    targets = np.eye(len(names))[truth].reshape(len(labels), -1)

    correct = np.empty((len(labels), len(times)), bool)
    accuracy = np.empty((len(times), truth.shape[1]))
    for t in tqdm(range(len(times)), desc="decode", disable=not progress):
        x = activity.isel({time: t}).to_numpy().astype(float)
        answers = np.empty_like(truth)
        for fold in range(folds):
            held_out = of_fold == fold
            scores = _scores(x, ~held_out, targets, len(names), ridge)
            answers[held_out] = scores[held_out].argmax(axis=2)
        right = answers == truth
        correct[:, t] = right[:, 0]
        accuracy[t] = _balanced(right, truth, len(names))
    highest = np.sort(accuracy[tested, 1:].max(axis=0))
    threshold = highest[int(np.ceil((1 - significance) * (n_permutations - 1)))]
    return xr.Dataset(
        {"correct": (("trial", time), correct), "accuracy": (time, accuracy[:, 0])},
        coords={
            time: activity[time],
            "category": ("trial", np.array(names)[labels]),
            "object": ("trial", objects),
        },
        attrs={
            "threshold": float(threshold),
            "chance_level": 1 / len(names),
            "onset": float(onset),
            "folds": folds,
            "ridge": float(ridge),
            "n_permutations": n_permutations,
            "significance": float(significance),
        },
    )


def latency(
    decoding: xr.Dataset,
    *,
    rng: np.random.Generator,
    consecutive: int = 5,
    n_resamples: int = 1000,
) -> Estimate:
    """Time from onset until the category can be read, with an interval over trials.

    Parameters
    ----------
    decoding
        From :func:`decode`.
    rng
        Source of the bootstrap, which draws trials (objects, where trials are labelled by them)
        with their held-out answers; decoders and threshold stay as they are.
    consecutive
        Times in a row that must exceed the threshold; the latency is the first of them.
    n_resamples
        Number of draws.

    Returns
    -------
    Estimate
        In units of the time axis. All NaN where the category is never decodable for so long; the
        upper end is infinite where that happens in more resamples than the interval leaves out.

    Raises
    ------
    InputError
        More times in a row than there are after onset.

    Examples
    --------
    See :func:`decode`.
    """
    value = _first(decoding, consecutive)(decoding.correct.to_numpy(), _codes(decoding))
    if np.isinf(value):
        return Estimate(*np.full(3, np.nan))
    return Estimate(
        np.float64(value), *percentiles(_latencies(decoding, rng, consecutive, n_resamples))
    )


def delay(
    whole: xr.Dataset,
    occluded: xr.Dataset,
    *,
    paired: bool,
    rng: np.random.Generator,
    consecutive: int = 5,
    n_resamples: int = 1000,
) -> Estimate:
    """How much later the category can be read from occluded than from whole objects.

    Parameters
    ----------
    whole, occluded
        From :func:`decode`.
    paired
        Whether both have the same trials in the same order, the same picture whole and occluded;
        they are then drawn together.
    rng, consecutive, n_resamples
        As for :func:`latency`.

    Returns
    -------
    Estimate
        Latency of ``occluded`` minus that of ``whole``, NaN where one of them has none. A resample
        in which neither is decodable counts as no limit on either side.

    Raises
    ------
    InputError
        Paired trials of different number or category.

    Examples
    --------
    >>> import xarray as xr
    >>> times = 10.0 * np.arange(20)
    >>> def seen(latency):
    ...     correct = np.tile(times >= latency, (30, 1))
    ...     return xr.Dataset(
    ...         {"correct": (("trial", "time"), correct)},
    ...         coords={"time": times, "category": ("trial", ["a", "b"] * 15)},
    ...         attrs={"threshold": 0.7, "onset": 0.0},
    ...     )
    >>> delay(seen(50), seen(120), paired=True, rng=np.random.default_rng(0)).value
    np.float64(70.0)
    """
    one, other = (
        _first(each, consecutive)(each.correct.to_numpy(), _codes(each))
        for each in (whole, occluded)
    )
    if np.isinf(one) or np.isinf(other):
        return Estimate(*np.full(3, np.nan))
    if paired:
        if not np.array_equal(whole.category, occluded.category):
            raise InputError(
                "delay: paired trials must have the same categories in the same order, given "
                f"{whole.sizes['trial']} whole and {occluded.sizes['trial']} occluded ones"
            )
        both = _latencies(whole, rng, consecutive, n_resamples, beside=occluded)
        early, late = both.T
    else:
        early, late = (
            _latencies(each, rng, consecutive, n_resamples) for each in (whole, occluded)
        )
    with np.errstate(invalid="ignore"):
        drawn = late - early
    unknown = np.isnan(drawn)
    return Estimate(
        np.float64(other - one),
        percentiles(np.where(unknown, -np.inf, drawn))[0],
        percentiles(np.where(unknown, np.inf, drawn))[1],
    )


def plot_decoding(
    ax: Axes, decoding: xr.Dataset, found: Estimate | None = None, **style: Any
) -> None:
    """Draw accuracy against time with the threshold, and the latency with its interval.

    Parameters
    ----------
    ax
        Axes to draw on.
    decoding
        From :func:`decode`.
    found
        From :func:`latency`; drawn on the threshold.
    **style
        For the line of accuracy.
    """
    times = decoding[decoding.accuracy.dims[0]].to_numpy()
    (line,) = ax.plot(times, decoding.accuracy, **style)
    ax.axhline(decoding.threshold, color=line.get_color(), lw=0.6, ls=":")
    if found is not None and np.isfinite(found.value):
        value, low, high = (float(part) + decoding.onset for part in found)
        ends = [low, min(high, float(times[-1]))]
        ax.plot(ends, [decoding.threshold] * 2, color=line.get_color(), lw=2)
        ax.plot(value, decoding.threshold, "o", ms=4, color=line.get_color())


def _labels(
    activity: xr.DataArray, category: str | None
) -> tuple[list[str], NDArray[np.intp], NDArray[np.intp]]:
    """Names of the categories, and category and object of each trial as numbers."""
    dims = activity.dims
    if len(dims) != 3 or dims[0] != "trial" or dims[2] != "unit":
        raise InputError(f"decode: dimensions must be (trial, time, unit), given {dims}")
    time = activity[dims[1]]
    if dims[1] not in activity.coords or not np.all(np.diff(time.to_numpy()) > 0):
        raise InputError(f"decode: {dims[1]} must have a coordinate of rising numbers")
    if "category" not in activity.coords or activity["category"].dims != ("trial",):
        raise InputError("decode: trials must have a coordinate 'category'")
    unusable = int((~np.isfinite(activity)).sum())
    if unusable:
        raise InputError(f"decode: activity holds {unusable} NaN or infinite values")
    given = activity["category"].to_numpy().astype(str)
    if category is not None:
        if category not in given:
            raise suggest(category, np.unique(given).tolist(), what="category")
        given = np.where(given == category, category, f"not {category}")
    names, labels = np.unique(given, return_inverse=True)
    if len(names) < 2:
        raise InputError(f"decode: expected at least two categories, given only '{names[0]}'")
    if "object" not in activity.coords:
        return names.tolist(), labels, np.arange(len(labels))
    objects = np.unique(activity["object"].to_numpy(), return_inverse=True)[1]
    if np.any(labels != labels[np.unique(objects, return_index=True)[1]][objects]):
        raise InputError("decode: trials of one object must all have the same category")
    return names.tolist(), labels, objects


def _folds(labels: NDArray[np.intp], folds: int, rng: np.random.Generator) -> NDArray[np.intp]:
    """A fold for each object, each category spread evenly."""
    fewest = np.bincount(labels).min()
    if fewest < folds:
        raise InputError(
            f"decode: expected at least {folds} trials or objects of each category for {folds} "
            f"folds, given {fewest}"
        )
    order = rng.permutation(len(labels))
    order = order[np.argsort(labels[order], kind="stable")]
    of_fold = np.empty(len(labels), int)
    of_fold[order] = np.arange(len(labels)) % folds
    return of_fold


def _scores(
    x: NDArray[np.float64],
    train: NDArray[np.bool_],
    targets: NDArray[np.float64],
    n_categories: int,
    ridge: float,
) -> NDArray[np.float64]:
    """f_k of all trials for each column of labels: (trials, label columns, categories)."""
    spread = x[train].std(axis=0)
    x = (x - x[train].mean(axis=0)) / np.where(spread > 0, spread, 1)
    products = x @ x[train].T
    within = products[train]
    rho = ridge * np.trace(within) / min(len(within), x.shape[1])
    inverse = np.linalg.inv(within + max(rho, 1e-12) * np.eye(len(within)))
    y = targets[train]
    n = np.maximum(y.sum(axis=0), 1)
    scores = products @ (inverse @ (y - y.mean(axis=0)))
    own = (scores[train] * y).sum(axis=0) / n
    rest = (scores[train] * (1 - y)).sum(axis=0) / np.maximum(len(y) - n, 1)
    apart = np.where(own > rest, own - rest, 1)
    return ((scores - (own + rest) / 2) / apart).reshape(len(x), -1, n_categories)


def _balanced(
    right: NDArray[np.bool_], truth: NDArray[np.intp], n_categories: int
) -> NDArray[np.float64]:
    """Mean over categories of the share of right answers; over trials, the first axis."""
    shares = []
    for k in range(n_categories):
        own = truth == k
        shares.append((right & own).sum(axis=0) / np.maximum(own.sum(axis=0), 1))
    return np.mean(shares, axis=0)


def _codes(decoding: xr.Dataset) -> NDArray[np.intp]:
    return np.unique(decoding.category, return_inverse=True)[1]


def _first(
    decoding: xr.Dataset, consecutive: int
) -> Callable[[NDArray[np.bool_], NDArray[np.intp]], float]:
    """What finds the latency from the answers and categories of some trials; infinite for none."""
    check_integer("latency", "consecutive", consecutive, minimum=1)
    times = decoding[decoding.correct.dims[1]].to_numpy()
    onset, threshold = decoding.attrs["onset"], decoding.attrs["threshold"]
    after = times >= onset
    if after.sum() < consecutive:
        raise InputError(
            f"latency: consecutive must be at most {after.sum()}, the times after onset, given "
            f"{consecutive}"
        )

    def first(correct: NDArray[np.bool_], codes: NDArray[np.intp]) -> float:
        shares = [correct[codes == k].mean(axis=0) for k in np.unique(codes)]
        above = (np.mean(shares, axis=0) > threshold)[after]
        starts = np.lib.stride_tricks.sliding_window_view(above, consecutive).all(axis=1)
        return float(times[after][starts.argmax()] - onset) if starts.any() else np.inf

    return first


def _latencies(
    decoding: xr.Dataset,
    rng: np.random.Generator,
    consecutive: int,
    n_resamples: int,
    beside: xr.Dataset | None = None,
) -> NDArray[np.float64]:
    """Latency of each resample; with ``beside``, of both from the same trials."""
    each = [decoding] if beside is None else [decoding, beside]
    first = [_first(one, consecutive) for one in each]

    def firsts(codes: NDArray[Any], *correct: NDArray[Any]) -> list[float]:
        return [find(some, codes) for find, some in zip(first, correct, strict=True)]

    drawn = resample(
        firsts, _codes(decoding), *(one.correct.to_numpy() for one in each), rng=rng,
        over=decoding["object"] if "object" in decoding.coords else None,
        n_resamples=n_resamples,
    )  # fmt: skip
    return drawn[:, 0] if beside is None else drawn
