"""Second criteria beside the cost, each with a limit as a quota."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from math import ceil, gcd, lcm
from typing import Any

from leptonopt.compile.data_moves import EXACT
from leptonopt.compile.work_options import ConcreteOption, concrete_options
from leptonopt.compile.written_options import written_option
from leptonopt.errors import UsageError
from leptonopt.instance import Instance, Task
from leptonopt.instance.edits import Document, forced, plain
from leptonopt.instance.routes import NOT_TAKEN
from leptonopt.replanning.as_planned import state_as_planned
from leptonopt.replanning.changes import changes_of, counted
from leptonopt.replanning.document import Replanned, remaining_instance
from leptonopt.replanning.state import State, read_state

Plan = Mapping[str, Any]
FINEST = Fraction(1, 10**9)  # of numbers in instances
ROUNDED = Fraction(1, 1_000_000)  # of energy and carbon in plans
CRITERIA = ("carbon", "energy", "late", "quality", "changes")


@dataclass(frozen=True)
class Criterion:
    """A criterion that is limited while the cost is least.

    Attributes
    ----------
    name, unit : in words, for tables and pictures.
    step : the least difference of two values that is told apart; 1 for what is counted.
    limited : returns the instance with a limit, or without one, and a plan to start from.
    value : returns the criterion of a plan.
    least : the instance whose objective is the criterion; without it, 0 is the least limit.
    weighted : returns the instance whose objective is the cost and a price times the criterion; None without one.
    price_step : of these prices.
    """

    name: str
    unit: str
    step: Fraction
    limited: Callable[[Decimal | None], tuple[Document, Plan | None]]
    value: Callable[[Plan], Fraction]
    least: Document | None = None
    weighted: Callable[[Decimal], Document] | None = None
    price_step: Fraction = FINEST


def criterion_of(instance: Instance, name: str, plan: Plan | None = None) -> Criterion:
    """Return a criterion by its name; `plan` is the one that `changes` counts from.

    Raises
    ------
    UsageError
        When there is no such criterion, the instance has nothing of it, or a rule of the instance forbids it.
    """
    if name in ("carbon", "energy"):
        return _billed(instance, name)
    if name == "late":
        return _late(instance)
    if name == "quality":
        return _quality(instance)
    if name == "changes":
        if plan is None:
            raise UsageError("changes are counted from a plan; give it with --plan FILE")
        return _of_nothing_begun(instance, plan)
    raise UsageError(f"there is no criterion {name!r}; known are {', '.join(CRITERIA)}")


def changes(instance: Instance, plan: Plan, state: State, frozen: int) -> Criterion:
    """Return the number of tasks that change from a plan at the instant of a state."""
    free = remaining_instance(instance, plan, state, frozen)

    def limited(limit: Decimal | None) -> tuple[Document, Plan | None]:
        made: Replanned = free if limit is None else remaining_instance(instance, plan, state, frozen, int(limit))
        return made.document, made.warm_start

    return Criterion(
        "changes", "tasks", Fraction(1), limited, lambda document: Fraction(counted(changes_of(free, document)))
    )


def _of_nothing_begun(instance: Instance, plan: Plan) -> Criterion:
    """Return the changes from a plan of which nothing is carried out, nor paid."""
    for task in instance.tasks:
        if task.segments is not None and task.segments.begun is not None:
            raise UsageError(
                f"changes: task {task.id!r} has begun before the horizon; ask `replan --front` with its state"
            )
    state = read_state(state_as_planned(plan, instance.time.start.isoformat()), instance)
    found, stated = changes(instance, plan, state, 0), plain(instance.document())
    undecided = {key: stated.get(key, []) for key in ("pools", "services", "batches", "savings")}

    def limited(limit: Decimal | None) -> tuple[Document, Plan | None]:
        document, warm_start = found.limited(limit)
        return {**document, **undecided}, warm_start

    return replace(found, limited=limited)


def _billed(instance: Instance, name: str) -> Criterion:
    """Return carbon or energy, as the bill states them."""
    key, unit = {"carbon": ("carbon_kg", "kg CO2"), "energy": ("energy_kwh", "kWh")}[name]
    document = plain(instance.document())
    if not any(pool.powered for pool in instance.pools):
        raise UsageError(f"{name}: no pool states the power that its units draw; nothing can be counted")
    if name == "carbon" and not any(pool.carbon is not None for pool in instance.pools):
        raise UsageError("carbon: no pool states grams of CO2 per kWh; nothing can be counted")
    goal, objective, emitting = dict(document.get("objective", {})), instance.objective, document
    if name == "energy":  # a kilogram for each kWh
        powered = {pool.id for pool in instance.pools if pool.powered}
        pools = [{**pool, "carbon": 1000} if pool["id"] in powered else pool for pool in document["pools"]]
        emitting = {**document, "pools": pools}

    def weighted(price: Decimal) -> Document:
        carbon = price if name == "energy" else EXACT.add(objective.carbon_kg, price)
        return {**emitting, "objective": {**goal, "carbon_kg": carbon}}

    # Where carbon is limited or costs, kilowatt-hours cannot take its place.
    free = name == "carbon" or not (objective.carbon_kg or any(quota.of == "carbon" for quota in instance.quotas))
    return Criterion(
        name, unit, ROUNDED, _quota(document, name), lambda plan: Fraction(str(plan["bill"][key])),
        {**emitting, "objective": {"cost": 0, "carbon_kg": 1}} if free else None, weighted if free else None,
    )  # fmt: skip


def _late(instance: Instance) -> Criterion:
    """Return the number of late copies: each option becomes one in time and one that may be late."""
    due = [task for task in instance.tasks if task.due is not None]
    if not due:
        raise UsageError("late: no task has a due date")
    name = _free_name(instance, "late")
    document = plain(instance.document())
    for task in due:
        if task.is_cut:
            raise UsageError(f"late: task {task.id!r} may run in segments; a criterion of tasks that run as a whole")
        if options := list(_in_time_or_late(instance, task, name)):
            document = forced_as(document, task, options)
    weighted = _weighted(instance, document, name)
    return Criterion("late", "tasks", Fraction(1), _quota(document, name), _late_copies, weighted=weighted)


def _in_time_or_late(instance: Instance, task: Task, name: str) -> Iterable[Document]:
    spot = {pool.id for pool in instance.pools if pool.interruptions is not None}
    for way in _allowed(instance, task):
        if way.pool in spot:
            raise UsageError(f"late: task {task.id!r} may run on {way.pool!r}, where interruptions move its end")
        slots = ceil(way.duration / instance.time.slot)
        assert task.due is not None
        last = task.due - timedelta(seconds=slots * instance.time.slot)
        latest = last if way.not_after is None else min(last, way.not_after)
        if latest >= max(instance.time.start, way.not_before or instance.time.start):
            yield written_option(way, way.id, way.duration, way.cost, way.not_before, latest)
        late = written_option(way, f"{way.id} late", way.duration, way.cost, way.not_before, way.not_after)
        yield {**late, "consumes": {**late.get("consumes", {}), name: 1}}


def _late_copies(plan: Plan) -> Fraction:
    return Fraction(sum(line.get("copies", 1) for line in plan["tasks"] if line.get("late_hours")))


def _quality(instance: Instance) -> Criterion:
    """Return the quality that is given up: the sum of 1 - quality over all runs."""
    if any(way.quality != 1 for service in instance.services for way in service.replicas):
        raise UsageError("quality: replicas of services with another quality than 1 are not supported")
    name, document = _free_name(instance, "quality-loss"), plain(instance.document())
    losses: dict[tuple[str, str], Decimal] = {}
    for task in instance.tasks:
        ways = _allowed(instance, task)
        found = {(task.id, way.id): max(Decimal(0), 1 - way.quality) for way in ways if way.id != NOT_TAKEN}
        if any(found.values()):
            losses |= found
            options = [written_option(way, way.id, way.duration, way.cost, way.not_before, way.not_after)
                       for way in ways]  # fmt: skip
            for option in options:
                if loss := found.get((task.id, option["id"])):
                    option["consumes"] = {**option.get("consumes", {}), name: loss}
            document = forced_as(document, task, options)
    if not losses:
        raise UsageError("quality: no option has a quality below 1")

    def value(plan: Plan) -> Fraction:
        lost = (losses.get((line["id"], line["option"]), 0) * line.get("copies", 1) for line in plan["tasks"])
        return sum(map(Fraction, lost), Fraction(0))

    least = [Fraction(loss) for loss in losses.values() if loss]
    whole = lcm(*(loss.denominator for loss in least))
    step = Fraction(gcd(*(int(loss * whole) for loss in least)), whole)
    limited, weighted = _quota(document, name), _weighted(instance, document, name)
    price_step = FINEST * 10 ** len(str(whole))  # products with losses have no more than the allowed digits
    return Criterion("quality", "quality given up", step, limited, value, weighted=weighted, price_step=price_step)


def _weighted(instance: Instance, document: Document, name: str) -> Callable[[Decimal], Document] | None:
    """Return what adds a price on a consumed name to options; None where money is limited or weighted."""
    if instance.objective.cost != 1 or any(quota.of == "money" for quota in instance.quotas):
        return None

    def weighted(price: Decimal) -> Document:
        tasks = [{**task, "options": [_dearer(option, name, price) for option in task["options"]]}
                 if "options" in task else task for task in document["tasks"]]  # fmt: skip
        return {**document, "tasks": tasks}

    return weighted


def _dearer(option: Document, name: str, price: Decimal) -> Document:
    """Return an option whose cost is greater by a price on what it consumes of a name."""
    if not (amount := option.get("consumes", {}).get(name)):
        return option
    return {**option, "cost": EXACT.add(Decimal(str(option.get("cost", 0))), EXACT.multiply(Decimal(amount), price))}


def forced_as(document: Document, task: Task, options: list[Document]) -> Document:
    """Return a document in which a task has these options, and is optional as before."""
    made = forced(document, task.id, options)
    if task.optional:
        next(entry for entry in made["tasks"] if entry["id"] == task.id)["optional"] = True
    return made


def _allowed(instance: Instance, task: Task) -> list[ConcreteOption]:
    return [way for way in concrete_options(instance, task) if way.refused is None]


def _quota(document: Document, of: str) -> Callable[[Decimal | None], tuple[Document, Plan | None]]:
    """Return what adds a limit to a document as a quota over all tasks."""
    taken = {quota["id"] for quota in document.get("quotas", ())}
    id = next(name for name in _numbered("front") if name not in taken)

    def limited(limit: Decimal | None) -> tuple[Document, Plan | None]:
        if limit is None:
            return document, None
        return {**document, "quotas": [*document.get("quotas", ()), {"id": id, "of": of, "limit": limit}]}, None

    return limited


def _free_name(instance: Instance, name: str) -> str:
    """Return a name that no option consumes, and no resource has."""
    taken = {key for task in instance.tasks for way in concrete_options(instance, task) for key in way.consumes}
    taken |= {key for pool in instance.pools for key in pool.capacity}
    return next(each for each in _numbered(name) if each not in taken)


def _numbered(name: str) -> Iterable[str]:
    yield name
    number = 2
    while True:
        yield f"{name}-{number}"
        number += 1
