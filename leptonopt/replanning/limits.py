"""Take off what has been used of quotas and meters, and make changes few."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import chain
from typing import Any

from leptonopt.compile.calendar import calendar_windows
from leptonopt.errors import UsageError
from leptonopt.instance import Instance
from leptonopt.instance.cross_checks import ALSO
from leptonopt.replanning.names import CHANGES

Document = dict[str, Any]


@dataclass
class Limits:
    """Rewrite the limits of an instance for what is left of it.

    `ids` returns the new tasks that stand for one, `used` is what the state says by quota and meter, `start` the new
    start, `changes` the most changes, None for any number; `notes` are added to.
    """

    instance: Instance
    ids: Callable[[str], list[str]]
    used: Mapping[str, Decimal]
    start: datetime
    changes: int | None
    notes: list[str]

    def rewrite(self, document: Document) -> None:
        """Take off what has been used, and limit changes."""
        consumed = set(_consumed(document))
        teams = {noun.get("team") for noun in (*document["tasks"], *document.get("services", ()))}
        for name in ("quotas", "meters"):
            measures = [self._left(each, teams) for each in document.get(name, ()) if each["of"] != CHANGES]
            document[name] = [each for each in measures if self._still_counts(each, consumed)]
        objective = document.setdefault("objective", {})
        ties = [name for name in objective.get("ties", ()) if name != CHANGES and (name == "ends" or name in consumed)]
        if CHANGES in consumed:
            ties.insert(0, CHANGES)
            if self.changes is not None:
                document["quotas"].append({"id": CHANGES, "of": CHANGES, "limit": self.changes})
        document["objective"] = {**objective, "ties": ties}
        if not ties:
            del document["objective"]["ties"]
        for name in ("quotas", "meters", "objective"):
            if not document[name]:
                del document[name]

    def _left(self, measure: Document, teams: set[str | None]) -> Document:
        """Return a quota or meter of what is left; `teams` are those that still have something to do."""
        made = dict(measure)
        if "tasks" in made:
            made["tasks"] = [id for task in made["tasks"] for id in self.ids(task)]
        if "teams" in made:
            made["teams"] = [team for team in made["teams"] if team in teams]
        used = self._used(measure)
        made.pop("used", None)
        if used > 0 and "limit" in made and used > (limit := max(Decimal(0), Decimal(made["limit"]))):
            self.notes.append(f"quota {made['id']!r} is used up beyond its limit by {used - made['limit']}")
            used = limit
        return made | ({"used": used} if used else {})

    def _used(self, measure: Document) -> Decimal:
        """Return what has been used in the window with which the new horizon begins; raises `UsageError`."""
        per, said = measure.get("per", "horizon"), self.used.get(measure["id"], Decimal(0))
        if per == "moment" and said:
            raise UsageError(f"state: used: {measure['id']!r} is per moment, and nothing of it is used up")
        before = Decimal(measure.get("used", 0))
        return said + (before if before and self._same_window(per) else 0)

    def _same_window(self, per: str) -> bool:
        """Return whether the old and the new horizon begin in one window of a period."""
        time = self.instance.time
        passed = int((self.start - time.start).total_seconds()) // time.slot
        if per in ("horizon", "slot", "moment"):
            return per == "horizon" or not passed
        return calendar_windows(time, per)[0][1] >= passed

    def _still_counts(self, measure: Document, consumed: set[str]) -> bool:
        """Return whether there is still something that a quota or meter can count."""
        resources = set(chain.from_iterable(pool.resources for pool in self.instance.pools))
        return measure["of"] in {*ALSO} | resources | consumed


def _consumed(document: Document) -> Iterator[str]:
    """Yield the names that options consume."""
    for task in document["tasks"]:
        ways: Iterable[Document] = (*task.get("options", ()), task.get("work", {}))
        yield from chain.from_iterable(way.get("consumes", {}) for way in ways)
