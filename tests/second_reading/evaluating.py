"""Judge a plan file from the two documents alone: what rules it breaks, and what it costs exactly."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from typing import Any

from .documents import get, instant, number
from .evaluating_services import ServiceEvaluation, counts_by_slot, near
from .reading import Instance, Kind, Option, Pool, Run, Task, Unit
from .savings import Filling, Rate, SavingsPlan

Key = tuple[str, int, int]
"""A copy of a task, and the number of its segment; 0 where it is whole."""


@dataclass
class NodeBill:
    """What a unit of nodes draws and costs, by slot; commitments are spread evenly."""

    rent: list[Fraction]
    startup: list[Fraction]
    shutdown: list[Fraction]
    commit: list[Fraction]
    idle: list[Fraction]
    energy: list[Fraction]
    carbon: list[Fraction]
    node_hours: list[Fraction]

    def money(self, slots: list[int]) -> Fraction:
        """Return the money of some slots."""
        parts = (self.rent, self.startup, self.shutdown, self.commit, self.idle)
        return sum((part[slot] for part in parts for slot in slots), Fraction(0))

    def counted(self, what: str, slots: list[int]) -> Fraction:
        """Return what counts for a quota of money, energy, carbon or node-hours in some slots."""
        if what == "money":
            return self.money(slots)
        return sum((getattr(self, what)[slot] for slot in slots), Fraction(0))


def bill_of(instance: Instance, pool: Pool, unit: Unit, on: list[int], committed: int) -> NodeBill:
    """Return what a unit costs with so many nodes on in each slot."""
    clock, kind = instance.clock, unit.kind
    slots, hours = range(clock.slots), clock.hours
    around = [unit.before, *on, 0]
    stops = [max(0, around[t + 1] - around[t + 2]) for t in slots]
    stops[0] += max(0, unit.before - on[0])
    demanded = [max(0, on[t] - committed - unit.reserved) for t in slots]
    rent = [demanded[t] * hours * (kind.price[t] if kind.price else 0) for t in slots]
    energy = [on[t] * kind.power * hours for t in slots]
    tariff = pool.price.get("power", [Fraction(0)] * clock.slots)
    share = committed * (kind.commit_total or Fraction(0)) / clock.slots
    return NodeBill(
        [Fraction(each) for each in rent],
        [max(0, around[t + 1] - around[t]) * kind.startup for t in slots],
        [each * kind.shutdown for each in stops],
        [share] * clock.slots,
        [energy[t] * tariff[t] for t in slots],
        energy,
        [energy[t] * pool.carbon[t] for t in slots],
        [on[t] * hours for t in slots],
    )


def usable(kind: Kind, on: list[int], running: int) -> list[int]:
    """Return by slot how many nodes are on and have booted."""
    before = [running, *on]
    started = [max(0, now - was) for was, now in zip(before, on, strict=False)]
    return [on[t] - sum(started[max(0, t - kind.boot + 1) : t + 1]) for t in range(len(on))]


def stays_on(kind: Kind, on: list[int], running: int) -> bool:
    """Tell whether what is switched on stays on for its minimum."""
    before = [running, *on]
    started = [max(0, now - was) for was, now in zip(before, on, strict=False)]
    recent = [sum(started[max(0, t - kind.minimum + 1) : t + 1]) for t in range(len(on))]
    return all(n >= max(new, held) for n, new, held in zip(on, recent, kind.held, strict=True))


def stays_off(kind: Kind, on: list[int], running: int) -> bool:
    """Tell whether what is switched off stays off for its time."""
    before = [running, *on]
    gone = [max(0, was - now) for was, now in zip(before, on, strict=False)]
    recent = [sum(gone[max(0, t - kind.off + 1) : t + 1]) for t in range(len(on))]
    return kind.off == 0 or all(n + off <= max(running, *kind.count) for n, off in zip(on, recent, strict=True))


def _merged(units: list[Unit | None]) -> Unit | None:
    """Return nodes that are alike as one unit, of which only the number counts; None where they are not."""
    there = [unit for unit in units if unit is not None]
    if not there or len(there) < len(units):
        return None
    first = there[0]
    if any(
        (each.count, each.reserved, each.commit_max, each.before)
        != (first.count, first.reserved, first.commit_max, first.before)
        for each in there
    ):
        return None
    n = len(there)
    count = [n * at for at in first.count]
    return Unit(first.kind, first.number, count, n * first.reserved, n * first.commit_max, n * first.before)


class Evaluation:
    """What was found of a plan: `broken` lists the rules that it breaks, `cost` is its exact objective."""

    def __init__(self, instance: Instance, plan: dict[str, Any]):
        self.instance, self.plan = instance, plan
        self.broken: list[str] = []
        self.runs: dict[Key, Run] = {}
        self.left: set[tuple[str, int]] = set()
        self.on_nodes: dict[Key, list[str]] = {}
        self.units: list[tuple[Pool, Unit, list[int], int, NodeBill]] = []
        self._tasks()
        self._left_out()
        self._once()
        self.served = [ServiceEvaluation(self.instance, service, plan, self.say) for service in instance.services]
        self._replicas()
        self._nodes()
        self._capacity()
        self._supply()
        self._precedence()
        self._affinity()
        self._quotas()
        self.cost = self._cost()

    def say(self, rule: str, text: str) -> None:
        """Note a broken rule."""
        self.broken.append(f"{rule}: {text}")

    def _copies(self, task: Task, entry: dict[str, Any]) -> list[tuple[str, int]]:
        """Return the copies that an entry names: `copies` of them, counted from `copy`."""
        first, many = get(entry, "copy"), get(entry, "copies")
        at, count = int(first or 1), int(many or 1)
        if (first is None) != (task.copies == 1) or (many is not None and count < 2):
            self.say("once", f"{task.id}: copy {first}, copies {many}")
        if count < 1 or not 1 <= at <= at + count - 1 <= task.copies:
            self.say("once", f"{task.id}: no copies {at} to {at + count - 1}")
            return []
        return [(task.id, copy) for copy in range(at, at + count)]

    def passed_cost(self, run: Run) -> Fraction:
        """Return what it costs to move what a run takes from others."""
        return self.instance.passed_cost(run, list(self.runs.values()))

    def _tasks(self) -> None:
        read = []
        for entry in self.plan["tasks"]:
            task = self.instance.tasks.get(entry["id"])
            if task is None:
                self.say("once", f"no task {entry['id']}")
                continue
            number = int(get(entry, "segment", 0))
            keys = [(id, copy, number) for id, copy in self._copies(task, entry)]
            run = self._run(task, entry)
            if run is None or (len(keys) > 1 and task.cut):
                self.say("option", f"{keys} cannot run so")
                continue
            for key in keys:
                if key in self.runs:
                    self.say("once", f"{key} twice")
                self.runs[key] = run
                self.on_nodes[key] = get(entry, "nodes", [])
            read.append((keys, run, entry))
        for keys, run, entry in read:
            self._task_numbers(keys, run, entry)

    def _run(self, task: Task, entry: dict[str, Any]) -> Run | None:
        clock = self.instance.clock
        start = (instant(entry["start"]) - clock.start) / clock.slot
        if start.denominator != 1:
            return None
        found = []
        for option in task.options:
            if (option.name, option.pool.id, option.variant) != (entry["option"], entry["pool"], get(entry, "variant")):
                continue
            uses = {what: amount for what, amount in option.uses.items() if amount}
            shown = {what: amount for what, amount in entry["uses"].items() if number(amount)}
            if uses.keys() != shown.keys() or not all(near(shown[what], amount) for what, amount in uses.items()):
                continue
            run = self._in_option(task, option, int(start), entry)
            if run and clock.begin(run.end) == instant(entry["end"]) and near(entry["quality"], option.quality):
                found.append(run)
        fitting = [run for run in found if near(entry["parts"]["fixed"], run.option.cost)]
        return (fitting or found or [None])[0]

    def _in_option(self, task: Task, option: Option, start: int, entry: dict[str, Any]) -> Run | None:
        """Return what an entry does in an option; None where it may not run so."""
        if not task.cut:
            return None if "segment" in entry or "work" in entry else self.instance.run(task, option, start)
        end = (instant(entry["end"]) - self.instance.clock.start) / self.instance.clock.slot
        if end.denominator != 1 or not 0 <= start < end <= self.instance.clock.slots:
            return None
        number, copy = int(entry["segment"]), get(entry, "copy")
        same = [each for each in self.plan["tasks"] if each["id"] == task.id and get(each, "copy") == copy]
        last = all(int(each["segment"]) <= number for each in same)
        run = self.instance.segment(task, option, start, int(end), number, last)
        return run if run and near(entry["work"], run.share) else None

    def _task_numbers(self, keys: list[Key], run: Run, entry: dict[str, Any]) -> None:
        running, carbon = sum(run.running, Fraction(0)), sum(run.carbon, Fraction(0))
        parts, passed = entry["parts"], self.passed_cost(run)
        claims = [
            ("running", parts["running"], running),
            ("fixed", parts["fixed"], run.option.cost + passed),
            ("late", parts["late"], run.late),
            ("late_hours", get(entry, "late_hours", 0), run.late_hours),
        ]
        if "early" in parts:
            claims.append(("early", parts["early"], run.early))
        if run.option.pool.counts_power:
            claims.append(("energy_kwh", entry["energy_kwh"], sum(run.energy, Fraction(0))))
            claims.append(("carbon_kg", entry["carbon_kg"], carbon))
        if ("charged" in entry) != bool(run.option.pool.charges(self.instance.clock)):
            self.say("cost", f"{keys}: charged where there is no charge, or not where there is")
        elif "charged" in entry:
            claims.append(("charged", entry["charged"], self._charged(run)))
        if "carbon" in parts:
            claims.append(("carbon", parts["carbon"], self.instance.carbon_weight * carbon))
        weighed = self.instance.weight * (run.money + passed) + self.instance.carbon_weight * carbon
        claims.append(("cost", entry["cost"], weighed))
        for name, shown, exact in claims:
            if not near(shown, exact):
                self.say("cost", f"{keys}: {name} is {shown}, must be {exact}")

    def _left_out(self) -> None:
        for entry in self.plan["left_out"]:
            task = self.instance.tasks.get(entry["id"])
            keys = self._copies(task, entry) if task else []
            if task is None or not task.optional or self.left.intersection(keys):
                self.say("once", f"{entry['id']} {keys} cannot be left out")
                continue
            self.left.update(keys)
            if not near(entry["value"], task.value):
                self.say("cost", f"{keys}: value is {entry['value']}, must be {task.value}")

    def _once(self) -> None:
        for task in self.instance.tasks.values():
            for copy in range(1, task.copies + 1):
                own = self._of_copy(task.id, copy)
                if bool(own) + ((task.id, copy) in self.left) != 1:
                    self.say("once", f"copy {copy} of {task.id}")
                numbered = [run.segment for run in own] == list(range(1, len(own) + 1))
                if task.cut and own and not (numbered and self.instance.whole(task, own)):
                    self.say("segments", f"copy {copy} of {task.id}")

    def _of_copy(self, name: str, copy: int) -> list[Run]:
        """Return the runs of a copy, its segments in order."""
        return [run for _, run in sorted(self.runs.items(), key=lambda each: each[0]) if _[:2] == (name, copy)]

    def _replicas(self) -> None:
        """Add replicas to what runs."""
        for served in self.served:
            for n, run in enumerate(served.runs):
                self.runs[run.task.id, n, 0] = run
                self.on_nodes[run.task.id, n, 0] = []
        for key in ("services", "batches"):
            named = sorted(each["id"] for each in self.plan.get(key, []))
            batches = [batch.id for service in self.instance.services for batch in service.batches]
            stated = [service.id for service in self.instance.services] if key == "services" else batches
            if named != sorted(stated) or (key in self.plan) != bool(stated):
                self.say("form", f"{key}: {named}, must be {stated}")

    def _nodes(self) -> None:
        entries = list(self.plan["nodes"])
        for pool in self.instance.pools.values():
            units = {(unit.kind.id, unit.number): unit for unit in pool.units()}
            for entry in [each for each in entries if each["pool"] == pool.id]:
                entries.remove(entry)
                node = int(get(entry, "node", 0))
                numbers = range(node, int(get(entry, "last", node)) + 1)
                mine = [units.pop((entry["kind"], number), None) for number in numbers]
                unit = _merged(mine)
                if unit is None:
                    self.say("nodes", f"{pool.id} {entry['kind']} {list(numbers)}: not there, twice, or not alike")
                else:
                    self._unit(pool, unit, entry)
            for name, node in units:
                self.say("nodes", f"{pool.id} {name} {node}: no entry")
        for entry in entries:
            self.say("nodes", f"no pool {entry['pool']}")

    def _unit(self, pool: Pool, unit: Unit, entry: dict[str, Any]) -> None:
        where, on, committed = (
            f"{pool.id} {unit.kind.id} {unit.number}",
            counts_by_slot(self.instance.clock, entry),
            int(entry["committed"]),
        )
        if on is None:
            self.say("nodes", f"{where}: changes within a slot or after the end")
            return
        if not 0 <= committed <= unit.commit_max:
            self.say("nodes", f"{where}: {committed} committed")
        if any(not 0 <= count <= unit.limit(slot, committed) for slot, count in enumerate(on)):
            self.say("nodes", f"{where}: more on than there are")
        if not stays_on(unit.kind, on, unit.before):
            self.say("nodes", f"{where}: off before its minimum")
        if not stays_off(unit.kind, on, unit.before):
            self.say("nodes", f"{where}: on before its time off is over")
        bill = bill_of(self.instance, pool, unit, on, committed)
        slots = list(range(self.instance.clock.slots))
        for name in ("rent", "startup", "shutdown", "commit", "idle"):
            if not near(entry[name], sum(getattr(bill, name), Fraction(0))):
                self.say("bill", f"{where}: {name}")
        hours, before = self.instance.clock.hours, [unit.before, *on]
        figures = {
            "node_hours": sum(on) * hours,
            "on_demand_hours": sum(max(0, n - committed - unit.reserved) for n in on) * hours,
            "starts": Fraction(sum(max(0, now - was) for was, now in zip(before, on, strict=False))),
        }
        for name, exact in figures.items():
            if not near(entry[name], exact):
                self.say("bill", f"{where}: {name}")
        if not near(entry["cost"], bill.money(slots)):
            self.say("bill", f"{where}: cost")
        self.units.append((pool, unit, on, committed, bill))

    def _demand(self, pool: Pool, slot: int) -> dict[str, Fraction]:
        """Return what the tasks of a pool hold in a slot."""
        held: dict[str, Fraction] = defaultdict(Fraction)
        for run in self.runs.values():
            if run.option.pool is pool and run.holds(slot):
                for what, amount in run.option.uses.items():
                    held[what] += amount
        return held

    def _capacity(self) -> None:
        for pool in self.instance.pools.values():
            for slot in range(self.instance.clock.slots):
                for what, amount in self._demand(pool, slot).items():
                    if what in pool.of_nodes:
                        continue
                    limit = pool.capacity[what][slot]
                    if limit is not None and amount > limit:
                        self.say("capacity", f"{pool.id} {what} in slot {slot}: {amount} of {limit}")

    def _supply(self) -> None:
        for pool in self.instance.pools.values():
            mine = [(unit, usable(unit.kind, on, unit.before)) for where, unit, on, _, _ in self.units if where is pool]
            for slot in range(self.instance.clock.slots):
                demand = self._demand(pool, slot)
                for what in pool.of_nodes:
                    there = sum((n[slot] * unit.kind.size.get(what, 0) for unit, n in mine), Fraction(0))
                    asked = sum((n[slot] * unit.kind.load.get(what, 0) for unit, n in mine), Fraction(0))
                    if demand[what] < asked:
                        self.say("nodes", f"{pool.id} {what} in slot {slot}: {demand[what]}, at least {asked}")
                    if demand[what] > there:
                        self.say("nodes", f"{pool.id} {what} in slot {slot}: {demand[what]} of {there}")
            self._placed(pool, mine)

    def _placed(self, pool: Pool, mine: list[tuple[Unit, list[int]]]) -> None:
        """Check that each node that is told apart holds what is on it."""
        named = {
            f"{unit.kind.id}/{unit.number}": (unit, ready) for unit, ready in mine if max(unit.count, default=0) < 2
        }
        held: dict[tuple[str, int], Counter[str]] = defaultdict(Counter)
        for key, run in self.runs.items():
            if run.option.pool is not pool:
                continue
            uses = {what: run.option.uses[what] for what in run.option.uses if what in pool.of_nodes}
            wanted = run.option.nodes if pool.told_apart else 0
            if pool.told_apart and not wanted and run.option.alone and any(uses.values()):
                wanted = 1
            wanted = 0 if run.option.milestone else wanted
            names = self.on_nodes[key]
            if len(names) != wanted or len(set(names)) != wanted or not set(names) <= named.keys():
                self.say("option", f"{key} is on nodes {names}")
                continue
            for name in names:
                share = named[name][0].kind.size if run.option.nodes else uses
                for slot in range(run.start, run.end):
                    held[name, slot].update(share)
        for (name, slot), amounts in held.items():
            unit, ready = named[name]
            for what, amount in amounts.items():
                if amount > ready[slot] * unit.kind.size.get(what, 0):
                    self.say("nodes", f"{pool.id} {name} {what} in slot {slot}: {amount}")

    def _precedence(self) -> None:
        for (name, copy, _), run in self.runs.items():
            for other, lag in run.task.after:
                for each in range(1, self.instance.tasks[other].copies + 1):
                    before = self._of_copy(other, each)
                    if not self.instance.fits_waiting(run, before[-1] if before else None, lag):
                        self.say("precedence", f"{name} {copy} after {other} {each}")

    def _affinity(self) -> None:
        for group in self.instance.together:
            if len({run.option.pool.id for (name, *_), run in self.runs.items() if name in group}) > 1:
                self.say("affinity", f"{group} are not together")
        for group in self.instance.apart:
            pools = [run.option.pool.id for (name, *_), run in self.runs.items() if name in group]
            if len(pools) != len(set(pools)):
                self.say("affinity", f"{group} are not apart")

    def _quotas(self) -> None:
        shown = defaultdict(list)
        for entry in self.plan["quotas"]:
            shown[entry["id"]].append(entry)
        for quota in self.instance.quotas:
            used = []
            for window in quota.windows:
                runs = self.runs.values()
                counts = (self.instance.counted(quota, run, window, self.passed_cost(run)) for run in runs)
                total = sum(counts, quota.spent(window))
                if quota.counts_nodes:
                    bills = [bill for pool, _, _, _, bill in self.units if quota.covers_pool(pool)]
                    total += sum((bill.counted(quota.what, window) for bill in bills), Fraction(0))
                if total > quota.limit:
                    self.say("quota", f"{quota.id}: {total} of {quota.limit} in slots {window}")
                used.append(total)
            expected = [max(used)] if quota.per == "moment" else used
            entries = shown.pop(quota.id, [])
            if len(entries) != len(expected) or not all(
                near(entry["used"], total) and near(entry["limit"], quota.limit)
                for entry, total in zip(entries, expected, strict=False)
            ):
                self.say("bill", f"quota {quota.id}: must be {[str(each) for each in expected]}")
        if shown:
            self.say("bill", f"no such quotas: {sorted(shown)}")

    def _metered(self) -> tuple[Fraction, dict[Key, Fraction]]:
        """Return what meters cost, and what each copy pays of it by its use; check the lines of the plan."""
        total, shares = Fraction(0), dict.fromkeys(self.runs, Fraction(0))
        entries = list(self.plan.get("meters", []))
        for meter in self.instance.meters:
            for window in meter.windows:
                uses = {
                    key: self.instance.counted(meter, run, window, self.passed_cost(run))
                    for key, run in self.runs.items()
                }
                used = sum(uses.values(), Fraction(0))
                if meter.counts_nodes:
                    bills = [bill for pool, _, _, _, bill in self.units if meter.covers_pool(pool)]
                    used += sum((bill.counted(meter.what, window) for bill in bills), Fraction(0))
                cost = meter.cost(window, used)
                total += cost
                for key, use in uses.items() if used else ():
                    shares[key] += cost * use / used
                entry = entries.pop(0) if entries else {"id": None, "used": -1, "cost": -1}
                right = near(entry["used"], used + meter.spent(window)) and near(entry["cost"], cost)
                if entry["id"] != meter.id or not right:
                    self.say("bill", f"meter {meter.id}: {entry}, must be {used} at {cost}")
        if entries:
            self.say("bill", f"no such meters: {entries}")
        return total + sum(map(partial(self._saved, shares), self.instance.savings), Fraction(0)), shares

    def _saved(self, shares: dict[Key, Fraction], own: Filling) -> Fraction:
        """Return what savings plans cost, and add to the shares of copies; check the lines of the plans."""
        lines = {each["id"]: each for each in self.plan.get("savings", [])}
        hours, zero = self.instance.clock.hours, Fraction(0)
        more = [self._committed(plan, lines[plan.id]) for plan in own.plans]
        paid, covered, spent = ({plan.id: zero for plan in own.plans} for _ in range(3))
        for window in own.windows:
            each = {
                thing: {
                    key: use
                    for key, run in self.runs.items()
                    if (use := sum((rate.of(run, t) for t in window), zero) * hours)
                }
                for thing, rate in own.things.items()
            }
            uses = {
                thing: sum(each[thing].values(), zero) + sum((self._demanded(rate, t) for t in window), zero)
                for thing, rate in own.things.items()
            }
            money = [plan.paid(window, bought) for plan, bought in zip(own.plans, more, strict=True)]
            for plan, amount in zip(own.plans, money, strict=True):
                paid[plan.id] += amount
            for (plan, rate), filled in zip(own.entries, own.filled(money, uses), strict=True):
                covered[plan.id] += rate.listed * filled
                spent[plan.id] += rate.price * filled
                for key, part in each[rate.thing].items():
                    shares[key] += (rate.price - rate.listed) * filled * part / uses[rate.thing]
        for id, line in ((plan.id, lines[plan.id]) for plan in own.plans):
            right = {"paid": paid[id], "covered": covered[id], "lost": paid[id] - spent[id]}
            for name, exact in (right | {"cost": paid[id] - covered[id]}).items():
                if not near(line[name], exact):
                    self.say("bill", f"savings {id}: {name} is {line[name]}, must be {exact}")
        return sum(paid.values(), zero) - sum(covered.values(), zero)

    def _committed(self, plan: SavingsPlan, line: dict[str, Any]) -> list[Fraction]:
        """Return what the line of a plan commits at each start, or for the horizon; check that it may."""
        found = [number(line["commit"])]
        if plan.starts:
            bought = {instant(each["start"]): number(each["commit"]) for each in line.get("bought", [])}
            if found[0] or len(bought) < len(line.get("bought", [])) or not bought.keys() <= set(plan.starts):
                self.say("bill", f"savings {plan.id}: {line} begins at other times")
            found = [bought.get(start, Fraction(0)) for start in plan.starts]
        elif "bought" in line:
            self.say("bill", f"savings {plan.id}: {line} has no starts")
        for more in found:
            if more not in [plan.step * n for n in plan.steps]:
                self.say("bill", f"savings {plan.id}: {more} cannot be committed")
        return found

    def _demanded(self, rate: Rate, slot: int) -> Fraction:
        """Return the hours of nodes on demand in a slot that a rate is of."""
        mine = [
            max(0, on[slot] - committed - unit.reserved)
            for pool, unit, on, committed, _ in self.units
            if rate.kind and pool is rate.pool and rate.kind == (unit.kind.id or pool.id)
        ]
        return sum(mine) * self.instance.clock.hours

    def _teams(self, bill: dict[str, Any], nodes: Fraction) -> None:
        """Check what each team pays, where there are teams; with what nobody is charged it is all of the bill."""
        runs, given = list(self.runs.values()), any(task.team is not None for task in self.instance.tasks.values())
        names = {run.task.team for run in runs} if given else set()
        names |= {service.team for service in self.instance.services} if given else set()
        shown = {entry["team"]: entry for entry in bill.get("teams", [])}
        if shown.keys() != names or ("uncharged" in bill) != given:
            self.say("bill", f"teams {sorted(map(str, shown))}, must be {sorted(map(str, names))}")
            return
        for name in names:
            mine = [run for run in runs if run.task.team == name]
            copies = {(id, n) for (id, n, _), run in self.runs.items() if run.task.team == name and id[:1] != "\0"}
            missed = sum((served.missed for served in self.served if served.service.team == name), Fraction(0))
            own, charged = (
                missed + sum((run.money + self.passed_cost(run) for run in mine), Fraction(0)),
                sum(map(self._charged, mine), Fraction(0)),
            )
            metered = sum((self.shares[key] for key, run in self.runs.items() if run.task.team == name), Fraction(0))
            sums = {"tasks": len(copies), "own": own, "charged": charged, "total": own + charged + metered}
            for key, exact in (
                sums | ({"metered": metered} if self.instance.meters or self.instance.savings else {})
            ).items():
                if not near(shown[name][key], Fraction(exact)):
                    self.say("bill", f"team {name}: {key} is {shown[name][key]}, must be {exact}")
        left = (
            nodes + self.metered - sum(map(self._charged, runs), Fraction(0)) - sum(self.shares.values(), Fraction(0))
        )
        if given and not near(bill["uncharged"], left):
            self.say("bill", f"uncharged is {bill['uncharged']}, must be {left}")

    def _charged(self, run: Run) -> Fraction:
        return sum((self.instance.charged(run, slot) for slot in range(run.start, run.end)), Fraction(0))

    def _cost(self) -> Fraction:
        slots, runs = list(range(self.instance.clock.slots)), self.runs.values()
        running = sum((sum(run.running, Fraction(0)) for run in runs), Fraction(0))
        fixed = sum((run.option.cost + self.passed_cost(run) for run in runs), Fraction(0))
        late = sum((run.late for run in runs), Fraction(0))
        early = sum((run.early for run in runs), Fraction(0))
        nodes = sum((bill.money(slots) for *_, bill in self.units), Fraction(0))
        forgone = sum((self.instance.tasks[name].value for name, _ in self.left), Fraction(0))
        forgone += sum((served.left_out for served in self.served), Fraction(0))
        missed = sum((served.missed for served in self.served), Fraction(0))
        energy = sum((sum(run.energy, Fraction(0)) for run in runs), Fraction(0))
        energy += sum((bill.counted("energy", slots) for *_, bill in self.units), Fraction(0))
        carbon = sum((sum(run.carbon, Fraction(0)) for run in runs), Fraction(0))
        carbon += sum((bill.counted("carbon", slots) for *_, bill in self.units), Fraction(0))
        self.metered, self.shares = self._metered()
        total = running + fixed + late + early + nodes + missed + self.metered
        hours = self.instance.clock.hours * len(slots)
        sunk = sum((pool.sunk for pool in self.instance.pools.values()), Fraction(0)) * hours
        bill = self.plan["bill"]
        for name, exact in {
            "total": total,
            "running": running,
            "fixed": fixed,
            "nodes": nodes,
            "late": late,
            "forgone": forgone,
            "sunk": sunk,
            "whole": total + sunk,
            "energy_kwh": energy,
            "carbon_kg": carbon,
            **({"early": early} if "early" in bill or early else {}),
            **({"missed": missed} if self.served else {}),
            **({"metered": self.metered} if self.instance.meters or self.instance.savings else {}),
        }.items():
            if not near(bill[name], exact):
                self.say("bill", f"{name} is {bill[name]}, must be {exact}")
        self._teams(bill, nodes)
        cost = self.instance.weight * (total + forgone) + self.instance.carbon_weight * carbon
        if number(self.plan["cost_exact"]) != cost:
            self.say("cost", f"is {self.plan['cost_exact']}, must be {cost}")
        if not near(self.plan["cost"], cost):
            self.say("cost", f"shown is {self.plan['cost']}, must be {cost}")
        return cost
