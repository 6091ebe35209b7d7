"""Predecessors and successors of groups."""

from __future__ import annotations

from leptonopt.algorithms.heuristics.neighbours import neighbours
from leptonopt.problem.problem import UNLIMITED
from tests.helpers.small_problems import group, ints, option, problem


def test_neighbours_have_their_lags() -> None:
    """An unlimited lag is none."""
    groups = [group(option(1, {0: 1})) for _ in range(3)]
    most = ints([UNLIMITED, 2])
    made = problem(*groups, capacity=[[3] * 5], edges=[(0, 1, 1), (0, 2, 0)], most=most)
    assert neighbours(made, made.lag) == ([[], [(0, 1)], [(0, 0)]], [[(1, 1), (2, 0)], [], []])
    assert neighbours(made, made.most) == ([[], [], [(0, 2)]], [[(2, 2)], [], []])
