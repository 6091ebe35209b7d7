"""Estimate the time to write a plan down and to check it, from counts of the instance."""

from __future__ import annotations

from dataclasses import dataclass

from leptonopt.compile.compiler import CompiledInstance


@dataclass(frozen=True)
class ClosingTime:
    """Seconds of one core to write and check a plan: `fixed`, and `entry` for each entry of the plan."""

    fixed: float
    entry: float


@dataclass(frozen=True)
class ClosingCosts:
    """Microseconds of one core; each is twice what was measured, for slower machines.

    Attributes
    ----------
    entry, held, counted : for an entry of a plan (5,000 tasks: 145), each resource that it holds (3,000 tasks with six
        resources: 41), and each quota for which it may count (2,000 tasks with five quotas: 15)
    edge : for an edge of precedence (180,000 edges: 1.5, most of it for the fingerprint of the document)
    option : for an option of a task
    slot : for a slot of a resource or of nodes (8,760 slots of a year: 27; 64 nodes over 700 slots: 25)
    apart : for a slot of a node that a plan names and the problem counts (2,000 nodes over a week: 17)
    routed : for a class of requests, a way that may serve it, and a slot (27 services over a week: 137)
    again : share of the time for reading and compiling, for whatever else the document holds
    """

    entry: float = 290.0
    held: float = 82.0
    counted: float = 30.0
    edge: float = 3.0
    option: float = 30.0
    slot: float = 54.0
    apart: float = 20.0
    routed: float = 280.0
    again: float = 0.1


COSTS = ClosingCosts()
MICRO = 1e-6


def closing_time(compiled: CompiledInstance, spent: float) -> ClosingTime:
    """Return how long writing and checking a plan takes.

    Parameters
    ----------
    spent : seconds for reading and compiling the instance.
    """
    instance, problem = compiled.instance, compiled.problem
    held = len(problem.demand) / max(1, problem.options)
    entry = COSTS.entry + COSTS.held * held + COSTS.counted * len(instance.quotas)
    lines = len(compiled.kinds) + sum(len(pool.resources) for pool in instance.pools)
    edges = sum(len(task.after) for task in instance.tasks)
    edges += sum(map(len, instance.together)) + sum(map(len, instance.apart))
    fixed = COSTS.slot * lines * instance.time.slots + COSTS.edge * edges + COSTS.option * problem.options
    fixed += COSTS.routed * _routed(compiled) + COSTS.apart * _named(compiled) * instance.time.slots
    return ClosingTime(fixed * MICRO + COSTS.again * spent, entry * MICRO)


def _named(compiled: CompiledInstance) -> int:
    """Return how many nodes that are counted a plan may name."""
    copies = sum(task.copies for task in compiled.instance.tasks)
    return sum(min(copies, max(kind.count, default=0)) for kind in compiled.kinds if kind.pool.id in compiled.alike)


def _routed(compiled: CompiledInstance) -> int:
    """Return how many shares of ways in classes of requests a plan may have, over all slots."""
    services = compiled.services
    pairs = (
        len(services.of_service(at)) * len(number.classes) * (1 + len(services.zones[at]) + len(services.failures[at]))
        for at, number in enumerate(services.numbers)
    )
    return sum(pairs) * compiled.instance.time.slots
