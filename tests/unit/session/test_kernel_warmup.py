"""Kernels over jobs are compiled beside a solve where lateness, quotas or nodes count."""

from typing import ClassVar

import pytest

from leptonopt.session import kernel_warmup
from tests.helpers.one_machine import THREE, one_machine


class Compiler:
    """Stands for the process that compiles."""

    started: ClassVar[list[str]] = []
    ended = 0

    def __init__(self, part: str) -> None:
        Compiler.started.append(part)

    def end(self) -> None:
        """Count the ends."""
        Compiler.ended += 1


@pytest.fixture
def compiler(monkeypatch):
    Compiler.started, Compiler.ended = [], 0
    monkeypatch.setattr(kernel_warmup, "JitWarmup", Compiler)
    monkeypatch.setattr(kernel_warmup, "is_tiny", lambda problem: False)
    return Compiler


def test_the_process_is_ended_with_the_solve_whatever_happens(compiler):
    def fail() -> None:
        with kernel_warmup.compiled_beside(True):
            assert (compiler.started, compiler.ended) == (["jobs"], 0)
            raise ValueError("in between")

    with pytest.raises(ValueError, match="in between"):
        fail()
    assert compiler.ended == 1


def test_nothing_is_compiled_where_no_kernel_would_run_or_none_is_wanted(compiler):
    with kernel_warmup.compiled_beside(kernel_warmup.uses_kernels(one_machine([{"length": 2}]))):
        pass
    with kernel_warmup.compiled_beside(False):
        pass
    assert not compiler.started


def test_nothing_is_compiled_for_small_problems():
    assert not kernel_warmup.uses_kernels(one_machine(THREE))
