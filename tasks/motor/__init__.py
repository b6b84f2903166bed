"""Motor tasks: what the hand draws, with which plant, and the constants that go with it."""

from tasks.motor.drawing import Drawing, motor_task, trace_task
from tasks.motor.presets import PRESETS, preset_rule

__all__ = ["PRESETS", "Drawing", "motor_task", "preset_rule", "trace_task"]
