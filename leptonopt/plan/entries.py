"""Entries of `tasks` and `left_out` in a plan document: their labels and how many copies they stand for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any


def label(line: Mapping[str, Any]) -> str:
    """What people call an entry of `tasks` or `left_out`: the task's id, and which copies where it has several."""
    if "copy" not in line:
        return str(line["id"])
    first, copies = line["copy"], line.get("copies", 1)
    return f"{line['id']} #{first}" + (f"-{first + copies - 1}" if copies > 1 else "")


def copies_of(lines: Iterable[Mapping[str, Any]]) -> int:
    """How many copies entries of `tasks` or `left_out` stand for."""
    return sum(line.get("copies", 1) for line in lines)
