"""Add nodes and capacity to the second model: what is on, costs, offers, and is in use."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

from leptonopt.confirm.builder import Builder, Terms, recent
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
    gone = [early, *down]
    for t in slots:
        # up and down count what is switched on in a slot and off behind it; neither ever pays to be larger.
        before, known = ({on[t - 1]: -1, down[t - 1]: 1}, 0) if t else ({early: 1}, kind.before)
        model.row({on[t]: 1, up[t]: -1} | before, known, known)
        model.row({on[t]: 1, committed: -1, paid[t]: -1}, high=kind.reserved)
        if kind.held:
            model.row({on[t]: 1}, low=kind.held[t])
        if kind.minimum:
            model.row(dict.fromkeys(recent(up, t, kind.minimum), 1) | {on[t]: -1}, high=0)
        if kind.off:
            model.row(dict.fromkeys(recent(gone, t, kind.off), 1) | {on[t]: 1}, high=max(kind.before, *kind.count))
        usable.append({on[t]: Fraction(1)} | dict.fromkeys(recent(up, t, kind.boot), Fraction(-1)))
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
    """Add that in no slot more is in use than there is, in a pool and on each node told apart."""
    load, sizes = _load(model), [kind.size for kind in model.kinds]
    for place, rows in load.items():
        least = None if place in model.supplied else model.stated.least(*place)
        for slot, terms in enumerate(rows):
            if least is None:
                model.row(_less(model, terms, place, slot, sizes), high=0)
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


def _less(
    model: Builder, terms: Terms, place: tuple[str, str], slot: int, amounts: Sequence[Mapping[str, Fraction]]
) -> Terms:
    """Return the load of a pool's resource less `amounts` of it, by kind, for each usable node."""
    (pool, resource), found = place, dict(terms)
    for kind, amount, usable in zip(model.kinds, amounts, model.usable, strict=True):
        if kind.pool == pool and resource in amount:
            for at, value in usable[slot].items():
                found[at] = found.get(at, NOTHING) - amount[resource] * value
    return found


def _add_least_load(model: Builder, load: dict[tuple[str, str], list[Terms]]) -> None:
    """Add that at least the sum of the least loads of all usable nodes of a pool is in use."""
    least = [kind.load for kind in model.kinds]
    for place in dict.fromkeys((kind.pool, resource) for kind in model.kinds for resource in kind.load):
        for slot, terms in enumerate(load.get(place, [{}] * model.stated.slots)):
            model.row(_less(model, terms, place, slot, least), low=0)
