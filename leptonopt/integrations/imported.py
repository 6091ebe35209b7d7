"""The answer of every reader: pools, tasks and quotas, with notes on what was left out."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, TypeVar

from leptonopt.errors import InputError, UsageError
from leptonopt.instance import units

Document = dict[str, Any]
N = TypeVar("N")  # a node, as its system describes it


@dataclass(frozen=True)
class Grid:
    """The time grid that an import is put on.

    Attributes
    ----------
    start : start of the horizon, an aware datetime on a whole second.
    slot, horizon : seconds; the horizon is a whole number of slots.
    zone : name of the time zone of daily and weekly series.
    stated : `start` and `horizon`, where the user states them; a log of requests has its own where not.
    """

    start: datetime
    slot: int
    horizon: int
    zone: str = "UTC"
    stated: frozenset[str] = frozenset({"start", "horizon"})

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
    pools, tasks, quotas, services : entries of an instance, in the native format.
    running : entries of `running` in a state, of those tasks that run already.
    unusable : nodes that take no new work, and stand in no pool.
    outside : entries of `running` for jobs that run on such nodes, and are no tasks.
    notes : one line for each kind of thing that was left out or approximated.
    grid : the time grid of a reader that has its own; None where it is that of the call.
    timeless : whether what was found is of no time, and a part of an instance without a name.
    """

    pools: list[Document] = field(default_factory=list)
    tasks: list[Document] = field(default_factory=list)
    quotas: list[Document] = field(default_factory=list)
    running: list[Document] = field(default_factory=list)
    unusable: list[str] = field(default_factory=list)
    outside: list[Document] = field(default_factory=list)
    services: list[Document] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    grid: Grid | None = None
    timeless: bool = False

    def document(self, name: str, source: str, grid: Grid) -> Document:
        """Return an instance of what was found."""
        more = {"services": self.services, "quotas": self.quotas}
        more = {key: entries for key, entries in more.items() if entries}
        if self.timeless:
            return {"leptonopt": 1, **more}
        time = (self.grid or grid).document()
        made: Document = {"leptonopt": 1, "name": name, "source": source, "time": time, "pools": self.pools}
        return {**made, "tasks": self.tasks, **more}


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


def plain_number(value: Decimal) -> int | Decimal:
    """Return a number as it is written in an instance: whole where it is, without zeros at its end."""
    return int(value) if value == int(value) else value.normalize()


def default_duration(params: Mapping[str, str]) -> int | None:
    """Return the parameter `default_duration`, of tasks without one [s]; raises `UsageError`."""
    try:
        return units.duration(params["default_duration"]) if "default_duration" in params else None
    except ValueError as error:
        raise UsageError(f"--param default_duration: {error}") from None


def named_groups(
    nodes: Iterable[N], group_of: Callable[[N], tuple[Any, ...]], name_of: Callable[[tuple[Any, ...]], str]
) -> dict[str, list[N]]:
    """Return nodes that are alike by the name of their pool, with a number where groups have one name."""
    groups: dict[tuple[Any, ...], list[N]] = defaultdict(list)
    for node in nodes:
        groups[group_of(node)].append(node)
    names = [name_of(key) or "nodes" for key in sorted(groups)]
    return {
        name if names.count(name) == 1 else f"{name}-{names[: at + 1].count(name)}": groups[key]
        for at, (key, name) in enumerate(zip(sorted(groups), names, strict=True))
    }


def node_kinds(nodes: Iterable[N], size_of: Callable[[N], Mapping[str, Any]]) -> list[tuple[Document, list[N]]]:
    """Return a kind of nodes, with `id`, `size`, `count` and `reserved`, for each size, and its nodes.

    All nodes are reserved: they are there, and cost nothing more, unless an overlay states a price.
    """
    sizes: dict[tuple[tuple[str, Any], ...], list[N]] = defaultdict(list)
    for node in nodes:
        sizes[tuple(size_of(node).items())].append(node)
    kinds = []
    for size, members in sorted(sizes.items(), key=lambda item: (-len(item[1]), str(item[0]))):
        label = "-".join(f"{amount}{name.removeprefix('memory_')}" for name, amount in size) or "empty"
        kind: Document = {"id": label, "size": dict(size), "count": len(members), "reserved": len(members)}
        kinds.append((kind, members))
    return kinds


def json_of(name: str, text: str) -> Any:
    """Return what a JSON text says, without keys that are null: these are absent; raises `InputError`."""
    try:
        return json.loads(text, object_pairs_hook=_stated)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{name}: is no JSON: {error}") from None


def _stated(pairs: Iterable[tuple[str, Any]]) -> Document:
    return {key: value for key, value in pairs if value is not None}


def number_of(name: str, row: Mapping[str, Any], column: str) -> Decimal:
    """Return a number of a file from 0 to below 10^9; raises `InputError` with the name of the file."""
    try:
        found = Decimal(str(row[column]))
    except KeyError:
        raise InputError(f"{name}: a row has no column {column!r}") from None
    except InvalidOperation:
        raise InputError(f"{name}: {column}: {str(row[column])[:40]!r} is not a number") from None
    if not 0 <= found < 10**9:
        raise InputError(f"{name}: {column}: {found} is not a number from 0 to 10^9")
    return found
