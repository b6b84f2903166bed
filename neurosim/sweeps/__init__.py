"""Studies: any run over seeds x parameters x perturbations, on one machine or on many.

>>> study = Study(fixed={"task": "butterfly"}, sweep={"gain": [1.2, 1.5, 1.8]}, seeds=range(5))
>>> study.size
15
"""

from neurosim.sweeps.dataset import open_study
from neurosim.sweeps.run import Plan, run_study
from neurosim.sweeps.store import Store
from neurosim.sweeps.study import Point, Run, Study
from neurosim.sweeps.toml import StudyFile, read_study

__all__ = [
    "Plan",
    "Point",
    "Run",
    "Store",
    "Study",
    "StudyFile",
    "open_study",
    "read_study",
    "run_study",
]
