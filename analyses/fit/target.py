"""A recording as a search sees it: its measures, how sure they are, and how far off a model is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from analyses.fit.measures import ALL, PATH, PATH_DEVIATION, chosen_measures, path_error
from analyses.intervals import Estimate
from analyses.population.alignment import best_pairing, common_names, resampled
from analyses.population.bounds import around, split
from analyses.population.form import in_window, of_conditions, sampling_interval
from analyses.population.measures import OF_BOTH, OF_ONE, own_measures, similarities
from analyses.population.preprocessing import soft_normalised, without_condition_mean
from neurosim.errors import InputError

if TYPE_CHECKING:
    import xarray as xr

DRAWS = 50
"""Resamples and halvings of the recording."""

CHOICES = 5
"""Random choices of units that are averaged, where the model has more."""


class Target:
    """A recording as a search sees it.

    Parameters
    ----------
    recording
        (condition, time, unit); trials are averaged.
    measures
        Any of :data:`analyses.fit.measures.MEASURES`.
    window
        First and last time, in ms; None for all.
    rng
        Source of resamples and halvings.

    Raises
    ------
    InputError
        Unknown measures; fewer than eight conditions or twelve units; as
        :func:`analyses.population.measures.own_measures`.

    Examples
    --------
    >>> from analyses.population.form import labelled
    >>> x = np.random.default_rng(0).standard_normal((8, 20, 12)).cumsum(axis=1)
    >>> target = Target(labelled(x, 10 * np.arange(20), units="1"), ["jpca"],
    ...                 rng=np.random.default_rng(0))
    >>> target.recorded.shape, target.n_components
    ((2, 3), 4)
    """

    def __init__(
        self,
        recording: xr.DataArray,
        measures: Sequence[str],
        *,
        rng: np.random.Generator,
        window: tuple[float, float] | None = None,
    ) -> None:
        self.measures = chosen_measures(list(measures))
        self.rates = of_conditions(recording, "fit", at_least=8)
        if self.rates.sizes["unit"] < 12:
            raise InputError(f"fit: expected at least 12 units, given {self.rates.sizes['unit']}")
        self.interval = sampling_interval(self.rates, "fit")
        in_window(self.rates, window, "fit")  # refuses what does not fit
        self.window = window
        self.n_components = 2 * min(self.rates.sizes["condition"] // 4, 3)
        self._index = [ALL.index(each) for each in self.measures]
        self.alike = [each in OF_BOTH for each in self.measures]
        self.reaching = [each == PATH for each in self.measures]
        numbers = np.array([self._recorded(part, rng) for part in self.parts(self.rates)])
        self.recorded, self.deviation = numbers[:, 0], numbers[:, 1]

    def parts(self, rates: xr.DataArray) -> list[xr.DataArray]:
        """Training conditions, and those held out."""
        n = rates.sizes["condition"]
        return [rates.isel(condition=np.arange(first, n, 2)) for first in (0, 1)]

    def measured(self, model: xr.DataArray, rng: np.random.Generator) -> NDArray[np.float64]:
        """Measures of a model, (training and held out, measure).

        Conditions are those of the same names. Where not all have names, conditions are taken
        evenly from those of the model, as they stand; for measures of likeness, those in training
        and those held out are then paired among themselves by their dissimilarities.

        Raises
        ------
        InputError
            Too few conditions or units, times that are not within the model's, rates that do not
            vary, or a model without ``path_error`` (condition) where that is matched.
        """
        parts = zip(self.parts(self.prepared(model)), self.parts(self.rates), strict=True)
        return np.array([self._of_model(*pair, rng) for pair in parts])

    def spread(self, of_networks: NDArray[np.float64] | float = 0.0) -> NDArray[np.float64]:
        """Standard deviation by which measures are judged, (2, measure).

        Parameters
        ----------
        of_networks
            Variance that networks have of theirs. Not for the path error: networks of which some
            reach and some do not are not forgiven for it.
        """
        added = np.where(self.reaching, 0.0, of_networks)
        return np.asarray(np.sqrt(self.deviation**2 + added))

    def z(
        self, measured: NDArray[np.float64], of_networks: NDArray[np.float64] | float = 0.0
    ) -> NDArray[np.float64]:
        """How far off measures are, in the same form; see :meth:`spread`."""
        z = (measured - self.recorded) / self.spread(of_networks)
        return np.where(self.alike, np.minimum(z, 0), z)

    def whole(self, rng: np.random.Generator, n_resamples: int = 200) -> list[Estimate]:
        """The measures of one population in all conditions, with intervals (95 %).

        Intervals are for another sample of units, see :func:`analyses.population.bounds.interval`.
        """
        units = self.rates.sizes["unit"]
        value = self._own(self.rates, whole=True)
        again = np.array(
            [
                self._own(self.rates.isel(unit=rng.integers(units, size=units)), whole=True)
                for _ in range(n_resamples)
            ]
        )
        return [
            around(value[k], again[:, k], (each.low, each.high)) for k, each in enumerate(OF_ONE)
        ]

    def whole_of(self, model: xr.DataArray, rng: np.random.Generator) -> NDArray[np.float64]:
        """The same measures of a model, means over choices of as many units."""
        return self._own_mean(self.prepared(model), self.rates.sizes["unit"], rng, whole=True)

    def prepared(self, model: xr.DataArray) -> xr.DataArray:
        """The model in as many conditions, at the recording's times."""
        if any(self.reaching):
            path_error(model)  # refuses a model without
        errors = model["path_error"].to_numpy() if any(self.reaching) else None
        model = of_conditions(model, "fit: model", at_least=self.rates.sizes["condition"])
        start, interval = float(self.rates["time"].values[0]), self.interval
        if sampling_interval(model, "fit: model") > interval * (1 + 1e-6):
            raise InputError(
                f"fit: the model must be sampled at least as often as the recording, every "
                f"{interval:g} ms, given every {sampling_interval(model, 'fit: model'):g} ms"
            )
        model = resampled(model, start, interval, "fit: model")
        times, wanted = model["time"].to_numpy(), self.rates["time"].to_numpy().astype(float)
        both = (times > wanted[0] - interval / 2) & (times < wanted[-1] + interval / 2)
        if both.sum() != len(wanted):
            raise InputError(
                f"fit: the model must have the recording's times, {wanted[0]:g} to "
                f"{wanted[-1]:g} ms, given {times[0]:g} to {times[-1]:g} ms"
            )
        model = model.isel(time=both)
        names = common_names(self.rates, model)
        n = self.rates.sizes["condition"]
        if len(names) == n:
            given = model["condition"].values.tolist()
            chosen = np.array([given.index(name) for name in names])
        else:  # spread over those of the model, of which neighbours are alike
            chosen = np.floor(np.arange(n) * model.sizes["condition"] / n).astype(int)
        model = model.isel(condition=chosen)
        if errors is None:
            return model
        return model.assign_coords(path_error=("condition", errors[chosen]))

    def _recorded(self, part: xr.DataArray, rng: np.random.Generator) -> NDArray[np.float64]:
        """Measures of the recording and their standard deviations, (2, measure)."""
        units = part.sizes["unit"]
        own = self._own(part)
        again = [self._own(part.isel(unit=rng.integers(units, size=units))) for _ in range(DRAWS)]
        if any(self.alike):
            halves = [split(part, rng) for _ in range(DRAWS)]
            both = np.array([similarities(a, b, self.window) for a, b in halves])
        else:
            both = np.zeros((DRAWS, len(OF_BOTH)))
        values = [*own, *np.median(both, axis=0), 0.0]
        spread = [*np.std(again, axis=0, ddof=1), *both.std(axis=0, ddof=1), PATH_DEVIATION]
        return np.array([values, spread])[:, self._index]

    def _of_model(
        self, model: xr.DataArray, part: xr.DataArray, rng: np.random.Generator
    ) -> NDArray[np.float64]:
        units = min(model.sizes["unit"], part.sizes["unit"])
        own = self._own_mean(model, units, rng)
        both = np.zeros((1, len(OF_BOTH)))
        if any(self.alike):
            half = min(units, part.sizes["unit"] // 2)
            both = np.array(
                [
                    self._likeness(_chosen(model, half, rng), _chosen(part, half, rng), rng)
                    for _ in range(CHOICES)
                ]
            )
        error = path_error(model) if any(self.reaching) else 0.0
        return np.array([*own, *both.mean(axis=0), error])[self._index]

    def _own_mean(
        self, model: xr.DataArray, units: int, rng: np.random.Generator, whole: bool = False
    ) -> NDArray[np.float64]:
        choices = CHOICES if model.sizes["unit"] > units else 1
        own = [self._own(_chosen(model, units, rng), whole) for _ in range(choices)]
        return np.asarray(np.mean(own, axis=0))

    def _own(self, rates: xr.DataArray, whole: bool = False) -> NDArray[np.float64]:
        n_components = 2 * min(rates.sizes["condition"] // 2, 3) if whole else self.n_components
        return own_measures(rates, self.window, n_components)

    def _likeness(
        self, model: xr.DataArray, part: xr.DataArray, rng: np.random.Generator
    ) -> NDArray[np.float64]:
        if not np.array_equal(model["condition"], part["condition"]) or not common_names(
            model, part
        ):
            a, b = (
                without_condition_mean(in_window(soft_normalised(each), self.window, "fit"))
                for each in (model, part)
            )
            part = part.isel(condition=best_pairing(a, b, rng))
        return similarities(
            model, part.assign_coords(condition=model["condition"].values), self.window
        )


def _chosen(rates: xr.DataArray, units: int, rng: np.random.Generator) -> xr.DataArray:
    if units >= rates.sizes["unit"]:
        return rates
    return rates.isel(unit=rng.choice(rates.sizes["unit"], units, replace=False))
