"""The shortest path over slots and work, against every way to make segments."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

import pytest

from leptonopt.verify.segment_path import NEVER, Beginning, PathWay, least_path

SLOTS = 6


def drawn(rng: Random) -> tuple[list[PathWay], int, int | None, list[int]]:
    """Return ways, the work to be done, the most segments, and what ends cost."""

    def beginning(least: int) -> Beginning:
        cost = [None if rng.random() < 0.2 else rng.randrange(4) for _ in range(SLOTS)]
        return Beginning(least, rng.randrange(2), cost)

    ways = []
    for _ in range(rng.choice([1, 2])):
        cost, blocked = [0], [0]
        for _ in range(SLOTS):
            cost.append(cost[-1] + rng.randrange(5))
            blocked.append(blocked[-1] + (rng.random() < 0.2))
        first = beginning(rng.choice([1, 1, 2])) if rng.random() < 0.9 else None
        ways.append(PathWay(cost, blocked, rng.choice([1, 2, 3]), first, beginning(rng.choice([1, 1, 2]))))
    ends = sorted(rng.randrange(6) for _ in range(SLOTS + 1))
    return ways, rng.choice([2, 3, 5, 8]), rng.choice([1, 2, 3, None]), ends


def every(ways: list[PathWay], need: int, most: int, ends: list[int], low: int, high: int) -> Iterator[int]:
    """Yield the cost of every choice of segments."""

    def further(start: int, made: int, done: int, paid: int) -> Iterator[int]:
        for way in ways:
            begins = way.later if made else way.first
            for first in range(start, high) if begins is not None and made < most else ():
                assert begins is not None
                for end in range(first + begins.least, high + 1):
                    own = begins.cost[first]
                    if own is None or way.blocked[end] > way.blocked[first]:
                        continue
                    work = done + max(0, (end - first) * way.rate - begins.lost)
                    cost = paid + own + way.cost[end] - way.cost[first]
                    if work >= need:
                        yield cost + ends[end]
                    yield from further(end, made + 1, work, cost)

    return further(low, 0, 0, 0)


@pytest.mark.parametrize("seed", range(60))
def test_no_segments_cost_less(seed: int) -> None:
    """The path costs as much as the cheapest of all choices, within its window and its number of segments."""
    rng = Random(seed)
    ways, need, most, ends = drawn(rng)
    low, high = rng.choice([(0, SLOTS), (1, SLOTS), (0, SLOTS - 1)])
    least = min(every(ways, need, SLOTS if most is None else most, ends, low, high), default=None)
    assert least_path(ways, need, most, ends, (low, high)) == least


def test_nothing_is_far_above_all_money() -> None:
    """What cannot be done costs so much that no sum of real costs comes near."""
    way = PathWay([0] * 3, [0, 1, 2], 1, Beginning(1, 0, [0, 0]), None)
    assert least_path([way], 1, 1, [0, 0, 0], (0, 2)) is None
    assert NEVER > 10**100
