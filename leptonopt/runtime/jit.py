"""The door to numba: loops written in plain Python, compiled where numba is installed.

Without numba, or a folder in which it could keep what it compiles, the same functions run as they stand: right for
small problems and for tests, too slow for large ones, which then go by numpy's batches (`FAST` says which it is).
Compiling all of them takes some ten seconds, which nothing can interrupt: `leptonopt.runtime.jit_cache` has it done by
another process, and `cache_marker` remembers that it is.
"""

from __future__ import annotations

import contextlib
import hashlib
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

Function = TypeVar("Function", bound=Callable[..., Any])
Found = TypeVar("Found")


def _nothing() -> None:
    """What is asked whether compiled code can be kept, and where."""


try:
    from numba import njit

    _kept = njit(cache=True)(_nothing)
except (ImportError, RuntimeError):  # the extra leptonopt[fast] is not installed; no folder to keep anything in
    njit = None

FAST = njit is not None


def jit(function: Function) -> Function:
    """The function, compiled when it is first called and kept on disk; it does not hold the interpreter."""
    if njit is None:
        return function
    compiled: Function = njit(cache=True, nogil=True, boundscheck=False)(function)
    return compiled


def run_threads(call: Callable[..., Found], arguments: Sequence[tuple[Any, ...]]) -> list[Found]:
    """What calls of a compiled loop return, each in a thread of its own; one alone is made in this one."""
    if len(arguments) == 1:
        return [call(*arguments[0])]
    with ThreadPoolExecutor(len(arguments)) as pool:
        return [each.result() for each in [pool.submit(call, *given) for given in arguments]]


def cache_marker() -> Path | None:
    """The file that is there once all loops, as they stand now, are compiled for this machine; None without numba."""
    if njit is None:
        return None
    import numba
    from numba.core.codegen import get_host_cpu_features

    found = hashlib.sha256(f"{numba.__version__} {sys.version} {get_host_cpu_features()}".encode())
    for file in sorted((Path(__file__).parents[1] / "algorithms").rglob("*.py")):
        found.update(f"{file.name} {file.stat().st_size} {file.stat().st_mtime_ns}".encode())
    return Path(_kept._cache.cache_path, f"leptonopt-{found.hexdigest()[:16]}.compiled")


def compiled() -> bool:
    """Whether `cache_marker` is there."""
    found = cache_marker()
    return found is not None and found.exists()


def write_marker() -> None:
    """Leaves the mark, and takes those of other states away."""
    if (found := cache_marker()) is not None:
        with contextlib.suppress(OSError):
            for old in found.parent.glob("leptonopt-*.compiled"):
                old.unlink(missing_ok=True)
            found.parent.mkdir(parents=True, exist_ok=True)
            found.touch()
