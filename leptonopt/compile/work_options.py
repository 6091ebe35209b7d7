"""Make the options of a task from its `work`: variant x pool x device count.

Model optimisation and model parallelism become decisions here: every option of the work is made here, and the
solver chooses among them together with pool and start.

    duration = hours / (speed[pool] * devices[n] * variant.speed)        with one number per pool
    duration = hours / (speed[pool][n] * variant.speed)                  with a curve per pool
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from math import ceil
from typing import NamedTuple

from leptonopt.compile.charges import billing_difference
from leptonopt.compile.data_moves import EXACT, DataMove, Links
from leptonopt.compile.spot import CheckpointPlan, average_pace
from leptonopt.instance import POWER, Instance, Pool, Task, Variant, merged_work
from leptonopt.instance.tasks import Work
from leptonopt.runtime.clock import check_time

CONFIDENTIAL = "confidential"  # the label of pools on which confidential tasks may run
NOTHING: Mapping[str, Decimal] = {}


class ConcreteOption(NamedTuple):
    """An option of a task, written by the user or made from work.

    It is a tuple, which is made four times as fast as a frozen dataclass: there may be half a million of them.

    `duration` is in exact seconds; `uses` is in the user's units and includes power and whole nodes.
    `consumes` is used up once; `refused` is the reason why the option is not allowed. `whole` nodes are held
    exclusively. With `one_node` all uses are on a single node; `on_nodes` are the chosen nodes. It starts within
    [`not_before`, `not_after`]. As a segment of a task it does the share `work` of the task, and has a number; with
    `goes_on` it runs already when the horizon begins. `data`
    is moved for it; `cost` contains what that costs. `billed` is what a bill by started units of time differs by;
    `beside` is what is used beside whole nodes. On a pool with interruptions, a task that may be cut does `progress`
    of the work that it would do without, and `duration` is longer by as much.
    """

    id: str
    pool: str
    uses: dict[str, Decimal]
    duration: Fraction
    cost: Decimal
    variant: str | None
    quality: Decimal
    refused: str | None = None
    consumes: Mapping[str, Decimal] = NOTHING
    whole: int = 0
    one_node: bool = False
    on_nodes: tuple[str, ...] = ()
    not_before: datetime | None = None
    not_after: datetime | None = None
    segment: int = 0
    work: Fraction = Fraction(1)
    goes_on: bool = False
    data: tuple[DataMove, ...] = ()
    billed: Fraction = Fraction(0)
    beside: Mapping[str, Decimal] = NOTHING
    progress: Fraction = Fraction(1)

    @property
    def fetching(self) -> Fraction:
        """Return the time that its data takes [seconds]."""
        return sum((move.seconds for move in self.data), Fraction(0))

    @property
    def fixed(self) -> Fraction:
        """Return what a run costs besides the prices of the slots that it holds [money]."""
        return as_fraction(self.cost) + self.billed if self.billed else as_fraction(self.cost)

    @property
    def fixed_key(self) -> Fraction | Decimal:
        """Return `fixed` for a key: as the decimal that is stated where it can be.

        A fraction takes ten times as long to hash.
        """
        return self.fixed if self.billed else self.cost


def concrete_options(instance: Instance, task: Task, only: str | None = None) -> list[ConcreteOption]:
    """Return the options of a task, or those on one pool: written ones first, then those made from work.

    Ids are unique within the task. A written option without an id is called by its pool, one with an id on several
    pools 'ID POOL', a made one 'POOL xN' or 'POOL xN VARIANT'; '#2', '#3', ... is added where an earlier way has
    that name. Where options on `only` one pool are made, those on others do not count for that.
    """
    check_time()
    pools = {pool.id: pool for pool in instance.pools if only in (None, pool.id)}
    taken = {option.id for option in task.options if option.id is not None}
    found = []
    for way, own in [*_written(task, pools), *_made(instance, task, pools)]:
        pool = pools[way.pool]
        id, count = way.id, 2
        while not own and id in taken:
            id, count = f"{way.id}#{count}", count + 1
        taken.add(id)
        if task.placement == "packed" and pool.nodes and way.duration and not way.whole:
            way = _packed(way, pool)
        uses, one_node = _drawing(way.uses, pool), way.one_node or (task.placement == "one-node" and bool(pool.nodes))
        refused = way.refused or _refusal(way, task, pool)
        if one_node and way.duration and refused is None:
            refused = _beyond_a_node(way, pool)
        if (id, uses, one_node, refused) != (way.id, way.uses, way.one_node, way.refused):
            way = way._replace(id=id, uses=uses, one_node=one_node, refused=refused)
        found.append(_interrupted(way, task, pool) if task.is_cut and pool.interruptions is not None else way)
    found = _with_data(instance, task, found) if task.inputs or task.results else found
    if all(pool.billing is None for pool in instance.pools):
        return found
    return [
        way._replace(billed=billing_difference(way.uses, way.duration, pools[way.pool], instance.time)) for way in found
    ]


def _interrupted(way: ConcreteOption, task: Task, pool: Pool) -> ConcreteOption:
    """Return an option of a task that may be cut at its average pace on a pool with interruptions."""
    assert pool.interruptions is not None
    assert pool.interruptions.constant is not None
    pace = average_pace(CheckpointPlan.of(way.duration, task.checkpoint), Fraction(pool.interruptions.constant))
    if not pace:
        text = f"pool {pool.id!r} interrupts it too often for its work to be done"
        return way._replace(refused=way.refused or text, progress=pace)
    return way._replace(duration=way.duration / pace, progress=pace)


def _with_data(instance: Instance, task: Task, ways: Iterable[ConcreteOption]) -> list[ConcreteOption]:
    """Return the options of a task that fetch its inputs, run, and write its results."""
    links, found = Links.of(instance), []
    for way in ways:
        if (region := links.regions[way.pool]) is None:
            found.append(without_region(way))
        else:
            found.append(moving(way, links.fixed_moves(task, region), takes_time=True))
    return found


def before_fetching(way: ConcreteOption) -> ConcreteOption:
    """Return an option without the time and the cost of its data, which it still states."""
    paid = sum((move.cost for move in way.data), Decimal(0))
    return way._replace(duration=way.duration - way.fetching, cost=EXACT.subtract(way.cost, paid))


def without_region(way: ConcreteOption) -> ConcreteOption:
    """Return an option refused because its pool has no region."""
    return way._replace(refused=way.refused or f"its data moves, and pool {way.pool!r} has no label `region:NAME`")


def moving(way: ConcreteOption, moves: Iterable[DataMove | None], takes_time: bool) -> ConcreteOption:
    """Return an option that pays for moves, refused where one is None.

    It also takes their time where `takes_time`.
    """
    for move in moves:
        if move is None:
            return way._replace(refused=way.refused or f"no link moves its data to or from pool {way.pool!r}")
        cost, seconds = EXACT.add(way.cost, move.cost), move.seconds if takes_time else 0
        way = way._replace(cost=cost, duration=way.duration + seconds, data=(*way.data, move))
    return way


def _drawing(uses: dict[str, Decimal], pool: Pool) -> dict[str, Decimal]:
    """Return the uses with the power drawn, where the pool counts it and the option does not state it."""
    if not pool.powered or POWER in uses:
        return uses
    drawn = Decimal(0)
    for name, count in uses.items():
        drawn = EXACT.add(drawn, EXACT.multiply(pool.power.get(name, Decimal(0)), count))
    return {**uses, POWER: drawn} if drawn else uses


def _written(task: Task, pools: dict[str, Pool]) -> Iterator[tuple[ConcreteOption, bool]]:
    for option in task.options:
        own = option.id is not None and option.pool is not None
        duration = Fraction(option.duration)
        for pool in option.where:
            if pool not in pools:
                continue
            uses = option.uses
            if option.nodes is not None:
                size = pools[pool].nodes[0].size
                uses = uses | {name: EXACT.multiply(count, Decimal(option.nodes)) for name, count in size.items()}
            way = ConcreteOption(
                id=option.id if own and option.id else f"{option.id} {pool}" if option.id else pool,
                pool=pool,
                uses=uses,
                duration=duration,
                cost=option.cost,
                variant=option.variant,
                quality=option.quality,
                consumes=option.consumes,
                whole=option.nodes or 0,
                beside=option.uses if option.nodes else {},
                not_before=option.not_before,
                not_after=option.not_after,
            )
            yield way, own


def _made(instance: Instance, task: Task, pools: dict[str, Pool]) -> Iterator[tuple[ConcreteOption, bool]]:
    if task.work is None:
        return
    work = merged_work(task.work, instance.profiles)
    variants: list[tuple[str | None, Variant]] = [*(work.variants or {}).items()] or [(None, Variant())]
    scaling = work.devices or {1: Decimal(1)}
    held: dict[int, dict[str, Decimal]] = {}  # by number of devices
    for name, variant in variants:
        needed = None if work.memory is None else EXACT.multiply(work.memory, variant.memory)
        for pool, speed in (work.speed or {}).items():
            if pool not in pools:
                continue
            curve = speed if isinstance(speed, dict) else {n: speed * factor for n, factor in scaling.items()}
            room = pools[pool].device_memory
            for devices, rate in curve.items():
                if (uses := held.get(devices)) is None:
                    uses = held[devices] = _work_uses(work, devices)
                duration = _work_seconds(work.hours, rate, variant.speed)
                id = f"{pool} x{devices}" + (f" {name}" if name else "")
                refused = None
                if needed is not None and room is not None and needed > EXACT.multiply(room, Decimal(devices)):
                    refused = f"{devices} x {room} of device memory hold less than the {needed} needed"
                way = ConcreteOption(
                    id, pool, dict(uses), duration, work.cost, name, variant.quality, refused, work.consumes
                )
                yield way, False


def _work_uses(work: Work, devices: int) -> dict[str, Decimal]:
    """Return what work holds on so many devices."""
    uses = {work.device or "gpu": Decimal(devices)}
    for table, times in ((work.per_device, devices), (work.uses, 1)):
        for resource, count in (table or {}).items():
            uses[resource] = EXACT.fma(count, Decimal(times), uses.get(resource, Decimal(0)))
    return uses


@lru_cache(4096)
def as_fraction(amount: Decimal) -> Fraction:
    """Return an amount as a fraction; cached because few amounts recur."""
    return Fraction(amount)


@lru_cache(1 << 15)
def _work_seconds(hours: Decimal, rate: Decimal, speed: Decimal) -> Fraction:
    """Return how long work takes [seconds]; cached as fractions are slow, and replanning asks twice."""
    return as_fraction(hours) * _seconds_per_hour(rate, speed)


@lru_cache(4096)
def _seconds_per_hour(rate: Decimal, speed: Decimal) -> Fraction:
    """Return how long an hour of work takes [seconds]; cached because few pairs recur."""
    return 3600 / (Fraction(rate) * Fraction(speed))


def _refusal(way: ConcreteOption, task: Task, pool: Pool) -> str | None:
    if missing := [label for label in task.needs.labels if label not in pool.labels]:
        return f"pool {pool.id!r} lacks the label {missing[0]!r}"
    if unwanted := [label for label in task.needs.without if label in pool.labels]:
        return f"pool {pool.id!r} has the label {unwanted[0]!r}, which `needs` forbids"
    if task.confidential and CONFIDENTIAL not in pool.labels:
        return f"what is confidential runs elsewhere: pool {pool.id!r} lacks the label {CONFIDENTIAL!r}"
    if way.quality < task.needs.quality:
        return f"quality {way.quality} is below the {task.needs.quality} needed"
    return None


def _packed(way: ConcreteOption, pool: Pool) -> ConcreteOption:
    """Return an option within one node where one holds it, or else on the least number of whole nodes."""
    held = {name: count for name, count in way.uses.items() if count and name in pool.of_nodes}
    if not held:
        return way
    if any(all(kind.size.get(name, 0) >= count for name, count in held.items()) for kind in pool.nodes):
        return way._replace(one_node=True)
    size = pool.nodes[0].size
    if len(pool.nodes) > 1 or not held.keys() <= size.keys():
        return way._replace(refused=way.refused or "packed on whole nodes, on a pool with several kinds of nodes")
    whole = max(ceil(Fraction(count) / Fraction(size[name])) for name, count in held.items())
    nodes = {name: EXACT.multiply(count, Decimal(whole)) for name, count in size.items()}
    beside = {name: count for name, count in way.uses.items() if name not in pool.of_nodes}
    return way._replace(whole=whole, uses={**way.uses, **nodes}, beside=beside)


def _beyond_a_node(way: ConcreteOption, pool: Pool) -> str | None:
    """Return the reason why no single node of a pool can hold an option."""
    if way.whole > 1:
        return f"one-node with {way.whole} whole nodes"
    most = {
        name: max(kind.size.get(name, Decimal(0)) for kind in pool.nodes) for kind in pool.nodes for name in kind.size
    }
    held = {name: count for name, count in way.uses.items() if count and name in most}
    if not held or any(all(kind.size.get(name, 0) >= count for name, count in held.items()) for kind in pool.nodes):
        return None
    for name, count in held.items():
        if count > most[name]:
            return f"one-node with {count:f} {name}; a node holds {most[name]:f}"
    return f"one-node with {' and '.join(f'{count:f} {name}' for name, count in held.items())}; no node holds all of it"
