"""Compile kernels in another process during the first run after an installation."""

from __future__ import annotations

import time
from collections.abc import Callable

from leptonopt.runtime import jit
from leptonopt.runtime.child_process import start_module

PROGRAM = "leptonopt.cli.jit_warmup"
TICK = 0.02  # seconds between two looks at the process


class JitWarmup:
    """A process that compiles the kernels of a method, unless they are compiled; call `end` after use.

    Each kernel is kept as soon as it is compiled: a process that is ended early has not worked for nothing.
    With `here`, kernels compile in this process, where they are called.

    Attributes
    ----------
    failed : True when no process can compile kernels
    """

    def __init__(self, here: bool = False, part: str = jit.LARGE_SCALE) -> None:
        self.failed = not here and not jit.CACHEABLE
        try:
            self._child = None if here or self.failed or jit.compiled(part) else start_module(PROGRAM, part)
        except OSError:  # no memory for another process
            self._child, self.failed = None, True

    def ready(self) -> bool:
        """Return True once all kernels are compiled."""
        if self._child is None or self.failed:
            return not self.failed
        code = self._child.poll()
        self.failed = code is not None and code != 0
        return code == 0

    def awaited(self, stop: Callable[[], bool]) -> bool:
        """Wait until all kernels are compiled, the process has failed, or `stop`; return `ready`."""
        while not self.ready() and not self.failed and not stop():
            time.sleep(TICK)
        return self.ready()

    def end(self) -> None:
        """Kill the process."""
        if self._child is not None:
            self._child.kill()
            self._child.wait()
