"""A checked plan as an object around its document."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING, Any

from leptonopt.plan.entries import copies_of, label

if TYPE_CHECKING:
    import pandas


@dataclass(frozen=True)
class Plan:
    """A plan that has passed the checker.

    `plan_document` is exactly what the plan file holds; the properties are shortcuts into it.
    """

    document: dict[str, Any] = field(repr=False)

    @property
    def cost(self) -> Fraction:
        """Return the exact objective [money]."""
        return Fraction(self.document["cost_exact"])

    @property
    def tasks(self) -> list[dict[str, Any]]:
        """Return the entries of `tasks`, one for equal copies of a task, by start."""
        found: list[dict[str, Any]] = self.document["tasks"]
        return found

    @property
    def bill(self) -> dict[str, Any]:
        """Return the bill: totals, and by pool and resource."""
        found: dict[str, Any] = self.document["bill"]
        return found

    @property
    def figures(self) -> dict[str, Any]:
        """Return utilisation, total cost, total profit, cost-profit ratio and net benefit."""
        found: dict[str, Any] = self.document["figures"]
        return found

    def entry(self, id: str, copy: int = 1) -> dict[str, Any]:
        """Return the entry of `tasks` with a copy, counted from 1; raises `KeyError` if it does not run."""
        for line in self._by_task.get(id, ()):
            if 0 <= copy - line.get("copy", 1) < line.get("copies", 1):
                return line
        raise KeyError((id, copy))

    @cached_property
    def _by_task(self) -> dict[str, list[dict[str, Any]]]:
        found: dict[str, list[dict[str, Any]]] = {}
        for line in self.tasks:
            found.setdefault(line["id"], []).append(line)
        return found

    def to_pandas(self) -> pandas.DataFrame:
        """Return a data frame with a row for each entry of `tasks`.

        The columns are id, copy, copies, option, pool, variant, start, end, cost.

        Raises `ImportError` when pandas is not installed.
        """
        import pandas

        columns = ["id", "copy", "copies", "option", "pool", "variant", "start", "end", "cost"]
        frame = pandas.DataFrame([{name: line.get(name) for name in columns} for line in self.tasks], columns=columns)
        for name in ("copy", "copies"):
            frame[name] = frame[name].fillna(1).astype(int)
        for name in ("start", "end"):
            frame[name] = pandas.to_datetime(frame[name], utc=True)
        return frame

    def __str__(self) -> str:
        lines = [
            f"{line['start']}  {line['end']}  {label(line)}  {line['option']}  {line['cost']}" for line in self.tasks
        ]
        tasks = f"{copies_of(self.tasks)} tasks"
        head = f"{self.document['status']}: {self.document['cost']} {self.document['currency']}, {tasks}"
        return "\n".join([head, *lines])
