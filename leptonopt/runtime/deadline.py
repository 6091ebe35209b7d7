"""A moment at which work has to end."""

from __future__ import annotations

import time
from dataclasses import dataclass


@dataclass(frozen=True)
class Deadline:
    """A moment on the clock of `time.monotonic`, in seconds.

    On Linux all processes of a machine share this clock, so that a deadline can be sent to a child process.

    >>> Deadline.after(3600).share(0.5).left() <= 1800
    True
    """

    until: float

    @classmethod
    def after(cls, seconds: float) -> Deadline:
        """Return the deadline that many seconds from now."""
        return cls(time.monotonic() + seconds)

    def left(self) -> float:
        """Return the seconds left; negative once the deadline has passed."""
        return self.until - time.monotonic()

    def expired(self) -> bool:
        """Return whether the deadline has passed."""
        return self.left() <= 0

    def share(self, fraction: float) -> Deadline:
        """Return the deadline after this fraction of the time left."""
        return Deadline.after(fraction * self.left())

    def within(self, seconds: float) -> Deadline:
        """Return the earlier of this deadline and the one that many seconds from now."""
        return min(self, Deadline.after(seconds), key=lambda deadline: deadline.until)

    def plus(self, seconds: float) -> Deadline:
        """Return the deadline that many seconds later; earlier where `seconds` is negative."""
        return Deadline(self.until + seconds)
