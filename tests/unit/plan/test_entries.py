"""Labels and copies of entries of a plan."""

from __future__ import annotations

from typing import Any

import pytest

from leptonopt.plan.entries import added, copies_of, each_copy, label, plain_option


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ({"id": "t"}, "t"),
        ({"id": "t", "copy": 1}, "t #1"),
        ({"id": "t", "copy": 3, "copies": 1}, "t #3"),
        ({"id": "t", "copy": 3, "copies": 4}, "t #3-6"),
    ],
)
def test_labels(line: dict[str, Any], text: str) -> None:
    """The id, and the range of copies where a task has several."""
    assert label(line) == text


def test_copies() -> None:
    """An entry stands for one copy unless it says otherwise."""
    assert copies_of([{"id": "a"}, {"id": "b", "copy": 1, "copies": 5}]) == 6
    assert copies_of([]) == 0


def test_every_copy() -> None:
    """Copies are numbered from 1; each comes with the entry that it stands in."""
    lines: list[dict[str, Any]] = [{"id": "a"}, {"id": "b", "copy": 3, "copies": 2}]
    assert list(each_copy(lines)) == [(("a", 1), lines[0]), (("b", 3), lines[1]), (("b", 4), lines[1])]


def test_segments() -> None:
    """Labels tell segments apart, and the segments of a copy count once."""
    lines = [{"id": "a", "copy": 2, "segment": 1}, {"id": "a", "copy": 2, "segment": 2}, {"id": "b", "copies": 3}]
    assert [label(line) for line in lines] == ["a #2 /1", "a #2 /2", "b"]
    assert copies_of(lines) == 4


@pytest.mark.parametrize(
    ("name", "what"),
    [("own (stays)", "stays"), ("own (kept)", "kept"), ("own (kept 2)", "kept"), ("own", None), ("own (kept) b", None)],
)
def test_what_is_added_is_told_and_taken_off(name: str, what: str | None) -> None:
    """Only the endings of replanning are taken off."""
    assert added(name) == what
    assert plain_option(name) == ("own" if what else name)
