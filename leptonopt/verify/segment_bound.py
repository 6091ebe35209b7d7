"""Bound plans by the prices of a certificate where tasks may be cut: each copy at its cheapest.

A copy is kept whole, so this proves more than prices on the work of single segments could.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from math import ceil, floor, gcd, lcm
from typing import Any

from leptonopt.verify.bound import Bound
from leptonopt.verify.instance_reader import NOTHING, StatedOption
from leptonopt.verify.segments import Cut, Segment, held, working
from leptonopt.verify.windows import Fit, Windows

NEVER = 1 << 400  # money that nothing costs
Line = list[int]
MOST_STATES = 1_000_000  # of a path: slots x ways x segments x units of work
MOST_COUNTED = 8  # segments that are counted; of more, there may be any number
Ways = dict[str, StatedOption]
Kind = tuple[int, bool]  # number of a segment, 2 for all later ones, and whether it goes on from before the horizon
LATER: Kind = (2, False)


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


class SegmentBound(Bound):
    """The bound that prices prove for an instance in which tasks may be cut."""

    def fits(self, id: str) -> list[Fit]:
        """Return the ways of a task, with the starts at which it, or a segment of it, fits alone."""
        cut = self.stated.cut(id)
        if cut is None:
            return super().fits(id)
        return [fit for ways in _families(cut, self._ways(id)) for fit in self._segments_that_fit(cut, ways)]

    def _ways(self, id: str) -> Ways:
        """Return the ways of a task that no quota on what is held at a moment forbids."""
        ways = self.stated.ways(id).items()
        return {
            name: way for name, way in ways if not (way.one_node and way.whole > 1) and not self._beyond_quota(id, way)
        }

    def _segments_that_fit(self, cut: Cut, ways: Ways) -> Iterable[Fit]:
        for name, way in ways.items():
            kinds = _kinds(cut, name)
            length = min((cut.lengths(way, number, goes_on)[0] for number, goes_on in kinds), default=1)
            blocked = self._blocked_sum(way)
            starts = [
                start
                for start in range(self.stated.slots - length + 1)
                if blocked[start] == blocked[start + length]
                and any(self._may_begin(cut, name, way, kind, start) for kind in kinds)
            ]
            if starts:
                yield Fit(way, tuple((length, run) for run in _runs(starts)))

    def _may_begin(self, cut: Cut, name: str, way: StatedOption, kind: Kind, slot: int) -> bool:
        """Return whether a segment may begin in a slot, if there is room."""
        number, goes_on = kind
        if goes_on or (number == 1 and cut.goes_on(name, 1, slot)):
            return goes_on and not slot
        return not any(self.stated.out_of_window(way, slot * cut.slot))

    def _cheapest(self, id: str, windows: Windows) -> dict[str, Fraction]:
        """Return the least cost of a copy, by pool; of one that may be cut, by the first of them."""
        if (cut := self.stated.cut(id)) is None:
            return super()._cheapest(id, windows)
        window, found = (windows.release[id], windows.deadline[id]), dict[str, Fraction]()
        for ways in _families(cut, self._ways(id)) if windows.fits[id] else ():
            cost, pool = self._of_family(id, cut, ways, window), next(iter(ways.values())).pool
            if cost is not None:
                found[pool] = min(cost, found.get(pool, cost))
        return found

    def _of_family(self, id: str, cut: Cut, ways: Ways, window: tuple[int, int]) -> Fraction | None:
        """Return the least cost of segments in ways that go together."""
        ends, end_parts = self._by_end(id, self.stated.tasks[id])
        lines = {name: self._line(id, way) for name, way in ways.items()}
        starts = {
            (name, kind): self._by_start(id, cut, name, way, kind)
            for name, way in ways.items()
            for kind in _kinds(cut, name)
        }
        denominators = {cost.denominator for line in starts.values() for cost in line if cost is not None}
        parts = lcm(end_parts, *(each for _, each in lines.values()), *denominators)
        most = cut.most if cut.most <= MOST_COUNTED else None
        unit = _unit(cut, ways, self.stated.slots * len(ways) * ((most or 1) + 1))
        made = list[PathWay]()
        for name, way in ways.items():
            (line, whole), blocked = lines[name], self._blocked_sum(way)
            cost, rate = [each * (parts // whole) for each in line], ceil(cut.slot / working(way) / unit)
            begins = {
                kind: _beginning(cut, way, kind, unit, [None if each is None else int(each * parts) for each in own])
                for (other, kind), own in starts.items()
                if other == name
            }
            later = begins.pop(LATER, None)
            made.append(PathWay(cost, blocked, rate, begins.pop((1, False), None), later))
            made += [PathWay(cost, blocked, rate, first, None) for first in begins.values()]
        last = [each * (parts // end_parts) for each in ends or [0] * (self.stated.slots + 1)]
        least = least_path(made, ceil(cut.left / unit), most, last, window)
        return None if least is None else Fraction(least, parts)

    def _by_start(self, id: str, cut: Cut, name: str, way: StatedOption, kind: Kind) -> list[Fraction | None]:
        """Return by slot what a segment costs that begins in it, beside its slots; None where none may."""
        number, goes_on = kind
        paid = cut.paid(way, Segment(number, way, 0, 0, NOTHING, cut.later(number, goes_on), goes_on))
        once, waiting = self._once(id, paid), self.prices.waiting_start(id) if number > 1 else NOTHING
        fixed = self.stated.weight * paid.cost
        return [
            fixed + (once[slot] if once else NOTHING) - waiting * slot
            if self._may_begin(cut, name, way, kind, slot)
            else None
            for slot in range(self.stated.slots)
        ]


def _beginning(cut: Cut, way: StatedOption, kind: Kind, unit: Fraction, cost: list[int | None]) -> Beginning:
    return Beginning(cut.lengths(way, *kind)[0], floor(cut.lost(way, *kind) / working(way) / unit), cost)


def _kinds(cut: Cut, name: str) -> list[Kind]:
    """Return the kinds of segments in a way: first ones, what goes on already, and later ones."""
    found = [LATER] if cut.most > 1 else []
    if cut.goes_on(name, 1, 0):
        found.append((1, True))
    return found if cut.begun is not None and cut.begun.shortest is not None else [(1, False), *found]


def _families(cut: Cut, ways: Ways) -> list[Ways]:
    """Return ways by what the segments of a copy have in common; only those of what has begun."""
    found: dict[Any, Ways] = defaultdict(dict)

    def family(way: StatedOption) -> tuple[Any, Any]:
        return None if cut.move else way.pool, None if cut.resize else held(way)

    for name, way in ways.items():
        if cut.begun is None or family(way) == family(cut.begun.way):
            found[family(way)][name] = way
    return list(found.values())


def _unit(cut: Cut, ways: Ways, states: int) -> Fraction:
    """Return the share of a task that is a unit of work: it is exact, unless that makes too many."""
    shares = {cut.left}
    for name, way in ways.items():
        times = {Fraction(cut.slot), *(Fraction(cut.lost(way, *kind)) for kind in _kinds(cut, name))}
        shares |= {time / working(way) for time in times}
    whole = lcm(*(share.denominator for share in shares))
    exact = Fraction(gcd(*(int(share * whole) for share in shares)), whole)
    return max(exact, cut.left / max(16, MOST_STATES // states))


def _runs(starts: list[int]) -> list[tuple[int, int]]:
    """Return first and last of each run of starts that follow one another."""
    cuts = [0, *(at for at, (a, b) in enumerate(pairwise(starts), 1) if b > a + 1), len(starts)]
    return [(starts[a], starts[b - 1]) for a, b in pairwise(cuts)]
