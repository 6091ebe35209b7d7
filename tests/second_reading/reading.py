"""Read an instance file by `docs/reference/format.md`: pools, nodes, tasks with the ways to run them, quotas."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from dataclasses import field as of
from datetime import date
from fractions import Fraction
from itertools import pairwise
from math import ceil
from typing import Any

from . import notation, spot
from .documents import Clock, Refused, Series, duration, get, instant, number, truth, values, whole
from .savings import read_savings
from .services import read_services

Wait = tuple[Fraction, Fraction | None]

PERIODS: dict[str, Callable[[date], tuple[int, ...]]] = {
    "day": lambda date: (date.year, date.month, date.day),
    "week": lambda date: date.isocalendar()[:2],
    "month": lambda date: (date.year, date.month),
    "quarter": lambda date: (date.year, (date.month - 1) // 3),
    "year": lambda date: (date.year,),
}
"""Hold what tells a calendar period from others."""

Limit = list[Fraction | None]
"""By slot, how much there is; None where nothing limits it."""


@dataclass
class Kind:
    """Nodes of one size in a pool; times in slots."""

    id: str
    size: dict[str, Fraction]
    count: list[int]
    price: list[Fraction] | None
    startup: Fraction
    shutdown: Fraction
    boot: int
    minimum: int
    most: int  # the largest number that `count` can take
    power: Fraction
    stated_count: list[int]
    commit_total: Fraction | None  # money per node for the whole horizon
    commit_price: Fraction | None  # the same per hour, where stated so
    commit_max: int
    reserved: int
    running: int
    off: int
    load: dict[str, Fraction]
    held: list[int]
    since: int  # how many instants it states

    def hourly(self, clock: Clock) -> list[Fraction] | None:
        """Return what a node costs an hour, on demand or else committed; None where it has no price."""
        if self.price is not None:
            return self.price
        if self.commit_total is None:
            return None
        there = sum(many > 0 for many in self.stated_count)
        money = self.commit_total if self.commit_price is None else self.commit_price * clock.hours * there
        return [money / (clock.hours * max(1, there))] * clock.slots


@dataclass
class Pool:
    """Where tasks run."""

    id: str
    labels: frozenset[str]
    device_memory: Fraction | None
    sunk: Fraction
    capacity: dict[str, Limit]
    price: dict[str, list[Fraction]]
    draw: dict[str, Fraction]  # kW of a unit in use
    counts_power: bool
    carbon: list[Fraction]  # kg per kWh
    rate: list[Fraction] | None  # interruptions per hour
    kinds: list[Kind]
    told_apart: bool = False
    steady: bool = True  # interruptions do not change over time

    @property
    def of_nodes(self) -> set[str]:
        """Resources that nodes hold."""
        return {resource for kind in self.kinds for resource in kind.size}

    charge: dict[str, list[Fraction]] | None = None  # as stated
    billing: tuple[Fraction, Fraction] | None = None  # unit and minimum, in seconds

    def charges(self, clock: Clock) -> dict[str, list[Fraction]]:
        """Return what a unit of each resource of nodes is charged an hour, in every slot."""
        if self.charge is not None:
            return self.charge
        own = {what for what in self.of_nodes if not what.startswith("apart:")}
        what = "gpu" if "gpu" in own else next(iter(own)) if len(own) == 1 else None
        priced = [kind.hourly(clock) for kind in self.kinds if what in kind.size]
        rates = [
            [money / kind.size[what] if many else None for money, many in zip(hourly, kind.stated_count, strict=True)]
            for kind, hourly in zip([kind for kind in self.kinds if what in kind.size], priced, strict=True)
            if hourly is not None
        ]
        if what is None or not rates:
            return {}
        some = ([rate for rate in each if rate is not None] for each in zip(*rates, strict=True))
        return {what: [min(each, default=Fraction(0)) for each in some]}

    def unclear(self, clock: Clock) -> bool:
        """Tell whether some nodes have a price, and nothing says what tasks are charged of it."""
        found = self.charges(clock)
        priced = [kind for kind in self.kinds if kind.hourly(clock) is not None]
        return self.charge is None and any(not found.keys() & kind.size.keys() for kind in priced)

    def units(self) -> list[Unit]:
        """Return what is switched on and paid by itself."""
        found = []
        for kind in self.kinds:
            if not self.told_apart:
                found.append(Unit(kind, 0, kind.count, kind.reserved, kind.commit_max, kind.running))
                continue
            for k in range(1, kind.most + 1):
                reserved = int(k <= kind.reserved)
                committed = int(kind.reserved < k <= kind.reserved + kind.commit_max)
                there, before = [int(count >= k) for count in kind.count], int(k <= kind.running)
                found.append(Unit(kind, k, there, reserved, committed, before))
        return found


@dataclass
class Unit:
    """What is switched on and paid by itself: a kind of nodes, or one node where they are told apart."""

    kind: Kind
    number: int  # of the first node; 0 for a whole kind
    count: list[int]
    reserved: int
    commit_max: int
    before: int  # on when the horizon begins

    def limit(self, slot: int, committed: int) -> int:
        """Return how many may be on in a slot."""
        if self.kind.price is None:
            return min(self.count[slot], self.reserved + committed)
        return self.count[slot]


@dataclass
class Option:
    """A way to run a task."""

    pool: Pool
    name: str
    variant: str | None
    quality: Fraction
    uses: dict[str, Fraction]
    nodes: int
    consumes: dict[str, Fraction]
    seconds: Fraction  # of work, without interruptions
    cost: Fraction
    not_before: Fraction | None = None  # seconds since 1970
    not_after: Fraction | None = None
    alone: bool = False  # all it uses of nodes is on one of them
    drawn: bool = False  # what it uses of power follows from the rest
    fetched: Move = of(default_factory=lambda: Move())  # inputs of a task that may be cut

    def billed(self, clock: Clock) -> Option:
        """Return the option with what it pays by started units of time, instead of by slots."""
        if self.pool.billing is None or self.milestone:
            return self
        unit, least = self.pool.billing
        paid, held = max(least, -(-self.seconds // unit) * unit), -(-self.seconds // clock.slot) * clock.slot
        priced = [
            value * self.pool.price[what][0]
            for what, value in self.uses.items()
            if what in self.pool.price and what != "power"
        ]
        return replace(self, cost=self.cost + sum(priced, Fraction(0)) * (paid - held) / 3600)

    def paced(self, saved: spot.Checkpoint | None) -> Option | None:
        """Return the option of a task that may be cut at its average pace; None where it gets nothing done."""
        if self.pool.rate is None or self.milestone:
            return self
        factor = spot.pace(self.pool.rate[0], saved, self.seconds).factor
        share = Fraction(0) if factor is None else Fraction(int(10**6 / factor), 10**6)
        return replace(self, seconds=self.seconds / share) if share else None

    def pack(self) -> None:
        """Put it within one node if one holds it, or on whole nodes of the only kind; its nodes are -1 if neither."""
        held = {what: value for what, value in self.uses.items() if value and what in self.pool.of_nodes}
        kinds = [kind for kind in self.pool.kinds if held.keys() <= kind.size.keys()]
        if not held or any(all(kind.size[what] >= value for what, value in held.items()) for kind in kinds):
            self.alone = bool(held)
        elif len(self.pool.kinds) != 1 or not kinds:
            self.nodes = -1
        else:
            self.nodes = max(int(-(-value // kinds[0].size[what])) for what, value in held.items())
            uses = {what: value for what, value in self.uses.items() if what != "power" or not self.drawn}
            self.uses = with_power(self.pool, uses | {what: self.nodes * kinds[0].size[what] for what in kinds[0].size})

    @property
    def milestone(self) -> bool:
        """Tell whether it takes no time; it then holds nothing, so that no capacity and no node limits it."""
        return self.seconds == 0


@dataclass
class Cut:
    """How a task may be cut into segments; times in seconds."""

    most: int
    shortest: Fraction
    restart: Fraction
    cost: Fraction
    move: bool
    resize: bool
    begun: Begun | None = None


@dataclass
class Begun:
    """The work of a task before the horizon; seconds."""

    option: str
    left: Fraction | None
    paused: bool
    shortest: Fraction | None


@dataclass
class Task:
    """Something to run, in equal copies; instants in seconds since 1970."""

    id: str
    copies: int
    release: Fraction | None
    deadline: Fraction | None
    due: Fraction | None
    late_cost: Fraction
    late_penalty: Fraction
    early_cost: Fraction
    value: Fraction
    optional: bool
    after: list[tuple[str, Wait]]
    takes: dict[str, Fraction]  # by task: GiB that it passes on
    one_node: bool
    team: str | None
    checkpoint: spot.Checkpoint | None
    on_time: Fraction | None
    options: list[Option] = of(default_factory=list)
    cut: Cut | None = None
    stated: list[Option] = of(default_factory=list)  # also those that its needs do not allow


@dataclass
class Quota:
    """A limit on what some tasks use."""

    id: str
    what: str
    limit: Fraction
    per: str
    tasks: list[str] | None
    teams: list[str] | None
    pools: list[str] | None
    windows: list[list[int]]  # the slots of each; of one `per: moment` each slot alone
    before: Fraction = Fraction(0)  # used before the horizon

    def spent(self, window: list[int]) -> Fraction:
        """Return what counts for a window before the plan."""
        return self.before if window[0] == 0 else Fraction(0)

    @property
    def special(self) -> bool:
        """Tell whether it is of money, energy or carbon."""
        return self.per != "moment" and self.what in ("money", "energy", "carbon", "node_hours")

    @property
    def counts_nodes(self) -> bool:
        """Tell whether what nodes cost and draw counts."""
        return self.special and self.tasks is None and self.teams is None

    def covers(self, task: Task, pool: Pool) -> bool:
        """Tell whether a task in a pool counts."""
        return (
            (self.tasks is None or task.id in self.tasks)
            and (self.teams is None or task.team in self.teams)
            and self.covers_pool(pool)
        )

    def covers_pool(self, pool: Pool) -> bool:
        """Tell whether a pool counts."""
        return self.pools is None or pool.id in self.pools


@dataclass
class Meter(Quota):
    """A price by tiers of what some tasks use."""

    tiers: list[tuple[Fraction, Fraction]] = of(default_factory=list)  # from which amount on, and the price
    minimum: Fraction = Fraction(0)

    def cost(self, window: list[int], used: Fraction) -> Fraction:
        """Return what use costs that comes after what was used before the horizon."""
        spent, total = self.spent(window), Fraction(0)
        for at, (begin, price) in enumerate(self.tiers):
            end = self.tiers[at + 1][0] if at + 1 < len(self.tiers) else max(begin, spent + used)
            low, high = max(begin, spent), min(end, spent + used)
            total += max(Fraction(0), high - low) * price
        return max(total, self.minimum - self.paid(spent))

    def paid(self, amount: Fraction) -> Fraction:
        """Return what the tiers ask for an amount from its first unit on."""
        ends = [begin for begin, _ in self.tiers[1:]] + [amount]
        parts = [max(Fraction(0), min(end, amount) - begin) for (begin, _), end in zip(self.tiers, ends, strict=True)]
        return sum((part * price for part, (_, price) in zip(parts, self.tiers, strict=True)), Fraction(0))


@dataclass
class Run:
    """A copy of a task in one way from one slot on: what it holds, and what it costs."""

    task: Task
    option: Option
    start: int
    end: int  # the first slot that is not held
    energy: list[Fraction]  # kWh by slot held
    carbon: list[Fraction]  # kg by slot held
    running: list[Fraction]  # money by slot held
    late_hours: Fraction
    late: Fraction
    segment: int = 0  # its number where the task may be cut
    share: Fraction = Fraction(1)  # of the task
    early: Fraction = Fraction(0)

    @property
    def money(self) -> Fraction:
        """All the money that this run costs."""
        return sum(self.running, Fraction(0)) + self.option.cost + self.late + self.early

    def holds(self, slot: int) -> bool:
        """Tell whether it runs in a slot."""
        return self.start <= slot < self.end


@dataclass
class Move:
    """Data that goes from one region to another: money and seconds."""

    cost: Fraction = Fraction(0)
    seconds: Fraction = Fraction(0)


class Data:
    """Links between regions, and datasets."""

    def __init__(self, tree: dict[str, Any]):
        self.links = get(tree, "links", [])
        self.datasets = {each["id"]: each for each in get(tree, "datasets", [])}
        if not all(each["at"] for each in self.datasets.values()):
            raise Refused("a dataset that lies nowhere")

    def move(self, origin: str, to: str, gib: Fraction) -> Move | None:
        """Return what it takes to move an amount; None where no link leads there."""
        if origin == to or not gib:
            return Move()
        rank = {(origin, to): 0, (origin, "*"): 1, ("*", to): 2, ("*", "*"): 3}
        fitting = [link for link in self.links if (link["from"], link["to"]) in rank]
        if not fitting:
            return None
        link = min(fitting, key=lambda each: rank[each["from"], each["to"]])
        seconds = duration(get(link, "setup", "0s"))
        if get(link, "gbit") is not None:
            seconds += gib * 2**33 / (number(link["gbit"]) * 10**9)
        return Move(number(get(link, "price", 0)) * gib, seconds)

    def own(self, tree: dict[str, Any], region: str) -> list[Move | None]:
        """Return the moves of the inputs and results of a task in a region."""
        moves: list[Move | None] = []
        for name in get(tree, "inputs", []):
            known = self.datasets[name]
            offers = [self.move(place, region, number(known["gib"])) for place in known["at"]]
            there = [each for each in offers if each]
            moves.append(min(there, key=lambda each: (each.cost, each.seconds)) if there else None)
        if (results := get(tree, "results")) is not None:
            moves.append(self.move(region, results["to"], number(results["gib"])))
        return moves


def region_of(pool: Pool) -> str | None:
    """Return the region of a pool."""
    return next((label[7:] for label in sorted(pool.labels) if label.startswith("region:")), None)


class Instance:
    """A whole instance file as it is understood here."""

    def __init__(self, tree: dict[str, Any]):
        tree = notation.plain(tree)
        self.clock = Clock.of(tree["time"])
        objective = get(tree, "objective", {})
        self.weight = number(get(objective, "cost", 1))
        self.carbon_weight = number(get(objective, "carbon_kg", 0))
        if not self.weight and not self.carbon_weight:
            raise Refused("an objective of nothing")
        self.pools = {each["id"]: _pool(each, self.clock) for each in tree["pools"]}
        profiles = get(tree, "profiles", {})
        self.data = Data(tree)
        self.tasks = {each["id"]: _task(each, self, profiles) for each in get(tree, "tasks", [])}
        self._read_data(tree)
        if any(pool.billing for pool in self.pools.values()) and any(task.cut for task in self.tasks.values()):
            raise Refused("billing beside segments")
        for task in self.tasks.values():
            task.options = [option.billed(self.clock) for option in task.options]
        self.services = read_services(tree, self)
        self.quotas = [_quota(each, self.clock) for each in get(tree, "quotas", [])]
        self.meters = [_meter(each, self.clock) for each in get(tree, "meters", [])]
        for meter in self.meters:
            self._refuse_below_zero(meter, tree)
        for quota in [*self.quotas, *self.meters]:
            self._check_quota(quota, tree)
        self.savings = read_savings(tree, self)
        self.together = [list(each) for each in get(tree, "together", [])]
        self.apart = [list(each) for each in get(tree, "apart", [])]
        self._check_segments()
        self._check_restrained()

    def _refuse_below_zero(self, meter: Meter, tree: dict[str, Any]) -> None:
        """Refuse a meter of money where it counts a price or a cost below 0."""
        if meter.what != "money":
            return
        prices = [
            value
            for pool in tree["pools"]
            if meter.covers_pool(self.pools[pool["id"]])
            for price in get(pool, "price", {}).values()
            for value in (next(iter(price.values())).values() if isinstance(price, dict) else [price])
        ]
        for task in get(tree, "tasks", []):
            if (meter.tasks is None or task["id"] in meter.tasks) and (
                meter.teams is None or get(task, "team") in meter.teams
            ):
                prices += [get(each, "cost", 0) for each in [*get(task, "options", []), get(task, "work", {})]]
        if any(number(value) < 0 for value in prices):
            raise Refused("a meter of money beside prices or costs below 0")

    def _check_restrained(self) -> None:
        """Refuse a least load, or a time off, of nodes told apart, and beside services and segments."""
        beside = bool(self.services) or any(task.cut for task in self.tasks.values())
        for pool in self.pools.values():
            if any(kind.off or any(kind.load.values()) or kind.since for kind in pool.kinds) and (
                beside or pool.told_apart
            ):
                raise Refused("a least load or a time off, where it is not supported")

    def _check_segments(self) -> None:
        """Refuse what goes with no segments."""
        cut = [task for task in self.tasks.values() if task.cut]
        for task in cut:
            if any(task.id in group for group in [*self.together, *self.apart]):
                raise Refused("segments of a task that shares pools with others")
            if any(not option.pool.steady or option.milestone for option in task.stated):
                raise Refused("segments on a pool with interruptions that change, or of a milestone")

    def _read_data(self, tree: dict[str, Any]) -> None:
        """Leave each task with data the options on pools that have a region, with what their data costs and takes."""
        passing = {name for task in self.tasks.values() for name, gib in task.takes.items() if gib}
        for stated in get(tree, "tasks", []):
            task = self.tasks[stated["id"]]
            taking = any(task.takes.values())
            if taking and (task.copies > 1 or any(self.tasks[n].copies > 1 for n, gib in task.takes.items() if gib)):
                raise Refused("data between copies")
            if not (taking or task.id in passing or get(stated, "inputs", []) or get(stated, "results")):
                continue
            if task.cut and (get(stated, "results") or (get(stated, "inputs", []) and task.cut.move)):
                raise Refused("segments with results, or inputs of those that move")
            kept = []
            for option in task.options:
                region = region_of(option.pool)
                moves = [] if region is None else self.data.own(stated, region)
                if region is None or None in moves:
                    continue
                cost = sum((each.cost for each in moves if each), Fraction(0))
                seconds = sum((each.seconds for each in moves if each), Fraction(0))
                if task.cut:
                    kept.append(replace(option, fetched=Move(cost, seconds)))
                else:
                    kept.append(replace(option, cost=option.cost + cost, seconds=option.seconds + seconds))
            task.options = kept

    def passed(self, run: Run, other: Run) -> Move | None:
        """Return how what a run takes from another one moves; None where it cannot."""
        gib = run.task.takes.get(other.task.id, Fraction(0))
        if not gib:
            return Move()
        origin, to = region_of(other.option.pool), region_of(run.option.pool)
        return None if origin is None or to is None else self.data.move(origin, to, gib)

    def _check_quota(self, quota: Quota, tree: dict[str, Any]) -> None:
        """Refuse a quota of nothing that there is, and a budget of some tasks where nodes cost anything."""
        covered = [pool for pool in self.pools.values() if quota.covers_pool(pool)]
        known = {what for pool in covered for what in {*pool.capacity, *pool.of_nodes}}
        if quota.per != "moment":
            known |= {"money", "energy", "carbon", "node_hours"}
            known |= {
                what
                for task in get(tree, "tasks", [])
                for option in [*get(task, "options", []), get(task, "work", {})]
                for what in get(option, "consumes", {})
            }
        if quota.what not in known:
            raise Refused(f"a quota of {quota.what}, which there is not")
        if quota.special and quota.what == "node_hours" and not quota.counts_nodes:
            raise Refused("hours of nodes of some tasks, which share them")
        budget = quota.special and quota.what == "money" and not quota.counts_nodes
        if budget and any(pool.unclear(self.clock) for pool in covered):
            raise Refused("a budget of some tasks, of whom nobody knows what they are charged")

    def run(self, task: Task, option: Option, start: int) -> Run | None:
        """Return what one copy does from a slot on, or None where it may not: window, deadline, horizon."""
        clock, pool = self.clock, option.pool
        if start < 0 or (task.release is not None and clock.begin(start) < task.release):
            return None
        if option.not_before is not None and clock.begin(start) < option.not_before:
            return None
        if option.not_after is not None and clock.begin(start) > option.not_after:
            return None
        if option.milestone:
            return self._milestone(task, option, start)
        if start == clock.slots:
            return None
        end = spot.end(clock, pool.rate, task.checkpoint, option.seconds, start)
        if end is None or end > clock.slots:
            return None
        if task.deadline is not None and clock.begin(end) > task.deadline:
            return None
        if task.on_time is not None and not spot.on_time(
            clock, pool.rate, task.checkpoint, option.seconds, start, task.deadline, task.on_time
        ):
            return None
        return self._held(task, option, start, end)

    def segment(self, task: Task, option: Option, start: int, end: int, number: int, last: bool) -> Run | None:
        """Return a segment of a copy, or None where it may not be so."""
        clock, cut = self.clock, task.cut
        assert cut is not None
        if task.release is not None and clock.begin(start) < task.release:
            return None
        begun = cut.begun
        runs = begun is not None and not begun.paused and number == 1 and start == 0 and option.name == begun.option
        if not runs and option.not_before is not None and clock.begin(start) < option.not_before:
            return None
        if not runs and option.not_after is not None and clock.begin(start) > option.not_after:
            return None
        if task.deadline is not None and clock.begin(end) > task.deadline:
            return None
        if begun is not None and begun.shortest is not None and number == 1 and not runs:
            return None
        again = number > 1 or (begun is not None and not runs)
        fetched = Move() if again or runs else option.fetched
        lost = cut.restart if again else fetched.seconds
        length = (end - start) * clock.slot
        rest = option.seconds * self._left(task)
        shortest = min(begun.shortest or clock.slot, rest) if runs and begun else min(cut.shortest, option.seconds)
        option = replace(option, cost=option.cost + fetched.cost)
        least = max(ceil(shortest / clock.slot), lost // clock.slot + 1)
        if not least <= end - start <= max(least, ceil((rest + lost) / clock.slot)):
            return None
        paid = replace(option, cost=option.cost + cut.cost) if again else option
        if runs:
            paid = replace(option, cost=Fraction(0), consumes={})
        run = self._held(task, paid, start, end)
        if not last:
            run = replace(run, late_hours=Fraction(0), late=Fraction(0))
        return replace(run, segment=number, share=(length - lost) / option.seconds)

    def _left(self, task: Task) -> Fraction:
        """Return the share of the work that is left when the horizon begins."""
        begun = task.cut.begun if task.cut else None
        if begun is None or begun.left is None:
            return Fraction(1)
        (ran,) = [option for option in task.stated if option.name == begun.option]
        return min(Fraction(1), begun.left / ran.seconds)

    def whole(self, task: Task, segments: list[Run]) -> bool:
        """Tell whether segments, in order, may make up a copy."""
        cut = task.cut
        assert cut is not None
        options = [run.option for run in segments]
        if cut.begun is not None:
            options += [option for option in task.stated if option.name == cut.begun.option]
        held = {tuple(sorted((what, n) for what, n in option.uses.items() if n)) for option in options}
        return (
            1 <= len(segments) <= cut.most
            and all(before.end <= after.start for before, after in pairwise(segments))
            and sum(run.share for run in segments) >= self._left(task)
            and (cut.move or len({option.pool.id for option in options}) == 1)
            and (cut.resize or len(held) == 1)
        )

    def _held(self, task: Task, option: Option, start: int, end: int) -> Run:
        """Return what a copy holds in an option from one slot to another, late or not."""
        over = Fraction(0) if task.due is None else max(Fraction(0), self.clock.begin(end) - task.due) / 3600
        late = over * task.late_cost + (task.late_penalty if over else 0)
        early = self._early(task, self.clock.begin(end))
        return replace(self.held(task, option, start, end), late_hours=over, late=late, early=early)

    def held(self, task: Task, option: Option, start: int, end: int) -> Run:
        """Return what an option holds, draws and costs from one slot to another, lateness aside."""
        hours, held, pool = self.clock.hours, range(start, end), option.pool
        drawn = option.uses.get("power", Fraction(0)) if pool.counts_power else Fraction(0)
        priced = [(amount, pool.price[what]) for what, amount in option.uses.items() if what in pool.price]
        return Run(
            task,
            option,
            start,
            end,
            [drawn * hours for _ in held],
            [drawn * hours * pool.carbon[slot] for slot in held],
            [sum((amount * hours * price[slot] for amount, price in priced), Fraction(0)) for slot in held],
            Fraction(0),
            Fraction(0),
        )

    def _milestone(self, task: Task, option: Option, start: int) -> Run | None:
        """Return what a copy does that starts and ends at one instant, at the end of the horizon at the latest."""
        at = self.clock.begin(start)
        if start > self.clock.slots or (task.deadline is not None and at > task.deadline):
            return None
        over = Fraction(0) if task.due is None else max(Fraction(0), at - task.due) / 3600
        late = over * task.late_cost + (task.late_penalty if over else 0)
        return Run(task, option, start, start, [], [], [], over, late, early=self._early(task, at))

    def _early(self, task: Task, end: Fraction) -> Fraction:
        """Return what it costs to end before the due date."""
        return Fraction(0) if task.due is None else max(Fraction(0), task.due - end) / 3600 * task.early_cost

    def passed_cost(self, run: Run, others: list[Run]) -> Fraction:
        """Return what it costs to move what a run takes from others."""
        moves = [self.passed(run, other) for other in others if run.task.takes.get(other.task.id)]
        return sum((move.cost for move in moves if move), Fraction(0))

    def counted(self, quota: Quota, run: Run, window: list[int], passed: Fraction = Fraction(0)) -> Fraction:
        """Return what a run counts for one window of a quota; of `per: moment` what it holds in the slot.

        `passed` is the cost of what it takes from others.
        """
        if not quota.covers(run.task, run.option.pool):
            return Fraction(0)
        held = [slot for slot in window if run.holds(slot)]
        if quota.per == "moment":
            return run.option.uses.get(quota.what, Fraction(0)) if held else Fraction(0)
        once = min(run.start, self.clock.slots - 1) in window  # at the end of the horizon: with the last slot
        if quota.what == "money":
            fixed = run.option.cost + passed
            paid = sum((run.running[slot - run.start] for slot in held), fixed if once else Fraction(0))
            return paid if quota.counts_nodes else paid + sum((self.charged(run, slot) for slot in held), Fraction(0))
        consumed = run.option.consumes.get(quota.what, Fraction(0)) if once else Fraction(0)
        if quota.what == "energy":
            return sum((run.energy[slot - run.start] for slot in held), consumed)
        if quota.what == "carbon":
            return sum((run.carbon[slot - run.start] for slot in held), consumed)
        return consumed + run.option.uses.get(quota.what, Fraction(0)) * self.clock.hours * len(held)

    def charged(self, run: Run, slot: int) -> Fraction:
        """Return what a run is charged for nodes in a slot."""
        rates = run.option.pool.charges(self.clock)
        held = ((run.option.uses.get(what, Fraction(0)), rate) for what, rate in rates.items())
        return sum((amount * rate[slot] * self.clock.hours for amount, rate in held), Fraction(0))

    def fits_waiting(self, run: Run, other: Run | None, lag: Wait) -> bool:
        """Tell whether a run may follow what it waits for; None is a copy that is left out."""
        if other is None or (move := self.passed(run, other)) is None:
            return False
        waited = self.clock.begin(run.start) - self.clock.begin(other.end)
        return waited >= lag[0] + move.seconds and (lag[1] is None or waited <= lag[1])


def _wait(tree: dict[str, Any]) -> Wait:
    """Read the least and the greatest lag of an entry of `after`, in seconds."""
    most = get(tree, "most")
    return duration(get(tree, "lag", "0s")), None if most is None else duration(most)


def _pool(tree: dict[str, Any], clock: Clock) -> Pool:
    """Read a pool."""
    rates = get(tree, "interruptions")
    carbon = get(tree, "carbon")
    pool = Pool(
        tree["id"],
        frozenset(get(tree, "labels", [])),
        None if get(tree, "device_memory") is None else number(tree["device_memory"]),
        number(get(tree, "sunk", 0)),
        {},
        {what: Series.of(value, clock).mean for what, value in get(tree, "price", {}).items()},
        {what: number(value) for what, value in get(tree, "power", {}).items()},
        False,
        [Fraction(0)] * clock.slots if carbon is None else [each / 1000 for each in Series.of(carbon, clock).mean],
        None if rates is None else Series.of(rates, clock).mean,
        [],
    )
    pool.steady = not isinstance(rates, dict)
    if (billing := get(tree, "billing")) is not None:
        pool.billing = duration(get(billing, "unit", "1s")), duration(get(billing, "minimum", "0s"))
        over_time = any(isinstance(price, dict) for what, price in get(tree, "price", {}).items() if what != "power")
        if over_time or rates is not None or pool.billing[0] == 0:
            raise Refused("billing where prices change, or a run may be interrupted")
    if tree.get("charge") is not None:
        pool.charge = {what: Series.of(value, clock).mean for what, value in tree["charge"].items()}
    for what, value in get(tree, "capacity", {}).items():
        pool.capacity[what] = [None] * clock.slots if value == "unlimited" else list(Series.of(value, clock).least)
    kinds = get(tree, "nodes", [])
    pool.kinds = [_kind(each, tree["id"], clock) for each in ([kinds] if isinstance(kinds, dict) else kinds)]
    pool.counts_power = bool(
        get(tree, "power") or "power" in pool.price or carbon is not None or "power" in pool.capacity
    ) or any(kind.power for kind in pool.kinds)
    for window in get(tree, "maintenance", []):
        left = get(window, "capacity")
        for slot in clock.touched(instant(window["from"]), instant(window["to"])):
            if left is None:
                for limit in pool.capacity.values():
                    limit[slot] = Fraction(0)
                for kind in pool.kinds:
                    kind.count[slot] = 0
            else:
                for what, value in left.items():
                    had = pool.capacity[what][slot]
                    pool.capacity[what][slot] = number(value) if had is None else min(had, number(value))
    if pool.counts_power:
        pool.capacity.setdefault("power", [None] * clock.slots)
    return pool


def _kind(tree: dict[str, Any], pool: str, clock: Clock) -> Kind:
    """Read a kind of nodes, called as its pool where it has no id."""
    boot = -(-duration(get(tree, "boot", "0s")) // clock.slot)
    minimum = -(-duration(get(tree, "minimum", "0s")) // clock.slot)
    count = Series.of(tree["count"], clock)
    commit, most = get(tree, "commit"), int(max(values(tree["count"])))
    if whole(get(tree, "running", 0)) > most:
        raise Refused("more nodes are on before the horizon than there ever are")
    price, total, commit_max = None, None, 0
    if commit is not None:
        commit = commit if isinstance(commit, dict) else {"price": commit}
        price, total = get(commit, "price"), get(commit, "total")
        if (price is None) == (total is None):
            raise Refused("a commitment has either a price or a total")
        total = number(total) if price is None else number(price) * clock.hours * clock.slots
        commit_max = most if get(commit, "max") is None else whole(commit["max"])
    return Kind(
        get(tree, "id", pool),
        {what: number(value) for what, value in tree["size"].items()},
        [int(each) for each in count.least],
        None if get(tree, "price") is None else Series.of(tree["price"], clock).mean,
        number(get(tree, "startup", 0)),
        number(get(tree, "shutdown", 0)),
        int(boot),
        int(max(boot, minimum)),
        most,
        number(get(tree, "power", 0)),
        [int(each) for each in count.least],
        total,
        None if price is None else number(price),
        commit_max,
        whole(get(tree, "reserved", 0)),
        whole(get(tree, "running", 0)),
        int(-(-duration(get(tree, "minimum_off", "0s")) // clock.slot)),
        {what: number(value) for what, value in get(tree, "minimum_load", {}).items()},
        _held(tree, clock),
        len(get(tree, "since", [])),
    )


def _held(tree: dict[str, Any], clock: Clock) -> list[int]:
    """Return how many running nodes are within their minimum time, by slot."""
    since = [instant(each) for each in get(tree, "since", [])]
    if any(each > clock.start for each in since) or len(since) > whole(get(tree, "running", 0)):
        raise Refused("since")
    least = max(duration(get(tree, "boot", "0s")), duration(get(tree, "minimum", "0s")))
    return [sum(clock.begin(slot) < each + least for each in since) for slot in range(clock.slots)]


def _task(tree: dict[str, Any], instance: Instance, profiles: dict[str, Any]) -> Task:
    """Read a task, with those of its options that its needs allow."""
    needs, checkpoint = get(tree, "needs", {}), get(tree, "checkpoint")

    def at(key: str) -> Fraction | None:
        return None if get(tree, key) is None else instant(tree[key])

    task = Task(
        tree["id"],
        whole(get(tree, "copies", 1)),
        at("release"),
        at("deadline"),
        at("due"),
        number(get(tree, "late_cost", 0)),
        number(get(tree, "late_penalty", 0)),
        number(get(tree, "early_cost", 0)),
        number(get(tree, "value", 0)),
        truth(get(tree, "optional", False)),
        [
            (each["task"], _wait(each)) if isinstance(each, dict) else (each, (Fraction(0), None))
            for each in get(tree, "after", [])
        ],
        {each["task"]: number(get(each, "gib", 0)) for each in get(tree, "after", []) if isinstance(each, dict)},
        get(tree, "placement", "span") != "span",
        get(tree, "team"),
        None if checkpoint is None else spot.Checkpoint.of(checkpoint),
        None if get(tree, "on_time") is None else number(tree["on_time"]),
    )
    if (said := get(tree, "segments")) is not None:
        task.cut = _cut({} if said in (True, "true") else said, checkpoint, instance.clock)
    if task.cut is not None and task.on_time is not None:
        raise Refused("segments on time")
    if (task.due is None) != all(get(tree, key) is None for key in ("late_cost", "late_penalty", "early_cost")):
        raise Refused("a due date without a cost, or a cost without a due date")
    if task.release is not None and task.deadline is not None and task.deadline <= task.release:
        raise Refused("the deadline is not after the release")
    labels, without = set(get(needs, "labels", [])), set(get(needs, "without", []))
    if truth(get(tree, "confidential", False)):
        labels.add("confidential")
    placement = get(tree, "placement", "span")
    made = [*_written(tree, instance), *_worked(tree, instance, profiles)]
    for option in made:
        option.alone = placement == "one-node"
        if placement == "packed" and not option.nodes and not option.milestone:
            option.pack()
    for option in made:
        if not option.uses.keys() <= option.pool.capacity.keys() | option.pool.of_nodes:
            raise Refused(f"{option.uses.keys()} are not all in pool {option.pool.id}")
        option.pool.told_apart |= task.one_node and bool(option.pool.kinds)
    if task.cut:
        made = [option for each in made if (option := each.paced(task.checkpoint)) is not None]
    task.stated = made
    task.options = [
        option
        for option in made
        if labels <= option.pool.labels
        and not without & option.pool.labels
        and option.quality >= number(get(needs, "quality", 0))
        and option.nodes >= 0
        and not (option.alone and option.nodes > 1 and not option.milestone)
    ]
    return task


def _cut(said: dict[str, Any], checkpoint: dict[str, Any] | None, clock: Clock) -> Cut | None:
    """Read how a task may be cut; None where it runs as a whole."""
    saved = get(checkpoint or {}, "restart", "0s")
    cut = Cut(
        whole(get(said, "most", 4)),
        duration(said["shortest"]) if get(said, "shortest") is not None else clock.slot,
        duration(get(said, "restart", saved)),
        number(get(said, "cost", 0)),
        truth(get(said, "move", False)),
        truth(get(said, "resize", False)),
    )
    if (begun := get(said, "begun")) is not None:
        shortest = None if get(begun, "shortest") is None else duration(begun["shortest"])
        left = None if get(begun, "left") is None else duration(begun["left"])
        cut.begun = Begun(begun["option"], left, truth(get(begun, "paused", False)), shortest)
        if cut.begun.paused and shortest is not None:
            raise Refused("begun")
    return None if cut.most == 1 and cut.begun is None else cut


def _written(tree: dict[str, Any], instance: Instance) -> list[Option]:
    """Return the options that a task writes out."""
    found = []
    for each in get(tree, "options", []):
        several = get(each, "pools", [])
        for name in several or [each["pool"]]:
            pool, nodes = instance.pools[name], whole(get(each, "nodes", 0))
            uses = {what: number(value) for what, value in get(each, "uses", {}).items()}
            if nodes:
                if len(pool.kinds) != 1:
                    raise Refused("whole nodes of which kind?")
                if uses.keys() & pool.of_nodes:
                    raise Refused("whole nodes, and a part of what nodes hold")
                uses.update({what: nodes * value for what, value in pool.kinds[0].size.items()})
            window = [get(each, key) for key in ("not_before", "not_after")]
            if None not in window and instant(window[1]) < instant(window[0]):
                raise Refused("not_after is before not_before")
            given = get(each, "id")
            label = name if given is None else f"{given} {name}" if len(several) > 1 else given
            found.append(
                Option(
                    pool,
                    label,
                    get(each, "variant"),
                    number(get(each, "quality", 1)),
                    with_power(pool, uses),
                    nodes,
                    {what: number(value) for what, value in get(each, "consumes", {}).items()},
                    duration(each["duration"]),
                    number(get(each, "cost", 0)),
                    None if get(each, "not_before") is None else instant(each["not_before"]),
                    None if get(each, "not_after") is None else instant(each["not_after"]),
                    drawn="power" not in uses,
                )
            )
    return found


def _worked(tree: dict[str, Any], instance: Instance, profiles: dict[str, Any]) -> list[Option]:
    """Return the options made from an amount of work."""
    own = get(tree, "work")
    if own is None:
        return []
    profile = get(own, "profile")
    work = {
        **({} if profile is None else profiles[profile]),
        **{k: v for k, v in own.items() if get(own, k) is not None},
    }
    if not get(work, "speed") or get(work, "devices") == {} or get(work, "variants") == {}:
        raise Refused("no speed, no device count, or no variant")
    device, found = get(work, "device", "gpu"), []
    memory = get(work, "memory")
    for variant, factors in get(work, "variants", {None: {}}).items():
        for name, speed in work["speed"].items():
            pool = instance.pools[name]
            if isinstance(speed, dict):
                curve = {whole(n): number(at) for n, at in speed.items()}
            else:
                devices = get(work, "devices", {"1": 1})
                curve = {whole(n): number(at) * number(speed) for n, at in devices.items()}
            for n, at in curve.items():
                if memory is not None and pool.device_memory is not None:
                    needed = number(memory) * number(get(factors, "memory", 1))
                    if needed > n * pool.device_memory:
                        continue
                uses = {what: n * number(value) for what, value in get(work, "per_device", {}).items()}
                for what, value in get(work, "uses", {}).items():
                    uses[what] = uses.get(what, Fraction(0)) + number(value)
                uses[device] = uses.get(device, Fraction(0)) + n
                found.append(
                    Option(
                        pool,
                        f"{name} x{n}" + ("" if variant is None else f" {variant}"),
                        variant,
                        number(get(factors, "quality", 1)),
                        with_power(pool, uses),
                        0,
                        {what: number(value) for what, value in get(work, "consumes", {}).items()},
                        3600 * number(work["hours"]) / (at * number(get(factors, "speed", 1))),
                        number(get(work, "cost", 0)),
                        drawn="power" not in uses,
                    )
                )
    return found


def with_power(pool: Pool, uses: dict[str, Fraction]) -> dict[str, Fraction]:
    """Return what is used with the power that it draws, where the pool counts power."""
    if not pool.counts_power or "power" in uses:
        return uses
    drawn = sum((value * pool.draw.get(what, Fraction(0)) for what, value in uses.items()), Fraction(0))
    return {**uses, "power": drawn}


def _meter(tree: dict[str, Any], clock: Clock) -> Meter:
    """Read a meter."""
    tiers = [(number(get(tier, "from", 0)), number(tier["price"])) for tier in tree["tiers"]]
    begins = [begin for begin, _ in tiers]
    if begins[:1] != [0] or begins != sorted(set(begins)) or any(price < 0 for _, price in tiers):
        raise Refused("tiers that do not ascend from 0, or prices below zero")
    if get(tree, "per") == "moment":
        raise Refused("a meter at any moment")
    quota = _quota(tree | {"limit": 0}, clock)
    return Meter(**vars(quota), tiers=tiers, minimum=number(get(tree, "minimum", 0)))


def _quota(tree: dict[str, Any], clock: Clock) -> Quota:
    """Read a quota."""
    per = get(tree, "per", "horizon")
    slots = list(range(clock.slots))
    if per in PERIODS:
        found: dict[Any, list[int]] = {}
        for slot in slots:
            periods = {PERIODS[per](date) for date in clock.dates(slot)}
            if len(periods) > 1:
                raise Refused(f"a {per} begins within a slot")
            found.setdefault(periods.pop(), []).append(slot)
        windows = list(found.values())
        if any(window != list(range(window[0], window[-1] + 1)) for window in windows):
            raise Refused("a date that comes twice")
    else:
        windows = [[slot] for slot in slots] if per in ("moment", "slot") else [slots]
    limit, used = number(tree["limit"]), number(get(tree, "used", 0))
    if min(limit, used) < 0 and (tree["of"] != "money" or per == "moment"):
        raise Refused("a limit, or what is used, below zero")
    if used and per == "moment":
        raise Refused("used before the horizon, at any moment")
    return Quota(
        tree["id"],
        tree["of"],
        limit,
        per,
        get(tree, "tasks"),
        get(tree, "teams"),
        get(tree, "pools"),
        windows,
        used,
    )
