"""A part of a problem: some of its groups, with another capacity, as a problem of its own."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from leptonopt.problem import Bools, Ints, Problem, held_by


def part_of(problem: Problem, groups: Bools, capacity: Ints, copies: Ints) -> tuple[Problem, Ints]:
    """The problem of some groups, shape (G,), and which options they are; for rules that `scale` keeps."""
    mine = np.flatnonzero(groups)
    held = np.diff(problem.option_ptr)[mine]
    option = np.repeat(problem.option_ptr[mine] - np.concatenate([[0], np.cumsum(held)[:-1]]), held)
    option = (option + np.arange(len(option))).astype(np.int64)
    at, _ = held_by(problem, option)

    def pointers(lengths: Ints) -> Ints:
        return np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)

    found = replace(
        problem,
        capacity=capacity,
        copies=copies[mine],
        optional=problem.optional[mine],
        value=problem.value[mine],
        late_slope=problem.late_slope[mine],
        late_base=problem.late_base[mine],
        late_once=problem.late_once[mine],
        late_after=problem.late_after[mine],
        option_ptr=pointers(held),
        pool=problem.pool[option],
        duration=problem.duration[option],
        fixed=problem.fixed[option],
        first=problem.first[option],
        last=problem.last[option],
        demand_ptr=pointers(np.diff(problem.demand_ptr)[option]),
        demand_row=problem.demand_row[at],
        demand=problem.demand[at],
    )
    return found, option
