"""Decide exactly whether usable replicas serve a demand, without a routing.

Usable replicas a of a service serve a demand D in a slot if and only if for every price vector pi >= 0 on classes

    sum over ways w of mu[w] a[w]  >=  sum over classes b of pi[b] D[b]     with mu[w] = max over b of pi[b] rate[w, b]

(Farkas' lemma). The right side less the left side is concave and piecewise linear in pi, so finitely many price vectors
decide: the rays where pieces meet. On such a ray the classes with a price are joined by ties, pi[b] rate[w, b] =
pi[c] rate[w, c], each over a way. Equivalently, prices mu on ways decide, with pi[b] = min of mu[w] / rate[w, b]; the
ways are then joined by ties over classes. The smaller of the two families is enumerated.

Requests missed at a price are served by one more way, whose capacity is money.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from itertools import combinations, product
from math import comb

import numpy as np

from leptonopt.problem.arrays import Ints
from leptonopt.problem.separation import Line, Rates, Separator, smallest
from leptonopt.problem.services import Services, Survival
from leptonopt.problem.tied_prices import TooManyCuts, tied_prices

MAX_CUTS = 3_000  # cuts of one family at most
FEW_CUTS = 200
MAX_GENERIC = 4_000  # rays that are expected at most
MAX_TRIED = 10_000  # price vectors that are tried for one family at most, where all its cuts are needed
FEW_TRIED = 1_000  # the same where cuts can be found as they are violated: about a second
MAX_MODES = 256  # assignments of classes to ways at most, where a class is served by one way
SAFE = 2.0**61


@dataclass(frozen=True, eq=False)
class Cuts:
    """Inequalities weight . usable + paid * money >= need . demand.

    The coefficients are whole numbers of shapes (C, W), (C,), (C, B), Python integers where int64 could overflow.
    `money` pays for what is missed, in money units; `paid` is 0 in all cuts where all must be served.
    """

    weight: Ints
    paid: Ints
    need: Ints

    @property
    def few(self) -> bool:
        """Return whether the cuts are so few that models state them divided and rounded as well."""
        return len(self.paid) <= FEW_CUTS

    def supply(self, usable: Ints) -> Ints:
        """Return the left side of the cuts without money, shape (N, C); `usable` has shape (N, W)."""
        return exact_product(usable, self.weight)

    def required(self, demand: Ints) -> Ints:
        """Return the right side of the cuts, shape (N, C); `demand` has shape (N, B)."""
        return exact_product(demand, self.need)

    def least_money(self, short: Ints) -> Ints:
        """Return the least whole money that pays for a shortage, shape (N, C); -1 where no money is enough."""
        free = self.paid == 0
        money = np.zeros(len(short), short.dtype)
        for at in np.flatnonzero(~free).tolist():
            money = np.maximum(money, -(-short[:, at] // self.paid[at]))
        hopeless = np.zeros(len(short), bool)
        for at in np.flatnonzero(free).tolist():
            hopeless |= short[:, at] > 0
        found: Ints = np.where(hopeless, -1, money)
        return found


def exact_product(left: Ints, right: Ints) -> Ints:
    """Return left @ right.T without overflow, in Python integers where int64 is too small."""
    most = np.abs(left).max(axis=0, initial=0).astype(float) @ np.abs(right).astype(float).T
    if max(float(each.max(initial=0)) for each in (most, np.abs(left), np.abs(right))) < SAFE:
        small: Ints = left.astype(np.int64) @ right.astype(np.int64).T
        return small
    large: Ints = left.astype(object) @ right.astype(object).T
    return large


class Family:
    """The cuts that decide whether replicas of some ways serve a demand.

    Attributes
    ----------
    rates, missed : by way and class, and by class the cost of missing one unit of demand
    cuts : all cuts where `complete`, else some to begin with, and those that replicas violated so far
    """

    def __init__(self, rates: Rates, missed: tuple[Fraction | None, ...]) -> None:
        self.rates, self.missed, self.complete = rates, missed, True
        self._answers = dict[bytes, int]()
        try:
            self.cuts = demand_cuts(rates, missed, FEW_TRIED)
        except TooManyCuts:
            self.cuts, self.complete = first_cuts(rates, missed), False
            self._separator = Separator(rates, missed)

    @property
    def routed(self) -> bool:
        """Return whether models have variables of a routing, as there are too many cuts for them."""
        return not self.complete or len(self.cuts.paid) > FEW_CUTS

    @property
    def few(self) -> Cuts:
        """Return the known cuts where they are few, else some of them."""
        return self.cuts if len(self.cuts.paid) <= FEW_CUTS else first_cuts(self.rates, self.missed)

    def exact_money(self, usable: Ints, demand: Ints) -> Ints:
        """Return the least money for usable replicas, (N, W), and a demand, (N, B); -1 where none is enough."""
        lines, new = np.concatenate([usable, demand], axis=1), list[Line]()
        for line in lines:
            if (key := line.tobytes()) not in self._answers:
                ways = usable.shape[1]
                self._answers[key], cut = self._separator.answer(line[:ways].tolist(), line[ways:].tolist())
                new += [cut] if cut is not None else []
        self.cuts = _with_lines(self.cuts, new) if new else self.cuts
        return np.array([self._answers[line.tobytes()] for line in lines], np.int64)


def _with_lines(cuts: Cuts, lines: list[Line]) -> Cuts:
    """Return cuts with further ones, each once."""
    known = zip(cuts.weight.tolist(), cuts.paid.tolist(), cuts.need.tolist(), strict=True)
    every = dict.fromkeys([*((*weight, paid, *need) for weight, paid, need in known), *lines])
    return _cuts_of(list(every), cuts.weight.shape[1], cuts.need.shape[1])


@lru_cache(maxsize=256)
def family_of(rates: Rates, missed: tuple[Fraction | None, ...]) -> Family:
    """Return the family of cuts; what is found of it once is known to all."""
    return Family(rates, missed)


@dataclass(frozen=True, eq=False)
class Serving:
    """Families of cuts that decide whether replicas of one service serve its demand in a slot.

    Attributes
    ----------
    all_families : what must hold: for the demand, then for each loss of a zone or of replicas without money; one of
        several families where a class is served by one way only
    lost : for each loss, the usable replicas that are gone, int64, shape (W,)
    step : what is paid for missed requests is a multiple of this [money units]
    cuts, stated : the cuts of `all_families` that are known as the object is made, and those that models state
    """

    all_families: tuple[tuple[Family, ...], ...]
    lost: tuple[Ints, ...]
    step: int
    cuts: tuple[tuple[Cuts, ...], ...]
    stated: tuple[tuple[Cuts, ...], ...]

    @classmethod
    def of(cls, services: Services, service: int) -> Serving:
        """Return the cuts of a service; raises `TooManyCuts`."""
        ways, classes = services.ways(service), services.classes(service)
        rates, whole = as_fractions(services.planned[ways, classes]), bool(services.whole[service])
        own, nothing = range(ways.start, ways.stop), (None,) * len(rates[0])
        survivals = [loss for loss in services.survivals if loss.service == service]
        kept = [tuple(np.isin(own, loss.kept).tolist()) for loss in survivals]
        without = {each: _modes(_only(rates, each), nothing, whole) for each in dict.fromkeys(kept)}
        families = (_modes(rates, services.missed[classes], whole), *(without[each] for each in kept))
        cuts, stated = (
            tuple(tuple(getattr(family, name) for family in modes) for modes in families) for name in ("cuts", "few")
        )
        return cls(families, tuple(_by_way(loss, ways) for loss in survivals), services.missed_step, cuts, stated)

    @property
    def modes(self) -> tuple[Cuts, ...]:
        """Return the families of cuts for the demand while nothing is lost."""
        return self.cuts[0]

    @property
    def complete(self) -> bool:
        """Return whether all cuts are known."""
        return all(family.complete for modes in self.all_families for family in modes)

    @property
    def families(self) -> list[tuple[tuple[Cuts, ...], Ints]]:
        """Return all families, each with the usable replicas that it does not count."""
        return list(zip(self.cuts, self.losses, strict=True))

    @property
    def losses(self) -> tuple[Ints, ...]:
        """Return the usable replicas that are gone by family, first none."""
        return np.zeros(1, np.int64), *self.lost

    @property
    def size(self) -> int:
        """Return the number of cuts of all families."""
        return sum(len(cuts.paid) for family in self.cuts for cuts in family)

    def supply(self, usable: Ints) -> list[list[Ints]]:
        """Return the left sides of the known cuts, shapes (N, C), by family."""
        return [[cuts.supply(np.maximum(0, usable - lost)) for cuts in family] for family, lost in self.families]

    def least_money(self, supply: list[list[Ints]], demand: Ints) -> Ints:
        """Return the least money paid for misses, a multiple of `step`, shape (N,); -1 where none is enough.

        By the known cuts alone: where they are not complete it may be too little. `supply` is of usable replicas, and
        `demand` has shape (N, B) or (1, B).
        """
        families = [
            _cheapest(
                [cuts.least_money(cuts.required(demand) - left) for cuts, left in zip(family, lefts, strict=True)]
            )
            for family, lefts in zip(self.cuts, supply, strict=True)
        ]
        found = families[0]
        for without in families[1:]:
            found = np.where(without < 0, -1, found)
        return self._stepped(found)

    def _stepped(self, money: Ints) -> Ints:
        """Return money in multiples of `step`."""
        stepped: Ints = np.where(money < 0, -1, -(-money // self.step) * self.step).astype(np.int64)
        return stepped

    def exact_money(self, usable: Ints, demand: Ints) -> Ints:
        """Return the least money paid for misses, exactly also where cuts are not complete.

        `usable` has shape (N, W), `demand` (N, B). Cuts that are found on the way are known from then on.
        """
        found = self.least_money(self.supply(usable), demand)
        for number, (modes, lost) in enumerate(zip(self.all_families, self.losses, strict=True)):
            if len(modes) == 1 and not modes[0].complete:
                left, some = np.maximum(0, usable - lost), np.flatnonzero(found >= 0)
                money = modes[0].exact_money(left[some], demand[some])
                found[some] = np.where(money < 0, -1, found[some] if number else self._stepped(money))
        return found


def _by_way(loss: Survival, ways: slice) -> Ints:
    """Return the replicas that are lost of each way of a service, int64, shape (W,)."""
    found = np.zeros(ways.stop - ways.start, np.int64)
    found[loss.kept - ways.start] = loss.lost
    return found


def as_fractions(table: Ints) -> Rates:
    """Return a table of whole numbers as fractions."""
    return tuple(tuple(map(Fraction, row)) for row in table.tolist())


def _only(rates: Rates, kept: Sequence[bool]) -> Rates:
    """Return the rates of some ways; the others serve nothing."""
    return tuple(row if stays else (Fraction(0),) * len(row) for row, stays in zip(rates, kept, strict=True))


def _cheapest(found: list[Ints]) -> Ints:
    """Return the least of several amounts of money, where -1 means that there is none."""
    best = found[0]
    for other in found[1:]:
        best = np.where((best < 0) | ((other >= 0) & (other < best)), other, best)
    return best


def _modes(rates: Rates, missed: tuple[Fraction | None, ...], whole: bool) -> tuple[Family, ...]:
    """Return the families of cuts of which one must hold."""
    return tuple(family_of(each, missed) for each in class_modes(rates, whole))


def class_modes(rates: Rates, whole: bool) -> list[Rates]:
    """Return the rates for every assignment of classes to ways, or the rates where a class may be split.

    Raises `TooManyCuts`.
    """
    if not whole:
        return [rates]
    choices = [[way for way, row in enumerate(rates) if row[b]] or [0] for b in range(len(rates[0]))]
    if np.prod([float(len(each)) for each in choices]) > MAX_MODES:
        raise TooManyCuts
    return [
        tuple(
            tuple(rate if chosen[b] == way else Fraction(0) for b, rate in enumerate(row))
            for way, row in enumerate(rates)
        )
        for chosen in product(*choices)
    ]


@lru_cache(maxsize=256)
def demand_cuts(rates: Rates, missed: tuple[Fraction | None, ...], tried: int = MAX_TRIED) -> Cuts:
    """Return the cuts that together decide whether usable replicas, and money, serve a demand.

    `missed` is by class the cost of missing one unit of demand, or None. Raises `TooManyCuts`, also where more than
    `tried` price vectors would have to be tried.
    """
    table, wanted = _with_money(rates, missed)
    if len(lines := _needed(sorted(set(_rays(table, wanted, tried))), len(table))) > MAX_CUTS:
        raise TooManyCuts
    return _cuts_of(lines, len(rates), len(missed))


def first_cuts(rates: Rates, missed: tuple[Fraction | None, ...]) -> Cuts:
    """Return a few cuts: each class by itself, and all classes as if each way served them alone."""
    table, wanted = _with_money(rates, missed)
    prices = [[Fraction(int(b == c)) for c in wanted] for b in wanted]
    prices += [[1 / row[b] if row[b] else Fraction(0) for b in wanted] for row in table]
    lines = [_ray(table, wanted, tuple(each)) for each in prices if any(each)]
    return _cuts_of(_needed(sorted(set(lines)), len(table)), len(rates), len(missed))


def _with_money(rates: Rates, missed: tuple[Fraction | None, ...]) -> tuple[Rates, list[int]]:
    """Return the rates with money as one more way, and the classes that are not missed for nothing."""
    paid = tuple(1 / Fraction(cost) if cost else Fraction(0) for cost in missed)
    free = [cost is not None and cost == 0 for cost in missed]
    table = tuple(tuple(Fraction(0) if free[b] else rate for b, rate in enumerate(row)) for row in (*rates, paid))
    return table, [b for b in range(len(missed)) if not free[b]]


def _cuts_of(lines: Sequence[Line], ways: int, classes: int) -> Cuts:
    """Return cuts from lines of weights of ways, of money, and what classes need."""
    return Cuts(
        _array([line[:ways] for line in lines], ways),
        _array([line[ways : ways + 1] for line in lines], 1)[:, 0],
        _array([line[ways + 1 :] for line in lines], classes),
    )


def _needed(lines: list[tuple[int, ...]], ways: int) -> list[tuple[int, ...]]:
    """Return the cuts that ask for something."""
    return [line for line in lines if any(line[ways:])]


def _array(lines: Sequence[Sequence[int]], width: int) -> Ints:
    """Return whole numbers as an array of int64, or of Python integers where they are large."""
    large = any(abs(each) >= SAFE for line in lines for each in line)
    return np.array(lines, object if large else np.int64).reshape(len(lines), width)


def _rays(table: Rates, wanted: list[int], tried: int) -> list[tuple[int, ...]]:
    """Return the rays of the family as whole numbers: prices on ways, then prices on classes.

    At given prices on ways the prices on classes are as high as can be.
    """
    ways = [w for w, row in enumerate(table) if any(row)]
    if ways and _generic_rays([[table[w][b] for w in ways] for b in wanted]) > MAX_GENERIC:
        raise TooManyCuts
    if not ways or _subtrees(len(wanted), len(ways)) < _subtrees(len(ways), len(wanted)):
        found = tied_prices([[table[w][b] for w in ways] for b in wanted], True, tried)
        priced = {
            tuple(max(p * table[w][b] for p, b in zip(each, wanted, strict=True)) for w in ways) for each in found
        }
    else:
        priced = tied_prices([[table[w][b] for b in wanted] for w in ways], False, tried)
    rays = {tuple(_least_price(table, ways, prices, b) for b in wanted) for prices in priced}
    rays |= {tuple(Fraction(int(b == c)) for c in wanted) for b in wanted if not any(row[b] for row in table)}
    return [_ray(table, wanted, prices) for prices in rays if any(prices)]


def _generic_rays(rates: list[list[Fraction]]) -> int:
    """Return how many rays the classes have that all ways serve; 0 where rates are in proportion.

    Vertices of an arrangement of tropical hyperplanes (Develin and Sturmfels 2004, arXiv:math/0308254); coincidences of
    more than four rates make them somewhat fewer. Further classes only add rays.
    """
    dense = [row for row in rates if all(row)]
    columns = list(zip(*dense, strict=True))
    for one, other in combinations(columns, 2):
        if len({a / b for a, b in zip(one, other, strict=True)}) < len(dense):
            return 0
    return comb(len(dense) + len(columns) - 2, len(columns) - 1) if len(columns) > 1 else 0


def _subtrees(items: int, links: int) -> int:
    """Return how many trees join some of the items by ties over links.

    Where no two rates are in proportion, their number is that of the vertices of an arrangement of tropical hyperplanes
    (Develin and Sturmfels 2004, arXiv:math/0308254).
    """
    return sum(comb(items, some) * comb(links + some - 2, some - 1) for some in range(1, items + 1))


def _least_price(table: Rates, ways: list[int], prices: tuple[Fraction, ...], b: int) -> Fraction:
    """Return the price of a class at prices of ways: what its cheapest way asks for a unit."""
    each = [price / table[w][b] for w, price in zip(ways, prices, strict=True) if table[w][b]]
    return min(each, default=Fraction(0))


def _ray(table: Rates, wanted: list[int], prices: tuple[Fraction, ...]) -> tuple[int, ...]:
    """Return prices on ways, then on classes, in whole numbers, from those of the classes `wanted`."""
    of = dict(zip(wanted, prices, strict=True))
    on_ways = [max(price * row[b] for b, price in of.items()) for row in table]
    return smallest([*on_ways, *(of.get(b, Fraction(0)) for b in range(len(table[0])))])
