"""``neurosim list``: what there is to run and to change."""

from __future__ import annotations

import inspect
from typing import Annotated, Any

import typer

from neurosim.cli.app import app
from neurosim.errors import suggest

KINDS = (
    "tasks",
    "rules",
    "presets",
    "parameters",
    "plants",
    "perturbations",
    "networks",
    "features",
    "studies",
)


@app.command("list")
def list_(
    what: Annotated[
        str,
        typer.Argument(help=f"{', '.join(KINDS[:-1])} or {KINDS[-1]}."),
    ] = "tasks",
    rule: Annotated[str, typer.Option(help="parameters: of which rule.")] = "supertrex",
    task: Annotated[str, typer.Option(help="parameters: for which task.")] = "butterfly-arm",
    preset: Annotated[str, typer.Option(help="parameters: of which preset.")] = "robust",
) -> None:
    """List what there is to run, or every parameter that --set can change.

    For example:

      neurosim list rules

      neurosim list parameters --rule rmhl --task butterfly

      neurosim list parameters --rule force --task reaching
    """
    for line in lines(what, rule=rule, task=task, preset=preset):
        typer.echo(line)


def lines(what: str, *, rule: str, task: str, preset: str) -> list[str]:
    """A line for each thing of a kind, with what it is.

    Raises
    ------
    InputError
        Unknown kind, rule, task or preset.
    """
    if what not in KINDS:
        raise suggest(what, KINDS, what="list")
    if what == "tasks":
        from tasks.motor.drawing import TASKS

        return _columns(
            TASKS
            | {
                "reaching": "reach to targets after a delay",
                "rewarded-reaching": "reach to a target, told success and failure alone",
                "occlusion": "see whole objects in their parts",
            }
        )
    if what == "rules":
        from neurosim.rules import RULES

        return _columns({name: first_line(kind) for name, kind in RULES.items()})
    if what == "perturbations":
        from neurosim.perturbations import KINDS as kinds
        from neurosim.perturbations.parse import usage

        return _columns({usage(kind): first_line(kind) for kind in kinds.values()})
    if what == "networks":
        from neurosim.hopfield import NETWORKS

        return _columns({name: first_line(kind) for name, kind in NETWORKS.items()})
    if what == "features":
        from tasks.vision.features import FRONT_ENDS

        return _columns({name: first_line(kind) for name, kind in FRONT_ENDS.items()})
    if what == "plants":
        from tasks.motor.reaching_presets import PLANTS

        return _columns(PLANTS)
    if what == "presets":
        from tasks.motor.presets import PRESETS

        return _columns(PRESETS)
    if what == "studies":
        from analyses.figures import STUDIES

        return _columns(STUDIES)
    from tasks.motor.drawing import TASKS

    if task not in (*TASKS, "reaching"):
        raise suggest(task, (*TASKS, "reaching"))
    return _parameters_of_reaching(rule) if task == "reaching" else _parameters(rule, task, preset)


def first_line(kind: type) -> str:
    """The first line of a docstring."""
    return (inspect.getdoc(kind) or "").partition("\n")[0]


def _columns(items: dict[str, str]) -> list[str]:
    width = max(map(len, items))
    return [f"{name:<{width}}  {text}" for name, text in items.items()]


def _parameters(rule: str, task: str, preset: str) -> list[str]:
    from neurosim.reservoir import Reservoir
    from neurosim.task import Schedule
    from tasks.motor import motor_task, preset_rule
    from tasks.motor.presets import check_names

    check_names(task, rule, preset)
    drawing = motor_task("butterfly" if task == "trace" else task)
    made: dict[str, Any] = {
        f"rule {rule}, preset {preset}": preset_rule(rule, drawing, preset),
        "reservoir": Reservoir(),
        "schedule": Schedule(),
        "plant": drawing.plant,
        "effort": drawing.effort,
    }
    return _assignments(made)


def _parameters_of_reaching(rule: str) -> list[str]:
    from tasks.motor.reaching_presets import RESERVOIR, SCHEDULE, reaching_rule, reaching_task

    task = reaching_task()
    return _assignments(
        {
            f"rule {rule}": reaching_rule(rule, task),
            "reservoir": RESERVOIR,
            "schedule": SCHEDULE,
            "plant": task.plant,
        }
    )


def _assignments(made: dict[str, Any]) -> list[str]:
    """Parameters of each object, as --set takes them."""
    from neurosim.overrides import parameters

    found = []
    for title, value in made.items():
        if value is not None:
            found.append(f"{title}:")
            found += [f"  {name}={_shown(item)}" for name, item in parameters(value).items()]
    return found


def _shown(value: Any) -> str:
    return ",".join(map(str, value)) if isinstance(value, tuple) else str(value)
