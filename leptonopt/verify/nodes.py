"""Nodes of a plan: whether they may be on as it says, what they offer and what they cost."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from leptonopt.verify.exact import Findings, Malformed
from leptonopt.verify.instance_reader import NOTHING, POWER, Kind, StatedInstance


@dataclass(frozen=True)
class Rented:
    """Nodes on and usable in each slot; money, kWh and kilograms of CO2 by slot."""

    kind: Kind
    on: list[int]
    usable: list[int]
    money: list[Fraction]
    kwh: list[Fraction]
    carbon_kg: list[Fraction]


def read_nodes(stated: StatedInstance, plan: Mapping[str, Any], findings: Findings) -> list[Rented]:
    """The nodes of a plan, one entry for each kind, or for each node where nodes are told apart."""
    entries: dict[tuple[Any, ...], Mapping[str, Any]] = {}
    cuts: dict[tuple[str, str], set[int]] = defaultdict(set)
    for entry in plan.get("nodes") or ():
        key = entry.get("pool"), entry.get("kind"), entry.get("node"), entry.get("last", entry.get("node"))
        if key in entries:
            findings.say("nodes", _name(*key), "is listed twice")
        entries[key] = entry
        if type(key[2]) is int and type(key[3]) is int:
            cuts[key[0], key[1]] |= {key[2] - 1, key[3]}
    found = []
    for kind in stated.kinds(cuts):
        key = kind.pool, kind.name, kind.node, kind.last
        entry = entries.pop(key, {})
        if not entry:
            findings.say("nodes", _name(*key), "is missing")
        found.append(_rented(stated, kind, entry, _name(*key), findings))
    for key in entries:
        findings.say("nodes", _name(*key), "is no node of the instance")
    return found


def _name(pool: object, kind: object, node: object, last: object) -> str:
    which = "" if node is None else f", node {node}" if node == last else f", nodes {node} to {last}"
    return f"nodes {kind!r} of pool {pool!r}{which}"


def _steps(stated: StatedInstance, entry: Mapping[str, Any], name: str) -> list[int]:
    """Nodes on in each slot."""
    on, last = [0] * stated.slots, -1
    for step in entry.get("on") or ():
        second, count = stated.second(step["from"]), _whole(step["count"], name)
        if second % stated.slot or not last < second // stated.slot < stated.slots or (last < 0 and second):
            raise Malformed(f"{name}: on: {step['from']!r} is not the beginning of a later slot")
        last = second // stated.slot
        on[last:] = [count] * (stated.slots - last)
    return on


def _whole(value: Any, name: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise Malformed(f"{name}: {value!r} is not a whole number of nodes")
    return value


def _rented(stated: StatedInstance, kind: Kind, entry: Mapping[str, Any], name: str, findings: Findings) -> Rented:
    on, slots = _steps(stated, entry, name), range(stated.slots)
    committed = _whole(entry.get("committed", 0), name)
    before, after = [0, *on[:-1]], [*on[1:], 0]
    started = [max(0, on[t] - before[t]) for t in slots]
    stopped = [max(0, on[t] - after[t]) for t in slots]
    paid = [max(0, count - committed - kind.reserved) for count in on]
    booting = [sum(started[max(0, t - kind.boot + 1) : t + 1]) if kind.boot else 0 for t in slots]
    held = [sum(started[max(0, t - kind.minimum + 1) : t + 1]) if kind.minimum else 0 for t in slots]

    def at(slot: int) -> str:
        return f"{name} at {stated.shown(slot)}"

    for t in slots:
        if on[t] > kind.count[t]:
            findings.say("nodes", at(t), f"{on[t]} are on, {kind.count[t]} are there", on[t] - kind.count[t])
        if paid[t] and kind.price is None:
            findings.say("nodes", at(t), f"{paid[t]} more are on than are committed or reserved", paid[t])
        if held[t] > on[t]:
            findings.say("nodes", at(t), "are switched off before their minimum time on", held[t] - on[t])
    if committed > kind.commit_max:
        findings.say("nodes", name, f"{committed} are committed, at most {kind.commit_max} can be")
    hours, free = stated.hours, [NOTHING] * stated.slots
    tariff, carbon = stated.price_sum(kind.pool, POWER), stated.carbon_sum(kind.pool)
    rent = [paid[t] * price * hours for t, price in enumerate(kind.price or free)]
    idle = [on[t] * kind.power * (tariff[t + 1] - tariff[t]) for t in slots]
    commit = committed * kind.commit
    money = [
        rent[t] + idle[t] + started[t] * kind.startup + stopped[t] * kind.shutdown + commit / stated.slots
        for t in slots
    ]
    parts = {
        "node_hours": sum(on) * hours,
        "on_demand_hours": sum(paid) * hours,
        "starts": Fraction(sum(started)),
        "rent": sum(rent, NOTHING),
        "startup": sum(started) * kind.startup,
        "shutdown": sum(stopped) * kind.shutdown,
        "commit": commit,
        "idle": sum(idle, NOTHING),
        "cost": sum(money, NOTHING),
    }
    for key, true in parts.items() if entry else ():
        findings.same("bill", f"{name}: {key}", entry.get(key), true)
    return Rented(
        kind=kind,
        on=on,
        usable=[count - new for count, new in zip(on, booting, strict=True)],
        money=money,
        kwh=[count * kind.power * hours for count in on],
        carbon_kg=[on[t] * kind.power * (carbon[t + 1] - carbon[t]) for t in slots],
    )
