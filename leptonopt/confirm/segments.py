"""Add tasks that may be cut to the second model: a variable for each segment that a copy may have.

A segment is known by its number, option, first and last slot, and whether its copy ends with it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from fractions import Fraction
from itertools import pairwise

from leptonopt.confirm.builder import Builder, Column, window
from leptonopt.verify.exact import exact
from leptonopt.verify.instance_reader import StatedInstance, StatedOption
from leptonopt.verify.segments import Cut, Segment, held

Shares = dict[int, Fraction]  # of the task, by variable


def add_segments(model: Builder, id: str, cut: Cut) -> None:
    """Add all copies of a task that may be cut."""
    task = model.stated.tasks[id]
    for _ in range(int(task.get("copies", 1))):
        left = model.variable(int(task.get("optional", False)))
        model.cost[left] += model.stated.weight * exact(task.get("value") or 0)
        _add_copy(model, id, cut, left)


def most_segments(stated: StatedInstance, id: str, cut: Cut) -> int:
    """Return how many segments in one option the copies of a task can have at most."""
    return int(stated.tasks[id].get("copies", 1)) * min(cut.most, stated.slots) * stated.slots * (stated.slots + 1)


def _add_copy(model: Builder, id: str, cut: Cut, left: int) -> None:
    numbers = [_add_number(model, id, cut, number) for number in range(1, min(cut.most, model.stated.slots) + 1)]
    model.row(dict.fromkeys([*numbers[0], left], 1), 1, 1)
    model.row({at: share for shares in numbers for at, share in shares.items()} | {left: cut.left}, low=cut.left)
    for before, after in pairwise([*numbers, {}]):
        _add_order(model, before, after)
    every = [at for shares in numbers for at in shares]
    if not cut.move:
        _add_alike(model, every, lambda column: column.way.pool)
    if not cut.resize:
        _add_alike(model, every, lambda column: held(column.way))
    if cut.begun is not None and cut.begun.shortest is not None:
        goes_on = (at for at in numbers[0] if cut.goes_on(model.columns[at].option, 1, model.columns[at].start))
        model.row(dict.fromkeys([*goes_on, left], 1), low=1)


def _add_number(model: Builder, id: str, cut: Cut, number: int) -> Shares:
    """Add all segments of a number, each with the share of the task that it does."""
    found: Shares = {}
    for option, segment in _segments(model, id, cut, number):
        way = cut.paid(segment.way, segment)
        for last in (False, True):
            cost = model.cost_of(id, way, segment.start, segment.end, last)
            column = Column(id, option, way, segment.start, segment.end, first=number == 1, last=last)
            found |= dict.fromkeys(model.placed(column, 1, cost), segment.share)
    return found


def _segments(model: Builder, id: str, cut: Cut, number: int) -> Iterator[tuple[str, Segment]]:
    """Yield the segments of a number that may be by themselves, with their options."""
    stated = model.stated
    first, end = window(stated, stated.tasks[id])
    for option, way in stated.ways(id).items():
        if cut.begun is not None and not _fits(cut, way, cut.begun.way):
            continue
        for start in range(first, end):
            goes_on = cut.goes_on(option, number, start)
            if not goes_on and any(stated.out_of_window(way, start * stated.slot)):
                continue
            least, most = cut.lengths(way, number, goes_on)
            for length in range(least, min(most, end - start) + 1):
                share = cut.share(way, number, length, goes_on)
                yield option, Segment(number, way, start, start + length, share, cut.later(number, goes_on), goes_on)


def _fits(cut: Cut, way: StatedOption, before: StatedOption) -> bool:
    """Return whether a copy that ran in a way before the horizon may go on in another one."""
    return (cut.move or way.pool == before.pool) and (cut.resize or held(way) == held(before))


def _add_order(model: Builder, before: Iterable[int], after: Iterable[int]) -> None:
    """Add that a segment follows each one that is not the last, and starts when it has ended, or later."""
    going = [at for at in before if not model.columns[at].last]
    model.row(dict.fromkeys(going, 1) | dict.fromkeys(after, -1), 0, 0)
    for slot in range(model.stated.slots):
        still = [at for at in going if model.columns[at].end > slot]
        begun = [at for at in after if model.columns[at].start <= slot]
        model.row(dict.fromkeys([*still, *begun], 1), high=1)


def _add_alike(model: Builder, segments: Sequence[int], what: Callable[[Column], object]) -> None:
    """Add that all segments of a copy have one thing in common."""
    alike = defaultdict[object, list[int]](list)
    for at in segments:
        alike[what(model.columns[at])].append(at)
    chosen = {key: model.variable(1) for key in alike}
    model.row(dict.fromkeys(chosen.values(), 1), high=1)
    for key, own in alike.items():
        model.row(dict.fromkeys(own, 1) | {chosen[key]: -model.stated.slots}, high=0)
