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

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from itertools import combinations, product
from math import comb, gcd, lcm

import numpy as np

from leptonopt.problem.arrays import Floats, Ints
from leptonopt.problem.services import Services, Survival

MAX_CUTS = 3_000  # cuts of one family at most
FEW_CUTS = 200
MAX_GENERIC = 4_000  # rays that are expected at most
MAX_TRIED = 10_000  # price vectors that are tried for one family at most
MAX_MODES = 256  # assignments of classes to ways at most, where a class is served by one way
SAFE = 2.0**61
SAME = 1e-9  # relative difference up to which two prices tie

Rates = tuple[tuple[Fraction, ...], ...]  # by way and class; 0 where the way does not serve the class


class TooManyCuts(Exception):
    """A family of cuts is too large to be enumerated."""


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


@dataclass(frozen=True, eq=False)
class Serving:
    """Families of cuts that decide whether replicas of one service serve its demand in a slot.

    Attributes
    ----------
    modes : families of cuts, one of which must hold; several where a class is served by one way only
    survivals : for each loss of a zone or of replicas, families of which one must hold without money
    lost : for each of `survivals`, the usable replicas that are gone, int64, shape (W,)
    step : what is paid for missed requests is a multiple of this [money units]
    """

    modes: tuple[Cuts, ...]
    survivals: tuple[tuple[Cuts, ...], ...]
    lost: tuple[Ints, ...]
    step: int

    @classmethod
    def of(cls, services: Services, service: int) -> Serving:
        """Return the cuts of a service; raises `TooManyCuts`."""
        ways, classes = services.ways(service), services.classes(service)
        rates, whole = as_fractions(services.planned[ways, classes]), bool(services.whole[service])
        own, nothing = range(ways.start, ways.stop), (None,) * len(rates[0])
        survivals = [loss for loss in services.survivals if loss.service == service]
        kept = [tuple(np.isin(own, loss.kept).tolist()) for loss in survivals]
        families = {each: _modes(_only(rates, each), nothing, whole) for each in dict.fromkeys(kept)}
        return cls(
            _modes(rates, services.missed[classes], whole),
            tuple(families[each] for each in kept),
            tuple(_by_way(loss, ways) for loss in survivals),
            services.missed_step,
        )

    @property
    def families(self) -> list[tuple[tuple[Cuts, ...], Ints | int]]:
        """Return all families, each with the usable replicas that it does not count."""
        return [(self.modes, 0), *zip(self.survivals, self.lost, strict=True)]

    @property
    def size(self) -> int:
        """Return the number of cuts of all families."""
        return sum(len(cuts.paid) for family in (self.modes, *self.survivals) for cuts in family)

    def supply(self, usable: Ints) -> list[list[Ints]]:
        """Return the left sides of all cuts, shapes (N, C), by family: `modes`, then each of `survivals`."""
        return [[cuts.supply(np.maximum(0, usable - lost)) for cuts in family] for family, lost in self.families]

    def least_money(self, supply: list[list[Ints]], demand: Ints) -> Ints:
        """Return the least money paid for misses, a multiple of `step`, shape (N,); -1 where none is enough.

        `supply` is of usable replicas, and `demand` has shape (N, B) or (1, B).
        """
        families = [
            _cheapest(
                [cuts.least_money(cuts.required(demand) - left) for cuts, left in zip(family, lefts, strict=True)]
            )
            for family, lefts in zip((self.modes, *self.survivals), supply, strict=True)
        ]
        found = families[0]
        for without in families[1:]:
            found = np.where(without < 0, -1, found)
        stepped: Ints = np.where(found < 0, -1, -(-found // self.step) * self.step).astype(np.int64)
        return stepped


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


def _modes(rates: Rates, missed: tuple[Fraction | None, ...], whole: bool) -> tuple[Cuts, ...]:
    """Return the families of cuts of which one must hold."""
    return tuple(demand_cuts(each, missed) for each in class_modes(rates, whole))


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
def demand_cuts(rates: Rates, missed: tuple[Fraction | None, ...]) -> Cuts:
    """Return the cuts that together decide whether usable replicas, and money, serve a demand.

    `missed` is by class the cost of missing one unit of demand, or None. Raises `TooManyCuts`.
    """
    paid = tuple(1 / Fraction(cost) if cost else Fraction(0) for cost in missed)
    free = [cost is not None and cost == 0 for cost in missed]
    table = (*rates, paid)
    table = tuple(tuple(Fraction(0) if free[b] else rate for b, rate in enumerate(row)) for row in table)
    wanted = [b for b in range(len(missed)) if not free[b]]
    if len(lines := _needed(sorted(set(_rays(table, wanted))), len(table))) > MAX_CUTS:
        raise TooManyCuts
    size = len(table)
    return Cuts(
        _array([line[: size - 1] for line in lines], size - 1),
        _array([line[size - 1 : size] for line in lines], 1)[:, 0],
        _array([line[size:] for line in lines], len(missed)),
    )


def _needed(lines: list[tuple[int, ...]], ways: int) -> list[tuple[int, ...]]:
    """Return the cuts that ask for something."""
    return [line for line in lines if any(line[ways:])]


def _array(lines: Sequence[Sequence[int]], width: int) -> Ints:
    """Return whole numbers as an array of int64, or of Python integers where they are large."""
    large = any(abs(each) >= SAFE for line in lines for each in line)
    return np.array(lines, object if large else np.int64).reshape(len(lines), width)


def _rays(table: Rates, wanted: list[int]) -> list[tuple[int, ...]]:
    """Return the rays of the family as whole numbers: prices on ways, then prices on classes.

    At given prices on ways the prices on classes are as high as can be.
    """
    ways = [w for w, row in enumerate(table) if any(row)]
    if ways and _generic_rays([[table[w][b] for w in ways] for b in wanted]) > MAX_GENERIC:
        raise TooManyCuts
    if not ways or _subtrees(len(wanted), len(ways)) < _subtrees(len(ways), len(wanted)):
        found = _tied([[table[w][b] for w in ways] for b in wanted], inverse=True)
        priced = {
            tuple(max(p * table[w][b] for p, b in zip(each, wanted, strict=True)) for w in ways) for each in found
        }
    else:
        priced = _tied([[table[w][b] for b in wanted] for w in ways], inverse=False)
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
    return _whole([*on_ways, *(of.get(b, Fraction(0)) for b in range(len(table[0])))])


def _tied(links: list[list[Fraction]], inverse: bool) -> set[tuple[Fraction, ...]]:
    """Return price vectors whose items with a price are joined by ties.

    links[i][k] is the rate of item i by link k. Link k is worth the least x[i] / links[i][k] of its items, or with
    `inverse` the greatest x[i] links[i][k]; a tie joins those that reach it. Raises `TooManyCuts`.
    """
    items, rates = len(links), np.array([[float(rate) for rate in row] for row in links])
    level = {tuple(Fraction(int(i == j)) for j in range(items)) for i in range(items)}
    found = set(level)
    for _ in range(items - 1):
        made = {_scaled(each) for prices in level for each in _joined(prices, links, inverse)} - found
        level = {prices for prices in made if _is_joined(prices, rates, inverse)}
        found |= level
        if len(found) > MAX_TRIED:
            raise TooManyCuts
    return found


def _worth(prices: tuple[Fraction, ...], links: list[list[Fraction]], link: int, inverse: bool) -> dict[int, Fraction]:
    """Return what each item with a price asks of a link."""
    rates = ((item, price, links[item][link]) for item, price in enumerate(prices) if price)
    return {item: price * rate if inverse else price / rate for item, price, rate in rates if rate}


def _joined(prices: tuple[Fraction, ...], links: list[list[Fraction]], inverse: bool) -> Iterator[tuple[Fraction, ...]]:
    """Yield the price vectors in which one more item is tied to those that have a price."""
    asked = [_worth(prices, links, link, inverse).values() for link in range(len(links[0]))]
    worth = [(max if inverse else min)(each, default=Fraction(0)) for each in asked]
    for new in [item for item, price in enumerate(prices) if not price]:
        for value, rate in zip(worth, links[new], strict=True):
            if value and rate:
                yield (*prices[:new], value / rate if inverse else value * rate, *prices[new + 1 :])


def _is_joined(prices: tuple[Fraction, ...], rates: Floats, inverse: bool) -> bool:
    """Return whether ties join all items with a price.

    What doubles cannot tell from a tie counts as one: a cut too many does no harm.
    """
    items = np.flatnonzero(np.array(prices, bool))
    each = np.array([float(prices[item]) for item in items.tolist()])[:, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        asked = each * rates[items] if inverse else np.where(rates[items] > 0, each / rates[items], np.inf)
    best = asked.max(axis=0) if inverse else asked.min(axis=0)
    real = np.isfinite(best) & (best > 0)
    tied = np.abs(asked[:, real] - best[real]) <= SAME * best[real]
    reached = np.arange(len(items)) == 0
    while True:
        more = tied[:, tied[reached].any(axis=0)].any(axis=1) | reached
        if (more == reached).all():
            return bool(reached.all())
        reached = more


def _scaled(prices: tuple[Fraction, ...]) -> tuple[Fraction, ...]:
    """Return the prices with the first one above zero made 1."""
    first = next(price for price in prices if price)
    return tuple(price / first for price in prices)


def _whole(values: list[Fraction]) -> tuple[int, ...]:
    """Return a vector in whole numbers without a common divisor."""
    scale = lcm(*(value.denominator for value in values))
    numbers = [int(value * scale) for value in values]
    common = gcd(*numbers) or 1
    return tuple(number // common for number in numbers)
