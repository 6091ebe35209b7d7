"""Files that are a stream of numbers: taken one after another, with the line in every complaint."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path

from leptonopt.errors import Finding, InstanceError

_NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d{1,3})?", re.ASCII)
START = "2000-01-01T00:00:00Z"  # where formats without dates begin


class Numbers:
    """The numbers of a text, in order.

    Every method raises `InstanceError` with file and line where the text does not go on as it should.
    """

    def __init__(self, text: str, path: Path) -> None:
        self.path = path
        self._words = [(word, number) for number, line in enumerate(text.splitlines(), 1) for word in line.split()]
        self._at = 0

    def wrong(self, message: str) -> InstanceError:
        """The error for the number that was taken last."""
        line = self._words[min(max(self._at - 1, 0), len(self._words) - 1)][1] if self._words else 1
        return InstanceError([Finding(message, (), line, str(self.path))])

    def decimal(self, what: str) -> Decimal:
        """The next number."""
        if self._at >= len(self._words):
            raise self.wrong(f"the file ends where {what} should stand")
        word, _ = self._words[self._at]
        self._at += 1
        if not _NUMBER.fullmatch(word) or len(word) > 40:
            raise self.wrong(f"{word[:40]!r} stands where {what}, a number, should")
        return Decimal(word)

    def whole(self, what: str, least: int = 0, most: int = 10**12) -> int:
        """The next number, which must be whole and in range."""
        value = self.decimal(what)
        if value != value.to_integral_value() or not least <= value <= most:
            raise self.wrong(f"{value} stands where {what}, a whole number from {least} to {most}, should")
        return int(value)

    def wholes(self, count: int, what: str, least: int = 0) -> list[int]:
        """The next `count` whole numbers."""
        return [self.whole(what, least) for _ in range(count)]

    def end(self) -> None:
        """Nothing may follow."""
        if self._at < len(self._words):
            self._at += 1
            raise self.wrong(f"{len(self._words) - self._at + 1} more numbers than the sizes at the top say")
