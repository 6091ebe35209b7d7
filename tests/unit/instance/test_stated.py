"""Places of findings in documents as they are stated."""

from __future__ import annotations

from typing import Any

import pytest

from leptonopt.errors import Finding, Path
from leptonopt.instance import validate
from leptonopt.instance.stated import Plain, existing, moved
from tests.helpers.tiny_instances import document, task

TREE: dict[str, Any] = {
    "pools": [{"id": "a", "nodes": {"size": {"gpu": 1}}}],
    "tasks": [{"id": "t", "after": ["u", "v"]}],
}


@pytest.mark.parametrize(
    ("path", "found"),
    [
        (("pools", 0, "id"), ("pools", 0, "id")),
        (("pools", 0, "nodes", 0, "size", "gpu"), ("pools", 0, "nodes", "size", "gpu")),
        (("pools", 0, "nodes", 1, "size", "cpu"), ("pools", 0, "nodes", "size", "cpu")),
        (("tasks", 0, "deadline"), ("tasks", 0, "deadline")),
        (("tasks", 1, "deadline"), ("tasks",)),
        (("quotas", 0, "limit"), ()),
        (("tasks", 0, "id", "x"), ("tasks", 0, "id")),
    ],
)
def test_what_there_is_of_a_place(path: Path, found: Path) -> None:
    """A key that is missing stays where it is the last step."""
    assert existing(TREE, path) == found


def test_entries_of_lists_that_grew() -> None:
    """They have the position of what they stand for."""
    first, then = {("tasks",): moved([0, 0, 0, 0])}, {("tasks", 3, "after"): moved([0, 0, 1])}
    plain = Plain({}, TREE, [first, then])
    assert plain.stated(Finding("x", ("tasks", 3, "after", 2))) == Finding("x", ("tasks", 0, "after", 1))
    assert plain.stated(Finding("x", ("tasks", 9))).path == ("tasks",)


def test_what_a_task_waits_for_behind_one_that_repeats() -> None:
    """A name that is not known is found at its place in the file."""
    daily = task("daily") | {"repeat": {"from": "01:00", "to": "03:00"}}
    stated = document(daily, task("t", after=["daily", "nobody"]), together=[["daily", "t", "none"]])
    stated["time"] = {"start": "2026-01-05T00:00Z", "slot": "1h", "horizon": "3d"}
    with pytest.raises(Exception, match=r"tasks\[1\]\.after\[1\].*\n?.*") as error:
        validate(stated)
    assert "tasks[1].after[1]" in str(error.value)
    assert "together[0][2]" in str(error.value)
