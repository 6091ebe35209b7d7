"""Tests of services: usable replicas, what they hold, and what they cost."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from leptonopt.problem.arrays import pointers
from leptonopt.problem.services import ReplicaCosts, ReplicaSchedule, Services, no_services


def two_ways() -> Services:
    """Return one service with two ways on rows 0 and 1, over four slots; the first boots for a slot."""
    line, grid = np.zeros(2, np.int64), np.zeros((2, 4), np.int64)
    return replace(
        no_services(4),
        way_ptr=pointers([2]), class_ptr=pointers([1]), pool=line, hold_ptr=pointers([1, 2]),
        hold_row=np.array([0, 0, 1]), hold=np.array([2, 1, 4]), running=line, boot=np.array([1, 0]), minimum=np.array([1, 0]),
        costs=ReplicaCosts(grid + 3, grid + 5, grid + 7),
    )  # fmt: skip


def test_a_replica_is_usable_once_it_has_booted() -> None:
    on = np.array([[1, 2, 2, 0], [1, 0, 1, 1]])
    assert two_ways().usable(on).tolist() == [[0, 1, 2, 0], [1, 0, 1, 1]]


def test_booting_replicas_hold_as_well() -> None:
    on = np.array([[1, 2, 2, 0], [1, 0, 1, 1]])
    assert two_ways().load(on, 3).tolist() == [[3, 4, 5, 1], [4, 0, 4, 4], [0, 0, 0, 0]]


def test_the_cost_counts_slots_starts_stops_and_what_is_missed() -> None:
    on = np.array([[1, 2, 2, 0], [1, 0, 1, 1]])
    schedule = ReplicaSchedule(on, np.zeros(0, bool), np.array([[0, 11, 0, 0]]))
    assert schedule.cost(two_ways()) == 8 * 3 + 4 * 5 + 4 * 7 + 11


def test_running_replicas_start_for_nothing_and_are_usable_at_once() -> None:
    services = replace(two_ways(), running=np.array([2, 1]))
    on = np.array([[3, 3, 2, 0], [0, 1, 1, 1]])
    assert services.usable(on).tolist() == [[2, 3, 2, 0], [0, 1, 1, 1]]
    assert services.switched(on)[0].tolist() == [[1, 0, 0, 0], [0, 1, 0, 0]]
    assert ReplicaSchedule(on, np.zeros(0, bool), np.zeros((1, 4), int)).cost(services) == 11 * 3 + 2 * 5 + 4 * 7


def test_entries_of_ways_are_found() -> None:
    at, of = two_ways().holds(np.array([1, 0]))
    assert at.tolist() == [1, 2, 0]
    assert of.tolist() == [0, 0, 1]
