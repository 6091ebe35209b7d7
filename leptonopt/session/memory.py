"""Memory limits of worker processes: parsing, sharing out, and confining a process."""

from __future__ import annotations

import contextlib
import os
import re
import sys
from pathlib import Path

from leptonopt.errors import UsageError

MIN_MEMORY = 100_000_000  # bytes; with less, Python does not come as far as its first import
OUT_OF_MEMORY = re.compile(
    r"bad_alloc|MemoryError|[Cc]annot allocate memory|[Oo]ut of memory|failed to map segment|cannot map zero-fill pages"
    r"|start new thread"
    r"|without (?:setting an )?exception"  # C code that failed to allocate and did not report it
)
_UNITS = {"": 0, "k": 1, "m": 2, "g": 3, "t": 4}
_SHARE_PERCENT = 90  # of the machine's memory, shared between the engines that run side by side


def parse_memory(stated: float | str | None) -> int | None:
    """Return the bytes of `8GB`, `512 MiB` or a number; None for None.

    Raises `UsageError` for text that is no size, or a size too small for any engine.
    """
    if stated is None:
        return None
    found = re.fullmatch(r"(\d+\.?\d*(?:e\d+)?)\s*([kmgt]?)(i?)b?", str(stated).strip().lower())
    size = float(found[1]) * (1024 if found[3] else 1000) ** _UNITS[found[2]] if found else 0.0
    if not MIN_MEMORY <= size < 2**62:
        raise UsageError(f"a memory of {stated}; allowed is a size such as 8GB or 512MiB, at least 100MB")
    return int(size)


def share_of_memory(engines: int) -> int:
    """Return the bytes for each of some engines: 90 % of the memory of machine or control group."""
    sizes = [os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")]
    for file in ("memory.max", "memory/memory.limit_in_bytes"):
        with contextlib.suppress(OSError, ValueError):  # absent, or "max"
            sizes.append(int(Path("/sys/fs/cgroup", file).read_text()))
    return max(MIN_MEMORY, min(sizes) * _SHARE_PERCENT // 100 // engines)


def confine(memory: int | None) -> None:
    """Limit the memory of this process and its children; let Linux kill them before others.

    Data is limited, not address space: engines reserve far more of the latter than they use.
    """
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("500")
    if memory is not None:
        import resource

        which = resource.RLIMIT_DATA if sys.platform == "linux" else resource.RLIMIT_AS
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(which, (memory, memory))
