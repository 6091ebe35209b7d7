"""One session: warm starts, limits, methods in this process, and the reasons to stop."""

from __future__ import annotations

import time
from typing import Any

import pytest

import leptonopt
from leptonopt.problem.protocol import Limits, Solution, Status, Stop
from leptonopt.problem.schedule import Schedule
from leptonopt.runtime.signals import Signals
from leptonopt.session.closing import ClosingTime
from leptonopt.session.session import SolveSession, WorkerOptions
from leptonopt.session.source import open_source
from leptonopt.session.times import TIMES
from tests.helpers.tiny_instances import document, pool, task
from tests.helpers.traces import crowded


def session(stated: dict[str, Any] | None = None, begun: float | None = None, **limits: Any) -> SolveSession:
    """Return a session without worker processes."""
    source = open_source(stated or document())()
    given = Limits(**{"time_limit": 20.0, **limits})
    moment = time.monotonic() if begun is None else begun
    return SolveSession(
        source, given, moment, ClosingTime(0.0, 0.0), Signals(handle=False), None, WorkerOptions(isolate=False)
    )


def test_a_method_in_this_process() -> None:
    """It ends with a proof."""
    made = session()
    made.run("cpsat", None)
    assert made.state.status()[:2] == (Status.OPTIMAL, Stop.PROOF)


def test_a_function_is_a_method() -> None:
    """It is given the warm start; what it claims is checked."""
    given: list[Any] = []

    def method(problem: Any, warm_start: Schedule | None, limits: Limits, monitor: Any) -> Solution:
        given.append(warm_start)
        return Solution(Status.UNKNOWN, Stop.DONE)

    made = session(document(task(), pools=[pool(price={"gpu": {"daily": {"00:00": 1, "02:00": 3}}})]))
    made.run(method, Schedule.of([0], [3]))
    assert [list(each) for each in given] == [[(0, 3, 1)]]
    assert made.state.schedule is not None


def test_less_time_is_kept_back_for_a_first_plan() -> None:
    """Half of the time to write and check it; with a plan all of it, and the time of its entries."""
    begun, source = time.monotonic(), open_source(document())()
    made = SolveSession(source, Limits(100.0), begun, ClosingTime(20.0, 1.0), Signals(handle=False))
    assert 80 < made.left() < 90.1
    made.state.incumbent(Schedule.of([0], [0]), None)
    assert made.left() < 79.1


def test_a_warm_start_that_breaks_a_rule_is_not_taken() -> None:
    """A note says so."""
    made = session()
    made.run("greedy", Schedule.of([0, 0], [0, 1]))
    assert made.state.status()[0] in (Status.OPTIMAL, Status.FEASIBLE)
    assert any("warm start" in note for note in made.state.notes)


@pytest.mark.parametrize(
    ("change", "stop"),
    [
        (lambda made: None, None),
        (lambda made: setattr(made.signals, "number", 2), Stop.INTERRUPT),
        (lambda made: setattr(made.state, "infeasible", True), Stop.PROOF),
        (lambda made: setattr(made, "deadline", made.deadline.plus(-100)), Stop.LIMIT),
    ],
)
def test_reasons_to_stop(change: Any, stop: Stop | None) -> None:
    """A signal, a proof, the deadline."""
    made = session()
    change(made)
    assert made.should_stop() is (stop is not None)
    assert made.state.stop is stop


def test_the_gap_is_a_reason_to_stop() -> None:
    """Not in a deterministic run, where the course must not depend on the moment of a report."""
    tariff = {"gpu": {"daily": {"00:00": 1, "02:00": 3}}}
    for deterministic in (False, True):
        made = session(document(pools=[pool(price=tariff)]), gap=0.9, deterministic=deterministic)
        made.state.incumbent(Schedule.of([0], [2]), None)
        made.state.bound(1)
        assert made.should_stop() is not deterministic


def test_methods_end_before_the_deadline() -> None:
    """What is left counts from the beginning of the call."""
    made = session(begun=time.monotonic() - 15)
    assert made.left() <= 5
    assert made.limits_for(3).time_limit == pytest.approx(3, abs=0.1)
    assert 0 < TIMES.stop_grace(10) <= TIMES.stop_grace(1000)


def test_tiny_problems_go_to_an_engine_before_any_heuristic() -> None:
    """Nodes rented for two hours at least are beyond the search in this process; an engine alone proves them, except in deterministic mode."""
    week = crowded()
    del week["tasks"][3:]
    week["pools"].append({"id": "rented", "nodes": {"size": {"gpu": 4}, "price": 3, "count": 1, "minimum": "2h"}})
    for each in week["tasks"]:
        each["options"].append({"pool": "rented", "uses": {"gpu": 1}, "duration": "1h"})
    solved = [leptonopt.solve(week, time_limit=30, threads=1, deterministic=each).document for each in (False, True)]
    assert [plan["status"] for plan in solved] == ["optimal"] * 2
    assert ["greedy" in plan["made"]["engines"] for plan in solved] == [False, True]
