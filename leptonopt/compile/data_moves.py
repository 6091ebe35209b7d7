"""Compute what moving data between regions costs, and how long it takes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Context, Decimal
from fractions import Fraction

from leptonopt.instance import Instance, Task
from leptonopt.instance.data import ANYWHERE, Dataset, Link, region_of

EXACT = Context(prec=100)  # products of amounts exceed the default precision
GIB = 2**30 * 8  # bits
GBIT = 10**9


@dataclass(frozen=True, slots=True)
class DataMove:
    """Data that is moved from a region to another, at a cost [money] and in exact seconds.

    `what` is `input` (of the dataset `name`), `results` (to the region `name`) or `task` (what task `name` wrote).
    """

    what: str
    name: str
    origin: str
    to: str
    gib: Decimal
    cost: Decimal
    seconds: Fraction


def _seconds(link: Link, gib: Decimal) -> Fraction:
    """Return the seconds that a link takes for an amount."""
    moving = Fraction(0) if link.gbit is None else Fraction(gib) * GIB / (Fraction(link.gbit) * GBIT)
    return link.setup + moving


@dataclass(frozen=True, eq=False)
class Links:
    """The links of an instance, its datasets by id, and the regions of its pools, by id."""

    stated: tuple[Link, ...]
    datasets: dict[str, Dataset]
    regions: dict[str, str | None]

    @classmethod
    def of(cls, instance: Instance) -> Links:
        """Return the links of an instance."""
        datasets = {each.id: each for each in instance.datasets}
        return cls(instance.links, datasets, {pool.id: region_of(pool) for pool in instance.pools})

    def move(self, what: str, name: str, origin: str, to: str, gib: Decimal) -> DataMove | None:
        """Return what it takes to move data; None where no link does."""
        if origin == to or not gib:
            return DataMove(what, name, origin, to, gib, Decimal(0), Fraction(0))
        if (link := self._best(origin, to)) is None:
            return None
        return DataMove(what, name, origin, to, gib, EXACT.multiply(link.price, gib), _seconds(link, gib))

    def fetch(self, name: str, origins: Iterable[str], to: str, gib: Decimal) -> DataMove | None:
        """Return the cheapest move from some regions, the quickest of equals; None where no link does."""
        offers = (self.move("input", name, origin, to, gib) for origin in origins)
        return min(filter(None, offers), key=lambda move: (move.cost, move.seconds), default=None)

    def longest(self, gib: Decimal) -> Fraction:
        """Return the seconds that an amount takes on the slowest link."""
        return max((_seconds(link, gib) for link in self.stated), default=Fraction(0))

    def fixed_moves(self, task: Task, region: str) -> Iterator[DataMove | None]:
        """Yield the moves of inputs and results of a task in a region; None for one that no link does."""
        for name in task.inputs:
            yield self.fetch(name, self.datasets[name].at, region, self.datasets[name].gib)
        if task.results is not None:
            yield self.move("results", task.results.to, region, task.results.to, task.results.gib)

    def _best(self, origin: str, to: str) -> Link | None:
        """Return the link that names most of both ends, the first in the file among equals."""
        fits = [each for each in self.stated if each.from_ in (origin, ANYWHERE) and each.to in (to, ANYWHERE)]
        return max(fits, key=lambda link: 2 * (link.from_ != ANYWHERE) + (link.to != ANYWHERE), default=None)
