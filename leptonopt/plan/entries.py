"""Label entries of a plan document, number their copies, and read the names of their options."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

STAYS, KEPT = " (stays)", " (kept)"  # endings of options that replanning adds
_ADDED = re.compile(r" \((stays|kept)(?: \d+)?\)$")


def label(line: Mapping[str, Any]) -> str:
    """Return the label of an entry: the task's id, its copies where it has several, and its segment."""
    segment = f" /{line['segment']}" if "segment" in line else ""
    if "copy" not in line:
        return f"{line['id']}{segment}"
    first, copies = line["copy"], line.get("copies", 1)
    return f"{line['id']} #{first}" + (f"-{first + copies - 1}" if copies > 1 else "") + segment


def copies_of(lines: Iterable[Mapping[str, Any]]) -> int:
    """Return the number of copies that entries stand for; the segments of a copy count once."""
    return sum(line.get("copies", 1) for line in lines if line.get("segment", 1) == 1)


def numbers_of(line: Mapping[str, Any]) -> range:
    """Return the numbers of the copies that an entry stands for, counted from 1."""
    first = line.get("copy", 1)
    return range(first, first + line.get("copies", 1))


def each_copy(lines: Iterable[Mapping[str, Any]]) -> Iterator[tuple[tuple[str, int], Mapping[str, Any]]]:
    """Yield task and number of every copy that entries stand for, with its entry."""
    for line in lines:
        for number in numbers_of(line):
            yield (line["id"], number), line


def plain_option(option: str) -> str:
    """Return the name of an option without what replanning has added."""
    return _ADDED.sub("", option)


def added(option: str) -> str | None:
    """Return `stays` or `kept` for an option that replanning has added; None for another one."""
    found = _ADDED.search(option)
    return found and found[1]
