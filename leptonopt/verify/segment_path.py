"""Find the least cost of segments that do the work of a task, as a shortest path.

A state is a slot, the number of segments so far, the way in which the task works, and the work done.

Costs are in whole parts of money, and work in whole units. Where units are rounded, it is in favour of the task: a slot
does more work, and a restart loses less, so that the path costs at most as much as any segments.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

NEVER = 1 << 400  # money that nothing costs
Line = list[int]


@dataclass(frozen=True)
class Beginning:
    """State how a segment begins in a way: its least length [slots], units lost, and cost by slot.

    The cost is None in slots where none may begin.
    """

    least: int
    lost: int
    cost: Sequence[int | None]


@dataclass(frozen=True)
class PathWay:
    """A way by slot, as sums from the first slot to the beginning of each.

    Attributes
    ----------
    cost, blocked : money, and slots in which it cannot work
    rate : units of work of a slot
    first, later : how a first and a later segment begin; None where none does
    """

    cost: Line
    blocked: Line
    rate: int
    first: Beginning | None
    later: Beginning | None


def least_path(ways: Sequence[PathWay], need: int, most: int | None, ends: Line, window: tuple[int, int]) -> int | None:
    """Return the least cost of segments in a window of slots that do all the work; None where none do.

    `ends` is the cost of the last end by slot. At most `most` segments are made; None: any number.
    """
    low, high = window
    counts = range(1, (most or 1) + 1)
    idle = {0: [0] + [NEVER] * need} | {count: [NEVER] * (need + 1) for count in counts}
    working: dict[tuple[int, int], Line] = {}
    coming: dict[int, list[tuple[tuple[int, int], Line]]] = {}
    best = NEVER
    for slot in range(low, high + 1):
        working = {key: _gone_on(ways[key[0]], line, slot) for key, line in working.items()} if slot > low else {}
        for key, line in coming.pop(slot, ()):
            working[key] = list(map(min, working[key], line)) if key in working else line
        for (_, count), line in working.items():
            best = min(best, line[need] + ends[slot])
            idle[count] = list(map(min, idle[count], line))
        for at, way in enumerate(ways):
            for count, line in idle.items():
                found = _begun(way, way.later if count else way.first, line, slot, high)
                if found is not None and (most is None or count < most):
                    coming.setdefault(found[0], []).append(((at, count + 1 if most or not count else 1), found[1]))
    return None if best >= NEVER >> 1 else best


def _gone_on(way: PathWay, line: Line, slot: int) -> Line:
    """Return the costs at the beginning of a slot of what has worked in the one before."""
    cost = NEVER if way.blocked[slot] > way.blocked[slot - 1] else way.cost[slot] - way.cost[slot - 1]
    return _worked(line, way.rate, cost)


def _begun(way: PathWay, begins: Beginning | None, line: Line, slot: int, high: int) -> tuple[int, Line] | None:
    """Return where a segment that begins in a slot has its least length, and the costs there."""
    if begins is None or slot >= len(begins.cost) or (start := begins.cost[slot]) is None:
        return None
    end = slot + begins.least
    if end > high or way.blocked[end] > way.blocked[slot] or min(line) >= NEVER >> 1:
        return None
    work = max(0, begins.least * way.rate - begins.lost)
    return end, _worked(line, work, start + way.cost[end] - way.cost[slot])


def _worked(line: Line, work: int, cost: int) -> Line:
    """Return costs by work done, after so much more work at a cost."""
    keep = max(0, len(line) - 1 - work)
    moved = [*[NEVER] * (len(line) - 1 - keep), *line[:keep], min(line[keep:])]
    return [each + cost for each in moved]
