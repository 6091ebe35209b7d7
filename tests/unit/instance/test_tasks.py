"""Tasks, their options, and the work from which options are made."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError

from leptonopt.instance import Option, Task, merged_work
from leptonopt.instance.tasks import After, Profile, Work

OPTION = {"pool": "a", "duration": "1h"}


def test_a_name_is_a_task_to_wait_for() -> None:
    """Without a lag."""
    assert After.model_validate("x") == After(task="x")
    assert After(task="x").lag == 0
    assert After.model_validate({"task": "x", "lag": "1h"}).lag == 3600


def test_an_option_is_on_one_pool_or_several() -> None:
    """Not on none, nor on both kinds, nor on one twice."""
    assert Option.model_validate(OPTION).where == ("a",)
    assert Option.model_validate({"pools": ["a", "b"], "duration": "1h"}).where == ("a", "b")
    for stated, said in (
        ({"duration": "1h"}, "either a pool or several pools"),
        ({**OPTION, "pools": ["b"]}, "either a pool or several pools"),
        ({"pools": ["a", "a"], "duration": "1h"}, "names a pool twice"),
    ):
        with pytest.raises(ValidationError, match=said):
            Option.model_validate(stated)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"options": []}, "no way to run the task"),
        ({"due": "2026-01-01T00:00Z"}, "due goes together with late_cost or late_penalty or early_cost"),
        ({"late_cost": 1}, "due goes together"),
        ({"optional": True}, "an optional task needs a value"),
        ({"release": "2026-01-02T00:00Z", "deadline": "2026-01-02T00:00Z"}, "the deadline is not after the release"),
        ({"on_time": 0.9}, "on_time is a probability below 1"),
        ({"on_time": 1, "deadline": "2026-01-02T00:00Z"}, "on_time is a probability below 1"),
        ({"copies": 0}, "greater than or equal to 1"),
        ({"copies": 1_000_001}, "less than or equal to 1000000"),
        ({"placement": "anywhere"}, "span"),
    ],
)
def test_tasks_that_are_refused(more: dict[str, Any], said: str) -> None:
    """What contradicts itself or is not enough."""
    with pytest.raises(ValidationError, match=said):
        Task.model_validate({"id": "t", "options": [OPTION], **more})


def test_defaults_of_a_task() -> None:
    """One copy that must run, from any pool."""
    task = Task.model_validate({"id": "t", "options": [OPTION]})
    assert (task.copies, task.optional, task.placement, task.needs.labels) == (1, False, "span", ())


def test_work_is_completed_by_its_profile() -> None:
    """What the work states itself takes precedence."""
    profile = Profile.model_validate({"speed": {"a": 1}, "devices": {1: 1, 2: 1.8}, "device": "gpu"})
    work = Work.model_validate({"hours": 5, "profile": "p", "speed": {"b": 2}})
    merged = merged_work(work, {"p": profile})
    assert merged.speed == {"b": Decimal(2)}
    assert (merged.devices, merged.device, merged.hours) == (profile.devices, "gpu", 5)
    alone = Work.model_validate({"hours": 5, "speed": {"b": 2}})
    assert merged_work(alone, {}) is alone
