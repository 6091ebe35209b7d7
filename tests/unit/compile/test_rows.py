"""Rows of capacity and price, and options as columns on them."""

from __future__ import annotations

import pytest

from leptonopt.compile import rows
from leptonopt.errors import InstanceError
from leptonopt.problem.problem import UNLIMITED
from tests.helpers.tiny_instances import compiled, pool, task


def test_demand_units_are_as_fine_as_the_amounts() -> None:
    """Quarters make a scale of 4; capacity is rounded down to it."""
    made = compiled(task("x", gpu=0.25), task("y", gpu=1.5), pools=[pool(capacity={"gpu": 3.9})])
    assert made.rows[0].scale == 4
    assert made.problem.demand.tolist() == [1, 6]
    assert made.problem.capacity.tolist() == [[15] * 4]


def test_starts_are_cut_by_capacity_and_maintenance() -> None:
    """A window of less capacity in the middle: two starts remain."""
    window = {"from": "2026-01-05T01:00Z", "to": "2026-01-05T02:00Z", "capacity": {"gpu": 1}}
    made = compiled(task("x"), task("y", gpu=1), pools=[pool(maintenance=[window])])
    problem = made.problem
    assert problem.startable(0).tolist() == [True, False, True, True]
    assert problem.startable(1).tolist() == [True] * 4


def test_unlimited_rows() -> None:
    """No limit in any slot."""
    made = compiled(pools=[pool(capacity={"gpu": "unlimited"})])
    assert made.problem.capacity.tolist() == [[UNLIMITED] * 4]


def test_counters_of_quotas_are_rows() -> None:
    """A limit at any moment is a row with that capacity; one of some tasks has rows that only count."""
    made = compiled(
        quotas=[
            {"id": "m", "of": "gpu", "limit": 3, "per": "moment"},
            {"id": "h", "of": "gpu", "limit": 9, "tasks": ["t"]},
        ]
    )
    assert [(row.pool, row.resource) for row in made.rows] == [("a", "gpu"), ("", "m"), ("", "h: gpu of a")]
    assert made.problem.capacity[1].tolist() == [3] * 4
    assert made.problem.demand_row.tolist() == [0, 1, 2]


def test_tasks_on_single_nodes_have_an_option_on_each() -> None:
    """The rows of that node and of the pool."""
    kind = {"id": "n", "size": {"gpu": 4}, "count": 2, "price": 1}
    made = compiled(task(pool="p", placement="one-node"), pools=[{"id": "p", "nodes": kind}])
    assert [way.on_nodes for way in made.kept[0]] == [("n/1",), ("n/2",)]
    assert [made.rows[row].node for row in made.problem.demands(1)[0]] == [None, "n/2"]


def test_too_many_choices_of_nodes_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of whole nodes for one option, and of nodes in all."""
    kind = {"size": {"gpu": 4}, "count": 4, "price": 1}
    whole = {"id": "w", "options": [{"pool": "p", "nodes": 2, "duration": "1h"}]}
    tasks = (task(pool="p", placement="one-node"), whole)
    monkeypatch.setattr(rows, "MAX_CHOICES", 5)
    with pytest.raises(InstanceError, match="2 of 4 nodes that are told apart can be chosen in more than 5 ways"):
        compiled(*tasks, pools=[{"id": "p", "nodes": kind}])
    monkeypatch.setattr(rows, "MAX_CHOICES", 6)
    monkeypatch.setattr(rows, "MAX_PLACED", 9)
    with pytest.raises(InstanceError, match="could be on them in more than 9 ways"):
        compiled(*tasks, pools=[{"id": "p", "nodes": kind}])


def test_durations_on_interruptible_pools_vary_by_start() -> None:
    """Where interruptions get rarer, later starts take fewer slots: one column per duration."""
    rate = {"daily": {"00:00": 1, "02:00": 0}}
    made = compiled(task(duration="1h"), pools=[pool(interruptions=rate)])
    durations = made.problem.duration.tolist()
    assert len(set(durations)) == len(durations) > 1
    assert min(durations) == 1


def test_windows_of_options_cut_their_starts() -> None:
    """From `not_before` rounded up to `not_after` rounded down, both included."""
    way = {"not_before": "2026-01-05T00:30Z", "not_after": "2026-01-05T02:59Z"}
    entry = {"id": "t", "options": [{"pool": "a", "uses": {"gpu": 1}, "duration": "1h", **way}]}
    problem = compiled(entry).problem
    assert (problem.first.tolist(), problem.last.tolist()) == ([1], [2])


def test_options_with_different_windows_are_not_merged() -> None:
    """Tasks alike but for a window are two groups."""
    option = {"pool": "a", "uses": {"gpu": 1}, "duration": "1h"}
    later = {**option, "not_before": "2026-01-05T01:00Z"}
    made = compiled({"id": "t", "options": [option]}, {"id": "u", "options": [later]})
    assert made.problem.groups == 2
