"""Data that tasks which are done have left."""

from __future__ import annotations

from typing import Any

import pytest

from leptonopt.errors import UsageError
from leptonopt.instance import validate
from leptonopt.replanning.document import remaining_instance
from leptonopt.replanning.state import read_state
from tests.unit.replanning.worlds import FOUR, NIGHT, line


def options(done: Any, plan: dict[str, Any], **state: Any) -> list[tuple[str, Any, str | None]]:
    """Return id, cost and earliest start of the options of a task that takes 100 GiB from one that is done."""
    pools = [{"id": name, "labels": [f"region:{name}"], "capacity": {"gpu": 8}} for name in ("east", "west")]
    either = [{"pools": ["east", "west"], "uses": {"gpu": 1}, "duration": "2h", "cost": 1}]
    document = {
        "time": {"start": NIGHT, "slot": "1h", "horizon": "1d"}, "pools": pools,
        "links": [{"from": "*", "to": "*", "price": 0.5, "setup": "90m"}],
        "tasks": [{"id": "a", "options": either}, {"id": "b", "after": [{"task": "a", "gib": 100}], "options": either}],
    }  # fmt: skip
    instance = validate(document)
    found = remaining_instance(instance, plan, read_state({"now": FOUR, "done": [done], **state}, instance))
    validate(found.document)
    (task,) = found.document["tasks"]
    assert "after" not in task
    return [(option["id"], option["cost"], option.get("not_before")) for option in task["options"]]


def test_data_are_fetched_from_where_they_were_made() -> None:
    """By the pool of the plan, or of the state; elsewhere they cost 50, and are there 90 minutes after the end."""
    done, there = {"task": "a", "ended": "2026-11-30T03:30Z"}, "2026-11-30T05:00:00Z"
    ended = "2026-11-30T03:30:00Z"
    assert options(done, {"tasks": [line("a", "east", 1, 2)]}) == [("east", 1, ended), ("west", 51, there)]
    assert options({**done, "pool": "west"}, {}) == [("east", 51, there), ("west", 1, ended)]


def test_data_may_be_elsewhere_already() -> None:
    """`at` names regions to which they have been moved."""
    assert [cost for _, cost, _ in options({"task": "a", "pool": "east", "at": ["west"]}, {})] == [1, 1]


def test_data_of_which_nothing_is_known_are_refused() -> None:
    """Neither plan nor state says where the task has run."""
    with pytest.raises(UsageError, match="state: done task 'a': 'b' takes its data, so say its `pool`"):
        options("a", {})


def test_a_kept_start_waits_for_data() -> None:
    """The planned start is kept where the data are there by then."""
    plan = {"tasks": [line("a", "east", 1, 2), line("b", "west", 4, 2)]}
    assert [id for id, *_ in options({"task": "a", "ended": "2026-11-30T03:30Z"}, plan)] == ["east", "west"]
    assert [id for id, *_ in options({"task": "a", "ended": "2026-11-30T02:00Z"}, plan)] == [
        "west (kept)",
        "east",
        "west",
    ]
