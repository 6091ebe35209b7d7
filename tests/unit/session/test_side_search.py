"""A method on a problem beside that of a session."""

from __future__ import annotations

import time

from leptonopt.problem.protocol import Limits
from leptonopt.problem.schedule import objective
from leptonopt.runtime.signals import Signals
from leptonopt.session.session import SolveSession, WorkerOptions
from leptonopt.session.side_search import best_schedule
from leptonopt.session.source import open_source
from tests.helpers.traces import crowded


def test_its_schedule_is_returned_and_the_session_does_not_know_it() -> None:
    """In this process and in a worker; the session has no plan and no bound of it."""
    source = open_source(crowded())()
    limits, begun = Limits(10.0), time.monotonic()
    with Signals() as signals:
        for isolate in (False, True):
            session = SolveSession(source, limits, begun, source.closing(0.0), signals, options=WorkerOptions(isolate))
            found = best_schedule(session, "greedy", source.problem, None, 5.0)
            assert found is not None
            assert objective(source.problem, found) > 0
            assert session.state.schedule is None
            assert session.state.lower is None
