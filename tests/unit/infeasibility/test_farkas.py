"""Proofs from the linear relaxation: counting, and no proof where there is a solution."""

from __future__ import annotations

import pytest

from leptonopt.infeasibility.farkas import prove_infeasible
from tests.helpers import bruteforce, random_problems
from tests.helpers.small_problems import group, option, problem


def test_counting_is_proven() -> None:
    """Five tasks on a row with room for four in all slots; an optional one carries nothing."""
    tasks = [group(option(1, {0: 1})) for _ in range(5)]
    proof = prove_infeasible(problem(*tasks, group(option(1, {0: 1}), value=3), capacity=[[2, 2]]), 10)
    assert proof is not None
    assert set(proof.groups) <= set(range(5))
    assert len(proof.groups) == 5


def test_only_the_crowded_tasks_are_in_the_proof() -> None:
    """Those on another row are not needed."""
    tasks = [group(option(1, {0: 1})) for _ in range(3)]
    proof = prove_infeasible(problem(*tasks, group(option(1, {1: 1})), capacity=[[2], [2]]), 10)
    assert proof is not None
    assert set(proof.groups) == {0, 1, 2}


@pytest.mark.parametrize("seed", range(40))
def test_no_proof_where_there_is_a_schedule(seed: int) -> None:
    """Random problems against trying everything."""
    made = random_problems.problem(seed, groups=3, slots=5)
    if prove_infeasible(made, 10) is not None:
        assert bruteforce.optimum(made, 300_000) is None


def test_without_time_there_is_no_proof() -> None:
    """And nothing is built."""
    assert prove_infeasible(problem(group(option(1, {0: 9})), capacity=[[1]]), 0) is None
