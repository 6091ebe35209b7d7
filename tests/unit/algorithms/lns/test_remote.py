"""Subproblems on workers: the same answer as in this process, and payloads that a worker lacks."""

from __future__ import annotations

import pytest

from leptonopt.algorithms.heuristics.partial_schedule import PartialSchedule
from leptonopt.algorithms.lns import subproblem
from leptonopt.algorithms.lns.remote import RemoteContext, solve_remotely
from leptonopt.algorithms.lns.subproblem import NeighbourhoodRequest
from leptonopt.runtime.payload import CachedPayload
from tests.helpers.guides import true_guide
from tests.helpers.pooled_problems import first_fit, three_pools


@pytest.mark.parametrize("seed", range(3))
def test_the_answer_is_that_of_this_process(seed: int) -> None:
    """For the same groups, effort and seed; once the payload is known its token is enough."""
    made = three_pools(seed, groups=8)
    guide, schedule = true_guide(made), first_fit(made).schedule()
    request = NeighbourhoodRequest([0, 2, 5], "columns", None, None, 2.0, 7)
    payload = CachedPayload.of((made, guide))
    away = solve_remotely(payload, schedule, request, 10.0)
    again = solve_remotely(payload.bare(), schedule, request, 10.0)
    placing = PartialSchedule(made, schedule=schedule)
    placed = {each: placing.remove_group(each) for each in request.groups}
    here = subproblem.solve(placing, guide, guide, request, placed, 10.0)
    for result in (away, again):
        assert result is not None
        assert result.found is not None
        assert here.found is not None
        assert result.found.columns == here.found.columns
        assert (result.found.proven, result.whole) == (here.found.proven, here.whole)


def test_an_unknown_payload_is_asked_for() -> None:
    """The worker answers None."""
    made = three_pools(0)
    request = NeighbourhoodRequest([0], "columns", None, None, 1.0, 0)
    assert solve_remotely(CachedPayload("unknown", None), first_fit(made).schedule(), request, 1.0) is None


def test_a_context_has_the_true_costs() -> None:
    """They are made when first needed, and kept."""
    made = three_pools(0)
    context = RemoteContext((made, true_guide(made)))
    assert context.true.least == true_guide(made).least
    assert context.true is context.true
