"""Tests of the relaxation of services and tasks together."""

from __future__ import annotations

from dataclasses import replace

import pytest

from leptonopt.algorithms.lagrangian.relaxation import relaxation_duals
from leptonopt.algorithms.services import joint_relaxation
from leptonopt.algorithms.services.joint_relaxation import relaxed
from leptonopt.problem.problem import Problem
from tests.helpers import service_problems as made
from tests.helpers.small_problems import group, option, problem

CAPACITY, PRICE = [[3] * 6, [9] * 6], [[1, 1, 2, 2, 3, 3], [5] * 6]


def beside_tasks(*tasks: dict) -> Problem:
    """Return a problem of tasks and a service that hold the same cheap row."""
    service = made.service([[1], [1]], [[3, 3, 1, 1, 1, 0]], holds=[{0: 1}, {1: 1}], most=4)
    return replace(problem(*tasks, capacity=CAPACITY, price=PRICE), services=made.services(service))


def test_starts_that_join_reach_the_relaxation_with_all(monkeypatch: pytest.MonkeyPatch) -> None:
    """All tasks begin with the same start, which does not fit all of them and the service."""
    monkeypatch.setattr(joint_relaxation, "BUCKETS", 1)
    monkeypatch.setattr(joint_relaxation, "NEAR", 0.0)
    whole = beside_tasks(*(group(option(2, {0: 1}), value=each) for each in (20, 20, 20, None)))
    found, duals = relaxed(whole, 10), relaxation_duals(whole, 10)
    assert found is not None
    assert duals is not None
    assert found.value == pytest.approx(duals.value)


def test_it_needs_no_tasks_and_no_more_than_so_many(monkeypatch: pytest.MonkeyPatch) -> None:
    assert relaxed(beside_tasks(), 10) is not None
    monkeypatch.setattr(joint_relaxation, "MOST_OPTIONS", 0)
    assert relaxed(beside_tasks(group(option(2, {0: 1}))), 10) is None
