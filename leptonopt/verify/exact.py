"""Words, numbers and instants of documents, read exactly; and what the checker says."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from typing import Any

MICRO = Fraction(1, 2 * 10**6)  # what a number rounded to six decimals may be off by


@dataclass(frozen=True)
class Violation:
    """A rule that is broken: `witness` says where, `amount` by how much (None where there is no amount)."""

    rule: str
    witness: str
    amount: str | None
    message: str


@dataclass(frozen=True)
class Verdict:
    """Verdict of the checker: `ok` only without any violation.

    `cost` is recomputed; None without a plan.
    """

    ok: bool
    violations: tuple[Violation, ...]
    cost: Fraction | None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Proof:
    """Proof by a certificate: no plan costs less than `bound`.

    `ok` when the certificate states that bound; else `why` not.
    """

    ok: bool
    bound: Fraction | None
    why: str


class Malformed(Exception):
    """A document that is not what it should be; the message says where."""


class Unreadable(Malformed):
    """A file that is not even of its kind; the message begins with its name."""


# What reading a document that nobody has validated may end in.
BROKEN = (KeyError, TypeError, ValueError, AttributeError, IndexError, ArithmeticError, RecursionError)


def broken(error: Exception) -> str:
    """Return the meaning of one of `BROKEN` for a document, in words."""
    match error:
        case Malformed():
            return str(error)
        case KeyError(args=(key, *_)):
            return f"{str(key)[:60]!r} is missing, or names what is not there"
        case RecursionError():
            return "it is nested too deeply"
        case ArithmeticError():
            return f"a number in it allows no arithmetic ({error})"[:200]
    return f"a value in it is of another kind than it should be ({error})"[:200]


_LARGEST = 100  # powers of ten either way; beyond, exact arithmetic could take for ever
_FRACTION = re.compile(r"[-+]?[0-9]{1,2000}(?:/[0-9]{1,2000}|\.[0-9]{1,2000})?")


def exact(value: Any) -> Fraction:
    """A number exactly; a float by its shortest text."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise Malformed(f"{str(value)[:60]!r} is not a number")
    if isinstance(value, Decimal) and not (value.is_finite() and abs(value.adjusted()) <= _LARGEST):
        raise Malformed(f"{str(value)[:60]} is out of range; at most 10^{_LARGEST} either way")
    return _converted(value)


@lru_cache(1 << 14, typed=True)
def _converted(value: int | float | Decimal) -> Fraction:
    """The fraction; documents hold the same few numbers again and again."""
    return Fraction(repr(value)) if isinstance(value, float) else Fraction(value)


def fraction(value: Any, what: str) -> Fraction:
    """A number, or the text of an exact fraction such as 1/1000."""
    if not isinstance(value, str):
        return exact(value)
    found = Fraction(value) if _FRACTION.fullmatch(value) and not re.search(r"/0+$", value) else None
    if found is None:
        raise Malformed(f'{what}: {value[:60]!r} is no fraction, such as "1/1000"')
    return found


def whole(value: Any, what: str) -> int:
    """A whole number from 1 on, such as a copy, or how many there are."""
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise Malformed(f"{what}: {str(value)[:60]!r}; a whole number from 1 on is allowed")
    return value


def instant(text: Any) -> datetime:
    if not isinstance(text, str):
        raise Malformed(f"{text!r} is not an instant")
    try:
        moment = datetime.fromisoformat(text.strip().upper().replace("Z", "+00:00"))
    except ValueError:
        raise Malformed(f"{text!r} is not an instant") from None
    if moment.tzinfo is None:
        raise Malformed(f"{text!r} has no offset from UTC")
    return moment.astimezone(UTC)


_PART = re.compile(r"([0-9]+(?:\.[0-9]+)?)\s*(w|d|h|min|m|s)")
_SECONDS = {"w": 604_800, "d": 86_400, "h": 3_600, "min": 60, "m": 60, "s": 1}


def duration(text: Any) -> Fraction:
    """The seconds of a duration such as 1h30m."""
    if not isinstance(text, str):
        raise Malformed(f"{text!r} is not a duration")
    return _seconds(text)


@lru_cache(1 << 12)
def _seconds(text: str) -> Fraction:
    """The seconds of a duration; a document with many edges holds the same few texts again and again."""
    if not re.fullmatch(rf"(?:{_PART.pattern}\s*)+", text.strip()):
        raise Malformed(f"{text!r} is not a duration")
    return sum((Fraction(count) * _SECONDS[unit] for count, unit in _PART.findall(text)), Fraction(0))


def shown(value: Fraction | int) -> str:
    """A number for people: decimal where short, else to six decimals."""
    exact = Fraction(value)
    if exact.denominator == 1:
        return str(exact.numerator)
    return f"{float(exact):.6f}".rstrip("0") if abs(exact) < 10**12 else str(exact)


def near(stated: Fraction, true: Fraction) -> bool:
    """Return whether a number is the true one within its rounding: six decimals, or fifteen digits."""
    return abs(stated - true) <= MICRO + abs(true) / 10**15


class Findings:
    """Violations found, up to a number that people can read."""

    SHOWN = 200

    def __init__(self, look: Callable[[], object] = lambda: None) -> None:
        self.look = look  # called where a check may take long; raises to end it
        self.found: list[Violation] = []
        self.more = 0

    def say(self, rule: str, witness: str, message: str, amount: Fraction | int | None = None) -> None:
        """A rule is broken."""
        if len(self.found) >= self.SHOWN:
            self.more += 1
            return
        text = f"{witness}: {message}" if witness else message
        self.found.append(Violation(rule, witness, None if amount is None else shown(amount), text))

    def notes(self) -> tuple[str, ...]:
        """Return a note with the number of violations beyond those listed."""
        return (f"{self.more} more violations are not listed",) if self.more else ()

    def same(self, rule: str, witness: str, stated: Any, true: Fraction | int | None) -> None:
        """A number of the plan against the true one, to within its rounding."""
        if true is None or stated is None:
            if true is not None or stated is not None:
                self.say(rule, witness, f"is {stated}, not {None if true is None else shown(true)}")
        elif exact(stated) != true and not near(exact(stated), Fraction(true)):
            self.say(rule, witness, f"is {stated}, not {shown(true)}", exact(stated) - true)
