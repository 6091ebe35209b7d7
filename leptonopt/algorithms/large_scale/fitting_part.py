"""Keep of a schedule of a large problem what fits its capacity, in arrays alone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from leptonopt.problem.arrays import Bools, Ints, positions
from leptonopt.problem.problem import Problem
from leptonopt.problem.schedule import Schedule


@dataclass(eq=False)
class _Holds:
    """Rows held by copies: copy, row, slots [start, end) and amount; int64, shape (H,) each."""

    copy: Ints
    row: Ints
    start: Ints
    end: Ints
    amount: Ints


def fitting_part(problem: Problem, wanted: Schedule) -> tuple[Schedule, Ints]:
    """Return entries of a schedule that fit together, and the capacity that they leave, shape (K, T).

    Where too much is held, what starts last goes first, and what can run in one column alone goes last. Starts outside
    of windows, and more copies than a group has, are left out. Other rules than capacity are not looked at.
    """
    option, start = _copies(problem, wanted)
    holds = _holds(problem, option, start)
    free = problem.capacity.copy()
    change = np.zeros((len(free), free.shape[1] + 1), np.int64)
    np.add.at(change, (holds.row, holds.start), holds.amount)
    np.add.at(change, (holds.row, holds.end), -holds.amount)
    free -= np.cumsum(change, axis=1)[:, :-1]
    stays = np.ones(len(option), bool)
    rank = np.lexsort((-start, _has_one_column(problem)[problem.group[option]]))
    order = np.empty(len(rank), np.int64)
    order[rank] = np.arange(len(rank))
    while len(over := np.argwhere(free < 0)):
        _drop(free, holds, stays, order, *over[0].tolist())
    return Schedule.of(option[stays], start[stays]), free


def _copies(problem: Problem, wanted: Schedule) -> tuple[Ints, Ints]:
    """Return option and start of every copy that lies in its window, at most as many as each group has."""
    option, start = np.repeat(wanted.option, wanted.count), np.repeat(wanted.start, wanted.count)
    within = (start >= problem.first[option]) & (start <= problem.last[option])
    option, start = option[within], start[within]
    by_group = np.lexsort((start, problem.group[option]))
    option, start = option[by_group], start[by_group]
    group = problem.group[option]
    place = np.arange(len(group)) - np.searchsorted(group, group)
    known = place < problem.copies[group]
    return option[known], start[known]


def _holds(problem: Problem, option: Ints, start: Ints) -> _Holds:
    begin, end = problem.demand_ptr[option], problem.demand_ptr[option + 1]
    at, copy = positions(begin, end), np.repeat(np.arange(len(option)), end - begin)
    first = start[copy]
    return _Holds(copy, problem.demand_row[at], first, first + problem.duration[option][copy], problem.demand[at])


def _has_one_column(problem: Problem) -> Bools:
    """Return which groups have a single column, shape (G,)."""
    columns = np.bincount(problem.group, np.maximum(0, problem.last - problem.first + 1), problem.groups)
    return np.asarray(columns == 1)


def _drop(free: Ints, holds: _Holds, stays: Bools, order: Ints, row: int, slot: int) -> None:
    """Drop copies, by `order`, until a row has enough in a slot."""
    here = np.flatnonzero((holds.row == row) & (holds.start <= slot) & (slot < holds.end) & stays[holds.copy])
    here = here[np.argsort(order[holds.copy[here]])]
    many = int(np.searchsorted(np.cumsum(holds.amount[here]), -free[row, slot])) + 1
    gone = holds.copy[here[:many]]
    stays[gone] = False
    for at in np.flatnonzero(np.isin(holds.copy, gone)).tolist():
        free[holds.row[at], holds.start[at] : holds.end[at]] += holds.amount[at]
