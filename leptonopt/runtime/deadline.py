"""Measure time: a moment at which work has to end, seconds since one, load of the machine."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass


def now() -> float:
    """Return the moment on the clock of `time.monotonic` [s]."""
    return time.monotonic()


@dataclass(frozen=True)
class Deadline:
    """A moment on the clock of `time.monotonic`, in seconds.

    On Linux all processes of a machine share this clock, so that a deadline can be sent to a child process.

    >>> Deadline.after(3600).share(0.5).left() <= 1800
    True
    """

    until: float

    @classmethod
    def never(cls) -> Deadline:
        """Return the deadline that never comes."""
        return cls(math.inf)

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


class Stopwatch:
    """Seconds since a moment of `time.monotonic`, by default that of its making."""

    def __init__(self, begun: float | None = None) -> None:
        self.begun = time.monotonic() if begun is None else begun

    def seconds(self) -> float:
        """Return the seconds since it began."""
        return time.monotonic() - self.begun

    def lap(self) -> float:
        """Return the seconds since it began, and begin again."""
        now = time.monotonic()
        spent, self.begun = now - self.begun, now
        return spent

    def rings(self, seconds: float) -> bool:
        """Return whether more than that many seconds have passed; if so, begin again.

        >>> Stopwatch().rings(3600)
        False
        """
        if self.seconds() <= seconds:
            return False
        self.lap()
        return True


class LoadMeter:
    """Ratio of wall-clock to CPU time of this process: above 1 where other work takes the cores.

    For work of one thread that does not wait. Earlier laps count less and less.
    """

    kept = 0.8  # weight of all laps before in the next one

    def __init__(self) -> None:
        self._watch, self._last = Stopwatch(), time.process_time()
        self._wall = self._cpu = 0.0

    def slowness(self, most: float) -> float:
        """Return the ratio up to now, from 1 to `most`, and begin the next lap."""
        cpu = time.process_time()
        self._wall = self.kept * self._wall + self._watch.lap()
        self._cpu = self.kept * self._cpu + cpu - self._last
        self._last = cpu
        return min(most, max(1.0, self._wall / max(1e-6, self._cpu)))
