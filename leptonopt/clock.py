"""When this process began, and an end to the sweeping of memory where much is made and little thrown away."""

from __future__ import annotations

import gc
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

LONGEST = 5.0  # seconds that an interpreter takes to start at most; what is older was another program before

_loaded = time.monotonic()


def started() -> float:
    """The moment at which this process began, on the scale of `time.monotonic`.

    Linux counts it from the boot of the machine, to a hundredth of a second (proc(5), `starttime`). Elsewhere, and
    where the process had run something else before it became this program (`exec` in a script keeps the start),
    the moment at which this module was loaded.
    """
    with suppress(OSError, ValueError, IndexError, AttributeError):
        with open("/proc/self/stat", encoding="ascii", errors="replace") as file:
            ticks = int(file.read().rpartition(")")[2].split()[19])
        age = time.clock_gettime(time.CLOCK_BOOTTIME) - ticks / os.sysconf("SC_CLK_TCK")
        began = time.monotonic() - age
        if 0 <= _loaded - began <= LONGEST:
            return began
    return _loaded


@contextmanager
def unswept() -> Iterator[None]:
    """No search for cycles of garbage meanwhile: among objects that all stay it takes a third of the time."""
    swept = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if swept:
            gc.enable()
