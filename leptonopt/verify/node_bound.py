"""Part of nodes in the bound of a certificate: their best use at prices for their supply."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from itertools import pairwise
from math import lcm

from leptonopt.verify.certificate_reader import Prices
from leptonopt.verify.instance_reader import NOTHING, POWER, Kind, StatedInstance
from leptonopt.verify.packing_bound import packing_earned


def best_of_nodes(stated: StatedInstance, kind: Kind, prices: Prices) -> Fraction:
    """The least that the nodes of a kind can cost less what they earn.

    The k-th node is on where at least k are: what nodes cost adds up over these levels, and so does at most what
    they offer. Each level is on its own here, which leaves it more freedom than a plan has. A minimum time on is
    only asked of a level where nodes of the kind are all alike (always there, all paid in the same way); elsewhere
    one node may take over from another, and nothing is asked.
    """
    slots = range(stated.slots)
    earned = _earned(stated, kind, prices)
    charges = [priced for priced in prices.quotas if priced.whole and not priced.moment and priced.on(kind.pool)]
    weights = {"money": stated.weight, "energy": NOTHING, "carbon": stated.carbon_weight, "node_hours": NOTHING}
    money, energy, carbon, hours = (
        [sum((priced.by_slot[t] for priced in charges if priced.of == of), weight) for t in slots]
        for of, weight in weights.items()
    )
    sums = (stated.price_sum(kind.pool, POWER), stated.carbon_sum(kind.pool))
    idle = [
        kind.power * (money[t] * price + energy[t] * stated.hours + carbon[t] * grams) + hours[t] * stated.hours
        for t, (price, grams) in enumerate(zip(*([b - a for a, b in pairwise(line)] for line in sums), strict=True))
    ]
    rent = [money[t] * price * stated.hours for t, price in enumerate(kind.price or [NOTHING] * stated.slots)]
    start, stop = ([fee * each for each in money] for fee in (kind.startup, kind.shutdown))
    commit = kind.commit * sum(money, NOTHING) / stated.slots
    tables = [earned, idle, rent, start, stop]
    whole = lcm(*(value.denominator for table in tables for value in set(table)))
    earned_, idle_, rent_, start_, stop_ = ([int(value * whole) for value in table] for table in tables)
    alike, total = _alike(kind), NOTHING
    for low, high in pairwise(_cuts(kind)):
        there, before = [count >= high for count in kind.count], kind.before >= high

        def path(paid: bool, there: list[bool] = there, before: bool = before) -> Fraction:
            cost = [idle_[t] + (rent_[t] if paid else 0) for t in slots]
            gone = stop_[0] if before else 0  # what is on before stays for nothing, or goes at this fee
            known = cost, earned_, start_, stop_, there, kind.boot, kind.minimum * alike
            return Fraction(gone + best_path(*known, -gone if before else None), whole)

        total += (high - low) * _level(kind, high, stop[0] if before else NOTHING, commit, path)
    return total


def _cuts(kind: Kind) -> list[int]:
    """Return the numbers of nodes between which levels are there together, paid alike and on before alike."""
    most = max(kind.count, default=0)
    own = (kind.reserved, kind.reserved + kind.commit_max, kind.before)
    return sorted({0, *(min(cut, most) for cut in own), *kind.count})


def _alike(kind: Kind) -> bool:
    """Return whether all nodes of a kind are always there, paid in the same way, and on before or not."""
    most, own = max(kind.count, default=0), kind.reserved + kind.commit_max
    paid_alike, there = own == 0 or kind.price is None, len(set(kind.count)) == 1
    return most <= 1 or (there and paid_alike and kind.before in (0, most))


def _earned(stated: StatedInstance, kind: Kind, prices: Prices) -> list[Fraction]:
    """Return what one node earns by what it offers, by slot."""
    earned = packing_earned(kind, prices.packing, stated.slots)
    for name, size in kind.size.items():
        for row in {(kind.pool, name, None), (kind.pool, name, kind.label if kind.single else None)}:
            if (price := prices.capacity.get(row)) is not None:
                earned = [known + size * own for known, own in zip(earned, price, strict=True)]
    return earned


def _level(kind: Kind, high: int, off: Fraction, commit: Fraction, path: Callable[[bool], Fraction]) -> Fraction:
    """The least of staying `off`, of being paid for by the hour, and of being there anyway or committed."""
    choices = [off]
    if high <= kind.reserved:
        choices.append(path(False))
    else:
        if high <= kind.reserved + kind.commit_max:
            choices.append(path(False) + commit)
        if kind.price is not None:
            choices.append(path(True))
    return min(choices)


def best_path(
    cost: list[int],
    earned: list[int],
    start: list[int],
    stop: list[int],
    there: list[bool],
    boot: int,
    minimum: int,
    early: int | None = None,
) -> int:
    """Return the least cost of one node through the slots: off after them, and before them.

    At the cost `early`, if any, it is on before them, and usable, for as long as it needs to be.
    The dynamic program has a state for every number of slots that the node has been on.
    """
    oldest = max(boot + 1, minimum, 1)
    off = 0  # least cost when off, and when on for so many slots (the last: or more)
    on = {} if early is None else {oldest: early}
    for t, exists in enumerate(there):
        if t and on:
            off = min([off, *(value + stop[t - 1] for age, value in on.items() if age >= minimum)])
        grown = dict[int, int]()
        if exists:
            for age, value in [(0, off + start[t]), *on.items()]:
                older = min(age + 1, oldest)
                value += cost[t] - (earned[t] if older > boot else 0)
                if older not in grown or value < grown[older]:
                    grown[older] = value
        on = grown
    return min([off, *(value + stop[-1] for value in on.values())])
