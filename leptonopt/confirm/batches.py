"""Add batches to the second model: cuts on usable replicas, from linear programs in exact numbers.

Requests of a batch are done in fractions, in what the demand leaves in any slot of a window. Whether numbers of usable
replicas are enough for both is a linear program, also given the money for requests missed in each slot, and with
`routing: whole` the way of each class. Where they are not, its prices are a row that these numbers break and all that
are enough keep (Benders 1962).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from leptonopt.confirm.builder import Builder, Terms
from leptonopt.confirm.linear import Row, priced
from leptonopt.confirm.question import TooLarge
from leptonopt.verify.instance_reader import NOTHING, StatedInstance
from leptonopt.verify.stated_services import StatedBatch, StatedService, StatedWay, stated_batches

MOST_CELLS = 60_000  # of the table of a linear program
MILLION = 10**6
Counted = Mapping[int, Fraction | int]  # terms of a row


@dataclass(frozen=True)
class Limit:
    """A row of a linear program: its right side is `amount` times variables of the model, or by itself."""

    amount: Fraction
    terms: Terms
    is_asked: bool = False  # whether all of it must be reached


class Batches:
    """The batches of a service.

    Attributes
    ----------
    done : by batch the variable that is 1 where it is done
    missed : by slot the variable of the money for requests missed, in millionths; empty where none may be
    """

    def __init__(
        self, model: Builder, service: StatedService, usable: Mapping[str, Sequence[Counted]], missed: Sequence[int]
    ) -> None:
        self.model, self.service, self.usable, self.missed = model, service, usable, missed
        self.batches = [each for each in stated_batches(model.stated).values() if each.service == service.id]
        self.done = {batch.id: _done(model, batch) for batch in self.batches}
        self.gains, self.limits = 0, list[Limit]()
        self.rows = list[dict[int, Fraction]]()
        if self.batches:
            self._build()

    def cut(self, values: Mapping[int, int]) -> bool:
        """Add a row that these values break; return whether there is one."""
        if not self.batches:
            return False
        rights = [each.amount + _value(each.terms, values) for each in self.limits]
        rows: list[Row] = list(zip(self.rows, rights, strict=True))
        found, prices = priced([Fraction(1)] * self.gains, rows)
        asked = [each for each in self.limits if each.is_asked]
        if found >= sum((each.amount + _value(each.terms, values) for each in asked), NOTHING):
            return False
        terms, low = defaultdict[int, Fraction](Fraction), NOTHING
        for price, limit in zip(prices, self.limits, strict=True):
            worth = price - limit.is_asked
            low -= worth * limit.amount
            for at, value in limit.terms.items():
                terms[at] += worth * value
        self.model.row(terms, low=low)
        return True

    # --- the linear program ---

    def _build(self) -> None:
        """State that demand and batches are served, as far as usable replicas reach."""
        slots, ways = range(self.model.stated.slots), self.service.ways
        busy = {(way, slot): dict[int, Fraction]() for way in ways for slot in slots}
        lost = [dict[int, Fraction]() for _ in slots]
        for name, asked in self.service.demand.items():
            for slot in (slot for slot in slots if asked[slot]):
                places = [(way, slot, each.rates[name]) for way, each in ways.items() if name in each.rates]
                served = self._served(places, busy)
                if self.service.routing == "whole":
                    self._one_way(served, asked[slot])
                if self.service.missed is not None:
                    served[self.gains] = lost[slot][self.gains] = Fraction(1)
                    self.gains += 1
                self._limit(served, Limit(asked[slot], {}, True))
        if price := (self.service.missed or NOTHING) * self.model.stated.slot * MILLION:
            for terms, money in zip(lost, self.missed, strict=True):
                self._limit(terms, Limit(NOTHING, {money: 1 / price}))
        for (way, slot), terms in busy.items():
            self._limit(dict(terms), Limit(NOTHING, _times(self.usable[way][slot], ways[way].planned)))
        for batch in self.batches:
            for name, amount in batch.amount.items():
                places = [
                    (way, slot, each.offline[name] * self.model.stated.slot)
                    for way, each in ways.items()
                    for slot in range(batch.first, batch.end)
                    if name in each.offline
                ]
                self._limit(self._served(places, busy), Limit(NOTHING, {self.done[batch.id]: amount}, True))
        for (way, slot), terms in busy.items():
            there = Fraction(1) if self.service.fill else ways[way].planned
            self._limit(terms, Limit(NOTHING, _times(self.usable[way][slot], there)))
        if len(self.rows) * (self.gains + len(self.rows)) > MOST_CELLS:
            raise TooLarge(f"service {self.service.id!r} has batches in too many slots and ways")

    def _served(
        self, places: Iterable[tuple[str, int, Fraction]], busy: Mapping[tuple[str, int], dict[int, Fraction]]
    ) -> dict[int, Fraction]:
        """Add requests of a class on ways in slots at rates; return them."""
        found = dict[int, Fraction]()
        for way, slot, rate in places:
            found[self.gains] = Fraction(1)
            busy[way, slot][self.gains] = 1 / rate
            self.gains += 1
        return found

    def _one_way(self, served: Iterable[int], asked: Fraction) -> None:
        """Serve a class in a slot by the one way that is chosen."""
        chosen = {at: self.model.variable(1) for at in served}
        self.model.row(dict.fromkeys(chosen.values(), 1), high=1)
        for at, choice in chosen.items():
            self._limit({at: Fraction(1)}, Limit(NOTHING, {choice: asked}))

    def _limit(self, row: dict[int, Fraction], limit: Limit) -> None:
        self.rows.append(row)
        self.limits.append(limit)


def _done(model: Builder, batch: StatedBatch) -> int:
    """Add whether a batch is done, and what it costs to leave it out."""
    done, left = model.variable(1), model.variable(int(batch.optional))
    model.row({done: 1, left: 1}, 1, 1)
    model.cost[left] += model.stated.weight * batch.value
    return done


def needed(stated: StatedInstance, service: StatedService, way: StatedWay) -> Fraction:
    """Return how many replicas of a way would do all batches of a service in a slot by themselves."""
    own = (each for each in stated_batches(stated).values() if each.service == service.id)
    amounts = [(name, amount) for each in own for name, amount in each.amount.items() if name in way.offline]
    return sum((amount / way.offline[name] for name, amount in amounts), NOTHING) / stated.slot


def _times(terms: Mapping[int, Fraction | int], factor: Fraction) -> Terms:
    return {at: value * factor for at, value in terms.items()}


def _value(terms: Terms, values: Mapping[int, int]) -> Fraction:
    return sum((value * values[at] for at, value in terms.items()), NOTHING)
