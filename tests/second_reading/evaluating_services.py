"""Judge what a plan file says of a service and its batches by the two documents alone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from fractions import Fraction
from math import ceil
from typing import TYPE_CHECKING, Any

from .documents import Clock, get, instant, number
from .services import MILLION, Batch, Service, Way, replica_runs

if TYPE_CHECKING:
    from .reading import Instance, Run

MILLIONTH = Fraction(1, MILLION)


def near(shown: Any, exact: Fraction) -> bool:
    """Tell whether a number of a plan is an exact one rounded to a millionth, as a float can hold it."""
    return abs(number(shown) - exact) <= MILLIONTH / 2 + abs(exact) / 2**51


def counts_by_slot(clock: Clock, entry: dict[str, Any]) -> list[int] | None:
    """Return how many an entry has on in each slot."""
    on, now = [], 0
    changes = {(instant(each["from"]) - clock.start) / clock.slot: int(each["count"]) for each in entry["on"]}
    if any(at.denominator != 1 or not 0 <= at <= clock.slots for at in changes):
        return None
    if changes.get(Fraction(clock.slots)):
        return None
    for slot in range(clock.slots):
        now = changes.get(Fraction(slot), now)
        on.append(now)
    return on


class ServiceEvaluation:
    """Hold what a plan does for a service: replicas as runs, money for what is missed, value of batches left out."""

    def __init__(self, instance: Instance, service: Service, plan: dict[str, Any], say: Callable[[str, str], None]):
        self.instance, self.service, self._say = instance, service, say
        self.slots = range(instance.clock.slots)
        self.runs: list[Run] = []
        self.missed = self.left_out = Fraction(0)
        entries = [each for each in plan.get("services", []) if each["id"] == service.id]
        if len(entries) != 1:
            self.say("replicas", f"{len(entries)} entries")
            return
        self.entry = entries[0]
        self.on = [(0,) * len(self.slots) for _ in service.ways]
        self._ways()
        self.usable = [way.usable(on) for way, on in zip(service.ways, self.on, strict=True)]
        self._counts()
        self.busy: dict[tuple[int, int], Fraction] = defaultdict(Fraction)
        self._demand()
        self._batches([each for each in plan.get("batches", []) if each["service"] == service.id])

    def say(self, rule: str, text: str) -> None:
        """Note a broken rule."""
        self._say(rule, f"service {self.service.id}: {text}")

    def _ways(self) -> None:
        service, instance = self.service, self.instance
        if [each["way"] for each in self.entry["ways"]] != [way.name for way in service.ways]:
            self.say("replicas", "not its ways")
            return
        total = Fraction(0)
        for n, (way, entry) in enumerate(zip(service.ways, self.entry["ways"], strict=True)):
            on = counts_by_slot(instance.clock, entry)
            if on is None or (entry["pool"], get(entry, "variant")) != (way.option.pool.id, way.option.variant):
                self.say("replicas", f"{way.name}: not its pool, variant or slots")
                continue
            self.on[n] = tuple(on)
            runs = list(replica_runs(instance, service, way, self.on[n]))
            self.runs += runs
            carbon = instance.carbon_weight * sum((sum(run.carbon) for run in runs), Fraction(0))
            money = sum((run.money for run in runs), Fraction(0))
            fixed = sum(way.paid_starts(self.on[n])) * way.option.cost
            claims = {
                "cost": (entry["cost"], instance.weight * money + carbon),
                "running": (entry["parts"]["running"], money - fixed),
                "fixed": (entry["parts"]["fixed"], fixed),
                "starts": (entry["starts"], Fraction(sum(way.paid_starts(self.on[n])))),
                "hours": (entry["replica_hours"], sum(on) * instance.clock.hours),
            }
            for what, (shown, exact) in claims.items():
                if not near(shown, exact):
                    self.say("cost", f"{way.name}: {what} is {shown}, must be {exact}")
            total += instance.weight * money + carbon
        self.total = total

    def _counts(self) -> None:
        service = self.service
        for n, (way, on) in enumerate(zip(service.ways, self.on, strict=True)):
            if any(count > (way.limit[t] if way.allowed else 0) for t, count in enumerate(on)):
                self.say("replicas", f"{way.name}: more on than may be")
            if not way.stays(on):
                self.say("replicas", f"{way.name}: off too early")
            if min(self.usable[n]) < way.minimum:
                self.say("replicas", f"{way.name}: too few usable")
        for t in self.slots:
            if service.limit is not None and sum(on[t] for on in self.on) > service.limit[t]:
                self.say("replicas", f"too many on in slot {t}")
            if sum(each[t] for each in self.usable) < service.minimum:
                self.say("replicas", f"too few usable in slot {t}")
        if service.routing == "one-way" and sum(any(on) for on in self.on) > 1:
            self.say("replicas", "several ways")

    def _span(self, entry: dict[str, Any]) -> Iterator[int]:
        """Yield the slots of an entry."""
        clock = self.instance.clock
        low, high = ((instant(entry[key]) - clock.start) / clock.slot for key in ("from", "to"))
        if low.denominator != 1 or high.denominator != 1 or not 0 <= low < high <= clock.slots:
            self.say("serve", f"{entry} is not of whole slots")
            return
        yield from range(int(low), int(high))

    def _demand(self) -> None:
        """Check what is served, in all and without zones, and what is missed."""
        service, seconds = self.service, self.instance.clock.slot
        lacks: dict[tuple[str, int], Fraction] = {}
        for entry in self.entry["missed"]:
            for t in self._span(entry):
                if (entry["class"], t) in lacks or service.missed is None or number(entry["requests_per_second"]) <= 0:
                    self.say("serve", f"missed {entry}")
                lacks[entry["class"], t] = number(entry["requests_per_second"])
        shares: dict[frozenset[Any], dict[tuple[str, int], dict[str, Fraction]]] = defaultdict(dict)
        for entry in self.entry["routing"]:
            for t in self._span(entry):
                failed = {way: int(number(count)) for way, count in get(entry, "failed", {}).items()}
                place = shares[frozenset([*get(entry, "without", []), *failed.items()])]
                if (entry["class"], t) in place or entry["class"] not in service.demand:
                    self.say("serve", f"routing {entry}")
                place[entry["class"], t] = {way: number(share) for way, share in entry["shares"].items()}
        self.busy = self._routed(shares.pop(frozenset(), {}), lacks, service.ways)
        for gone in service.zones:
            self._routed(shares.pop(gone, {}), {}, [way for way in service.ways if way.zone not in gone])
        for failed in service.failures:
            self._routed(shares.pop(frozenset(failed.items()), {}), {}, service.ways, failed)
        if shares:
            self.say("serve", f"routing without {[*shares]}")
        for t in self.slots:
            lacking = sum((amount for (_, at), amount in lacks.items() if at == t), Fraction(0))
            self.missed += Fraction(ceil(lacking * seconds * (service.missed or 0) * MILLION), MILLION)
        if not near(self.entry["missed_cost"], self.missed):
            self.say("cost", f"missed_cost is {self.entry['missed_cost']}, must be {self.missed}")
        if not near(self.entry["cost"], self.total + self.instance.weight * self.missed):
            self.say("cost", f"cost is {self.entry['cost']}, must be {self.total + self.instance.weight * self.missed}")

    def _routed(
        self,
        shares: dict[tuple[str, int], dict[str, Fraction]],
        lacks: dict[tuple[str, int], Fraction],
        ways: list[Way],
        failed: dict[str, int] | None = None,
    ) -> dict[tuple[int, int], Fraction]:
        """Check a routing, and return how long each way is busy in each slot."""
        busy: dict[tuple[int, int], Fraction] = defaultdict(Fraction)
        index = {way.name: n for n, way in enumerate(self.service.ways) if way in ways}
        for name, values in self.service.demand.items():
            for t, asked in enumerate(values):
                own = shares.get((name, t), {})
                if asked * sum(own.values(), Fraction(0)) + lacks.get((name, t), Fraction(0)) != asked or (
                    own and not asked
                ):
                    self.say("serve", f"class {name} in slot {t}: {own} of {asked}")
                if self.service.routing == "whole" and len(own) > 1:
                    self.say("serve", f"class {name} in slot {t} is split")
                for way, share in own.items():
                    rate = self.service.ways[index[way]].rate.get(name) if way in index else None
                    if not rate or share <= 0:
                        self.say("serve", f"class {name} in slot {t} on {way}")
                    else:
                        busy[index[way], t] += asked * share / rate
        for (n, t), time in busy.items():
            left = max(0, self.usable[n][t] - (failed or {}).get(self.service.ways[n].name, 0))
            if time > self.service.ways[n].keep * left:
                self.say("serve", f"{self.service.ways[n].name} in slot {t}: {time} of {self.usable[n][t]}")
        return busy

    def _batches(self, entries: list[dict[str, Any]]) -> None:
        by_id = {each["id"]: each for each in entries}
        for batch in self.service.batches:
            entry = by_id.get(batch.id, {})
            if get(entry, "left_out") is None:
                self._done(batch, get(entry, "done", []))
            elif not batch.optional or get(entry, "done") or not near(entry["value"], batch.value):
                self.say("serve", f"{batch.id} cannot be left out so")
            else:
                self.left_out += batch.value
        for (n, t), time in self.busy.items():
            keep = 1 if self.service.fill else self.service.ways[n].keep
            if time > keep * self.usable[n][t]:
                self.say(
                    "serve", f"{self.service.ways[n].name} with batches in slot {t}: {time} of {self.usable[n][t]}"
                )

    def _done(self, batch: Batch, lines: list[dict[str, Any]]) -> None:
        done: dict[str, Fraction] = defaultdict(Fraction)
        seen = set()
        index = {way.name: n for n, way in enumerate(self.service.ways)}
        for line in lines:
            slots, requests, n = list(self._span(line)), number(line["requests"]), index[line["way"]]
            rate = self.service.ways[n].offline.get(line["class"])
            if not rate or requests <= 0 or not set(slots) <= set(batch.slots):
                self.say("serve", f"{batch.id}: {line}")
                continue
            done[line["class"]] += requests
            for t in slots:
                if (line["class"], n, t) in seen:
                    self.say("serve", f"{batch.id} twice: {line}")
                seen.add((line["class"], n, t))
                self.busy[n, t] += requests / len(slots) / self.instance.clock.slot / rate
        for name in {*done, *batch.amount}:
            if done[name] != batch.amount.get(name, 0):
                self.say("serve", f"{batch.id}: {done[name]} of class {name}")
