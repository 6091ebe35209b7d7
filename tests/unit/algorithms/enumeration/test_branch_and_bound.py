"""Branch and bound against brute force."""

from __future__ import annotations

import pytest

from leptonopt.algorithms.enumeration.branch_and_bound import LOOKS, BranchAndBound, unsupported_rule
from leptonopt.compile.compiler import CompiledInstance, compile_instance
from leptonopt.instance import validate
from leptonopt.problem.feasibility import violated_rules
from leptonopt.problem.schedule import Schedule, objective
from tests.helpers import bruteforce, random_instances
from tests.helpers.marks import first


def compiled(seed: int) -> CompiledInstance:
    """Return a random tiny instance, compiled."""
    return compile_instance(validate(random_instances.instance(seed, tasks=3, slots=5)))


@pytest.mark.parametrize("block", first(2, range(20), ci=10))
def test_against_brute_force(block: int) -> None:
    """The least cost is found, or that there is none, with precedence, copies, quotas and tasks left out."""
    compared = 0
    for seed in range(100 * block, 100 * block + 100):
        made = compiled(seed)
        problem = made.problem
        if made.impossible or unsupported_rule(problem):
            continue
        try:
            known = bruteforce.optimum(problem)
        except OverflowError:
            continue
        search = BranchAndBound(problem, 10**9, lambda: False, lambda schedule, cost: None)
        assert search.run(), seed
        assert (search.best and search.best[1]) == (known and known[0]), seed
        if search.best is not None:
            assert not violated_rules(problem, search.best[0]), seed
            assert objective(problem, search.best[0]) == search.best[1], seed
            assert search.bound is not None
            assert search.bound <= search.best[1], seed
        compared += 1
    assert compared >= 10


def test_effort_and_incumbents() -> None:
    """The search ends when its effort is spent, or somebody asks; what it reports gets cheaper and is below a cost."""
    for seed in range(60):
        made = compiled(seed)
        if made.impossible or unsupported_rule(made.problem):
            continue
        told: list[int] = []

        def note(schedule: Schedule, cost: int, told: list[int] = told) -> None:
            told.append(cost)

        whole = BranchAndBound(made.problem, 10**9, lambda: False, note)
        whole.run()
        assert told == sorted(told, reverse=True)
        if whole.best is None:
            continue
        again = BranchAndBound(made.problem, 10**9, lambda: False, note, whole.best[1])
        assert again.run()
        assert again.best is None
        stopped = BranchAndBound(made.problem, LOOKS * 10**6, lambda: True, note)
        assert stopped.run() or stopped.effort % LOOKS == 0
