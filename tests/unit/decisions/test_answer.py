"""Intervals and answers; the difference contains what brute force finds."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from leptonopt import solve
from leptonopt.decisions.answer import Interval, answered
from leptonopt.instance import edits


@pytest.mark.parametrize(
    ("interval", "text"),
    [
        (Interval(Fraction(1), Fraction(1)), "+1 USD, exactly"),
        (Interval(Fraction(1, 2), Fraction(3)), "+0.5 to +3 USD"),
        (Interval(None, Fraction(-3)), "at most -3 USD"),
        (Interval(Fraction(2), None), "at least +2 USD"),
        (Interval(None, None), "not known"),
    ],
)
def test_in_words(interval: Interval, text: str) -> None:
    """Both ends, one, or none."""
    assert interval.text("USD", signed=True) == text


def test_differences_are_safe() -> None:
    """The least less the largest, the largest less the least."""
    difference = Interval(Fraction(4), Fraction(6)) - Interval(Fraction(1), Fraction(3))
    assert (difference.low, difference.high) == (1, 5)
    assert (Interval(Fraction(4), None) - Interval(Fraction(1), None)).low is None


@pytest.mark.parametrize(
    ("order", "spans"), [(1, ("2-5", "3-5", "0-3")), (-1, ("3-6", "3-5", "0-3")), (0, ("2-6", "3-5", "-3-3"))]
)
def test_what_is_restricted_costs_no_less(order: int, spans: tuple[str, ...]) -> None:
    """A plan after a restriction is one before it, so that its cost and the bound before hold on both sides."""
    before, after = ({"cost_exact": cost, "bound_exact": bound} for cost, bound in (("6", "2"), ("5", "3")))
    rest = {"status": "feasible", "tasks": [], "currency": "USD"}
    answer = answered({**rest, **before}, {**rest, **after}, saved=order < 0, order=order)
    found = (answer.before, answer.after, answer.difference)
    assert tuple(f"{each.low}-{each.high}" for each in found) == spans
    none = answered({**rest, **before}, {**rest, "cost_exact": None, "bound_exact": None}, order=order)
    assert none.after.high == (6 if order < 0 else None)


def instance(gpus: int) -> dict[str, Any]:
    """Return three tasks of an hour; own devices are free, others cost 5 an hour."""
    option = {"uses": {"gpu": 1}, "duration": "1h"}
    return {
        "time": {"start": "2026-01-05T00:00Z", "slot": "1h", "horizon": "1h"},
        "pools": [
            {"id": "own", "capacity": {"gpu": gpus}},
            {"id": "rent", "capacity": {"gpu": 9}, "price": {"gpu": 5}},
        ],
        "tasks": [{"id": name, "options": [{"pool": pool, **option} for pool in ("own", "rent")]} for name in "xyz"],
    }


@pytest.mark.parametrize("lost", [1, 2, 3])
def test_what_a_loss_costs(lost: int) -> None:
    """Each device that is lost moves one task, at five; least changes are made."""
    before = solve(instance(3), threads=1, time_limit=10).document
    changed = edits.with_loss(instance(3), f"own.gpu={lost}")
    after = solve(changed, threads=1, time_limit=10, warm_start=before).document
    answer = answered(before, after)
    assert (answer.difference.low, answer.difference.high) == (5 * lost, 5 * lost)
    assert len(answer.moved) == lost
    assert all(each.difference == 5 for each in answer.moved)


def test_copies_are_interchangeable() -> None:
    """Copies that exchange their places do not move; those that do are dearest first."""
    line = {"id": "a", "option": "p", "pool": "p", "start": "t", "end": "u", "cost": 2, "copy": 1, "copies": 2}
    other = {**line, "pool": "q", "option": "q", "copy": 3, "copies": 1, "cost": 5}
    after = [
        {**other, "copy": 1},
        {**line, "copy": 2, "copies": 1},
        {"id": "b", **{key: line[key] for key in line if key not in ("id", "copy", "copies")}},
    ]
    found = answered({"tasks": [line, other]}, {"tasks": after, "status": "optimal"})
    assert [(change.task, change.what, change.copies, change.difference) for change in found.moved] == [
        ("b", "new", 1, 2), ("a", "gone", 1, -2),
    ]  # fmt: skip
