"""Numbers that change over time, to one exact value per slot.

A price becomes its time-weighted mean over the slot, a capacity its least value in the slot: a
plan then pays exactly what it holds, and never holds more than there is at any moment.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

from leptonopt.instance import Maintenance, Series, Time

Piece = tuple[int, int, Decimal]  # from, to [seconds after the start of the horizon], value


def pieces(series: Series, time: Time) -> list[Piece]:
    """The series over the horizon as half-open pieces, in order and without gaps."""
    if series.constant is not None:
        return [(0, time.horizon, series.constant)]
    changes = sorted(_changes(series, time))
    cut = [(max(0, at), value) for at, value in changes]
    ends = [at for at, _ in cut[1:]] + [time.horizon]
    return [
        (at, min(end, time.horizon), value)
        for (at, value), end in zip(cut, ends, strict=True)
        if at < min(end, time.horizon)
    ]


def _changes(series: Series, time: Time) -> Iterator[tuple[int, Decimal]]:
    for at, value in (series.steps or {}).items():
        yield int((at - time.start).total_seconds()), value
    if series.daily:
        zone = ZoneInfo(time.zone)
        first = time.start.astimezone(zone).date() - timedelta(days=1)
        last = (time.start + timedelta(seconds=time.horizon)).astimezone(zone).date()
        for day in range((last - first).days + 1):
            date = first + timedelta(days=day)
            for minutes, value in series.daily.items():
                # A wall-clock time that does not exist (spring) or exists twice (autumn) is taken
                # with the offset before the change (fold=0).
                wall = datetime(date.year, date.month, date.day, minutes // 60, minutes % 60, tzinfo=zone)
                yield int((wall.astimezone(UTC) - time.start).total_seconds()), value


def mean_by_slot(series: Series, time: Time) -> list[Fraction]:
    """The time-weighted mean in each slot."""
    total = [Fraction(0)] * time.slots
    for begin, end, value in pieces(series, time):
        for slot, seconds in _overlaps(begin, end, time):
            total[slot] += Fraction(value) * seconds / time.slot
    return total


def least_by_slot(
    series: Series, maintenance: Sequence[Maintenance], resource: str, time: Time
) -> list[Decimal | None]:
    """The least value in each slot, maintenance windows taken off; None where nothing limits it."""
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


def zero(time: Time) -> list[Fraction]:
    """Nothing in every slot."""
    return [Fraction(0)] * time.slots


def days(time: Time) -> list[tuple[int, int]]:
    """First and last slot of every day of the horizon on the wall clock of `time.zone`.

    Raises `ValueError` when a day begins within a slot.
    """
    zone = ZoneInfo(time.zone)
    date = time.start.astimezone(zone).date()
    cuts = [0]
    while True:
        date += timedelta(days=1)
        midnight = datetime(date.year, date.month, date.day, tzinfo=zone).astimezone(UTC)
        second = int((midnight - time.start).total_seconds())
        if second >= time.horizon:
            break
        if second % time.slot:
            raise ValueError(f"the day that begins at {midnight.isoformat()} begins within a slot")
        cuts.append(second // time.slot)
    return [(low, high - 1) for low, high in zip(cuts, [*cuts[1:], time.slots], strict=True)]


def _overlaps(begin: int, end: int, time: Time) -> Iterator[tuple[int, int]]:
    """Slots that [begin, end) touches, with the seconds it has of each."""
    for slot in range(begin // time.slot, -(-end // time.slot)) if begin < end else ():
        yield slot, min(end, (slot + 1) * time.slot) - max(begin, slot * time.slot)
