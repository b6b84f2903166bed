"""From readout to movement, one plant a file."""

from neurosim.plants._base import Plant, State, move, numbers
from neurosim.plants.arm import MOST_SEGMENTS, Arm, arm_of
from neurosim.plants.direct import Direct
from neurosim.plants.effort import Effort, NoEffort, effort
from neurosim.plants.reward import BinaryReward, told
from neurosim.plants.torque_arm import TorqueArm, human_arm, macaque_arm

__all__ = [
    "MOST_SEGMENTS",
    "Arm",
    "BinaryReward",
    "Direct",
    "Effort",
    "NoEffort",
    "Plant",
    "State",
    "TorqueArm",
    "arm_of",
    "effort",
    "human_arm",
    "macaque_arm",
    "move",
    "numbers",
    "told",
]
