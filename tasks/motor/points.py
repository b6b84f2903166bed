"""The run at a point of a study, by the options of ``neurosim run`` and the names of ``--set``.

An option has the name it has on the command line, with ``_`` for ``-``: ``units``,
``test_trials``, ``shown_until``. Whatever else is named must be a parameter that ``--set`` knows.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from neurosim.errors import InputError, suggest
from neurosim.overrides import parameters, replaced
from neurosim.recording import Recording
from neurosim.reservoir import Reservoir
from neurosim.rules import Rule
from neurosim.sweeps.study import Point, Run, shown
from neurosim.task import Schedule
from tasks.motor.drawing import TASKS, Drawing, motor_task, trace_task
from tasks.motor.presets import check_names, effort_reference, preset_rule
from tasks.motor.reaching import Reaching
from tasks.motor.reaching_presets import RESERVOIR, SCHEDULE, reaching_rule, reaching_task

REACHING = "reaching"


def motor_run(point: Point) -> Run:
    """What ``neurosim run TASK`` runs with the values of a point as its options.

    Parameters
    ----------
    point
        Its values must name the ``task``: ``butterfly``, ``butterfly-arm``,
        ``butterfly-arm-effort``, ``trace`` or ``reaching``. Values that are lists on the command
        line are lists here: ``delay = [200, 800]``.

    Raises
    ------
    InputError
        An unknown name, with the nearest known one, or a value out of range.

    Examples
    --------
    >>> run = motor_run(Point({"task": "butterfly-arm", "segments": 3, "gain": 1.2, "trials": 4}))
    >>> run.task.plant.n_outputs, run.reservoir.gain, run.schedule.train_trials
    (3, 1.2, 4)
    >>> motor_run(Point({"task": "reaching", "delay": (200, 800)})).task.delay
    (200.0, 800.0)
    """
    options = Options(point.values)
    name = options.take("task", text)
    if name is None:
        raise InputError(f"a study needs a task; expected one of {', '.join((*TASKS, REACHING))}")
    if name not in (*TASKS, REACHING):
        raise suggest(name, (*TASKS, REACHING), what="task")
    task: Drawing | Reaching
    rule: Rule
    rule_name = options.take("rule", text, "supertrex")
    if name == REACHING:
        task = _reaching(options)
        rule, reservoir, schedule = reaching_rule(rule_name, task), RESERVOIR, SCHEDULE
    else:
        preset = options.take("preset", text, "robust")
        check_names(name, rule_name, preset)
        task = _drawing(name, preset, options)
        rule, reservoir, schedule = preset_rule(rule_name, task, preset), Reservoir(), Schedule()
    reservoir = dataclasses.replace(
        reservoir,
        n_units=options.take("units", whole, reservoir.n_units),
        dtype=options.take("dtype", text, reservoir.dtype),
    )
    schedule = dataclasses.replace(
        schedule,
        train_trials=options.take("trials", whole, schedule.train_trials),
        test_trials=options.take("test_trials", whole, schedule.test_trials),
    )
    recording = _recording(options)
    values = options.parameters(rule, reservoir, schedule, task.plant, task.effort)
    return Run(
        dataclasses.replace(
            task,
            plant=replaced(task.plant, values),
            effort=replaced(task.effort, values) if task.effort else None,
        ),
        replaced(rule, values),
        replaced(reservoir, values),
        replaced(schedule, values),
        recording,
        point.perturbations,
        point.seed,
    )


class Options:
    """Values by name, taken one after the other; what is left must be parameters.

    Parameters
    ----------
    values
        By name.

    Examples
    --------
    >>> options = Options({"units": 200, "gain": 1.2})
    >>> options.take("units", whole, 1000), options.take("trials", whole, 10)
    (200, 10)
    >>> options.parameters(Reservoir())
    {'gain': '1.2'}
    """

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._left = dict(values)
        self._known: list[str] = []

    def take(self, name: str, read: Callable[[str, Any], Any], default: Any = None) -> Any:
        """The value of an option, checked by ``read``, or the default."""
        self._known.append(name)
        return read(name, self._left.pop(name)) if name in self._left else default

    def given(self, names: Mapping[str, Callable[[str, Any], Any]]) -> dict[str, Any]:
        """Those of some options that are given."""
        found = {name: self.take(name, read) for name, read in names.items()}
        return {name: value for name, value in found.items() if value is not None}

    def parameters(self, *objects: Any) -> dict[str, str]:
        """What is left, as ``--set`` takes it.

        Raises
        ------
        InputError
            A name that neither is an option nor a parameter of an object.
        """
        known = {name for value in objects if value is not None for name in parameters(value)}
        for name in self._left:
            if name not in known:
                raise suggest(name, sorted({*known, *self._known}), what="parameter")
        return {name: shown(value) for name, value in self._left.items()}


def whole(name: str, value: Any) -> int:
    """Read a whole number."""
    if not isinstance(value, int) or isinstance(value, bool):
        raise _refusal(name, "a whole number", value)
    return value


def number(name: str, value: Any) -> float:
    """Read a number."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise _refusal(name, "a number", value)
    return float(value)


def numbers(name: str, value: Any) -> tuple[float, ...]:
    """Read a number or several."""
    items = value if isinstance(value, tuple | list) else (value,)
    return tuple(number(name, item) for item in items)


def text(name: str, value: Any) -> str:
    """Read a text."""
    if not isinstance(value, str):
        raise _refusal(name, "a text", value)
    return value


def texts(name: str, value: Any) -> tuple[str, ...]:
    """Read texts: a list, or one text with commas."""
    items = value if isinstance(value, tuple | list) else text(name, value).split(",")
    return tuple(text(name, item).strip() for item in items)


def flag(name: str, value: Any) -> bool:
    """Read true or false."""
    if not isinstance(value, bool):
        raise _refusal(name, "true or false", value)
    return value


def _refusal(name: str, expected: str, value: Any) -> InputError:
    return InputError(f"{name} must be {expected}, given {value!r}")


def _drawing(name: str, preset: str, options: Options) -> Drawing:
    segments, period = options.take("segments", whole), options.take("period", number)
    if name == "trace":
        file = options.take("target", text)
        given = options.given({"columns": texts, "channel": text, "start": number, "stop": number})
        task = trace_task(
            Path(file) if file else None,
            fit=not options.take("keep_scale", flag, False),
            n_segments=segments,
            period=period,
            periodic=not options.take("once", flag, False),
            **given,
        )
    else:
        task = motor_task(
            name, n_segments=segments, period=period, effort_reference=effort_reference(preset)
        )
    return dataclasses.replace(task, state=options.take("state", texts, ()))


def _reaching(options: Options) -> Reaching:
    plant, segments = options.take("plant", text, "direct"), options.take("segments", whole)
    given = options.given(
        {
            "targets": whole,
            "distances": numbers,
            "barriers": texts,
            "height": number,
            "baseline": number,
            "delay": numbers,
            "delay_distribution": text,
            "delay_constant": number,
            "inputs": text,
            "shown_until": text,
            "task_seed": whole,
            "reaction": number,
            "duration": number,
            "hold": number,
        }
    )
    for option, field in {"targets": "n_targets", "task_seed": "seed"}.items():
        if option in given:
            given[field] = given.pop(option)
    if len(delay := given.get("delay", ())) == 1:
        given["delay"] = delay * 2
    return reaching_task(plant, n_segments=segments, **given)


def _recording(options: Options) -> Recording:
    rates = options.take("record_rates", whole, 0)
    usual = Recording()
    return Recording(
        usual.signals + (("rates",) if rates else ()),
        options.take("interval", number, usual.interval),
        units=tuple(range(rates)),
        trial_weights=options.take("trial_weights", flag, False),
    )
