"""Label entries of `tasks` and `left_out` in a plan document, and count and number their copies."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any


def label(line: Mapping[str, Any]) -> str:
    """Return the label of an entry: the task's id, and its copies where the task has several."""
    if "copy" not in line:
        return str(line["id"])
    first, copies = line["copy"], line.get("copies", 1)
    return f"{line['id']} #{first}" + (f"-{first + copies - 1}" if copies > 1 else "")


def copies_of(lines: Iterable[Mapping[str, Any]]) -> int:
    """Return the number of copies that entries stand for."""
    return sum(line.get("copies", 1) for line in lines)


def numbers_of(line: Mapping[str, Any]) -> range:
    """Return the numbers of the copies that an entry stands for, counted from 1."""
    first = line.get("copy", 1)
    return range(first, first + line.get("copies", 1))


def each_copy(lines: Iterable[Mapping[str, Any]]) -> Iterator[tuple[tuple[str, int], Mapping[str, Any]]]:
    """Yield task and number of every copy that entries stand for, with its entry."""
    for line in lines:
        for number in numbers_of(line):
            yield (line["id"], number), line
