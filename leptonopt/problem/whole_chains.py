"""Look at a problem with chains as one in which every task runs as a whole.

A chain becomes a group with the options of its first segment that do all of the work. Its schedules are schedules of
the problem with chains, once empty segments are added, so that every method for whole tasks finds a start.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from leptonopt.problem.arrays import Bools, Ints
from leptonopt.problem.fixed_starts import renumbered
from leptonopt.problem.problem import Problem
from leptonopt.problem.restrict import option_arrays
from leptonopt.problem.schedule import Schedule


@dataclass(frozen=True)
class WholeChains:
    """The problem of whole tasks.

    Attributes
    ----------
    problem : without chains that can only run in several segments, and without what waits for them
    option : its options in the problem with chains, int64, shape (O,)
    empty : empty segments that follow an option, by option of `problem`
    """

    problem: Problem
    option: Ints
    empty: dict[int, tuple[int, ...]]

    def schedule(self, found: Schedule) -> Schedule:
        """Return a schedule as one of the problem with chains."""
        entries = list[tuple[int, int, int]]()
        for option, start, count in found:
            end = start + int(self.problem.duration[option])
            entries.append((int(self.option[option]), start, count))
            entries += [(empty, end, 1) for empty in self.empty.get(option, ())]
        table = np.array(entries, np.int64).reshape(-1, 3)
        return Schedule.of(table[:, 0], table[:, 1], table[:, 2], found.rent)


def whole_chains(problem: Problem) -> WholeChains:
    """Return the problem in which every task runs as a whole."""
    first, last = np.arange(problem.groups), np.arange(problem.groups)
    kept = np.ones(problem.groups, bool)
    usable = np.ones(problem.options, bool)
    for chain in problem.chains:
        kept[chain.groups[1:]] = False
        last[chain.groups[0]] = chain.groups[-1]
        first[chain.groups] = chain.groups[0]
        _only_whole(problem, int(chain.groups[0]), chain.quota, usable)
    runs = np.bincount(problem.group[usable], minlength=problem.groups) > 0
    chosen = np.flatnonzero(kept & _with_all_before(problem, first, runs))
    number = np.full(problem.groups, -1)
    number[chosen] = np.arange(len(chosen))
    option = np.flatnonzero(usable & (number[problem.group] >= 0))
    before, after = number[first[problem.before]], number[first[problem.after]]
    edges = (before >= 0) & (after >= 0) & (before != after)
    limits = problem.quotas[: min((chain.quota for chain in problem.chains), default=len(problem.quotas))]
    made = replace(
        problem,
        copies=problem.copies[chosen],
        optional=problem.optional[chosen],
        value=problem.value[chosen],
        late_slope=problem.late_slope[last[chosen]],
        late_base=problem.late_base[last[chosen]],
        late_once=problem.late_once[last[chosen]],
        late_after=problem.late_after[last[chosen]],
        early_slope=problem.early_slope[last[chosen]],
        early_base=problem.early_base[last[chosen]],
        **option_arrays(problem, option, number[problem.group[option]], len(chosen)),
        before=before[edges],
        after=after[edges],
        lag=problem.lag[edges],
        most=problem.most[edges],
        quotas=tuple(renumbered(quota, option) for quota in limits),
        together=tuple(_numbers(number, each) for each in problem.together),
        apart=tuple(_numbers(number, each) for each in problem.apart),
        chains=(),
    )
    return WholeChains(made, option, _empty(problem, option))


def _with_all_before(problem: Problem, first: Ints, runs: Bools) -> Bools:
    """Return which groups run with all that they wait for; `first` is the group that stands for each."""
    before, after = first[problem.before], first[problem.after]
    found = runs.copy()
    while (lost := ~found[before] & found[after] & (before != after)).any():
        found[after[lost]] = False
    return found


def _only_whole(problem: Problem, group: int, quota: int, usable: Bools) -> None:
    """Take out the options of a first segment that leave some work."""
    once = problem.quotas[quota].once_of
    for option in range(int(problem.option_ptr[group]), int(problem.option_ptr[group + 1])):
        usable[option] = once.get(option, 0) <= 0


def _numbers(number: Ints, groups: Ints) -> Ints:
    found = number[groups]
    return found[found >= 0]


def _empty(problem: Problem, option: Ints) -> dict[int, tuple[int, ...]]:
    """Return the empty segments that follow each option of a chain."""
    behind = {}
    for chain in problem.chains:
        pairs = zip(chain.groups[1:].tolist(), chain.way[1:], strict=True)
        empty = [int(problem.option_ptr[group] + np.flatnonzero(way < 0)[0]) for group, way in pairs if (way < 0).any()]
        behind[int(chain.groups[0])] = tuple(empty)
    groups = problem.group[option].tolist()
    return {at: behind[group] for at, group in enumerate(groups) if group in behind}
