"""Bill, utilisation and figures of a plan: whether they follow from its tasks and nodes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from fractions import Fraction
from itertools import accumulate
from typing import Any

from leptonopt.verify.exact import Findings, exact
from leptonopt.verify.instance_reader import NOTHING, StatedInstance
from leptonopt.verify.meters import Metered
from leptonopt.verify.nodes import Rented
from leptonopt.verify.quotas import User
from leptonopt.verify.services import Served
from leptonopt.verify.setups import resource_in_file
from leptonopt.verify.task_lines import Run

Load = tuple[list[int], list[Fraction]]
APART = "apart:"  # how names begin that stand for tasks kept apart by node
TEAM = ("tasks", "own", "charged", "metered")


def loads(runs: Sequence[Run]) -> dict[tuple[str, str], Load]:
    """Per pool and resource: the slots where the load changes, and the load from there on."""
    change: dict[tuple[str, str], dict[int, Fraction]] = defaultdict(lambda: defaultdict(Fraction))
    for run in runs:
        for resource, count in run.way.uses.items():
            change[run.way.pool, resource][run.start] += run.copies * count
            change[run.way.pool, resource][run.end] -= run.copies * count
    return {
        key: (slots := sorted(steps), list(accumulate(steps[slot] for slot in slots))) for key, steps in change.items()
    }


def total(runs: Sequence[Run], nodes: Sequence[Rented]) -> Fraction:
    """All that the plan makes one pay."""
    return sum((run.copies * run.cost for run in runs), NOTHING) + sum((sum(rented.money) for rented in nodes), NOTHING)


def carbon(runs: Sequence[Run], nodes: Sequence[Rented]) -> Fraction:
    """Kilograms of CO2."""
    tasks = sum((run.copies * run.carbon_kg for run in runs), NOTHING)
    return tasks + sum((sum(rented.carbon_kg) for rented in nodes), NOTHING)


class BillChecker:
    """The sums of a plan, by pool."""

    def __init__(
        self,
        stated: StatedInstance,
        runs: Sequence[Run],
        served: Served,
        nodes: Sequence[Rented],
        metered: Metered,
        findings: Findings,
    ) -> None:
        self.stated, self.runs, self.served, self.rented, self.findings = stated, runs, served, nodes, findings
        self.metered = metered
        self.held = [*runs, *served.runs]
        self.hours: dict[tuple[str, str], Fraction] = defaultdict(Fraction)
        self.money: dict[tuple[str, str], Fraction] = defaultdict(Fraction)
        self.by_pool: dict[str, dict[str, Fraction]] = {pool: defaultdict(Fraction) for pool in stated.pools}
        for run in runs:
            self.by_pool[run.way.pool]["tasks"] += run.copies * run.first
        for run in self.held:
            findings.look()
            pool = self.by_pool[run.way.pool]
            pool["running"] += run.copies * sum(run.running.values(), NOTHING)
            pool["fixed"] += run.copies * run.fixed
            pool["energy_kwh"] += run.copies * run.kwh
            pool["carbon_kg"] += run.copies * run.carbon_kg
            for resource, cost in run.running.items():
                held = run.copies * run.way.uses[resource]
                self.money[run.way.pool, resource] += run.copies * cost
                self.hours[run.way.pool, resource] += held * (run.end - run.start) * stated.hours
        for rented in nodes:
            pool = self.by_pool[rented.kind.pool]
            pool["nodes"] += sum(rented.money, NOTHING)
            pool["energy_kwh"] += sum(rented.kwh, NOTHING)
            pool["carbon_kg"] += sum(rented.carbon_kg, NOTHING)
        for name, pool in self.by_pool.items():
            pool["total"] = pool["running"] + pool["fixed"] + pool["nodes"]
            pool["sunk"] = exact(stated.pools[name].get("sunk") or 0) * Fraction(stated.horizon, 3600)

    def check(self, plan: Mapping[str, Any], forgone: Fraction) -> None:
        """Bill, utilisation and figures."""
        bill = plan.get("bill")
        if not isinstance(bill, Mapping):
            self.findings.say("bill", "bill", "is missing")
            return
        sums = {
            key: sum((pool[key] for pool in self.by_pool.values()), NOTHING)
            for key in ("running", "fixed", "nodes", "sunk", "energy_kwh", "carbon_kg")
        }
        sums |= {"late": sum((run.copies * run.late for run in self.runs), NOTHING), "forgone": forgone}
        early = sum((run.copies * run.early for run in self.runs), NOTHING)
        if any(task.get("early_cost") is not None for task in self.stated.tasks.values()):
            sums["early"] = early
        elif "early" in bill:
            self.findings.say("bill", "bill.early", "is given for an instance without costs of early ends")
        if self.stated.document.get("services"):
            sums["missed"] = self.served.missed
        elif "missed" in bill:
            self.findings.say("bill", "bill.missed", "is given for an instance without services")
        if self.stated.metered:
            sums["metered"] = self.metered.total
        elif "metered" in bill:
            self.findings.say("bill", "bill.metered", "is given for an instance without meters or savings plans")
        sums["total"] = sums["running"] + sums["fixed"] + sums["nodes"] + sums["late"] + early
        sums["total"] += self.served.missed + self.metered.total
        sums["whole"] = sums["total"] + sums["sunk"]
        for key, true in sums.items():
            self.findings.same("bill", f"bill.{key}", bill.get(key), true)
        self._pools(bill)
        self._teams(bill, sums["nodes"])
        self._figures(plan.get("figures") or {}, sums["whole"], self._utilisation(plan))

    def _pools(self, bill: Mapping[str, Any]) -> None:
        entries: dict[str, Mapping[str, Any]] = {}
        for entry in bill["pools"]:
            if entry["pool"] in entries:
                self.findings.say("bill", f"bill of pool {entry['pool']!r}", "is listed twice")
            entries[entry["pool"]] = entry
        for pool, sums in self.by_pool.items():
            entry, name = entries.pop(pool, {}), f"bill of pool {pool!r}"
            for key in ("running", "fixed", "nodes", "total", "sunk", "energy_kwh", "carbon_kg", "tasks"):
                self.findings.same("bill", f"{name}: {key}", entry.get(key), sums[key])
            parts = self._by(("resource",), entry.get("resources") or (), name)
            for resource in self.stated.resources[pool]:
                part, at = parts.pop((resource,), {}), (pool, resource)
                self.findings.same("bill", f"{name}: {resource} cost", part.get("cost"), self.money[at])
                self.findings.same("bill", f"{name}: {resource} unit_hours", part.get("unit_hours"), self.hours[at])
            for other in parts:
                self.findings.say("bill", f"{name}: {other[0]!r}", "is no resource of the pool")
        for pool in entries:
            self.findings.say("bill", f"bill of pool {pool!r}", "is no pool of the instance")

    def _teams(self, bill: Mapping[str, Any], nodes: Fraction) -> None:
        """Check what each team pays, and what is left of the cost of nodes and meters."""
        tasks, sums = self.stated.tasks, defaultdict[Any, dict[str, Fraction]](lambda: dict.fromkeys(TEAM, NOTHING))
        meters = self.stated.metered
        for run in self.runs:
            team = sums[tasks[run.id].get("team")]
            team["tasks"] += run.copies * run.first
            team["own"] += run.copies * run.cost
            team["charged"] += run.copies * run.charged
            team["metered"] += run.copies * self.metered.share(User(run).payer)
        for name, missed in self.served.missed_of:
            sums[name]["own"] += missed
        for each in self.served.replicas:
            team = sums[each.service.team]
            team["own"] += each.money
            team["charged"] += sum((run.copies * run.charged for run in each.runs), NOTHING)
        for name, team in sums.items():
            team["metered"] += self.metered.share(("team", name))
        given = any(task.get("team") is not None for task in tasks.values())
        lines = self._by(("team",), bill.get("teams") or (), "bill.teams")
        for name, team in sums.items() if given else ():
            line = lines.pop((name,), {})
            said = {**team, "total": team["own"] + team["charged"] + team["metered"]}
            for key, true in (said if meters else {**said, "metered": None}).items():
                self.findings.same("bill", f"bill of team {name!r}: {key}", line.get(key), true)
        for (name,) in lines:
            self.findings.say("bill", f"bill of team {name!r}", "is no team with a task that runs, or with a service")
        left = nodes + self.metered.total
        left -= sum((team["charged"] + team["metered"] for team in sums.values()), NOTHING)
        self.findings.same("bill", "bill.uncharged", bill.get("uncharged"), left if given else None)

    def _offered(self, pool: str, resource: str) -> Fraction | None:
        """Unit-hours on offer over the horizon; None where nothing limits them."""
        kinds = [rented.kind for rented in self.rented if rented.kind.pool == pool and resource in rented.kind.size]
        if (pool, resource) in self.stated.of_nodes():
            return sum((kind.size[resource] * sum(kind.count) for kind in kinds), NOTHING) * self.stated.hours
        offered = NOTHING
        for least in self.stated.least(pool, resource):
            if least is None:
                return None
            offered += least
        return offered * self.stated.hours

    def _utilisation(self, plan: Mapping[str, Any]) -> list[Fraction]:
        lines = self._by(("pool", "resource"), plan["utilisation"], "utilisation")
        changes, shares = loads(self.held), dict[tuple[str, str], Fraction]()
        for pool, resources in self.stated.resources.items():
            for resource in resources:
                used, offered = self.hours[pool, resource], self._offered(pool, resource)
                share = used / offered if offered else None
                if share is not None and not resource.startswith(APART):
                    named = pool, resource_in_file(self.stated.document, self.stated.pools[pool], resource)
                    shares[named] = shares.get(named, NOTHING) + share
                line, name = lines.pop((pool, resource), {}), f"utilisation of {pool!r} {resource}"
                for key, true in (
                    ("used_hours", used),
                    ("capacity_hours", offered),
                    ("utilisation", share),
                    ("peak", max(changes.get((pool, resource), ([], [NOTHING]))[1])),
                ):
                    self.findings.same("bill", f"{name}: {key}", line.get(key), true)
        for pool, resource in lines:
            self.findings.say("bill", f"utilisation of {pool!r} {resource}", "is no resource of the instance")
        return list(shares.values())

    def _by(self, keys: Sequence[str], lines: Sequence[Mapping[str, Any]], where: str) -> dict[tuple[Any, ...], Any]:
        """Lines by what they are of; each may stand once."""
        found = {tuple(line[key] for key in keys): line for line in lines}
        if len(found) < len(lines):
            self.findings.say("bill", where, "has a line twice")
        return found

    def _figures(self, figures: Mapping[str, Any], whole: Fraction, shares: Sequence[Fraction]) -> None:
        tasks = self.stated.tasks
        profit = sum((run.copies * exact(tasks[run.id].get("value") or 0) for run in self.runs if run.first), NOTHING)
        profit += self.served.earned
        resources = len({
            (pool, resource_in_file(self.stated.document, self.stated.pools[pool], each))
            for pool, names in self.stated.resources.items() for each in names if not each.startswith(APART)
        })  # fmt: skip
        task_hours = sum((run.copies * (run.end - run.start) for run in self.runs), 0) * self.stated.hours
        for key, true in (
            ("utilisation", sum(shares, NOTHING) / len(shares) if shares else None),
            ("hours_per_resource", task_hours / resources),
            ("total_cost", whole),
            ("total_profit", profit),
            ("cost_profit_ratio", whole / profit if profit else None),
            ("net_benefit", profit - whole),
        ):
            self.findings.same("bill", f"figures.{key}", figures.get(key), true)
