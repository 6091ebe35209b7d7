"""Options that are asked for."""

from __future__ import annotations

import pytest

from leptonopt.decisions.why_not import options_asked_for
from leptonopt.errors import UsageError
from leptonopt.instance import units, validate

INSTANCE = validate(
    {
        "time": {"start": "2026-01-05T00:00Z", "slot": "1h", "horizon": "4h"},
        "pools": [{"id": "a", "capacity": {"gpu": 4}}, {"id": "b", "capacity": {"gpu": 4}, "labels": ["eu"]}],
        "tasks": [
            {
                "id": "t",
                "needs": {"labels": ["eu"]},
                "work": {"hours": 4, "speed": {"a": 1, "b": 2}, "devices": {"1": 1, "2": 2}},
            }
        ],
    }
)


def test_work_is_written_out() -> None:
    """By pool, by name, and within times."""
    found = options_asked_for(INSTANCE, "t", pool="b")
    assert [(each["id"], each["duration"]) for each in found] == [("b x1", "2h"), ("b x2", "1h")]
    moment = units.instant("2026-01-05T01:00Z")
    (one,) = options_asked_for(INSTANCE, "t", option="b x2", start=moment)
    assert one["not_before"] == one["not_after"] == "2026-01-05T01:00:00Z"
    (early, _) = options_asked_for(INSTANCE, "t", before=moment)
    assert "not_before" not in early
    assert early["not_after"] == "2026-01-05T01:00:00Z"


@pytest.mark.parametrize(
    ("task", "pool", "message"),
    [
        ("z", None, "there is no task 'z'; known are t"),
        ("t", "c", "has no such option; it has"),
        ("t", "a", "lacks the label 'eu'"),
    ],
)
def test_what_cannot_be(task: str, pool: str | None, message: str) -> None:
    """Tasks and options that are not there, and those that are not allowed, with the reason."""
    with pytest.raises(UsageError, match=message):
        options_asked_for(INSTANCE, task, pool=pool)


def test_windows_of_options_hold() -> None:
    """An option starts within its own window alone; the options that cannot start then are left out."""
    hours = {"a": ("00", "01"), "b": ("02", "03")}
    options = [
        {
            "id": id,
            "pool": id,
            "duration": "1h",
            "not_before": f"2026-01-05T{low}:00Z",
            "not_after": f"2026-01-05T{high}:00Z",
        }
        for id, (low, high) in hours.items()
    ]
    instance = validate({**INSTANCE.document(), "tasks": [{"id": "t", "options": options}]})
    moment = units.instant("2026-01-05T02:00Z")
    (one,) = options_asked_for(instance, "t", start=moment)
    assert (one["id"], one["not_before"], one["not_after"]) == ("b", "2026-01-05T02:00:00Z", "2026-01-05T02:00:00Z")
    with pytest.raises(UsageError, match="'t' may not start then: b starts from 2026-01-05T02:00:00Z to 2026-01-05T03"):
        options_asked_for(instance, "t", option="b", before=units.instant("2026-01-05T01:00Z"))


def test_the_option_of_a_task_that_has_begun_stays() -> None:
    """Its segments so far ran in it."""
    options = [{"id": id, "pool": "a", "uses": {"gpu": 1}, "duration": "2h"} for id in ("x", "y")]
    begun = {"id": "t", "options": options, "segments": {"begun": {"option": "x", "left": "1h"}}}
    instance = validate({**INSTANCE.document(), "tasks": [begun]})
    assert [each["id"] for each in options_asked_for(instance, "t", option="x")] == ["x"]
    with pytest.raises(UsageError, match="'t' has begun in 'x'"):
        options_asked_for(instance, "t", option="y")
