"""The threshold rule: the cheapest option while there is time, a dearer one when it becomes short."""

from __future__ import annotations

from leptonopt.simulation.execution import Execution
from leptonopt.simulation.threshold import ThresholdRule
from tests.unit.simulation.worlds import day, option


def _rented(deadline: str) -> list[int]:
    """Return the slots in which a job starts on rented nodes, while others hold the devices of its own until hour 6."""
    job = {"id": "job", "deadline": deadline, "options": [option("own", 4, 2), option("rent", 4, 2)]}
    busy = {"id": "busy", "options": [option("own", 4, 6)]}
    world = day(tasks=[busy, job])
    execution, rule = Execution(world), ThresholdRule(world)
    execution.try_to_start(("busy", 1), "own", 0)
    for slot in range(world.time.slots):
        rule.start(slot, execution)
    run = execution.begun["job", 1]
    return [run.start] if execution.way(("job", 1))[1] == "rent" else []


def test_dear_options_when_time_is_short() -> None:
    """With a deadline at 6:00 it rents once less than an hour is to spare; with one at 12:00 it waits for its own."""
    assert _rented("2026-01-05T06:00Z") == [4]
    assert _rented("2026-01-05T12:00Z") == []


def test_optional_tasks_pay_at_most_their_value() -> None:
    """What costs more than it is worth is left out."""
    task = {"id": "extra", "optional": True, "value": 1, "options": [option("rent", 4, 2)]}
    world = day(tasks=[task, {"id": "other", "options": [option("own", 1, 1)]}])
    execution, rule = Execution(world), ThresholdRule(world)
    rule.start(15, execution)
    assert set(execution.begun) == {("other", 1)}
