"""Constants of the learning rules by task: the paper's, the replication's, and a robust setting.

``paper``
    The authors' scripts for Pyle & Rosenbaum 2019. Their effort takes its running mean from the
    exploratory output alone (see :class:`neurosim.plants.Effort`), which puts a floor of about 0.2
    under the deviation of task 3.
``replication``
    Sankar et al. 2021 with its two changes: the transfer threshold 15e-3 in task 2 as well, and the
    exploratory weight change times 0.1/n (task 2, n > 2 segments) or 0.5/n (task 3). Its effort
    takes the running mean of the whole output.
``robust``
    This package's own, for all arms: as ``replication``, but instead of slowing the exploratory
    pathway by the number of segments it takes one learning rate, 0.00125, and a share of 0.1 of
    what the mastery weights gain out of the exploratory weights (``transfer``). docs/robust.md says
    why, and what else was tried.
"""

from __future__ import annotations

from typing import Any

from neurosim.errors import suggest
from neurosim.rules import RULES, Force, Ridge, Rmhl, Rule, Supertrex
from tasks.motor.drawing import TASKS, Drawing

PRESETS = {
    "robust": "one setting for all arms, satisfactory for every seed tried (default)",
    "paper": "the authors' scripts for Pyle & Rosenbaum 2019",
    "replication": "Sankar et al. 2021 with its two changes",
}

EXPLORATION: dict[str, dict[str, Any]] = {
    "direct": {"psi_scale": 0.025, "psi_exponent": 0.25, "improvements_only": True},
    "arm": {"psi_scale": 0.01, "psi_exponent": 0.2},
    "effort": {"psi_scale": 0.005, "psi_exponent": 0.25, "learning_rate": 0.00125},
}
"""Of RMHL and of SUPERTREX's exploratory pathway, for tasks 1, 2 and 3."""

TRANSFER: dict[str, dict[str, Any]] = {
    "direct": {"tutor": "output", "mastery_gain": 0.5, "gate_threshold": 1.5e-3},
    "arm": {"tutor": "filtered", "mastery_gain": 0.5, "gate_threshold": 1.5e-3},
    "effort": {"tutor": "filtered", "mastery_gain": 0.9, "gate_threshold": 15e-3},
}
"""Of SUPERTREX's mastery pathway, for tasks 1, 2 and 3."""


def kind(task: Drawing) -> str:
    """Which of the paper's three tasks this one is alike: ``direct``, ``arm`` or ``effort``."""
    if task.effort is not None:
        return "effort"
    return "direct" if task.plant.invertible else "arm"


def effort_reference(preset: str) -> str:
    """The reading of the effort that goes with a preset."""
    return "exploratory" if preset == "paper" else "output"


def preset_rule(rule: str, task: Drawing, preset: str = "robust") -> Rule:
    """A learning rule with the constants of a preset for a task.

    Parameters
    ----------
    rule
        Name of the rule.
    task
        The motor task it will learn.
    preset
        One of :data:`PRESETS`. RMHL, FORCE and ridge regression are the same in all.

    Raises
    ------
    InputError
        Unknown rule or preset.

    Examples
    --------
    >>> from tasks.motor import motor_task
    >>> preset_rule("supertrex", motor_task("butterfly-arm"), "replication").gate_threshold
    0.015
    """
    check_names(task.name, rule, preset)
    alike = kind(task)
    if rule == "force":
        return Force()
    if rule == "ridge":
        return Ridge()
    exploration = EXPLORATION[alike]
    if rule == "rmhl":
        return Rmhl(**exploration)
    if alike == "arm":
        exploration = exploration | {"output_filter": 0.1}
    transfer = dict(TRANSFER[alike])
    n_segments = task.plant.n_outputs
    if preset == "replication" and alike == "arm":
        transfer["gate_threshold"] = 15e-3
        if n_segments > 2:
            transfer["exploratory_scale"] = 0.1 / n_segments
    if preset == "replication" and alike == "effort":
        transfer["exploratory_scale"] = 0.5 / n_segments
    if preset == "robust" and alike != "direct":
        transfer |= {"gate_threshold": 15e-3, "transfer": 0.1}
        exploration = exploration | {"learning_rate": 0.00125, "phi_max": 0.25}
    return Supertrex(exploratory=Rmhl(**exploration), **transfer)


def check_names(task: str, rule: str, preset: str) -> None:
    """Refuse unknown names, before anything is built.

    Raises
    ------
    InputError
        With the nearest known name.
    """
    for name, known, what in (
        (task, tuple(TASKS), "task"),
        (rule, tuple(RULES), "rule"),
        (preset, tuple(PRESETS), "preset"),
    ):
        if name not in known:
            raise suggest(name, known, what=what)
