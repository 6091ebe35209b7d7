"""Read JSON strictly: by the standard library, after a check of depth and size."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

from leptonopt.errors import Finding, InstanceError
from leptonopt.errors import Path as Place
from leptonopt.io.native.line_numbers import Lines, Wanted, nearest_line, wanted_places
from leptonopt.io.native.scalars import ENOUGH, OFTEN, line_of_word, number, quoted, shallow, twice, wrong
from leptonopt.runtime.clock import check_time, check_time_each

_DEPTH = re.compile(r'"(?:[^"\\]|\\.)*+"?|[\[\]{}]', re.DOTALL)
_VALUES = re.compile(r'"(?:[^"\\]|\\.)*+"?|[\[\]{},]', re.DOTALL)
_TOKEN = re.compile(r'"(?:\\.|[^"\\])*"|[\[\]{},:]|[^\s\[\]{},:"]+')


def read(text: str, file: str, most: int) -> tuple[Any, Lines]:
    """Return the tree of a text with at most so many values, and the lines of its places.

    Raises `InstanceError`.
    """
    again = False
    perhaps = sum(map(text.count, "[{,")) > most
    shallow(text, _VALUES if perhaps else _DEPTH, most, file)

    def pairs(items: list[tuple[str, Any]]) -> dict[str, Any]:
        nonlocal again
        check_time()
        made = dict(items)
        again = again or len(made) < len(items)
        return made

    def constant(word: str) -> Any:
        raise ValueError(f"{word} is not a finite number; write it in digits")

    try:
        made = json.loads(text, object_pairs_hook=pairs, parse_float=number, parse_int=number, parse_constant=constant)
    except json.JSONDecodeError as error:
        message = f"not JSON: {error.msg[0].lower()}{error.msg[1:]} (column {error.colno})"
        raise wrong(message, error.lineno, file) from None
    except ValueError as error:
        raise wrong(str(error), line_of_word(text, str(error)), file) from None
    if again:
        raise InstanceError(list(islice(_twice(text, file), ENOUGH)))
    if re.search(r"\\u[dD][89a-fA-F]", text):
        _whole_characters(text, file)

    def lines(places: Sequence[Place]) -> dict[Place, int]:
        return nearest_line(_marks(text, places), places)

    return made, lines


def _whole_characters(text: str, file: str) -> None:
    """Refuse a lone surrogate, half of a character, which no file can hold but as an escape."""
    for token in check_time_each(_TOKEN.finditer(text), OFTEN):
        if token[0].startswith('"'):
            try:
                json.loads(token[0]).encode()
            except UnicodeEncodeError:
                line = text.count("\n", 0, token.start()) + 1
                what = quoted(token[0])
                raise wrong(
                    f"{what} holds half a character (a lone surrogate); write both halves", line, file
                ) from None


class _Open:
    """An open mapping or list: key or index of the next value, and the wanted places below."""

    __slots__ = ("doubled", "expects", "keys", "mapping", "step", "wanted")

    def __init__(self, mapping: bool, wanted: Wanted | None, doubled: bool) -> None:
        self.mapping = self.expects = mapping  # whether a key is what comes next
        self.step: str | int = "" if mapping else 0
        self.keys: set[str] = set()
        self.wanted = wanted
        self.doubled = doubled  # whether it stands below a key that stood there before


def _walk(text: str, below: Wanted | None) -> Iterator[tuple[list[_Open], int, str, bool]]:
    """Yield the keys and values of a well-formed text with the open containers and the line."""
    line, at = 1, 0
    stack: list[_Open] = []
    for token in check_time_each(_TOKEN.finditer(text), OFTEN):
        line += text.count("\n", at, token.start())
        at, word = token.start(), token[0]
        last = stack[-1] if stack else None
        if word == "," and last is not None:
            last.expects = last.mapping
            last.step = last.step if last.mapping else int(last.step) + 1
        elif word in "]}":
            stack.pop()
        elif word != ":":
            is_key = last is not None and last.expects
            if last is not None and is_key:
                last.step, last.expects = json.loads(word) if "\\" in word else word[1:-1], False
            yield stack, line, word, is_key
            if word in "[{":
                inner = below if last is None else last.wanted and last.wanted.get(last.step)
                stack.append(_Open(word == "{", inner, last is not None and last.doubled))


def _marks(text: str, places: Sequence[Place]) -> dict[Place, int]:
    """Return the line of every wanted place and of its parents; stop reading at the last one."""
    found: dict[Place, int] = {}
    left = set(places)
    for stack, line, _, is_key in _walk(text, wanted_places(places)):
        if not stack or (stack[-1].wanted and stack[-1].step in stack[-1].wanted):
            place = tuple(each.step for each in stack)
            found[place] = line
            if not is_key:
                left.discard(place)
        if not left:
            break
    return found


def _twice(text: str, file: str) -> Iterator[Finding]:
    """Yield a finding for each duplicate key; anything below a duplicate is skipped."""
    for stack, line, _, is_key in _walk(text, None):
        if is_key:
            last = stack[-1]
            key, above = str(last.step), any(each.doubled for each in stack[:-1])
            last.doubled = key in last.keys
            last.keys.add(key)
            if last.doubled and not above:
                yield twice(key, tuple(each.step for each in stack[:-1]), line, file)
