r"""Search parameters of a model for the best match to a recorded population.

The misfit of a model is the sum over measures of

    z^2,  z = (model - recording) / s,

in measures of one population (:data:`analyses.population.compare.OF_ONE`), s being the standard
deviation of the recording's over units drawn again. In measures of likeness (OF_BOTH) the
recording's is the ceiling, the likeness of its halves, s the standard deviation of that over
halvings, and a model beyond the ceiling has z = 0. So 1 is as far off as another sample of units of
the same area would be.

Networks drawn with the same parameters differ too, and a recording is of one network. Where several
are drawn for each set of parameters, the search is for the misfit of their mean, and what is
reported has in s^2 also their variance, times 1 + 1 / networks, from the best quarter of what was
tried. With a single network, intervals hold for that network only.

Every second condition of recording and model is held out: the search sees the others only, and what
it found is judged by the misfit in those. The parameters are proposed by Optuna (Akiba et al. 2019,
KDD 25:2623), by TPE (Bergstra et al. 2011, NeurIPS 24) or CMA-ES (Hansen 2016, arXiv:1604.00772).

How well a parameter is known is told by its profile: the least misfit found in each of its bins,
whatever the others were. Its interval are the bins in which that is within 3.84 of the least
misfit, as of a profile likelihood (Raue et al. 2009, Bioinformatics 25:1923; 95 % for one parameter
where z are independent and normal; measures of the same population are not quite, so that the
interval is rather too narrow). A search too short to have been in a bin leaves it out of the
interval too.
"""

from analyses.fit.fresh import Fresh, fresh_networks
from analyses.fit.measures import MEASURES
from analyses.fit.profile import Profile, Range, plot_profile
from analyses.fit.searching import Found, Model, search
from analyses.fit.study import SAMPLERS, require_optuna
from analyses.fit.target import Target

__all__ = [
    "MEASURES",
    "SAMPLERS",
    "Found",
    "Fresh",
    "Model",
    "Profile",
    "Range",
    "Target",
    "fresh_networks",
    "plot_profile",
    "require_optuna",
    "search",
]
