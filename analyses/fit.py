r"""Search parameters of a model for the best match to a recorded population.

The misfit of a model is the sum over measures of

    z^2,  z = (model - recording) / s,

in measures of one population (:data:`analyses.population.compare.OF_ONE`), s being the standard
deviation of the recording's over units drawn again. In measures of likeness (OF_BOTH) the
recording's is the ceiling, the likeness of its halves, s the standard deviation of that over
halvings, and a model beyond the ceiling has z = 0. So 1 is as far off as another sample of units of
the same area would be.

Networks drawn with the same parameters differ too, and a recording is of one network. Where several
are drawn for each set of parameters, the search is for the misfit of their mean, and what is
reported has in s^2 also their variance, times 1 + 1 / networks, from the best quarter of what was
tried. With a single network, intervals hold for that network only.

Every second condition of recording and model is held out: the search sees the others only, and what
it found is judged by the misfit in those. The parameters are proposed by Optuna (Akiba et al. 2019,
KDD 25:2623), by TPE (Bergstra et al. 2011, NeurIPS 24) or CMA-ES (Hansen 2016, arXiv:1604.00772).

How well a parameter is known is told by its profile: the least misfit found in each of its bins,
whatever the others were. Its interval are the bins in which that is within 3.84 of the least
misfit, as of a profile likelihood (Raue et al. 2009, Bioinformatics 25:1923; 95 % for one parameter
where z are independent and normal; measures of the same population are not quite, so that the
interval is rather too narrow). A search too short to have been in a bin leaves it out of the
interval too.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from analyses.population.alignment import best_pairing, common_names, resampled
from analyses.population.bounds import split
from analyses.population.compare import OF_BOTH, OF_ONE, own_measures, similarities
from analyses.population.form import in_window, of_conditions, sampling_interval
from analyses.population.preprocessing import soft_normalised, without_condition_mean
from neurosim.errors import InputError, check_choice, check_integer, suggest
from neurosim.files import check_output
from neurosim.provenance import fingerprint

if TYPE_CHECKING:
    import optuna
    import xarray as xr
    from matplotlib.axes import Axes

MEASURES = {
    "dimensionality": OF_ONE[:1],
    "jpca": OF_ONE[1:4],
    "tangling": OF_ONE[4:],
    "cca": OF_BOTH[:1],
    "procrustes": OF_BOTH[1:2],
    "cka": OF_BOTH[2:3],
    "rsa": OF_BOTH[3:4],
    "decoding": OF_BOTH[4:],
}
"""What can be matched, by the names that the search takes."""

SAMPLERS = ("tpe", "cmaes")

WITHIN = 3.84
"""Rise of the misfit at the ends of an interval: 95 % of chi-square with one degree of freedom."""

BINS = 10
"""Of a profile."""

DRAWS = 50
"""Resamples and halvings of the recording."""

CHOICES = 5
"""Random choices of units that are averaged, where the model has more."""


class Range(NamedTuple):
    """Where a parameter is searched."""

    low: float
    high: float
    log: bool = False


Model = Callable[[dict[str, float], int], "xr.DataArray"]
"""Rates (condition, time, unit) for parameters and a seed; InputError where there are none."""


class Profile(NamedTuple):
    """How the misfit depends on one parameter.

    Attributes
    ----------
    edges
        (bins + 1,) of the bins.
    misfit
        (bins,) least misfit found in each; infinite where nothing was tried.
    low, high
        Ends of the interval.
    """

    edges: NDArray[np.float64]
    misfit: NDArray[np.float64]
    low: float
    high: float


@dataclass(frozen=True, eq=False)
class Found:
    """What a search found.

    Attributes
    ----------
    best
        Parameters of the least misfit in the training conditions.
    misfit, held_out
        Its misfit in the training conditions and in those held out.
    trials, failed
        Parameters tried, and how many of them gave a network that diverged or did not move.
    measures
        A line for each measure: ``recording``, ``deviation`` (s), ``model`` and ``z``, in training
        conditions, and the same in those held out, with ``held_out_`` before the name.
    importance
        Share of the misfit's variance that each parameter explains (functional ANOVA, Hutter et al.
        2014, ICML 31); empty with too few trials.
    profiles
        By parameter.
    """

    best: dict[str, float]
    misfit: float
    held_out: float
    trials: int
    failed: int
    measures: list[dict[str, Any]]
    importance: dict[str, float]
    profiles: dict[str, Profile]


class Target:
    """A recording as a search sees it.

    Parameters
    ----------
    recording
        (condition, time, unit); trials are averaged.
    measures
        Any of :data:`MEASURES`.
    window
        First and last time, in ms; None for all.
    rng
        Source of resamples and halvings.

    Raises
    ------
    InputError
        Unknown measures; fewer than eight conditions or twelve units; as
        :func:`analyses.population.compare.own_measures`.

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
        if not measures:
            raise InputError("fit: expected at least one measure, given none")
        for name in measures:
            if name not in MEASURES:
                raise suggest(name, tuple(MEASURES), what="measure")
        self.rates = of_conditions(recording, "fit", at_least=8)
        if self.rates.sizes["unit"] < 12:
            raise InputError(f"fit: expected at least 12 units, given {self.rates.sizes['unit']}")
        self.interval = sampling_interval(self.rates, "fit")
        in_window(self.rates, window, "fit")  # refuses what does not fit
        self.window = window
        self.measures = [each for name in dict.fromkeys(measures) for each in MEASURES[name]]
        self.n_components = 2 * min(self.rates.sizes["condition"] // 4, 3)
        self.alike = [each in OF_BOTH for each in self.measures]
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
            Too few conditions or units, times that are not within the model's, or rates that do not
            vary.
        """
        parts = zip(self.parts(self._prepared(model)), self.parts(self.rates), strict=True)
        return np.array([self._of_model(*pair, rng) for pair in parts])

    def z(
        self, measured: NDArray[np.float64], of_networks: NDArray[np.float64] | float = 0.0
    ) -> NDArray[np.float64]:
        """How far off measures are, in the same form, where networks have a variance of theirs."""
        z = (measured - self.recorded) / np.sqrt(self.deviation**2 + of_networks)
        return np.where(self.alike, np.minimum(z, 0), z)

    def _prepared(self, model: xr.DataArray) -> xr.DataArray:
        """The model in as many conditions, at the recording's times."""
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
            return model.isel(condition=[given.index(name) for name in names])
        # spread over those of the model, of which neighbours are alike
        chosen = np.floor(np.arange(n) * model.sizes["condition"] / n).astype(int)
        return model.isel(condition=chosen)

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
        values = np.concatenate([own, np.median(both, axis=0)])
        deviations = np.concatenate([np.std(again, axis=0, ddof=1), both.std(axis=0, ddof=1)])
        index = [(OF_ONE + OF_BOTH).index(each) for each in self.measures]
        return np.array([values[index], deviations[index]])

    def _of_model(
        self, model: xr.DataArray, part: xr.DataArray, rng: np.random.Generator
    ) -> NDArray[np.float64]:
        units = min(model.sizes["unit"], part.sizes["unit"])
        own = [
            self._own(_chosen(model, units, rng))
            for _ in range(CHOICES if model.sizes["unit"] > units else 1)
        ]
        both = np.zeros((1, len(OF_BOTH)))
        if any(self.alike):
            half = min(units, part.sizes["unit"] // 2)
            both = np.array(
                [
                    self._likeness(_chosen(model, half, rng), _chosen(part, half, rng), rng)
                    for _ in range(CHOICES)
                ]
            )
        values = np.concatenate([np.mean(own, axis=0), both.mean(axis=0)])
        return values[[(OF_ONE + OF_BOTH).index(each) for each in self.measures]]

    def _own(self, rates: xr.DataArray) -> NDArray[np.float64]:
        return own_measures(rates, self.window, self.n_components)

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


def search(
    target: Target,
    model: Model,
    space: dict[str, Range],
    *,
    storage: str | Path | None = None,
    name: str = "fit",
    trials: int = 100,
    sampler: str = "tpe",
    networks: int = 3,
    seed: int = 0,
    progress: bool = False,
) -> Found:
    """Search until so many sets of parameters were tried.

    Parameters
    ----------
    target
        The recording.
    model
        What is fitted.
    space
        Parameters and where they are searched.
    storage
        SQLite file; where it holds this search already, it goes on, and processes that are given
        the same file share it. None: memory.
    name
        Of the model, with all that is not searched. With recording, measures, space, networks and
        seed it says which search of the file is this one.
    trials
        Sets of parameters in all, by all processes together.
    sampler
        ``tpe`` or ``cmaes``.
    networks
        Networks drawn for each set, from seeds ``seed`` and on, the same for every set; measures
        are their mean.
    seed
        Of networks and of the search. A search in one process that is not stopped is the same
        again; one that goes on draws anew from where it stopped.
    progress
        Show a progress bar.

    Raises
    ------
    InputError
        Optuna is missing, an empty or impossible range, a storage that cannot be used, or nothing
        was found that could be measured.

    Examples
    --------
    A decay of which the time constant is searched; its rates depend on nothing else:

    >>> from analyses.population.form import labelled
    >>> def decaying(chosen, seed, units=20):
    ...     rng = np.random.default_rng(seed)
    ...     times, start = 10 * np.arange(30), rng.standard_normal((8, 1, 4))
    ...     x = start * np.exp(-times[:, np.newaxis] / chosen["tau"] / [1, 2, 3, 4])
    ...     return labelled(x @ rng.standard_normal((4, units)), times, units="1")
    >>> rng = np.random.default_rng(0)
    >>> target = Target(decaying({"tau": 50.0}, seed=7), ["tangling"], rng=rng)
    >>> found = search(target, decaying, {"tau": Range(10, 200, log=True)}, trials=15)
    >>> found.trials, list(found.profiles)
    (15, ['tau'])
    """
    check_choice("fit", "sampler", sampler, SAMPLERS)
    for what, value in (("trials", trials), ("networks", networks)):
        check_integer("fit", what, value, minimum=1)
    check_integer("fit", "seed", seed, minimum=0)
    _check_space(space)
    optuna = require_optuna(sampler)
    identity = fingerprint(
        [name, space, target.measures, target.rates.values, target.window, networks, seed]
    )
    study = _study(optuna, storage, f"{name}-{identity}", sampler, seed)

    def objective(trial: Any) -> float:
        chosen = {
            key: trial.suggest_float(key, limits.low, limits.high, log=limits.log)
            for key, limits in space.items()
        }
        try:
            # units are chosen by the same draws for all parameters
            measured = [
                target.measured(model(chosen, seed + k), np.random.default_rng([seed, k]))
                for k in range(networks)
            ]
        except InputError as error:
            trial.set_user_attr("refused", str(error))
            raise optuna.TrialPruned from None
        trial.set_user_attr("measured", np.array(measured).tolist())
        return float(np.square(target.z(np.mean(measured, axis=0))[0]).sum())

    done = (optuna.trial.TrialState.COMPLETE, optuna.trial.TrialState.PRUNED)
    missing = trials - len(study.get_trials(deepcopy=False, states=done))
    if missing > 0:
        enough = optuna.study.MaxTrialsCallback(trials, states=done)
        study.optimize(objective, n_trials=missing, callbacks=[enough], show_progress_bar=progress)
    return _found(optuna, study, target, space)


def _chosen(rates: xr.DataArray, units: int, rng: np.random.Generator) -> xr.DataArray:
    if units == rates.sizes["unit"]:
        return rates
    return rates.isel(unit=rng.choice(rates.sizes["unit"], units, replace=False))


def plot_profile(ax: Axes, name: str, profile: Profile, *, log: bool = False) -> None:
    """Draw the least misfit in each bin of a parameter, and its interval as a band.

    Parameters
    ----------
    ax
        Axes to draw on.
    name
        Of the parameter.
    profile
        From :func:`search`.
    log
        Whether the parameter was searched on a logarithmic scale.
    """
    from analyses.figures.style import COLORS

    ax.stairs(profile.misfit, profile.edges, baseline=None, color=COLORS[0])
    ax.axvspan(profile.low, profile.high, color=COLORS[0], alpha=0.15, lw=0)
    ax.set(xlabel=name, ylabel="least misfit", xscale="log" if log else "linear", yscale="log")


def require_optuna(sampler: str = "tpe") -> Any:
    """The module ``optuna``, quiet.

    Raises
    ------
    InputError
        It, or what the sampler needs, is not installed.
    """
    try:
        import optuna

        if sampler == "cmaes":
            import cmaes  # type: ignore[import-untyped]  # noqa: F401
    except ImportError as error:
        raise InputError(
            f"fit needs {error.name}, which is not installed: pip install 'neurosim[fit]'"
        ) from None
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    return optuna


def _check_space(space: dict[str, Range]) -> None:
    if not space:
        raise InputError("fit: expected at least one parameter to search, given none")
    for name, (low, high, log) in space.items():
        if not (np.isfinite(low) and np.isfinite(high) and low < high):
            raise InputError(f"fit: {name} must range from lower to higher, given {low} to {high}")
        if log and low <= 0:
            raise InputError(
                f"fit: {name} is searched on a logarithmic scale and must be above 0, given {low}"
            )


def _study(
    optuna: Any, storage: str | Path | None, name: str, sampler: str, seed: int
) -> optuna.Study:
    """The study in the file, with a sampler that does not draw again what a former one drew."""
    url = None
    if storage is not None:
        check_output(storage, force=True)
        try:
            url = optuna.storages.RDBStorage(
                f"sqlite:///{Path(storage).resolve()}",
                # processes that share the file wait for each other
                engine_kwargs={"connect_args": {"timeout": 60}},
            )
        except Exception as error:  # SQLAlchemy and Optuna raise many kinds for other files
            first = str(error).strip().splitlines()[0]
            raise InputError(f"{storage}: cannot be used as a store of fits ({first})") from None
    study = optuna.create_study(storage=url, study_name=name, load_if_exists=True)
    drawn = np.random.SeedSequence([seed, len(study.get_trials(deepcopy=False))])
    state = int(drawn.generate_state(1)[0])
    if sampler == "cmaes":
        study.sampler = optuna.samplers.CmaEsSampler(seed=state, warn_independent_sampling=False)
    else:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # says that constant_liar is experimental
            study.sampler = optuna.samplers.TPESampler(seed=state, constant_liar=True)
    return study


def _found(optuna: Any, study: optuna.Study, target: Target, space: dict[str, Range]) -> Found:
    states = optuna.trial.TrialState
    complete = study.get_trials(deepcopy=False, states=(states.COMPLETE,))
    pruned = study.get_trials(deepcopy=False, states=(states.PRUNED,))
    if not complete:
        raise InputError(
            f"fit: none of {len(pruned)} sets of parameters could be measured; the last: "
            f"{pruned[-1].user_attrs['refused']}"
        )
    measured = np.array([trial.user_attrs["measured"] for trial in complete])
    spread = _of_networks(measured, np.array([trial.value for trial in complete], float))
    z = target.z(measured.mean(axis=1), spread)
    misfits, held_out = np.moveaxis(np.square(z).sum(axis=2), 1, 0)
    k_best = int(misfits.argmin())
    best = complete[k_best]
    deviation = np.sqrt(target.deviation**2 + spread)
    lines = []
    for k, measure in enumerate(target.measures):
        line: dict[str, Any] = {"measure": measure.name, "unit": measure.unit}
        for part, before in enumerate(("", "held_out_")):
            line |= {
                f"{before}recording": float(target.recorded[part, k]),
                f"{before}deviation": float(deviation[part, k]),
                f"{before}model": float(measured[k_best, :, part, k].mean()),
                f"{before}z": float(z[k_best, part, k]),
            }
        lines.append(line)
    return Found(
        best=dict(best.params),
        misfit=float(misfits[k_best]),
        held_out=float(held_out[k_best]),
        trials=len(complete) + len(pruned),
        failed=len(pruned),
        measures=lines,
        importance=_importance(optuna, study, misfits),
        profiles={
            name: _profile(np.array([trial.params[name] for trial in complete]), misfits, limits)
            for name, limits in space.items()
        },
    )


def _of_networks(
    measured: NDArray[np.float64], misfits: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Variance of a recording less the mean of networks that networks add, (2, measure).

    From trials (trial, network, 2, measure), those of the quarter that fits best, at least five: it
    depends on the parameters.
    """
    networks = measured.shape[1]
    if networks == 1:
        return np.zeros(measured.shape[2:])
    nearest = np.argsort(misfits)[: max(len(misfits) // 4, 5)]
    variance: NDArray[np.float64] = measured[nearest].var(axis=1, ddof=1).mean(axis=0)
    return variance * (1 + 1 / networks)


def _importance(optuna: Any, study: Any, misfits: NDArray[np.float64]) -> dict[str, float]:
    if len(misfits) < 10 or np.ptp(misfits) == 0:
        return {}
    # in logarithms: the few worst would else be all that counts
    found = optuna.importance.get_param_importances(
        study,
        evaluator=optuna.importance.FanovaImportanceEvaluator(seed=0),
        target=lambda trial: float(np.log(trial.value + 1e-12)),
    )
    return {name: float(share) for name, share in found.items()}


def _profile(tried: NDArray[np.float64], misfits: NDArray[np.float64], limits: Range) -> Profile:
    space = np.geomspace if limits.log else np.linspace
    edges = space(limits.low, limits.high, BINS + 1)
    at = np.clip(np.searchsorted(edges, tried, side="right") - 1, 0, BINS - 1)
    least = np.full(BINS, np.inf)
    np.minimum.at(least, at, misfits)
    inside = np.flatnonzero(least <= misfits.min() + WITHIN)
    return Profile(edges, least, float(edges[inside[0]]), float(edges[inside[-1] + 1]))
