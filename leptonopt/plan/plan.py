"""A checked plan as an object around its document."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from html import escape
from typing import TYPE_CHECKING, Any, cast

from leptonopt.plan.entries import copies_of, label

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping

    import pandas
    from matplotlib.figure import Figure

    from leptonopt.instance import Instance
    from leptonopt.plan.plan_types import Bill, Figures, PlanDocument, PlanTask

FRAME_HEIGHT = 520  # of the page of a plan in a notebook [px]


@dataclass(frozen=True, repr=False)
class Plan:
    """A plan that has passed the checker.

    `document` is exactly what the plan file holds; the properties are shortcuts into it.
    """

    document: dict[str, Any] = field(repr=False)

    @property
    def cost(self) -> Fraction:
        """Return the exact objective [money]."""
        return Fraction(self.document["cost_exact"])

    @property
    def typed(self) -> PlanDocument:
        """Return the document, with the types of its keys for type checkers."""
        return cast("PlanDocument", self.document)

    @property
    def tasks(self) -> list[PlanTask]:
        """Return the entries of `tasks`, one for equal copies of a task, by start."""
        return self.typed["tasks"]

    @property
    def bill(self) -> Bill:
        """Return the bill: totals, and by pool and resource."""
        return cast("Bill", self.document["bill"])

    @property
    def figures(self) -> Figures:
        """Return utilisation, total cost, total profit, cost-profit ratio and net benefit."""
        return cast("Figures", self.document["figures"])

    def entry(self, id: str, copy: int = 1) -> PlanTask:
        """Return the entry of `tasks` with a copy, counted from 1; raises `KeyError` if it does not run."""
        for line in self._by_task.get(id, ()):
            if 0 <= copy - line.get("copy", 1) < line.get("copies", 1):
                return line
        raise KeyError((id, copy))

    @cached_property
    def _by_task(self) -> dict[str, list[PlanTask]]:
        found: dict[str, list[PlanTask]] = {}
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

    def plot(
        self, instance: Instance | Mapping[str, Any] | None = None, path: str | os.PathLike[str] | None = None
    ) -> Figure:
        """Return the picture of schedule, load and cost, with the instance also of capacities.

        It is written to `path` if one is given. Raises `UsageError` for an ending that is no picture.
        """
        from leptonopt.plan.plot import draw

        return draw(self.document, instance, path)

    def _headline(self) -> str:
        return f"{self.document['status']}: {self.document['cost']} {self.document['currency']}"

    def __repr__(self) -> str:
        return f"<Plan of {self.document['instance']['name']!r}, {self._headline()}, {copies_of(self.tasks)} tasks>"

    def _repr_html_(self) -> str:
        """Return the page of the plan in a frame that runs no script, for notebooks."""
        from leptonopt.plan.page import PlanPage

        page = escape(PlanPage(self.document).html())
        return f'<iframe srcdoc="{page}" sandbox width="100%" height="{FRAME_HEIGHT}" frameborder="0"></iframe>'

    def __str__(self) -> str:
        lines = [
            f"{line['start']}  {line['end']}  {label(line)}  {line['option']}  {line['cost']}" for line in self.tasks
        ]
        tasks = f"{copies_of(self.tasks)} tasks"
        head = f"{self.document['status']}: {self.document['cost']} {self.document['currency']}, {tasks}"
        return "\n".join([head, *lines])
