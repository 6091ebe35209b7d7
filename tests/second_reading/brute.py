"""Find the least cost of a tiny instance by trying everything."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations, pairwise, product

from .reading import Instance, Pool, Quota, Run, Task, Unit
from .room import Room
from .services import NotTried, Schedule, schedules

Used = tuple[Fraction, ...]
"""What nodes use of each window of the quotas that count nodes."""


Choice = tuple[Run, ...]
"""What a copy does: a run, or several segments in order; nothing where it is left out."""


class TooLarge(Exception):
    """Raised when there is more to try than the budget allows."""


class Found(Exception):
    """Raised at the first plan, where it is asked only whether there is one."""


@dataclass(frozen=True)
class Held:
    """What the tasks of a pool hold of nodes: by slot in all, and by slot of each node that is told apart."""

    demand: tuple[tuple[tuple[str, Fraction], ...], ...]
    placed: tuple[tuple[tuple[tuple[str, Fraction], ...], ...], ...]  # by unit, by slot


class Search:
    """The least cost over all choices of an option and a start for every copy, or of leaving it out.

    Where there are services, it is so for every number of replicas by way and slot.
    """

    def __init__(self, instance: Instance, budget: int = 30_000):
        self.instance, self.budget, self.first = instance, budget, False
        self.best: Fraction | None = None
        self.free = False  # whether what nodes cost and use matters to nothing
        self.slots = range(instance.clock.slots)
        self.copies = [(task, copy) for task in instance.tasks.values() for copy in range(task.copies)]
        self.joined = {pair for group in instance.together for pair in product(group, group)}
        self.apart = {pair for group in instance.apart for pair in product(group, group)}
        self.waiting = any(task.after for task in instance.tasks.values())
        self.passing = any(gib for task in instance.tasks.values() for gib in task.takes.values())
        options = [option for task in instance.tasks.values() for option in task.options]
        self.room = Room(instance, [*options, *(way.option for each in instance.services for way in each.ways)])
        self.choices = {task.id: self._ordered(task) for task in instance.tasks.values()}
        self.chosen: list[Choice] = []
        self.node_quotas = [
            (quota, window)
            for quota in [*instance.quotas, *instance.meters]
            if quota.counts_nodes
            for window in quota.windows
        ]
        self.node_quotas += [
            (rate, window)
            for own in instance.savings
            for window in own.windows
            for rate in own.things.values()
            if rate.kind
        ]
        self.memo: dict[tuple[str, Held], dict[Used, Fraction]] = {}
        self.units = {
            pool.id: [unit for unit in pool.units() if any(unit.count) or unit.before]
            for pool in instance.pools.values()
        }
        self.floor = [Fraction(0)]  # the least that what is not yet chosen can cost
        for task, _ in reversed(self.copies):
            least = self.choices[task.id][0][0] if self.choices[task.id] else Fraction(0)
            self.floor.insert(0, self.floor[0] + least)
        plans = [plan for own in instance.savings for plan in own.plans]
        self.nodes_floor = instance.weight * sum((plan.least() for plan in plans), Fraction(0))
        self.replicas: list[Run] = []
        self.served: dict[int, list[tuple[Fraction, Schedule]]] = {}

    def spend(self, amount: int = 1) -> None:
        """Count what is tried."""
        self.budget -= amount
        if self.budget < 0:
            raise TooLarge

    def _ordered(self, task: Task) -> list[tuple[Fraction, Choice]]:
        """Return what a copy can do, each with what it adds to the objective, the cheapest first."""
        priced = [(self.worth(task, choice), choice) for choice in self._choices(task)]
        return sorted(priced, key=lambda pair: pair[0])

    def _choices(self, task: Task) -> list[Choice]:
        found: list[Choice] = [()] if task.optional else []
        if task.cut:
            return found + [made for made in self._segments(task, []) if self.instance.whole(task, list(made))]
        for option in task.options:
            for start in range(len(self.slots) + option.milestone):
                run = self.instance.run(task, option, start)
                if run is not None:
                    found.append((run,))
        return found

    def _segments(self, task: Task, before: list[Run]) -> Iterator[Choice]:
        """Yield all sequences of segments that begin with some."""
        assert task.cut is not None
        if len(before) == task.cut.most:
            return
        first = before[-1].end if before else 0
        for option, start in product(task.options, self.slots[first:]):
            for end in range(start + 1, len(self.slots) + 1):
                self.spend()
                number = len(before) + 1
                last = self.instance.segment(task, option, start, end, number, last=True)
                if last is None:
                    continue
                yield (*before, last)
                going = self.instance.segment(task, option, start, end, number, last=False)
                assert going is not None
                yield from self._segments(task, [*before, going])

    def worth(self, task: Task, choice: Choice) -> Fraction:
        """Return what a choice adds to the objective, nodes aside."""
        if not choice:
            return self.instance.weight * task.value
        money, carbon = (
            sum(each, Fraction(0)) for each in zip(*((r.money, sum(r.carbon)) for r in choice), strict=True)
        )
        return self.instance.weight * money + self.instance.carbon_weight * carbon

    def least(self) -> Fraction | None:
        """Return the least cost, or None where there is no plan."""
        if not all(self._enough_pools(group) for group in self.instance.apart):
            return None
        for pool in self.instance.pools.values():
            if pool.kinds and not self.first:
                idle = self.frontier(pool, self._held(pool, [], {}))
                self.nodes_floor += min(idle.values(), default=Fraction(-(10**9)))  # what must be on has a least load
        self.tasks_floor = self.floor[0] + self.nodes_floor
        self.services_floor = [Fraction(0)]
        for at in reversed(range(len(self.instance.services))):
            least = min((cost for cost, _ in self._schedules(at)), default=None)
            if least is None:
                return None
            self.services_floor.insert(0, self.services_floor[0] + least)
        self._serve(0, Fraction(0))
        return self.best

    def _enough_pools(self, group: list[str]) -> bool:
        """Tell whether the copies of a set that must run can have a pool each (augmenting paths; Kuhn 1955)."""
        ways = [
            {run.option.pool.id for _, choice in self.choices[name] for run in choice}
            for name in group
            if not self.instance.tasks[name].optional
            for _ in range(self.instance.tasks[name].copies)
        ]
        taken: dict[str, int] = {}

        def placed(copy: int, seen: set[str]) -> bool:
            for pool in ways[copy] - seen:
                seen.add(pool)
                if pool not in taken or placed(taken[pool], seen):
                    taken[pool] = copy
                    return True
            return False

        return all(placed(copy, set()) for copy in range(len(ways)))

    def _serve(self, at: int, cost: Fraction) -> None:
        """Choose for the services from `at` on, the cheapest first, and then for the tasks."""
        if at == len(self.instance.services):
            self._choose(0, 0, cost)
            return
        for more, schedule in self._schedules(at):
            if self.best is not None and cost + more + self.services_floor[at + 1] + self.tasks_floor >= self.best:
                return
            before = len(self.replicas)
            if self._held_by(schedule.runs):
                self._serve(at + 1, cost + more)
            while len(self.replicas) > before:
                self.room.add(self.replicas.pop(), -1)

    def _schedules(self, at: int) -> list[tuple[Fraction, Schedule]]:
        """Return what a service can do, with what it adds to the objective, nodes aside."""
        if at not in self.served:
            service = self.instance.services[at]
            found = []
            try:
                for each in schedules(self.instance, service, self.spend):
                    money = self.instance.weight * (each.missed + each.left_out)
                    found.append((sum((self.worth(run.task, (run,)) for run in each.runs), money), each))
            except NotTried:
                raise TooLarge from None
            self.served[at] = sorted(found, key=lambda pair: pair[0])
        return self.served[at]

    def _held_by(self, runs: list[Run]) -> bool:
        """Add replicas to those that are on, and tell whether pools can hold them."""
        for run in runs:
            self.spend()
            if not self.room.fits(run):
                return False
            self.room.add(run)
            self.replicas.append(run)
        return True

    def exists(self) -> bool:
        """Tell whether there is a plan."""
        self.first, self.free = True, not self.node_quotas
        try:
            return self.least() is not None
        except Found:
            return True

    def _choose(self, at: int, first: int, cost: Fraction) -> None:
        """Choose for the copies from `at` on; equal copies in the order of their choices."""
        self.spend()
        if self.best is not None and cost + self.floor[at] + self.nodes_floor >= self.best:
            return
        if at == len(self.copies):
            self._finish(cost)
            return
        task, copy = self.copies[at]
        choices = self.choices[task.id]
        for index in range(first if copy else 0, len(choices)):
            worth, choice = choices[index]
            if not all(self.room.fits(run) for run in choice) or not self._agrees(task, choice):
                continue
            self.chosen.append(choice)
            for run in choice:
                self.room.add(run)
            self._choose(at + 1, index, cost + worth + self._passed(choice))
            for run in self.chosen.pop():
                self.room.add(run, -1)

    def _agrees(self, task: Task, choice: Choice) -> bool:
        """Tell whether a choice goes with those made before: affinity, and who waits for whom."""
        return (not (self.joined or self.apart) or self._kept(task, choice)) and (
            not self.waiting or self._waits(task, choice)
        )

    def _kept(self, task: Task, choice: Choice) -> bool:
        """Tell whether a choice keeps affinity with those made before."""
        for (each, _), other in zip(self.copies, self.chosen, strict=False):
            together, apart = (task.id, each.id) in self.joined, (task.id, each.id) in self.apart
            for mine, there in product(choice, other) if together or apart else ():
                same = mine.option.pool is there.option.pool
                if (together and not same) or (apart and same):
                    return False
        return True

    def _passed(self, choice: Choice) -> Fraction:
        """Return what moving data between a choice and those made before adds to the objective."""
        if not self.passing:
            return Fraction(0)
        others, mine = [run for each in self.chosen[:-1] for run in each], list(choice)
        moved = sum((self.instance.passed_cost(run, others) for run in mine), Fraction(0))
        return self.instance.weight * (moved + sum((self.instance.passed_cost(o, mine) for o in others), Fraction(0)))

    def _waits(self, task: Task, choice: Choice) -> bool:
        """Tell whether a choice waits for those made before, and they for it."""
        first, last = (choice[0], choice[-1]) if choice else (None, None)
        for (each, _), other in zip(self.copies, self.chosen, strict=False):
            for name, lag in each.after:
                if name == task.id and other and not self.instance.fits_waiting(other[0], last, lag):
                    return False
            for name, lag in task.after:
                if (
                    name == each.id
                    and first
                    and not self.instance.fits_waiting(first, other[-1] if other else None, lag)
                ):
                    return False
        return True

    def _finish(self, cost: Fraction) -> None:
        """Add the cheapest nodes to a whole choice that keeps every quota."""
        runs = [*self.replicas, *(run for choice in self.chosen for run in choice)]
        left, taken = [], [(run, self.instance.passed_cost(run, runs)) for run in runs]
        for quota in self.instance.quotas:
            for window in quota.windows:
                counts = (self.instance.counted(quota, run, window, passed) for run, passed in taken)
                used = sum(counts, quota.spent(window))
                if quota.counts_nodes:
                    left.append(quota.limit - used)
                elif used > quota.limit:
                    return
        ask = []  # what is asked of the use by nodes: at most a limit, or the price of a meter
        for meter in self.instance.meters:
            for window in meter.windows:
                used = sum((self.instance.counted(meter, run, window, passed) for run, passed in taken), Fraction(0))
                if meter.counts_nodes:
                    ask.append((meter, window, used))
                else:
                    cost += self.instance.weight * meter.cost(window, used)
        limited = len(left)
        left += [Fraction(0)] * (len(self.node_quotas) - limited)
        totals: dict[Used, Fraction] = {tuple(Fraction(0) for _ in left): cost}
        for pool in self.instance.pools.values():
            if not pool.kinds:
                continue
            ways = self._pool_ways(pool, [run for run in runs if run.option.pool is pool])
            merged: dict[Used, Fraction] = {}
            for (used, sofar), (more, money) in product(totals.items(), ways.items()):
                self.spend()
                key = tuple(a + b for a, b in zip(used, more, strict=True))
                if key not in merged or sofar + money < merged[key]:
                    merged[key] = sofar + money
            totals = merged
        for used, total in totals.items():
            for more, (meter, window, own) in zip(used[limited:], ask, strict=False):
                total += self.instance.weight * meter.cost(window, own + more)
            total += self.instance.weight * self._saved(runs, iter(used[limited + len(ask) :]))
            kept = all(a <= b for a, b in zip(used[:limited], left[:limited], strict=True))
            if kept and (self.best is None or total < self.best):
                self.best = total
                if self.first:
                    raise Found

    def _saved(self, runs: list[Run], nodes: Iterator[Fraction]) -> Fraction:
        """Return what savings plans cost, with the best commitment; `nodes` are the hours of theirs."""
        total, hours = Fraction(0), self.instance.clock.hours
        for own in self.instance.savings:
            uses = [
                {
                    thing: next(nodes)
                    if rate.kind
                    else sum((rate.of(run, t) for run in runs for t in window), Fraction(0)) * hours
                    for thing, rate in own.things.items()
                }
                for window in own.windows
            ]
            total += min(
                sum((own.cost(*each, more) for each in zip(own.windows, uses, strict=True)), Fraction(0))
                for more in own.choices()
            )
        return total

    def _pool_ways(self, pool: Pool, runs: list[Run]) -> dict[Used, Fraction]:
        """Return the cheapest nodes of a pool for each use of quotas, over all placements on nodes."""
        ways: dict[Used, Fraction] = {}
        tried = set()
        for placement in self._placements(pool, runs, {}):
            held = self._held(pool, runs, placement)
            if held in tried:
                continue
            tried.add(held)
            for used, money in self.frontier(pool, held).items():
                if used not in ways or money < ways[used]:
                    ways[used] = money
        return ways

    def _placements(self, pool: Pool, runs: list[Run], placed: dict[int, list[Run]]) -> Iterator[dict[int, list[Run]]]:
        """Yield the ways to put runs on nodes that are told apart."""
        self.spend()
        if not runs:
            yield placed
            return
        run, rest = runs[0], runs[1:]
        held = {what for what in pool.of_nodes if run.option.uses.get(what)}
        wanted = run.option.nodes or int(run.option.alone and bool(held))
        if run.option.milestone or not pool.told_apart or not wanted:
            yield from self._placements(pool, rest, placed)
            return
        able = [n for n, unit in enumerate(self.units[pool.id]) if held <= unit.kind.size.keys()]
        for names in combinations(able, wanted):
            yield from self._placements(pool, rest, {**placed, **{n: [*placed.get(n, []), run] for n in names}})

    def _held(self, pool: Pool, runs: list[Run], placed: dict[int, list[Run]]) -> Held:
        """Return what runs hold of the nodes of a pool."""

        def by_slot(those: list[Run], unit: Unit | None) -> tuple[tuple[tuple[str, Fraction], ...], ...]:
            found = []
            for slot in self.slots:
                total: dict[str, Fraction] = defaultdict(Fraction)
                for run in those:
                    if run.holds(slot):
                        uses = unit.kind.size if unit and run.option.nodes else run.option.uses
                        for what in pool.of_nodes:
                            if uses.get(what):
                                total[what] += uses[what]
                found.append(tuple(sorted(total.items())))
            return tuple(found)

        units = self.units[pool.id]
        empty = by_slot([], None)
        return Held(
            by_slot(runs, None),
            tuple(by_slot(placed[n], unit) if n in placed else empty for n, unit in enumerate(units)),
        )

    def frontier(self, pool: Pool, held: Held) -> dict[Used, Fraction]:
        """Return the least cost of the nodes of a pool for each use of the quotas that count nodes."""
        key = (pool.id, held)
        if key not in self.memo:
            found: dict[Used, Fraction] = {}
            units = self.units[pool.id]
            for committed in product(*(range(unit.commit_max * self.free, unit.commit_max + 1) for unit in units)):
                for used, money in self._switched(pool, held, units, committed).items():
                    if used not in found or money < found[used]:
                        found[used] = money
            self.memo[key] = found
        return self.memo[key]

    def _switched(self, pool: Pool, held: Held, units: list[Unit], committed: tuple[int, ...]) -> dict[Used, Fraction]:
        """Walk over the slots; a state says what was on in the slots that still matter."""
        keep = max([1, *(max(unit.kind.boot, unit.kind.minimum, unit.kind.off) for unit in units)])
        past = tuple((unit.before,) * (keep + 1) for unit in units)
        states: dict[tuple[tuple[tuple[int, ...], ...], Used], Fraction] = {
            (past, tuple(Fraction(0) for _ in self.node_quotas)): Fraction(0)
        }
        charged = [] if self.free else units
        tables = [self._charges(pool, unit, c) for unit, c in zip(charged, committed, strict=False)]
        for slot in self.slots:
            most = [unit.limit(slot, c) + 1 for unit, c in zip(units, committed, strict=True)]
            limits = [range(unit.kind.held[slot], limit) for unit, limit in zip(units, most, strict=True)]
            after: dict[tuple[tuple[tuple[int, ...], ...], Used], Fraction] = {}
            for (states_of, used), money in states.items():
                each = [
                    list(self._single(unit, past, limit, placed[slot]))
                    for unit, past, limit, placed in zip(units, states_of, limits, held.placed, strict=True)
                ]
                for chosen in product(*each):
                    self.spend()
                    now = tuple(past for past, _ in chosen)
                    if not self._supplied(units, [ready for _, ready in chosen], held.demand[slot]):
                        continue
                    spent, added = money, list(used)
                    for past, table in zip(now, tables, strict=not self.free):
                        cost, counted = table(slot, past[-2], past[-1])
                        spent += cost
                        added = [a + b for a, b in zip(added, counted, strict=True)]
                    place = (now, tuple(added))
                    if place not in after or spent < after[place]:
                        after[place] = spent
            states = after
        found: dict[Used, Fraction] = {}
        for (now, used), money in states.items():
            spent, added = money, list(used)
            for past, table in zip(now, tables, strict=not self.free):
                cost, counted = table(len(self.slots), past[-1], 0)
                spent += cost
                added = [a + b for a, b in zip(added, counted, strict=True)]
            if tuple(added) not in found or spent < found[tuple(added)]:
                found[tuple(added)] = spent
        return found

    @staticmethod
    def _single(
        unit: Unit, before: tuple[int, ...], limit: range, placed: tuple[tuple[str, Fraction], ...]
    ) -> Iterator[tuple[tuple[int, ...], int]]:
        """Yield what can be on of a unit, after what was on before, with how many are usable."""
        minimum, boot = unit.kind.minimum, unit.kind.boot
        for n in limit:
            past = (*before[1:], n)
            started = [max(0, b - a) for a, b in pairwise(past)]
            ready = n - (sum(started[-boot:]) if boot else 0)
            stays = not minimum or n >= sum(started[-minimum:])
            if off := unit.kind.off:
                stays &= sum(max(0, a - b) for a, b in [*pairwise(past)][-off:]) + n <= max(
                    unit.before, *unit.kind.count
                )
            if stays and all(amount <= ready * unit.kind.size.get(what, 0) for what, amount in placed):
                yield past, ready

    @staticmethod
    def _supplied(units: list[Unit], ready: list[int], demand: tuple[tuple[str, Fraction], ...]) -> bool:
        """Tell whether usable nodes hold what a slot asks for, and have their least load."""
        used = dict(demand)
        for what in {what for unit in units for what in unit.kind.load}:
            if sum(n * unit.kind.load.get(what, 0) for unit, n in zip(units, ready, strict=True)) > used.get(what, 0):
                return False
        return all(
            amount <= sum(n * unit.kind.size.get(what, 0) for unit, n in zip(units, ready, strict=True) if n)
            for what, amount in demand
        )

    def _charges(self, pool: Pool, unit: Unit, committed: int):
        """Return a function: what a slot adds to objective and quotas, with so many on before and now.

        What is switched off at the end of a slot is counted with the next one; after the last, the stops alone.
        """
        instance, kind = self.instance, unit.kind
        hours, total = instance.clock.hours, len(self.slots)
        tariff = pool.price.get("power", [Fraction(0)] * total)
        share = committed * (kind.commit_total or Fraction(0)) / total
        memo: dict[tuple[int, int, int], tuple[Fraction, list[Fraction]]] = {}

        def counted(quota: Quota, window: list[int], slot: int, off: Fraction, here: dict[str, Fraction]) -> Fraction:
            if not quota.covers_pool(pool):
                return Fraction(0)
            amount = here.get(quota.what, Fraction(0)) if slot in window else Fraction(0)
            return amount + (off if quota.what == "money" and max(0, slot - 1) in window else 0)

        def charge(slot: int, before: int, now: int) -> tuple[Fraction, list[Fraction]]:
            key = (slot, before, now)
            if key not in memo:
                off = max(0, before - now) * kind.shutdown
                here = {"money": Fraction(0), "energy": Fraction(0), "carbon": Fraction(0), "node_hours": Fraction(0)}
                if slot < total:
                    here["node_hours"] = now * hours
                    here["energy"] = now * kind.power * hours
                    here[f"\0{kind.id or pool.id}"] = max(0, now - committed - unit.reserved) * hours
                    here["carbon"] = here["energy"] * pool.carbon[slot]
                    rent = max(0, now - committed - unit.reserved) * hours * (kind.price[slot] if kind.price else 0)
                    here["money"] = rent + max(0, now - before) * kind.startup + share + here["energy"] * tariff[slot]
                cost = instance.weight * (here["money"] + off) + instance.carbon_weight * here["carbon"]
                memo[key] = cost, [counted(*each, slot, off, here) for each in self.node_quotas]
            return memo[key]

        return charge
