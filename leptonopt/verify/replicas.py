"""Replicas of a plan: whether they may be on as it says, what they hold, and what they cost."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from leptonopt.verify.exact import Findings
from leptonopt.verify.instance_reader import NOTHING, POWER, StatedInstance
from leptonopt.verify.nodes import on_by_slot, started, started_within
from leptonopt.verify.stated_services import StatedService, StatedWay
from leptonopt.verify.task_lines import Run, priced


@dataclass(frozen=True)
class Replicas:
    """Replicas of a way, on and usable in each slot; as runs, of which each stays on from start to end."""

    service: StatedService
    way: StatedWay
    on: list[int]
    usable: list[int]
    runs: tuple[Run, ...]

    @property
    def money(self) -> Fraction:
        """Return running and fixed cost."""
        return sum((run.copies * run.cost for run in self.runs), NOTHING)


def read_replicas(
    stated: StatedInstance, service: StatedService, entry: Mapping[str, Any], findings: Findings
) -> dict[str, Replicas]:
    """Return the replicas of a service by way, and check what a plan says of them."""
    found, where = dict[str, Replicas](), f"service {service.id!r}"
    names = [line["way"] for line in entry["ways"]]
    if names != list(service.ways):
        findings.say("replicas", where, f"has entries for the ways {names}, not {list(service.ways)}")
    for line in entry["ways"]:
        name = f"{where} way {line['way']!r}"
        if (way := service.ways.get(line["way"])) is None:
            continue
        replicas = _replicas(stated, service, way, on_by_slot(stated, line, name))
        found[line["way"]] = replicas
        _check_counts(stated, replicas, name, findings)
        _check_words(stated, replicas, line, name, findings)
    _check_service(stated, service, list(found.values()), where, findings)
    return found


def _replicas(stated: StatedInstance, service: StatedService, way: StatedWay, on: list[int]) -> Replicas:
    booting = started_within(_started(way, on), way.boot)
    runs = []
    for first, end, count, new in _spells(on, way.running):
        option = way.option if new or way.running is None else replace(way.option, cost=NOTHING)
        runs.append(priced(stated, service.id, (1, count), {}, option, first, end, ()))
    return Replicas(service, way, on, [n - new for n, new in zip(on, booting, strict=True)], tuple(runs))


def _started(way: StatedWay, on: list[int]) -> list[int]:
    """Return the replicas switched on at the beginning of each slot, without those on before them all."""
    return started([on[0] if way.running is None else way.running, *on])[1:]


def _spells(on: Sequence[int], running: int | None) -> Iterator[tuple[int, int, int, bool]]:
    """Yield slots [first, end), how many replicas are on in just these, and whether they start there.

    The last that is switched on is the first that is switched off: costs are those of any other order.
    """
    stack: list[tuple[int, int, bool]] = [(0, on[0] if running is None else min(running, on[0]), False)]
    height = stack[0][1]
    for slot, count in enumerate([*on, 0]):
        if count > height:
            stack.append((slot, count - height, True))
        while count < height:
            first, there, new = stack.pop()
            gone = min(there, height - count)
            height -= gone
            yield first, slot, gone, new
            if there > gone:
                stack.append((first, there - gone, new))
        height = count


def _check_counts(stated: StatedInstance, replicas: Replicas, name: str, findings: Findings) -> None:
    """Report counts that the way does not allow."""
    way, young = replicas.way, started_within(_started(replicas.way, replicas.on), replicas.way.stay)
    for slot, (on, usable, new) in enumerate(zip(replicas.on, replicas.usable, young, strict=True)):
        at = f"{name} at {stated.shown(slot)}"
        if on > way.limit[slot]:
            findings.say("replicas", at, f"{on} are on, at most {way.limit[slot]} may be", on - way.limit[slot])
        if new > on:
            findings.say("replicas", at, "are switched off before their minimum time on", new - on)
        if usable < way.minimum:
            findings.say("replicas", at, f"{usable} are usable, at least {way.minimum} must be", way.minimum - usable)


def _check_service(
    stated: StatedInstance, service: StatedService, ways: Sequence[Replicas], where: str, findings: Findings
) -> None:
    """Report counts over all ways that the service does not allow."""
    for slot in range(stated.slots):
        on, usable = sum(way.on[slot] for way in ways), sum(way.usable[slot] for way in ways)
        at = f"{where} at {stated.shown(slot)}"
        if service.limit is not None and on > service.limit[slot]:
            findings.say("replicas", at, f"{on} are on, at most {service.limit[slot]} may be", on - service.limit[slot])
        if usable < service.minimum:
            text = f"{usable} are usable, at least {service.minimum} must be"
            findings.say("replicas", at, text, service.minimum - usable)
    if service.routing == "one-way" and sum(any(way.on) for way in ways) > 1:
        findings.say("replicas", where, "has replicas of several ways; with one-way routing one may be on")


def _check_words(
    stated: StatedInstance, replicas: Replicas, line: Mapping[str, Any], name: str, findings: Findings
) -> None:
    """Compare what an entry says with what follows from the counts."""
    option, runs, same = replicas.way.option, replicas.runs, findings.same
    if (line["pool"], line.get("variant")) != (option.pool, option.variant):
        text = (
            f"is on pool {line['pool']!r} with variant {line.get('variant')!r}, not {option.pool!r}, {option.variant!r}"
        )
        findings.say("replicas", name, text)
    before = replicas.on[0] if replicas.way.running is None else 0
    same("bill", f"{name}: starts", line["starts"], before + sum(_started(replicas.way, replicas.on)))
    same("bill", f"{name}: replica_hours", line["replica_hours"], sum(replicas.on) * stated.hours)
    fixed, kwh, carbon_kg = (
        sum((run.copies * getattr(run, part) for run in runs), NOTHING) for part in ("fixed", "kwh", "carbon_kg")
    )
    carbon, parts = stated.carbon_weight * carbon_kg, line["parts"]
    same("cost", f"{name}: parts.running", parts["running"], replicas.money - fixed)
    same("cost", f"{name}: parts.fixed", parts["fixed"], fixed)
    same("cost", f"{name}: cost", line["cost"], stated.weight * replicas.money + carbon)
    if stated.carbon_weight or "carbon" in parts:
        same("cost", f"{name}: parts.carbon", parts.get("carbon"), carbon)
    counted = POWER in stated.resources[option.pool]
    for key, true in (("energy_kwh", kwh), ("carbon_kg", carbon_kg)):
        same("cost", f"{name}: {key}", line.get(key), true if counted else None)
