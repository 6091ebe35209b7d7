"""Carry jobs out on spot capacity, slot by slot; the history is a plan of its world."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any

from leptonopt.compile.compiler import CompiledInstance
from leptonopt.instance import Instance, units
from leptonopt.plan.plan import Plan
from leptonopt.problem.protocol import Limits
from leptonopt.session.request import resolve_instance
from leptonopt.session.snapshot import made_by, plan_so_far
from leptonopt.session.source import TreeSource
from leptonopt.simulation.availability import IDLE, SPOT, SURE
from leptonopt.simulation.prices import price_by_slot
from leptonopt.simulation.spot import Job, Rolling, Rule, Segment
from leptonopt.simulation.spot_jobs import Room
from leptonopt.simulation.world import moment_of


def carry_out(world: Instance, jobs: Sequence[Job], rule: Rule, factors: Mapping[str, Fraction]) -> None:
    """Run jobs by a rule until they have ended or the horizon is over.

    What runs on spot goes before what does not, and then what has least time to spare. `factors` say by task how many
    times as long as stated runs take.
    """
    room, spot = Room(world), {job.ways[SPOT].pool: job.ways[SPOT] for job in jobs}
    for slot in range(world.time.slots):
        if isinstance(rule, Rolling):
            rule.see({pool: room.fits(way, slot) for pool, way in spot.items()})
        waiting = [job for job in jobs if job.ended is None and job.release <= slot]
        for job in sorted(waiting, key=lambda job: (job.machine != SPOT, job.deadline - job.needs(0))):
            machine = _chosen(job, rule, slot, room.fits(job.ways[SPOT], slot))
            if machine != IDLE:
                room.take(job.ways[machine], slot)
            job.run(machine, slot, factors[job.key[0]])


def _chosen(job: Job, rule: Rule, slot: int, available: bool) -> int:
    """Return the machine by a rule; the last segment that a job may have is on the sure machine."""
    machine = rule(job, slot, available)
    starts = machine not in (IDLE, job.machine)
    return SURE if len(job.segments) + starts >= job.most else machine


def lines_of(world: Instance, jobs: Sequence[Job]) -> list[dict[str, Any]]:
    """Return the segments that did work as entries of a plan."""
    return [_line(world, job, each) for job in jobs for each in _working(job)]


def _working(job: Job) -> Iterator[Segment]:
    """Yield the segments of a plan: starts that were interrupted before they worked are none."""
    yield from (each for each in job.segments if each.works(job.slot) > 0)


def _line(world: Instance, job: Job, segment: Segment) -> dict[str, Any]:
    way = job.ways[segment.machine]
    times = {
        name: units.instant_text(moment_of(world, at)) for name, at in (("start", segment.start), ("end", segment.end))
    }
    return {"id": job.key[0], "copy": job.key[1], "option": way.id, "pool": way.pool, "uses": {}, **times}


def lost(world: Instance, jobs: Sequence[Job]) -> Fraction:
    """Return what starts have cost that were interrupted before they worked [money]."""
    total = Fraction(0)
    for job in jobs:
        for each in job.segments:
            if not each.works(job.slot):
                prices = price_by_slot(world, job.ways[each.machine])
                total += sum(prices[each.start : each.end], Fraction(0)) + Fraction(job.ways[each.machine].cost)
    return total


def history_plan(compiled: CompiledInstance, world: Instance, jobs: Sequence[Job]) -> Plan:
    """Return the history as a plan of its world, checked; raises `Alarm` where the checker rejects it."""
    _, stated, origin = resolve_instance(world, None, None)
    source = TreeSource(compiled, stated, origin)
    schedule = source.schedule_of({"leptonopt_plan": 1, "tasks": lines_of(world, jobs)})
    return plan_so_far(source, schedule, None, (), made_by(Limits(), {}, source, {}))
