r"""From features to the states that a bipolar network starts from, and the patterns it stores.

With f the features of an image, f0 those of the empty screen, and c the mean of |f - f0| over whole
objects, what is known of an occluded object is

    s_i = sign(f_i - f0_i)  where |f_i - f0_i| > dead_zone c_i,  else 0

A screen without object is no evidence for anything, whatever a unit answers to it: where nothing
differs from it, nothing is known. Patterns of whole objects have no 0; there it is -1.

The states of Tang, Schrimpf, Lotter et al. 2018 (reference ``threshold``) are +1 where f exceeds a
fixed threshold, else -1.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neurosim.errors import check_between, check_choice
from tasks.vision.features import FeatureSet, bipolar

REFERENCES = ("screen", "threshold")
"""What features are compared with."""


@dataclass(frozen=True, eq=False)
class States:
    """Features as states.

    Attributes
    ----------
    whole
        (n_objects, n_features), -1 and +1.
    occluded
        (n_trials, n_features), -1, 0 (not known) and +1.
    mask
        (n_masks, n_features) likewise, of backward masks; None where there are none.
    """

    whole: NDArray[np.float32]
    occluded: NDArray[np.float32]
    mask: NDArray[np.float32] | None

    @classmethod
    def of(
        cls, features: FeatureSet, *, reference: str = "screen", dead_zone: float = 0.1
    ) -> States:
        """Make states of features, by the equation above.

        Parameters
        ----------
        features
            Of objects and trials. Where they have no ``screen``, the reference is the threshold.
        reference
            A name in :data:`REFERENCES`.
        dead_zone
            Smallest difference from the screen that counts, in units of its usual size.
        """
        check_choice("States", "reference", reference, REFERENCES)
        check_between("States", "dead_zone", dead_zone, 0, 1)
        if reference == "threshold" or features.screen is None:
            threshold = features.threshold
            return cls(
                bipolar(features.whole, threshold),
                bipolar(features.occluded, threshold, features.known),
                None if features.mask is None else bipolar(features.mask, threshold),
            )
        screen = features.screen
        least = np.float32(dead_zone) * np.abs(features.whole - screen).mean(axis=0)

        def known(seen: NDArray[np.float32]) -> NDArray[np.float32]:
            difference = seen - screen
            return np.sign(difference) * (np.abs(difference) > least)

        return cls(
            np.where(features.whole > screen, np.float32(1), np.float32(-1)),
            known(features.occluded),
            None if features.mask is None else known(features.mask),
        )
