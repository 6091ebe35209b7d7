"""The end of a session: the document, its proof, and the evidence of an alarm."""

from __future__ import annotations

import time
from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest

from leptonopt.errors import Alarm
from leptonopt.problem.protocol import Limits
from leptonopt.problem.schedule import Schedule
from leptonopt.problem.services import ReplicaSchedule
from leptonopt.session.finalize import alarm_evidence, finalize
from leptonopt.session.solve_state import SolveState
from leptonopt.session.source import open_source
from tests.helpers.tiny_instances import document, service_document, task


def state(**limits: object) -> SolveState:
    """Return the state of a solve of a small instance."""
    return SolveState(open_source(document())(), Limits(**limits), time.monotonic(), None)  # type: ignore[arg-type]


def test_evidence_of_an_alarm() -> None:
    """The instance, the method at work, bounds and the schedule."""
    known = state(seed=3)
    known.phase = "cbc"
    known.bound(0)
    known.incumbent(Schedule.of([0], [0]), None)
    evidence = alarm_evidence(known, "auto")
    assert (evidence["method"], evidence["phase"], evidence["bounds"]) == ("auto", "cbc", {"cbc": 0})
    assert evidence["schedule"] == [[0, 0, 1]]
    assert evidence["instance"] == document()


def test_the_result_has_passed_the_checker() -> None:
    """With notes, each once, the log, the trace and the seconds of the state."""
    known = state()
    known.incumbent(Schedule.of([0], [0]), None)
    known.notes += ["a note", "a note"]
    known.logs.append("the log")
    found = finalize(known, "greedy", {"total": 1.5}, 2)
    assert found.verdict.ok
    assert (found.cost, found.notes, found.log, found.signal) == (2, ("a note",), "the log", 2)
    assert found.document["made"]["seconds"] == {"total": 1.5}
    assert [cost for _, cost, _ in found.trace] == [2]


def test_money_for_requests_missed_that_is_not_needed() -> None:
    """It is neither in the plan nor in the last cost of the trace."""
    stated = service_document(missed={"cost": Decimal("0.0001")})
    known = SolveState(open_source(stated)(), Limits(), time.monotonic(), None)
    services = known.problem.services
    on, missed = np.full((1, 4), 3, np.int64), np.full((1, 4), 10**7 * services.missed_step, np.int64)
    known.incumbent(replace(Schedule.of([], []), replicas=ReplicaSchedule(on, np.zeros(0, bool), missed)), None)
    found = finalize(known, "greedy", {}, None)
    assert [cost for _, cost, _ in found.trace] == [found.cost + known.money(4 * (10**7 - 720_000)), found.cost]


def test_a_plan_that_the_checker_rejects_raises_the_alarm() -> None:
    """It never becomes a result."""
    known = SolveState(open_source(document(task(release="2026-01-05T01:00Z")))(), Limits(), time.monotonic(), None)
    known.schedule = Schedule.of([0], [0])
    with pytest.raises(Alarm, match="the checker rejects the plan of greedy: "):
        finalize(known, "greedy", {}, None)


def test_without_a_plan() -> None:
    """The reasons are in the document."""
    known = state()
    known.why.append("too little time")
    found = finalize(known, "greedy", {}, None)
    assert (found.plan, found.status, found.document["why"]) == (None, "unknown", ["too little time"])
