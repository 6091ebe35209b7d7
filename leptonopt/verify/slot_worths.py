"""Least cost of requests missed, less what batches earn, by numbers of replicas in one slot.

Usable replicas n(w) of one or two ways serve requests D(b) per second of each class, or miss some at a price p, and
earn B(w) for all their time when they do batches. By duality of linear programs the least cost of this is the greatest,
over worths u(w) >= B(w) of a replica's planned time, of

    sum over b of D(b) x min(p, u(w) / rate(w, b) over w)  -  sum over w of n(w) x (planned(w) u(w) + spare(w))

    spare(w)  (1 - planned(w)) B(w) where batches may use the headroom, else 0

The function is concave and piecewise linear in u: it is greatest where two of the lines u(w) = B(w),
u(w) = p rate(w, b) and u(1) / rate(1, b) = u(2) / rate(2, b) meet. Any worths prove a lower bound.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import product

from leptonopt.verify.instance_reader import NOTHING
from leptonopt.verify.stated_services import StatedService, StatedWay

Worths = tuple[Fraction, ...]  # by way


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
