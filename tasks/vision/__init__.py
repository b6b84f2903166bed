"""Vision tasks: objects seen in part, what a front-end makes of them, and what recurrence adds."""

from tasks.vision.completion import Experiment, complete
from tasks.vision.design import PROTOCOLS, Completion
from tasks.vision.images import ImageSet, digits, from_folder
from tasks.vision.timing import ms_of, steps_of
from tasks.vision.trials import OCCLUDERS, Features, Pictures, Source

__all__ = [
    "OCCLUDERS",
    "PROTOCOLS",
    "Completion",
    "Experiment",
    "Features",
    "ImageSet",
    "Pictures",
    "Source",
    "complete",
    "digits",
    "from_folder",
    "ms_of",
    "steps_of",
]
