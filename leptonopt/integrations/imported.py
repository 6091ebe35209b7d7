"""The answer of every reader: pools, tasks and quotas, with notes on what was left out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from leptonopt.errors import UsageError
from leptonopt.instance import units

Document = dict[str, Any]


@dataclass(frozen=True)
class Grid:
    """The time grid that an import is put on.

    Attributes
    ----------
    start : start of the horizon, an aware datetime on a whole second.
    slot, horizon : seconds; the horizon is a whole number of slots.
    zone : name of the time zone of daily and weekly series.
    """

    start: datetime
    slot: int
    horizon: int
    zone: str = "UTC"

    def __post_init__(self) -> None:
        if self.slot < 1 or self.horizon < self.slot or self.horizon % self.slot:
            text = units.duration_text
            raise UsageError(
                f"--horizon {text(self.horizon)} is no whole number of slots of {text(self.slot)}; "
                "allowed are whole multiples, such as --slot 1h --horizon 7d"
            )

    @property
    def slots(self) -> int:
        """The number of slots."""
        return self.horizon // self.slot

    def instant(self, slot: int) -> str:
        """Return the text of the instant at which a slot begins."""
        return units.instant_text(datetime.fromtimestamp(int(self.start.timestamp()) + slot * self.slot, UTC))

    def slots_until(self, seconds: int) -> int:
        """Return the least number of slots, from the start on, that last at least so many seconds."""
        return -(-seconds // self.slot)

    def document(self) -> Document:
        """Return the mapping `time` of an instance."""
        text = units.duration_text
        shown = {"start": self.instant(0), "slot": text(self.slot), "horizon": text(self.horizon)}
        return shown if self.zone == "UTC" else {**shown, "zone": self.zone}


def aligned_start(moment: datetime, slot: int) -> datetime:
    """Return the last whole slot, counted from midnight in UTC, that is not after a moment."""
    day = moment.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    passed = int((moment - day).total_seconds())
    return datetime.fromtimestamp(int(day.timestamp()) + passed - passed % slot, UTC)


@dataclass
class Imported:
    """Entries of an instance that a reader found.

    Attributes
    ----------
    pools, tasks, quotas : entries of an instance, in the native format.
    running : entries of `running` in a state, of those tasks that run already.
    notes : one line for each kind of thing that was left out or approximated.
    """

    pools: list[Document] = field(default_factory=list)
    tasks: list[Document] = field(default_factory=list)
    quotas: list[Document] = field(default_factory=list)
    running: list[Document] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def document(self, name: str, source: str, grid: Grid) -> Document:
        """Return an instance of what was found."""
        made: Document = {"leptonopt": 1, "name": name, "source": source, "time": grid.document(), "pools": self.pools}
        return {**made, "tasks": self.tasks, **({"quotas": self.quotas} if self.quotas else {})}


def listed(names: Iterable[str], most: int = 5) -> str:
    """Return names as `a, b, c and 4 more`."""
    found = sorted(set(names))
    more = f" and {len(found) - most} more" if len(found) > most else ""
    return ", ".join(found[:most]) + more


def step_series(values: Iterable[Any], grid: Grid) -> Any:
    """Return one value per slot as the series of an instance: a number, or steps where it changes."""
    found = list(values)
    steps = {grid.instant(at): value for at, value in enumerate(found) if not at or value != found[at - 1]}
    return found[0] if len(steps) == 1 else {"steps": steps}
