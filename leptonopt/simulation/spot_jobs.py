"""Take the jobs of an instance that may run on spot capacity, and refuse all others."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from fractions import Fraction

from leptonopt.compile.calendar import mean_by_slot
from leptonopt.compile.work_options import ConcreteOption, concrete_options
from leptonopt.errors import Unsupported
from leptonopt.instance import Instance, Task
from leptonopt.simulation.availability import SPOT, SURE
from leptonopt.simulation.prices import usual_price
from leptonopt.simulation.spot import Job


def jobs_of(world: Instance, deadlines: Instance, spot: Collection[str]) -> list[Job]:
    """Return a job for every copy of every task.

    Parameters
    ----------
    world : with releases as they come.
    deadlines : with deadlines as stated; one without ends with its horizon.
    spot : the pools whose capacity is a trace.

    Raises
    ------
    Unsupported
        When a task is not cut into segments, waits for others, or has no spot or no sure option.
    """
    _refuse(world, spot)
    return [
        job for task, stated in zip(world.tasks, deadlines.tasks, strict=True)
        for job in _copies(world, task, _slot(deadlines, stated), spot)
    ]  # fmt: skip


def _slot(deadlines: Instance, task: Task) -> int:
    until = task.deadline or task.due
    time = deadlines.time
    return time.slots if until is None else int((until - time.start).total_seconds()) // time.slot


def _refuse(world: Instance, spot: Collection[str]) -> None:
    """Raise `Unsupported` for rules that tie jobs to each other."""
    ties = {"quotas": world.quotas, "together": world.together, "apart": world.apart}
    if found := [name for name, rules in ties.items() if rules]:
        raise Unsupported(f"simulate does not support {found[0]} beside traces of spot capacity; allowed is none")
    for task in world.tasks:
        wrong = _unsupported(task)
        if wrong:
            raise Unsupported(f"simulate: tasks.{task.id}: {wrong}, beside traces of spot capacity")
    for pool in world.pools:
        if pool.nodes or pool.billing is not None:
            raise Unsupported(f"simulate: pools.{pool.id}: nodes and billing are not supported beside traces")


def _unsupported(task: Task) -> str:
    if task.segments is None or not task.is_cut or not task.segments.move:
        return "a task must have segments, with `move: true`"
    if task.after or task.optional or task.segments.shortest is not None:
        return "a task must have no `after`, `optional` or `segments.shortest`"
    return ""


def _copies(world: Instance, task: Task, deadline: int, spot: Collection[str]) -> Iterator[Job]:
    segments, time = task.segments, world.time
    assert segments is not None
    restart = segments.restart
    if restart is None:
        restart = task.checkpoint.restart if task.checkpoint is not None else 0
    release = 0 if task.release is None else -(-int((task.release - time.start).total_seconds()) // time.slot)
    ways = _ways(world, task, spot)
    for copy in range(1, task.copies + 1):
        yield Job((task.id, copy), ways, max(0, release), deadline, restart, segments.most, time.slot)


def _ways(world: Instance, task: Task, spot: Collection[str]) -> dict[int, ConcreteOption]:
    """Return the cheapest spot option, and the cheapest sure one with what it holds."""
    ways = [way for way in concrete_options(world, task) if way.refused is None]
    on_spot = [way for way in ways if way.pool in spot]
    prices = {way.id: usual_price(world, way) for way in ways}
    assert task.segments is not None
    for first in sorted(on_spot, key=lambda way: prices[way.id]):
        sure = [way for way in ways if way.pool not in spot and (task.segments.resize or way.uses == first.uses)]
        if sure:
            return {SPOT: first, SURE: min(sure, key=lambda way: prices[way.id])}
    text = "no option on a pool with a trace, and one on a pool without that holds as much"
    raise Unsupported(f"simulate: tasks.{task.id}: {text}")


@dataclass
class Room:
    """Capacity that is free in each slot, by pool and resource."""

    world: Instance

    def __post_init__(self) -> None:
        self._capacity = {
            (pool.id, name): mean_by_slot(limit, self.world.time) if not limit.unlimited else None
            for pool in self.world.pools for name, limit in pool.capacity.items()
        }  # fmt: skip
        self._used: dict[tuple[str, str, int], Fraction] = {}

    def fits(self, way: ConcreteOption, slot: int) -> bool:
        """Return whether an option finds room in a slot."""
        return all(self._free(way.pool, name, slot) >= amount for name, amount in way.uses.items())

    def take(self, way: ConcreteOption, slot: int) -> None:
        """Hold what an option uses in a slot."""
        for name, amount in way.uses.items():
            key = way.pool, name, slot
            self._used[key] = self._used.get(key, Fraction(0)) + Fraction(amount)

    def _free(self, pool: str, name: str, slot: int) -> Fraction | float:
        capacity = self._capacity.get((pool, name))
        if capacity is None:
            return float("inf")
        return capacity[slot] - self._used.get((pool, name, slot), Fraction(0))


def refuse_scarce(world: Instance, jobs: list[Job]) -> None:
    """Raise `Unsupported` where a sure pool has no room for all jobs at once."""
    room = Room(world)
    for job in jobs:
        way = job.ways[SURE]
        if not room.fits(way, 0):
            text = "has no room for all tasks at once, which simulate wants of a pool without a trace"
            raise Unsupported(f"simulate: pools.{way.pool}: {text}")
        room.take(way, 0)
