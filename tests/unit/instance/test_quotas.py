"""Quotas: the tasks that count."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from leptonopt.instance import Quota, Task


def quota(**more: Any) -> Quota:
    """Return a quota of GPU-hours."""
    return Quota.model_validate({"id": "q", "of": "gpu", "limit": 9, **more})


@pytest.mark.parametrize(
    ("more", "covers", "whole"),
    [
        ({}, True, True),
        ({"pools": ["a"]}, True, True),
        ({"tasks": ["t"]}, True, False),
        ({"tasks": ["u"]}, False, False),
        ({"tasks": []}, False, False),
        ({"teams": ["x"]}, True, False),
        ({"teams": ["y"]}, False, False),
        ({"tasks": ["t"], "teams": ["y"]}, False, False),
    ],
)
def test_tasks_that_count(more: dict[str, Any], covers: bool, whole: bool) -> None:
    """By id and by team; a list of none covers none."""
    task = Task.model_validate({"id": "t", "team": "x", "options": [{"pool": "a", "duration": "1h"}]})
    assert (quota(**more).covers(task), quota(**more).whole) == (covers, whole)


def test_a_task_without_a_team_is_in_no_team() -> None:
    """A quota of teams does not count it."""
    task = Task.model_validate({"id": "t", "options": [{"pool": "a", "duration": "1h"}]})
    assert not quota(teams=["x"]).covers(task)


@pytest.mark.parametrize("more", [{"limit": -1}, {"used": -1}, {"per": "decade"}, {"of": ""}])
def test_quotas_that_are_refused(more: dict[str, Any]) -> None:
    """Limits below zero, other spans, no resource."""
    with pytest.raises(ValidationError):
        quota(**more)
