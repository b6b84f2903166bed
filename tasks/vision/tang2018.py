"""The released data of Tang et al. 2018, checked, as tables with one row a trial.

Tang, Schrimpf, Lotter et al. 2018, PNAS 115:8835. The authors release pictures, answers and neural
recordings at http://klab.tch.harvard.edu/resources/Tangetal_RecurrentComputations.html, and the
code, features and answers of their models at https://github.com/kreimanlab/occlusion-classification,
all as MATLAB files: :mod:`tasks.vision.tang2018_matlab` reads those. This file reads the same as
tables and arrays in one folder:

``trials.csv.gz``
    13,000 answers of 21 people, with the columns of
    :data:`~tasks.vision.tang2018_trials.COLUMNS`.
``bubble_centers.npz``
    ``centers`` (trials, 10): places of bubbles in a picture of 256 x 256, counted from 1 down the
    columns, 0 for none. The first ``n_bubbles`` of them were shown.
``model_predictions.csv.gz``
    ``model, object_id, visible_percent, response, category``: the answer of each of the paper's
    models to each trial.
``fc7_whole.npz``
    ``fc7`` (325, 4096), ``category`` and ``object_id``: the whole objects in layer fc7 of AlexNet.
``occluded_images.npz``
    ``images`` (325, 256, 256) uint8: one occluded picture of each object.

The tables are pandas.DataFrame: trials are grouped by person, onset asynchrony, mask and
visibility, which is what it is made for, and the functions of ``analyses`` take them as they are.
Objects 301 to 325 were for practice: the column ``practice`` tells, and they are left out unless
asked for. Each picture was shown to one person twice, with and without a mask; ``picture`` tells
which trials are of the same one.
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from neurosim.errors import InputError
from neurosim.io.reading import check_npz
from tasks.vision.tang2018_trials import (
    COLUMNS,
    FIRST_PRACTICE,
    N_OBJECTS,
    SIZE,
    centres_of,
    check_category,
    check_range,
    check_words,
    pictures,
    refuse,
    trial_table,
)

if TYPE_CHECKING:
    import pandas as pd

TRIALS = "trials.csv.gz"
CENTRES = "bubble_centers.npz"
ANSWERS = "model_predictions.csv.gz"
FEATURES = "fc7_whole.npz"
RENDERINGS = "occluded_images.npz"
FILES = (TRIALS, CENTRES, ANSWERS, FEATURES, RENDERINGS)


def data_folder(path: str | Path, *files: str) -> Path:
    """A folder that holds the files that are needed.

    Parameters
    ----------
    path
        Of the folder.
    *files
        Some of :data:`FILES`; all of them by default.

    Raises
    ------
    InputError
        There is no such folder, or files are missing.

    Examples
    --------
    >>> data_folder("nowhere")
    Traceback (most recent call last):
    neurosim.errors.InputError: nowhere: there is no such folder
    """
    path = Path(path)
    if not path.is_dir():
        raise InputError(f"{path}: there is no such folder")
    missing = [name for name in files or FILES if not (path / name).is_file()]
    if missing:
        raise InputError(f"{path}: lacks {', '.join(missing)} of the data of Tang et al. 2018")
    return path


def read_trials(path: str | Path, *, practice: bool = False) -> pd.DataFrame:
    """What people answered.

    Parameters
    ----------
    path
        Folder with ``trials.csv.gz`` and ``bubble_centers.npz``.
    practice
        Keep the practice objects.

    Returns
    -------
    pandas.DataFrame
        Indexed by ``trial``, the row in the file from 0: the values of ``COLUMNS`` (visibility in
        percent, times in ms, ``correct`` and ``mask`` bool), ``picture`` and ``practice``.

    Raises
    ------
    InputError
        A file is missing or damaged, lacks a column, or holds what cannot be: the message names the
        first row, counted from 1.

    Examples
    --------
    >>> trials = read_trials("tang2018")  # doctest: +SKIP
    >>> trials.groupby(["mask", "soa"])["correct"].mean()  # doctest: +SKIP
    """
    folder = data_folder(path, TRIALS, CENTRES)
    source = folder / TRIALS
    stored = _read_csv(source, tuple(COLUMNS))
    table = trial_table(
        {name: stored[column].to_numpy() for column, name in COLUMNS.items()}, str(source)
    )
    table["picture"] = pictures(table, _linear_centres(folder, table))
    return table if practice else table[~table["practice"]]


def read_centres(path: str | Path, trials: pd.DataFrame) -> NDArray[np.float64]:
    """Where the bubbles were, for :class:`tasks.vision.occluders.Bubbles`.

    Parameters
    ----------
    path
        Folder with ``bubble_centers.npz``.
    trials
        From :func:`read_trials`.

    Returns
    -------
    ndarray
        (trials, bubbles, 2) row and column in pixels from 0; NaN for none.

    Raises
    ------
    InputError
        The file is missing or damaged, or lacks bubbles of these trials.

    Examples
    --------
    >>> Bubbles(centres=read_centres("tang2018", trials))  # doctest: +SKIP
    """
    folder = data_folder(path, CENTRES)
    return centres_of(_linear_centres(folder, trials), trials["bubbles"].to_numpy())


def read_answers(path: str | Path, trials: pd.DataFrame) -> pd.DataFrame:
    """What the paper's models answered to the same pictures.

    The file holds each model's trials by test fold, those of an object in the order of
    ``trials.csv.gz``: that, object and visibility tell which answer is to which trial.

    Parameters
    ----------
    path
        Folder with ``model_predictions.csv.gz`` and the files of the trials.
    trials
        From :func:`read_trials`: those whose answers are wanted.

    Returns
    -------
    pandas.DataFrame
        Categories; indexed as ``trials``, a column for each model, in the order of the file.

    Raises
    ------
    InputError
        A file is missing or damaged, lacks a column, or its rows are not those of the trials.

    Examples
    --------
    >>> answers = read_answers("tang2018", trials)  # doctest: +SKIP
    >>> answers.eq(trials["category"], axis=0).mean()  # doctest: +SKIP
    """
    folder = data_folder(path, ANSWERS, TRIALS, CENTRES)
    source = folder / ANSWERS
    stored = _read_csv(source, ("model", "object_id", "visible_percent", "response", "category"))
    check_words(stored["response"].to_numpy(), "response", str(source))
    every = read_trials(folder, practice=True)
    key = ["object", "visibility", "nth"]
    every["nth"] = every.groupby(key[:2]).cumcount()
    stored = stored.rename(columns=COLUMNS)
    stored["nth"] = stored.groupby(["model", *key[:2]]).cumcount()
    answers = stored.pivot(index=key, columns="model", values="response")
    answers = answers[list(stored["model"].unique())].rename_axis(columns=None)
    for model, n in stored["model"].value_counts().items():
        if n != len(every):
            raise InputError(f"{source}: {model} has {n} answers to {len(every)} trials")
    matched = answers.reindex(every.set_index(key).index).set_axis(every.index)
    lacking = matched.isna().any(axis=1)
    if lacking.any():
        row = every.loc[lacking.idxmax()]
        raise InputError(
            f"{source}: rows are not those of {TRIALS}, a model has no answer to object "
            f"{row['object']} with {row['visibility']:g} % visible"
        )
    return matched.loc[trials.index]


def read_whole_features(path: str | Path, *, practice: bool = False) -> pd.DataFrame:
    """AlexNet's fc7 features of the whole objects.

    Parameters
    ----------
    path
        Folder with ``fc7_whole.npz``.
    practice
        Keep the practice objects.

    Returns
    -------
    pandas.DataFrame
        (objects, 4096) float32, indexed by ``object`` and ``category``.

    Raises
    ------
    InputError
        The file is missing or damaged, or features are not finite.

    Examples
    --------
    >>> fc7 = read_whole_features("tang2018")  # doctest: +SKIP
    >>> fc7.to_numpy(), fc7.index.get_level_values("category")  # doctest: +SKIP
    """
    import pandas as pd

    source = data_folder(path, FEATURES) / FEATURES
    stored = _read_npz(source, ("fc7", "category", "object_id"))
    features, objects = stored["fc7"], stored["object_id"]
    if features.ndim != 2 or objects.shape != (len(features),):
        raise InputError(
            f"{source}: expected fc7 (objects, features) and as many object_id, "
            f"given {features.shape} and {objects.shape}"
        )
    check_range(objects, "object", str(source))
    check_category(stored["category"], objects, str(source))
    refuse(~np.isfinite(features).all(axis=1), "fc7", "finite", str(source))
    index = pd.MultiIndex.from_arrays(
        [objects, stored["category"].astype(str)], names=["object", "category"]
    )
    table = pd.DataFrame(features, index)
    return table if practice else table[objects < FIRST_PRACTICE]


def read_renderings(path: str | Path) -> NDArray[np.float32]:
    """One occluded picture of each object, as the authors rendered them.

    Picture i shows object i + 1 through the bubbles of trial i, which is not a trial of that
    object.

    Parameters
    ----------
    path
        Folder with ``occluded_images.npz``.

    Returns
    -------
    ndarray
        (325, 256, 256) float32, 0 to 1.

    Raises
    ------
    InputError
        The file is missing or damaged, or of another size.

    Examples
    --------
    >>> first = read_renderings("tang2018")[0]  # doctest: +SKIP
    """
    source = data_folder(path, RENDERINGS) / RENDERINGS
    images = _read_npz(source, ("images",))["images"]
    if images.dtype != np.uint8 or images.shape != (N_OBJECTS, SIZE, SIZE):
        raise InputError(
            f"{source}: expected images uint8 {(N_OBJECTS, SIZE, SIZE)}, "
            f"given {images.dtype} {images.shape}"
        )
    return images.astype(np.float32) / np.float32(255)


def _linear_centres(folder: Path, trials: pd.DataFrame) -> NDArray[np.int64]:
    """The stored places of the bubbles of some trials."""
    source = folder / CENTRES
    centres = _read_npz(source, ("centers",))["centers"]
    if centres.ndim != 2 or centres.dtype.kind not in "iu" or trials.index.max() >= len(centres):
        raise InputError(
            f"{source}: centers must be whole numbers with a row for each trial, "
            f"given {centres.dtype} {centres.shape}"
        )
    centres = centres[trials.index].astype(np.int64)
    outside = (centres < 0) | (centres > SIZE**2)
    refuse(outside.any(axis=1), "centers", f"from 0 to {SIZE**2}", str(source))
    fewer = np.count_nonzero(np.cumprod(centres > 0, axis=1), axis=1) < trials["bubbles"]
    refuse(fewer.to_numpy(), "centers", f"as many as n_bubbles of {TRIALS}", str(source))
    return centres


def _read_csv(path: Path, columns: tuple[str, ...]) -> pd.DataFrame:
    import pandas as pd

    stored: pd.DataFrame = _parsed(path, lambda: pd.read_csv(path))
    _check_there(path, columns, list(stored), "column")
    if not len(stored):
        raise InputError(f"{path}: holds no rows")
    return stored


def _read_npz(path: Path, names: tuple[str, ...]) -> dict[str, NDArray[Any]]:
    check_npz(path)

    def read() -> dict[str, NDArray[Any]]:
        with np.load(path, allow_pickle=False) as stored:
            return dict(stored)

    arrays: dict[str, NDArray[Any]] = _parsed(path, read)
    _check_there(path, names, list(arrays), "array")
    return arrays


def _check_there(path: Path, wanted: tuple[str, ...], found: list[str], what: str) -> None:
    missing = [name for name in wanted if name not in found]
    if missing:
        raise InputError(
            f"{path}: lacks the {what} {', '.join(map(repr, missing))} (has: {', '.join(found)})"
        )


def _parsed(path: Path, read: Callable[[], Any]) -> Any:
    try:
        return read()
    except Exception as error:  # damaged files raise almost anything
        text = textwrap.shorten(str(error) or type(error).__name__, 100)
        raise InputError(f"{path}: cannot be read ({text})") from None
