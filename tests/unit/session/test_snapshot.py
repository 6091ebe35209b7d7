"""The plan of a schedule while a solve goes on."""

from __future__ import annotations

from fractions import Fraction

from leptonopt.problem.protocol import Limits
from leptonopt.problem.schedule import Schedule
from leptonopt.session.snapshot import made_by, plan_so_far
from leptonopt.session.source import open_source
from tests.unit.session.test_handle import small


def test_the_plan_is_checked_and_feasible() -> None:
    """Two tasks, one after the other, at their exact cost."""
    source = open_source(small(), None, None)()
    plan = plan_so_far(source, Schedule.of([0, 0], [0, 1]), Fraction(1), ["greedy"], made_by(Limits(1), {}, source, {}))
    assert (plan.cost, plan.document["status"], plan.document["bound_exact"]) == (4, "feasible", "1")
