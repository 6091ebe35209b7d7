"""Read a file as a stream of numbers, with the line in every error."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path

from leptonopt.errors import Finding, InstanceError, UsageError
from leptonopt.instance.units import amount

_NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d{1,3})?", re.ASCII)
START = "2000-01-01T00:00:00Z"  # where formats without dates begin
MAX_SLOTS = 200_000
MAX_OPTIONS = 2_000_000


class Numbers:
    """Numbers of a text in order: of a file, or of a `part` of it that starts on line `first`.

    Every method raises `InstanceError` with file and line where the text does not go on as it should.
    """

    def __init__(self, text: str, path: Path, first: int = 1, part: str = "file") -> None:
        self.path, self.part = path, part
        self._words: list[str] = []
        self._ends: list[int] = []  # how many words there are up to the end of each line
        self._first, self._at = first, 0
        for line in text.splitlines():
            self._words += line.split()
            self._ends.append(len(self._words))

    def wrong(self, message: str, line: int | None = None) -> InstanceError:
        """Return the error for the number that was taken last, or for a line."""
        return InstanceError([Finding(message, (), line or self.line, str(self.path))])

    @property
    def line(self) -> int:
        """Return the line of the number that was taken last."""
        word = min(max(self._at - 1, 0), len(self._words) - 1)
        return self._first + (bisect_right(self._ends, word) if self._words else 0)

    @property
    def left(self) -> int:
        """Return the number of remaining words."""
        return len(self._words) - self._at

    def decimal(self, what: str, least: int | None = None) -> Decimal:
        """Return the next number."""
        if not self.left:
            raise self.wrong(f"the {self.part} ends where {what} should stand")
        word = self._words[self._at]
        self._at += 1
        if not _NUMBER.fullmatch(word) or len(word) > 40:
            raise self.wrong(f"{word[:40]!r} stands where {what}, a number, should")
        try:
            value = amount(Decimal(word))
        except ValueError as error:
            raise self.wrong(f"{what}: {error}") from None
        if least is not None and value < least:
            raise self.wrong(f"{word} stands where {what}, at least {least}, should")
        return value

    def whole(self, what: str, least: int = 0, most: int = 10**12) -> int:
        """Return the next number, which must be whole and in range."""
        value = self.decimal(what)
        if value != value.to_integral_value() or not least <= value <= most:
            raise self.wrong(f"{value} stands where {what}, a whole number from {least} to {most}, should")
        return int(value)

    def decimals(self, count: int, what: str, least: int | None = None) -> list[Decimal]:
        """Return the next `count` numbers."""
        return [self.decimal(what, least) for _ in range(count)]

    def wholes(self, count: int, what: str, least: int = 0) -> list[int]:
        """Return the next `count` whole numbers."""
        return [self.whole(what, least) for _ in range(count)]

    def options(self, count: int) -> None:
        """Refuse sizes that make more options than fit into memory."""
        if count > MAX_OPTIONS:
            raise self.wrong(f"the sizes make {count:,} options; at most {MAX_OPTIONS:,}")

    def end(self) -> None:
        """Check that nothing follows."""
        if left := self.left:
            self._at += 1
            raise self.wrong(f"{left} more numbers than the sizes at the top say")


def whole_param(params: Mapping[str, str], name: str, most: int, least: int = 1) -> int | None:
    """Return a parameter that is a whole number from `least`; None when it is not given."""
    if name not in params:
        return None
    text = str(params[name])
    if not re.fullmatch(r"[0-9]{1,12}", text) or not least <= int(text) <= most:
        raise UsageError(f"{name}={text[:40]!r}; a whole number from {least} to {most} is allowed")
    return int(text)
