"""Answers: the least cost before and after, the difference as a proven interval, the changes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

Line = Mapping[str, Any]


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

    @property
    def exact(self) -> bool:
        """Return whether both ends are one."""
        return self.low is not None and self.low == self.high

    def text(self, currency: str, signed: bool = False) -> str:
        """Return it in words, such as `+41.20 to +43.00 USD`."""
        plus = "+" if signed else ""
        low = None if self.low is None else f"{float(self.low):{plus},.6g}"
        high = None if self.high is None else f"{float(self.high):{plus},.6g}"
        if self.exact:
            return f"{low} {currency}, exactly"
        if low is None or high is None:
            return f"at least {low} {currency}" if low else f"at most {high} {currency}" if high else "not known"
        return f"{low} to {high} {currency}"


@dataclass(frozen=True)
class Moved:
    """A copy of a task in two plans: option, pool and start in each, None where it does not run."""

    task: str
    before: tuple[str, str, str] | None
    after: tuple[str, str, str] | None
    difference: Fraction

    def text(self, currency: str) -> str:
        """Return it as a line."""

        def place(at: tuple[str, str, str] | None) -> str:
            return "does not run" if at is None else f"{at[0]} {at[2]}"

        return f"{self.task}  {place(self.before)} -> {place(self.after)}  {float(self.difference):+,.6g} {currency}"


@dataclass(frozen=True)
class Answer:
    """The answer to a question.

    Attributes
    ----------
    before, after : where the least cost lies; after a change that leaves no plan, its ends are None.
    status : of the solve after the change.
    moved : copies that run otherwise.
    document : the plan after the change.
    """

    before: Interval
    after: Interval
    status: str
    moved: tuple[Moved, ...]
    document: Mapping[str, Any]

    @property
    def difference(self) -> Interval:
        """Return the cost of the change: no value outside of it is possible."""
        return self.after - self.before


def answered(before: Mapping[str, Any], after: Mapping[str, Any]) -> Answer:
    """Return the answer that two plans give: of the instance as it is, and as it would be."""
    moved = moved_copies(before, after)
    return Answer(Interval.of_plan(before), Interval.of_plan(after), str(after["status"]), tuple(moved), after)


def moved_copies(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Moved]:
    """Return the copies that run otherwise in two plans, by what that costs, the dearest first."""
    old, new = _copies(before), _copies(after)
    found = []
    for key in {**old, **new}:
        one, other = old.get(key), new.get(key)
        places = [None if line is None else _where(line) for line in (one, other)]
        if places[0] != places[1]:
            difference = _cost(other) - _cost(one)
            found.append(Moved(key, places[0], places[1], difference))
    return sorted(found, key=lambda each: (-each.difference, each.task))


def _copies(plan: Mapping[str, Any]) -> dict[str, Line]:
    found: dict[str, Line] = {}
    for line in plan.get("tasks", ()):
        first = line.get("copy", 1)
        for copy in range(first, first + line.get("copies", 1)):
            found[f"{line['id']} #{copy}" if "copy" in line else line["id"]] = line
    return found


def _where(line: Line) -> tuple[str, str, str]:
    return str(line["option"]), str(line["pool"]), str(line["start"])


def _cost(line: Line | None) -> Fraction:
    return Fraction(0) if line is None else Fraction(str(line["cost"]))
