"""Sessions on several forms of one instance."""

from __future__ import annotations

import time

from leptonopt.problem.protocol import Limits
from leptonopt.problem.schedule import Schedule
from leptonopt.runtime.signals import Signals
from leptonopt.session.closing import ClosingTime
from leptonopt.session.forms import answered_by, sibling
from leptonopt.session.session import SolveSession
from leptonopt.session.source import open_source
from tests.helpers.tiny_instances import document, task


def session(stated: dict[str, object]) -> SolveSession:
    """Return a session that has not begun."""
    with Signals(False, None) as signals:
        return SolveSession(open_source(stated)(), Limits(5.0), time.monotonic(), ClosingTime(0.0, 0.0), signals)


def test_a_sibling_ends_with_its_elder() -> None:
    """It is on another source, and has the same deadline."""
    elder = session(document(task()))
    made = sibling(elder, open_source(document(task(gpu=1)))(), SolveSession)
    assert made.deadline == elder.deadline
    assert made.state.source is not elder.state.source


def test_the_answer_inherits_the_bound_in_its_own_units() -> None:
    """One form counts in whole units of money, the other in tenths."""
    elder = session(document(task()))
    elder.state.bound(2)
    other = open_source(
        document(task(gpu=2, options=[{"pool": "a", "uses": {"gpu": 2}, "duration": "1h", "cost": 0.1}]))
    )
    found = answered_by(elder, other(), Schedule.of([0], [0]))
    assert found.state.money(found.state.lower) == elder.state.money(elder.state.lower)
    assert found.state.plan_cost() is not None
    assert found.prover is elder
