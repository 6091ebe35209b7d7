"""Services of a plan: replicas, what they serve, and batches."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from leptonopt.verify.exact import Findings
from leptonopt.verify.instance_reader import NOTHING, StatedInstance
from leptonopt.verify.replicas import Replicas, read_replicas
from leptonopt.verify.serving import ServingChecker, batches_done
from leptonopt.verify.stated_services import StatedBatch, StatedService, stated_batches, stated_services
from leptonopt.verify.task_lines import Run


@dataclass(frozen=True)
class Served:
    """Replicas of all services, money for missed requests by team, values of batches done and left out."""

    replicas: tuple[Replicas, ...]
    missed_of: tuple[tuple[str | None, Fraction], ...]
    earned: Fraction
    forgone: Fraction

    @property
    def missed(self) -> Fraction:
        """Return the money for missed requests of all services."""
        return sum((money for _, money in self.missed_of), NOTHING)

    @property
    def runs(self) -> list[Run]:
        """Return the replicas as runs."""
        return [run for replicas in self.replicas for run in replicas.runs]


def read_services(stated: StatedInstance, plan: Mapping[str, Any], findings: Findings) -> Served:
    """Return what a plan does for services, and check the rules of their own, `replicas` and `serve`."""
    services, batches = stated_services(stated), stated_batches(stated)
    entries = _entries(plan, services, findings)
    for key, there in (("services", services), ("batches", batches)):
        if key in plan and not there:
            findings.say("form", key, "stands in a plan for an instance without them")
    done: dict[str, list[tuple[StatedBatch, Mapping[str, Any]]]] = defaultdict(list)
    earned = forgone = NOTHING
    for batch, entry in batches_done(batches, plan.get("batches") or (), findings):
        if entry is None:
            forgone += batch.value
        else:
            earned += batch.value
            done[batch.service].append((batch, entry))
    found, missed = list[Replicas](), list[tuple[str | None, Fraction]]()
    for id, entry in entries.items():
        replicas = read_replicas(stated, services[id], entry, findings)
        serving = ServingChecker(stated, services[id], replicas, findings)
        paid = serving.demand(entry)
        serving.batches(done[id])
        _check_cost(stated, list(replicas.values()), paid, entry, findings)
        missed.append((services[id].team, paid))
        found += replicas.values()
    return Served(tuple(found), tuple(missed), earned, forgone)


def _entries(
    plan: Mapping[str, Any], services: Mapping[str, StatedService], findings: Findings
) -> dict[str, Mapping[str, Any]]:
    """Return the entry of each service."""
    found: dict[str, Mapping[str, Any]] = {}
    for entry in plan.get("services") or ():
        if entry["id"] in found or entry["id"] not in services:
            findings.say("replicas", f"service {entry['id']!r}", "is not in the instance, or is listed twice")
        else:
            found[entry["id"]] = entry
    for id in services.keys() - found.keys():
        findings.say("replicas", f"service {id!r}", "is missing")
    return found


def _check_cost(
    stated: StatedInstance, ways: list[Replicas], missed: Fraction, entry: Mapping[str, Any], findings: Findings
) -> None:
    money = missed + sum((way.money for way in ways), NOTHING)
    carbon = sum((run.copies * run.carbon_kg for way in ways for run in way.runs), NOTHING)
    cost = stated.weight * money + stated.carbon_weight * carbon
    findings.same("cost", f"service {entry['id']!r}: cost", entry["cost"], cost)
