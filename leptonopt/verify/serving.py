"""Requests of a plan: which replicas serve them, which are missed, and when batches are done."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction
from itertools import combinations_with_replacement
from math import ceil
from typing import Any

from leptonopt.verify.exact import Findings, Malformed, fraction, shown
from leptonopt.verify.instance_reader import NOTHING, StatedInstance
from leptonopt.verify.replicas import Replicas
from leptonopt.verify.stated_services import StatedBatch, StatedService

MILLION = 10**6
Shares = Mapping[str, Fraction]  # by way
ByClassAndSlot = dict[tuple[str, int], Any]
Loss = tuple[frozenset[str], tuple[tuple[str, int], ...]]  # zones that are gone, and replicas by way
NO_LOSS: Loss = (frozenset(), ())


class ServingChecker:
    """The check of what the usable replicas of a service do; `busy` is their time in use, by way and slot."""

    def __init__(
        self, stated: StatedInstance, service: StatedService, replicas: Mapping[str, Replicas], findings: Findings
    ) -> None:
        self.stated, self.service, self.replicas, self.findings = stated, service, replicas, findings
        self.where = f"service {service.id!r}"
        self.busy: dict[tuple[str, int], Fraction] = defaultdict(Fraction)

    def _say(self, where: str, slot: int, text: str, amount: Fraction | int | None = None) -> None:
        self.findings.say("serve", f"{where} at {self.stated.shown(slot)}", text, amount)

    # --- the demand ---

    def demand(self, entry: Mapping[str, Any]) -> Fraction:
        """Check routing and missed requests; return what the missed ones cost."""
        routing: dict[Loss, ByClassAndSlot] = {loss: {} for loss in self._losses()}
        for line in entry["routing"]:
            loss = frozenset(line.get("without", ())), _sorted(line.get("failed", {}))
            if loss not in routing:
                text = f"has a routing without {_named(loss)}, which it does not need"
                self.findings.say("serve", self.where, text)
                continue
            shares = {way: fraction(share, "shares") for way, share in line["shares"].items()}
            self._fill(routing[loss], line, shares)
        missed: ByClassAndSlot = {}
        for line in entry["missed"]:
            self._fill(missed, line, fraction(line["requests_per_second"], "requests_per_second"))
        for (name, slot), amount in missed.items():
            if self.service.missed is None or amount <= 0:
                self._say(f"{self.where} class {name!r}", slot, f"{shown(amount)} requests per second are missed")
        for loss, shares_of in routing.items():
            self._routed(loss, shares_of, missed if loss == NO_LOSS else {})
        return self._paid(entry, missed)

    def _losses(self) -> Iterator[Loss]:
        """Yield what may be gone at once: nothing, zones, replicas by way."""
        yield NO_LOSS
        yield from ((gone, ()) for gone in self.service.left)
        for failed in combinations_with_replacement(self.service.ways, self.service.spare):
            if failed:
                yield NO_LOSS[0], _sorted({way: failed.count(way) for way in failed})

    def _fill(self, table: ByClassAndSlot, line: Mapping[str, Any], value: Any) -> None:
        """Write the value of a line into its slots, each of which may have one."""
        for slot in self._slots(line):
            key = line["class"], slot
            if line["class"] not in self.service.demand or key in table:
                self._say(f"{self.where} class {line['class']!r}", slot, "is no class of it, or is listed twice")
            table[key] = value

    def _slots(self, line: Mapping[str, Any]) -> range:
        slot = self.stated.slot
        low, high = self.stated.second(line["from"]), self.stated.second(line["to"])
        if low % slot or high % slot or not 0 <= low < high <= self.stated.horizon:
            raise Malformed(f"{self.where}: {line['from']} to {line['to']} are no slots of the horizon")
        return range(low // slot, high // slot)

    def _routed(self, loss: Loss, shares_of: ByClassAndSlot, missed: ByClassAndSlot) -> None:
        """Check a routing: that of all ways, or of what is left when zones or replicas are gone."""
        gone, failed = loss[0], dict(loss[1])
        where = self.where if loss == NO_LOSS else f"{self.where} without {_named(loss)}"
        ways = self.service.left[gone] if gone else list(self.service.ways)
        used: dict[tuple[str, int], Fraction] = defaultdict(Fraction)
        for name, demand in self.service.demand.items():
            for slot, asked in enumerate(demand):
                self.findings.look()
                shares: Shares = shares_of.get((name, slot), {})
                self._class(f"{where} class {name!r}", slot, asked, shares, missed.get((name, slot), NOTHING))
                for way, share in shares.items():
                    rate = self.service.ways[way].rates.get(name) if way in ways else None
                    if rate is None or share <= 0:
                        text = f"{shown(share)} of it on {way!r}, which cannot serve it"
                        self._say(f"{where} class {name!r}", slot, text)
                    else:
                        used[way, slot] += asked * share / rate
        for (way, slot), busy in used.items():
            self._within(f"{where} way {way!r}", slot, busy, self._planned(way, slot, failed.get(way, 0)))
        if loss == NO_LOSS:
            self.busy = used

    def _class(self, where: str, slot: int, asked: Fraction, shares: Shares, missed: Fraction) -> None:
        """Check that what is served and what is missed of a class are all there is."""
        if not asked:
            if shares or missed:
                self._say(where, slot, "has no demand, yet is routed or missed")
        elif (left := asked * (1 - sum(shares.values(), NOTHING)) - missed) != 0:
            self._say(where, slot, f"{shown(left)} requests per second are neither served nor missed", left)
        if self.service.routing == "whole" and len(shares) > 1:
            self._say(where, slot, f"is served by {len(shares)} ways; with whole routing by one")

    def _usable(self, way: str, slot: int) -> int:
        return self.replicas[way].usable[slot] if way in self.replicas else 0

    def _planned(self, way: str, slot: int, failed: int = 0) -> Fraction:
        return self.service.ways[way].planned * max(0, self._usable(way, slot) - failed)

    def _within(self, where: str, slot: int, busy: Fraction, there: Fraction | int) -> None:
        if busy > there:
            self._say(where, slot, f"{shown(busy)} replicas are needed, {shown(there)} there", busy - there)

    def _paid(self, entry: Mapping[str, Any], missed: ByClassAndSlot) -> Fraction:
        """Return the cost of missed requests, each slot rounded up to a millionth."""
        by_slot: dict[int, Fraction] = defaultdict(Fraction)
        for (_, slot), amount in missed.items():
            by_slot[slot] += amount * self.stated.slot * (self.service.missed or NOTHING)
        paid = sum((Fraction(ceil(cost * MILLION), MILLION) for cost in by_slot.values()), NOTHING)
        self.findings.same("cost", f"{self.where}: missed_cost", entry["missed_cost"], paid)
        return paid

    # --- batches ---

    def batches(self, batches: Iterable[tuple[StatedBatch, Mapping[str, Any]]]) -> None:
        """Check the batches of the service that are done, in what the demand leaves of usable replicas."""
        for batch, entry in batches:
            done: dict[str, Fraction] = defaultdict(Fraction)
            seen: set[tuple[str, str, int]] = set()
            for line in entry.get("done") or ():
                requests = fraction(line["requests"], "requests")
                done[line["class"]] += requests
                self._batch_line(batch, line, requests, seen)
            for name in batch.amount.keys() | done.keys():
                if done[name] != (asked := batch.amount.get(name, NOTHING)):
                    text = f"{shown(done[name])} requests of class {name!r} are done, {shown(asked)} must be"
                    self.findings.say("serve", f"batch {batch.id!r}", text, done[name] - asked)
        for (way, slot), busy in self.busy.items():
            there = self._usable(way, slot) if self.service.fill else self._planned(way, slot)
            self._within(f"{self.where} way {way!r} with batches", slot, busy, there)

    def _batch_line(
        self, batch: StatedBatch, line: Mapping[str, Any], requests: Fraction, seen: set[tuple[str, str, int]]
    ) -> None:
        where, way, slots = f"batch {batch.id!r} way {line['way']!r}", line["way"], self._slots(line)
        rate = self.service.ways[way].offline.get(line["class"]) if way in self.service.ways else None
        if rate is None or requests <= 0:
            self._say(where, slots[0], f"{shown(requests)} requests of class {line['class']!r}, which it cannot do")
            return
        for slot in slots:
            if not batch.first <= slot < batch.end:
                self._say(where, slot, "requests are done outside its window")
            if (key := (line["class"], way, slot)) in seen:
                self._say(where, slot, f"class {line['class']!r} is listed twice")
            seen.add(key)
            self.busy[way, slot] += requests / (len(slots) * self.stated.slot * rate)


def _sorted(failed: Mapping[str, int]) -> tuple[tuple[str, int], ...]:
    return tuple(sorted((way, int(count)) for way, count in failed.items()))


def _named(loss: Loss) -> str:
    """Return what is gone, for messages."""
    return ", ".join([*sorted(loss[0]), *(f"{count} of {way!r}" for way, count in loss[1])]) or "nothing"


def batches_done(
    batches: Mapping[str, StatedBatch], entries: Iterable[Mapping[str, Any]], findings: Findings
) -> Iterator[tuple[StatedBatch, Mapping[str, Any] | None]]:
    """Yield every batch with its entry, None where it is left out."""
    listed: dict[str, Mapping[str, Any]] = {}
    for entry in entries:
        if entry["id"] in listed or entry["id"] not in batches:
            findings.say("serve", f"batch {entry['id']!r}", "is not in the instance, or is listed twice")
            continue
        listed[entry["id"]] = entry
    for id, batch in batches.items():
        name = f"batch {id!r}"
        entry = listed.get(id, {})
        if entry.get("service") != batch.service:
            findings.say("serve", name, f"is missing, or not of the service {batch.service!r}")
        left_out = bool(entry.get("left_out"))
        if left_out and (not batch.optional or entry.get("done")):
            findings.say("serve", name, "is left out, but is not optional, or is done as well")
        findings.same("cost", f"{name}: value", entry.get("value"), batch.value if left_out else None)
        yield batch, None if left_out else entry
