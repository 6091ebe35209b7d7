"""The checker's rules for segments: each is broken alone, and found by name."""

from __future__ import annotations

import copy
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import pytest

import leptonopt
from leptonopt.verify import uncoupled, verify
from leptonopt.verify.segments import cut_of
from leptonopt.verify.stated_options import StatedOption

DOCUMENT: dict[str, Any] = {
    "time": {"start": "2026-01-05T00:00Z", "slot": "1h", "horizon": "8h"},
    "pools": [
        {
            "id": "a",
            "capacity": {"gpu": 2},
            "price": {"gpu": {"steps": {"2026-01-05T00:00Z": 1, "2026-01-05T02:00Z": 9, "2026-01-05T05:00Z": 1}}},
        },
        {"id": "b", "capacity": {"gpu": 2}, "price": {"gpu": 5}},
    ],
    "tasks": [
        {
            "id": "cut",
            "segments": {"most": 2, "shortest": "2h", "restart": "30m", "cost": 1},
            "due": "2026-01-05T04:00Z",
            "late_cost": 1,
            "options": [
                {"id": "one", "pool": "a", "uses": {"gpu": 1}, "duration": "4h"},
                {"id": "two", "pool": "a", "uses": {"gpu": 2}, "duration": "4h"},
                {"id": "far", "pool": "b", "uses": {"gpu": 1}, "duration": "4h"},
            ],
        },
        {"id": "whole", "after": ["cut"], "options": [{"id": "end", "pool": "a", "duration": "0s"}]},
    ],
}


def no_way(name: Any) -> StatedOption | None:
    """Return no option."""
    return None


@pytest.fixture(scope="module")
def plan() -> dict[str, Any]:
    """Return the least plan: two hours, a pause of three dear ones, and three hours with the restart."""
    result = leptonopt.solve(DOCUMENT, method="cpsat", time_limit=20, isolate=False)
    assert str(result.status) == "optimal"
    return result.document


def rules(changed: dict[str, Any]) -> set[str]:
    """Return the rules that a plan breaks."""
    return {violation.rule for violation in verify(DOCUMENT, changed).violations}


def test_the_plan_is_kept(plan: dict[str, Any]) -> None:
    """The plan has two segments with their shares, and lateness with the last alone."""
    first, last = plan["tasks"][:2]
    assert [(line["segment"], line["work"]) for line in (first, last)] == [(1, 0.5), (2, 0.625)]
    assert "late_hours" not in first
    assert last["late_hours"] == 4
    assert plan["cost"] == 2 + 3 + 1 + 4
    assert plan["bill"]["pools"][0]["tasks"] == 2
    assert rules(plan) == set()


def _shift(line: dict[str, Any], key: str, hour: int) -> None:
    line[key] = f"2026-01-05T0{hour}:00Z"


BROKEN: dict[str, Callable[[list[dict[str, Any]]], Any]] = {
    "a segment is missing": lambda lines: lines.pop(1),
    "numbers do not follow": lambda lines: lines[1].update(segment=3),
    "a number twice": lambda lines: lines[1].update(segment=1),
    "no number": lambda lines: lines[1].pop("segment"),
    "copies of a segment": lambda lines: lines[1].update(copies=2),
    "another share": lambda lines: lines[1].update(work=0.7),
    "too short": lambda lines: _shift(lines[1], "start", 7),
    "too long": lambda lines: _shift(lines[0], "end", 5),
    "before the one before ends": lambda lines: _shift(lines[1], "start", 1),
    "on another pool": lambda lines: lines[1].update(option="far", pool="b"),
    "other amounts": lambda lines: lines[1].update(option="two", uses={"gpu": 2}),
    "a whole task in segments": lambda lines: lines[2].update(segment=1, work=1),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_rule_is_found(name: str, plan: dict[str, Any]) -> None:
    """A plan with one thing wrong about its segments breaks the rule of segments."""
    changed = copy.deepcopy(plan)
    BROKEN[name](changed["tasks"])
    assert "segments" in rules(changed)


def test_one_segment_too_many(plan: dict[str, Any]) -> None:
    """A third segment is more than the two allowed."""
    changed = copy.deepcopy(plan)
    changed["tasks"].append({**changed["tasks"][1], "segment": 3})
    assert "segments" in rules(changed)


def test_defaults() -> None:
    """`true` stands for the defaults; one segment, or none stated, is a whole task."""
    cut = cut_of({"segments": True, "checkpoint": {"restart": "5m"}}, 3600, no_way)
    assert cut is not None
    assert (cut.most, cut.shortest, cut.restart, cut.cost, cut.move, cut.resize) == (4, 3600, 300, 0, False, False)
    stated = cut_of({"segments": {"restart": "0s", "cost": 0.5}, "checkpoint": {"restart": "5m"}}, 3600, no_way)
    assert stated is not None
    assert (stated.restart, stated.cost) == (0, Fraction(1, 2))
    assert cut_of({"segments": {"most": 1}}, 3600, no_way) is None
    assert cut_of({}, 3600, no_way) is None


def test_not_uncoupled() -> None:
    """Tasks that may be cut do not count as uncoupled."""
    assert not uncoupled(DOCUMENT)


def begun(**said: Any) -> dict[str, Any]:
    """Return the document where the task has begun in `one`."""
    made = copy.deepcopy(DOCUMENT)
    made["tasks"][0]["segments"]["begun"] = {"option": "one", "left": "2h", **said}
    return made


def test_what_has_begun_is_checked() -> None:
    """A run goes on for nothing; a plan of it is none where it pauses, is elsewhere, or has more work left."""
    document = begun()
    found = leptonopt.solve(document, method="cpsat", time_limit=20, isolate=False).document
    (line,) = found["tasks"][:-1]
    assert (line["start"], line["end"], line["work"]) == ("2026-01-05T00:00:00Z", "2026-01-05T02:00:00Z", 0.5)
    assert verify(document, found).ok
    broken = {
        "paused": begun(paused=True), "further": begun(left="3h"), "elsewhere": begun(option="far"),
        "longer": begun(shortest="3h", left="4h"),
    }  # fmt: skip
    for changed in broken.values():
        assert "segments" in {violation.rule for violation in verify(changed, found, any_instance=True).violations}
