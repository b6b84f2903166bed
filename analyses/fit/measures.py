"""What a fit matches: measures of one population, of likeness, and how well a network reaches."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from analyses.population.measures import OF_BOTH, OF_ONE, Measure
from analyses.reaching import root_mean_square
from neurosim.errors import InputError, suggest

if TYPE_CHECKING:
    import xarray as xr

PATH = Measure("path error", "percent", 0.0, np.inf)
"""Root mean square of the distance from the wanted path, in percent of the target's distance."""

MEASURES = {
    "dimensionality": OF_ONE[:1],
    "jpca": OF_ONE[1:4],
    "tangling": OF_ONE[4:],
    "cca": OF_BOTH[:1],
    "procrustes": OF_BOTH[1:2],
    "cka": OF_BOTH[2:3],
    "rsa": OF_BOTH[3:4],
    "decoding": OF_BOTH[4:],
    "path": (PATH,),
}
"""What can be matched, by the names that the search takes."""

ALL = (*OF_ONE, *OF_BOTH, PATH)
"""In the order in which they are computed."""

PATH_DEVIATION = 5.0
"""Path error, in percent, that weighs as much as one standard deviation of another measure."""

PATH_LIMIT = 10.0
"""Path error, in percent, below which a network is said to reach."""


def chosen_measures(names: list[str]) -> list[Measure]:
    """Measures by the names of :data:`MEASURES`, each once.

    Raises
    ------
    InputError
        No or unknown names.

    Examples
    --------
    >>> [measure.name for measure in chosen_measures(["path", "tangling"])]
    ['path error', 'tangling']
    """
    if not names:
        raise InputError("fit: expected at least one measure, given none")
    for name in names:
        if name not in MEASURES:
            raise suggest(name, tuple(MEASURES), what="measure")
    return [each for name in dict.fromkeys(names) for each in MEASURES[name]]


def path_error(model: xr.DataArray) -> float:
    """Root mean square over conditions of a model's path error, in percent.

    Parameters
    ----------
    model
        Rates (condition, time, unit) with the coordinate ``path_error`` (condition).

    Raises
    ------
    InputError
        It has none.

    Examples
    --------
    >>> import xarray as xr
    >>> model = xr.DataArray([1.0, 2.0], dims="condition")
    >>> path_error(model.assign_coords(path_error=("condition", [1.0, 7.0])))
    5.0
    """
    if "path_error" not in model.coords or model["path_error"].dims != ("condition",):
        raise InputError("fit: 'path' needs a model that reaches and tells its path_error")
    return root_mean_square(model["path_error"].to_numpy())
