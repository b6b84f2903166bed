"""Which experiment: what is stored, what is shown, and what the network is given."""

from __future__ import annotations

from dataclasses import dataclass

from neurosim.errors import check_between, check_choice, check_integer
from neurosim.hopfield import NETWORKS, Input
from tasks.vision.states import REFERENCES

PROTOCOLS = {
    "familiar": "the objects that are shown in part are stored",
    "novel": "other objects of the same categories are stored",
}


@dataclass(frozen=True)
class Completion:
    """The experiment.

    Parameters
    ----------
    network
        A name in :data:`neurosim.hopfield.NETWORKS`, or ``none``.
    protocol
        A name in :data:`PROTOCOLS`.
    stored
        Objects that are stored; as many are shown.
    visibility
        Percent of the objects that show.
    repeats
        Different occluders for each object and visibility.
    steps
        Of the network.
    clamp
        Strength of the image as a lasting input; 0: the network only starts from it. None: what is
        usual, 1 for ``rnn5`` and 0 for all others.
    image_off, mask_at
        Step from which the image is gone, and from which a mask is there instead; None: never.
    reference
        What features are compared with to be states: ``screen`` or ``threshold``.
    dead_zone
        Smallest difference from the screen that counts, in units of its usual size.
    folds
        Of the read-out.

    Examples
    --------
    >>> Completion(network="modern", stored=50).protocol
    'familiar'
    """

    network: str = "rnnh"
    protocol: str = "familiar"
    stored: int = 100
    visibility: tuple[float, ...] = (10.0, 20.0, 30.0, 40.0)
    repeats: int = 5
    steps: int = 256
    clamp: float | None = None
    image_off: int | None = None
    mask_at: int | None = None
    reference: str = "screen"
    dead_zone: float = 0.1
    folds: int = 5

    def __post_init__(self) -> None:
        check_choice(self, "network", self.network, (*NETWORKS, "none"))
        check_choice(self, "protocol", self.protocol, PROTOCOLS)
        check_choice(self, "reference", self.reference, REFERENCES)
        check_integer(self, "stored", self.stored, minimum=2)
        check_integer(self, "repeats", self.repeats, minimum=1)
        check_integer(self, "steps", self.steps, minimum=1)
        check_integer(self, "folds", self.folds, minimum=2)
        check_between(self, "dead_zone", self.dead_zone, 0, 1)
        for percent in self.visibility:
            check_between(self, "visibility", percent, 0, 100)
        self.input  # noqa: B018  checks clamp, image_off and mask_at

    @property
    def graded(self) -> bool:
        """Whether the network's states are features, not signs."""
        return self.network == "rnn5"

    @property
    def input(self) -> Input:
        """What the network is given while it runs."""
        strength = float(self.graded) if self.clamp is None else self.clamp
        return Input(strength=strength, off_at=self.image_off, mask_at=self.mask_at)
