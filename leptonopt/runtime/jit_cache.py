"""The first run after an installation compiles the loops in a process beside it, and uses them once they are there."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable

from leptonopt.runtime import jit
from leptonopt.runtime.child_process import start_module

PROGRAM = "leptonopt.cli.jit_warmup"
TICK = 0.02


class JitWarmup:
    """Whether compiled loops can be used; while they cannot, a process makes them. To be ended.

    Each loop is kept as soon as it is compiled, so that a process which is ended early has not worked for nothing.
    With `here` they are compiled where they are called.
    """

    def __init__(self, here: bool = False) -> None:
        self._child: subprocess.Popen[bytes] | None = None
        self.failed = not jit.FAST
        if jit.FAST and not here and not jit.compiled():
            try:
                self._child = start_module(PROGRAM)
            except OSError:  # no room for another process
                self.failed = True

    def ready(self) -> bool:
        """Whether they are there."""
        if self._child is None or self.failed:
            return not self.failed
        code = self._child.poll()
        self.failed = code is not None and code != 0
        return code == 0

    def awaited(self, stop: Callable[[], bool]) -> bool:
        """The same, once it is known or somebody wants to stop."""
        while not self.ready() and not self.failed and not stop():
            time.sleep(TICK)
        return self.ready()

    def end(self) -> None:
        """Ends the process."""
        if self._child is not None:
            self._child.kill()
            self._child.wait()
