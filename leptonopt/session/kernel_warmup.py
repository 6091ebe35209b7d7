"""Compile kernels beside a solve that could have used them: the next solve then finds them ready."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from leptonopt.problem.problem import Problem
from leptonopt.problem.size import is_tiny
from leptonopt.runtime import jit
from leptonopt.runtime.jit_cache import JitWarmup


def uses_kernels(problem: Problem) -> bool:
    """Return whether greedy would use the kernels over jobs; tiny problems do without."""
    return not is_tiny(problem) and bool(problem.dated.any() or problem.quotas or len(problem.nodes))


@contextmanager
def compiled_beside(wanted: bool) -> Iterator[None]:
    """Compile the kernels over jobs in another process meanwhile, if wanted."""
    warmup = JitWarmup(part=jit.JOBS) if wanted else None
    try:
        yield
    finally:
        if warmup is not None:
            warmup.end()
