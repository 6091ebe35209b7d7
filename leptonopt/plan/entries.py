"""Label entries of `tasks` and `left_out` in a plan document, and count and number their copies."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any


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
