"""Read the replicas of an earlier plan as the warm start of services."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from leptonopt.compile.compiler import CompiledInstance
from leptonopt.errors import UsageError
from leptonopt.problem.arrays import Bools, Ints
from leptonopt.problem.replicas import least_money
from leptonopt.problem.services import ReplicaSchedule
from leptonopt.problem.tied_prices import TooManyCuts
from leptonopt.verify.exact import Malformed, instant


def warm_start_replicas(compiled: CompiledInstance, plan: Mapping[str, Any]) -> ReplicaSchedule | None:
    """Return the replicas of a plan document, as far as they fit the instance; None where it has none.

    Ways are found by service and name. In slots before the plan no replica is on, after it as many as at its end.
    Raises `UsageError` for what is no plan document.
    """
    services = compiled.problem.services
    if not len(services) or not plan.get("services"):
        return None
    try:
        on, done = _on(compiled, plan["services"]), _done(compiled, plan.get("batches") or ())
    except (AttributeError, KeyError, TypeError, ValueError, Malformed) as error:
        raise UsageError(f"the warm start is not a plan document: {error!r}") from None
    usable = services.usable(on)
    try:
        money = [least_money(compiled.problem, v, usable[services.ways(v)]) for v in range(len(services))]
    except TooManyCuts:
        return None
    return ReplicaSchedule(on, done, np.maximum(0, np.array(money, np.int64)))


def _on(compiled: CompiledInstance, entries: Any) -> Ints:
    """Return the replicas on, at most as many as can be, int64, shape (W, T)."""
    known = {
        (str(entry["id"]), str(line["way"])): [(instant(step["from"]), _count(step["count"])) for step in line["on"]]
        for entry in entries
        for line in entry["ways"]
    }
    most, time, services = compiled.problem.services.most, compiled.instance.time, compiled.instance.services
    on = np.zeros_like(most)
    for at, way in enumerate(compiled.services.ways):
        for moment, count in sorted(known.get((services[way.service].id, way.option.id), ())):
            first = -int((time.start - moment).total_seconds() // time.slot)  # the slot that begins then, or next
            on[at, max(0, first) :] = min(count, int(most.max()))
    return np.minimum(on, most)


def _count(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise ValueError(f"count: {value!r}; a whole number from 0 on is allowed")
    return value


def _done(compiled: CompiledInstance, entries: Any) -> Bools:
    """Return which batches are done: those that must be, and those that the plan does."""
    chosen = {str(entry["id"]) for entry in entries if not entry.get("left_out")}
    return np.array([not batch.optional or batch.id in chosen for batch in compiled.instance.batches], bool)
