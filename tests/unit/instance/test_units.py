"""Texts of numbers, durations and instants, exact both ways."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest

from leptonopt.instance import units


@pytest.mark.parametrize(
    ("value", "exact"), [(4, "4"), (0.1, "0.1"), (Decimal("2.50"), "2.50"), (-(10**12), "-1000000000000")]
)
def test_amounts_are_exact(value: object, exact: str) -> None:
    """A float is taken by its shortest text."""
    assert str(units.amount(value)) == exact


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (True, "True is not a number"),
        ("4", "'4' is not a number"),
        (float("nan"), "nan is not a finite number"),
        (10**12 + 1, "is too large"),
        (1e-10, "has too many decimals; at most 9"),
    ],
)
def test_what_is_no_amount(value: object, said: str) -> None:
    """The error shows the value and what is allowed."""
    with pytest.raises(ValueError, match=said):
        units.amount(value)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("45s", 45), ("90m", 5400), ("1h30m", 5400), ("1.5h", 5400), ("2 d1 min", 172_860), ("1w", 604_800), ("0s", 0)],
)
def test_durations(text: str, seconds: int) -> None:
    """All units, decimals where they are whole seconds, and the inverse."""
    assert units.duration(text) == seconds
    assert units.duration(units.duration_text(seconds)) == seconds


def test_durations_of_python() -> None:
    """Whole seconds of a timedelta."""
    assert units.duration(timedelta(hours=1, seconds=1)) == 3601
    with pytest.raises(ValueError, match="is not a whole number of seconds"):
        units.duration(timedelta(milliseconds=1))


@pytest.mark.parametrize("value", ["", "1", "h", "-1h", "1h x", 60, None, "1h" * 30, "101y", "40000d", "0.5s"])
def test_what_is_no_duration(value: object) -> None:
    """Numbers without a unit, other words, too long a time, parts of a second."""
    with pytest.raises(ValueError, match=r"not a duration|out of range|whole number of seconds"):
        units.duration(value)


@pytest.mark.parametrize(
    "value",
    [
        "2026-11-23T09:00+01:00",
        "2026-11-23 08:00:00Z",
        "2026-11-23t08:00z",
        datetime(2026, 11, 23, 8, tzinfo=UTC),
        datetime(2026, 11, 23, 3, tzinfo=timezone(timedelta(hours=-5))),
    ],
)
def test_instants_are_in_utc(value: object) -> None:
    """Whatever the offset, and back to one text."""
    assert units.instant_text(units.instant(value)) == "2026-11-23T08:00:00Z"


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("2026-11-23T09:00", "has no offset from UTC"),
        ("2026-11-31T09:00Z", "is not an instant"),
        ("2026-11-23", "is not an instant"),
        (5, "is not an instant"),
        (datetime(2026, 1, 1), "has no offset"),
        (datetime(2026, 1, 1, microsecond=1, tzinfo=UTC), "is not on a whole second"),
        ("0001-01-01T00:00+01:00", "is out of range"),
    ],
)
def test_what_is_no_instant(value: object, said: str) -> None:
    """The error shows the value."""
    with pytest.raises(ValueError, match=said):
        units.instant(value)


def test_seconds_between_instants() -> None:
    """From the earlier to the later one."""
    assert units.seconds(units.instant("2026-01-01T01:00Z"), units.instant("2026-01-01T00:00+01:00")) == 7200


@pytest.mark.parametrize(
    ("read", "write", "text", "minutes"),
    [
        (units.clock, units.clock_text, "00:00", 0),
        (units.clock, units.clock_text, "23:59", 1439),
        (units.week_clock, units.week_clock_text, "mon 00:00", 0),
        (units.week_clock, units.week_clock_text, "sun 23:59", 10_079),
    ],
)
def test_clocks(read: Callable[[object], int], write: Callable[[int], str], text: str, minutes: int) -> None:
    """Minutes since midnight, of the day or of Monday, and back."""
    assert (read(text), write(minutes)) == (minutes, text)


@pytest.mark.parametrize("value", ["24:00", "12:60", "1:00", "١٢:00", 5, None])
def test_what_is_no_clock(value: object) -> None:
    """Two digits each, of ASCII."""
    with pytest.raises(ValueError, match="is not a time of day"):
        units.clock(value)
    with pytest.raises(ValueError, match="is not a time of the week"):
        units.week_clock(f"mon {value}")
    with pytest.raises(ValueError, match="is not a time of the week"):
        units.week_clock(value)
