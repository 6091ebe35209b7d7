"""Chains say which groups are the segments of one task."""

from __future__ import annotations

import numpy as np

from leptonopt.compile.compiler import compile_instance
from leptonopt.instance import Instance
from leptonopt.problem.restrict import restrict

INSTANCE = {
    "time": {"start": "2026-01-05T00:00Z", "slot": "1h", "horizon": "6h"},
    "pools": [{"id": "a", "capacity": {"gpu": 1}, "price": {"gpu": 1}}],
    "tasks": [
        {"id": "cut", "copies": 2, "segments": {"most": 3}, "options": [{"pool": "a", "duration": "2h"}]},
        {"id": "whole", "options": [{"pool": "a", "uses": {"gpu": 1}, "duration": "1h"}]},
    ],
}


def test_a_chain_for_each_copy() -> None:
    """Each copy of a task that may be cut has a chain of as many groups as segments; other tasks have none."""
    problem = compile_instance(Instance.model_validate(INSTANCE)).problem
    assert [chain.groups.tolist() for chain in problem.chains] == [[0, 1, 2], [3, 4, 5]]
    assert problem.groups == 7


def test_parts_of_a_problem_have_no_chains() -> None:
    """Groups of a restricted problem have other numbers, so that it states no chains."""
    problem = compile_instance(Instance.model_validate(INSTANCE)).problem
    smaller, _ = restrict(problem, np.arange(problem.groups) > 2, problem.capacity, problem.copies)
    assert smaller.chains == ()
