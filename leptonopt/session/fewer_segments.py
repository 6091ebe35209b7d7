"""Join segments that touch, where that costs nothing: methods cut tasks more often than pays."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from leptonopt.problem.arrays import Ints
from leptonopt.problem.problem import Problem
from leptonopt.problem.schedule import Schedule
from leptonopt.problem.slot_chain import SlotChain
from leptonopt.session.solve_state import SolveState

Segment = tuple[int, int, int]  # way, start, length


def join_segments(state: SolveState, should_stop: Callable[[], bool]) -> None:
    """Make one segment of two of a task that touch, where that keeps every rule and costs no more."""
    if state.schedule is None:
        return
    for chain in state.problem.chains:
        segments, at = _segments(state.problem, state.schedule, chain.groups.tolist(), chain.way), 0
        slots = None
        while at + 1 < len(segments) and not should_stop():
            if not _touch(segments[at], segments[at + 1]):
                at += 1
                continue
            slots = slots or SlotChain(state.problem, chain)
            joined = (each for each in _joined(segments, at) if _exchange(state, slots, each))
            if (found := next(joined, None)) is None:
                at += 1
            else:
                segments = found


def _touch(before: Segment, after: Segment) -> bool:
    return before[1] + before[2] == after[1]


def _joined(segments: Sequence[Segment], at: int) -> Iterator[list[Segment]]:
    """Yield the segments with one in place of two, in the way of either."""
    (way, start, length), (other, _, more) = segments[at], segments[at + 1]
    for each in dict.fromkeys((way, other)):
        yield [*segments[:at], (each, start, length + more), *segments[at + 2 :]]


def _segments(problem: Problem, schedule: Schedule, groups: Sequence[int], ways: Sequence[Ints]) -> list[Segment]:
    """Return the segments of a chain, without empty ones."""
    found = list[Segment]()
    for group, way in zip(groups, ways, strict=True):
        low, high = problem.option_ptr[group], problem.option_ptr[group + 1]
        for at in np.flatnonzero((schedule.option >= low) & (schedule.option < high)).tolist():
            option = int(schedule.option[at])
            if way[option - low] >= 0:
                found.append((int(way[option - low]), int(schedule.start[at]), int(problem.duration[option])))
    return found


def _exchange(state: SolveState, slots: SlotChain, segments: Sequence[Segment]) -> bool:
    """Give a task other segments, and return whether that was no worse."""
    before, entries = state.schedule, slots.entries(segments)
    if entries is None or before is None:
        return False
    own = np.isin(state.problem.group[before.option], slots.chain.groups)
    options, starts = np.array(entries, np.int64).T
    columns = ((before.option[~own], options), (before.start[~own], starts))
    option, start = (np.concatenate(pair) for pair in columns)
    count = np.concatenate([before.count[~own], np.ones_like(options)])
    state.exchange(Schedule.of(option, start, count, before.rent, before.replicas))
    return state.schedule is not before
