"""Series over time as one exact value per slot, and the days of a horizon."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from leptonopt.compile.calendar import calendar_windows, least_by_slot, mean_by_slot, pieces, zero_series
from leptonopt.instance import Maintenance, Series, Time


def time(start: str = "2026-01-05T00:00Z", slot: str = "1h", horizon: str = "4h", zone: str = "UTC") -> Time:
    """Return a time grid."""
    return Time.model_validate({"start": start, "slot": slot, "horizon": horizon, "zone": zone})


def series(stated: Any) -> Series:
    """Return a series."""
    return Series.model_validate(stated)


@pytest.mark.parametrize(
    ("stated", "found"),
    [
        (3, [(0, 14_400, 3)]),
        (
            {"steps": {"2026-01-04T00:00Z": 1, "2026-01-05T01:30Z": 2, "2026-01-06T00:00Z": 9}},
            [(0, 5400, 1), (5400, 14_400, 2)],
        ),
        ({"daily": {"02:00": 1, "03:00": 2}}, [(0, 7200, 2), (7200, 10_800, 1), (10_800, 14_400, 2)]),
        ({"weekly": {"mon 01:00": 5, "sun 00:00": 7}}, [(0, 3600, 7), (3600, 14_400, 5)]),
    ],
)
def test_pieces(stated: Any, found: list[tuple[int, int, int]]) -> None:
    """Half-open and without gaps; before the first key of a day or week its last one holds."""
    assert pieces(series(stated), time()) == found


def test_daily_series_follow_the_wall_clock() -> None:
    """In the hour that is skipped in spring the key within it holds at once; 08:00 comes an hour sooner in UTC."""
    grid = time("2026-03-28T23:00Z", horizon="24h", zone="Europe/Berlin")  # midnight of the day of the change
    found = mean_by_slot(series({"daily": {"00:00": 1, "08:00": 2}}), grid)
    assert found.index(2) == 7
    assert found == [1] * 7 + [2] * 16 + [1]


def test_means_are_weighted_by_time() -> None:
    """A change within a slot: a third of an hour at 1, two thirds at 4."""
    assert mean_by_slot(series({"daily": {"00:00": 1, "00:20": 4}}), time(horizon="2h")) == [3, 4]
    assert mean_by_slot(series(Decimal("0.1")), time(horizon="2h")) == [Fraction(1, 10)] * 2


def test_capacities_count_with_their_least_value() -> None:
    """Over a slot, and less maintenance; unlimited ones are None."""
    window = Maintenance.model_validate(
        {"from": "2026-01-05T01:59Z", "to": "2026-01-05T02:01Z", "capacity": {"gpu": 1}}
    )
    closed = Maintenance.model_validate({"from": "2026-01-04T00:00Z", "to": "2026-01-05T00:30Z"})
    stated = series({"daily": {"00:00": 4, "03:30": 2}})
    assert least_by_slot(stated, [], "gpu", time()) == [4, 4, 4, 2]
    assert least_by_slot(stated, [window, closed], "gpu", time()) == [0, 1, 1, 2]
    assert least_by_slot(stated, [window], "cpu", time()) == [4, 4, 4, 2]
    assert least_by_slot(series("unlimited"), [window], "gpu", time()) == [None, 1, 1, None]


def test_zero() -> None:
    """A zero for each slot."""
    assert zero_series(time()) == [0, 0, 0, 0]


@pytest.mark.parametrize(
    ("grid", "days"),
    [
        (time(horizon="2d"), [(0, 23), (24, 47)]),
        (time("2026-01-05T22:00Z"), [(0, 1), (2, 3)]),
        (time("2026-01-05T22:00Z", zone="Europe/Berlin"), [(0, 0), (1, 3)]),
        (time("2026-03-28T23:00Z", horizon="2d", zone="Europe/Berlin"), [(0, 22), (23, 46), (47, 47)]),
    ],
)
def test_days(grid: Time, days: list[tuple[int, int]]) -> None:
    """First and last slot of each local date; a day of the change has 23 hours."""
    assert calendar_windows(grid, "day") == days


@pytest.mark.parametrize(
    ("period", "windows"),
    [
        ("week", [(0, 1), (2, 7)]),
        ("month", [(0, 3), (4, 7)]),
        ("quarter", [(0, 3), (4, 7)]),
        ("year", [(0, 7)]),
    ],
)
def test_calendar_periods(period: str, windows: list[tuple[int, int]]) -> None:
    """Weeks begin on Monday (30 March 2026), months and quarters on their first (1 April)."""
    grid = time("2026-03-28T00:00Z", horizon="8d", slot="1d")
    assert calendar_windows(grid, period) == windows


def test_only_the_period_itself_must_begin_on_a_slot() -> None:
    """Days begin within slots of 36 hours; the month does not."""
    grid = time("2026-01-30T00:00Z", horizon="6d", slot="48h")
    assert calendar_windows(grid, "month") == [(0, 0), (1, 2)]


def test_days_that_begin_within_a_slot_are_refused() -> None:
    """A slot would belong to two days."""
    with pytest.raises(ValueError, match="begins within a slot"):
        calendar_windows(time("2026-01-05T22:30Z"), "day")


def test_a_date_that_comes_twice_is_refused() -> None:
    """Where the clock goes back over midnight."""
    with pytest.raises(ValueError, match="the clock goes back over midnight"):
        calendar_windows(time("2010-11-06T00:00Z", horizon="3d", zone="America/St_Johns", slot="1m"), "day")
