"""What would help: changes that make room in a conflict, and a plan that proves each.

The least change is looked for on the conflict by itself, which is small; then it is tried on the whole instance.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from math import ceil
from typing import Any, Protocol

from leptonopt.errors import LeptonoptError
from leptonopt.infeasibility.documents import Document, pruned
from leptonopt.infeasibility.feasibility_check import Answer, FeasibilityOracle, small
from leptonopt.infeasibility.requirement import NotRemovable, Requirement, without_requirements
from leptonopt.infeasibility.requirements import grain
from leptonopt.instance import Instance
from leptonopt.runtime.deadline import Deadline
from leptonopt.session.solve import solve
from leptonopt.solvers import registry as methods

LEAST = 0.5  # seconds in which a repair can be verified
LONGEST = 10.0  # seconds in which the cost of a repair is made small
FIRST = 5  # changes among which the time that is left is shared, the others coming after them
TRIES = 4  # larger changes that are tried where the least one of the conflict is not enough for the whole


@dataclass(frozen=True)
class Repair:
    """Changes after which a plan exists, with the cost of the plan that was found for it."""

    changes: tuple[str, ...]
    cost: Fraction
    status: str
    instance: Document = field(repr=False)
    left_out: bool = False


class Tight(Protocol):
    """A conflict, as repairs see it."""

    tasks: tuple[str, ...]
    demands: tuple[Requirement, ...]
    document: Document


@dataclass(frozen=True)
class _Change:
    """Something that can be relaxed by steps; `make` changes a document and returns what that is called."""

    make: Callable[[Document, int], str | None]
    most: int
    left_out: bool = False
    quota: str | None = None

    def at(self, document: Document, steps: int) -> tuple[str, Document] | None:
        """The document after so many steps; None where that cannot be said."""
        changed = copy.deepcopy(document)
        try:
            said = self.make(changed, steps)
        except NotRemovable:
            return None
        return None if said is None else (said, changed)


class Repairs:
    """Ways out of conflicts, each verified."""

    def __init__(
        self,
        instance: Instance,
        document: Document,
        asking: FeasibilityOracle,
        say: Callable[[str], None],
        notes: list[str],
    ) -> None:
        self.instance, self.document, self.asking, self.say, self.notes = instance, document, asking, say, notes

    def of(self, conflicts: Sequence[Any]) -> tuple[Repair, ...]:
        """Repairs, the smallest and cheapest first; for several conflicts one way out of each, together."""
        found = list(self._single(conflicts[0]) if len(conflicts) == 1 else self._joint(conflicts))
        return tuple(sorted(found, key=lambda repair: (repair.left_out, len(repair.changes), repair.cost)))

    def _single(self, conflict: Tight) -> Iterator[Repair]:
        changes = list(self._changes(conflict))
        for number, change in enumerate(changes):
            if self.asking.out_of_time():
                self.notes.append("there was no time to try every repair; try a longer limit (-t)")
                return
            deadline = self.asking.deadline.share(1 / min(FIRST, len(changes) - number))
            if (found := self._least(change, conflict, self.document, (), deadline)) is None:
                continue
            said, document, answer = found
            yield from self._verified([said], document, answer, deadline, change.left_out)

    def _joint(self, conflicts: Sequence[Tight]) -> Iterator[Repair]:
        document, said = self.document, list[str]()
        for conflict in conflicts:
            others = [each for other in conflicts if other is not conflict for each in other.demands]
            for change in self._changes(conflict):
                deadline = self.asking.deadline.share(0.25)
                if (
                    not change.left_out
                    and (found := self._least(change, conflict, document, others, deadline)) is not None
                ):
                    said.append(found[0])
                    document = found[1]
                    break
            else:
                return
        answer = self.asking.answer(document, 0.5, hopeful=True)
        if answer.word:
            yield from self._verified(said, document, answer, self.asking.deadline, False)

    def _changes(self, conflict: Tight) -> Iterator[_Change]:
        for each in sorted(conflict.demands, key=_promise):
            self.say(f"a repair: {each.words}")
            if each.milder is not None:
                yield _Change(each.milder, each.most, quota=each.subject[0] if each.kind == "quota" else None)
            elif each.dropped:
                yield _Change(_dropping(each), 1)
        for task in self.document["tasks"]:
            if task["id"] not in conflict.tasks or task.get("optional"):
                continue
            if (copies := task.get("copies", 1)) > 1:
                yield _Change(_fewer(task["id"], copies), copies - 1, True)
            yield _Change(_leaving(task["id"]), 1, True)

    def _least(
        self, change: _Change, conflict: Tight, document: Document, without: Sequence[Requirement], deadline: Deadline
    ) -> tuple[str, Document, Answer] | None:
        """The least change that makes room, with the demands in `without` gone; None when none does in time."""
        steps = self._steps(change, conflict.document, deadline)
        if steps is None:
            return None
        if change.quota is not None:
            steps = self._enough(change.quota, document, without, steps, deadline)
        for _ in range(TRIES):
            made = change.at(document, steps)
            if made is None or deadline.expired():
                return None
            try:
                answer = self._asked(without_requirements(made[1], without), deadline, hopeful=True)
            except NotRemovable:
                return None
            if answer.word:
                return (*made, answer)
            if steps >= change.most:
                return None
            steps = min(2 * steps, change.most)
        return None

    def _enough(
        self, quota: str, document: Document, without: Sequence[Requirement], least: int, deadline: Deadline
    ) -> int:
        """Steps of a quota for which a plan is found at once, and at least so many."""
        try:
            changed = without_requirements(document, without)
        except NotRemovable:
            return least
        stated = next(each for each in changed["quotas"] if each["id"] == quota)
        limit = stated["limit"]
        stated["limit"] = 1000 * limit + 1000
        uses = self.asking.least_use(changed, quota, 0.5 * deadline.left())
        return least if uses is None else max(least, ceil((uses - Fraction(limit)) / Fraction(grain(limit))))

    def _steps(self, change: _Change, document: Document, deadline: Deadline) -> int | None:
        """The fewest steps for which a document is known to have a plan."""

        def enough(steps: int) -> bool:
            made = change.at(document, steps)
            return made is not None and self._asked(made[1], deadline).word is True

        low, high = 0, 1
        while not enough(high):
            if high >= change.most or deadline.expired():
                return None
            low, high = high, min(2 * high, change.most)
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (low, middle) if enough(middle) else (middle, high)
        return high

    def _asked(self, document: Document, deadline: Deadline, hopeful: bool = False) -> Answer:
        left = self.asking.left()
        if left <= 0:
            return Answer(None)
        share = max(0.0, min(1.0, 0.5 * deadline.left() / left))
        return self.asking.answer(document, share, hopeful)

    def _verified(
        self, changes: Sequence[str], document: Document, answer: Answer, deadline: Deadline, left_out: bool
    ) -> Iterator[Repair]:
        """The repair with the cost of a plan that passed the checker."""
        seconds = min(deadline.left(), self.asking.left() - LEAST, LONGEST)
        if self.asking.left() <= 2 * LEAST:
            self.notes.append("there was no time to verify every repair; try a longer limit (-t)")
            return
        stated = pruned(document)
        warm = {"tasks": list(answer.tasks)} if answer.tasks else None
        try:
            here: dict[str, Any] = {"method": methods.load_method("cpsat")} if small(document) else {}
            result = solve(stated, time_limit=max(LEAST, seconds), gap=0.001, warm_start=warm, **here)
        except LeptonoptError as error:
            self.notes.append(f"{' and '.join(changes)}: could not be verified: {error}")
            return
        if result.plan is not None and result.cost is not None:
            yield Repair(tuple(changes), result.cost, str(result.status), stated, left_out)


def _promise(statement: Requirement) -> tuple[bool, bool, bool]:
    """Sort key: what can be raised by what is missing first, then other small changes, then what is dropped."""
    return (statement.milder is None, statement.kind == "horizon", statement.kind != "quota")


def _dropping(statement: Requirement) -> Callable[[Document, int], str]:
    def make(document: Document, steps: int) -> str:
        statement.without(document)
        return statement.dropped

    return make


def _task(document: Document, id: str) -> Document:
    found: Document = next(task for task in document["tasks"] if task["id"] == id)
    return found


def _fewer(id: str, copies: int) -> Callable[[Document, int], str]:
    def make(document: Document, steps: int) -> str:
        _task(document, id)["copies"] = copies - steps
        return f"{id!r} with {copies - steps} cop{'y' if copies - steps == 1 else 'ies'} instead of {copies}"

    return make


def _leaving(id: str) -> Callable[[Document, int], str]:
    def make(document: Document, steps: int) -> str:
        task = _task(document, id)
        task["optional"], task["value"] = True, task.get("value", 0)
        return f"{id!r} left out"

    return make
