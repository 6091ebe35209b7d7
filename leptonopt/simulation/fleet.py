"""Fleets of one service: what replicas of its ways serve of any requests, and what they cost."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from leptonopt.compile.compiler import CompiledInstance
from leptonopt.errors import Unsupported
from leptonopt.problem.arrays import Floats, Ints
from leptonopt.problem.serving import Cuts, as_fractions, demand_cuts
from leptonopt.problem.tied_prices import TooManyCuts


@dataclass(frozen=True, eq=False)
class Fleet:
    """The ways of a service to run replicas.

    Attributes
    ----------
    service : its id
    ways, classes : names
    rate : float, shape (W, B) [requests per second of a usable replica that serves the class alone]
    price : float, shape (W, T) [money per replica and second], with the part of its nodes
    start : float, shape (W,) [money per replica switched on]
    scale : units of the cuts in a request per second
    cuts : inequalities that decide what usable replicas serve, where requests missed count one each
    """

    service: str
    ways: tuple[str, ...]
    classes: tuple[str, ...]
    rate: Floats
    price: Floats
    start: Floats
    scale: int
    cuts: Cuts

    @classmethod
    def of(cls, compiled: CompiledInstance, at: int) -> Fleet:
        """Return the fleets of a service; raises `Unsupported` where it has too many ways and classes."""
        services, number = compiled.problem.services, compiled.services.numbers[at]
        ways, classes = services.ways(at), services.classes(at)
        rates = services.rate[ways, classes]
        try:
            cuts = demand_cuts(as_fractions(rates), (Fraction(1),) * len(number.classes))
        except TooManyCuts:
            raise Unsupported(f"simulate does not support the many ways and classes of {number.stated.id!r}") from None
        names = tuple(way.option.id for way in compiled.services.of_service(at))
        starts = [float(way.start.cost) for way in compiled.services.of_service(at)]
        price = replica_prices(compiled)[ways] / compiled.instance.time.slot
        scale = number.scale
        return cls(number.stated.id, names, number.classes, rates / scale, price, np.array(starts), scale, cuts)

    def missed(self, usable: Floats, asked: Floats) -> Floats:
        """Return the fewest requests per second that usable replicas, (W, N), miss of those asked for, (B, N)."""
        paid = self.cuts.paid.astype(float)
        short = self.scale * self.cuts.need.astype(float) @ asked - self.cuts.weight.astype(float) @ usable
        priced = paid > 0
        least: Floats = np.max(short[priced] / paid[priced, None], axis=0, initial=0.0) / self.scale
        return np.where(least < 1e-9 * np.maximum(1.0, asked.sum(axis=0)), 0.0, least)

    def load(self, way: int, asked: Floats) -> Floats:
        """Return the replicas of a way that requests (B, N) keep busy; infinite where it lacks a rate."""
        with np.errstate(divide="ignore", invalid="ignore"):
            each = np.where(asked > 0, asked / self.rate[way][:, None], 0.0)
        total: Floats = each.sum(axis=0)
        return total

    def cheapest(self, asked: Floats) -> int:
        """Return the way that serves all requests (B, N) alone at the least cost; raises `Unsupported`."""
        cost = [self.load(way, asked).mean() * self.price[way].mean() for way in range(len(self.ways))]
        if not np.isfinite(np.min(cost)):
            raise Unsupported(
                f"simulate: no way of {self.service!r} serves all classes, which a scaler of one way must"
            )
        return int(np.argmin(cost))

    def cost(self, on: Floats, slots: Ints, seconds: float) -> float:
        """Return the cost of replicas on, (W, N), and of starts, in bins of so many seconds in `slots`."""
        started = np.maximum(0.0, np.diff(on, axis=1))
        return float((on * self.price[:, slots]).sum() * seconds + self.start @ started.sum(axis=1))


def replica_prices(compiled: CompiledInstance) -> Floats:
    """Return what a replica costs in each slot, (W, T) [money], nodes at their price on demand.

    A part of a node counts as that part: of the kind that is cheapest for it, its largest share of any resource.
    """
    services, price = compiled.problem.services, compiled.problem.price.astype(float)
    found = services.costs.on.astype(float)
    for way in range(len(services.pool)):
        part = slice(services.hold_ptr[way], services.hold_ptr[way + 1])
        rows, amounts = services.hold_row[part], services.hold[part]
        found[way] += amounts @ price[rows] + _of_nodes(compiled, rows, amounts)
    return found * float(compiled.unit)


def _of_nodes(compiled: CompiledInstance, rows: Ints, amounts: Ints) -> Floats:
    """Return the cost of the part of nodes that an amount of rows takes, shape (T,) [money units]."""
    nodes, slots = compiled.problem.nodes, compiled.problem.slots
    supplied = np.isin(rows, nodes.supply_row)
    held = dict(zip(rows[supplied].tolist(), amounts[supplied].tolist(), strict=True))
    best = np.full(slots, np.inf if held else 0.0)
    for kind in np.unique(nodes.supply_node[np.isin(nodes.supply_row, list(held))]).tolist():
        own = nodes.supply_node == kind
        size = dict(zip(nodes.supply_row[own].tolist(), nodes.supply_size[own].tolist(), strict=True))
        if held.keys() <= size.keys():
            share = max(amount / size[row] for row, amount in held.items())
            best = np.minimum(best, share * (nodes.costs.on_demand[kind] + nodes.costs.on[kind]).astype(float))
    return np.where(np.isfinite(best), best, 0.0)
