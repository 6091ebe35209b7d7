"""Add services to the second model: replicas by way and slot, and numbers that serve the demand.

Requests are routed in fractions, so no whole number says how. But whether numbers of replicas serve a demand, and what
they miss at least, is a linear program. All numbers that can be of use are tried, and those that are enough and of
which none can be spared become the choices of a slot.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import combinations_with_replacement, product
from math import ceil, prod
from typing import Any

from leptonopt.confirm.batches import MILLION, Batches, needed
from leptonopt.confirm.builder import Builder, Column, recent, weighed
from leptonopt.confirm.linear import Row, greatest
from leptonopt.confirm.question import TooLarge
from leptonopt.verify.instance_reader import NOTHING, StatedOption
from leptonopt.verify.stated_services import StatedService, StatedWay, stated_services

MOST_NUMBERS = 2_000  # of usable replicas by way that are tried for a demand
Counted = dict[int, Fraction | int]  # terms of a row
Counts = tuple[int, ...]  # usable replicas by way


@dataclass(frozen=True)
class Replicas:
    """Variables of a way by slot: on, and switched on."""

    way: StatedWay
    on: list[int]
    up: list[int]

    def usable(self, slot: int) -> Counted:
        """Return the terms of what is usable in a slot."""
        found: Counted = {self.on[slot]: 1}
        return found | dict.fromkeys(recent(self.up, slot, self.way.boot), -1)


def add_services(model: Builder) -> None:
    """Add replicas of all services, before capacity, and what they serve.

    Raises `TooLarge` for services with many numbers to try.
    """
    for service in stated_services(model.stated).values():
        most = [_of_use(service, way) for way in service.ways.values()]
        more = [ceil(needed(model.stated, service, way) / way.planned) for way in service.ways.values()]
        ways = zip(service.ways.values(), most, more, strict=True)
        replicas = [_way(model, service, way, top + extra) for way, top, extra in ways]
        _add_counts(model, service, replicas)
        missed = _add_serving(model, service, replicas, most)
        pairs = zip(service.ways, replicas, strict=True)
        usable = {name: [each.usable(slot) for slot in range(model.stated.slots)] for name, each in pairs}
        model.batches.append(Batches(model, service, usable, missed))


def _of_use(service: StatedService, way: StatedWay) -> int:
    """Return how many replicas of a way can be of use for the demand, which serve all by themselves."""
    slots = range(len(way.limit))
    busy = [
        sum((asked[slot] / way.rates[name] for name, asked in service.demand.items() if name in way.rates), NOTHING)
        for slot in slots
    ]
    useful = ceil(max(busy) / way.planned) + service.spare
    return max(useful, service.minimum, way.minimum, way.running or 0)


def _way(model: Builder, service: StatedService, way: StatedWay, top: int) -> Replicas:
    """Add replicas of a way by slot; what is switched on stays on long enough."""
    stated = model.stated
    costs = [weighed(stated, way.option, slot, slot + 1) for slot in range(stated.slots)]
    if min(costs) < 0:
        top = max(way.limit)
    most = [min(top, limit) for limit in way.limit]
    fee = stated.weight * way.option.cost

    def column(start: int, end: int, way_: StatedOption, top: int, cost: Fraction) -> int:
        return model.column(Column("", "", way_, start, end, (), service.id, service.team), top, cost)

    held, begun = replace(way.option, cost=NOTHING), replace(way.option, uses={})
    on, up = list[int](), list[int]()
    for slot, cost in enumerate(costs):
        on.append(column(slot, slot + 1, held, most[slot], cost))
        up.append(column(slot, slot, begun, most[slot], fee))
        if slot:
            model.row({on[slot]: 1, up[slot]: -1, on[slot - 1]: -1}, high=0)
        elif way.running is not None:
            model.row({on[0]: 1, up[0]: -1}, high=way.running)
        model.row(dict.fromkeys(recent(up, slot, way.stay), 1) | {on[slot]: -1}, high=0)
    if way.running is None:  # as many as are on in the first slot, which pay their start in it, and are usable
        model.row({on[0]: 1, column(0, 0, begun, most[0], fee): -1}, 0, 0)
    return Replicas(way, on, up)


def _add_counts(model: Builder, service: StatedService, replicas: list[Replicas]) -> None:
    """Add limits on the numbers of replicas of a way, and over all ways."""
    slots = range(model.stated.slots)
    for slot in slots:
        usable: Counted = {}
        for each in replicas:
            model.row(each.usable(slot), low=each.way.minimum)
            usable |= each.usable(slot)
        model.row(usable, low=service.minimum)
        if service.limit is not None:
            model.row(dict.fromkeys((each.on[slot] for each in replicas), 1), high=service.limit[slot])
    if service.routing == "one-way":
        chosen = [model.variable(1) for _ in replicas]
        model.row(dict.fromkeys(chosen, 1), high=1)
        for at, each in zip(chosen, replicas, strict=True):
            for on in each.on:
                model.row({on: 1, at: -model.most[on]}, high=0)


def _add_serving(model: Builder, service: StatedService, replicas: list[Replicas], useful: list[int]) -> list[int]:
    """Add the choice of numbers of usable replicas in each slot.

    Return by slot the money for requests missed, in millionths, which is at least that of the choice; empty where none
    may be.
    """
    serving, known = Serving(service, model.stated.slot), dict[Any, list[tuple[Counts, Fraction]]]()
    money = list[int]()
    for slot in range(model.stated.slots):
        asked = {name: amounts[slot] for name, amounts in service.demand.items() if amounts[slot]}
        tops = tuple(min(most, model.most[each.on[slot]]) for each, most in zip(replicas, useful, strict=True))
        key = (tuple(asked.items()), tops)
        if key not in known:
            known[key] = list(serving.choices(asked, tops))
        chosen = {model.variable(1): counts for counts, _ in known[key]}
        model.row(dict.fromkeys(chosen, 1), 1, 1)
        for number, each in enumerate(replicas):
            model.row(each.usable(slot) | {at: -counts[number] for at, counts in chosen.items()}, low=0)
        if service.missed is not None:
            money.append(model.variable(ceil(serving.price * sum(asked.values(), NOTHING) * MILLION)))
            model.cost[money[-1]] += model.stated.weight / MILLION
            least: Counted = {at: -missed * MILLION for at, (_, missed) in zip(chosen, known[key], strict=True)}
            model.row(least | {money[-1]: 1}, low=0)
    return money


class Serving:
    """Tell what numbers of usable replicas serve."""

    def __init__(self, service: StatedService, seconds: int) -> None:
        self.service, self.price = service, (service.missed or NOTHING) * seconds
        self.ways = list(service.ways)

    def choices(self, asked: Mapping[str, Fraction], tops: Counts) -> Iterator[tuple[Counts, Fraction]]:
        """Yield numbers of replicas of which none can be spared, with the money for what they miss.

        Raises `TooLarge` where there are many to try.
        """
        if prod(top + 1 for top in tops) > MOST_NUMBERS:
            raise TooLarge(f"service {self.service.id!r} has more than {MOST_NUMBERS:,} numbers of replicas to try")
        known: dict[Counts, Fraction | None] = {}
        for counts in product(*(range(top + 1) for top in tops)):
            known[counts] = cost = self.missed(asked, counts)
            fewer = [known[(*counts[:n], count - 1, *counts[n + 1 :])] for n, count in enumerate(counts) if count]
            if cost is not None and all(other is None or other > cost for other in fewer):
                yield counts, cost

    def missed(self, asked: Mapping[str, Fraction], counts: Counts) -> Fraction | None:
        """Return the least money for requests missed in a slot; None where too few are served."""
        there = dict(zip(self.ways, counts, strict=True))
        for left in self.service.left.values():
            if self._short(asked, {way: there[way] for way in left}):
                return None
        for failed in combinations_with_replacement(self.ways, self.service.spare):
            if failed and self._short(asked, {way: max(0, n - failed.count(way)) for way, n in there.items()}):
                return None
        short = self._short(asked, there)
        if short and self.service.missed is None:
            return None
        return Fraction(ceil(self.price * short * MILLION), MILLION)

    def _short(self, asked: Mapping[str, Fraction], there: Mapping[str, int]) -> Fraction:
        """Return the least requests per second that are not served."""
        able = [[way for way, n in there.items() if n and name in self.service.ways[way].rates] for name in asked]
        if self.service.routing != "whole":
            return self._lack(asked, there, able)
        every = product(*([[way] for way in ways] or [[]] for ways in able))
        return min(self._lack(asked, there, chosen) for chosen in every)

    def _lack(self, asked: Mapping[str, Fraction], there: Mapping[str, int], able: Any) -> Fraction:
        """Return the requests per second that are not served where classes may be on these ways."""
        gain, rows, busy = list[Fraction](), list[Row](), dict[str, dict[int, Fraction]]()
        for (name, amount), ways in zip(asked.items(), able, strict=True):
            rows.append(({len(gain) + n: Fraction(1) for n in range(len(ways))}, amount))
            for way in ways:
                busy.setdefault(way, {})[len(gain)] = 1 / self.service.ways[way].rates[name]
                gain.append(Fraction(1))
        rows += [(terms, self.service.ways[way].planned * there[way]) for way, terms in busy.items()]
        return sum(asked.values(), NOTHING) - greatest(gain, rows)
