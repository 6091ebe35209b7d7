"""The checker's reading of time: slots, series, and the wall clock."""

from __future__ import annotations

from fractions import Fraction
from types import SimpleNamespace

import pytest

from leptonopt.verify.exact import Malformed
from leptonopt.verify.timeline import Timeline, stated_numbers

DAY = {"start": "2026-03-28T12:00:00Z", "slot": "1h", "horizon": "48h", "zone": "Europe/Berlin"}


def test_slots_and_seconds() -> None:
    """The horizon has whole slots; instants count from its start."""
    time = Timeline({"start": "2026-01-01T00:00:00Z", "slot": "30m", "horizon": "2h"})
    assert (time.slots, time.hours, time.second("2026-01-01T01:00:00Z")) == (4, Fraction(1, 2), 3600)
    assert time.shown(3) == "2026-01-01T01:30:00Z"


def test_too_many_slots_are_refused() -> None:
    """Nobody has validated the instance: the number of slots is limited."""
    with pytest.raises(Malformed, match="200,000 slots"):
        Timeline({"start": "2026-01-01T00:00:00Z", "slot": "1s", "horizon": "100d"})


def test_means_weigh_by_time_within_a_slot() -> None:
    """A step in the middle of a slot gives the mean of both values."""
    time = Timeline({"start": "2026-01-01T00:00:00Z", "slot": "1h", "horizon": "2h"})
    series = {"steps": {"2026-01-01T00:00:00Z": 1, "2026-01-01T01:30:00Z": 4}}
    assert time.means(series) == [1, Fraction(5, 2)]
    assert stated_numbers(series) == [1, 4]


def test_the_lowest_value_and_maintenance() -> None:
    """The lowest value of a slot counts; a window of maintenance leaves what it states, else nothing."""
    time = Timeline({"start": "2026-01-01T00:00:00Z", "slot": "1h", "horizon": "3h"})
    first = {"from": "2026-01-01T00:30:00Z", "to": "2026-01-01T01:00:00Z"}
    second = {"from": "2026-01-01T02:00:00Z", "to": "2026-01-01T03:00:00Z", "capacity": {"gpu": 5}}
    assert time.lowest(8, [first, second], "gpu") == [0, 8, 5]
    assert time.lowest("unlimited", [], "gpu") == [None, None, None]


def test_the_clock_is_moved_in_spring() -> None:
    """In Berlin clocks go from 02:00 to 03:00 on 29 March 2026, which is 01:00 UTC; that day has 23 hours."""
    time = Timeline(DAY)
    assert time.shifts() == [13 * 3600]
    assert time.periods("day") == [(0, 11), (11, 34), (34, 48)]
    assert time.means({"daily": {"00:00": 1, "08:00": 2}})[10:19] == [2, 1, 1, 1, 1, 1, 1, 1, 2]


def test_windows_of_options() -> None:
    """Seconds too early and too late; the instants themselves are allowed."""
    time = Timeline({"start": "2026-01-01T00:00:00Z", "slot": "1h", "horizon": "3h"})
    option = SimpleNamespace(not_before="2026-01-01T01:00:00Z", not_after="2026-01-01T02:00:00Z")
    assert [list(time.out_of_window(option, second)) for second in (3600, 7200)] == [[], []]
    assert list(time.out_of_window(option, 3599)) == ["starts 1 s before `not_before` of its option"]
    assert list(time.out_of_window(option, 7202)) == ["starts 2 s after `not_after` of its option"]
