"""The door to numba: compile loops on their first call, and keep the machine code on disk.

Compiling the kernels of a method takes 10 to 30 s, which nothing can interrupt. `leptonopt.runtime.jit_cache` has
another process do it; `cache_marker` names the file that records that it is done.

numba keeps machine code beside the modules or in the user's cache folder. Where it can write to neither, a folder of
the user's own among the temporary files is taken. Without that either, `CACHEABLE` is False: another process cannot
prepare kernels, and methods that need them do not start.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

Function = TypeVar("Function", bound=Callable[..., Any])
Result = TypeVar("Result")


def _probe() -> None:
    """Serve as the function by which `_cached_probe` finds the cache folder."""


def _private_folder() -> str:
    """Return a temporary folder that belongs to this user alone; raise `OSError` without one."""
    folder = Path(tempfile.gettempdir(), f"leptonopt-kernels-{getattr(os, 'getuid', lambda: 0)()}")
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or (hasattr(os, "getuid") and found.st_uid != os.getuid()):
        raise PermissionError(f"{folder}: belongs to another user")
    if os.name == "posix" and found.st_mode & 0o022:
        raise PermissionError(f"{folder}: others can write to it")
    return str(folder)


@cache
def _cached_probe() -> Any:
    """Return a function whose cache folder can be written to; None without such a folder."""
    import numba  # takes as long to load as all the rest, and small problems have no use for it
    from numba import njit

    with contextlib.suppress(RuntimeError):  # numba's way to report that no folder can be written to
        return njit(cache=True)(_probe)
    with contextlib.suppress(RuntimeError, OSError):
        numba.config.CACHE_DIR = _private_folder()
        return njit(cache=True)(_probe)
    return None


CACHEABLE: bool  # found when first asked for
FAST: bool  # the former name
LARGE_SCALE, ASSIGNMENT, JOBS = PARTS = (
    "large_scale",
    "assignment",
    "jobs",
)  # methods whose kernels are compiled together


def __getattr__(name: str) -> bool:
    """Return whether kernels can be kept on disk, as `CACHEABLE`."""
    if name not in ("CACHEABLE", "FAST"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return _cached_probe() is not None


def jit(function: Function) -> Function:
    """Return a kernel, compiled on its first call and kept on disk; it releases the interpreter lock."""
    from numba import njit

    compiled: Function = njit(cache=_cached_probe() is not None, nogil=True, boundscheck=False)(function)
    return compiled


def inner_jit(function: Function) -> Function:
    """Return a kernel that other kernels alone call, and that makes no array.

    Without an entry from Python it compiles much faster. Without reference counts a call with a tuple of 50 arrays
    takes some nanoseconds instead of 600.
    """
    from numba import njit

    options = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True, "_nrt": False}
    compiled: Function = njit(cache=_cached_probe() is not None, nogil=True, boundscheck=False, **options)(function)
    return compiled


def run_threads(call: Callable[..., Result], arguments: Sequence[tuple[Any, ...]]) -> list[Result]:
    """Return the results of calls of a kernel, each in its own thread; a single call in this thread."""
    if len(arguments) == 1:
        return [call(*arguments[0])]
    with ThreadPoolExecutor(len(arguments)) as pool:
        return [each.result() for each in [pool.submit(call, *given) for given in arguments]]


def cache_marker(part: str) -> Path | None:
    """Return the file that exists once a part's kernels are compiled; None where none can be kept."""
    if (probed := _cached_probe()) is None:
        return None
    return Path(probed._cache.cache_path, f"leptonopt-{part}-{_state()}.compiled")


@cache
def _state() -> str:
    """Return a hash of what machine code depends on: numba, Python, the processor, the modules."""
    import numba
    from numba.core.codegen import get_host_cpu_features

    state = hashlib.sha256(f"{numba.__version__} {sys.version} {get_host_cpu_features()}".encode())
    for file in sorted((Path(__file__).parents[1] / "algorithms").rglob("*.py")):
        state.update(f"{file.name} {file.stat().st_size} {file.stat().st_mtime_ns}".encode())
    return state.hexdigest()[:16]


def compiled(part: str = LARGE_SCALE) -> bool:
    """Return True when `cache_marker` exists."""
    marker = cache_marker(part)
    return marker is not None and marker.exists()


def write_marker(part: str = LARGE_SCALE) -> None:
    """Write the marker of a part in its current state, and delete those of earlier states."""
    if (marker := cache_marker(part)) is not None:
        with contextlib.suppress(OSError):
            for old in marker.parent.glob(f"leptonopt-{part}-*.compiled"):
                old.unlink(missing_ok=True)
            marker.parent.mkdir(parents=True, exist_ok=True)
            marker.touch()


@contextlib.contextmanager
def compiling_alone(part: str) -> Iterator[None]:
    """Wait while another process compiles a part's kernels, and keep others waiting.

    Nothing happens where files cannot be locked, as on Windows.
    """
    marker, handle = cache_marker(part), None
    with contextlib.suppress(ImportError, OSError):
        if marker is not None:
            import fcntl

            marker.parent.mkdir(parents=True, exist_ok=True)
            handle = os.open(marker.with_name(f"leptonopt-{part}.lock"), os.O_CREAT | os.O_RDWR, 0o600)
            fcntl.flock(handle, fcntl.LOCK_EX)
    try:
        yield
    finally:
        if handle is not None:
            os.close(handle)
