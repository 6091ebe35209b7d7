"""Repairs of conflicts: changes that make room, and a plan that proves each.

The least change is looked for on the conflict by itself, which is small; then it is tried on the whole instance.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from math import ceil
from typing import Any, Protocol

from leptonopt.errors import LeptonoptError
from leptonopt.infeasibility.documents import Document, pruned
from leptonopt.infeasibility.feasibility_check import HERE, Answer, FeasibilityOracle, is_small
from leptonopt.infeasibility.requirement import NotRemovable, Requirement, without_requirements
from leptonopt.infeasibility.requirements import grain
from leptonopt.instance import Instance
from leptonopt.runtime.deadline import Deadline
from leptonopt.session.result import Result
from leptonopt.session.solve import solve


@dataclass(frozen=True)
class RepairTuning:
    """Tuning constants with their units."""

    least_seconds: float = 0.5  # in which a repair can be verified
    most_seconds: float = 10.0  # in which the cost of a repair is minimised
    verified: float = 0.1  # share of the remaining time that verifying a repair may take at least
    shares: int = 5  # changes that share the remaining time at once; later ones get what they leave
    left_out: int = 5  # tasks that are left out at most, each by itself
    stepped: float = 0.5  # share of the time of a quota at any moment for its least raise; the rest is for any raise
    tries: int = 10  # larger changes that are tried where the least one of the conflict is not sufficient


TUNING = RepairTuning()


@dataclass(frozen=True)
class Repair:
    """Changes after which a plan exists, with the cost of the plan that was found for it.

    `gradual` where a number or a moment changes, and no rule is dropped.
    """

    changes: tuple[str, ...]
    cost: Fraction
    status: str
    instance: Document = field(repr=False)
    left_out: bool = False
    gradual: bool = True


class ConflictView(Protocol):
    """The fields of a conflict that repairs need."""

    tasks: tuple[str, ...]
    demands: tuple[Requirement, ...]
    document: Document


@dataclass(frozen=True)
class _Change:
    """A requirement that can be relaxed by steps.

    `make` changes a document and returns the change in words. Where it is `refutable`, the largest change may be proven
    to be too little; a longer horizon takes too long, and a budget is best raised to what a plan needs.
    """

    make: Callable[[Document, Any], str | None]  # steps: whole ones, but of quotas
    most: int
    left_out: bool = False
    quota: str | None = None
    gradual: bool = True
    refutable: bool = False

    def at(self, document: Document, steps: int | Decimal) -> tuple[str, Document] | None:
        """Return the change in words and the document after some steps; None where it cannot be stated."""
        changed = copy.deepcopy(document)
        try:
            text = self.make(changed, steps)
        except NotRemovable:
            return None
        return None if text is None else (text, changed)


def _exact_steps(limit: Decimal, used: Fraction) -> Decimal:
    """Return the steps by which a quota is raised to what a plan uses, to a hundredth of a step."""
    return Decimal(max(1, ceil(100 * (used - Fraction(limit)) / Fraction(grain(limit))))) / 100


_JOINT = _Change(lambda document, steps: None, 1)  # one change for each of several conflicts


class Repairs:
    """Search for repairs of conflicts, each verified.

    Attributes
    ----------
    counted : whether the document was refuted without search, as what changes too little of it then is, too
    """

    def __init__(
        self,
        instance: Instance,
        document: Document,
        oracle: FeasibilityOracle,
        say: Callable[[str], None],
        notes: list[str],
        counted: bool = False,
    ) -> None:
        self.instance, self.document, self.oracle, self.say, self.notes = instance, document, oracle, say, notes
        self.counted, self.later, self.useless = counted, list[_Change](), list[_Change]()
        self.insufficient: dict[_Change, int] = {}  # steps of changes that were too few

    def of(self, conflicts: Sequence[Any]) -> tuple[Repair, ...]:
        """Return repairs: of those that leave nothing out the gradual ones first, the cheapest of each first.

        For several conflicts a repair is one change for each, together.
        """
        found = list(self._single(conflicts[0]) if len(conflicts) == 1 else self._joint(conflicts))
        return tuple(
            sorted(found, key=lambda each: (each.left_out, len(each.changes), not each.gradual, each.cost)),
        )

    def _single(self, conflict: ConflictView) -> Iterator[Repair]:
        pending, late = list(self._changes(conflict)), list[_Change]()
        self.later = [each for each in pending if each.refutable and each.quota is None]
        if self.counted:  # there is too much work in all: less of it, or more of what is counted, helps first
            pending.sort(key=lambda each: (each.quota is None, not each.left_out))
        while pending or late:
            if self.oracle.out_of_time():
                self.notes.append("there was no time to try every repair; try a longer limit (-t)")
                return
            if not pending:
                pending, late = late, []
            change, many = pending.pop(0), len(pending) + 1
            if change.refutable and self._is_useless(change):
                continue
            deadline = self.oracle.deadline.share(1 / min(TUNING.shares, many))
            found = self._least(change, conflict, self.document, (), deadline)
            if found is not None:
                yield from self._tried(change, found, deadline)
            elif deadline.expired():
                late.append(change)  # others may leave it some of their time

    def _tried(self, change: _Change, found: tuple[str, Document, Answer], deadline: Deadline) -> Iterator[Repair]:
        """Yield the repair that a change is, and a larger one of a quota that costs less."""
        text, document, answer = found
        for repair in self._verified([text], document, answer, deadline, change):
            yield repair
            if change.quota is not None:
                yield from self._cheaper(change, change.quota, repair, answer, deadline)

    def _cheaper(
        self, change: _Change, quota: str, least: Repair, answer: Answer, deadline: Deadline
    ) -> Iterator[Repair]:
        """Yield a quota raised to what a plan uses that costs less than the one of the least raise."""
        document = copy.deepcopy(self.document)
        stated = next(each for each in document["quotas"] if each["id"] == quota)
        limit = stated["limit"]
        stated["limit"] = _ample(limit)
        result = None if deadline.expired() else self._solved(least.changes, document, answer, deadline)
        if result is None or result.cost is None or result.cost >= least.cost:
            return
        used = max(Fraction(str(line["used"])) for line in result.document["quotas"] if line["id"] == quota)
        changed = change.at(self.document, _exact_steps(limit, used))
        if changed is not None:
            known = Answer(True, tasks=tuple(result.document["tasks"]))
            made = self._verified([changed[0]], changed[1], known, deadline, change)
            yield from (repair for repair in made if repair.cost < least.cost)

    def _joint(self, conflicts: Sequence[ConflictView]) -> Iterator[Repair]:
        document, text = self.document, list[str]()
        for conflict in conflicts:
            others = [each for other in conflicts if other is not conflict for each in other.demands]
            for change in self._changes(conflict):
                deadline = self.oracle.deadline.share(0.25)
                if (
                    not change.left_out
                    and (found := self._least(change, conflict, document, others, deadline)) is not None
                ):
                    text.append(found[0])
                    document = found[1]
                    break
            else:
                return
        answer = self.oracle.answer(document, 0.5, plan_first=True)
        if answer.feasible:
            yield from self._verified(text, document, answer, self.oracle.deadline, _JOINT)

    def _changes(self, conflict: ConflictView) -> Iterator[_Change]:
        budgets = {quota["id"] for quota in self.document.get("quotas", ()) if quota["of"] == "money"}
        for each in sorted(conflict.demands, key=_ease_of_change):
            self.say(f"a repair: {each.words}")
            if each.milder is not None:
                quota = each.subject[0] if each.kind == "quota" else None
                refutable = each.kind != "horizon" and quota not in budgets
                yield _Change(each.milder, each.most, quota=quota, refutable=refutable)
            elif each.dropped:
                yield _Change(_drop_change(each), 1, each.kind in ("service", "batch"), gradual=False)
        named = [task for task in self.document["tasks"] if task["id"] in conflict.tasks and not task.get("optional")]
        if len(named) > TUNING.left_out:
            self.notes.append(f"of {len(named):,} tasks to leave out, the first {TUNING.left_out} were tried")
        for task in named[: TUNING.left_out]:
            if (copies := task.get("copies", 1)) > 1:
                yield _Change(_fewer_copies_change(task["id"], copies), copies - 1, True)
            yield _Change(_leave_out_change(task["id"]), 1, True)

    def _least(
        self,
        change: _Change,
        conflict: ConflictView,
        document: Document,
        without: Sequence[Requirement],
        deadline: Deadline,
    ) -> tuple[str, Document, Answer] | None:
        """Return the least change that makes room, without some requirements; None when none does in time.

        A quota at any moment is raised to what some plan needs where the least raise was not decided in time.
        """
        if change.quota is None:
            return self._stepped(change, conflict, document, without, deadline)
        quotas = (quota for quota in self.document["quotas"] if quota["id"] == change.quota)
        if next(quotas).get("per") == "moment":
            early = deadline.share(TUNING.stepped)
            found = self._stepped(change, conflict, document, without, early)
            return found or self._raised(change, document, without, deadline)
        raised = self._raised(change, document, without, deadline)
        return raised or self._stepped(change, conflict, document, without, deadline)

    def _stepped(
        self,
        change: _Change,
        conflict: ConflictView,
        document: Document,
        without: Sequence[Requirement],
        deadline: Deadline,
    ) -> tuple[str, Document, Answer] | None:
        """Return the least change that makes room for the conflict alone, or twice it again and again for all."""
        steps = self._steps(change, conflict.document, deadline)
        if steps is None:
            return None
        for _ in range(TUNING.tries):
            changed = change.at(document, steps)
            if changed is None or deadline.expired():
                return None
            try:
                free = without_requirements(changed[1], without)
            except NotRemovable:
                return None
            answer = Answer(False) if self._is_refuted(free) else self._answer(free, deadline, plan_first=True)
            if answer.feasible:
                return (*changed, answer)
            if steps >= change.most:
                return None
            steps = min(2 * steps, change.most)
        return None

    def _is_useless(self, change: _Change) -> bool:
        """Return whether not even the largest change makes room; those of moments are tried together at first."""
        if change in self.useless:
            return True
        group, self.later = (self.later, []) if change in self.later else ([change], self.later)
        if self._is_refuted(_with_largest(group, self.document)):
            self.useless += group
            return True
        return len(group) > 1 and self._is_useless(change)

    def _is_refuted(self, document: Document) -> bool:
        return self.counted and not self.oracle.out_of_time() and self.oracle.is_refuted(document)

    def _raised(
        self, change: _Change, document: Document, without: Sequence[Requirement], deadline: Deadline
    ) -> tuple[str, Document, Answer] | None:
        """Return a quota raised to what a plan of little use needs, and that plan; None where none is found."""
        try:
            free = without_requirements(document, without)
        except NotRemovable:
            return None
        stated = next(each for each in free["quotas"] if each["id"] == change.quota)
        limit = stated["limit"]
        stated["limit"] = _ample(limit)
        found = self.oracle.least_use(free, stated["id"], 0.5 * deadline.left())
        if found is None:
            return None
        changed = change.at(document, _exact_steps(limit, found[0]))
        return None if changed is None else (*changed, found[1])

    def _steps(self, change: _Change, document: Document, deadline: Deadline) -> int | None:
        """Return the fewest steps after which a plan is known to exist; go on where time ran out."""

        def sufficient(steps: int) -> bool:
            changed = change.at(document, steps)
            return changed is not None and self._answer(changed[1], deadline).feasible is True

        low = self.insufficient.get(change, 0)
        high = min(max(1, 2 * low), change.most)
        while not sufficient(high):
            if high >= change.most or deadline.expired():
                return None
            low = self.insufficient[change] = high
            high = min(2 * high, change.most)
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (low, middle) if sufficient(middle) else (middle, high)
        return high

    def _answer(self, document: Document, deadline: Deadline, plan_first: bool = False) -> Answer:
        left = self.oracle.left()
        if left <= 0:
            return Answer(None)
        share = max(0.0, min(1.0, 0.5 * deadline.left() / left))
        return self.oracle.answer(document, share, plan_first)

    def _verified(
        self, changes: Sequence[str], document: Document, answer: Answer, deadline: Deadline, change: _Change
    ) -> Iterator[Repair]:
        """Yield the repair with the cost of a plan that passed the checker."""
        result = self._solved(changes, document, answer, deadline)
        if result is not None and result.plan is not None and result.cost is not None:
            words, status = tuple(changes), str(result.status)
            yield Repair(words, result.cost, status, pruned(document), change.left_out, change.gradual)

    def _solved(self, changes: Sequence[str], document: Document, answer: Answer, deadline: Deadline) -> Result | None:
        """Return the result for a changed document; None, and a note, where there is no time or none comes."""
        if not document["tasks"] and not document.get("services"):
            return None  # nothing is left to plan
        left = self.oracle.left()
        seconds = min(max(deadline.left(), TUNING.verified * left), left - TUNING.least_seconds, TUNING.most_seconds)
        if left <= 2 * TUNING.least_seconds:
            self.notes.append("there was no time to verify every repair; try a longer limit (-t)")
            return None
        stated = pruned(document)
        warm_start = {"tasks": list(answer.tasks)} if answer.tasks else None
        try:
            here = HERE if is_small(document) else {}
            return solve(
                stated, time_limit=max(TUNING.least_seconds, seconds), gap=0.001, warm_start=warm_start, **here
            )
        except LeptonoptError as error:
            self.notes.append(f"{' and '.join(changes)}: could not be verified: {error}")
            return None


def _with_largest(changes: Sequence[_Change], document: Document) -> Document:
    """Return the document after the largest of some changes."""
    for change in changes:
        made = change.at(document, change.most)
        document = document if made is None else made[1]
    return document


def _ample(limit: Any) -> Any:
    """Return a limit of a quota that no plan is expected to reach."""
    return 1000 * limit + 1000


def _ease_of_change(statement: Requirement) -> tuple[bool, bool, bool]:
    """Return a sort key: quotas first, then other gradual changes, then requirements to drop."""
    return (statement.milder is None, statement.kind == "horizon", statement.kind != "quota")


def _drop_change(statement: Requirement) -> Callable[[Document, int], str]:
    def make(document: Document, steps: int) -> str:
        statement.without(document)
        return statement.dropped

    return make


def _task(document: Document, id: str) -> Document:
    found: Document = next(task for task in document["tasks"] if task["id"] == id)
    return found


def _fewer_copies_change(id: str, copies: int) -> Callable[[Document, int], str]:
    def make(document: Document, steps: int) -> str:
        _task(document, id)["copies"] = copies - steps
        return f"{id!r} with {copies - steps} cop{'y' if copies - steps == 1 else 'ies'} instead of {copies}"

    return make


def _leave_out_change(id: str) -> Callable[[Document, int], str]:
    def make(document: Document, steps: int) -> str:
        task = _task(document, id)
        task["optional"], task["value"] = True, task.get("value", 0)
        return f"{id!r} left out"

    return make
