"""Daily and weekly series and local dates by instant, in zones whose clocks jump; solver and checker, two codes."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

import pytest

import leptonopt
from leptonopt.compile.calendar import calendar_windows, least_by_slot, mean_by_slot
from leptonopt.errors import InstanceError
from leptonopt.instance import Series, Time, validate
from leptonopt.verify import verify
from leptonopt.verify.exact import Malformed
from leptonopt.verify.instance_reader import StatedInstance

WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
ZONES = [
    "Europe/Berlin",
    "America/New_York",
    "America/St_Johns",  # half an hour off; once changed a minute after midnight
    "Australia/Lord_Howe",  # moves by half an hour
    "Pacific/Apia",  # left a whole day out in 2011
    "America/Sao_Paulo",  # moved at midnight
    "Africa/Cairo",  # moves at midnight
    "Africa/Casablanca",  # back during Ramadan
    "Antarctica/Troll",  # moves by two hours
    "Asia/Kathmandu",
]
YEARS = (1993, 2005, 2010, 2011, 2018, 2026)


@cache
def changes(zone: str) -> list[datetime]:
    """Hours before which the clock of a zone was moved, or the beginnings of years where it never was."""
    found, where = [], ZoneInfo(zone)
    for year in YEARS:
        first = datetime(year, 1, 1, tzinfo=UTC)
        hours = [first + timedelta(hours=hour) for hour in range(365 * 24)]
        offsets = [hour.astimezone(where).utcoffset() for hour in hours]
        found += [hour for hour, old, new in zip(hours[1:], offsets, offsets[1:], strict=False) if old != new]
    return found or [datetime(year, 1, 1, tzinfo=UTC) for year in YEARS]


def by_minute(table: dict[str, int], time: dict[str, Any], slots: int, slot: int) -> list[list[int]]:
    """The values in each slot, minute by minute, as the documentation says."""
    keys = sorted(
        (int(key[-5:-3]) * 60 + int(key[-2:]) + (1440 * WEEK.index(key[:3]) if " " in key else 0), value)
        for key, value in table.items()
    )
    weekly = any(" " in key for key in table)
    begin, zone = datetime.fromisoformat(time["start"]), ZoneInfo(time["zone"])
    found: list[list[int]] = []
    for minute in range(slots * slot):
        if minute % slot == 0:
            found.append([])
        wall = (begin + timedelta(minutes=minute)).astimezone(zone)
        now = wall.hour * 60 + wall.minute + (1440 * wall.weekday() if weekly else 0)
        found[-1].append(([value for key, value in keys if key <= now] or [keys[-1][1]])[-1])
    return found


def cases(count: int) -> Iterator[tuple[dict[str, Any], dict[str, Any], list[list[int]]]]:
    """A time grid about a change of the clock, a series, and its values by slot."""
    rng = random.Random(19)
    for number in range(count):
        zone = ZONES[number % len(ZONES)]
        begin = rng.choice(changes(zone)) - timedelta(minutes=rng.randrange(3000))
        slot, slots = rng.choice([7, 13, 30, 60, 90]), rng.randrange(1, 90)
        clocks = [f"{minute // 60:02}:{minute % 60:02}" for minute in rng.sample(range(1440), rng.randrange(1, 6))]
        clocks = rng.choice([clocks, [*clocks, "02:30"], ["00:00", "01:00", "02:00", "03:00", "23:30"]])
        weekly = rng.random() < 0.4
        keys = [f"{rng.choice(WEEK)} {clock}" for clock in clocks] if weekly else clocks
        table = {key: rng.randrange(9) for key in keys}
        time = {"start": begin.isoformat(), "slot": f"{slot}m", "horizon": f"{slot * slots}m", "zone": zone}
        yield time, {"weekly" if weekly else "daily": table}, by_minute(table, time, slots, slot)


def test_a_series_has_at_each_instant_the_value_of_the_wall_clock() -> None:
    """Means and least values by slot, of solver and checker, against the clock read minute by minute."""
    for time, series, values in cases(60):
        means = [Fraction(sum(slot), len(slot)) for slot in values]
        grid, stated = Time.model_validate(time), StatedInstance({"time": time, "pools": [], "tasks": []})
        assert mean_by_slot(Series.model_validate(series), grid) == means, (time, series)
        assert stated.means(series) == means, (time, series)
        least = [min(slot) for slot in values]
        assert least_by_slot(Series.model_validate(series), (), "", grid) == least, (time, series)


def test_a_day_is_all_instants_of_one_date() -> None:
    """Windows of quotas per day: solver and checker cut the horizon where the date changes, or both refuse."""
    refused = 0
    for zone in ZONES:
        for change in changes(zone)[:8]:
            begin = change - timedelta(hours=30)
            time = {"start": begin.isoformat(), "slot": "30m", "horizon": "72h", "zone": zone}
            dates = [(begin + timedelta(minutes=minute)).astimezone(ZoneInfo(zone)).date() for minute in range(72 * 60)]
            slots = [dates[at : at + 30] for at in range(0, len(dates), 30)]
            order = [date for at, date in enumerate(dates) if at == 0 or date != dates[at - 1]]
            stated = StatedInstance({"time": time, "pools": [], "tasks": []})
            if any(len(set(slot)) > 1 for slot in slots) or len(set(order)) < len(order):
                refused += 1
                with pytest.raises(ValueError, match=r"begins within a slot|comes twice"):
                    calendar_windows(Time.model_validate(time), "day")
                with pytest.raises(Malformed, match=r"begins within the slot|comes twice"):
                    stated.periods("day")
                continue
            cuts = [at for at, slot in enumerate(slots) if at == 0 or slot[0] != slots[at - 1][0]]
            windows = list(zip(cuts, [*cuts[1:], len(slots)], strict=True))
            assert [(low, high + 1) for low, high in calendar_windows(Time.model_validate(time), "day")] == windows
            assert stated.periods("day") == windows
    assert refused  # St John's, where the clock once went back over midnight


def instance(**changed: Any) -> dict[str, Any]:
    """One unit at a price that changes, and a task of some hours."""
    return {
        "time": {"start": "2026-03-28T23:00Z", "slot": "1h", "horizon": "8h", "zone": "Europe/Berlin"},
        "pools": [{"id": "p", "capacity": {"gpu": 1}, "price": {"gpu": 1}}],
        "tasks": [{"id": "t", "options": [{"pool": "p", "uses": {"gpu": 1}, "duration": "8h"}]}],
    } | changed


def cost_of(document: dict[str, Any]) -> Fraction:
    """The cost of the best plan, which the checker has to agree with."""
    result = leptonopt.solve(document, method="cpsat", isolate=False)
    assert result.status == "optimal"
    assert verify(document, result.document).ok
    return result.require_plan().cost


@pytest.mark.parametrize(
    ("price", "cost"),
    [
        # 00:00 01:00 | 03:00 04:00 05:00 06:00 07:00 08:00 on the wall clock of a day of 23 hours
        ({"00:00": 1, "01:00": 2, "02:00": 4, "03:00": 8, "07:00": 16}, 1 + 2 + 4 * 8 + 2 * 16),
        ({"00:00": 1, "02:30": 100, "03:00": 2, "07:00": 3}, 2 * 1 + 4 * 2 + 2 * 3),
        ({"00:00": 1, "02:30": 100, "07:00": 3}, 2 * 1 + 4 * 100 + 2 * 3),
        ({"02:30": 100, "07:00": 3}, 2 * 3 + 4 * 100 + 2 * 3),
    ],
)
def test_keys_in_and_about_the_hour_that_is_skipped(price: dict[str, int], cost: int) -> None:
    """Each wall-clock hour that exists pays its own key; a key of the skipped hour holds from the change on."""
    pool = {"id": "p", "capacity": {"gpu": 1}, "price": {"gpu": {"daily": price}}}
    assert cost_of(instance(pools=[pool])) == cost


def test_the_hour_that_comes_twice_has_its_price_twice() -> None:
    """Autumn: 01:00 02:00 02:00 03:00, each by what the clock shows."""
    pool = {"id": "p", "capacity": {"gpu": 1}, "price": {"gpu": {"daily": {"01:00": 1, "02:00": 10, "03:00": 100}}}}
    time = {"start": "2026-10-24T23:00Z", "slot": "1h", "horizon": "4h", "zone": "Europe/Berlin"}
    task = {"id": "t", "options": [{"pool": "p", "uses": {"gpu": 1}, "duration": "4h"}]}
    assert cost_of(instance(time=time, pools=[pool], tasks=[task])) == 1 + 10 + 10 + 100


def test_a_date_that_is_left_out() -> None:
    """Samoa had no 30 December 2011: prices go on by the clock, and quotas have no such day."""
    time = {"start": "2011-12-30T08:00Z", "slot": "1h", "horizon": "4h", "zone": "Pacific/Apia"}  # 22:00 of the 29th
    pool = {
        "id": "p",
        "capacity": {"gpu": 1},
        "price": {"gpu": {"weekly": {"thu 00:00": 1, "fri 00:00": 50, "sat 00:00": 7}}},
    }
    task = {"id": "t", "options": [{"pool": "p", "uses": {"gpu": 1}, "duration": "4h"}]}
    quota = {"id": "q", "of": "gpu", "limit": 2, "per": "day"}
    document = instance(time=time, pools=[pool], tasks=[task], quotas=[quota])
    assert cost_of(document) == 1 + 1 + 7 + 7
    assert (
        leptonopt.solve({**document, "quotas": [{**quota, "limit": 1}]}, method="cpsat", isolate=False).status
        == "infeasible"
    )


def test_weekly_series_are_read_written_and_refused() -> None:
    """`weekly` round-trips through the document; what is no time of the week is said in a line."""
    weekly = {"weekly": {"mon 00:00": 15, "sat 00:00": 30}}
    document = instance(pools=[{"id": "p", "capacity": {"gpu": 1}, "price": {"gpu": weekly}}])
    made = validate(document)
    assert made.document()["pools"][0]["price"]["gpu"] == {
        "weekly": {"mon 00:00": Decimal(15), "sat 00:00": Decimal(30)}
    }
    assert validate(made.document()) == made
    for key in ("00:00", "sat", "Sat 00:00", "sat 24:00", "sun  08:00"):
        broken = {"id": "p", "capacity": {"gpu": 1}, "price": {"gpu": {"weekly": {key: 1}}}}
        with pytest.raises(InstanceError, match="is not a time of the week; write DAY HH:MM"):
            validate(instance(pools=[broken]))


def test_a_quota_per_day_is_refused_where_a_date_comes_twice() -> None:
    """St John's, November 2006: a minute after midnight the clock went back to the day before."""
    time = {"start": "2006-10-29T02:00Z", "slot": "1m", "horizon": "3h", "zone": "America/St_Johns"}
    task = {"id": "t", "options": [{"pool": "p", "uses": {"gpu": 1}, "duration": "1m"}]}
    document = instance(time=time, tasks=[task], quotas=[{"id": "q", "of": "gpu", "limit": 1, "per": "day"}])
    with pytest.raises(InstanceError, match=r"the clock goes back over midnight, so that 2006-10-2\d comes twice"):
        leptonopt.solve(document, method="greedy", isolate=False)
