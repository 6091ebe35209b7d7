"""Questions: the instance that each leads to, and those that name nothing."""

from __future__ import annotations

import pytest

from leptonopt.decisions.questions import CostOf, Question, WhatIf, WhyNot
from leptonopt.errors import UsageError
from tests.helpers.tiny_instances import service_document
from tests.unit.decisions.test_answer import instance


def test_changes_in_order() -> None:
    """Parts are laid over first, then values, removals and losses."""
    asked = WhatIf([{"name": "n"}], ["pools.own.capacity.gpu=7"], ["tasks.x"], ["own.gpu=2"])
    made = asked.changed(instance(3))
    assert (made["name"], made["pools"][0]["capacity"]["gpu"]) == ("n", 5)
    assert [task["id"] for task in made["tasks"]] == ["y", "z"]


def test_teams_and_deadlines() -> None:
    """A team goes with its tasks, and out of quotas; a deadline goes alone."""
    document = instance(3)
    document["tasks"][0] |= {"team": "red", "deadline": "2026-01-05T01:00Z"}
    document["quotas"] = [{"id": "q", "resource": "gpu", "teams": ["red"], "limit": 1}]
    made = CostOf("team:red").changed(document)
    assert [task["id"] for task in made["tasks"]] == ["y", "z"]
    assert made["quotas"][0]["teams"] == []
    assert "deadline" not in CostOf("deadline:x").changed(document)["tasks"][0]


def test_services_go_with_their_batches_and_teams() -> None:
    """A service is named as a task is; what is left may be services alone."""
    document = service_document(team="red") | {"tasks": [], "quotas": [{"id": "q", "of": "gpu", "limit": 1}]}
    document["quotas"][0]["teams"] = ["red"]
    document["services"] += service_document(id="code")["services"]
    document["batches"] = [{"id": "n", "service": "chat", "amount": {"long": 1}}]
    for subject in ("chat", "team:red"):
        made = CostOf(subject).changed(document)
        assert [each["id"] for each in made["services"]] == ["code"]
        assert (made["batches"], made["quotas"][0]["teams"]) == ([], [])


@pytest.mark.parametrize(
    ("question", "message"),
    [
        (WhatIf(), "nothing is changed"),
        (WhatIf(sets=["x"]), "write PATH=VALUE"),
        (WhyNot("x"), "say how it is to run"),
        (WhyNot("x", start="noon"), "is not an instant"),
        (CostOf("nobody"), "no such task, service or team"),
        (CostOf("deadline:x"), "no such task with a deadline"),
    ],
)
def test_wrong_questions(question: Question, message: str) -> None:
    """Each is told in one line."""
    with pytest.raises(UsageError, match=message):
        question.changed(instance(3))
