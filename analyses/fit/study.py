"""The store of a search: an Optuna study, in a file that processes share."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from neurosim.errors import InputError
from neurosim.files import check_output

if TYPE_CHECKING:
    import optuna

SAMPLERS = ("tpe", "cmaes")


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


def open_study(
    optuna: Any, storage: str | Path | None, name: str, sampler: str, seed: int
) -> optuna.Study:
    """The study in the file, with a sampler that does not draw again what a former one drew.

    Raises
    ------
    InputError
        A file that cannot be used.
    """
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


def importance(optuna: Any, study: Any, misfits: NDArray[np.float64]) -> dict[str, float]:
    """Share of the misfit's variance that each parameter explains; empty with too few trials."""
    if len(misfits) < 10 or np.ptp(misfits) == 0:
        return {}
    # in logarithms: the few worst would else be all that counts
    found = optuna.importance.get_param_importances(
        study,
        evaluator=optuna.importance.FanovaImportanceEvaluator(seed=0),
        target=lambda trial: float(np.log(trial.value + 1e-12)),
    )
    return {name: float(share) for name, share in found.items()}
