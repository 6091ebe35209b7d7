"""Convert series over time to one exact value per slot.

A price becomes its time-weighted mean over the slot, a capacity its least value in the slot, a demand its greatest: a
plan then pays exactly what it holds, never holds more than there is at any moment, and always serves what is asked for.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from itertools import pairwise
from typing import TypeVar
from zoneinfo import ZoneInfo

from leptonopt.instance import Maintenance, Series, Time

DAY = 86_400
LOOK = 6 * 3600  # no zone changes its offset and changes it back within so many seconds
Value = TypeVar("Value")
Piece = tuple[int, int, Decimal]  # from, to [seconds after the start of the horizon], value


def pieces(series: Series, time: Time) -> list[Piece]:
    """Return the series over the horizon as half-open pieces, in order and without gaps."""
    if series.constant is not None:
        return [(0, time.horizon, series.constant)]
    changes = sorted(_steps(series, time) if series.steps is not None else _by_clock(series, time))
    cut = [(max(0, at), value) for at, value in changes]
    ends = [at for at, _ in cut[1:]] + [time.horizon]
    return [
        (at, min(end, time.horizon), value)
        for (at, value), end in zip(cut, ends, strict=True)
        if at < min(end, time.horizon)
    ]


def _steps(series: Series, time: Time) -> Iterator[tuple[int, Decimal]]:
    for at, value in (series.steps or {}).items():
        yield int((at - time.start).total_seconds()), value


def _by_clock(series: Series, time: Time) -> Iterator[tuple[int, Decimal]]:
    """Yield the seconds at which a daily or weekly series changes: at offset changes and at its keys.

    The value at an instant is that of the latest key not after the wall clock, in its day or week; before the first
    key of that it is the value of the last.
    """
    table, period = (series.daily, DAY) if series.daily is not None else (series.weekly, 7 * DAY)
    keys = sorted((minutes * 60, value) for minutes, value in (table or {}).items())
    for low, high, wall in _clock(time):
        at, begun = low, (wall + low) // period * period - wall
        number = bisect_right(keys, low - begun, key=lambda entry: entry[0]) - 1
        yield low, keys[number][1]
        while True:
            number += 1
            if number == len(keys):
                number, begun = 0, begun + period
            at = begun + keys[number][0]
            if at >= high:
                break
            yield at, keys[number][1]


def _clock(time: Time) -> tuple[tuple[int, int, int], ...]:
    """Return stretches of one UTC offset: from, to [seconds], and the wall clock at second 0.

    The wall clock counts seconds from Monday, the first of January of the year 1.
    """
    return _stretches(time.zone, time.start, time.horizon)


@lru_cache(64)
def _stretches(zone: str, start: datetime, horizon: int) -> tuple[tuple[int, int, int], ...]:
    where = ZoneInfo(zone)

    def wall(second: int) -> int:
        local = (start + timedelta(seconds=second)).astimezone(where).replace(tzinfo=None)
        return (local - datetime(1, 1, 1)) // timedelta(seconds=1) - second

    def cuts(low: int, high: int) -> Iterator[int]:
        """Yield the seconds in (low, high] at which the UTC offset changes."""
        if wall(low) == wall(high):
            return
        if high - low == 1:
            yield high
            return
        middle = (low + high) // 2
        yield from cuts(low, middle)
        yield from cuts(middle, high)

    found = [0]
    for low in range(0, horizon, LOOK):
        found += (at for at in cuts(low, min(low + LOOK, horizon)) if at < horizon)
    return tuple((low, high, wall(low)) for low, high in zip(found, [*found[1:], horizon], strict=True))


def mean_by_slot(series: Series, time: Time) -> list[Fraction]:
    """Return the time-weighted mean in each slot."""
    return list(_mean_of_pieces(tuple(pieces(series, time)), time))


@lru_cache(64)
def _mean_of_pieces(found: tuple[Piece, ...], time: Time) -> tuple[Fraction, ...]:
    """Return the mean of pieces in each slot; cached because many pools often share a tariff."""
    total = [Fraction(0)] * time.slots
    for begin, end, value in found:
        whole = Fraction(value)
        for slot, seconds in _overlaps(begin, end, time):
            total[slot] = whole if seconds == time.slot else total[slot] + whole * seconds / time.slot
    return tuple(total)


def least_by_slot(
    series: Series, maintenance: Sequence[Maintenance], resource: str, time: Time
) -> list[Decimal | None]:
    """Return the least value in each slot after maintenance; None where it is unlimited."""
    least: list[Decimal | None] = [None] * time.slots

    def lower(begin: int, end: int, value: Decimal) -> None:
        for slot, _ in _overlaps(begin, end, time):
            known = least[slot]
            least[slot] = value if known is None else min(known, value)

    if not series.unlimited:
        for begin, end, value in pieces(series, time):
            lower(begin, end, value)
    for window in maintenance:
        left = Decimal(0) if window.capacity is None else window.capacity.get(resource)
        if left is not None:
            begin, end = (int((at - time.start).total_seconds()) for at in (window.from_, window.to))
            lower(max(0, begin), min(time.horizon, end), left)
    return least


def greatest_by_slot(found: Sequence[Piece], time: Time) -> list[Decimal]:
    """Return the greatest value of pieces in each slot; of values at least 0."""
    greatest = [Decimal(0)] * time.slots
    for begin, end, value in found:
        for slot, _ in _overlaps(begin, end, time):
            greatest[slot] = max(greatest[slot], value)
    return greatest


def combined(each: Sequence[Sequence[Piece]], time: Time) -> Iterator[tuple[int, int, tuple[Decimal, ...]]]:
    """Yield the stretches in which none of several series changes: from, to [seconds], and their values."""
    cuts = sorted({0, time.horizon, *(begin for found in each for begin, _, _ in found)})
    at = [0] * len(each)
    for begin, end in pairwise(cuts):
        for number, found in enumerate(each):
            at[number] += found[at[number]][1] <= begin
        yield begin, end, tuple(found[place][2] for found, place in zip(each, at, strict=True))


def distinct(line: Sequence[Fraction]) -> list[tuple[Fraction, int]]:
    """Return the values of a line that are different objects, each with the number of its slots.

    Values of a slot within one piece are one object; fractions are slow to compare.
    """
    many = Counter(map(id, line))
    return [(value, many[id(value)]) for value in values(line)]


def values(line: Sequence[Fraction]) -> list[Fraction]:
    """Return the values of a line that are different objects."""
    return list({id(value): value for value in line}.values())


def each_value(line: Sequence[Fraction], function: Callable[[Fraction], Value]) -> list[Value]:
    """Return a function of each value of a line, computed once for values that are one object."""
    done = {id(value): function(value) for value in values(line)}
    return [done[id(value)] for value in line]


def zero_series(time: Time) -> list[Fraction]:
    """Return zero for every slot."""
    return [Fraction(0)] * time.slots


def calendar_windows(time: Time, period: str) -> list[tuple[int, int]]:
    """Return first and last slot of every calendar day, week and so on of the horizon, in `time.zone`.

    Raises `ValueError` when one begins within a slot, or comes twice because the clock goes back over midnight.
    """
    begins: list[tuple[int, int]] = []  # second, and the number of the period
    dates: dict[int, int] = {}  # by period its first date
    for low, high, wall in _clock(time):
        for day in range((wall + low) // DAY, (wall + high - 1) // DAY + 1):
            number = PERIODS[period](day)
            if not begins or number != begins[-1][1]:
                if number in dates:
                    date = _date(dates[number]).isoformat()
                    raise ValueError(f"the clock goes back over midnight, so that {date} comes twice")
                begins.append((max(low, day * DAY - wall), number))
                dates[number] = day
    for second, _ in begins:
        if second % time.slot:
            moment = (time.start + timedelta(seconds=second)).isoformat()
            raise ValueError(f"the {period} that begins at {moment} begins within a slot")
    cuts = [second // time.slot for second, _ in begins]
    return [(low, high - 1) for low, high in zip(cuts, [*cuts[1:], time.slots], strict=True)]


def _date(day: int) -> date:
    """Return the date of a number of days since Monday, the first of January of the year 1."""
    return date.fromordinal(day + 1)


def _month(day: int) -> int:
    return _date(day).year * 12 + _date(day).month - 1


# By name of a calendar period: the number of the one in which a day lies.
PERIODS: dict[str, Callable[[int], int]] = {
    "day": lambda day: day,
    "week": lambda day: day // 7,
    "month": _month,
    "quarter": lambda day: _month(day) // 3,
    "year": lambda day: _date(day).year,
}


def _overlaps(begin: int, end: int, time: Time) -> Iterator[tuple[int, int]]:
    """Yield the slots that [begin, end) touches, with the seconds in each."""
    for slot in range(begin // time.slot, -(-end // time.slot)) if begin < end else ():
        yield slot, min(end, (slot + 1) * time.slot) - max(begin, slot * time.slot)
