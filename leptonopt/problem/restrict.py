"""Restrict a problem to some of its groups, with another capacity."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from leptonopt.problem.arrays import Bools, Ints, pointers, positions
from leptonopt.problem.problem import Problem, held_entries


def options_of(problem: Problem, groups: Ints) -> tuple[Ints, Ints]:
    """Return the options of groups, one group after the other, and the position of each one's group."""
    begin, end = problem.option_ptr[groups], problem.option_ptr[groups + 1]
    return positions(begin, end), np.repeat(np.arange(len(groups)), end - begin)


def option_arrays(problem: Problem, option: Ints, group: Ints, groups: int) -> dict[str, Any]:
    """Return the arrays of some options as fields of a `Problem`; `group` is the group of each."""
    at, _ = held_entries(problem, option)
    return {
        "option_ptr": pointers(np.bincount(group, minlength=groups)),
        "pool": problem.pool[option],
        "duration": problem.duration[option],
        "fixed": problem.fixed[option],
        "first": problem.first[option],
        "last": problem.last[option],
        "demand_ptr": pointers(np.diff(problem.demand_ptr)[option]),
        "demand_row": problem.demand_row[at],
        "demand": problem.demand[at],
    }


def restrict(
    problem: Problem, groups: Bools, capacity: Ints, copies: Ints, pools: Bools | None = None
) -> tuple[Problem, Ints]:
    """Return the problem of some groups, bool, shape (G,), and its options in the original problem.

    With `pools`, a bool for each, it has the options on those alone.
    """
    chosen = np.flatnonzero(groups)
    option, of = options_of(problem, chosen)
    if pools is not None:
        option, of = option[pools[problem.pool[option]]], of[pools[problem.pool[option]]]
    found = replace(
        problem,
        capacity=capacity,
        copies=copies[chosen],
        optional=problem.optional[chosen],
        value=problem.value[chosen],
        late_slope=problem.late_slope[chosen],
        late_base=problem.late_base[chosen],
        late_once=problem.late_once[chosen],
        late_after=problem.late_after[chosen],
        early_slope=problem.early_slope[chosen],
        early_base=problem.early_base[chosen],
        **option_arrays(problem, option, of, len(chosen)),
        chains=(),
    )
    return found, option
