"""Keep what fits of a schedule after capacity is lost."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from leptonopt.algorithms.large_scale.fitting_part import fitting_part
from leptonopt.compile.columnar import compile_columnar
from leptonopt.io.columnar import load
from leptonopt.problem.feasibility import violated_rules
from leptonopt.problem.problem import Problem
from leptonopt.problem.schedule import Schedule
from tests.helpers import bruteforce
from tests.helpers.columnar_files import saved, tiny


def best(folder: Path, seed: int) -> tuple[Problem, Schedule]:
    """Return a tiny problem and its best schedule."""
    problem = compile_columnar(load(saved(folder, tiny(seed)))).problem
    found = bruteforce.optimum(problem)
    assert found is not None
    return problem, found[1]


@pytest.mark.parametrize("seed", range(10))
def test_what_fits_is_kept(tmp_path: Path, seed: int) -> None:
    """All where nothing is lost; else entries of the schedule that keep the capacity, with what they leave of it."""
    problem, wanted = best(tmp_path, seed)
    kept, free = fitting_part(problem, wanted)
    assert list(kept) == list(wanted)
    less = replace(problem, capacity=np.maximum(0, problem.capacity - 2))
    kept, free = fitting_part(less, wanted)
    assert set(kept) <= {(o, s, n) for o, s, most in wanted for n in range(1, most + 1)}
    assert not violated_rules(replace(less, optional=np.ones(less.groups, bool)), kept)
    held = less.capacity - free
    for option, start, count in kept:
        for at in range(problem.demand_ptr[option], problem.demand_ptr[option + 1]):
            held[problem.demand_row[at], start : start + problem.duration[option]] -= count * problem.demand[at]
    assert not held.any()


def test_what_starts_last_goes_first(tmp_path: Path) -> None:
    """Of two copies that exclude each other the earlier one stays; what lies outside of its window does not."""
    problem, _ = best(tmp_path, 1)
    option = int(np.flatnonzero((problem.last - problem.first > 1) & (problem.duration == 1))[0])
    first, amount = int(problem.first[option]), problem.demand[problem.demand_ptr[option]]
    tight = replace(problem, capacity=np.full_like(problem.capacity, amount), duration=problem.duration + 1,
                    copies=np.full_like(problem.copies, 2))  # fmt: skip
    twice = Schedule.of([option, option], [first, first + 1])
    assert list(fitting_part(tight, twice)[0]) == [(option, first, 1)]
    assert not len(fitting_part(tight, Schedule.of([option], [problem.last[option] + 1]))[0].option)
