"""Let policies run jobs on spot capacity in the world of a seed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from fractions import Fraction
from typing import Any

import numpy as np

from leptonopt.compile.compiler import CompiledInstance, compile_instance
from leptonopt.instance import Instance, units, validate
from leptonopt.instance.edits import plain
from leptonopt.plan.entries import each_copy
from leptonopt.session.solve import solve
from leptonopt.simulation.availability import SPOT, SURE
from leptonopt.simulation.noise import Noise
from leptonopt.simulation.outcome import Key, Outcome, Setting, deadlines_met
from leptonopt.simulation.policies import ONCE, ROLLING, THRESHOLD, UNIFORM_PROGRESS
from leptonopt.simulation.prices import price_by_slot
from leptonopt.simulation.spot import Job, Rolling, Rule, as_planned, threshold, uniform_progress
from leptonopt.simulation.spot_history import carry_out, history_plan, lost
from leptonopt.simulation.spot_jobs import jobs_of, refuse_scarce
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
