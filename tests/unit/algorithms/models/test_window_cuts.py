"""Cuts on windows hold for every choice of columns that fits the rows, and are violated by what they cut off."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations_with_replacement, product

import numpy as np
from scipy.optimize import linprog

from leptonopt.algorithms.models.time_indexed import IntegerProgram, assemble, build_model
from leptonopt.algorithms.models.window_cuts import WindowCut, WindowCuts, cut_rows, offered
from leptonopt.problem.arrays import Floats
from leptonopt.problem.schedule import Schedule, usage
from tests.helpers import random_problems
from tests.helpers.small_problems import group, option, problem


def choices(linear: IntegerProgram, most: int) -> Iterator[Floats]:
    """Yield the values of the columns of every choice that fits all rows; nothing where there are too many."""
    problem, columns = linear.problem, linear.columns
    group, ways = problem.group[columns.option], []
    for at in range(problem.groups):
        own, copies = np.flatnonzero(group == at).tolist(), int(problem.copies[at])
        least = 0 if problem.optional[at] else copies
        ways.append([each for many in range(least, copies + 1) for each in combinations_with_replacement(own, many)])
    if np.prod([len(each) for each in ways], dtype=float) > most:
        return
    offer = offered(problem)
    for chosen in product(*ways):
        picked = [column for each in chosen for column in each]
        load = usage(problem, Schedule.of(columns.option[picked], columns.start[picked]))
        if (load <= offer).all():
            values = np.zeros(len(linear.most))
            np.add.at(values, picked, 1.0)
            yield values


def drawn_cuts(linear: IntegerProgram, rng: np.random.Generator) -> list[WindowCut]:
    """Return the cuts that a random solution violates, and cuts of random levels."""
    problem, search = linear.problem, WindowCuts(linear)
    values = rng.random(len(linear.most)) * (rng.random(len(linear.most)) < 0.3)
    found = search.violated(values)
    for row in search.columns:
        for _ in range(6):
            first, end = sorted(rng.choice(problem.slots + 1, 2, replace=False).tolist())
            level = rng.integers(0, 12, problem.groups)
            found += [cut for cut in [search.cut(row, first, end, level, values)] if cut is not None]
    return found


def test_cuts_hold_for_every_choice_that_fits() -> None:
    """Try all choices of small problems with nodes, optional groups and copies, and cuts of any levels."""
    tried = bound = 0
    for seed in range(24):
        drawn = random_problems.rich(seed) if seed % 2 else random_problems.problem(seed, groups=3, slots=5)
        linear = build_model(drawn)
        cuts = drawn_cuts(linear, np.random.default_rng(seed))
        for values in choices(linear, 1_000):
            for cut in cuts:
                held = float(values[cut.variable] @ cut.factor)
                assert held <= cut.most, (seed, cut)
                tried, bound = tried + 1, bound + (held == cut.most > 0)
    assert tried > 1_000
    assert bound > 20


def relaxed(linear: IntegerProgram) -> tuple[float, Floats]:
    """Return value and solution of the relaxation."""
    matrix = linear.matrix.toarray()
    once = len(linear.parts[0].lower)
    said = linprog(
        linear.cost, matrix[once:], linear.upper[once:], matrix[:once], linear.upper[:once],
        bounds=[(0, most) for most in linear.most],
    )  # fmt: skip
    return float(said.fun), said.x


def test_a_window_that_is_too_small_by_a_little_loses_a_whole_task() -> None:
    """Four tasks of 19 units in slots that offer 18: the relaxation moves a part of a task, the cut a whole one."""
    tasks = [group(option(1, {0: units}), option(1, {1: 1}, fixed=9)) for units in (5, 5, 5, 4)]
    linear = build_model(problem(*tasks, capacity=[[9, 9], [3, 3]]))
    value, values = relaxed(linear)
    assert 0 < value < 9
    cuts = WindowCuts(linear).violated(values)
    stronger = assemble(linear.variables, linear.cost, [*linear.parts, cut_rows(cuts)])
    assert round(relaxed(stronger)[0], 6) == 9
