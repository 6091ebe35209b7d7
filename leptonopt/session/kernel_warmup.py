"""Compile kernels beside a solve that could have used them: the next solve then finds them ready."""

from __future__ import annotations

from leptonopt.problem.problem import Problem
from leptonopt.runtime import jit
from leptonopt.runtime.jit_cache import JitWarmup


def compile_kernels(problem: Problem) -> JitWarmup | None:
    """Start to compile the kernels over jobs where greedy would use them; the caller has to end that."""
    dated = bool(problem.late_slope.any() or problem.late_once.any())
    return JitWarmup(part=jit.JOBS) if dated or problem.quotas or len(problem.nodes) else None
