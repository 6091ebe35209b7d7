"""Charges for nodes that all share, and bills by started units of time."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from leptonopt.verify.exact import Malformed, duration, exact
from leptonopt.verify.stated_options import StatedOption
from leptonopt.verify.timeline import Timeline


def charges(time: Timeline, pool: Mapping[str, Any]) -> dict[str, list[Fraction]]:
    """Return the charge per unit and hour in each slot, by the resource of nodes that is charged."""
    stated = pool.get("charge")
    if stated is not None:
        return {name: time.means(series) for name, series in stated.items()}
    found: dict[str, list[Fraction]] = {}
    nodes = pool.get("nodes") or ()
    kinds = [nodes] if isinstance(nodes, Mapping) else nodes
    names = {name for kind in kinds for name in kind["size"] if not name.startswith("apart:")}
    for kind in kinds:
        hourly = _hourly(time, kind)
        for name, size in kind["size"].items() if hourly else ():
            if name == "gpu" or {name} == names:
                rate = [money / exact(size) for money in hourly]
                found[name] = [min(pair) for pair in zip(rate, found.get(name, rate), strict=True)]
    return found


def _hourly(time: Timeline, kind: Mapping[str, Any]) -> list[Fraction]:
    """Return what a node costs an hour, on demand or else committed; empty where it has no price."""
    if kind.get("price") is not None:
        return time.means(kind["price"])
    commit = kind.get("commit")
    if commit is None:
        return []
    terms = commit if isinstance(commit, Mapping) else {"price": commit}
    if terms.get("total") is not None:
        return [exact(terms["total"]) / Fraction(time.horizon, 3600)] * time.slots
    return [exact(terms["price"])] * time.slots


def billed_beyond_slots(time: Timeline, pool: Mapping[str, Any], way: StatedOption) -> Fraction:
    """Return what a way pays beyond its slots on a pool that bills started units; below 0 where less."""
    billing = pool.get("billing")
    if billing is None or way.milestone:
        return Fraction(0)
    unit, least = duration(billing.get("unit", "1s")), duration(billing.get("minimum", "0s"))
    paid = max(least, -(-way.seconds // unit) * unit)
    held = -(-way.seconds // time.slot) * time.slot
    total = Fraction(0)
    for name, count in way.uses.items():
        price = (pool.get("price") or {}).get(name)
        if isinstance(price, Mapping) and name != "power":
            raise Malformed(f"pool {pool['id']!r} has billing, and a price of {name!r} that changes over time")
        if price is not None and name != "power":
            total += count * exact(price) * (paid - held) / 3600
    return total
