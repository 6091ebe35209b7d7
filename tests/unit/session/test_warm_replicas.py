"""Tests of the replicas of an earlier plan as a warm start."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest

from leptonopt.compile.compiler import compile_instance
from leptonopt.errors import UsageError
from leptonopt.instance import validate
from leptonopt.problem.schedule import Schedule
from leptonopt.problem.services import ReplicaSchedule
from leptonopt.session.warm_replicas import warm_start_replicas
from tests.helpers.service_documents import plan_of, random_document, some_schedule
from tests.helpers.tiny_instances import service_document

BATCH = {"id": "n", "service": "chat", "amount": {"long": 3600}, "optional": True, "value": 7}
MADE = compile_instance(validate(service_document(missed={"cost": 1}) | {"batches": [BATCH]}))


def plan(*on: int, done: bool = True) -> dict[str, Any]:
    """Return the plan of some replicas."""
    replicas = ReplicaSchedule(np.array([on]), np.array([done]), np.full((1, 4), 10**12))
    return plan_of(MADE, Schedule.of([], [], replicas=replicas))


@pytest.mark.parametrize("seed", range(10))
def test_a_plan_becomes_the_schedule_that_it_was(seed: int) -> None:
    made = compile_instance(validate(random_document(seed)))
    schedule = some_schedule(made, seed)
    if schedule is None:
        pytest.skip("no schedule of replicas is found at random")
    assert schedule.replicas is not None
    found = warm_start_replicas(made, plan_of(made, schedule))
    assert found is not None
    assert found.on.tolist() == schedule.replicas.on.tolist()
    assert found.done.tolist() == schedule.replicas.done.tolist()
    assert found.missed.tolist() == schedule.replicas.missed.tolist()


def test_a_plan_of_another_time_fits_where_it_can() -> None:
    """It ends with five replicas, which then go on; more than can be are not taken, nor other names."""
    stated = plan(6, 6, 6, 5)
    later = copy.deepcopy(service_document())
    later["time"]["start"] = "2026-01-05T02:00Z"
    found = warm_start_replicas(compile_instance(validate(later)), stated)
    assert found is not None
    assert found.on.tolist() == [[5, 5, 5, 5]]
    later["time"]["start"] = "2026-01-04T23:00Z"
    found = warm_start_replicas(compile_instance(validate(later)), stated)
    assert found is not None
    assert found.on.tolist() == [[0, 5, 5, 5]]
    stated["services"][0]["ways"][0]["way"] = "other"
    found = warm_start_replicas(MADE, stated)
    assert found is not None
    assert found.on.tolist() == [[0] * 4]


def test_batches_that_are_left_out_stay_out() -> None:
    for done in (True, False):
        found = warm_start_replicas(MADE, plan(6, 6, 6, 5, done=done))
        assert found is not None
        assert found.done.tolist() == [done]


def test_plans_without_services_say_nothing() -> None:
    assert warm_start_replicas(MADE, {"tasks": []}) is None


@pytest.mark.parametrize(
    "services", [[{}], [{"id": "chat", "ways": [{"way": "a", "on": [{"from": "x", "count": 1}]}]}]]
)
def test_what_is_no_plan_is_refused(services: list[Any]) -> None:
    with pytest.raises(UsageError, match="the warm start is not a plan document"):
        warm_start_replicas(MADE, {"services": services})
