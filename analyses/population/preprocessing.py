r"""What is done to rates before a population is looked at as a whole.

Soft normalisation (Churchland et al. 2012, Nature 487:51) divides each unit's rate by its range
over all conditions and times plus a constant, so that units that fire much do not outweigh all
others and units that hardly fire are not blown up:

    r' = r / (max r - min r + softening)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from analyses.population.form import of_conditions
from neurosim.errors import InputError, check_non_negative

if TYPE_CHECKING:
    import xarray as xr

SOFTENING = 5.0
"""Constant of the published analyses, in spikes/s."""


def soft_normalised(rates: xr.DataArray, softening: float | None = None) -> xr.DataArray:
    """Rates over their range plus a constant.

    Parameters
    ----------
    rates
        (condition, time, unit); trials are averaged.
    softening
        In the units of the rates. None: 5 for rates in spikes/s, as published, and 0 for others,
        whose range may be anything.

    Raises
    ------
    InputError
        As :func:`analyses.population.form.of_conditions`; rates that do not vary at all.

    Examples
    --------
    >>> from analyses.population.form import labelled
    >>> rates = labelled([[[0.0, 0.0], [15.0, 5.0]]], [0, 10])
    >>> soft_normalised(rates).values
    array([[[0.  , 0.  ],
            [0.75, 0.5 ]]])
    """
    rates = of_conditions(rates, "soft_normalised")
    return rates.copy(
        data=normalise(rates.values, softening_of(rates, softening, "soft_normalised"))
    ).assign_attrs(units="1")


def without_condition_mean(rates: xr.DataArray) -> xr.DataArray:
    """Rates less their mean over conditions at each time: what tells the conditions apart.

    Parameters
    ----------
    rates
        (condition, time, unit); trials are averaged.

    Raises
    ------
    InputError
        As :func:`analyses.population.form.of_conditions`; a single condition, of which nothing
        would be left.

    Examples
    --------
    >>> from analyses.population.form import labelled
    >>> without_condition_mean(labelled([[[1.0]], [[3.0]]], [0])).values.ravel()
    array([-1.,  1.])
    """
    rates = of_conditions(rates, "without_condition_mean", at_least=2)
    return rates.copy(data=rates.values - rates.values.mean(axis=0))


def softening_of(rates: xr.DataArray, softening: float | None, owner: str) -> float:
    """The constant to use; see :func:`soft_normalised`."""
    if softening is None:
        return SOFTENING if rates.attrs.get("units") == "spikes/s" else 0.0
    check_non_negative(owner, "softening", softening)
    return float(softening)


def normalise(x: NDArray[np.float64], softening: float) -> NDArray[np.float64]:
    """The equation above for (..., condition, time, unit); units that never vary become 0."""
    spread = np.ptp(x, axis=(-3, -2), keepdims=True)
    if not spread.any(axis=-1).all():
        raise InputError("soft_normalised: the rates do not vary")
    scale = spread + softening
    return np.divide(x, scale, out=np.zeros_like(x), where=(spread > 0))
