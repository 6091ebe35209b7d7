"""Enumerate price vectors whose items are joined by ties: rays where linear pieces meet.

The function is sums of the least, or the greatest, of what items ask of links. `leptonopt.problem.serving` says what
items and links are.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

import numpy as np

from leptonopt.problem.arrays import Floats

SAME = 1e-9  # relative difference up to which two prices tie


class TooManyCuts(Exception):
    """A family of cuts is too large to be enumerated."""


def tied_prices(links: list[list[Fraction]], inverse: bool, tried: int) -> set[tuple[Fraction, ...]]:
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
        if len(found) > tried:
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
