"""What a trial of Tang et al. 2018 is: the columns of a table of trials, and what they may hold."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from neurosim.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

CATEGORIES = ("animals", "chairs", "faces", "fruits", "vehicles")

N_OBJECTS = 325
FIRST_PRACTICE = 301
"""Objects are counted from 1; from this one on they were for practice."""

SIZE = 256
"""Height and width of the pictures, pixels."""

COLUMNS = {
    "subject": "subject",
    "object_id": "object",
    "category": "category",
    "response": "response",
    "correct": "correct",
    "visible_percent": "visibility",
    "soa_ms": "soa",
    "soa_measured_ms": "soa_measured",
    "masked": "mask",
    "n_bubbles": "bubbles",
    "reaction_time_ms": "reaction_time",
}
"""Columns of the file of trials, and their names in the tables of this package."""

RANGES = {
    "subject": (0, np.inf),
    "object": (1, N_OBJECTS),
    "correct": (0, 1),
    "visibility": (0, 100),
    "soa": (1, 1000),
    "soa_measured": (1, 1000),
    "mask": (0, 1),
    "bubbles": (0, 100),
    "reaction_time": (1, np.inf),
}
"""What numbers may be; times are in ms, which a file in seconds breaks."""

WHOLE = ("subject", "object", "correct", "mask", "bubbles")


def trial_table(columns: dict[str, NDArray[Any]], source: str) -> pd.DataFrame:
    """A checked table of trials.

    Parameters
    ----------
    columns
        Values by the names of the tables of this package. ``correct`` may be missing.
    source
        Where they are from.

    Returns
    -------
    pandas.DataFrame
        With ``correct`` and ``practice``.

    Raises
    ------
    InputError
        Values that cannot be, or that contradict each other.

    Examples
    --------
    >>> trial = {"object": [7], "category": ["animals"], "response": ["chairs"], "mask": [0]}
    >>> table = trial_table({name: np.array(some) for name, some in trial.items()}, "by hand")
    >>> table[["object", "correct", "practice"]].values.tolist()
    [[7, False, False]]
    """
    import pandas as pd

    for name in columns:
        if name in RANGES:
            check_range(columns[name], name, source)
    check_category(columns["category"], columns["object"], source)
    check_words(columns["response"], "response", source)
    right = columns["response"] == columns["category"]
    refuse(
        columns.get("correct", right).astype(bool) != right,
        "correct",
        "1 where response and category agree, else 0",
        source,
    )
    table = pd.DataFrame(
        {
            name: some.astype(np.int64 if name in WHOLE else some.dtype)
            for name, some in columns.items()
        }
    )
    table["mask"] = table["mask"].astype(bool)
    table["correct"] = right
    table["practice"] = table["object"] >= FIRST_PRACTICE
    table.index.name = "trial"
    return table


def category_of(objects: ArrayLike) -> NDArray[np.str_]:
    """Category of each object: sixty of each in order, then five of each for practice.

    Parameters
    ----------
    objects
        Numbers from 1 to 325.

    Examples
    --------
    >>> category_of([1, 61, 300, 301, 325]).tolist()
    ['animals', 'chairs', 'vehicles', 'animals', 'vehicles']
    """
    number = np.asarray(objects)
    test = (number - 1) // 60
    practice = (number - FIRST_PRACTICE) // 5
    return np.array(CATEGORIES)[np.where(number < FIRST_PRACTICE, test, practice)]


def centres_of(linear: ArrayLike, n_bubbles: ArrayLike) -> NDArray[np.float64]:
    """Rows and columns from MATLAB's places in a picture of 256 x 256.

    Parameters
    ----------
    linear
        (trials, k) places, counted from 1 down the columns, 0 for none.
    n_bubbles
        (trials,) how many of them, from the first, are bubbles.

    Returns
    -------
    ndarray
        (trials, k, 2) row and column from 0; NaN for none.

    Examples
    --------
    >>> centres_of([[1, 2, 257]], [3])[0]
    array([[0., 0.],
           [1., 0.],
           [0., 1.]])
    >>> centres_of([[1, 2, 257]], [1])[0, 1:]
    array([[nan, nan],
           [nan, nan]])
    """
    places = np.asarray(linear, np.float64) - 1
    unused = np.arange(places.shape[1]) >= np.asarray(n_bubbles)[:, np.newaxis]
    places[unused | (places < 0)] = np.nan
    return np.stack([places % SIZE, places // SIZE], axis=2)


def pictures(trials: pd.DataFrame, linear: NDArray[np.integer]) -> NDArray[np.int64]:
    """A number for each trial, the same for trials of one object behind the same bubbles.

    Parameters
    ----------
    trials
        With ``object`` and ``bubbles``.
    linear
        (trials, k) places of bubbles; only the first ``bubbles`` count, in any order.

    Returns
    -------
    ndarray
        (trials,), from 0 in the order of first appearance.

    Examples
    --------
    >>> import pandas as pd
    >>> trials = pd.DataFrame({"object": [1, 2, 1], "bubbles": [2, 2, 2]})
    >>> pictures(trials, np.array([[5, 9, 1], [5, 9, 1], [9, 5, 7]]))
    array([0, 1, 0])
    """
    import pandas as pd

    unused = np.arange(linear.shape[1]) >= trials["bubbles"].to_numpy()[:, np.newaxis]
    shown = np.sort(np.where(unused, 0, linear), axis=1)
    rows = np.column_stack([trials["object"].to_numpy(), shown])
    return pd.factorize(pd.MultiIndex.from_arrays(rows.T))[0]


def check_range(values: NDArray[Any], name: str, source: str) -> None:
    """Refuse numbers outside of :data:`RANGES`.

    Raises
    ------
    InputError
        With the first row that is wrong.
    """
    column = next((stored for stored, ours in COLUMNS.items() if ours == name), name)
    if values.dtype.kind not in "biuf" or values.ndim != 1:
        raise InputError(f"{source}: {column} must be numbers, given {values.dtype} {values.shape}")
    low, high = RANGES[name]
    expected = f"from {low} to {high}" if high < np.inf else f"of at least {low}"
    bad = ~((values >= low) & (values <= high))  # NaN too
    if name in WHOLE:
        bad |= values != np.rint(values)
    kind = "whole numbers" if name in WHOLE else "numbers"
    refuse(bad, column, f"{kind} {expected}", source, values)


def check_category(words: NDArray[Any], objects: NDArray[Any], source: str) -> None:
    """Refuse categories that are not those of the objects.

    Raises
    ------
    InputError
        With the first row that is wrong.
    """
    check_words(words, "category", source)
    other = words.astype(str) != category_of(objects.astype(np.int64))
    refuse(other, "category", "that of the object's number", source, words)


def check_words(words: NDArray[Any], column: str, source: str) -> None:
    """Refuse words that are no category.

    Raises
    ------
    InputError
        With the first row that is wrong.
    """
    known = np.isin(words.astype(str), CATEGORIES)
    refuse(~known, column, f"one of {', '.join(CATEGORIES)}", source, words)


def refuse(
    bad: NDArray[np.bool_],
    column: str,
    expected: str,
    source: str,
    values: NDArray[Any] | None = None,
) -> None:
    """Say what is wrong in the first bad row, if there is one.

    Raises
    ------
    InputError
        There is one.
    """
    if bad.any():
        row = int(bad.argmax())
        given = "not" if values is None else str(values[row])
        raise InputError(f"{source}: {column} must be {expected}, row {row + 1} is {given}")
