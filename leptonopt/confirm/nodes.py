"""Add nodes and capacity to the second model: what is on, costs, offers, and is in use."""

from __future__ import annotations

from fractions import Fraction

from leptonopt.confirm.builder import Builder, Terms
from leptonopt.verify.instance_reader import NOTHING, POWER, Kind


def add_nodes(model: Builder) -> None:
    """Add nodes on by slot, what they cost, and what they offer."""
    stated = model.stated
    for kind in model.kinds:
        usable, spent = _kind(model, kind)
        model.usable.append(usable)
        model.spent.append(spent)
        for each in spent:
            for at, value in each["money"].items():
                model.cost[at] += stated.weight * value
            for at, value in each["carbon"].items():
                model.cost[at] += stated.carbon_weight * value


def _kind(model: Builder, kind: Kind) -> tuple[list[Terms], list[dict[str, Terms]]]:
    stated, slots, variable = model.stated, range(model.stated.slots), model.variable
    on = [variable(kind.count[t]) for t in slots]
    up, down = ([variable(kind.count[t]) for t in slots] for _ in range(2))
    committed = variable(kind.commit_max)
    paid = [variable(kind.count[t] if kind.price is not None else 0) for t in slots]
    model.paid.append(paid)
    tariff, grams = stated.price_sum(kind.pool, POWER), stated.carbon_sum(kind.pool)
    usable, spent, early = [], [], variable(kind.before)  # early: off as the horizon begins
    for t in slots:
        # up and down count what is switched on in a slot and off behind it; neither ever pays to be larger.
        before, known = ({on[t - 1]: -1, down[t - 1]: 1}, 0) if t else ({early: 1}, kind.before)
        model.row({on[t]: 1, up[t]: -1} | before, known, known)
        model.row({on[t]: 1, committed: -1, paid[t]: -1}, high=kind.reserved)
        if kind.minimum:
            recent = up[max(0, t - kind.minimum + 1) : t + 1]
            model.row(dict.fromkeys(recent, 1) | {on[t]: -1}, high=0)
        if kind.off:
            gone = [early, *down][max(0, t - kind.off + 1) : t + 1]
            model.row(dict.fromkeys(gone, 1) | {on[t]: 1}, high=max(kind.before, *kind.count))
        booting = up[max(0, t - kind.boot + 1) : t + 1] if kind.boot else []
        usable.append({on[t]: Fraction(1)} | dict.fromkeys(booting, Fraction(-1)))
        spent.append(
            {
                "money": {
                    on[t]: kind.power * (tariff[t + 1] - tariff[t]),
                    up[t]: kind.startup,
                    down[t]: kind.shutdown,
                    **({} if t else {early: kind.shutdown}),
                    paid[t]: (kind.price[t] if kind.price is not None else NOTHING) * stated.hours,
                    committed: kind.commit / stated.slots,
                },
                "energy": {on[t]: kind.power * stated.hours},
                "carbon": {on[t]: kind.power * (grams[t + 1] - grams[t])},
                "node_hours": {on[t]: stated.hours},
            }
        )
    model.row({on[-1]: 1, down[-1]: -1}, 0, 0)
    return usable, spent


def add_capacity(model: Builder) -> None:
    """In no slot is more in use than there is, in a pool and on each node that is told apart."""
    load = _load(model)
    for (pool, resource), rows in load.items():
        least = None if (pool, resource) in model.supplied else model.stated.least(pool, resource)
        for slot, terms in enumerate(rows):
            if least is None:
                model.row(_less(model, terms, pool, resource, slot), high=0)
            elif (most := least[slot]) is not None:
                model.row(terms, high=most)
    _add_least_load(model, load)
    for number, kind in enumerate(model.kinds):
        users = model.on_node.get((kind.pool, kind.label), {}) if kind.single else {}
        for resource, size in kind.size.items() if users else ():
            for slot, usable in enumerate(model.usable[number]):
                terms = {
                    at: share * model.columns[at].way.uses.get(resource, NOTHING)
                    for at, share in users.items()
                    if model.columns[at].start <= slot < model.columns[at].end
                }
                model.row(terms | {at: -size * value for at, value in usable.items()}, high=0)


def _load(model: Builder) -> dict[tuple[str, str], list[Terms]]:
    """Return what is in use by pool, resource and slot."""
    load: dict[tuple[str, str], list[Terms]] = {}
    for at in model.users():
        column = model.columns[at]
        for resource, count in column.way.uses.items():
            rows = load.setdefault((column.way.pool, resource), [{} for _ in range(model.stated.slots)])
            for slot in range(column.start, column.end) if count else ():
                rows[slot][at] = count
    return load


def _less(model: Builder, terms: Terms, pool: str, resource: str, slot: int) -> Terms:
    """Return the load less what all nodes of a pool offer."""
    found = dict(terms)
    for kind, usable in zip(model.kinds, model.usable, strict=True):
        if kind.pool == pool and resource in kind.size:
            for at, value in usable[slot].items():
                found[at] = found.get(at, NOTHING) - kind.size[resource] * value
    return found


def _add_least_load(model: Builder, load: dict[tuple[str, str], list[Terms]]) -> None:
    """At least the sum of the least loads of all usable nodes of a pool is in use."""
    loaded = {(kind.pool, resource) for kind in model.kinds for resource in kind.load}
    for pool, resource in loaded:
        for slot in range(model.stated.slots):
            terms = {at: -value for at, value in load.get((pool, resource), [{}] * (slot + 1))[slot].items()}
            for kind, usable in zip(model.kinds, model.usable, strict=True):
                if kind.pool == pool and kind.load.get(resource):
                    for at, value in usable[slot].items():
                        terms[at] = terms.get(at, NOTHING) + kind.load[resource] * value
            model.row(terms, high=0)
