"""The horizon of an instance: its slots, its wall clock, and numbers that change over time."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from leptonopt.verify.exact import Malformed, duration, exact, instant

NOTHING = Fraction(0)
MOST_SLOTS = 200_000  # as the format allows; the checker reads instances that nobody has validated
_WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def _minutes(key: str) -> int:
    """Return the minutes from midnight to HH:MM, or from Monday to DAY HH:MM."""
    day, _, clock = key.rpartition(" ")
    hour, minute = clock.split(":")
    return 60 * int(hour) + int(minute) + (1440 * _WEEK.index(day) if day else 0)


def _period(per: str, day: date) -> tuple[int, int]:
    """Return year and number of the calendar period in which a date lies."""
    match per:
        case "day":
            return day.year, day.timetuple().tm_yday
        case "week":
            return day.isocalendar()[:2]
        case "month":
            return day.year, day.month
        case "quarter":
            return day.year, (day.month + 2) // 3
        case "year":
            return day.year, 0
    raise Malformed(f"{per!r} is no calendar period")


class Timeline:
    """The time of an instance.

    Attributes
    ----------
    start : the first instant, in UTC
    slot, horizon : lengths [s]
    slots : number of slots
    hours : length of a slot [h]
    """

    def __init__(self, time: Mapping[str, Any]) -> None:
        self.start = instant(time["start"])
        self.slot = int(duration(time.get("slot", "1h")))
        self.horizon = int(duration(time["horizon"]))
        if not 1 <= self.slot <= self.horizon <= MOST_SLOTS * self.slot:
            raise Malformed(f"time: {self.horizon} s in slots of {self.slot} s; 1 to {MOST_SLOTS:,} slots are allowed")
        self.slots = self.horizon // self.slot
        self.hours = Fraction(self.slot, 3600)
        self.zone = ZoneInfo(time.get("zone", "UTC"))
        self._shifts: list[int] | None = None
        self._periods: dict[str, list[tuple[int, int]]] = {}

    def second(self, text: Any) -> int:
        """Return the seconds from the start of the horizon to an instant."""
        return self.second_of(instant(text))

    def second_of(self, moment: datetime) -> int:
        """Return the seconds from the start of the horizon to a moment."""
        return round((moment.astimezone(UTC) - self.start).total_seconds())

    def out_of_window(self, option: Any, second: int) -> Iterator[str]:
        """Yield what is wrong with a start at a second, by `not_before` and `not_after` of an option."""
        if option.not_before is not None and (early := self.second(option.not_before) - second) > 0:
            yield f"starts {early} s before `not_before` of its option"
        if option.not_after is not None and (late := second - self.second(option.not_after)) > 0:
            yield f"starts {late} s after `not_after` of its option"

    def shown(self, slot: int) -> str:
        """Return the beginning of a slot as text."""
        return (self.start + timedelta(seconds=slot * self.slot)).strftime("%Y-%m-%dT%H:%M:%SZ")

    # --- numbers that change over time ---

    def _jumps(self, series: Any) -> tuple[list[int], list[Fraction]]:
        """Return the seconds at which a series may change, and the values; the first holds at second 0."""
        if not isinstance(series, Mapping):
            return [0], [exact(series)]
        if "steps" in series:
            found = {self.second(at): exact(value) for at, value in series["steps"].items()}
            at = sorted(found)
            return at, [found[second] for second in at]
        weekly = "weekly" in series
        keys = sorted((_minutes(key), exact(value)) for key, value in series["weekly" if weekly else "daily"].items())
        at = sorted({0, *self.shifts(), *self._moments([minutes for minutes, _ in keys], weekly)})
        return at, [self._by_clock(keys, second, weekly) for second in at]

    def local(self, second: int) -> datetime:
        """Return the wall clock so many seconds after the start of the horizon."""
        return (self.start + timedelta(seconds=second)).astimezone(self.zone)

    def _by_clock(self, keys: list[tuple[int, Fraction]], second: int, weekly: bool) -> Fraction:
        """Return the value of the latest key not after the wall clock; before the first key, of the last."""
        clock = self.local(second)
        minutes = 60 * clock.hour + clock.minute + (1440 * clock.weekday() if weekly else 0)
        return next((value for key, value in reversed(keys) if key <= minutes), keys[-1][1])

    def _moments(self, keys: list[int], weekly: bool) -> Iterator[int]:
        """Yield the seconds at which the wall clock shows a key, both where it shows it twice."""
        day = (self.start - timedelta(days=2)).astimezone(self.zone).date()
        last = (self.start + timedelta(seconds=self.horizon, days=2)).astimezone(self.zone).date()
        while day <= last:
            for key in keys:
                if weekly and key // 1440 != day.weekday():
                    continue
                hour, minute = divmod(key % 1440, 60)
                for fold in (0, 1):
                    moment = datetime(day.year, day.month, day.day, hour, minute, tzinfo=self.zone, fold=fold)
                    if 0 <= (second := self.second_of(moment)) < self.horizon:
                        yield second
            day += timedelta(days=1)

    def shifts(self) -> list[int]:
        """Return the seconds of the horizon at which the wall clock is moved."""
        if self._shifts is None:
            offsets = {}

            def offset(second: int) -> timedelta | None:
                if second not in offsets:
                    offsets[second] = self.local(second).utcoffset()
                return offsets[second]

            found = []
            for begin in range(0, self.horizon, 3600):
                low, end = begin, min(begin + 3600, self.horizon)
                while offset(low) != offset(end):
                    high = end
                    while high - low > 1:
                        middle = (low + high) // 2
                        low, high = (middle, high) if offset(middle) == offset(low) else (low, middle)
                    found.append(high)
                    low = high
            self._shifts = [second for second in found if second < self.horizon]
        return self._shifts

    def periods(self, per: str) -> list[tuple[int, int]]:
        """Return the first slot of each local day, week, month, quarter or year, and the one after its last."""
        if per not in self._periods:
            found: list[tuple[int, int]] = []
            begins: list[int] = []
            shifts = self.shifts()
            for slot in range(self.slots):
                low, high = slot * self.slot, (slot + 1) * self.slot
                within = shifts[bisect_right(shifts, low) : bisect_left(shifts, high)]
                moments = {low, high - 1, *(second for shift in within for second in (shift - 1, shift))}
                seen = {_period(per, self.local(second).date()) for second in moments}
                if len(seen) > 1:
                    raise Malformed(f"a {per} begins within the slot from {self.shown(slot)}")
                if not found or found[-1] not in seen:
                    found += seen
                    begins.append(slot)
            if len(set(found)) < len(found):
                raise Malformed(f"the clock goes back over midnight, so that a {per} comes twice")
            self._periods[per] = list(pairwise([*begins, self.slots]))
        return self._periods[per]

    def _spans(self, series: Any) -> Iterator[tuple[int, int, Fraction]]:
        at, values = self._jumps(series)
        for number, value in enumerate(values):
            low = max(0, at[number])
            high = min(self.horizon, at[number + 1] if number + 1 < len(at) else self.horizon)
            if low < high:
                yield low, high, value

    def means(self, series: Any) -> list[Fraction]:
        """Return the time-weighted mean of a series in each slot."""
        per_slot = [NOTHING] * self.slots
        for low, high, value in self._spans(series):
            for slot in range(low // self.slot, -(-high // self.slot)):
                shared = min(high, (slot + 1) * self.slot) - max(low, slot * self.slot)
                per_slot[slot] = value if shared == self.slot else per_slot[slot] + value * Fraction(shared, self.slot)
        return per_slot

    def greatest(self, series: Any, factor: Any = 1) -> list[Fraction]:
        """Return the greatest value in each slot of a series times another; none of them is below 0."""
        per_slot, factors, at = [NOTHING] * self.slots, list(self._spans(factor)), 0
        for begin, end, value in self._spans(series):
            while factors[at][1] <= begin:
                at += 1
            for low, high, share in factors[at:]:
                if low >= end:
                    break
                for slot in range(max(low, begin) // self.slot, -(-min(high, end) // self.slot)):
                    per_slot[slot] = max(per_slot[slot], value * share)
        return per_slot

    def lowest(self, series: Any, windows: Any, resource: str) -> list[Fraction | None]:
        """Return the least value of a series in each slot, also of what maintenance leaves."""
        offered: list[Fraction | None] = [None] * self.slots
        spans = [] if series == "unlimited" else list(self._spans(series))
        for window in windows:
            left = window.get("capacity")
            if left is None or resource in left:
                low, high = max(0, self.second(window["from"])), min(self.horizon, self.second(window["to"]))
                spans.append((low, high, NOTHING if left is None else exact(left[resource])))
        for low, high, value in spans:
            for slot in range(low // self.slot, -(-high // self.slot) if high > low else 0):
                known = offered[slot]
                offered[slot] = value if known is None or value < known else known
        return offered


def stated_numbers(series: Any) -> list[Fraction]:
    """Return every number that a series states."""
    tables = series.values() if isinstance(series, Mapping) else [{None: series}]
    return [exact(value) for table in tables for value in table.values()]
