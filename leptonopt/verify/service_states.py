"""Part of a service in the bound of a certificate, by a program over its numbers of replicas.

At prices for what replicas hold and for requests of batches, a service of one or two ways costs at least the cheapest
sequence of numbers of replicas that serve its demand in every slot, or miss some at its price, with a start for each
replica that is switched on, less what batches earn. Boot, minimum times, zones and whole routing are left out: they
only take sequences away. More replicas of a way than serve all that it can serve when `spare` of them fail and do all
batches in the same slot, or than its minimum asks for, never help where they cost nothing below zero.

The first way serves what saves most of the other one for its own time: a fractional knapsack (Dantzig 1957, Operations
Research 5). Starts cost per replica, so that the step from slot to slot is one sweep up and one down in each way.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain, product
from math import ceil, lcm

from leptonopt.verify.exact import Malformed
from leptonopt.verify.instance_reader import NOTHING
from leptonopt.verify.stated_services import StatedService, StatedWay

MOST_STATES = 3_000_000  # numbers of replicas times slots, and times planes in slots that have some
Table = list[list[int]]  # least cost by replicas of the first way, and of the second
Line = list[Fraction]
Worths = tuple[Fraction, ...]  # by way


@dataclass(frozen=True)
class StatePrices:
    """Costs and earnings of the replicas of a service.

    Attributes
    ----------
    hold, start : by way and slot
    most : by way and slot, replicas that can be on
    missed : a request per second that is missed for a slot; None where all are served
    earned : by way and slot, what batches pay at most for all the time of a replica
    work : by way, replicas that do in one slot what is asked of all batches
    """

    hold: Sequence[Line]
    start: Sequence[Line]
    most: Sequence[list[int]]
    missed: Fraction | None
    earned: Sequence[Line]
    work: Sequence[Fraction]


def least_by_states(service: StatedService, ways: Sequence[StatedWay], prices: StatePrices) -> Fraction:
    """Return the least cost of a service.

    Raises `Malformed` where the service has more ways, or too many states.
    """
    if not 1 <= len(ways) <= 2:
        raise Malformed(f"services: {service.id!r} has no program over states: it has one or two ways")
    slots = len(prices.hold[0])
    sizes = [_useful(service, way, prices, at) for at, way in enumerate(ways)] + [0] * (2 - len(ways))
    planes = _planes(service, ways, prices)
    if (sizes[0] + 1) * (sizes[1] + 1) * sum(max(1, len(each)) for each in planes) > MOST_STATES:
        raise Malformed(f"services: {service.id!r} has more than {MOST_STATES:,} states")
    whole, highest = _scales(prices, planes, sizes)
    never = 3 * highest + 1  # more than any cost, also where later slots cost less than nothing
    cost: Table = []
    need: dict[tuple[Fraction, ...], list[int | None]] = {}
    for slot in range(slots):
        fees, costs = ([int(line[slot] * whole) for line in lines] for lines in (prices.start, prices.hold))
        reached = _switched(cost, fees) if cost else _begun(ways, fees, sizes)
        asked = tuple(line[slot] for line in service.demand.values())
        if asked not in need:
            need[asked] = _must(service, ways, slot, sizes[0])
        if planes[slot]:
            reached = _with_planes(reached, planes[slot], whole, len(ways))
        limits = [line[slot] for line in prices.most]
        cost = _served(reached, costs, need[asked], limits, service, slot, never)
    least = min(min(line) for line in cost)
    if least > highest:
        raise Malformed(f"services: no numbers of replicas serve {service.id!r}")
    return Fraction(least, whole)


def _planes(service: StatedService, ways: Sequence[StatedWay], prices: StatePrices) -> list[list[Plane]]:
    """Return the planes of every slot; slots with equal demand and earnings share them."""
    found, known = [], dict[tuple[Fraction, ...], list[Plane]]()
    for slot in range(len(prices.hold[0])):
        earned = tuple(line[slot] for line in prices.earned)
        key = (*earned, *(line[slot] for line in service.demand.values()))
        if key not in known:
            known[key] = planes_of_slot(service, ways, slot, prices.missed, earned)
        found.append(known[key])
    return found


def _scales(prices: StatePrices, planes: Sequence[Sequence[Plane]], sizes: Sequence[int]) -> tuple[int, int]:
    """Return by what all costs are whole numbers, and more than all of them can add up to."""
    lines = [line for lines in (prices.hold, prices.start) for line in lines]
    parts = [[[plane.constant, *plane.replica] for plane in own] for own in planes]
    whole = lcm(*{value.denominator for value in chain(*lines, *chain(*parts))})
    magnitudes = sum((abs(value) for line in lines for value in line), NOTHING)
    magnitudes += sum((max(sum(map(abs, plane), NOTHING) for plane in own) for own in parts if own), NOTHING)
    return whole, ceil(magnitudes * whole) * (1 + max(sizes))


def _with_planes(reached: Table, planes: Sequence[Plane], whole: int, ways: int) -> Table:
    """Return costs with the greatest of the planes of a slot."""
    lines = [(int(plane.constant * whole), [int(each * whole) for each in plane.replica]) for plane in planes]
    found: Table = []
    for one, line in enumerate(reached):
        own = [(constant - one * each[0], each[1] if ways > 1 else 0) for constant, each in lines]
        found.append([cost + max(high - count * each for high, each in own) for count, cost in enumerate(line)])
    return found


def _must(service: StatedService, ways: Sequence[StatedWay], slot: int, size: int) -> list[int | None]:
    """Return the least replicas of the second way beside each number of the first; None for no number."""
    if service.missed is not None and not service.spare:
        return [0] * (size + 1)
    return _with_spare(_needed(service, ways, slot, size), service.spare, len(ways))


def _useful(service: StatedService, way: StatedWay, prices: StatePrices, at: int) -> int:
    """Return how many replicas of a way can be of use at a time."""
    hold, top = prices.hold[at], max(prices.most[at], default=0)
    if min(hold) < 0 or min(prices.start[at]) < 0:
        return top
    loads = [prices.work[at] / way.planned] * len(hold)
    for name, rate in way.rates.items():
        for slot, asked in enumerate(service.demand.get(name, ())):
            loads[slot] += asked / (rate * way.planned)
    return min(top, max(ceil(max(loads)) + service.spare, service.minimum, way.minimum))


def _begun(ways: Sequence[StatedWay], start: Sequence[int], sizes: Sequence[int]) -> Table:
    """Return the cost of starts in the first slot."""
    first, second = (
        [cost * max(0, count - (way.running or 0)) for count in range(size + 1)]
        for way, cost, size in zip((*ways, ways[0]), (*start, 0), sizes, strict=False)
    )
    return [[one + other for other in second] for one in first]


def _switched(cost: Table, start: Sequence[int]) -> Table:
    """Return the least cost of reaching each number of replicas from those of the slot before."""
    if len(cost[0]) > 1:
        cost = [_swept(line, start[1]) for line in cost]
    return [list(line) for line in zip(*(_swept(line, start[0]) for line in zip(*cost, strict=True)), strict=True)]


def _swept(line: Sequence[int], start: int) -> list[int]:
    """Return the least of each number and of others, from below with starts, from above for nothing."""
    found = list(line)
    for at in range(1, len(found)):
        found[at] = min(found[at], found[at - 1] + start)
    for at in range(len(found) - 2, -1, -1):
        found[at] = min(found[at], found[at + 1])
    return found


def _needed(service: StatedService, ways: Sequence[StatedWay], slot: int, size: int) -> list[int | None]:
    """Return the least replicas of the second way beside each number of the first; None for no number."""
    first, second = ways[0], ways[1] if len(ways) > 1 else None
    asked = {name: line[slot] for name, line in service.demand.items() if line[slot]}
    other = second.rates if second else {}
    must = sum(
        (amount / first.rates[name] for name, amount in asked.items() if name in first.rates.keys() - other.keys()),
        NOTHING,
    )
    if any(name not in first.rates and name not in other for name in asked):
        return [None] * (size + 1)
    left = sum((amount / other[name] for name, amount in asked.items() if name in other), NOTHING)
    shared = sorted(
        (name for name in asked if name in first.rates and name in other),
        key=lambda name: -first.rates[name] / other[name],
    )
    found: list[int | None] = []
    for count in range(size + 1):
        room, rest = first.planned * count - must, left
        if room < 0:
            found.append(None)
            continue
        for name in shared:
            time = min(room, asked[name] / first.rates[name])
            room -= time
            rest -= time * first.rates[name] / other[name]
        found.append(ceil(rest / second.planned) if second else 0)
    return found


def _with_spare(need: list[int | None], spare: int, ways: int) -> list[int | None]:
    """Return the least replicas of the second way with which any `spare` of both may fail."""
    found: list[int | None] = []
    for count in range(len(need)):
        least: int | None = 0
        for first in range(spare + 1) if ways > 1 else (spare,):
            left = need[max(0, count - first)]
            least = None if left is None or least is None else max(least, left + spare - first if left else 0)
        found.append(least)
    return found


def _served(
    reached: Table,
    hold: Sequence[int],
    need: Sequence[int | None],
    most: Sequence[int],
    service: StatedService,
    slot: int,
    never: int,
) -> Table:
    """Return the cost with what is held in a slot; `never` where too few serve, or too many are on."""
    limit = None if service.limit is None else service.limit[slot]
    other = (most[1], hold[1]) if len(most) > 1 else (0, 0)
    found: Table = []
    for one, line in enumerate(reached):
        least = need[one]
        if least is None or one > most[0]:
            found.append([never] * len(line))
            continue
        low = max(least, service.minimum - one)
        high = other[0] if limit is None else min(other[0], limit - one)
        found.append(
            [
                cost + one * hold[0] + count * other[1] if low <= count <= high else never
                for count, cost in enumerate(line)
            ]
        )
    return found


@dataclass(frozen=True)
class Plane:
    """A lower bound on the cost of a slot: `constant` less what each replica takes off it, by way."""

    constant: Fraction
    replica: Worths

    def at(self, counts: Sequence[int]) -> Fraction:
        """Return the bound at numbers of replicas."""
        return self.constant - sum((each * count for each, count in zip(self.replica, counts, strict=True)), NOTHING)


def planes_of_slot(
    service: StatedService, ways: Sequence[StatedWay], slot: int, missed: Fraction | None, earned: Worths
) -> list[Plane]:
    """Return the planes of a slot, of which the greatest counts; none where nothing is missed or earned.

    `missed` is the cost of a request per second that is missed for the slot, `earned` what batches pay at most for all
    the time of a replica.
    """
    if missed is None and not any(earned):
        return []
    asked = {name: line[slot] for name, line in service.demand.items() if line[slot]}
    spare = [(1 - way.planned) * each if service.fill else NOTHING for way, each in zip(ways, earned, strict=True)]
    found = []
    for worths in _worths(ways, missed, earned):
        served = (amount * _price(ways, name, worths, missed) for name, amount in asked.items())
        each = zip(ways, worths, spare, strict=True)
        found.append(Plane(sum(served, NOTHING), tuple(way.planned * worth + more for way, worth, more in each)))
    return list(dict.fromkeys(found))


def _price(ways: Sequence[StatedWay], name: str, worths: Worths, missed: Fraction | None) -> Fraction:
    """Return what a request per second costs at least: missed, or served by the cheapest way."""
    served = [worth / way.rates[name] for way, worth in zip(ways, worths, strict=True) if name in way.rates]
    return min([*served, *([] if missed is None else [missed])], default=NOTHING)


def _worths(ways: Sequence[StatedWay], missed: Fraction | None, earned: Worths) -> set[Worths]:
    """Return the worths where lines meet."""
    own = [
        {least, *(max(least, missed * rate) for rate in way.rates.values() if missed is not None)}
        for way, least in zip(ways, earned, strict=True)
    ]
    found = set(product(*own))
    if len(ways) == 2:
        first, second = ways
        for name in first.rates.keys() & second.rates.keys():
            ratio = second.rates[name] / first.rates[name]
            found |= {(worth, max(earned[1], worth * ratio)) for worth in own[0]}
            found |= {(max(earned[0], worth / ratio), worth) for worth in own[1]}
    return found
