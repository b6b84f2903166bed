"""What an image, and a mask after it, send into a network while it runs."""

from __future__ import annotations

from dataclasses import dataclass

from neurosim.errors import InputError, check_integer, check_non_negative


@dataclass(frozen=True)
class Input:
    r"""What each unit receives beside the recurrent field, I(t) in the networks' equations.

    The update from state t to t + 1 has, with x the state the run starts from,

        I(t) = strength * weight * x       while t < off_at and t < mask_at
        I(t) = 0                           from off_at on
        I(t) = strength * mask             from mask_at on

    Parameters
    ----------
    strength
        Size of the input against the recurrent field; 0 is no input.
    off_at
        Step from which there is none; None: it stays.
    mask_at
        Step from which a mask's pattern is the input, not before ``off_at``; None: no mask.

    Raises
    ------
    InputError
        A number out of its range, or a mask without strength or before the end of the image.

    Examples
    --------
    The image for 4 steps, nothing for 2, then the mask:

    >>> shown = Input(off_at=4, mask_at=6)
    >>> [shown.source(t) for t in (0, 3, 4, 6)]
    ['image', 'image', None, 'mask']
    """

    strength: float = 1.0
    off_at: int | None = None
    mask_at: int | None = None

    def __post_init__(self) -> None:
        check_non_negative(self, "strength", self.strength)
        for field in ("off_at", "mask_at"):
            if getattr(self, field) is not None:
                check_integer(self, field, getattr(self, field), minimum=0)
        if self.mask_at is None:
            return
        if self.strength == 0:
            raise InputError("Input: a mask needs a strength above 0, given 0")
        if self.off_at is not None and self.mask_at < self.off_at:
            raise InputError(
                f"Input: mask_at must be at least off_at, given {self.mask_at} < {self.off_at}"
            )

    def source(self, step: int) -> str | None:
        """What the input comes from: ``"image"``, ``"mask"`` or None."""
        if self.mask_at is not None and step >= self.mask_at:
            return "mask"
        if self.strength == 0 or (self.off_at is not None and step >= self.off_at):
            return None
        return "image"
