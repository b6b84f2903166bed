"""Ctrl-C at a moment of our choosing, so that what is kept is consistent."""

from __future__ import annotations

import signal
from types import FrameType, TracebackType
from typing import Any


class DeferredInterrupt:
    """While open, the first Ctrl-C is only noted; a second one raises KeyboardInterrupt at once.

    Outside the main thread, where Python delivers no signals, it does nothing.

    Attributes
    ----------
    count
        How often Ctrl-C was given.
    """

    def __enter__(self) -> DeferredInterrupt:
        self.count = 0
        try:
            self._before: Any = signal.signal(signal.SIGINT, self._note)
        except ValueError:  # not the main thread
            self._before = None
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._before is not None:
            signal.signal(signal.SIGINT, self._before)

    def _note(self, number: int, frame: FrameType | None) -> None:
        self.count += 1
        if self.count > 1:
            raise KeyboardInterrupt

    def check(self) -> None:
        """Raise KeyboardInterrupt if Ctrl-C was given since."""
        if self.count:
            raise KeyboardInterrupt
