"""Decide how much of the batches of a service its usable replicas can do beside the demand.

What a batch does in a slot is a demand of a class of its own. A way is two ways with the same replicas: one serves
requests and batches up to the planned rate, the other one fills the headroom with batches. So the cuts of
`leptonopt.problem.serving` decide here as well. Slots are filled in order, and in each slot the batch with the earliest
deadline first: where all batches of a service have one class this does as much as possible in time. Several classes are
divided by `leptonopt.problem.offline` where that order does not do; not with `whole`, which has several families
of cuts.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from math import lcm
from typing import Any, TypeVar

import numpy as np

from leptonopt.problem.arrays import Bools, Ints
from leptonopt.problem.dual_simplex import DualSimplex
from leptonopt.problem.services import Services
from leptonopt.problem.serving import Cuts, as_fractions, class_modes, demand_cuts
from leptonopt.problem.tied_prices import TooManyCuts

_Kind = TypeVar("_Kind", bound=Hashable)
Amounts = tuple[Fraction, ...]  # by kind


@dataclass(frozen=True)
class SlotRoom:
    """Room of a slot for amounts w of some kinds: need[c] w <= room[c] for every cut c.

    Attributes
    ----------
    kinds : positions of the kinds that the slot takes
    need : whole numbers at least 0 by cut, and kind of `kinds`
    room : whole numbers at least 0 by cut
    """

    kinds: tuple[int, ...]
    need: tuple[tuple[int, ...], ...]
    room: tuple[int, ...]

    @cached_property
    def _prices_of_cuts(self) -> DualSimplex:
        """The program of least room . u with u need >= p: its multipliers are the amounts that earn most."""
        return DualSimplex([[-line[at] for line in self.need] for at in range(len(self.kinds))], self.room)

    def best(self, prices: Sequence[Fraction]) -> Amounts:
        """Return the amounts of all kinds that earn most at prices.

        Raises `ValueError` where nothing limits them.
        """
        if self._prices_of_cuts.solve([-prices[kind] for kind in self.kinds]) is None:
            raise ValueError("nothing limits what a slot takes")
        earned = dict(zip(self.kinds, self._prices_of_cuts.multipliers(), strict=True))
        return tuple(earned.get(kind, Fraction(0)) for kind in range(len(prices)))


def divided(amounts: Mapping[_Kind, Fraction], slots: Sequence[SlotRoom]) -> list[dict[_Kind, Fraction]] | None:
    """Return what each slot takes of each kind, the amounts in all; None where they do not fit."""
    wanted, kinds = tuple(amounts.values()), list(amounts)
    prices: list[Fraction] = [1 / amount / len(wanted) for amount in wanted]
    tried: list[list[Amounts]] = []
    while True:
        tried.append([slot.best(prices) for slot in slots])
        if _earned(prices, map(_total, zip(*tried[-1], strict=True))) < _earned(prices, wanted):
            return None
        prices, value, shares = _prices(wanted, [[_total(kind) for kind in zip(*each, strict=True)] for each in tried])
        if value >= 1:
            return [dict(zip(kinds, line, strict=True)) for line in _mixed(wanted, shares, tried)]


def _total(values: Iterable[Fraction]) -> Fraction:
    return sum(values, Fraction(0))


def _earned(prices: Sequence[Fraction], amounts: Iterable[Fraction]) -> Fraction:
    return _total(price * amount for price, amount in zip(prices, amounts, strict=True))


def _prices(wanted: Amounts, points: Sequence[Sequence[Fraction]]) -> tuple[list[Fraction], Fraction, list[Fraction]]:
    """Return prices that make the best point worth least, its worth, and shares of the points.

    The amounts are worth 1 at the prices. The worth is the greatest part of all amounts that a mixture of points, by
    these shares, has at least.
    """
    scales = [lcm(*(value.denominator for value in point)) for point in (*points, wanted)]
    matrix = [[*(int(value * scale) for value in point), -scale] for point, scale in zip(points, scales, strict=False)]
    matrix.append([*(-int(amount * scales[-1]) for amount in wanted), 0])
    program = DualSimplex(matrix, [*(0 for _ in wanted), 1])
    found = program.solve([*(0 for _ in points), -scales[-1]])
    assert found is not None  # prices of one kind alone are a solution
    shares = [value * scale for value, scale in zip(program.multipliers(), scales[:-1], strict=False)]
    return found[:-1], found[-1], shares


def _mixed(wanted: Amounts, shares: Sequence[Fraction], tried: Sequence[list[Amounts]]) -> list[Amounts]:
    """Return what each slot takes of a mixture, cut back so that all slots together take what is wanted."""
    each = [
        [
            _total(share * amount for share, amount in zip(shares, of_kind, strict=True))
            for of_kind in zip(*own, strict=True)
        ]
        for own in zip(*tried, strict=True)
    ]
    parts = [amount / _total(line) for amount, line in zip(wanted, zip(*each, strict=True), strict=True)]
    return [tuple(value * part for value, part in zip(line, parts, strict=True)) for line in each]


@dataclass(frozen=True, eq=False)
class Offline:
    """The batches of one service.

    Attributes
    ----------
    classes : the classes that batches have; they follow the classes of demand in `modes`
    modes : families of cuts over usable replicas, of which one must hold
    """

    services: Services
    service: int
    classes: tuple[int, ...]
    modes: tuple[Cuts, ...]

    @classmethod
    def of(cls, services: Services, service: int) -> Offline:
        """Return the batches of a service; raises `TooManyCuts`."""
        ways, own = services.ways(service), services.classes(service)
        amounts = services.batches.amount[services.batches.service == service][:, own]
        classes = tuple(np.flatnonzero(amounts.any(axis=0)).tolist())
        planned, offline = as_fractions(services.planned[ways, own]), as_fractions(services.offline[ways, own])
        spare = [1 - share if services.fill[service] else Fraction(0) for share in planned_share(services, service)]
        missed = (*services.missed[own], *(None for _ in classes))
        families = []
        for rates in class_modes(planned, bool(services.whole[service])):
            joint = tuple(
                (*row, *((1 - more) * rate[b] if services.fill[service] else rate[b] for b in classes))
                for row, rate, more in zip(rates, offline, spare, strict=True)
            )
            idle = tuple(
                (*(Fraction(0) for _ in row), *(more * rate[b] for b in classes))
                for row, rate, more in zip(rates, offline, spare, strict=True)
            )
            families.append(_folded(demand_cuts((*joint, *idle), missed), len(planned)))
        return cls(services, service, classes, tuple(families))

    def work(self, usable: Ints, money: Ints, done: Bools) -> dict[tuple[int, int, int], Fraction] | None:
        """Return what is done of each (batch, class, slot) [demand units]; None where the batches do not fit.

        `usable` has shape (W, T) for the ways of the service, `money` (T,) is paid for missed requests, and `done`
        (J,) tells the batches to be done.
        """
        found, undone = self._in_order(usable, money, done)
        if not undone:
            return found
        mine = np.flatnonzero(done & (self.services.batches.service == self.service)).tolist()
        return self._divided(usable, money, mine) if len(self.modes) == 1 and len(self.classes) > 1 else None

    def undone(self, usable: Ints, money: Ints, done: Bools) -> dict[tuple[int, int], Fraction]:
        """Return what is left of each (batch, class) [demand units]; empty where the batches fit."""
        return {} if self.work(usable, money, done) is not None else self._in_order(usable, money, done)[1]

    def _in_order(
        self, usable: Ints, money: Ints, done: Bools
    ) -> tuple[dict[tuple[int, int, int], Fraction], dict[tuple[int, int], Fraction]]:
        """Return what earliest deadline first does of each (batch, class, slot), and what is left undone."""
        batches, begin = self.services.batches, self.services.classes(self.service).start
        mine = np.flatnonzero(done & (batches.service == self.service)).tolist()
        left = {(j, b): Fraction(int(batches.amount[j, begin + b])) for j in mine for b in self.classes}
        found: dict[tuple[int, int, int], Fraction] = {}
        for slot in range(usable.shape[1]):
            open_ = [
                j for j in mine if batches.first[j] <= slot <= batches.last[j] and any(left[j, b] for b in self.classes)
            ]
            if open_:
                wanted = {
                    (j, b): left[j, b]
                    for j in sorted(open_, key=lambda j: int(batches.last[j]))
                    for b in self.classes
                    if left[j, b]
                }
                for (j, b), amount in self._slot(usable[:, slot], int(money[slot]), slot, wanted).items():
                    left[j, b] -= amount
                    found[j, begin + b, slot] = amount
        return found, {key: amount for key, amount in left.items() if amount}

    def _divided(self, usable: Ints, money: Ints, mine: list[int]) -> dict[tuple[int, int, int], Fraction] | None:
        """Return what is done of each (batch, class, slot) [demand units]; None where the batches do not fit."""
        batches, begin, cuts = self.services.batches, self.services.classes(self.service).start, self.modes[0]
        wanted = {(j, b): Fraction(int(batches.amount[j, begin + b])) for j in mine for b in self.classes}
        wanted = {key: amount for key, amount in wanted.items() if amount}
        demand = self.services.demand[self.services.classes(self.service)]
        need = cuts.need[:, : len(demand)].astype(object) @ demand.astype(object)
        room = cuts.weight.astype(object) @ usable.astype(object) + np.outer(cuts.paid, money).astype(object) - need
        if (room < 0).any():
            return None
        rooms = [self._room(list(wanted), slot, room[:, slot]) for slot in range(usable.shape[1])]
        if (found := divided(wanted, rooms)) is None:
            return None
        return {(j, begin + b, t): value for t, line in enumerate(found) for (j, b), value in line.items() if value}

    def _room(self, keys: list[tuple[int, int]], slot: int, room: Any) -> SlotRoom:
        """Return what a slot has for (batch, class) pairs."""
        batches, before = self.services.batches, self.modes[0].need.shape[1] - len(self.classes)
        kinds = [at for at, (j, _) in enumerate(keys) if batches.first[j] <= slot <= batches.last[j]]
        need = self.modes[0].need[:, [before + self.classes.index(keys[at][1]) for at in kinds]]
        bound = need.any(axis=1)
        lines = tuple(tuple(map(int, line)) for line in need[bound].tolist())
        return SlotRoom(tuple(kinds), lines, tuple(map(int, room[bound].tolist())))

    def _slot(
        self, usable: Ints, money: int, slot: int, wanted: dict[tuple[int, int], Fraction]
    ) -> dict[tuple[int, int], Fraction]:
        """Return what is done in a slot, in the order of `wanted`, by the mode that does most of it."""
        demand = self.services.demand[self.services.classes(self.service), slot].tolist()
        best: dict[tuple[int, int], Fraction] = {}
        for cuts in self.modes:
            done = _filled(
                cuts, usable.tolist(), money, [*demand, *(Fraction(0) for _ in self.classes)], wanted, self.classes
            )
            if sum(done.values()) > sum(best.values()):
                best = done
        return best


def planned_share(services: Services, service: int) -> list[Fraction]:
    """Return the planned part of the rate by way; raises `TooManyCuts` where it differs by class."""
    ways, own = services.ways(service), services.classes(service)
    shares = []
    for planned, rate in zip(services.planned[ways, own].tolist(), services.rate[ways, own].tolist(), strict=True):
        each = {Fraction(some, most) for some, most in zip(planned, rate, strict=True) if most}
        if len(each) > 1:
            raise TooManyCuts  # the headroom would be a way of its own for each class
        shares.append(each.pop() if each else Fraction(1))
    return shares


def _folded(cuts: Cuts, ways: int) -> Cuts:
    """Return cuts over real ways from those over pairs of ways with the same replicas."""
    return Cuts(cuts.weight[:, :ways] + cuts.weight[:, ways:], cuts.paid, cuts.need)


def _filled(
    cuts: Cuts,
    usable: list[int],
    money: int,
    demand: list[Fraction],
    wanted: dict[tuple[int, int], Fraction],
    classes: tuple[int, ...],
) -> dict[tuple[int, int], Fraction]:
    """Return how much of each (batch, class) fits, one after the other.

    It is nothing where the demand itself does not fit.
    """
    lines = list(zip(cuts.weight.tolist(), cuts.paid.tolist(), cuts.need.tolist(), strict=True))
    spare = [
        Fraction(sum(mu * a for mu, a in zip(weight, usable, strict=True)) + paid * money)
        - sum(pi * d for pi, d in zip(need, demand, strict=True))
        for weight, paid, need in lines
    ]
    if min(spare, default=Fraction(0)) < 0:
        return {}
    done, before = {}, len(demand) - len(classes)
    for (j, b), amount in wanted.items():
        at = before + classes.index(b)
        prices = [need[at] for _, _, need in lines]
        fits = min([left / pi for left, pi in zip(spare, prices, strict=True) if pi], default=amount)
        if (part := min(amount, fits)) > 0:
            spare = [left - pi * part for left, pi in zip(spare, prices, strict=True)]
            done[j, b] = part
    return done
