"""RNNh on the released features of Tang et al. 2018: whole patterns from parts of them.

The features of the occluded pictures were not released. RNNh is therefore given parts of the whole
objects' patterns: a random share of the features is kept, and the rest is taken for absent (-1,
what a feature that an occluded picture does not evoke is in the paper) or for unknown (0).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from neurosim.errors import InputError, check_integer
from neurosim.hopfield import NETWORKS
from tasks.vision.features import bipolar
from tasks.vision.readout import Readout, folds_of

if TYPE_CHECKING:
    import pandas as pd

KEPT = (0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.7)
"""Shares of the features that RNNh is given."""

MISSING = ("absent", "unknown")
STEPS = 256
READ_AT = (0, 1, 2, 5, 10, 14, 20, 50, 100, STEPS)


def completion(
    objects: pd.DataFrame,
    *,
    images: int | None,
    rng: np.random.Generator,
    progress: bool = False,
) -> tuple[pd.DataFrame, int]:
    """Let RNNh, which stores all whole patterns, complete parts of some of them.

    The read-out is trained on whole patterns of other objects than the one that it is asked about.

    Parameters
    ----------
    objects
        Features of whole objects, from :func:`tasks.vision.tang2018.read_whole_features`.
    images
        Objects to complete; None for all.
    rng
        Draws the objects, their parts and the folds of the read-out.
    progress
        Show a progress bar.

    Returns
    -------
    pandas.DataFrame
        A row for each kind of ``missing`` features, share ``kept`` and step of :data:`READ_AT`:
        shares of images at their ``own_pattern`` exactly, with the own pattern as the ``nearest``,
        and with the right ``category`` read out; ``converged`` until then; their median
        ``steps_to_converge`` by the last step, with its quartiles; ``n``.
    int
        How many whole patterns a step leaves as they are.

    Raises
    ------
    InputError
        Fewer than one image, or more than there are.
    """
    import pandas as pd
    from tqdm import tqdm

    if images is not None:
        check_integer("tang2018", "images", images, minimum=1)
        if images > len(objects):
            raise InputError(f"tang2018: images must be at most {len(objects)}, given {images}")
    whole = bipolar(objects.to_numpy())
    category = objects.index.get_level_values("category").factorize(sort=True)[0]
    network = NETWORKS["rnnh"]().store(whole)
    fixed = int((network.step(whole) == whole).all(axis=1).sum())
    own = np.sort(rng.choice(len(whole), images or len(whole), replace=False))
    fold = folds_of(category, 5, rng)
    readout = Readout.fit(whole, category, fold)
    rows = []
    conditions = [(missing, kept) for missing in MISSING for kept in KEPT]
    for missing, kept in tqdm(conditions, desc="RNNh", disable=not progress):
        known = rng.random((len(own), whole.shape[1])) < kept
        start = np.where(known, whole[own], -1 if missing == "absent" else 0)
        run = network.run(start, STEPS, record=READ_AT)
        took = np.where(run.converged, run.steps_to_converge, np.inf)
        quartiles = np.quantile(took, (0.5, 0.25, 0.75), method="inverted_cdf")
        for step, states in zip(READ_AT, run.recorded, strict=True):
            rows.append(
                {
                    "missing": missing,
                    "kept": kept,
                    "step": step,
                    "own_pattern": float((states == whole[own]).all(axis=1).mean()),
                    "nearest": float(((states @ whole.T).argmax(axis=1) == own).mean()),
                    "category": float((readout.predict(states, fold[own]) == category[own]).mean()),
                    "converged": float((took <= step).mean()),
                    "steps_to_converge": float(quartiles[0]),
                    "steps_low_quartile": float(quartiles[1]),
                    "steps_high_quartile": float(quartiles[2]),
                    "n": len(own),
                }
            )
    return pd.DataFrame(rows), fixed
