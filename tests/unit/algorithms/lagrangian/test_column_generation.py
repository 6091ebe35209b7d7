"""Column generation: it reaches the value of the relaxation, at any first width, and its bounds are valid."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from leptonopt.algorithms.lagrangian import column_generation as module
from leptonopt.algorithms.lagrangian.capacity_dual import DualAscent
from leptonopt.algorithms.lagrangian.column_generation import (
    TUNING,
    ColumnGeneration,
    GenerationLimits,
    column_costs,
)
from leptonopt.algorithms.lagrangian.pricing import BlockPricer
from leptonopt.algorithms.lagrangian.relaxation import relaxation_duals
from leptonopt.problem.problem import Problem
from leptonopt.runtime.deadline import Deadline
from tests.helpers import random_problems
from tests.helpers.bruteforce import solved

LONG = GenerationLimits(Deadline.never())


def generate(problem: Problem, limits: GenerationLimits = LONG) -> tuple[ColumnGeneration, bool]:
    """A column generation that has run, and whether it came to the end."""
    pricer = BlockPricer(problem)
    generation = ColumnGeneration(DualAscent(problem, pricer), pricer, limits)
    return generation, generation.run()


def test_costs_of_columns_are_exact() -> None:
    """Equal to the costs of the problem's own table of columns."""
    for seed in range(40):
        problem = random_problems.rich(seed)
        columns = problem.columns
        assert (column_costs(problem, columns.option, columns.start) == columns.cost).all()


def test_the_end_is_the_value_of_the_relaxation() -> None:
    """With all columns at once or generated from wide buckets on, to four digits and more."""
    for seed in range(6):
        problem = random_problems.bins(seed)
        duals = relaxation_duals(problem, 60.0)
        assert duals is not None
        generation, ended = generate(problem)
        assert ended
        assert generation.ascent.best == pytest.approx(duals.value, rel=1e-6)


def test_narrower_buckets_come_near_the_relaxation(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the whole relaxation, buckets are halved, and columns join until little is left."""
    monkeypatch.setattr(module, "TUNING", replace(TUNING, first=100, small=0, whole=0))
    for seed in range(4):
        problem = random_problems.bins(seed)
        duals = relaxation_duals(problem, 60.0)
        assert duals is not None
        generation, _ = generate(problem)
        assert generation.solved > 1
        assert 0.98 * duals.value <= generation.ascent.best <= duals.value * (1 + 1e-9)


def test_bounds_are_at_most_the_optimum() -> None:
    """On random problems with nodes, quotas, precedence and affinity."""
    seen = 0
    for seed, problem, best in solved(range(60)):
        if not problem.options:
            continue
        generation, _ = generate(problem)
        bound = generation.ascent.exact()
        assert bound is None or bound <= best[0], seed
        seen += 1
    assert seen > 20


def test_it_stops_when_told_to() -> None:
    """Out of nonzeros, or stopped, it solves nothing more and has not come to the end."""
    problem = random_problems.bins(1)
    generation, ended = generate(problem, replace(LONG, nonzeros=0))
    assert (generation.solved, ended) == (0, False)
    generation, _ = generate(problem, replace(LONG, stop=lambda: True))
    assert generation.solved <= 1
    assert np.isfinite(generation.ascent.best)
