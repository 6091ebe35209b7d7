"""Answers: the least cost before and after, the difference as a proven interval, the changes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from leptonopt.plan.diff import TaskChange, change_document, task_changes
from leptonopt.plan.diff_services import ReplicaChange, change_documents, replica_changes
from leptonopt.plan.numbers import money_text


@dataclass(frozen=True)
class Interval:
    """Money between `low` and `high`, exact; None where it is not known on that side."""

    low: Fraction | None
    high: Fraction | None

    @classmethod
    def of_plan(cls, document: Mapping[str, Any]) -> Interval:
        """Return where the least cost of an instance lies, by a plan of it: from its bound to its cost."""
        cost, bound = document.get("cost_exact"), document.get("bound_exact")
        return cls(None if bound is None else Fraction(bound), None if cost is None else Fraction(cost))

    def __sub__(self, other: Interval) -> Interval:
        low = None if self.low is None or other.high is None else self.low - other.high
        high = None if self.high is None or other.low is None else self.high - other.low
        return Interval(low, high)

    def within(self, low: Fraction | None = None, high: Fraction | None = None) -> Interval:
        """Return what of it lies between two ends, which hold as well."""
        lows = [end for end in (self.low, low) if end is not None]
        highs = [end for end in (self.high, high) if end is not None]
        return Interval(max(lows, default=None), min(highs, default=None))

    def ends(self) -> list[str | None]:
        """Return both ends as exact texts."""
        return [None if value is None else str(value) for value in (self.low, self.high)]

    @property
    def exact(self) -> bool:
        """Return whether both ends are one."""
        return self.low is not None and self.low == self.high

    def text(self, currency: str, signed: bool = False) -> str:
        """Return it in words, such as `+41.2 to +43 USD`, with ends rounded outwards."""
        low, high = (
            None if value is None else money_text(value, "" if self.exact else rounded, signed)
            for value, rounded in ((self.low, "down"), (self.high, "up"))
        )
        if self.exact:
            return f"{low} {currency}, exactly"
        if low is None or high is None:
            return f"at least {low} {currency}" if low else f"at most {high} {currency}" if high else "not known"
        return f"{low} to {high} {currency}"


@dataclass(frozen=True)
class Answer:
    """The answer to a question.

    Attributes
    ----------
    before, after : where the least cost lies; after a change that leaves no plan, its ends are None.
    status : of the solve after the change.
    moved : copies that run otherwise, by what that costs, the dearest first.
    replicas : ways of services whose replicas differ.
    document : the plan after the change.
    saved : the question is what the change saves, not what it costs.
    order : 1 where every plan after the change is one before it, at the same cost; -1 for the reverse; 0 for neither.
    notes : of the solve after the change.
    """

    before: Interval
    after: Interval
    status: str
    moved: tuple[TaskChange, ...]
    replicas: tuple[ReplicaChange, ...]
    document: Mapping[str, Any] = field(repr=False)
    saved: bool = False
    notes: tuple[str, ...] = ()
    order: int = 0

    @property
    def difference(self) -> Interval:
        """Return what the change costs, or saves: no value outside of it is possible."""
        found = self.before - self.after if self.saved else self.after - self.before
        return found if self.after.high is None or not self.order else found.within(low=Fraction(0))

    def changes_text(self) -> str:
        """Return in words how much runs otherwise: copies of tasks, or segments of them, and replicas."""
        number = sum(each.copies for each in self.moved)
        cut = any(line.get("segment") for line in self.document["tasks"])
        one, many = ("segment of a task", "segments of tasks") if cut else ("task", "tasks")
        ways = f", and replicas of {len(self.replicas)} ways" if self.replicas else ""
        run = f"1 {one} runs" if number == 1 else f"{number:,} {many} run"
        return f"{run} otherwise{ways}"

    def as_document(self) -> dict[str, Any]:
        """Return the answer as a document for JSON, with exact fractions."""
        spans = {name: getattr(self, name).ends() for name in ("before", "after", "difference")}
        currency = str(self.document["currency"])
        moved = [{**change_document(each), "difference": str(each.difference)} for each in self.moved]
        services = {"services": change_documents(self.replicas)} if self.replicas else {}
        return {"leptonopt_answer": 1, "currency": currency, "status": self.status, **spans, "moved": moved, **services}


def answered(
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    saved: bool = False,
    notes: Iterable[str] = (),
    order: int = 0,
) -> Answer:
    """Return the answer that two plans give: of the instance as it is, and as it would be."""
    _, changes = task_changes(before, after)
    moved = tuple(sorted(changes, key=lambda change: (-change.difference, change.task)))
    told = tuple(note for note in notes if "warm start" not in note and "`leptonopt explain`" not in note)
    if saved:
        gone = _names(before, "left_out") - _names(after, "left_out", "tasks") - _names(before, "tasks")
        told += tuple(f"{id} is left out as it is: what it costs is its value" for id in sorted(gone))
    now, then = Interval.of_plan(before), Interval.of_plan(after)
    if order > 0:
        now, then = now.within(high=then.high), then.within(low=now.low if then.high is not None else None)
    elif order < 0:
        now, then = now.within(low=then.low), then.within(high=now.high)
    replicas = replica_changes(before, after)
    return Answer(now, then, str(after["status"]), moved, replicas, after, saved, told, order)


def _names(plan: Mapping[str, Any], *keys: str) -> set[str]:
    """Return the ids of the entries of a plan under some keys."""
    return {str(entry["id"]) for key in keys for entry in plan.get(key, ())}
