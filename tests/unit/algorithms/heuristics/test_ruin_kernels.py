"""Ruin and recreate: the state stays that of its columns, and the best schedule exceeds nothing."""

import numpy as np
import pytest

from leptonopt.algorithms.heuristics.job_kernels import enter
from leptonopt.algorithms.heuristics.ruin_kernels import PARAMETERS, RuinBest, ruin_and_recreate
from leptonopt.problem.feasibility import violated_rules
from tests.helpers.job_states import listed, problems

MADE = problems(40)


@pytest.mark.parametrize("at", range(len(MADE)))
def test_many_steps_leave_a_state_without_drift(at):
    made = MADE[at]
    jobs, state = listed(made)
    many = len(jobs.penalty)
    best = RuinBest(state.option.copy(), state.start.copy(), np.array([np.inf]))
    ranks, soft = np.zeros((1, many)), jobs.soft_penalty()
    ruin_and_recreate(
        jobs.arrays, state, ranks, jobs.depth, soft.copy(), best, state.weight.copy(), soft, np.zeros(2), 5.0, 0.0, 300,
        at, PARAMETERS,
    )  # fmt: skip
    again = jobs.state()
    enter(jobs.arrays, again, state.option, state.start)
    for name in ("free", "need", "lit", "used", "total", "on_together", "on_apart"):
        assert np.allclose(getattr(again, name), getattr(state, name)), name
    if np.isfinite(best.cost[0]):  # nodes are estimated: their rules are judged outside
        assert violated_rules(made, jobs.schedule(best.option, best.start)) <= {"quota", "nodes"}
