"""Why no plan exists, and what would help: conflicts found by a deletion filter, repairs verified by solving.

A conflict is a set of tasks and statements that cannot hold together and of which none can be spared: without
any one of them the rest can hold. Each of these answers is an engine's proof or a plan that passed the rules; where
the time was too short for one, the explanation says that it may hold more than is needed.

The filter drops halves first, then quarters, down to single members (Chinneck, 2008, Feasibility and Infeasibility in
Optimization, chapter 6, deletion filtering in groups).
"""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from os import PathLike
from typing import Any, TypeVar

from leptonopt import methods
from leptonopt.asked import limits_of, stated_of
from leptonopt.clock import limited
from leptonopt.compile import compile
from leptonopt.conductor import solve
from leptonopt.explaining.asking import Asking
from leptonopt.explaining.statements import Document, Statement, relaxed, statements, subset
from leptonopt.instance import Instance, validated
from leptonopt.numbers import number
from leptonopt.work import ways

CONFLICTS = 5  # found one after another at most
FINDING = 0.55  # share of the time for conflicts; the rest is for repairs
Member = TypeVar("Member")


@dataclass(frozen=True)
class Conflict:
    """Tasks that must run and statements that cannot hold together; `minimal` when none of them can be spared."""

    tasks: tuple[str, ...]
    demands: tuple[Statement, ...]
    minimal: bool


@dataclass(frozen=True)
class Repair:
    """Changes after which a plan exists, with the cost of the plan that was found for it."""

    changes: tuple[str, ...]
    cost: Fraction
    status: str
    instance: Document = field(repr=False)
    left_out: bool = False


@dataclass(frozen=True)
class Explanation:
    """`status` is infeasible, feasible, or unknown when the time was too short to tell."""

    status: str
    conflicts: tuple[Conflict, ...]
    repairs: tuple[Repair, ...]
    currency: str
    seconds: float
    notes: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()

    def document(self) -> dict[str, Any]:
        """The explanation as plain data."""
        return {
            "leptonopt_explanation": 1,
            "status": self.status,
            "conflicts": [
                {
                    "tasks": list(conflict.tasks),
                    "demands": [
                        {"kind": each.kind, "subject": list(each.subject), "words": each.words}
                        for each in conflict.demands
                    ],
                    "minimal": conflict.minimal,
                }
                for conflict in self.conflicts
            ],
            "reasons": list(self.reasons),
            "repairs": [
                {
                    "changes": list(repair.changes),
                    "cost": number(repair.cost),
                    "cost_exact": str(repair.cost),
                    "status": repair.status,
                }
                for repair in self.repairs
            ],
            "currency": self.currency,
            "notes": list(self.notes),
            "seconds": round(self.seconds, 3),
        }


def explain(
    instance: Instance | Mapping[str, Any] | str | PathLike[str],
    *,
    time_limit: float = 60.0,
    format: str | None = None,
    params: Mapping[str, str] | None = None,
    on_progress: Callable[[str], None] | None = None,
    begun: float | None = None,
) -> Explanation:
    """Say why an instance has no plan.

    Parameters
    ----------
    instance, format, params : as of `leptonopt.solve`
    time_limit : seconds of wall clock for everything
    on_progress : called with a line of what is being done
    begun : the moment of `time.monotonic` from which the time limit counts; default the call

    Raises
    ------
    UsageError, InputError, InstanceError
        When the call or the instance is wrong.
    NoPlan
        When the time limit ends while the instance is still being read.
    """
    begun = time.monotonic() if begun is None else begun
    limits_of(time_limit)
    with limited(begun + time_limit, "the instance was read"):
        found, _, _ = stated_of(instance, format, params)
    return _Explaining(found, begun, time_limit, on_progress or (lambda line: None)).explanation()


class _Explaining:
    def __init__(self, instance: Instance, begun: float, limit: float, say: Callable[[str], None]) -> None:
        self.instance, self.begun, self.limit, self.say = instance, begun, limit, say
        self.document = instance.document()
        self.asking = Asking(begun + FINDING * limit)
        self.notes: list[str] = []

    def explanation(self) -> Explanation:
        """The whole course: is there a plan, why not, what helps."""
        self.say("looking for a plan")
        answer = self.asking.possible(self.document, share=0.5)
        if answer is not False:
            if answer is None:
                seconds = time.monotonic() - self.begun
                self.notes.append(
                    f"neither a plan nor a proof that there is none was found in {seconds:.0f} s: it may only be the "
                    "time limit; try a longer one (-t)"
                )
            return self._said("unknown" if answer is None else "feasible", (), ())
        conflicts = tuple(self._conflicts())
        self.asking.until = self.begun + self.limit
        repairs = sorted(
            self._repairs(conflicts), key=lambda repair: (repair.left_out, len(repair.changes), repair.cost)
        )
        if not repairs:
            self.notes.append("no repair by a single kind of change was found and verified in time")
        return self._said("infeasible", conflicts, tuple(repairs))

    def _said(self, status: str, conflicts: tuple[Conflict, ...], repairs: tuple[Repair, ...]) -> Explanation:
        reasons = tuple(compile(self.instance).impossible) if status == "infeasible" else ()
        notes = tuple(dict.fromkeys(self.notes))
        seconds = time.monotonic() - self.begun
        return Explanation(status, conflicts, repairs, self.instance.currency, seconds, notes, reasons)

    # --- conflicts ---

    def _conflicts(self) -> Iterator[Conflict]:
        """One conflict after another, each found when all demands of the earlier ones are gone."""
        gone: list[Statement] = []
        for number_ in range(1, CONFLICTS + 1):
            self.say(f"conflict {number_}")
            rest = relaxed(self.document, gone)
            if gone and self.asking.possible(rest) is not False:
                return
            conflict = self._conflict(rest)
            yield conflict
            if not conflict.demands:
                return
            gone += conflict.demands

    def _conflict(self, document: Document) -> Conflict:
        self.asking.sure = True
        must = [task["id"] for task in document["tasks"]]
        first = self._suspects(document)
        if first and self.asking.possible(subset(document, first)) is False:
            must = first
        tasks = self._least(must, lambda ids: self.asking.possible(subset(document, ids)) is False)
        small = subset(document, tasks)
        demands = list(statements(validated(small)))
        kept = self._least(demands, lambda kept: self._fails(small, demands, kept))
        return Conflict(tuple(tasks), tuple(kept), self.asking.sure)

    def _suspects(self, document: Document) -> list[str]:
        """Tasks that cannot run even alone, with all that they wait for and that waits for them."""
        instance = validated(document)
        alone = {instance.tasks[at].id for at in compile(instance).stuck}
        waits = {task.id: {after.task for after in task.after} for task in instance.tasks}
        linked, grown = set[str](), alone
        while grown - linked:
            linked |= grown
            grown = {first for id in linked for first in waits[id]} | {
                id for id, before in waits.items() if before & linked
            }
        return [task.id for task in instance.tasks if task.id in linked]

    def _fails(self, document: Document, demands: Sequence[Statement], kept: Sequence[Statement]) -> bool:
        stays = {id(statement) for statement in kept}
        return self.asking.possible(relaxed(document, [each for each in demands if id(each) not in stays])) is False

    def _least(self, members: Sequence[Member], fails: Callable[[Sequence[Member]], bool]) -> list[Member]:
        """Members of which none can be spared for `fails` to hold, from those for which it does."""
        kept, size = list(members), max(1, len(members) // 2)
        while True:
            at = 0
            while at < len(kept):
                rest = kept[:at] + kept[at + size :]
                if self.asking.out_of_time():
                    self.asking.sure = False
                    return kept
                if fails(rest):
                    kept = rest
                else:
                    at += size
            if size == 1:
                return kept
            size = max(1, size // 2)

    # --- repairs ---

    def _repairs(self, conflicts: Sequence[Conflict]) -> Iterator[Repair]:
        """For a single conflict each way out of it; for several, one way out of each, together."""
        if not conflicts:
            return
        if len(conflicts) == 1:
            ways_out = [*conflicts[0].demands]
            for at, statement in enumerate(ways_out):
                share = (self.begun + self.limit - time.monotonic()) / (len(ways_out) - at + 1)
                if (found := self._mildest(self.document, statement)) is not None:
                    yield from self._verified([found[0]], found[1], share)
            for id in conflicts[0].tasks:
                changed = copy.deepcopy(self.document)
                task = next(task for task in changed["tasks"] if task["id"] == id)
                if not task.get("optional"):
                    task["optional"], task["value"] = True, task.get("value", 0)
                    yield from (
                        replace(repair, left_out=True) for repair in self._verified([f"{id!r} left out"], changed, 2.0)
                    )
            return
        document, changes = self.document, list[str]()
        for conflict in conflicts:
            for statement in conflict.demands:
                others = [each for other in conflicts if other is not conflict for each in other.demands]
                if (found := self._mildest(document, statement, others)) is not None:
                    changes.append(found[0])
                    document = found[1]
                    break
            else:
                return
        yield from self._verified(changes, document, self.begun + self.limit - time.monotonic())

    def _mildest(
        self, document: Document, statement: Statement, without: Sequence[Statement] = ()
    ) -> tuple[str, Document] | None:
        """The least change of one statement that makes room, with those in `without` gone; None when none does."""
        self.say(f"a repair: {statement.words}")

        def at(steps: int) -> tuple[str, Document] | None:
            changed = copy.deepcopy(document)
            said = statement.milder(changed, steps) if statement.milder is not None else None
            return None if said is None else (said, changed)

        def enough(steps: int) -> bool:
            made = at(steps)
            return made is not None and self.asking.possible(relaxed(made[1], without)) is True

        if statement.milder is None:
            changed = relaxed(document, [statement])
            possible = self.asking.possible(relaxed(changed, without)) is True
            return (statement.dropped, changed) if possible and statement.dropped else None
        if self.asking.possible(relaxed(document, [statement, *without])) is not True:
            return None
        high = 1
        while high < statement.most and not enough(high):
            if self.asking.out_of_time():
                return None
            high = min(2 * high, statement.most)
        if high > statement.most or not enough(high):
            return None
        low = high // 2
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (low, middle) if enough(middle) else (middle, high)
        return at(high)

    def _verified(self, changes: Sequence[str], document: Document, seconds: float) -> Iterator[Repair]:
        """The repair with the cost of a plan that passed the checker."""
        left = self.begun + self.limit - time.monotonic()
        if left <= 0.5:
            self.notes.append("there was no time to verify every repair; try a longer limit (-t)")
            return
        here: dict[str, Any] = {"method": methods.function("cpsat")} if self.asking.small(document) else {}
        result = solve(document, time_limit=max(0.5, min(left, seconds)), gap=0.001, **here)
        if result.plan is not None and result.cost is not None:
            yield Repair(tuple(changes), result.cost, str(result.status), document)


def fastest(instance: Instance, id: str) -> str:
    """The fastest way of a task and how long it takes, in words."""
    from leptonopt.units import duration_text

    task = next(task for task in instance.tasks if task.id == id)
    slot, allowed = instance.time.slot, [way for way in ways(instance, task) if not way.refused]
    if not allowed:
        return "it has no way that is allowed"
    way = min(allowed, key=lambda way: way.duration)
    return f"{duration_text(-(-way.duration // slot) * slot)} at its fastest ({way.id})"
