"""Let policies run jobs on spot capacity in the world of a seed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from fractions import Fraction
from typing import Any

import numpy as np

from leptonopt.compile.compiler import CompiledInstance, compile_instance
from leptonopt.instance import Instance, units, validate
from leptonopt.instance.edits import plain
from leptonopt.plan.entries import each_copy
from leptonopt.plan.plan import Plan
from leptonopt.problem.protocol import Limits
from leptonopt.session.request import resolve_instance
from leptonopt.session.snapshot import made_by, plan_so_far
from leptonopt.session.solve import solve
from leptonopt.session.source import TreeSource
from leptonopt.simulation.availability import IDLE, SPOT, SURE
from leptonopt.simulation.noise import Noise
from leptonopt.simulation.outcome import Key, Outcome, Setting, deadlines_met
from leptonopt.simulation.policies import ONCE, ROLLING, THRESHOLD, UNIFORM_PROGRESS
from leptonopt.simulation.prices import price_by_slot
from leptonopt.simulation.spot import Job, Rolling, Rule, Segment, as_planned, threshold, uniform_progress
from leptonopt.simulation.spot_jobs import Room, jobs_of, refuse_scarce
from leptonopt.simulation.world import moment_of


def spot_outcomes(
    instance: Instance,
    arrived: Instance,
    real: Instance,
    policies: Sequence[str],
    noise: Noise,
    seed: int,
    setting: Setting,
) -> list[Outcome]:
    """Return how each policy fares in a world.

    Parameters
    ----------
    instance : as stated, with its deadlines.
    arrived : with releases as they come, and durations and capacity as policies expect them.
    real : with durations and capacity as they turn out.

    Raises
    ------
    Unsupported
        When the instance has what cannot be carried out on spot capacity.
    """
    jobs = jobs_of(arrived, instance, noise.spot)
    refuse_scarce(real, jobs)
    factors = {task.id: noise.factor(task.id, seed) for task in arrived.tasks}
    histories = []
    for policy in policies:
        own = [replace(job, segments=[]) for job in jobs]
        carry_out(real, own, _rule(policy, arrived, own, setting), factors)
        histories.append((policy, own))
    compiled = _compiled(real, [job for _, own in histories for job in own])
    return [_outcome(instance, compiled, real, own, policy, seed) for policy, own in histories]


def _compiled(real: Instance, jobs: Sequence[Job]) -> CompiledInstance:
    """Return a world compiled with no more segments than jobs have had."""
    most = {task.id: 2 for task in real.tasks}
    for job in jobs:
        most[job.key[0]] = max(most[job.key[0]], len(job.segments))
    document = plain(real.document())
    for entry in document["tasks"]:
        entry["segments"] = {**entry["segments"], "most": most[entry["id"]]}
    return compile_instance(validate(document))


def _rule(policy: str, arrived: Instance, jobs: Sequence[Job], setting: Setting) -> Rule:
    if policy == ROLLING:
        prices = {job.key: _prices(arrived, job) for job in jobs}
        return Rolling(prices, float(setting.miss), setting.slots_between(arrived.time))
    if policy == ONCE:
        return as_planned(_wishes(arrived, jobs, setting))
    return {THRESHOLD: threshold, UNIFORM_PROGRESS: uniform_progress}[policy]


def _prices(world: Instance, job: Job) -> dict[int, Any]:
    return {at: np.array([float(each) for each in price_by_slot(world, way)]) for at, way in job.ways.items()}


def _wishes(arrived: Instance, jobs: Sequence[Job], setting: Setting) -> dict[Key, dict[int, int]]:
    """Return the machine that a plan of what is stated has for each copy and slot."""
    plan = solve(arrived, method=setting.method, time_limit=setting.seconds, threads=setting.threads, isolate=False)
    spot = {job.key: job.ways[SPOT].pool for job in jobs}
    found: dict[Key, dict[int, int]] = {job.key: {} for job in jobs}
    for key, line in each_copy(plan.document.get("tasks", ())):
        machine = SPOT if line["pool"] == spot[key] else SURE
        found[key].update(dict.fromkeys(_slots(arrived, line), machine))
    return found


def _slots(world: Instance, line: Mapping[str, Any]) -> Iterable[int]:
    start, end = (
        int((units.instant(line[name]) - world.time.start).total_seconds()) // world.time.slot
        for name in ("start", "end")
    )
    return range(start, end)


def _outcome(
    instance: Instance, compiled: CompiledInstance, real: Instance, jobs: Sequence[Job], policy: str, seed: int
) -> Outcome:
    """Return the outcome of jobs that have been carried out."""
    times = {job.key: _times(real, job, job.ended) for job in jobs if job.ended is not None}
    cost: Fraction | None = None
    if len(times) == len(jobs):
        cost = history_plan(compiled, real, jobs).cost + lost(real, jobs)
    changes = sum(max(0, len(job.segments) - 1) for job in jobs)
    return Outcome(policy, seed, cost, *deadlines_met(instance, times), changes, times)


def _times(real: Instance, job: Job, ended: int) -> tuple[datetime, datetime]:
    return moment_of(real, job.segments[0].start), moment_of(real, ended)


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
