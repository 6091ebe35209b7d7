"""Tests of what belongs to one service."""

from __future__ import annotations

import dataclasses

from leptonopt.algorithms.services.alone import Ownership, replica_schedule
from leptonopt.problem.problem import Problem
from tests.helpers import service_problems as made
from tests.helpers.small_problems import group, ints, nodes, option, problem


def shared() -> Problem:
    """Return two services: rows 0 and 1 belong to one each, row 2 is of both, row 3 is also of a task."""
    one = made.service([[2], [2]], [[1]], holds=[{0: 1}, {2: 1}])
    two = made.service([[2], [2], [2]], [[1]], holds=[{1: 1}, {2: 1}, {3: 1}])
    kinds = nodes([[9]] * 3, [(0, 0, 1), (1, 2, 1), (2, 1, 1)], price=[[1]] * 3, commit_max=[0, 0, 1])
    found = problem(group(option(1, {3: 1})), capacity=[[9]] * 4, nodes=kinds)
    return dataclasses.replace(found, services=made.services(one, two))


def test_rows_and_kinds_belong_to_their_only_user() -> None:
    owned = Ownership.of(shared())
    assert owned.row.tolist() == [0, 1, -1, -1]
    assert owned.kind.tolist() == [0, -1, -1]  # shared, and committed
    assert owned.kinds(0) == (0,)


def test_replicas_that_do_not_serve_have_no_schedule() -> None:
    assert replica_schedule(shared(), ints([[1], [0], [0], [0], [0]])) is None
    found = replica_schedule(shared(), ints([[1], [0], [1], [0], [0]]))
    assert found is not None
    assert found.missed.tolist() == [[0], [0]]
