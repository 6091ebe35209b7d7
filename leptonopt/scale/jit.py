"""The door to numba: loops written in plain Python, compiled where numba is installed.

Without numba the same functions run as they stand: right for small problems and for tests, too slow for large ones,
which then go by numpy's batches (`FAST` says which it is).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

Function = TypeVar("Function", bound=Callable[..., Any])

try:
    from numba import njit
except ImportError:  # the extra leptonopt[fast] is not installed
    njit = None

FAST = njit is not None


def jit(function: Function) -> Function:
    """The function, compiled when it is first called and kept on disk; it does not hold the interpreter."""
    if njit is None:
        return function
    compiled: Function = njit(cache=True, nogil=True, boundscheck=False)(function)
    return compiled
