"""Read values of a JSON file by their place, with line and place in every error."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

from leptonopt.errors import Finding, InstanceError
from leptonopt.errors import Path as Place
from leptonopt.instance.units import amount
from leptonopt.io.native.text import parse


class Places:
    """A JSON tree whose values are read by their place.

    Every method raises `InstanceError` with file, line and place where the tree does not hold what it should.
    """

    def __init__(self, text: str, path: Path) -> None:
        self.path = path
        self._tree, self._lines = parse(text, "json", str(path))

    def wrong(self, message: str, place: Place = ()) -> InstanceError:
        """Return the error at a place."""
        return InstanceError([Finding(message, place, self._lines([place]).get(place, 1), str(self.path))])

    def number(self, place: Place, least: int, most: int) -> Decimal:
        """Return the number at a place, with all its decimals."""
        value = self._at(place)
        if isinstance(value, bool) or not isinstance(value, int | Decimal):
            raise self.wrong(f"not a number from {least} to {most}", place)
        if not least <= value <= most:
            raise self.wrong(f"{value} is not a number from {least} to {most}", place)
        return Decimal(value)

    def amount(self, place: Place, least: int, most: int) -> Decimal:
        """Return the number at a place, with no more decimals than an instance allows."""
        try:
            return amount(self.number(place, least, most))
        except ValueError as error:
            raise self.wrong(str(error), place) from None

    def whole(self, place: Place, least: int, most: int) -> int:
        """Return the whole number at a place."""
        value = self._at(place)
        if isinstance(value, bool) or not isinstance(value, int | Decimal) or value != int(value):
            raise self.wrong(f"not a whole number from {least} to {most}", place)
        if not least <= value <= most:
            raise self.wrong(f"{value} is not a whole number from {least} to {most}", place)
        return int(value)

    def text(self, place: Place) -> str:
        """Return the name at a place: a text of one line."""
        value = self._at(place)
        if not isinstance(value, str) or not value.strip() or len(value) > 200 or not value.isprintable():
            raise self.wrong(f"{str(value)[:40]!r} is no name; 1 to 200 characters are allowed", place)
        return value

    def truth(self, place: Place) -> bool:
        """Return the truth value at a place."""
        value = self._at(place)
        if not isinstance(value, bool):
            raise self.wrong("not true or false", place)
        return value

    def none(self, place: Place) -> bool:
        """Return True when null stands at a place."""
        return self._at(place) is None

    def length(self, place: Place, least: int, most: int) -> int:
        """Return the length of the list at a place."""
        value = self._at(place)
        if not isinstance(value, list):
            raise self.wrong("not a list", place)
        if not least <= len(value) <= most:
            raise self.wrong(
                f"a list of {len(value)}; {least if least == most else f'{least} to {most}'} should be", place
            )
        return len(value)

    def keys(self, place: Place, known: set[str]) -> None:
        """Check that the mapping at a place has no other keys."""
        if unknown := sorted(set(self.names(place)) - known):
            raise self.wrong(f"the key {unknown[0][:40]!r} is not known; known are {', '.join(sorted(known))}", place)

    def names(self, place: Place) -> list[str]:
        """Return the keys of the mapping at a place."""
        value = self._at(place)
        if not isinstance(value, dict):
            raise self.wrong("not a mapping", place)
        return list(value)

    def _at(self, place: Place) -> Any:
        value = self._tree
        for depth, step in enumerate(place):
            if isinstance(step, str) and not isinstance(value, dict):
                raise self.wrong("not a mapping", place[:depth])
            if isinstance(step, str) and step not in value:
                raise self.wrong(f"{step} is missing", place[:depth])
            value = value[step]
        return value
