"""Multipliers for searches: known ones are taken, and what they prove is right."""

from __future__ import annotations

import pytest

from leptonopt.algorithms.lagrangian import guidance
from leptonopt.algorithms.lagrangian.capacity_dual import DualAscent, Multipliers
from leptonopt.algorithms.lagrangian.column_generation import ColumnGeneration, GenerationLimits
from leptonopt.algorithms.lagrangian.guidance import guiding_ascent
from leptonopt.algorithms.lagrangian.pricing import BlockPricer
from leptonopt.problem.problem import Problem
from leptonopt.problem.protocol import Limits
from tests.helpers.recording_monitor import Ear
from tests.helpers.small_problems import group, option, problem

LIMITS = Limits(time_limit=9, deterministic=True, work=0.5)


def four_tasks() -> Problem:
    """Return four tasks of one slot on one unit, whose slots cost 1, 2, 3 and 50: 56 in all."""
    return problem(*[group(option(1, {0: 1}))] * 4, capacity=[[1] * 4], price=[[1, 2, 3, 50]])


class Told(Ear):
    """Knows the multipliers of a linear relaxation."""

    def __init__(self, made: Problem) -> None:
        super().__init__()
        self.ascent = DualAscent(made, blocks := BlockPricer(made))
        ColumnGeneration(self.ascent, blocks, GenerationLimits.of(Limits(time_limit=9), 1.0, lambda: False)).run()

    def known_multipliers(self) -> Multipliers:
        return self.ascent.multipliers(self.ascent.scale())


@pytest.mark.parametrize("given", [False, True])
def test_known_multipliers_are_taken_where_rounds_raise_no_bound(monkeypatch: pytest.MonkeyPatch, given: bool) -> None:
    """The bound is theirs, and no relaxation is solved; with `given`, no round is run either."""
    made = four_tasks()
    told = Told(made)
    monkeypatch.setattr(DualAscent, "step", lambda self: 1 / 0 if given else 0.0)
    monkeypatch.setattr(guidance, "ColumnGeneration", None)
    assert guiding_ascent(made, BlockPricer(made), LIMITS, told, given).exact() == told.ascent.exact() == 56


def test_without_known_ones_rounds_or_relaxations_find_them() -> None:
    made = four_tasks()
    assert 4 < (guiding_ascent(made, BlockPricer(made), LIMITS, Ear()).exact() or 0) <= 56  # 4: each alone
