"""Charge tasks for what they hold of nodes that all share, at a rate for each resource.

A task's charge depends on what it holds alone, not on what others do, so that it can be limited beforehand.
"""

from __future__ import annotations

from fractions import Fraction

from leptonopt.compile.calendar import mean_by_slot, zero_series
from leptonopt.instance import NodeKind, Pool, Time


def charge_by_slot(pool: Pool, resource: str, time: Time) -> list[Fraction]:
    """Return the charge for a resource of nodes in each slot [money per unit and hour].

    It is what the pool states, or else the least price per unit of the nodes that hold the resource.
    """
    if resource not in pool.charged:
        return zero_series(time)
    if pool.charge is not None:
        return mean_by_slot(pool.charge[resource], time)
    rates = [
        [price / Fraction(kind.size[resource]) for price in hourly]
        for kind in pool.nodes
        if resource in kind.size and (hourly := _hourly(kind, time)) is not None
    ]
    return [min(each) for each in zip(*rates, strict=True)]


def _hourly(kind: NodeKind, time: Time) -> list[Fraction] | None:
    """Return the price of a node by slot, on demand or else committed [money per hour]; None without one."""
    if kind.price is not None:
        return mean_by_slot(kind.price, time)
    if kind.commit is None:
        return None
    if kind.commit.total is not None:
        return [Fraction(kind.commit.total) * 3600 / time.horizon] * time.slots
    return [Fraction(kind.commit.price or 0)] * time.slots
