"""`ask`: questions from Python."""

from __future__ import annotations

import pytest

import leptonopt
from leptonopt import CostOf, WhatIf, WhyNot
from leptonopt.errors import UsageError
from tests.unit.decisions.test_answer import instance


def test_answers() -> None:
    """With and without a plan at hand, the answers are exact where both are proven."""
    plan = leptonopt.solve(instance(2), time_limit=10, threads=1).document
    answer = leptonopt.ask(instance(2), WhatIf(losses=["own.gpu=1"]), plan, time_limit=10, threads=1)
    assert (answer.difference.low, answer.difference.high, len(answer.moved)) == (5, 5, 1)
    assert answer.as_document()["difference"] == ["5", "5"]
    assert leptonopt.ask(instance(2), CostOf("x"), time_limit=10, threads=1).difference.low == 5
    assert leptonopt.ask(instance(3), WhyNot("x", pool="rent"), time_limit=10, threads=1).difference.high == 5


def test_left_out() -> None:
    """What a task that is left out costs is its value, and a note says so."""
    document = instance(2)
    document["tasks"][1] |= {"optional": True, "value": 1}
    plan = leptonopt.solve(document, time_limit=10, threads=1).document
    answer = leptonopt.ask(document, CostOf("y"), plan, time_limit=10, threads=1)
    assert (answer.difference.low, answer.notes) == (1, ("y is left out as it is: what it costs is its value",))


def test_without_a_plan() -> None:
    """There is nothing to compare with."""
    document = instance(0)
    document["pools"][1]["capacity"]["gpu"] = 0
    with pytest.raises(UsageError, match="no plan of the instance as it is"):
        leptonopt.ask(document, WhatIf(losses=["own.gpu=0"]), time_limit=10, threads=1)


@pytest.mark.parametrize("wrong", [{"late_cost": 1, "due": "2026-01-05T01:00Z"}, None])
def test_a_plan_of_something_else_is_no_proof(wrong: dict[str, object] | None) -> None:
    """The plan at hand is one of this state of the instance, with the cost that the checker counts."""
    document = instance(2)
    plan = leptonopt.solve(document, time_limit=10, threads=1).document
    if wrong is None:
        plan = {**plan, "cost_exact": "1"}
    else:
        document["tasks"][0] |= wrong
    with pytest.raises(UsageError, match=r"no plan of this instance: (it is of another state|the checker)"):
        leptonopt.ask(document, WhatIf(losses=["own.gpu=1"]), plan, time_limit=10)


def test_replicas_that_change_are_told() -> None:
    """A service that has to rent shows in the answer, also where no task changes."""
    served = {key: value for key, value in instance(2).items() if key != "tasks"}
    ways = [{"pool": pool, "uses": {"gpu": 1}, "rate": {"chat": 1}} for pool in ("own", "rent")]
    served["services"] = [{"id": "s", "demand": {"chat": 2}, "replicas": ways}]
    answer = leptonopt.ask(served, WhatIf(losses=["own.gpu=1"]), time_limit=10, threads=1)
    assert [(change.way, change.more > change.less) for change in answer.replicas] == [("own", False), ("rent", True)]
    assert answer.changes_text() == "0 tasks run otherwise, and replicas of 2 ways"
    assert len(answer.as_document()["services"]) == 2
