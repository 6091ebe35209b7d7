"""Inline SVG over a time axis."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree
from zoneinfo import ZoneInfo

import pytest

from leptonopt.plan.svg import LEFT, MOST_TICKS, RIGHT, WIDTH, TimeScale, axis, drawing, line_path, steps_path, text

START = datetime(2026, 3, 28, tzinfo=UTC)


def scale(hours: float, zone: str = "UTC") -> TimeScale:
    """Return a scale over so many hours."""
    return TimeScale(START, START + timedelta(hours=hours), ZoneInfo(zone))


def test_places() -> None:
    """The span fills the room between the names and the right edge; instants outside are at the edges."""
    found = scale(10)
    assert [found.x(START + timedelta(hours=at)) for at in (-5, 0, 10, 20)] == [
        LEFT,
        LEFT,
        WIDTH - RIGHT,
        WIDTH - RIGHT,
    ]


@pytest.mark.parametrize("hours", [0.01, 1, 7, 48, 24 * 30, 24 * 400, 24 * 365 * 5000])
def test_there_are_few_ticks_within_the_span(hours: float) -> None:
    """From half a minute to millennia."""
    found = scale(hours)
    ticks = found.ticks()
    assert len(ticks) <= MOST_TICKS + 1
    assert all(found.begin <= at <= found.end for at, _ in ticks)


def test_ticks_follow_the_clock_of_the_zone() -> None:
    """Midnight has the date also on the day when clocks jump."""
    found = scale(72, "Europe/Madrid").ticks()
    midnights = [at.isoformat()[:16] for at, label in found if ":" not in label]
    assert midnights == ["2026-03-28T23:00", "2026-03-29T22:00", "2026-03-30T22:00"]
    assert found[0][1] == "28 Mar 06:00"


def test_steps() -> None:
    """An area goes down to its floor, a line does not."""
    found, edges = scale(10), [START, START + timedelta(hours=5), START + timedelta(hours=10)]
    assert steps_path(found, edges, [1, 2], 9) == "M190.0 9V1H589.0V2H988.0V9Z"
    assert line_path(found, edges, [1, 2]) == "M190.0 1V1H589.0V2H988.0"
    assert steps_path(found, [], [], 9) == line_path(found, [], []) == ""


def test_drawings_are_well_formed() -> None:
    """Names of users are escaped."""
    found = drawing(10, axis(scale(24), 0, 5) + text(0, 0, "<a&b>", 10), 'a "label"')
    tree = ElementTree.fromstring(found)
    assert "<a&b>" in [each.text for each in tree.iter("{http://www.w3.org/2000/svg}text")]
