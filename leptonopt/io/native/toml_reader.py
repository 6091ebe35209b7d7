"""Read TOML strictly: by the standard library, after a check of depth and size."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from leptonopt.errors import Path as Place
from leptonopt.io.native.line_numbers import Lines, nearest_line
from leptonopt.io.native.scalars import (
    EMPTY,
    MAX_DEPTH,
    NOT_FINITE,
    OFTEN,
    line_of_word,
    number,
    shallow,
    too_deep,
    wrong,
)
from leptonopt.runtime.clock import check_time, check_time_each, run_interruptible

_DEPTH = re.compile(
    r'''"""(?:(?!""")(?:[^\\]|\\.))*+(?:""")?'''  # texts of several lines
    r"|'''(?:(?!''').)*+(?:''')?"
    r"""|"(?:[^"\\\n]|\\.)*+"?|'[^'\n]*+'?"""  # texts of one line
    r"|\#[^\n]*|[\[\]{}.,=\n]",
    re.DOTALL,
)
_HEAD = re.compile(r"^\s*(\[\[?)([^\]]+)\]")
_KEY = re.compile(r"""^\s*((?:"[^"]*"|'[^']*'|[\w-]+)(?:\s*\.\s*(?:"[^"]*"|'[^']*'|[\w-]+))*)\s*=""")


def read(text: str, file: str, most: int) -> tuple[Any, Lines]:
    """Return the tree of a text with at most so many values, and the lines of its places.

    Raises `InstanceError`.
    """
    shallow(text, _DEPTH, most, file)
    try:
        made = run_interruptible(tomllib.loads, text, parse_float=_float)
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"\(at line (\d+)", str(error))
        message = re.sub(r" \(at .*\)$", "", str(error))
        message = message if len(message) <= 120 else message[:117] + "..."
        line = int(found[1]) if found else text.count("\n") + 1
        raise wrong(f"not TOML: {message[0].lower()}{message[1:]}", line, file) from None
    except ValueError as error:
        message = str(error)
        if message.startswith("Exceeds the limit") and (long := re.search(r"[0-9][0-9_]{4000}", text)):
            message = f"{long[0][:20]}… is a number of more than 4000 digits; at most 60"
        raise wrong(message, line_of_word(text, message), file) from None
    if not made:
        raise wrong(EMPTY, None, file)

    def lines(places: Sequence[Place]) -> dict[Place, int]:
        wanted = {place[:end] for place in places for end in range(1, len(place) + 1)}
        return nearest_line({place: line for place, line in _lines(text) if place in wanted}, places)

    return _plain(made, (), lambda place: lines([place]).get(place), file), lines


def _plain(value: Any, path: Place, line: Callable[[Place], int | None], file: str) -> Any:
    """Return the tree with instants as texts."""
    if len(path) > MAX_DEPTH:
        raise too_deep(line(path), file)
    if isinstance(value, dict):
        check_time()
        return {key: _plain(child, (*path, key), line, file) for key, child in value.items()}
    if isinstance(value, list):
        return [_plain(child, (*path, at), line, file) for at, child in enumerate(value)]
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, int) and abs(value) >= 10**60:
        raise wrong("is a number of more than 60 digits; at most 60", line(path), file, path)
    return value if isinstance(value, bool | int | Decimal | str) else str(value)


def _float(text: str) -> int | Decimal:
    if NOT_FINITE.fullmatch(text):
        raise ValueError(f"{text} is not a finite number; write it in digits")
    return number(text.replace("_", ""))


def _lines(text: str) -> Iterator[tuple[Place, int]]:
    """Return lines of tables and of keys at the start of a line; inline tables take their key's."""

    def names(dotted: str) -> list[str]:
        return [next(filter(None, found), "") for found in re.findall(r""""([^"]*)"|'([^']*)'|([\w-]+)""", dotted)]

    counts: dict[Place, int] = {}
    prefix: Place = ()

    def located(steps: list[str]) -> Place:
        place: Place = ()
        for step in steps:
            place = (*place, step)
            if place in counts:
                place = (*place, counts[place])
        return place

    for at, line in enumerate(check_time_each(text.split("\n"), OFTEN), 1):
        if head := _HEAD.match(line):
            steps = names(head[2])
            if head[1] == "[[":
                place = (*located(steps[:-1]), steps[-1])
                counts[place] = counts.get(place, -1) + 1
                prefix = (*place, counts[place])
            else:
                prefix = located(steps)
            yield prefix, at
        elif key := _KEY.match(line):
            yield (*prefix, *names(key[1])), at
