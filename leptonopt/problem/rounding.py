"""Round what engines say in doubles to whole numbers that hold."""

from __future__ import annotations

import math


def round_up_safely(value: float) -> int:
    """Return the least integer that an integer objective must reach when `value` bounds it.

    Engines print few digits and compute with tolerances: that much is taken off first.
    """
    return math.ceil(value - 1e-3 - 1e-7 * abs(value)) if math.isfinite(value) else -(2**62)
