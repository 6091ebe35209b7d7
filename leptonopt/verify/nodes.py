"""Nodes of a plan: whether they may be on as it says, what they offer and what they cost."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import accumulate, pairwise
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
    paid: list[int]  # on demand
    hours: list[Fraction]


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


def on_by_slot(stated: StatedInstance, entry: Mapping[str, Any], name: str) -> list[int]:
    """Return how many an entry of a plan has on in each slot."""
    on, last, held = list[int](), -1, 0
    for step in entry.get("on") or ():
        second, count = stated.second(step["from"]), _whole(step["count"], name)
        if second % stated.slot or not last < second // stated.slot < stated.slots or (last < 0 and second):
            raise Malformed(f"{name}: on: {step['from']!r} is not the beginning of a later slot")
        last = second // stated.slot
        on += [held] * (last - len(on))
        held = count
    return on + [held] * (stated.slots - len(on))


def started(on: list[int], first: int = 0) -> list[int]:
    """Return how many are switched on at the beginning of each slot, when `first` are on before."""
    return [max(0, now - before) for now, before in zip(on, [first, *on[:-1]], strict=True)]


def started_within(starts: list[int], slots: int) -> list[int]:
    """Return the starts of the last so many slots, by slot."""
    sums = list(accumulate(starts, initial=0))
    return [sums[t + 1] - sums[max(0, t - slots + 1)] if slots else 0 for t in range(len(starts))]


def _whole(value: Any, name: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise Malformed(f"{name}: {value!r} is not a whole number from 0 on")
    return value


def _rented(stated: StatedInstance, kind: Kind, entry: Mapping[str, Any], name: str, findings: Findings) -> Rented:
    """Check what a plan says of nodes of a kind, and return what they offer and cost."""
    counts = _Counts(kind, on_by_slot(stated, entry, name), _whole(entry.get("committed", 0), name))
    counts.check(stated, name, findings)
    hours, slots = stated.hours, range(stated.slots)
    tariff, carbon = stated.price_sum(kind.pool, POWER), stated.carbon_sum(kind.pool)
    rent = [
        count * price * hours if count and price else NOTHING
        for count, price in zip(counts.paid, kind.price or [NOTHING] * len(slots), strict=True)
    ]
    power = [count * kind.power if kind.power else NOTHING for count in counts.on]
    idle = [power[t] * (tariff[t + 1] - tariff[t]) if power[t] else NOTHING for t in slots]
    startup, shutdown = ([count * fee if count else NOTHING for count in each] for each, fee in counts.changes())
    commit = counts.committed * kind.commit
    share = commit / stated.slots
    money = [_total((rent[t], idle[t], startup[t], shutdown[t], share)) for t in slots]
    parts = {
        "node_hours": sum(counts.on) * hours,
        "on_demand_hours": sum(counts.paid) * hours,
        "starts": Fraction(sum(counts.started)),
        "rent": _total(rent),
        "startup": _total(startup),
        "shutdown": _total(shutdown),
        "commit": commit,
        "idle": _total(idle),
        "cost": _total(money),
    }
    for key, true in parts.items() if entry else ():
        findings.same("bill", f"{name}: {key}", entry.get(key), true)
    kwh = [each * hours if each else NOTHING for each in power]
    carbon_kg = [power[t] * (carbon[t + 1] - carbon[t]) if power[t] else NOTHING for t in slots]
    node_hours = [count * hours for count in counts.on]
    return Rented(kind, counts.on, counts.usable, money, kwh, carbon_kg, counts.paid, node_hours)


def _total(values: Iterable[Fraction]) -> Fraction:
    """Return the sum; most of thousands of nodes cost nothing, and sums of fractions are slow."""
    return sum(filter(None, values), NOTHING)


class _Counts:
    """Numbers of nodes of a kind by slot: on, started, stopped, paid on demand and usable."""

    def __init__(self, kind: Kind, on: list[int], committed: int) -> None:
        self.kind, self.on, self.committed = kind, on, committed
        self.started, self.stopped = started(on, kind.before), started(on[::-1])[::-1]
        self.stopped[0] += max(0, kind.before - on[0])  # what goes off as the horizon begins is paid in its first slot
        self.paid = [max(0, count - committed - kind.reserved) for count in on]
        self.usable = [count - new for count, new in zip(on, started_within(self.started, kind.boot), strict=True)]

    def changes(self) -> tuple[tuple[list[int], Fraction], tuple[list[int], Fraction]]:
        """Return starts and stops by slot, each with the fee of one."""
        return (self.started, self.kind.startup), (self.stopped, self.kind.shutdown)

    def check(self, stated: StatedInstance, name: str, findings: Findings) -> None:
        """Report counts that a kind does not allow."""
        kind = self.kind
        for t, (count, paid, young) in enumerate(
            zip(self.on, self.paid, started_within(self.started, kind.minimum), strict=True)
        ):
            if count <= kind.count[t] and young <= count and (kind.price is not None or not paid):
                continue
            at = f"{name} at {stated.shown(t)}"
            if count > kind.count[t]:
                findings.say("nodes", at, f"{count} are on, {kind.count[t]} are there", count - kind.count[t])
            if paid and kind.price is None:
                findings.say("nodes", at, f"{paid} more are on than are committed or reserved", paid)
            if young > count:
                findings.say("nodes", at, "are switched off before their minimum time on", young - count)
        for t, (count, held) in enumerate(zip(self.on, kind.held, strict=True) if kind.held else ()):
            if count < held:
                text = "are switched off before the minimum time that they began before the horizon"
                findings.say("nodes", f"{name} at {stated.shown(t)}", text, held - count)
        off = started_within([max(0, a - b) for a, b in pairwise([kind.before, *self.on])], kind.off)
        most = max(kind.before, *kind.count)
        for t, gone in enumerate(off):
            if gone and self.on[t] + gone > most:
                text = "are on that are not off for their minimum time"
                findings.say("nodes", f"{name} at {stated.shown(t)}", text, self.on[t] + gone - most)
        if self.committed > kind.commit_max:
            findings.say("nodes", name, f"{self.committed} are committed, at most {kind.commit_max} can be")
