"""What people, and models in their place, make of occluded and masked pictures.

Every function takes a table of trials, real or simulated: a pandas.DataFrame, or an xarray.Dataset
with one dimension, with a row for each trial and these columns, as far as they are used:

    subject        who answered
    object         which object was shown
    category       what it was
    response       what was answered
    correct        whether the two agree
    visibility     percent of the object that showed
    soa            stimulus onset asynchrony, ms
    mask           whether a backward mask followed
    reaction_time  ms
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from analyses.intervals import bootstrap, proportion
from neurosim.errors import InputError, suggest

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr
    from matplotlib.axes import Axes

VISIBILITY_EDGES = (0.0, 5.0, 10.0, 15.0, 20.0, 25.0, 30.0, 100.0)
"""Bins of Tang et al. 2018, in percent; the last one holds the few trials above 30 %."""

OUTLIER = 3.0
"""Reaction times this many scaled median absolute deviations off are left out."""


def trials(data: pd.DataFrame | xr.Dataset, *columns: str) -> pd.DataFrame:
    """A table of trials, with the columns that are needed.

    Parameters
    ----------
    data
        The table, or a Dataset with one dimension.
    *columns
        Those that must be there, without missing values.

    Raises
    ------
    InputError
        No trials, a column that is missing, or missing values in it.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"soa": [25, 50], "correct": [False, True]})
    >>> len(trials(table, "soa", "correct"))
    2
    >>> trials(table, "visibilty")
    Traceback (most recent call last):
    neurosim.errors.InputError: unknown column 'visibilty' (known: soa, correct)
    """
    table: Any = data if hasattr(data, "groupby") and hasattr(data, "columns") else _flat(data)
    for column in columns:
        if column not in table.columns:
            raise suggest(column, map(str, table.columns), what="column")
        missing = int(table[column].isna().sum())
        if missing:
            raise InputError(f"trials: {missing} of {len(table)} have no {column}")
    if not len(table):
        raise InputError("trials: the table is empty")
    return table


def binned(
    data: pd.DataFrame | xr.Dataset, edges: Sequence[float] = VISIBILITY_EDGES
) -> pd.DataFrame:
    """The table with visibility in bins (low, high]; trials outside of all bins are left out.

    A trial of visibility 0, where nothing of the object shows, is so in no bin.

    Parameters
    ----------
    data
        With ``visibility``.
    edges
        Rising, in percent.

    Returns
    -------
    pandas.DataFrame
        ``visibility`` as ordered intervals; their ``mid``, ``left`` and ``right`` are numbers.

    Raises
    ------
    InputError
        Edges that do not rise, or no trial between them.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"visibility": [0.0, 3.0, 5.0, 40.0]})
    >>> [str(one) for one in binned(table)["visibility"]]
    ['(0.0, 5.0]', '(0.0, 5.0]', '(30.0, 100.0]']
    """
    import pandas as pd

    table = trials(data, "visibility")
    if len(edges) < 2 or not np.all(np.diff(edges) > 0):
        raise InputError(f"binned: edges must be at least two rising numbers, given {edges}")
    cut = pd.cut(table["visibility"], list(edges))
    table = table.assign(visibility=cut)[cut.notna()]
    if not len(table):
        raise InputError(f"binned: no trial has a visibility between {edges[0]} and {edges[-1]} %")
    return table


def accuracy(data: pd.DataFrame | xr.Dataset, by: Sequence[str] = ()) -> pd.DataFrame:
    """Share of correct answers by condition with Wilson's binomial interval.

    Parameters
    ----------
    data
        With ``correct`` and the columns of ``by``.
    by
        Columns that tell the conditions; none for all trials together.

    Returns
    -------
    pandas.DataFrame
        A row for each condition: the columns of ``by``, ``accuracy``, ``low``, ``high``, ``n``.

    Raises
    ------
    InputError
        As for :func:`trials`.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"soa": [25, 25, 50, 50], "correct": [False, True, True, True]})
    >>> accuracy(table, ["soa"])[["soa", "accuracy", "n"]].values.tolist()
    [[25.0, 0.5, 2.0], [50.0, 1.0, 2.0]]
    """
    table = trials(data, "correct", *by)
    grouped = _by(table, by)["correct"]
    n = grouped.size()
    value, low, high = proportion(grouped.sum(), n)
    conditions = n.index.to_frame(index=False)[list(by)]
    return conditions.assign(accuracy=value, low=low, high=high, n=n.to_numpy())


def reaction_times(
    data: pd.DataFrame | xr.Dataset, by: Sequence[str] = (), *, rng: np.random.Generator
) -> pd.DataFrame:
    """Median reaction time of correct trials by condition, with an interval over people.

    Left out as outliers are the trials whose log reaction time is more than :data:`OUTLIER` scaled
    median absolute deviations (1.4826 MAD, the standard deviation of a normal distribution) from
    the median of the same person's correct trials (Leys et al. 2013, J. Exp. Soc. Psychol. 49:764).

    Parameters
    ----------
    data
        With ``subject``, ``correct``, ``reaction_time`` (ms) and the columns of ``by``.
    by
        Columns that tell the conditions.
    rng
        Source of the bootstrap over people.

    Returns
    -------
    pandas.DataFrame
        A row for each condition: the columns of ``by``, ``median``, ``low``, ``high`` (ms), ``n``
        and how many were ``left_out``.

    Raises
    ------
    InputError
        As for :func:`trials`; reaction times that are not above 0.

    Examples
    --------
    >>> import pandas as pd
    >>> times = [500, 510, 520, 530, 9000] + [700, 710, 720, 730, 740]
    >>> table = pd.DataFrame(
    ...     {"subject": [1] * 5 + [2] * 5, "correct": True, "reaction_time": times}
    ... )
    >>> reaction_times(table, rng=np.random.default_rng(0))[["median", "n", "left_out"]].values
    array([[700.,   9.,   1.]])
    """
    import pandas as pd

    table = trials(data, "subject", "correct", "reaction_time", *by)
    if (table["reaction_time"] <= 0).any():
        raise InputError("reaction_times: reaction times must be above 0 ms")
    table = table[table["correct"].astype(bool)]
    log = np.log(table["reaction_time"].astype(float))
    off = log - log.groupby(table["subject"]).transform("median")
    spread = 1.4826 * off.abs().groupby(table["subject"]).transform("median")
    table = table.assign(left_out=off.abs() > OUTLIER * spread)
    rows = []
    for condition, some in _by(table, by):
        kept = some[~some["left_out"]]
        median = bootstrap(
            np.median, kept["reaction_time"], over=kept["subject"], rng=rng, n_resamples=1000
        )
        rows.append(
            dict(zip(by, condition, strict=False))
            | dict(zip(("median", "low", "high"), median, strict=True))
            | {"n": len(kept), "left_out": len(some) - len(kept)}
        )
    return pd.DataFrame(rows)


def masking_index(
    data: pd.DataFrame | xr.Dataset,
    by: str | None = None,
    *,
    rng: np.random.Generator,
) -> pd.DataFrame:
    r"""How much of the accuracy a backward mask takes away.

        MI = 1 - A(mask) / A(no mask),   A = area under accuracy against SOA

    by trapezoids: 0 where the mask does nothing, 1 where nobody is right with it. The index of Tang
    et al. 2018 is likewise an area over SOA, image by image; here it is relative to the area
    without a mask, so that an image that is hard anyway does not count as masked. An SOA that a
    condition lacks with or without mask is left out of both areas.

    Parameters
    ----------
    data
        With ``subject``, ``correct``, ``soa`` (ms), ``mask`` and the column of ``by``.
    by
        Column that tells the conditions; ``soa`` gives 1 - accuracy(mask) / accuracy(no mask) at
        each SOA, ``object`` the index of each object.
    rng
        Source of the bootstrap over people.

    Returns
    -------
    pandas.DataFrame
        A row for each condition: the column of ``by``, ``masking_index``, ``low``, ``high``, ``n``.
        All NaN where no answer without mask was right: there was nothing to take away. A resample
        of people in which that happens counts as 0.

    Raises
    ------
    InputError
        As for :func:`trials`; trials of one kind only.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({
    ...     "subject": [1, 2] * 4, "soa": [25] * 4 + [150] * 4, "mask": [0, 0, 1, 1] * 2,
    ...     "correct": [1, 1, 0, 0, 1, 1, 1, 1],
    ... })
    >>> masking_index(table, "soa", rng=np.random.default_rng(0))["masking_index"].tolist()
    [1.0, 0.0]
    >>> masking_index(table, rng=np.random.default_rng(0))["masking_index"].tolist()
    [0.5]
    """
    table = trials(data, "subject", "correct", "soa", "mask", *([by] if by else []))
    masked = table["mask"].astype(bool)
    if masked.nunique() < 2:
        raise InputError("masking_index: expected trials with and without mask, given one kind")
    conditions = table[[by]].drop_duplicates().sort_values(by) if by else table.iloc[:1, :0]
    soas = np.unique(table["soa"])
    axes = (
        np.unique(table["subject"], return_inverse=True)[1],
        np.unique(table[by], return_inverse=True)[1] if by else np.zeros(len(table), int),
        np.unique(table["soa"], return_inverse=True)[1],
        masked.to_numpy(int),
    )
    shape = tuple(axis.max() + 1 for axis in axes)
    n = np.zeros(shape)
    right = np.zeros(shape)
    np.add.at(n, axes, 1)
    np.add.at(right, axes, table["correct"])
    width = np.ones(len(soas)) if by == "soa" else _trapezoids(soas)

    def index(right: NDArray[np.float64], n: NDArray[np.float64]) -> NDArray[np.float64]:
        with np.errstate(invalid="ignore", divide="ignore"):
            share = right.sum(axis=0) / n.sum(axis=0)  # conditions, SOAs, mask
            share[np.isnan(share).any(axis=2)] = 0
            none, mask = np.moveaxis(width @ share, 1, 0)
            return np.where(none > 0, 1 - mask / none, 0.0)

    found = bootstrap(index, right, n, rng=rng, n_resamples=1000)
    undefined = right[..., 0].sum(axis=(0, 2)) == 0
    value, low, high = (np.where(undefined, np.nan, part) for part in found)
    count = n.sum(axis=(0, 2, 3)).astype(int)
    return conditions.reset_index(drop=True).assign(
        masking_index=value, low=low, high=high, n=count
    )


def plot_points(
    ax: Axes, x: Any, table: pd.DataFrame, *, value: str = "accuracy", **style: Any
) -> None:
    """Draw a column with its interval, as any function of this file returns it.

    Parameters
    ----------
    ax
        Axes to draw on.
    x
        Where each row stands.
    table
        With the column ``value`` and its ``low`` and ``high``.
    value
        Name of the column.
    **style
        For matplotlib's ``errorbar``: colour, label, marker.
    """
    middle = table[value].to_numpy(float)
    ends = np.abs(table[["low", "high"]].to_numpy(float).T - middle)
    look: dict[str, Any] = {"fmt": "o", "ms": 3, "elinewidth": 0.8} | style
    ax.errorbar(x, middle, ends, **look)


def _by(table: pd.DataFrame, by: Sequence[str]) -> Any:
    keys: list[Any] = list(by) or [np.zeros(len(table), int)]
    return table.groupby(keys, observed=True)


def _trapezoids(x: NDArray[Any]) -> NDArray[np.float64]:
    """Weight of each point in the trapezoidal rule; 1 for a single one."""
    if len(x) == 1:
        return np.ones(1)
    steps = np.diff(np.asarray(x, float))
    return (np.r_[0.0, steps] + np.r_[steps, 0.0]) / 2


def _flat(data: Any) -> Any:
    if not (hasattr(data, "to_dataframe") and len(data.dims) == 1):
        raise InputError(
            "trials: expected a table, or a Dataset with one dimension, given "
            f"{type(data).__name__}"
        )
    return data.to_dataframe().reset_index()
