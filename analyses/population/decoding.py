r"""Cross-condition decoding: read a movement, or another population, in conditions not trained on.

The decoder is linear regression on the first principal components of the population, both fitted to
some conditions and asked about the others. What it reads may be kinematics, or the rates of a
second population: the share of those that a linear map predicts is a similarity that has a
direction.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from analyses.population.cca import basis, centre
from analyses.population.form import held_out, of_conditions, of_pair
from neurosim.errors import InputError, check_integer

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes


def cross_condition_decoding(
    rates: xr.DataArray,
    target: xr.DataArray,
    *,
    n_components: int = 10,
    folds: int = 5,
    remove_condition_mean: bool = True,
) -> xr.Dataset:
    """Predict a target in held-out conditions.

    Parameters
    ----------
    rates
        (condition, time, unit); trials are averaged.
    target
        (condition, time, variable) or (condition, time, unit), of the same conditions and times.
    n_components
        Principal components that the decoder sees.
    folds
        Of the cross-validation over conditions.
    remove_condition_mean
        Take off the mean over the conditions trained on at each time, of both: what all conditions
        share need not be read from the rates.

    Returns
    -------
    xarray.Dataset
        ``prediction`` and ``target`` (condition, time, variable), less the mean over the conditions
        trained on; ``r2``, of all variables together, ``r2_by_condition`` (condition) and
        ``r2_by_variable`` (variable), 1 - error / variance about that mean.

    Raises
    ------
    InputError
        As :func:`analyses.population.form.of_pair`; fewer conditions than folds; more components
        than dimensions; a target that does not vary, or not in some condition or variable.

    Examples
    --------
    >>> from analyses.population.form import labelled
    >>> rng = np.random.default_rng(0)
    >>> hand = labelled(rng.standard_normal((10, 30, 2)), np.arange(30), units="cm/s")
    >>> rates = labelled(hand.values @ rng.standard_normal((2, 20)), np.arange(30))
    >>> float(cross_condition_decoding(rates, hand, n_components=2).r2.round(3))
    1.0
    """
    import xarray as xr

    check_integer("cross_condition_decoding", "n_components", n_components, minimum=1)
    target = target.rename(variable="unit") if "variable" in target.dims else target
    rates, target = of_pair(rates, target, "cross_condition_decoding", at_least=2)
    x, y = rates.values, target.values
    prediction, wanted = np.empty_like(y), np.empty_like(y)
    for test in held_out(len(x), folds, "cross_condition_decoding"):
        seen, told = (centre(each, test, remove_condition_mean) for each in (x, y))
        scores, to_scores = basis(seen[~test], n_components, "cross_condition_decoding")
        weights = scores.T @ told[~test].reshape(len(scores), -1)  # the scores are orthonormal
        prediction[test] = seen[test] @ (to_scores @ weights)
        wanted[test] = told[test]
    error, variance = (wanted - prediction) ** 2, wanted**2
    for name, axes in (("condition", (1, 2)), ("unit", (0, 1))):
        still = np.flatnonzero(variance.sum(axis=axes) == 0)
        if still.size:
            raise InputError(
                f"cross_condition_decoding: the target of {name} "
                f"{target[name].values[still[0]]} does not differ from the mean of the others"
            )
    dims = ("condition", "time", "variable")
    return xr.Dataset(
        {
            "prediction": (dims, prediction),
            "target": (dims, wanted),
            "r2": float(1 - error.sum() / variance.sum()),
            "r2_by_condition": ("condition", 1 - error.sum((1, 2)) / variance.sum((1, 2))),
            "r2_by_variable": ("variable", 1 - error.sum((0, 1)) / variance.sum((0, 1))),
        },
        coords={
            "condition": rates["condition"],
            "time": rates["time"],
            "variable": target["unit"].values,
        },
    )


def decoded_share(
    a: xr.DataArray, b: xr.DataArray, *, n_components: int = 10, folds: int = 5
) -> float:
    """Share of one population's variance that another predicts in held-out conditions.

    Parameters
    ----------
    a, b
        (condition, time, unit) of the same conditions and times; ``b`` is predicted from ``a``.
    n_components, folds
        As for :func:`cross_condition_decoding`.

    Raises
    ------
    InputError
        As :func:`cross_condition_decoding`.

    Examples
    --------
    >>> from analyses.population.form import labelled
    >>> rng = np.random.default_rng(0)
    >>> a, b = (labelled(rng.standard_normal((10, 50, 20)), np.arange(50)) for _ in range(2))
    >>> decoded_share(a, b) < 0.05
    True
    """
    a, b = (of_conditions(each, "decoded_share") for each in (a, b))
    found = cross_condition_decoding(a, b, n_components=n_components, folds=folds)
    return float(found["r2"])


def plot_decoding(ax: Axes, found: xr.Dataset, variable: Any, **style: Any) -> None:
    """Draw a variable in all held-out conditions, and its prediction dashed.

    Parameters
    ----------
    ax
        Axes to draw on.
    found
        From :func:`cross_condition_decoding`.
    variable
        Its name.
    **style
        For the lines.
    """
    from analyses.figures.style import COLORS

    one = found.sel(variable=variable)
    for k in range(one.sizes["condition"]):
        look: dict[str, Any] = {"color": COLORS[k % len(COLORS)]}
        ax.plot(one["time"], one["target"][k], **(look | style))
        ax.plot(one["time"], one["prediction"][k], **(look | {"ls": "--"} | style))
    ax.set(xlabel="time (ms)", ylabel=str(variable))
