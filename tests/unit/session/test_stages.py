"""Stages are plain data; what is asked last, and what only the clock limits, are methods."""

from __future__ import annotations

from leptonopt.session.stages import CLOCKED, FALLBACK, Stage
from leptonopt.solvers.registry import lookup


def test_a_stage_takes_all_that_is_left_unless_told_otherwise() -> None:
    assert Stage("lns") == Stage("lns", share=1.0, threads=1, above=0.0)


def test_the_methods_named_are_there() -> None:
    assert {lookup(name).name for name in (*CLOCKED, *FALLBACK)} == {"cpsat", "highs", "sos-branching", "cbc"}
