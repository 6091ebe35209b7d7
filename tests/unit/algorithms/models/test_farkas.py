"""Proofs from the linear relaxation: counting, and no proof where there is a solution."""

from __future__ import annotations

import pytest

from leptonopt.algorithms.models.farkas import prove_infeasible
from leptonopt.compile.compiler import compile_instance
from leptonopt.infeasibility.feasibility_check import without_costs
from leptonopt.instance import Instance
from tests.helpers import bruteforce, random_problems
from tests.helpers.feasibility import has_plan
from tests.helpers.small_problems import group, option, problem
from tests.second_reading.cut_documents import cut_document


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


@pytest.mark.parametrize(("limit", "proven"), [(24, True), (26, False)])
def test_segments_are_counted(limit: int, proven: bool) -> None:
    """Ten hours at 5 on two days: 24 a day pay for four hours each, as money comes in steps of 5."""
    quota = {"id": "q", "of": "money", "limit": limit, "per": "day"}
    task = {"id": "t", "segments": True, "options": [{"pool": "a", "uses": {"gpu": 1}, "duration": "10h"}]}
    document = {
        "time": {"start": "2026-01-05T00:00Z", "slot": "1h", "horizon": "48h"},
        "pools": [{"id": "a", "capacity": {"gpu": 1}, "price": {"gpu": 5}}],
        "tasks": [task],
        "quotas": [quota],
    }
    found = prove_infeasible(without_costs(compile_instance(Instance.model_validate(document)).problem), 10)
    assert (found is not None) is proven
    assert found is None or found.groups == (0,)


def test_no_proof_where_segments_have_a_plan() -> None:
    """Drawn tasks in segments, with half of each quota, against trying everything."""
    proven = 0
    for seed in range(14):
        document = cut_document(seed)
        for quota in document.get("quotas", ()):
            quota["limit"] = quota["limit"] / 2
        problem = compile_instance(Instance.model_validate(document)).problem
        if prove_infeasible(without_costs(problem), 10) is not None:
            proven += 1
            assert not has_plan(document)
    assert proven
