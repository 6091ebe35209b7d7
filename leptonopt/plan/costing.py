"""Compute the exact cost of a plan and its use of nodes and quotas, without data of a solver."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from itertools import accumulate, groupby, pairwise

from leptonopt.compile.calendar import least_by_slot, mean_by_slot, zero_series
from leptonopt.compile.compiler import CompiledInstance
from leptonopt.compile.decode import TaskRun
from leptonopt.compile.node_kinds import NodeKindInfo
from leptonopt.compile.quotas import MeterWindow, Window
from leptonopt.instance import POWER, Commit, Instance, Measure, Pool, Quota, Task
from leptonopt.instance.quotas import NODE_HOURS
from leptonopt.plan.price_table import NOTHING, Costs, PrefixSums, PriceTable
from leptonopt.plan.savings import SavingsBill, savings_bill
from leptonopt.plan.service_costs import Served, WayBill, served
from leptonopt.problem.nodes import NodeSchedule
from leptonopt.problem.services import ReplicaSchedule


@dataclass(frozen=True)
class NodeBill:
    """Nodes of a kind, or one of them where nodes are told apart, with what they cost and draw."""

    kind: NodeKindInfo
    on: tuple[int, ...]
    committed: int
    paid: tuple[int, ...]
    starts: int
    rent: Fraction
    startup: Fraction
    shutdown: Fraction
    commit: Fraction
    idle: Fraction
    kwh: Fraction
    carbon_kg: Fraction

    @property
    def on_demand_slots(self) -> int:
        """Return how many slots of nodes are paid on demand."""
        return sum(self.paid)

    @property
    def is_free(self) -> bool:
        """Return whether they cost nothing in any slot."""
        stated = self.kind.stated
        return not (any(self.paid) or stated.power or stated.startup or stated.shutdown or self.commit)

    @property
    def total(self) -> Fraction:
        """Return the total cost [money]."""
        return self.rent + self.startup + self.shutdown + self.commit + self.idle


def node_bills(
    instance: Instance, prices: PriceTable, kind: NodeKindInfo, on: Sequence[int], committed: int
) -> NodeBill:
    """Return the bill of one kind of nodes."""
    time, stated, hours = instance.time, kind.stated, prices.hours
    price = mean_by_slot(stated.price, time) if stated.price else zero_series(time)
    paid = [max(0, count - committed - kind.reserved) for count in on]
    around = (kind.before, *on, 0)
    started = sum(max(0, now - was) for was, now in zip(around, on, strict=False))
    stopped = sum(max(0, was - now) for was, now in pairwise(around))
    drawn = Fraction(stated.power) * hours
    tariff, grams = prices.price(kind.pool.id, POWER), prices.grams(kind.pool.id)
    commit = NOTHING if stated.commit is None else committed * committed_total(instance, stated.commit)
    return NodeBill(
        kind=kind,
        on=tuple(on),
        committed=committed,
        paid=tuple(paid),
        starts=started,
        rent=sum((count * money for count, money in zip(paid, price, strict=True) if count), NOTHING) * hours,
        startup=started * Fraction(stated.startup),
        shutdown=stopped * Fraction(stated.shutdown),
        commit=commit,
        idle=sum((count * drawn * tariff.over(t, t + 1) for t, count in enumerate(on) if count and drawn), NOTHING),
        kwh=drawn * sum(on),
        carbon_kg=sum(
            (count * drawn * grams.over(t, t + 1) / 1000 for t, count in enumerate(on) if count and drawn), NOTHING
        ),
    )


def committed_total(instance: Instance, commit: Commit) -> Fraction:
    """Return the cost of a committed node over the whole horizon [money]."""
    if commit.total is not None:
        return Fraction(commit.total)
    return Fraction(commit.price or 0) * Fraction(instance.time.horizon, 3600)


@dataclass(frozen=True)
class MeterBill:
    """A window of a meter: what is used, before the horizon included, and what the plan pays.

    `by_user` is the use of each run, all its copies, by position, and behind all runs of each way of replicas.
    """

    window: MeterWindow
    used: Fraction
    cost: Fraction
    by_user: Mapping[int, Fraction]

    @property
    def mean(self) -> Fraction:
        """Return the mean price of what the plan uses [money per unit]."""
        own = self.used - self.window.spent
        return self.cost / own if own else NOTHING


@dataclass(frozen=True)
class Bill:
    """A whole plan in money, hours, energy and carbon."""

    compiled: CompiledInstance
    runs: Sequence[TaskRun]
    left: Sequence[tuple[Task, int, int]]
    rent: NodeSchedule
    look: Callable[[], object] = lambda: None  # called where sums take long; raises to end them
    replicas: ReplicaSchedule | None = None

    @property
    def instance(self) -> Instance:
        """Return the instance of the bill."""
        return self.compiled.instance

    @cached_property
    def prices(self) -> PriceTable:
        """Return the prices of the instance."""
        return PriceTable(self.instance)

    @cached_property
    def costs(self) -> list[Costs]:
        """Return the costs of every run."""
        found = []
        for run in self.runs:
            self.look()
            found.append(self.prices.of(run))
        return found

    @cached_property
    def nodes(self) -> list[NodeBill]:
        """Return the bill of every kind of nodes."""
        on = self.rent.on[:, : self.instance.time.slots]  # an end slot is no part of the horizon
        lines = zip(self.compiled.kinds, on.tolist(), self.rent.committed.tolist(), strict=True)
        return [node_bills(self.instance, self.prices, kind, on, committed) for kind, on, committed in lines]

    @cached_property
    def served(self) -> Served:
        """Return the services of the plan."""
        return served(self.compiled, self.replicas, self.prices, self.look)

    @cached_property
    def by_pool(self) -> dict[str, PoolBill]:
        """Return the bill of every pool."""
        found = {pool.id: PoolBill(pool) for pool in self.instance.pools}
        for run, cost in zip(self.runs, self.costs, strict=True):
            self.look()
            found[run.way.pool].take(run, cost, self.prices.hours)
        for way in self.served.ways:
            found[way.way.option.pool].take_replicas(way, self.prices.hours)
        for nodes in self.nodes:
            pool = found[nodes.kind.pool.id]
            pool.nodes += nodes.total
            pool.kwh += nodes.kwh
            pool.carbon_kg += nodes.carbon_kg
        horizon = Fraction(self.instance.time.horizon, 3600)
        for pool in found.values():
            pool.sunk = Fraction(pool.pool.sunk) * horizon
        return found

    def sum(self, name: str) -> Fraction:
        """Return the sum of one part over the bills of all pools."""
        return sum((getattr(pool, name) for pool in self.by_pool.values()), NOTHING)

    @cached_property
    def late(self) -> Fraction:
        """Return the cost of lateness [money]."""
        return sum((run.copies * cost.late for run, cost in zip(self.runs, self.costs, strict=True)), NOTHING)

    @cached_property
    def early(self) -> Fraction:
        """Return the cost of ends before due dates [money]."""
        return sum((run.copies * cost.early for run, cost in zip(self.runs, self.costs, strict=True)), NOTHING)

    @cached_property
    def forgone(self) -> Fraction:
        """Return the value of the tasks and batches that are left out [money]."""
        return sum((copies * Fraction(task.value or 0) for task, _, copies in self.left), self.served.forgone)

    @cached_property
    def meters(self) -> list[MeterBill]:
        """Return the bill of every window of a meter."""
        found = []
        for _, same in groupby(self.compiled.meter_windows, lambda window: window.quota.id):
            windows = list(same)
            quota = windows[0].quota
            uses = {at: self._uses_of(run, windows) for at, run in self._counted(quota)}
            for at, way in self._counted_ways(quota):
                spent = way.used(quota, self.prices)
                uses[len(self.runs) + at] = {
                    place: spent.over(window.first, window.last + 1) for place, window in enumerate(windows)
                }
            for place, (window, used) in enumerate(zip(windows, self.used(windows), strict=True)):
                by_user = {at: use[place] for at, use in uses.items() if place in use}
                found.append(MeterBill(window, used, window.cost(used), by_user))
        return found

    @cached_property
    def savings(self) -> list[SavingsBill]:
        """Return the bill of every savings plan."""
        paid: dict[tuple[str, str], list[int]] = {}
        for nodes in self.nodes:
            place = nodes.kind.pool.id, nodes.kind.name
            paid[place] = [a + b for a, b in zip(paid.get(place, [0] * len(nodes.paid)), nodes.paid, strict=True)]
        ways = list(self.served.ways)
        return [savings_bill(windows, self.runs, ways, paid) for windows in self.compiled.savings_windows]

    @cached_property
    def metered_cost(self) -> Fraction:
        """Return the cost of meters, and of savings plans beyond list prices [money]."""
        return sum((each.cost for each in self.meters), NOTHING) + sum((each.cost for each in self.savings), NOTHING)

    @property
    def metered(self) -> list[Fraction]:
        """Return what each run, all its copies, pays of meters and savings plans, by its use [money]."""
        return self._shares[: len(self.runs)]

    @property
    def metered_ways(self) -> list[Fraction]:
        """Return what each way of replicas, in the order of `served.ways`, pays of them [money]."""
        return self._shares[len(self.runs) :]

    @cached_property
    def _shares(self) -> list[Fraction]:
        found = [NOTHING] * (len(self.runs) + len(list(self.served.ways)))
        for plan in self.savings:
            for window in plan.windows:
                for at, money in window.shares():
                    found[at] += money
        for meter in self.meters:
            for at, use in meter.by_user.items():
                found[at] += use * meter.mean
        return found

    @cached_property
    def total(self) -> Fraction:
        """Return the cost of the plan without sunk cost [money]."""
        return self.sum("total") + self.late + self.early + self.served.missed + self.metered_cost

    @cached_property
    def objective(self) -> Fraction:
        """Return the objective [money]."""
        weights = self.instance.objective
        carbon = Fraction(weights.carbon_kg) * self.sum("carbon_kg")
        return Fraction(weights.cost) * (self.total + self.forgone) + carbon

    # --- quotas ---

    def used(self, windows: Sequence[Window]) -> list[Fraction]:
        """Return the use of a quota or a meter in each of its windows, which follow one another [its units]."""
        totals = [window.spent for window in windows]
        if not windows:
            return totals
        quota = windows[0].quota
        for _, run in self._counted(quota):
            self.look()
            for at, use in self._uses_of(run, windows).items():
                totals[at] += use
        for _, way in self._counted_ways(quota):
            spent = way.used(quota, self.prices)
            for at, window in enumerate(windows):
                totals[at] += spent.over(window.first, window.last + 1)
        if quota.whole and quota.of in ("money", "energy", "carbon", NODE_HOURS):
            for nodes in self.nodes:
                if _covers(quota.pools, nodes.kind.pool.id) and not (quota.of == "money" and nodes.is_free):
                    spent = self._by_slot(quota.of, nodes)
                    for at, window in enumerate(windows):
                        totals[at] += spent.over(window.first, window.last + 1)
        return totals

    def _uses_of(self, run: TaskRun, windows: Sequence[Window]) -> dict[int, Fraction]:
        """Return what all copies of a run use in the windows of a quota or a meter, by position of the window."""
        quota, firsts = windows[0].quota, [window.first for window in windows]
        at = bisect_right(firsts, run.start) - 1
        once = run.way.fixed if quota.of == "money" else run.way.consumes.get(quota.of, 0)
        found = {at: run.copies * Fraction(once)}
        for other in range(at, bisect_left(firsts, run.end)):
            low, high = max(run.start, windows[other].first), min(run.end, windows[other].last + 1)
            held = self._held(quota.of, run, low, high)
            if quota.budget and not quota.whole:
                held += self.prices.charged(run.way, low, high)
            found[other] = found.get(other, NOTHING) + run.copies * held * self.prices.hours
        return found

    def _counted(self, quota: Measure) -> list[tuple[int, TaskRun]]:
        """Return the runs that count for a quota or a meter, with their positions."""
        tasks = self.instance.tasks
        return [
            (at, run)
            for at, run in enumerate(self.runs)
            if quota.covers(tasks[run.task]) and _covers(quota.pools, run.way.pool)
        ]

    def _counted_ways(self, quota: Measure) -> list[tuple[int, WayBill]]:
        """Return the replicas that count for a quota or a meter, with their positions."""
        return [
            (at, way)
            for at, way in enumerate(self.served.ways)
            if quota.covers(way.service) and _covers(quota.pools, way.way.option.pool)
        ]

    def _held(self, of: str, run: TaskRun, low: int, high: int) -> Fraction:
        """Return unit-slots, money or carbon per hour of one copy of a run over slots [low, high)."""
        uses, pool = run.way.uses, run.way.pool
        if of == "money":
            return sum(
                (self.prices.price(pool, name).over(low, high) * Fraction(n) for name, n in uses.items()), NOTHING
            )
        if of == "carbon":
            return Fraction(uses.get(POWER, 0)) * self.prices.grams(pool).over(low, high) / 1000
        return Fraction(uses.get(POWER if of == "energy" else of, 0)) * (high - low)

    def _by_slot(self, of: str, nodes: NodeBill) -> PrefixSums:
        """Return prefix sums of what nodes use of money, energy, carbon or hours."""
        kind, time, hours = nodes.kind, self.instance.time, self.prices.hours
        drawn = Fraction(kind.stated.power) * hours
        if of == NODE_HOURS:
            return PrefixSums([count * hours for count in nodes.on])
        if of == "energy":
            return PrefixSums([count * drawn for count in nodes.on])
        if of == "carbon":
            grams = self.prices.grams(kind.pool.id)
            return PrefixSums([count * drawn * grams.over(t, t + 1) / 1000 for t, count in enumerate(nodes.on)])
        price = mean_by_slot(kind.stated.price, time) if kind.stated.price else zero_series(time)
        tariff, each = self.prices.price(kind.pool.id, POWER), nodes.commit / time.slots
        before, after = (kind.before, *nodes.on[:-1]), (*nodes.on[1:], 0)
        dropped = max(0, kind.before - nodes.on[0])
        startup, shutdown = Fraction(kind.stated.startup), Fraction(kind.stated.shutdown)
        return PrefixSums(
            [
                max(0, on - nodes.committed - kind.reserved) * price[t] * hours
                + (on * drawn * tariff.over(t, t + 1) if on and drawn else NOTHING)
                + max(0, on - before[t]) * startup
                + (max(0, on - after[t]) + (0 if t else dropped)) * shutdown
                + each
                for t, on in enumerate(nodes.on)
            ]
        )

    def peak(self, quota: Quota) -> Fraction:
        """Return the most units of a resource that is held at once of what a quota counts."""
        steps: dict[int, Fraction] = defaultdict(Fraction)
        for _, run in self._counted(quota):
            held = run.copies * Fraction(run.way.uses.get(quota.of, 0))
            steps[run.start] += held
            steps[run.end] -= held
        for _, way in self._counted_ways(quota):
            way.add_steps(steps, quota.of)
        return max(accumulate(steps[slot] for slot in sorted(steps)), default=NOTHING)


def _covers(pools: Iterable[str] | None, pool: str) -> bool:
    return pools is None or pool in pools


@dataclass
class PoolBill:
    """A pool's part of the bill."""

    pool: Pool
    running: Fraction = NOTHING
    fixed: Fraction = NOTHING
    nodes: Fraction = NOTHING
    sunk: Fraction = NOTHING
    kwh: Fraction = NOTHING
    carbon_kg: Fraction = NOTHING
    tasks: int = 0
    spent: dict[str, Fraction] = field(default_factory=lambda: defaultdict(Fraction))
    hours: dict[str, Fraction] = field(default_factory=lambda: defaultdict(Fraction))
    steps: dict[str, dict[int, Fraction]] = field(default_factory=lambda: defaultdict(lambda: defaultdict(Fraction)))

    def take(self, run: TaskRun, cost: Costs, hours: Fraction) -> None:
        """Add a run."""
        self.tasks += run.copies * run.first
        self.fixed += run.copies * cost.fixed
        self.kwh += run.copies * cost.kwh
        self.carbon_kg += run.copies * cost.carbon_kg
        for name, each in cost.running.items():
            money, count = run.copies * each, run.copies * Fraction(run.way.uses[name])
            self.running += money
            self.spent[name] += money
            self.hours[name] += count * (run.end - run.start) * hours
            self.steps[name][run.start] += count
            self.steps[name][run.end] -= count

    def take_replicas(self, way: WayBill, hours: Fraction) -> None:
        """Add the replicas of a way."""
        self.fixed += way.fixed
        self.kwh += way.kwh
        self.carbon_kg += way.carbon_kg
        for name, money in way.running.items():
            self.running += money
            self.spent[name] += money
            self.hours[name] += Fraction(way.way.option.uses[name]) * sum(way.on) * hours
            way.add_steps(self.steps[name], name)

    @property
    def total(self) -> Fraction:
        """Return running and fixed cost and nodes together [money]."""
        return self.running + self.fixed + self.nodes

    def peak(self, name: str) -> Fraction:
        """Return the greatest number of units of a resource in use at once."""
        steps = self.steps[name]
        return max(accumulate(steps[slot] for slot in sorted(steps)), default=NOTHING)


def available_hours(instance: Instance, pool: Pool, name: str, kinds: Iterable[NodeKindInfo]) -> Fraction | None:
    """Return the unit-hours of a resource that a pool offers over the horizon; None without a limit."""
    time, hours = instance.time, Fraction(instance.time.slot, 3600)
    if name in pool.capacity:
        least: Sequence[Decimal | None] = least_by_slot(pool.capacity[name], pool.maintenance, name, time)
        if None in least:
            return None
        counts = Counter(least).items()  # fractions would be slow for so many slots
        return sum((Fraction(value) * slots for value, slots in counts if value is not None), NOTHING) * hours
    if name not in pool.of_nodes:
        return None
    supplied = [kind for kind in kinds if kind.pool.id == pool.id and name in kind.stated.size]
    return sum((Fraction(kind.stated.size[name]) * sum(kind.count) for kind in supplied), NOTHING) * hours


def cost_shares(bill: Bill) -> Mapping[tuple[str, str], Fraction]:
    """Return the used share of each pool's resource that has a limit above 0."""
    found = {}
    for pool in bill.instance.pools:
        for name in pool.resources:
            offered = available_hours(bill.instance, pool, name, bill.compiled.kinds)
            if offered:
                found[pool.id, name] = bill.by_pool[pool.id].hours[name] / offered
    return found
