"""The search itself: parameters proposed, networks measured, and what was found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from analyses.fit.profile import Profile, Range, profile_of
from analyses.fit.study import SAMPLERS, importance, open_study, require_optuna
from analyses.fit.target import Target
from neurosim.errors import InputError, check_choice, check_integer
from neurosim.provenance import fingerprint

if TYPE_CHECKING:
    import optuna
    import xarray as xr

Model = Callable[[dict[str, float], int], "xr.DataArray"]
"""Rates (condition, time, unit) for parameters and a seed, InputError where there are none; where
``path`` is matched with the coordinate ``path_error`` (condition), in percent."""


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
    study = open_study(optuna, storage, f"{name}-{identity}", sampler, seed)

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
    deviation = target.spread(spread)
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
        importance=importance(optuna, study, misfits),
        profiles={
            name: profile_of(np.array([trial.params[name] for trial in complete]), misfits, limits)
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
