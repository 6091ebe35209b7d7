"""The process that compiles kernels during a first run."""

from __future__ import annotations

from typing import Any

import pytest

from leptonopt.runtime import jit, jit_cache
from leptonopt.runtime.jit_cache import PROGRAM, JitWarmup


class Child:
    """A process that ends with a code after some looks at it."""

    def __init__(self, looks: int, code: int) -> None:
        self.looks, self.code, self.killed = looks, code, 0

    def poll(self) -> int | None:
        """Return the exit code after enough looks."""
        self.looks -= 1
        return self.code if self.looks < 0 else None

    def kill(self) -> None:
        """Count the kills."""
        self.killed += 1

    def wait(self) -> None:
        """Wait for nothing."""


def warmup(monkeypatch: pytest.MonkeyPatch, child: Child | OSError, compiled: bool = False) -> JitWarmup:
    """Return the warm-up of a part with this process."""

    def start(*words: Any) -> Any:
        assert words == (PROGRAM, jit.ASSIGNMENT)
        if isinstance(child, OSError):
            raise child
        return child

    monkeypatch.setattr(jit_cache, "start_module", start)
    monkeypatch.setattr(jit_cache, "TICK", 0)
    monkeypatch.setattr(jit, "CACHEABLE", True)
    monkeypatch.setattr(jit, "compiled", lambda part: compiled)
    return JitWarmup(part=jit.ASSIGNMENT)


def test_compiled_kernels_are_ready(monkeypatch: pytest.MonkeyPatch) -> None:
    """No process is started, and none ended."""
    made = warmup(monkeypatch, OSError("never started"), compiled=True)
    assert (made.ready(), made.failed) == (True, False)
    made.end()


@pytest.mark.parametrize(("code", "ready"), [(0, True), (1, False)])
def test_waiting_for_the_process(monkeypatch: pytest.MonkeyPatch, code: int, ready: bool) -> None:
    """Kernels are ready once it ends with 0; any other code means that it has failed."""
    made = warmup(monkeypatch, child := Child(3, code))
    assert (made.ready(), made.failed) == (False, False)
    assert made.awaited(lambda: False) is ready
    assert made.failed is not ready
    made.end()
    assert child.killed == 1


def test_waiting_can_be_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    """The process then goes on."""
    made = warmup(monkeypatch, child := Child(10**9, 0))
    assert made.awaited(lambda: True) is False
    assert (made.failed, child.killed) == (False, 0)


def test_without_memory_for_a_process_it_has_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    """And is never ready."""
    made = warmup(monkeypatch, OSError("no memory"))
    assert (made.failed, made.ready(), made.awaited(lambda: False)) == (True, False, False)


def test_without_a_cache_folder_only_this_process_compiles(monkeypatch: pytest.MonkeyPatch) -> None:
    """`here` needs no folder."""
    monkeypatch.setattr(jit, "CACHEABLE", False)
    assert JitWarmup().failed
    here = JitWarmup(here=True)
    assert (here.failed, here.ready()) == (False, True)
