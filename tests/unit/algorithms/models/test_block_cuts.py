"""Cuts of blocks exclude fractions alone: every schedule keeps them."""

from __future__ import annotations

import numpy as np
import pytest

from leptonopt.algorithms.models import block_cuts as cuts
from leptonopt.algorithms.models.time_indexed import build_model, encode, with_rows
from leptonopt.problem.nodes import NodeSchedule
from leptonopt.problem.problem import Problem
from leptonopt.problem.schedule import Schedule
from tests.helpers import bruteforce, random_problems
from tests.helpers.small_problems import group, nodes, option, problem


def crowded() -> Problem:
    """One slot of 4 units: tasks of 4 units, of 2, and of 1, each of which may be left out."""
    return problem(*(group(option(1, {0: size}), value=9) for size in (4, 2, 1)), capacity=[[4]])


def test_a_small_task_takes_the_place_of_a_block() -> None:
    """Beside the task of 1 unit neither 3/4 of the one of 4, nor that of 4 by half beside that of 2."""
    linear = build_model(crowded())
    found = cuts.block_cuts(linear, np.array([0.75, 0, 1, 0.25, 1, 0]))
    assert found is not None
    assert found.label[:, 1:].tolist() == [[4, 2]]
    dense = with_rows(linear, found).matrix[-1].toarray()[0]
    assert dense.tolist() == [1, 0, 1, 0, 0, 0]
    assert found.upper.tolist() == [1]
    found = cuts.block_cuts(linear, np.array([0.5, 0.9, 0.2, 0.5, 0.1, 0.8]))
    assert found is not None
    assert found.label[:, 1:].tolist() == [[4, 1], [2, 2]]
    assert cuts.block_cuts(linear, np.array([0, 1, 1, 1, 0, 0])) is None


def test_what_fits_beside_the_blocks_takes_no_place() -> None:
    """In 5 units there is room for a task of 1 beside a block of 4, and not for one of 2."""
    five = problem(*(group(option(1, {0: size}), value=9) for size in (4, 2, 1)), capacity=[[5]])
    found = cuts.block_cuts(build_model(five), np.array([0.6, 0.9, 0.8, 0.4, 0.1, 0.2]))
    assert found is not None
    assert found.label[:, 1:].tolist() == [[4, 1]]


def test_nodes_supply_blocks() -> None:
    """Of nodes of 4 units, a task of 2 or 1 needs half a node beside blocks of 2."""
    rented = nodes([[3]], [(0, 0, 4)], price=[[7]], on_demand=np.array([True]))
    made = problem(*(group(option(1, {0: size})) for size in (2, 2, 1)), capacity=[[12]], nodes=rented)
    linear = build_model(made)
    values = encode(linear, Schedule.of([0, 1, 2], [0, 0, 0], [1, 1, 1], NodeSchedule(np.array([[2]]), np.array([0]))))
    part = values.astype(float)
    part[3:] = np.where(part[3:] > 0, 1.25, part[3:])
    part[0] = 0.99
    found = cuts.block_cuts(linear, part)
    assert found is not None
    assert found.label[0, 1:].tolist() == [2, 2]
    assert (with_rows(linear, found).matrix[-len(found.upper) :] @ values <= found.upper).all()


@pytest.mark.parametrize("first", [2500, 2600])
def test_schedules_keep_all_cuts(first: int) -> None:
    """The optimum of random problems keeps them, whatever solution they are found from, with nodes and copies too."""
    seen = 0
    for seed, made, best in bruteforce.solved(range(first, first + 30), 300_000):
        linear, rng = build_model(made), np.random.default_rng(seed)
        values = encode(linear, best[1])
        for _ in range(20):
            found = cuts.block_cuts(linear, rng.random(len(linear.most)) * linear.most)
            if found is not None:
                rows = with_rows(linear, found).matrix[-len(found.upper) :]
                assert (rows @ values <= found.upper).all(), seed
                seen += len(found.upper)
    assert seen > 50


def test_tasks_that_fit_side_by_side_need_no_cut() -> None:
    """Nothing is found in a whole solution."""
    for seed, made, best in bruteforce.solved(range(2700, 2720), 300_000):
        linear = build_model(made)
        assert cuts.block_cuts(linear, encode(linear, best[1]).astype(float)) is None, seed


def test_cuts_that_bind_stay() -> None:
    """Of two cuts the one with a dual; one whose relaxation was not solved has none."""
    plain = build_model(crowded())
    found = cuts.block_cuts(plain, np.array([0.5, 0.9, 0.2, 0.5, 0.1, 0.8]))
    assert found is not None
    both = with_rows(plain, found)
    kept = cuts.with_binding(plain, both, np.append(np.zeros(len(plain.lower)), [0.0, -2.0]))
    assert kept.matrix[-1].toarray().tolist() == both.matrix[-1].toarray().tolist()
    assert len(kept.lower) == len(plain.lower) + 1
    assert cuts.with_binding(plain, both, np.ones(len(plain.lower))) is plain


def test_large_models_have_few_cuts_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those that are exceeded most come first."""
    linear = build_model(random_problems.bins(1))
    values = np.full(len(linear.most), 0.5)
    every = cuts.block_cuts(linear, values)
    monkeypatch.setattr(cuts, "SETTINGS", cuts.CutSettings(most=3))
    few = cuts.block_cuts(linear, values)
    assert every is not None
    assert few is not None
    assert len(few.upper) == 3 < len(every.upper)
    assert few.label.tolist() == every.label[:3].tolist()
