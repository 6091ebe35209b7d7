"""Histories of a world, within its rules."""

from __future__ import annotations

from decimal import Decimal

from leptonopt.simulation.execution import Execution
from leptonopt.simulation.world import with_soft_deadlines
from leptonopt.verify import verify
from tests.unit.simulation.worlds import day


def test_starts_keep_the_rules() -> None:
    """What lacks room, a predecessor, a release or a node that has booted does not start; a history is a checked plan."""
    world = with_soft_deadlines(day(), Decimal(1), 0)
    execution = Execution(world)
    assert execution.try_to_start(("sweep", 1), "own", 0)
    assert execution.try_to_start(("sweep", 2), "own", 0)
    assert not execution.try_to_start(("job0", 1), "rent", 0)  # nodes boot for an hour
    assert execution.try_to_start(("job0", 1), "own", 0)
    assert not execution.try_to_start(("job1", 1), "own", 2)  # no room
    assert execution.try_to_start(("job1", 1), "rent", 2)
    assert not execution.try_to_start(("last", 1), "own", 3)  # the sweep goes on until 4
    assert execution.try_to_start(("last", 1), "own", 4)
    assert not execution.complete()
    assert execution.try_to_start(("job2", 1), "rent", 4)
    assert execution.complete()
    plan = execution.plan()
    assert verify(world.document(), plan.document).ok
    assert plan.cost == 2 + 8 * 3 + 1  # a node from 1 to 9, and what is left out


def test_states() -> None:
    """What has ended is done, what has not runs since its start."""
    execution = Execution(with_soft_deadlines(day(), Decimal(1), 0))
    for copy, slot in ((1, 0), (2, 3)):
        assert execution.try_to_start(("sweep", copy), "own", slot)
    state = execution.state(4)
    assert [(entry["copy"], entry["ended"]) for entry in state["done"]] == [(1, "2026-01-05T04:00:00Z")]
    assert [(entry["copy"], entry["started"]) for entry in state["running"]] == [(2, "2026-01-05T03:00:00Z")]
    assert execution.way(("sweep", 2)) == ("own", "own")
    assert execution.try_to_start(("job1", 1), "rent", 4)
    assert [execution.state(slot)["nodes"][0]["on"] for slot in (0, 3, 4, 7, 9) if slot] == [0, 1, 1, 0]
