"""Quotas of a plan: use by window, entries, and limits."""

from __future__ import annotations

from typing import Any

import pytest

from leptonopt.problem.schedule import Schedule
from leptonopt.verify import verify
from leptonopt.verify.exact import Malformed
from leptonopt.verify.quotas import covers, left_of, windows_of
from tests.helpers.stated import judged, stated
from tests.helpers.tiny_instances import document, pool, task

NIGHT = {"start": "2026-01-05T22:00Z", "slot": "1h", "horizon": "4h"}


def verdicts(limit: float, change: Any = lambda plan: None, **quota: Any) -> list[str]:
    """Return what is said of a plan of 2 GPUs for 2 hours over midnight, under a limit."""
    stated_quota = {"id": "q", "of": "gpu", "limit": 99, **quota}
    tasks = (task("x", duration="2h", team="b"), task("y", "b"))
    more: dict[str, Any] = {"time": NIGHT, "pools": [pool(), pool("b")], "quotas": [stated_quota]}
    _, plan = judged(Schedule.of([0, 1], [1, 0]), *tasks, **more)
    more["quotas"] = [stated_quota | {"limit": limit}]
    change(plan)
    verdict = verify(document(*tasks, **more), plan, any_instance=True)
    return [found.message for found in verdict.violations if "quota" in found.message and "limit:" not in found.message]


@pytest.mark.parametrize(
    ("quota", "used"),
    [
        ({}, 6),
        ({"tasks": ["x"]}, 4),
        ({"teams": ["b"]}, 4),
        ({"pools": ["b"]}, 2),
        ({"per": "day"}, 4),
        ({"per": "moment"}, 2),
        ({"of": "money"}, 6),
    ],
)
def test_limits_that_are_exceeded(quota: dict[str, Any], used: int) -> None:
    """By the greatest use of any window; the use itself is allowed."""
    assert verdicts(used, **quota) == []
    assert any(f"{used} used, {used - 0.5} allowed" in line for line in verdicts(used - 0.5, **quota))


@pytest.mark.parametrize(
    "change",
    [
        lambda plan: plan["quotas"][0].update(used=1),
        lambda plan: plan["quotas"].append(dict(plan["quotas"][0])),
        lambda plan: plan["quotas"].append({**plan["quotas"][0], "id": "z"}),
        lambda plan: plan["quotas"].clear(),
    ],
)
def test_wrong_entries(change: Any) -> None:
    """Uses that are not true, entries twice, of nothing, and missing."""
    assert verdicts(99, change)


def test_windows() -> None:
    """The horizon, or the days in the zone of the instance."""
    made = stated(time=NIGHT)
    assert list(windows_of(made, {"id": "q", "per": "horizon"})) == [(0, 4)]
    assert list(windows_of(made, {"id": "q", "per": "day"})) == [(0, 2), (2, 4)]
    with pytest.raises(Malformed, match="quota 'q': "):
        list(windows_of(stated(time={**NIGHT, "start": "2026-01-05T22:30Z"}), {"id": "q", "per": "day"}))


def test_calendar_windows() -> None:
    """A year that begins at midnight of the zone; what is no period is refused."""
    made = stated(time={"start": "2026-12-31T22:00Z", "slot": "1h", "horizon": "4h"})
    for per in ("month", "quarter", "year"):
        assert list(windows_of(made, {"id": "q", "per": per})) == [(0, 2), (2, 4)]
    assert list(windows_of(made, {"id": "q", "per": "week"})) == [(0, 4)]
    with pytest.raises(Malformed, match="'moon' is no calendar period"):
        list(windows_of(made, {"id": "q", "per": "moon"}))


def test_what_was_used_before() -> None:
    """It counts in the window with which the horizon begins."""
    assert [left_of({"limit": 5, "used": 3}, first) for first in (0, 2)] == [2, 5]


def test_what_counts() -> None:
    """By task, team and pool."""
    made = stated(task("x", team="b"))
    assert covers(made, {}, "x", "a")
    assert covers(made, {"tasks": ["x"], "teams": ["b"], "pools": ["a"]}, "x", "a")
    assert not covers(made, {"tasks": []}, "x", "a")
    assert not covers(made, {"teams": ["c"]}, "x", "a")
    assert not covers(made, {"pools": ["b"]}, "x", "a")
