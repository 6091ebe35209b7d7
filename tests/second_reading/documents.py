"""Read the scalars of an instance file: exact numbers, durations, instants, and numbers that change over time."""

from __future__ import annotations

import itertools
import json
import re
import tomllib
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml

UNIT_S = {"w": 604800, "d": 86400, "h": 3600, "min": 60, "m": 60, "s": 1}
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
EPOCH = datetime.fromisoformat("1970-01-01T00:00:00+00:00")


class Refused(Exception):
    """Raised where the format does not allow what a document says."""


def load(path: str | Path) -> dict[str, Any]:
    """Return the tree of a JSON, YAML or TOML file, its numbers as their texts."""
    path = Path(path)
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".json":
        return json.loads(text, parse_float=str, parse_int=str)
    if path.suffix == ".toml":
        return tomllib.loads(text, parse_float=str)
    return yaml.load(text, Loader=yaml.BaseLoader)


def number(value: Any) -> Fraction:
    """Return a number exactly as it is written."""
    if isinstance(value, float):
        raise Refused("a float has no exact text; load the file instead")
    return Fraction(str(value))


def whole(value: Any) -> int:
    """Return a whole number."""
    exact = number(value)
    if exact.denominator != 1:
        raise Refused(f"{value} is not whole")
    return int(exact)


def truth(value: Any) -> bool:
    """Return a truth value."""
    if value in (True, "true"):
        return True
    if value in (False, "false"):
        return False
    raise Refused(f"{value!r} is not a truth value")


def get(tree: dict[str, Any], key: str, default: Any = None) -> Any:
    """Return the value of a key, `default` where it is absent or null."""
    value = tree.get(key)
    return default if value is None or value in ("null", "~", "") else value


def duration(text: Any) -> Fraction:
    """Return the seconds of a duration such as `1h30m`."""
    if not re.fullmatch(r"(\d+(\.\d+)?\s*(w|d|h|min|m|s))+", str(text)):
        raise Refused(f"{text!r} is not a duration")
    parts = re.findall(r"(\d+(?:\.\d+)?)\s*(w|d|h|min|m|s)", str(text))
    return sum((Fraction(amount) * UNIT_S[unit] for amount, unit in parts), Fraction(0))


def instant(value: Any) -> Fraction:
    """Return the seconds since 1970 of an instant with an offset."""
    at = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    if at.tzinfo is None:
        raise Refused(f"{value} carries no offset")
    return Fraction((at - EPOCH) // timedelta(microseconds=1), 1_000_000)


@dataclass
class Clock:
    """The slots of the horizon, and the wall clock of a zone at every minute of them."""

    start: Fraction  # seconds since 1970
    slot: Fraction  # seconds
    slots: int
    zone: ZoneInfo
    _wall: dict[int, datetime] = field(default_factory=dict)

    @classmethod
    def of(cls, tree: dict[str, Any]) -> Clock:
        """Read `time`."""
        slot, horizon = duration(get(tree, "slot", "1h")), duration(tree["horizon"])
        if slot <= 0 or horizon <= 0 or horizon % slot:
            raise Refused("the horizon is not a whole number of slots")
        return cls(instant(tree["start"]), slot, int(horizon / slot), ZoneInfo(get(tree, "zone", "UTC")))

    @property
    def hours(self) -> Fraction:
        """Hours of a slot."""
        return self.slot / 3600

    @property
    def end(self) -> Fraction:
        """Seconds since 1970 at which the horizon ends."""
        return self.begin(self.slots)

    def begin(self, slot: int) -> Fraction:
        """Return the seconds since 1970 at which a slot begins."""
        return self.start + slot * self.slot

    def wall(self, minute: int) -> datetime:
        """Return what the clock on the wall shows at the beginning of a minute since 1970."""
        if minute not in self._wall:
            shown = datetime.fromtimestamp(minute * 60, self.zone)
            if shown.second:
                raise Refused("a zone whose offset is not in whole minutes")
            self._wall[minute] = shown
        return self._wall[minute]

    def minutes(self, slot: int) -> list[tuple[int, Fraction]]:
        """Return each minute that a slot touches, with how many of its seconds lie in the slot.

        All that a wall clock changes, it changes at the beginning of a minute.
        """
        begin, end = self.begin(slot), self.begin(slot + 1)
        found = []
        for minute in range(int(begin // 60), int(-(-end // 60))):
            found.append((minute, min(end, Fraction(60 * minute + 60)) - max(begin, Fraction(60 * minute))))
        return found

    def dates(self, slot: int) -> set[date]:
        """Return the local calendar days that a slot touches."""
        return {self.wall(minute).date() for minute, _ in self.minutes(slot)}

    def touched(self, begin: Fraction, end: Fraction) -> list[int]:
        """Return the slots that share some time with the interval [begin, end)."""
        return [slot for slot in range(self.slots) if self.begin(slot) < end and begin < self.begin(slot + 1)]


@dataclass
class Series:
    """A number that may change over time, by slot: its time-weighted mean and its least value."""

    mean: list[Fraction]
    least: list[Fraction]

    @classmethod
    def of(cls, value: Any, clock: Clock) -> Series:
        """Read a number, `{steps: ...}`, `{daily: ...}` or `{weekly: ...}`."""
        shares = pieces(value, clock)
        return cls(
            [sum(seconds * at for seconds, at in slot) / clock.slot for slot in shares],
            [min(at for _, at in slot) for slot in shares],
        )


def values(tree: Any) -> list[Fraction]:
    """Return all values that a series can take."""
    if not isinstance(tree, dict):
        return [number(tree)]
    return [number(at) for keys in tree.values() for at in keys.values()]


def pieces(value: Any, clock: Clock) -> list[list[tuple[Fraction, Fraction]]]:
    """Return for every slot the values that hold in it, each with for how many seconds."""
    slots = range(clock.slots)
    if not isinstance(value, dict):
        return [[(clock.slot, number(value))] for _ in slots]
    if "steps" in value:
        return _steps(value["steps"], clock)
    if "daily" in value:
        keys = sorted((_time_of_day(key), number(at)) for key, at in value["daily"].items())
        if not keys:
            raise Refused("a series without keys")
        return [
            [(share, _latest(keys, _of_day(clock.wall(minute)))) for minute, share in clock.minutes(slot)]
            for slot in slots
        ]
    if "weekly" in value:
        keys = sorted((_time_of_week(key), number(at)) for key, at in value["weekly"].items())
        if not keys:
            raise Refused("a series without keys")
        return [
            [(share, _latest(keys, _of_week(clock.wall(minute)))) for minute, share in clock.minutes(slot)]
            for slot in slots
        ]
    raise Refused(f"{sorted(value)} is not a series")


def _steps(tree: dict[str, Any], clock: Clock) -> list[list[tuple[Fraction, Fraction]]]:
    """Return by slot what holds from each instant on."""
    keys = sorted((instant(key), number(at)) for key, at in tree.items())
    if not keys or keys[0][0] > clock.start:
        raise Refused("nothing holds at the start of the horizon")
    found = []
    for slot in range(clock.slots):
        begin, end = clock.begin(slot), clock.begin(slot + 1)
        cuts = [begin, *(key for key, _ in keys if begin < key < end), end]
        found.append([(b - a, _latest(keys, a)) for a, b in itertools.pairwise(cuts)])
    return found


def _latest(keys: list[tuple[Any, Fraction]], now: Any) -> Fraction:
    """Return the value of the latest key that is not after now; the last one of all before the first."""
    held = [value for key, value in keys if key <= now]
    return held[-1] if held else keys[-1][1]


def _time_of_day(text: str) -> int:
    """Return the minutes since midnight that `HH:MM` shows."""
    match = re.fullmatch(r"(\d\d):(\d\d)", text)
    if not match or int(match[1]) > 23 or int(match[2]) > 59:
        raise Refused(f"{text!r} is not a time of day")
    return 60 * int(match[1]) + int(match[2])


def _time_of_week(text: str) -> int:
    """Return the minutes since Monday 00:00 that `mon HH:MM` shows."""
    day, _, time = text.partition(" ")
    if day not in DAYS:
        raise Refused(f"{text!r} is not a day and a time")
    return 1440 * DAYS.index(day) + _time_of_day(time)


def _of_day(shown: datetime) -> int:
    """Return the minutes since midnight that the wall clock shows."""
    return 60 * shown.hour + shown.minute


def _of_week(shown: datetime) -> int:
    """Return the minutes since Monday 00:00 that the wall clock shows."""
    return 1440 * shown.weekday() + _of_day(shown)
