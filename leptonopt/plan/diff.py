"""Differences between two plan documents: tasks that changed, and cost by pool before and after.

Copies of a task are interchangeable: a copy counts as changed only where no copy of the other plan has its place.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction
from typing import Any

from leptonopt.errors import UsageError
from leptonopt.instance import units
from leptonopt.instance.routes import NOT_TAKEN
from leptonopt.plan.diff_services import ReplicaChange, change_documents, replica_changes
from leptonopt.plan.numbers import number

KINDS = ("moved", "shifted", "new", "gone")


@dataclass(frozen=True, order=True)
class Place:
    """A pool, option and variant, and the instants between which a copy of a task runs, in UTC.

    `cost` is what it pays there [money], and `nodes` those that are told apart; places that differ in them are equal.
    """

    start: str
    end: str
    pool: str
    option: str
    variant: str | None = None
    cost: Fraction = field(default=Fraction(0), compare=False)
    nodes: tuple[str, ...] = field(default=(), compare=False)

    @property
    def begins(self) -> datetime:
        """Return the start as an instant."""
        return units.instant(self.start)

    @property
    def mode(self) -> tuple[str, str, str]:
        """Return the place without its instants."""
        return self.pool, self.option, self.variant or ""


@dataclass(frozen=True)
class TaskChange:
    """A change of equal copies of a task.

    Attributes
    ----------
    what : `moved` (another pool, option or variant), `shifted` (other instants), `new` or `gone`.
    copies : the number of copies, at least 1.
    before, after : where they run; None where they do not.
    left_out : True where the other plan has the task among those left out.
    """

    task: str
    what: str
    copies: int
    before: Place | None
    after: Place | None
    left_out: bool = False

    @property
    def difference(self) -> Fraction:
        """Return what the copies pay after less what they pay before, in all [money]."""
        before, after = (place.cost if place else Fraction(0) for place in (self.before, self.after))
        return self.copies * (after - before)


@dataclass(frozen=True)
class CostChange:
    """A part of the cost before and after, in the plans' currency; None where a plan does not have it."""

    name: str
    before: Fraction | None
    after: Fraction | None

    @property
    def difference(self) -> Fraction | None:
        """Return after less before; a missing part counts 0, and the difference of two missing ones is None."""
        if self.before is None and self.after is None:
            return None
        return (self.after or Fraction(0)) - (self.before or Fraction(0))


@dataclass(frozen=True)
class PlanDiff:
    """The differences of two plans of one currency.

    `kept` counts the copies whose place is the same; `parts` are costs outside any pool that one of the plans has;
    `cost` is the objective, from the exact figures of both plans; `zone` that in which instants are shown; `replicas`
    are the ways of services whose replicas differ.
    """

    currency: str
    kept: int
    changes: tuple[TaskChange, ...]
    pools: tuple[CostChange, ...]
    parts: tuple[CostChange, ...]
    cost: CostChange
    zone: str = "UTC"
    replicas: tuple[ReplicaChange, ...] = ()

    def counts(self) -> dict[str, int]:
        """Return the number of copies that moved, shifted, are new or are gone."""
        found = dict.fromkeys(KINDS, 0)
        for change in self.changes:
            found[change.what] += change.copies
        return found

    def document(self) -> dict[str, Any]:
        """Return the differences as JSON data."""
        services = {"services": change_documents(self.replicas)} if self.replicas else {}
        return {
            "leptonopt_diff": 1,
            "currency": self.currency,
            "tasks": {"kept": self.kept, **self.counts()},
            "changes": [change_document(change) for change in self.changes],
            "pools": [{"pool": line.name, **_cost_document(line)} for line in self.pools],
            "parts": [{"part": line.name, **_cost_document(line)} for line in self.parts],
            "cost": _cost_document(self.cost),
            **services,
        }


def plan_diff(before: Mapping[str, Any], after: Mapping[str, Any]) -> PlanDiff:
    """Return the differences from one plan document to another.

    Raises
    ------
    UsageError
        When the plans state their costs in different currencies.
    """
    if before["currency"] != after["currency"]:
        raise UsageError(
            f"the plans are in {before['currency']} and in {after['currency']}; compare plans of one currency"
        )
    kept, changes = task_changes(before, after)
    exact = (None if plan["cost_exact"] is None else Fraction(plan["cost_exact"]) for plan in (before, after))
    return PlanDiff(
        currency=after["currency"],
        zone=str(after.get("zone", "UTC")),
        kept=kept,
        changes=tuple(sorted(changes, key=_order)),
        pools=tuple(_pools(before, after)),
        parts=tuple(_parts(before, after)),
        cost=CostChange("cost", *exact),
        replicas=replica_changes(before, after),
    )


def task_changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[int, list[TaskChange]]:
    """Return how many copies have the same place in two plans, and the changes of all others."""
    old, new = _places(before), _places(after)
    out = {line["id"] for plan in (before, after) for line in plan.get("left_out", ())}
    changes: list[TaskChange] = []
    kept = 0
    for task in dict.fromkeys([*old, *new]):
        was, now = old.get(task, Counter()), new.get(task, Counter())
        if all(place.option == NOT_TAKEN for place in (*was, *now)):
            continue  # it runs in neither plan, whenever that would be
        kept += (was & now).total()
        changes += _changes(task, was - now, now - was, task in out)
    return kept, changes


def kind_of_change(before: Place | None, after: Place | None) -> str:
    """Return how a copy changes that runs in one of two plans at least: one of `KINDS`."""
    if before is None or after is None:
        return "new" if before is None else "gone"
    return "shifted" if before.mode == after.mode else "moved"


def place_of(line: Mapping[str, Any]) -> Place:
    """Return the place of the copies that an entry of a plan stands for."""
    cost = Fraction(str(line.get("cost", 0)))
    nodes = tuple(line.get("nodes") or ())
    return Place(line["start"], line["end"], line["pool"], line["option"], line.get("variant"), cost, nodes)


def _places(plan: Mapping[str, Any]) -> dict[str, Counter[Place]]:
    """Return how many copies of each task run at each place."""
    found: dict[str, Counter[Place]] = {}
    for line in plan.get("tasks", ()):
        found.setdefault(line["id"], Counter())[place_of(line)] += line.get("copies", 1)
    return found


def _changes(task: str, was: Counter[Place], now: Counter[Place], left_out: bool) -> Iterator[TaskChange]:
    """Pair places that only one plan has: first those of one mode, then the rest by start."""
    for mode in sorted({place.mode for place in was} & {place.mode for place in now}):
        same = (sorted(place for place in each if place.mode == mode) for each in (was, now))
        yield from _paired(task, was, now, *same)
    yield from _paired(task, was, now, sorted(was), sorted(now))
    yield from (TaskChange(task, "gone", was[place], place, None, left_out) for place in sorted(was) if was[place])
    yield from (TaskChange(task, "new", now[place], None, place, left_out) for place in sorted(now) if now[place])


def _paired(
    task: str, was: Counter[Place], now: Counter[Place], old: Sequence[Place], new: Sequence[Place]
) -> Iterator[TaskChange]:
    """Yield pairs of equal numbers of copies in order, and take them off the counts."""
    at = to = 0
    while at < len(old) and to < len(new):
        copies = min(was[old[at]], now[new[to]])
        if copies:
            yield TaskChange(task, kind_of_change(old[at], new[to]), copies, old[at], new[to])
            was[old[at]] -= copies
            now[new[to]] -= copies
        at, to = at + (not was[old[at]]), to + (not now[new[to]])


def _order(change: TaskChange) -> tuple[int, str, str]:
    place = change.after or change.before
    assert place is not None
    return KINDS.index(change.what), place.start, change.task


def _money(value: Any) -> Fraction | None:
    """Return money of a plan file exactly as it prints."""
    return None if value is None else Fraction(str(value))


def _pools(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[CostChange]:
    """Yield the total of each pool, but not of pools that are idle in both plans."""
    totals = [{pool["pool"]: pool for pool in (plan["bill"] or {"pools": []})["pools"]} for plan in (before, after)]
    for name in dict.fromkeys([*totals[1], *totals[0]]):
        pools = [found.get(name) for found in totals]
        if any(pool and (pool["tasks"] or pool["total"]) for pool in pools):
            yield CostChange(name, *(_money(pool and pool["total"]) for pool in pools))


def _parts(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[CostChange]:
    """Yield lateness, weighted carbon and the value of what is left out, where a plan has them."""
    for key, name in (
        ("late", "lateness"),
        ("early", "early ends"),
        ("missed", "missed requests"),
        ("metered", "meters and savings plans"),
        ("forgone", "value left out"),
    ):
        sums = [(plan["bill"] or {}).get(key) for plan in (before, after)]
        if any(sums):
            yield CostChange(name, *map(_money, sums))
    carbon = [_carbon(plan) for plan in (before, after)]
    if any(carbon):
        yield CostChange("carbon", *carbon)


def _carbon(plan: Mapping[str, Any]) -> Fraction | None:
    """Return the carbon of a plan at the weight of its objective, in money; None without a plan."""
    if plan["bill"] is None:
        return None
    weight = plan.get("objective", {}).get("carbon_kg", 0)
    return Fraction(str(plan["bill"]["carbon_kg"])) * Fraction(str(weight))


def change_document(change: TaskChange) -> dict[str, Any]:
    """Return a change as JSON data."""
    found: dict[str, Any] = {"task": change.task, "what": change.what, "copies": change.copies}
    found |= {"before": _place_document(change.before), "after": _place_document(change.after)}
    return found | ({"left_out": True} if change.left_out else {})


def _place_document(place: Place | None) -> dict[str, Any] | None:
    if place is None:
        return None
    variant = {} if place.variant is None else {"variant": place.variant}
    return {"pool": place.pool, "option": place.option, **variant, "start": place.start, "end": place.end}


def _cost_document(line: CostChange) -> dict[str, Any]:
    return {key: number(getattr(line, key)) for key in ("before", "after", "difference")}
