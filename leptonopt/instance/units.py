"""Convert texts of numbers, durations and instants to exact values and back, without floats.

Money and amounts are `Decimal`, durations whole seconds (`int`), instants aware `datetime` in UTC.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

MAX_AMOUNT = Decimal(10) ** 12
MAX_DECIMALS = 9
_UNIT_SECONDS = {"w": 604_800, "d": 86_400, "h": 3_600, "m": 60, "min": 60, "s": 1}
_DURATION_PART = re.compile(r"(\d+(?:\.\d+)?)\s*(w|d|h|min|m|s)", re.ASCII)
_INSTANT = re.compile(r"(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d)(?::(\d\d))?(Z|z|[+-]\d\d:\d\d)?", re.ASCII)
WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_CLOCK = re.compile(r"(\d\d):(\d\d)", re.ASCII)


def amount(value: object) -> Decimal:
    """Return an exact number from an int, a Decimal or a float (by its shortest text).

    >>> amount(0.1)
    Decimal('0.1')
    """
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise ValueError(f"{_shown(value)} is not a number; write a number such as 4 or 0.35")
    number = Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
    if not number.is_finite():
        raise ValueError(f"{_shown(value)} is not a finite number")
    if abs(number) > MAX_AMOUNT:
        raise ValueError(f"{_shown(value)} is too large; at most {MAX_AMOUNT:,.0f} either way")
    exponent = number.normalize().as_tuple().exponent
    if isinstance(exponent, int) and -exponent > MAX_DECIMALS:
        raise ValueError(f"{_shown(value)} has too many decimals; at most {MAX_DECIMALS}")
    return number


def duration(value: object) -> int:
    """Return whole seconds from a text such as '90m', '1h30m', '7d' or from a timedelta.

    >>> duration("1h30m")
    5400
    """
    allowed = "write a duration such as '45s', '90m', '1h30m', '7d' or '2w'"
    seconds: Fraction | int = 0
    if isinstance(value, timedelta):
        seconds = Fraction(value // timedelta(microseconds=1), 10**6)
    elif isinstance(value, str) and len(value) <= 40:
        text, at = value.strip(), 0
        while part := _DURATION_PART.match(text, at):
            seconds += (Fraction(part[1]) if "." in part[1] else int(part[1])) * _UNIT_SECONDS[part[2]]
            at = part.end()
        if at != len(text) or not text:
            raise ValueError(f"{_shown(value)} is not a duration; {allowed}")
    else:
        raise ValueError(f"{_shown(value)} is not a duration; {allowed}")
    if seconds.denominator != 1:
        raise ValueError(f"{_shown(value)} is not a whole number of seconds")
    if not 0 <= seconds <= 100 * 366 * 86_400:
        raise ValueError(f"{_shown(value)} is out of range; from 0s to a hundred years")
    return int(seconds)


def duration_text(seconds: int) -> str:
    """Return the text of whole seconds: 5400 -> '1h30m'; the inverse of `duration`."""
    text = ""
    for unit in ("d", "h", "m", "s"):
        count, seconds = divmod(seconds, _UNIT_SECONDS[unit])
        text += f"{count}{unit}" if count else ""
    return text or "0s"


def instant(value: object) -> datetime:
    """Return an instant in UTC from a text with an offset, or from an aware datetime.

    >>> instant("2026-11-23T09:00+01:00").isoformat()
    '2026-11-23T08:00:00+00:00'
    """
    allowed = "write date, time and offset, such as 2026-11-23T09:00Z or 2026-11-23T09:00+01:00"
    if isinstance(value, datetime):
        moment = value
    elif isinstance(value, str) and (parts := _INSTANT.fullmatch(value.strip())):
        year, month, day, hour, minute = (int(part) for part in parts.groups()[:5])
        zone = (parts[7] or "").upper().replace("Z", "+00:00")
        try:
            moment = datetime.fromisoformat(
                f"{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{parts[6] or '00'}{zone}"
            )
        except ValueError as error:
            raise ValueError(f"{_shown(value)} is not an instant ({error}); {allowed}") from None
    else:
        raise ValueError(f"{_shown(value)} is not an instant; {allowed}")
    if moment.tzinfo is None:
        raise ValueError(f"{_shown(value)} has no offset from UTC; {allowed}, or give time.zone")
    if moment.microsecond:
        raise ValueError(f"{_shown(value)} is not on a whole second")
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError(f"{_shown(value)} is out of range") from None


def seconds(moment: datetime, start: datetime) -> int:
    """Return the whole seconds from one instant to a later one."""
    return int((moment - start).total_seconds())


def instant_text(moment: datetime) -> str:
    """Return the text of an instant, always in UTC with seconds and a 'Z'; the inverse of `instant`."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def moment_text(moment: datetime, zone: str) -> str:
    """Return an instant as the clock of a zone shows it, with its offset where the zone is not UTC."""
    local = moment.astimezone(ZoneInfo(zone))
    text = local.strftime("%Y-%m-%d %H:%M:%S").removesuffix(":00")
    if zone == "UTC":
        return text
    return f"{text}{local.strftime('%z')[:3]}:{local.strftime('%z')[3:]}"


def clock(value: object) -> int:
    """Return minutes since local midnight from 'HH:MM'."""
    if isinstance(value, str) and (parts := _CLOCK.fullmatch(value)):
        hour, minute = int(parts[1]), int(parts[2])
        if hour < 24 and minute < 60:
            return hour * 60 + minute
    raise ValueError(f"{_shown(value)} is not a time of day; write HH:MM from 00:00 to 23:59")


def clock_text(minutes: int) -> str:
    """Return 'HH:MM' from minutes since local midnight; the inverse of `clock`."""
    return f"{minutes // 60:02}:{minutes % 60:02}"


def week_clock(value: object) -> int:
    """Return minutes since local midnight of Monday from 'sat HH:MM'."""
    day, _, time = value.partition(" ") if isinstance(value, str) else ("", "", "")
    try:
        return WEEK.index(day) * 1440 + clock(time)
    except ValueError:
        allowed = f"write DAY HH:MM such as 'sat 08:00', with {', '.join(WEEK)} and 00:00 to 23:59"
        raise ValueError(f"{_shown(value)} is not a time of the week; {allowed}") from None


def week_clock_text(minutes: int) -> str:
    """Return 'sat HH:MM' from minutes since Monday midnight; the inverse of `week_clock`."""
    return f"{WEEK[minutes // 1440]} {clock_text(minutes % 1440)}"


def _shown(value: object) -> str:
    text = repr(str(value)) if isinstance(value, str | Decimal) else repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
