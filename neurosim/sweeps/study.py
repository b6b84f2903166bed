"""What a study is: the points of seeds x parameters x conditions, and the run at each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from math import isfinite, prod
from typing import Any

from neurosim.errors import InputError, check_choice, check_integer
from neurosim.perturbations import Perturbation
from neurosim.perturbations.parse import parse
from neurosim.provenance import fingerprint, package_version
from neurosim.recording import Recording
from neurosim.reservoir import Reservoir
from neurosim.rules import Rule
from neurosim.simulate import Simulation
from neurosim.task import Schedule, Task

Value = bool | int | float | str | tuple[Any, ...]
"""Of a parameter."""

KEEP = ("summary", "result")
"""What is kept of a point: its numbers, or besides them the whole result as NetCDF."""

NUMBERS = {
    "deviation": "mean distance from the target in the test trials",
    "satisfactory": "whether the deviation is below the limit of the task",
    "diverged": "whether the run stopped because it became infinite or undefined",
    "steps": "steps of the network",
    "wall_s": "time the run took",
}
"""Numbers that are kept of each point: attributes of a result."""

OF_STUDIES = ("condition", "seed", "trial", "trial_distance", "failed", "error", "result")
"""Names that an opened study has besides the numbers."""


LONGEST = 1_000_000
"""Values along one dimension, at most."""


@dataclass(frozen=True)
class Run:
    """Everything that a simulation needs, as a value; see :class:`neurosim.simulate.Simulation`.

    Examples
    --------
    >>> from neurosim import Rmhl
    >>> from tasks.motor import motor_task
    >>> run = Run(motor_task("butterfly", period=100.0), Rmhl(), schedule=Schedule(1, 1))
    >>> run.steps
    1000
    >>> run.address == Run(run.task, Rmhl(), Reservoir(), Schedule(1, 1)).address
    True
    """

    task: Task
    rule: Rule
    reservoir: Reservoir = field(default_factory=Reservoir)
    schedule: Schedule = field(default_factory=Schedule)
    recording: Recording = field(default_factory=Recording)
    perturbations: tuple[Perturbation, ...] = ()
    seed: int = 0

    @property
    def address(self) -> str:
        """Name of what this run gives: the same parameters and version, the same name."""
        try:
            return fingerprint([self, package_version()])
        except TypeError as error:
            raise InputError(
                f"Run: {error}; task and rule must be dataclasses of plain values and arrays"
            ) from None

    @property
    def steps(self) -> int:
        """Steps of the network in all trials."""
        return self.schedule.trials * self.task.n_steps(self.reservoir.dt)

    def simulation(self) -> Simulation:
        """The simulation, not yet begun."""
        return Simulation(
            self.task,
            self.rule,
            self.reservoir,
            seed=self.seed,
            schedule=self.schedule,
            recording=self.recording,
            perturbations=self.perturbations,
        )


@dataclass(frozen=True)
class Point:
    """One point of a study.

    Attributes
    ----------
    values
        Of all parameters, fixed and swept, by name.
    swept
        Names of those that are swept.
    condition, perturbations
        Its name, and what is done.
    seed
        Of all draws.
    """

    values: Mapping[str, Value]
    swept: tuple[str, ...] = ()
    condition: str = "unperturbed"
    perturbations: tuple[Perturbation, ...] = ()
    seed: int = 0

    def __str__(self) -> str:
        parts = {name: shown(self.values[name]) for name in self.swept}
        parts |= {"condition": self.condition, "seed": str(self.seed)}
        return ", ".join(f"{name}={value}" for name, value in parts.items())


@dataclass(frozen=True)
class Study:
    """A run for each combination of parameters, conditions and seeds.

    What the names of parameters mean is up to the function that makes a run of a point:
    :func:`tasks.motor.points.motor_run` for the motor tasks, or one of your own.

    Parameters
    ----------
    fixed
        Parameters that are the same at all points, by name.
    sweep
        Values of each parameter that differs; all combinations are run.
    conditions
        Perturbations, as they are written on the command line, by the name of the condition.
    seeds
        Of the runs.
    keep
        ``"summary"``, or ``"result"`` to keep the whole result of each point as well.

    Raises
    ------
    InputError
        No points, a value, seed or condition given twice, or a name that is taken.

    Examples
    --------
    >>> study = Study(
    ...     fixed={"task": "butterfly", "units": 200},
    ...     sweep={"gain": [1.2, 1.5]},
    ...     conditions={"healthy": [], "depleted": ["dopamine:0.6@trial=5.."]},
    ...     seeds=range(3),
    ... )
    >>> study.size, study.dims
    (12, {'gain': 2, 'condition': 2, 'seed': 3})
    >>> print(next(study.points()))
    gain=1.2, condition=healthy, seed=0
    """

    fixed: Mapping[str, Value] = field(default_factory=dict)
    sweep: Mapping[str, Sequence[Value]] = field(default_factory=dict)
    conditions: Mapping[str, Sequence[str]] = field(default_factory=lambda: {"unperturbed": ()})
    seeds: Sequence[int] = (0,)
    keep: str = "summary"

    def __post_init__(self) -> None:
        check_choice(self, "keep", self.keep, KEEP)
        for name in (*self.fixed, *self.sweep):
            if name in (*NUMBERS, *OF_STUDIES):
                raise InputError(f"Study: '{name}' cannot be a parameter, an opened study has it")
        for name in self.sweep:
            if name in self.fixed:
                raise InputError(f"Study: '{name}' is given as fixed and as swept")
        axes = {name: _listed(name, values) for name, values in self.sweep.items()}
        seeds, conditions = _listed("seeds", self.seeds), list(self.conditions)
        for what, values in {**axes, "seeds": seeds, "conditions": conditions}.items():
            if not values:
                raise InputError(f"Study: {what} is empty, so there are no points to run")
            if len(set(values)) < len(values):
                again = next(value for value in values if values.count(value) > 1)
                raise InputError(f"Study: {what} holds {shown(again)} twice")
        for seed in seeds:
            check_integer(self, "seeds", seed, minimum=0)
        done: dict[tuple[Perturbation, ...], str] = {}
        for name, texts in self.conditions.items():
            parsed = tuple(parse(str(text)) for text in _listed(name, texts))
            if parsed in done:
                raise InputError(f"Study: conditions '{done[parsed]}' and '{name}' are the same")
            done[parsed] = name
        fixed = {name: plain(name, value) for name, value in self.fixed.items()}
        for attribute, value in {
            "fixed": fixed,
            "sweep": {name: tuple(values) for name, values in axes.items()},
            "conditions": {name: tuple(texts) for name, texts in self.conditions.items()},
            "seeds": tuple(seeds),
        }.items():
            object.__setattr__(self, attribute, value)

    @property
    def dims(self) -> dict[str, int]:
        """Length of each dimension by name, in order."""
        lengths = {name: len(values) for name, values in self.sweep.items()}
        return lengths | {"condition": len(self.conditions), "seed": len(self.seeds)}

    @property
    def size(self) -> int:
        """Number of points."""
        return prod(self.dims.values())

    def point(self, number: int) -> Point:
        """The point of this number; the seed changes fastest."""
        places = []
        for length in reversed(self.dims.values()):
            number, place = divmod(number, length)
            places.append(place)
        *swept, condition, seed = reversed(places)
        chosen = {
            name: values[place]
            for (name, values), place in zip(self.sweep.items(), swept, strict=True)
        }
        name, texts = list(self.conditions.items())[condition]
        perturbations = tuple(map(parse, texts))
        return Point({**self.fixed, **chosen}, tuple(chosen), name, perturbations, self.seeds[seed])

    def points(self) -> Iterator[Point]:
        """All points; the seed changes fastest."""
        parsed = {name: tuple(map(parse, texts)) for name, texts in self.conditions.items()}
        names = tuple(self.sweep)
        axes: list[Any] = [*self.sweep.values(), parsed.items(), self.seeds]
        for *values, (name, perturbations), seed in product(*axes):
            chosen = dict(zip(names, values, strict=True))
            yield Point({**self.fixed, **chosen}, names, name, perturbations, seed)


def shown(value: Any) -> str:
    """A value as ``--set`` takes it.

    Examples
    --------
    >>> shown((200.0, 800)), shown(True), shown(1e-05)
    ('200.0,800', 'true', '1e-05')
    """
    if isinstance(value, tuple | list):
        return ",".join(map(shown, value))
    return str(value).lower() if isinstance(value, bool) else str(value)


def plain(name: str, value: Any) -> Value:
    """A value of a parameter as plain data; a list as a tuple.

    Raises
    ------
    InputError
        It is no finite number, text, truth value or list of them.
    """
    if hasattr(value, "item") and getattr(value, "ndim", None) == 0:  # NumPy's scalars
        value = value.item()
    if isinstance(value, tuple | list):
        return tuple(plain(name, item) for item in value)
    if isinstance(value, bool | int | str) or (isinstance(value, float) and isfinite(value)):
        return value
    raise InputError(
        f"Study: {name} must be a finite number, text, true or false, or a list of them, "
        f"given {value!r}"
    )


def _listed(name: str, values: Any) -> list[Any]:
    if isinstance(values, str | bytes | Mapping) or not hasattr(values, "__len__"):
        raise InputError(f"Study: {name} must be a list, given {values!r}")
    if len(values) > LONGEST:
        raise InputError(f"Study: {name} holds {len(values):,} values, at most {LONGEST:,}")
    return [plain(name, value) for value in values]
