"""Groups of identical tasks, and edges between copies."""

from __future__ import annotations

from typing import Any

import pytest

from leptonopt.compile import groups
from leptonopt.errors import InstanceError
from leptonopt.problem.problem import UNLIMITED
from tests.helpers.tiny_instances import compiled, pool, task


@pytest.mark.parametrize(
    ("other", "alike"),
    [
        (task("y"), True),
        (task("y", copies=5), True),
        (task("y", value=9), True),  # a value does not count where the task must run
        (task("y", team="z"), True),
        (task("y", gpu=1), False),
        (task("y", duration="2h"), False),
        (task("y", duration="45m"), True),  # the same slots
        (task("y", release="2026-01-05T01:00Z"), False),
        (task("y", deadline="2026-01-05T03:00Z"), False),
        (task("y", due="2026-01-05T01:00Z", late_cost=1), False),
        (task("y", optional=True, value=2), False),
    ],
)
def test_tasks_that_are_alike(other: dict[str, Any], alike: bool) -> None:
    """The same options, window, lateness and value."""
    made = compiled(task("x"), other)
    assert (made.problem.groups == 1) is alike


def test_sets_keep_tasks_apart() -> None:
    """Tasks of other sets are other groups."""
    made = compiled(task("x"), task("y"), task("z"), pools=[pool(), pool("b")], apart=[["x", "y"]])
    assert [len(members) for members in made.members] == [2, 1]


def test_of_equal_edges_the_longest_lag_counts() -> None:
    """Stated twice with two lags."""
    made = compiled(task("x"), task("y", after=["x", {"task": "x", "lag": "1h"}]))
    assert (made.problem.before.tolist(), made.problem.after.tolist(), made.problem.lag.tolist()) == ([0], [1], [1])


def test_of_equal_edges_the_shortest_greatest_lag_counts() -> None:
    """Rounded down; without one there is no limit."""
    waits = [{"task": "x", "most": "150m"}, "x", {"task": "x", "lag": "1h", "most": "5h"}]
    made = compiled(task("x"), task("y", after=waits), task("z", after=["y"]))
    assert made.problem.lag.tolist() == [1, 0]
    assert made.problem.most.tolist() == [2, UNLIMITED]


def test_too_many_copies_with_precedence(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each copy would be a group of its own; and pairs of copies are edges."""
    tasks = (task("x", copies=3), task("y", copies=4, after=["x"]))
    monkeypatch.setattr(groups, "MAX_LINKED", 6)
    with pytest.raises(InstanceError, match=r"tasks\[1\].copies: 7 copies of tasks wait or are waited for"):
        compiled(*tasks)
    monkeypatch.setattr(groups, "MAX_LINKED", 7)
    monkeypatch.setattr(groups, "MAX_EDGES", 11)
    with pytest.raises(InstanceError, match="12 pairs of copies wait for each other; at most 11"):
        compiled(*tasks)


def test_copies_that_have_run_in_segments_are_apart() -> None:
    """Each has its own chain, also where one segment is all that is left of it."""
    begun = {"most": 1, "begun": {"option": "a", "left": "1h"}}
    made = compiled(task(copies=2, duration="2h", segments=begun), task("u", duration="2h", segments=begun)).problem
    assert made.copies.tolist() == [1, 1, 1]
    assert [chain.groups.tolist() for chain in made.chains] == [[0], [1], [2]]
