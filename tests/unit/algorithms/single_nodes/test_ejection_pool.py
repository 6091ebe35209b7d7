"""The ejection pool finds a place for all on days that have one."""

from __future__ import annotations

import numpy as np
import pytest

from leptonopt.algorithms.single_nodes.construction import construct, never
from leptonopt.algorithms.single_nodes.ejection_pool import EjectionPool
from leptonopt.algorithms.single_nodes.partial_schedule import SingleNodeSchedule
from leptonopt.problem.feasibility import violated_rules
from leptonopt.problem.schedule import with_node_schedule
from tests.helpers import servers


@pytest.mark.parametrize("seed", range(4))
def test_repairs_a_bad_construction(seed: int) -> None:
    """Groups in the order of the file leave some out; afterwards all run, and every rule is kept."""
    problem = servers.problem(seed, tasks=45, slack=6)
    placing = SingleNodeSchedule(problem)
    construct(placing, np.arange(problem.groups), never)
    assert EjectionPool(placing, seed).run(200 * problem.groups, never)
    assert not violated_rules(problem, with_node_schedule(problem, placing.schedule()))


def test_same_seed_same_schedule() -> None:
    """Two runs with one seed end alike."""
    problem = servers.problem(5, tasks=45, slack=6)
    ends = []
    for _ in range(2):
        placing = SingleNodeSchedule(problem)
        construct(placing, np.arange(problem.groups), never)
        EjectionPool(placing, 7).run(50 * problem.groups, never)
        ends.append(placing.columns)
    assert ends[0] == ends[1]


def test_stops_when_asked() -> None:
    """A stop leaves the groups of the queue without a place."""
    problem = servers.problem(0, tasks=20)
    pool = EjectionPool(SingleNodeSchedule(problem), 0)
    assert not pool.run(10**9, lambda: True)
