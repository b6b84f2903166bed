"""Figures and tables, one file a paper or study."""

STUDIES = {
    "sankar2021": "tables of Sankar et al. 2021, the replication of SUPERTREX",
    "pyle2019": "learning by three rules on three tasks, and state information",
    "parkinson": "depletion and its treatments beside what was found in patients",
    "basal-ganglia": "beta in a spiking STN and GPe, beside a patient's",
    "robust": "how the deviation depends on the constants of the robust preset",
    "tang2018": "people and models of Tang et al. 2018, who named occluded objects",
    "reaching": "reservoirs that learned to reach by each rule, beside motor cortex",
    "occlusion": "every attractor network on every front-end, for familiar and novel digits",
}
"""What can be reproduced, each a module of this package."""
