"""Projects: order, precedence past dummies, and the capacity that may be bought."""

from __future__ import annotations

import pytest

from leptonopt.io.literature import projects
from leptonopt.io.literature.projects import Circle, activity_task, in_order, investment, predecessors


def test_order() -> None:
    """Each activity comes before its successors."""
    assert in_order([[2], [0], []]) == [1, 0, 2]
    assert in_order([]) == []


@pytest.mark.parametrize("successors", [[[0]], [[1], [2], [1]], [[1], [0], [0]]])
def test_circles(successors: list[list[int]]) -> None:
    """The error names an activity that waits for itself, not one that is only behind the circle."""
    with pytest.raises(Circle) as error:
        in_order(successors)
    at, seen = error.value.activity, set()
    while at not in seen:
        seen.add(at)
        at = next(after for after in successors[at] if after in {0, 1, 2})
    assert error.value.activity in seen


def test_dummies_pass_on_what_they_wait_for() -> None:
    """Activity 1 takes no time: 3 waits for 0 and 2 directly."""
    assert predecessors([[1], [3], [1], []], [True, False, True, True]) == [[], [0, 2], [], [0, 2]]


def test_too_many_links_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Dummies can multiply them."""
    monkeypatch.setattr(projects, "MAX_LINKS", 2)
    assert predecessors([[2], [2], []], [True] * 3)[2] == [0, 1]
    with pytest.raises(ValueError, match="more than 2 links of precedence"):
        predecessors([[3], [3], [3], []], [True] * 4)


def test_counts_are_what_can_run_at_once() -> None:
    """Activities 0 and 1 overlap in any schedule's windows, 2 follows 0 and can overlap 1 only with slack."""
    made = investment("p", 4, [2, 1, 2], [[2], [], []], [[1, 0], [2, 0], [4, 0]], [7, 9])
    kinds = made["pools"][0]["nodes"]
    assert kinds == [{"id": "r1", "size": {"r1": 1}, "count": 6, "commit": {"total": 7, "max": 6}}]
    assert [task.get("after") for task in made["tasks"]] == [None, None, ["task-1"]]
    assert made["tasks"][1]["options"] == [{"pool": "site", "uses": {"r1": 2}, "duration": "1h"}]


@pytest.mark.parametrize(
    ("durations", "needs", "said"),
    [
        ([0, 0], [[1], [1]], "no activity takes any time"),
        ([1, 1], [[0], [0]], "no activity needs anything"),
        ([1, 1], [[60_000], [60_000]], "as many as 120,000 units of a resource may be needed"),
    ],
)
def test_projects_without_sense(durations: list[int], needs: list[list[int]], said: str) -> None:
    """Nothing to plan, or too much."""
    with pytest.raises(ValueError, match=said):
        investment("p", 4, durations, [[], []], needs, [1])


def test_tasks_count_from_one() -> None:
    """Activities count from 0; a task that waits for none has no such key."""
    assert activity_task(2, [0, 1], ["way"]) == {"id": "task-3", "after": ["task-1", "task-2"], "options": ["way"]}
    assert "after" not in activity_task(0, [], ["way"])
