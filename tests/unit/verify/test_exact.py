"""Numbers, instants and durations of documents, read exactly; findings of the checker."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from leptonopt.verify.exact import (
    BROKEN,
    Findings,
    Malformed,
    broken,
    duration,
    exact,
    fraction,
    instant,
    near,
    shown,
    whole,
)


@pytest.mark.parametrize(("value", "found"), [(3, 3), (0.1, Fraction(1, 10)), (Decimal("2.50"), Fraction(5, 2))])
def test_numbers(value: Any, found: Fraction | int) -> None:
    """A float by its shortest text."""
    assert exact(value) == found


@pytest.mark.parametrize(
    ("read", "value"),
    [
        (exact, True),
        (exact, "1"),
        (exact, Decimal("NaN")),
        (exact, Decimal("1e101")),
        (lambda value: fraction(value, "x"), "1/0"),
        (lambda value: fraction(value, "x"), "1e5"),
        (lambda value: whole(value, "x"), 0),
        (lambda value: whole(value, "x"), 1.0),
        (instant, 5),
        (instant, "2026-01-05T00:00:00"),
        (instant, "soon"),
        (duration, "5"),
        (duration, 5),
        (duration, ""),
    ],
)
def test_what_is_malformed(read: Callable[[Any], Any], value: Any) -> None:
    """Each is refused in words."""
    with pytest.raises(Malformed):
        read(value)


def test_texts_of_fractions() -> None:
    """Quotients and decimals; numbers as they are."""
    assert (fraction("1/3", "x"), fraction("-2.5", "x"), fraction(4, "x")) == (Fraction(1, 3), Fraction(-5, 2), 4)
    assert whole(7, "x") == 7


def test_moments_and_durations() -> None:
    """In UTC, and in seconds."""
    assert instant("2026-01-05t01:00+01:00").isoformat() == "2026-01-05T00:00:00+00:00"
    assert (duration("1h30m"), duration("1.5 min"), duration("2d")) == (5400, 90, 172_800)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Fraction(3), "3"),
        (Fraction(5, 2), "2.5"),
        (Fraction(1, 3), "0.333333"),
        (Fraction(10**13 + 1, 3), f"{10**13 + 1}/3"),
    ],
)
def test_numbers_for_people(value: Fraction, text: str) -> None:
    """Decimals where they are short."""
    assert shown(value) == text


def test_rounding_is_forgiven() -> None:
    """Six decimals, or fifteen digits."""
    assert near(Fraction("0.333333"), Fraction(1, 3))
    assert not near(Fraction("0.33333"), Fraction(1, 3))
    assert near(Fraction(10**20 + 1), Fraction(10**20))


def test_findings_are_counted_beyond_what_is_shown() -> None:
    """With a note."""
    findings = Findings()
    for at in range(Findings.SHOWN + 3):
        findings.say("cost", f"line {at}", "is wrong", Fraction(1, 2))
    assert len(findings.found) == Findings.SHOWN
    assert (findings.found[0].message, findings.found[0].amount) == ("line 0: is wrong", "0.5")
    assert findings.notes() == ("3 more violations are not listed",)


@pytest.mark.parametrize(
    ("stated", "true", "wrong"),
    [(1.0, Fraction(1), 0), (2, Fraction(1), 1), (None, None, 0), (None, Fraction(1), 1), (1, None, 1)],
)
def test_stated_numbers_against_true_ones(stated: Any, true: Fraction | None, wrong: int) -> None:
    """Also where one is missing."""
    findings = Findings()
    findings.same("bill", "x", stated, true)
    assert len(findings.found) == wrong


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (KeyError("a"), "'a' is missing"),
        (Malformed("bad"), "bad"),
        (RecursionError(), "nested too deeply"),
        (TypeError("t"), "of another kind"),
        (ZeroDivisionError("z"), "no arithmetic"),
    ],
)
def test_broken_documents_in_words(error: Exception, text: str) -> None:
    """Whatever reading them raised."""
    assert isinstance(error, (*BROKEN, Malformed))
    assert text in broken(error)
