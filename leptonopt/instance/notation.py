"""Rewrite documents in plain notation: offsets of instants, amounts as numbers, a task a day.

What people write shorter is local times where a zone is given, amounts with units of bytes, and tasks that repeat.
All that is not recognised stays as it is, for the validation to judge.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from leptonopt.errors import Finding, InstanceError, Path
from leptonopt.instance import units
from leptonopt.instance.offers import without_offers
from leptonopt.instance.placements import without_default_placement
from leptonopt.instance.rewriting import malformed_time, rewritten
from leptonopt.instance.slo import without_slo
from leptonopt.instance.stated import Origin, Plain, moved
from leptonopt.instance.unchecked import listed

Document = dict[str, Any]
Edit = Callable[[Any, Path], Any]  # of a value at its place
_LOCAL = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(:\d\d)?", re.ASCII)
_AMOUNT = re.compile(r"([+-]?\d{1,20}(?:\.\d{1,20})?)\s*([kKMGTP]?B|[KMGTP]iB)", re.ASCII)
_SUFFIX = re.compile(r"_([kmgt]i?b)$", re.IGNORECASE)
_BYTES = {"b": 1} | {f"{letter}b": 1000**power for power, letter in enumerate("kmgtp", 1)}
_BYTES |= {f"{letter}ib": 1024**power for power, letter in enumerate("kmgtp", 1)}
_DEVICE_MEMORY = "memory of devices"  # the name under which `device_memory` and `work.memory` count
_REPEAT = {"from", "to", "days", "due"}
_OF_REPEAT = {"repeat", "late_cost", "late_penalty", "early_cost"}  # keys that need its days


def plain(document: Document) -> Plain:
    """Return a document in plain notation; raise `InstanceError` for what has no plain form."""
    time = document.get("time")
    zone = _zone(time.get("zone")) if isinstance(time, dict) else None
    rewriting = _Rewriting(zone)
    made = rewriting.document(document)
    rewriting.mixed_units()
    origins = [rewriting.origin, Origin(), Origin(), Origin(), Origin()]
    made = without_offers(made, rewriting.findings, origins[1])
    for shorthand in (without_slo, without_default_placement):
        made = shorthand(made, rewriting.findings)
    said = {finding.path for finding in rewriting.findings}
    wrong_time = [finding for finding in malformed_time(made) if finding.path not in said]
    if any(map(_repeats, listed(made.get("tasks")))):
        rewriting.findings += wrong_time
        made = _Occurrences(made, zone or ZoneInfo("UTC"), rewriting.findings, origins[2]).expanded()
    known = len(rewriting.findings)
    found = Plain(rewritten(made, rewriting.findings, *origins[3:]), document, origins)
    if rewriting.findings:
        moved_since = map(found.stated, rewriting.findings[known:])
        raise InstanceError(list(dict.fromkeys([*wrong_time, *rewriting.findings[:known], *moved_since])))
    return found


def _zone(name: object) -> ZoneInfo | None:
    """Return a time zone; None for what is none, which the validation refuses."""
    try:
        return ZoneInfo(name) if isinstance(name, str) else None
    except Exception:  # its errors are of many kinds
        return None


@dataclass
class _Rewriting:
    """Rewriting of instants and amounts; `seen` holds per resource the places with and without units."""

    zone: ZoneInfo | None
    findings: list[Finding] = field(default_factory=list)
    origin: Origin = field(default_factory=dict)
    seen: dict[str, dict[bool, Path]] = field(default_factory=dict)

    # --- the parts of a document ---

    def document(self, tree: Document) -> Document:
        """Return a whole document rewritten."""
        savings: dict[str, Edit] = {"committed": self.series, "commit": self.offer}
        edits: dict[str, Edit] = {
            "time": lambda value, path: self._edited(value, path, {"start": self.instant}),
            "pools": self._each(self.pool),
            "profiles": self._named(self.work),
            "tasks": self._each(self.task),
            "services": self._each(self.service),
            "batches": self._each(lambda value, path: self._edited(value, path, self._dates)),
            "quotas": self._each(self.measure),
            "meters": self._each(self.measure),
            "savings": self._each(lambda value, path: self._edited(value, path, savings)),
        }
        made: Document = self._edited(tree, (), edits)
        return made

    def pool(self, tree: Any, path: Path) -> Any:
        edits: dict[str, Edit] = {
            "capacity": self.amounts,
            **dict.fromkeys(("price", "charge"), self._named(self.series)),
            **dict.fromkeys(("carbon", "interruptions"), self.series),
            "device_memory": self._amount(_DEVICE_MEMORY),
            "maintenance": self._each(self.maintenance),
            "nodes": lambda value, place: (
                self.kind(value, place) if isinstance(value, dict) else self._each(self.kind)(value, place)
            ),
        }
        return self._edited(tree, path, edits)

    def maintenance(self, tree: Any, path: Path) -> Any:
        return self._edited(tree, path, {"capacity": self.amounts, "from": self.instant, "to": self.instant})

    def kind(self, tree: Any, path: Path) -> Any:
        edits: dict[str, Edit] = dict.fromkeys(("size", "minimum_load"), self.amounts)
        edits |= {"count": self.series, "price": self.series, "since": self._each(self.instant)}
        return self._edited(tree, path, edits | {"commit": self._each(self.offer)})

    def offer(self, tree: Any, path: Path) -> Any:
        return self._edited(tree, path, {"start": self._each(self.instant)})

    def task(self, tree: Any, path: Path) -> Any:
        return self._edited(tree, path, {"options": self._each(self.option), "work": self.work, **self._dates})

    @property
    def _dates(self) -> dict[str, Edit]:
        return dict.fromkeys(("release", "deadline", "due"), self.instant)

    def service(self, tree: Any, path: Path) -> Any:
        return self._edited(
            tree, path, {"demand": self.demand, "limit": self.series, "replicas": self._each(self.replica)}
        )

    def demand(self, tree: Any, path: Path) -> Any:
        """Return a demand by class, a rate and a mix of classes, or a quantile of samples."""
        if isinstance(tree, dict) and "samples" in tree:
            return self._edited(tree, path, {"samples": self._each(self.demand)})
        if not isinstance(tree, dict) or "mix" not in tree:
            return self._named(self.series)(tree, path)
        return self._edited(tree, path, {"rate": self.series, "mix": self._named(self.series)})

    def replica(self, tree: Any, path: Path) -> Any:
        return self._edited(tree, path, {"uses": self.amounts, "limit": self.series})

    def option(self, tree: Any, path: Path) -> Any:
        dates = dict.fromkeys(("not_before", "not_after"), self.instant)
        return self._edited(tree, path, {"uses": self.amounts, "consumes": self.amounts, **dates})

    def work(self, tree: Any, path: Path) -> Any:
        memory: Edit = self._amount(_DEVICE_MEMORY)
        amounts = dict.fromkeys(("uses", "per_device", "consumes"), self.amounts)
        return self._edited(tree, path, {**amounts, "memory": memory})

    def measure(self, tree: Any, path: Path) -> Any:
        """Return a quota or a meter, with the amounts of its limit or its tiers."""
        name = tree.get("of") if isinstance(tree, dict) else None
        if not isinstance(name, str):
            return tree
        amount = self._amount(name)
        tiers = self._each(lambda tier, place: self._edited(tier, place, {"from": amount}))
        return self._edited(tree, path, {"limit": amount, "used": amount, "tiers": tiers})

    # --- ways through mappings and lists ---

    def _edited(self, tree: Any, path: Path, edits: Mapping[str, Edit]) -> Any:
        """Return a mapping with the values of some keys rewritten."""
        if not isinstance(tree, dict):
            return tree
        changed = {}
        for key, edit in edits.items():
            if (value := tree.get(key)) is not None and (made := edit(value, (*path, key))) is not value:
                changed[key] = made
        return {**tree, **changed} if changed else tree

    def _each(self, edit: Edit) -> Edit:
        """Return an edit of each entry of a list."""

        def edited(value: Any, path: Path) -> Any:
            if not isinstance(value, list | tuple):
                return value
            made = [edit(each, (*path, at)) for at, each in enumerate(value)]
            return made if any(new is not old for new, old in zip(made, value, strict=True)) else value

        return edited

    def _named(self, edit: Edit) -> Edit:
        """Return an edit of each value of a mapping of names."""

        def edited(tree: Any, path: Path) -> Any:
            names = filter(_is_text, tree) if isinstance(tree, dict) else ()
            return self._edited(tree, path, dict.fromkeys(names, edit))

        return edited

    # --- instants ---

    def series(self, value: Any, path: Path) -> Any:
        """Return a number that may change over time with the instants of its steps rewritten."""
        if self.zone is None or not isinstance(value, dict) or not isinstance(steps := value.get("steps"), dict):
            return value
        names = {self.instant(at, (*path, "steps", at)): at for at in steps}
        made = {new: steps[at] for new, at in names.items()}
        self.origin[(*path, "steps")] = names
        if len(made) < len(steps):
            self.findings.append(Finding("an instant stands twice, with and without an offset", (*path, "steps")))
        return {**value, "steps": made}

    def instant(self, value: Any, path: Path) -> Any:
        """Return a local time with its offset; what has one, and what is no instant, as it is."""
        if self.zone is None or (local := _local(value)) is None:
            return value
        moments = sorted({local.replace(tzinfo=self.zone, fold=fold).astimezone(UTC) for fold in (0, 1)})
        shown = [at for at in moments if at.astimezone(self.zone).replace(tzinfo=None) == local]
        if len(shown) == 1:
            return units.instant_text(shown[0])
        twice = " or ".join(at.astimezone(self.zone).isoformat() for at in moments)
        why = "is shown twice" if shown else "is skipped"
        self.findings.append(Finding(f"{value} {why} by the clock of {self.zone.key}; write {twice}", path))
        return value

    # --- amounts ---

    def amounts(self, tree: Any, path: Path) -> Any:
        """Return amounts by name, each a number that may change over time."""
        if not isinstance(tree, dict):
            return tree
        return self._edited(tree, path, {name: partial(self._over_time, name) for name in filter(_is_text, tree)})

    def _over_time(self, name: str, value: Any, path: Path) -> Any:
        """Return an amount that may change over time."""
        if not isinstance(value, dict):
            return self.amount(name, value, path)
        made = {
            kind: {at: self.amount(name, each, (*path, kind, at)) for at, each in table.items()}
            if isinstance(table, dict)
            else table
            for kind, table in value.items()
        }
        return self.series(made, path)

    def _amount(self, name: str) -> Edit:
        return partial(self.amount, name)

    def amount(self, name: str, value: Any, path: Path) -> Any:
        """Return an amount with a unit as a number; others as they are."""
        parts = _AMOUNT.fullmatch(value.strip()) if isinstance(value, str) and len(value) <= 60 else None
        if parts is None:
            if isinstance(value, int | float | Decimal) and value:
                self.seen.setdefault(name, {}).setdefault(False, path)
            return value
        self.seen.setdefault(name, {}).setdefault(True, path)
        unit = _unit_of(name)
        exact = Fraction(parts[1]) * _BYTES[parts[2].lower()] / _BYTES[unit]
        if (exact * 10**units.MAX_DECIMALS).denominator > 1:
            text = (
                f"{value!r} has more than {units.MAX_DECIMALS} decimals in {_written(unit)}, in which {name!r} counts"
            )
            self.findings.append(Finding(text, path))
            return value
        if exact.denominator == 1:
            return int(exact)
        return Decimal(int(exact * 10**units.MAX_DECIMALS)).scaleb(-units.MAX_DECIMALS).normalize()

    def mixed_units(self) -> None:
        """Note resources of which some amounts have units and others have not."""
        for name, places in self.seen.items():
            if len(places) == 2 and not _SUFFIX.search(name):
                text = f"an amount of {name!r} without a unit, where others have one; write one such as 80GiB"
                self.findings.append(Finding(text, places[False]))


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _local(value: object) -> datetime | None:
    """Return a local time; None for what has an offset or is none."""
    if isinstance(value, datetime):
        found = None if value.tzinfo else value
    elif isinstance(value, str) and _LOCAL.fullmatch(value.strip()):
        try:
            found = datetime.fromisoformat(value.strip().upper())
        except ValueError:
            return None
    else:
        return None
    return found if found is not None and 1000 <= found.year < 9999 and not found.microsecond else None


def _unit_of(name: str) -> str:
    """Return the unit in which a resource with units counts."""
    suffix = _SUFFIX.search(name)
    return suffix[1].lower() if suffix else "gb"


def _written(unit: str) -> str:
    return unit[0].upper() + unit[1:].replace("b", "B")


# --- tasks that repeat ---


def _repeats(task: object) -> bool:
    return isinstance(task, dict) and task.get("repeat") is not None


class _Occurrences:
    """Occurrences of the tasks that repeat, by id and date."""

    def __init__(self, document: Document, zone: ZoneInfo, findings: list[Finding], origin: Origin) -> None:
        self.given, self.zone, self.findings, self.origin = document, zone, findings, origin
        self.ids: dict[str, dict[date, str]] = {}  # by id of a task that repeats: ids by date

    def expanded(self) -> Document:
        """Return the document with a task for each occurrence; findings are noted."""
        tasks, grid = self.given["tasks"], self._horizon()
        made: list[tuple[int, date | None, Any]] = []
        for at, task in enumerate(tasks):
            if not _repeats(task):
                made.append((at, None, task))
            elif not self._is_sound(task, ("tasks", at)) or grid is None:  # the validation says why
                made.append((at, None, {key: value for key, value in task.items() if key not in _OF_REPEAT}))
            else:
                own = list(self._occurrences(task, *grid))
                if not own:
                    text = "the horizon holds no such day from `from` to `to`; at least one is needed"
                    self.findings.append(Finding(text, ("tasks", at, "repeat")))
                self.ids[task["id"]] = {day: each["id"] for day, each in own}
                made += [(at, day, each) for day, each in own]
        self.origin[("tasks",)] = moved(at for at, _, _ in made)
        result = {**self.given, "tasks": [self._after(number, *each) for number, each in enumerate(made)]}
        for key in ("together", "apart"):
            if isinstance(sets := result.get(key), list | tuple):
                result[key] = [self._members(each, (key, at)) for at, each in enumerate(sets)]
        for key in ("quotas", "meters"):
            if isinstance(measures := result.get(key), list | tuple):
                result[key] = [self._measure(each, (key, at)) for at, each in enumerate(measures)]
        return result

    def _measure(self, measure: Any, path: Path) -> Any:
        if not isinstance(measure, dict) or "tasks" not in measure:
            return measure
        return {**measure, "tasks": self._members(measure["tasks"], (*path, "tasks"))}

    def _horizon(self) -> tuple[datetime, datetime] | None:
        """Return start and end of the horizon; None where they are not valid."""
        time = self.given.get("time")
        try:
            start = units.instant(time["start"])  # type: ignore[index]
            return start, start + timedelta(seconds=units.duration(time["horizon"]))  # type: ignore[index]
        except (ValueError, KeyError, TypeError, OverflowError):
            return None

    def _is_sound(self, task: Document, path: Path) -> bool:
        """Return whether `repeat` of a task is valid; what is wrong is noted."""
        found = list(_faults(task, path))
        self.findings += found
        return not found and isinstance(id := task.get("id"), str) and bool(id.strip())

    def _occurrences(self, task: Document, start: datetime, end: datetime) -> Iterator[tuple[date, Document]]:
        repeat = {key: value for key, value in task["repeat"].items() if value is not None}
        days = {units.WEEK.index(day) for day in repeat.get("days", units.WEEK)}
        first = units.clock(repeat["from"])
        later = {"deadline": units.clock(repeat["to"])}
        if "due" in repeat:
            later["due"] = units.clock(repeat["due"])
        common = {key: value for key, value in task.items() if key != "repeat"}
        day, last = (at.astimezone(self.zone).date() for at in (start - timedelta(days=1), end))
        while day <= last:
            moments = {"release": self._moment(day, first)}
            for key, minutes in later.items():
                moments[key] = self._moment(day + timedelta(days=minutes <= first), minutes)
            if day.weekday() in days and start <= moments["release"] and moments["deadline"] <= end:
                texts = {key: units.instant_text(at) for key, at in moments.items()}
                yield day, {**common, "id": f"{task['id']} {day.isoformat()}", **texts}
            day += timedelta(days=1)

    def _moment(self, day: date, minutes: int) -> datetime:
        """Return the moment of a time of day on a date, by the rule of RFC 5545 where the clock changes."""
        local = datetime(day.year, day.month, day.day, minutes // 60, minutes % 60, tzinfo=self.zone)
        return local.astimezone(UTC)

    def _members(self, names: Any, path: Path) -> Any:
        """Return ids with those of all occurrences instead of a task that repeats."""
        if isinstance(names, dict) and "tasks" in names:  # of a set that is apart by node or label
            return {**names, "tasks": self._members(names["tasks"], (*path, "tasks"))}
        if not isinstance(names, list | tuple):
            return names
        known = [(at, name, self._own(name)) for at, name in enumerate(names)]
        found = [(at, each) for at, name, own in known for each in ((name,) if own is None else own.values())]
        self.origin[path] = moved(at for at, _ in found)
        return [each for _, each in found]

    def _own(self, name: object) -> dict[date, str] | None:
        """Return the ids of a task that repeats, by date; None of others."""
        return self.ids.get(name) if isinstance(name, str) else None

    def _after(self, number: int, at: int, day: date | None, task: Any) -> Any:
        """Return a task that waits for occurrences; one of a date for those of that date."""
        if not isinstance(task, dict) or not isinstance(waits := task.get("after"), list | tuple):
            return task
        found = [
            (place, each)
            for place, entry in enumerate(waits)
            for each in self._awaited(entry, day, ("tasks", at, "after", place))
        ]
        self.origin[("tasks", number, "after")] = moved(place for place, _ in found)
        return {**task, "after": [each for _, each in found]}

    def _awaited(self, entry: Any, day: date | None, path: Path) -> Iterator[Any]:
        """Yield what an entry of `after` stands for, of a task on a day or on none."""
        name = entry.get("task") if isinstance(entry, dict) else entry
        if (own := self._own(name)) is None:
            yield entry
            return
        if day is not None and day not in own:
            self.findings.append(Finding(f"waits for {name!r} of {day.isoformat()}, which there is not", path))
        for each in own.values() if day is None else filter(None, [own.get(day)]):
            yield {**entry, "task": each} if isinstance(entry, dict) else each


def _faults(task: Document, path: Path) -> Iterator[Finding]:
    """Yield what is wrong with `repeat` of a task."""
    repeat, place = task["repeat"], (*path, "repeat")
    allowed = 'write {from: "22:00", to: "06:00"}, and days: [mon, tue] where it is not every day'
    if not isinstance(repeat, Mapping):
        yield Finding(f"not a mapping; {allowed}", place)
        return
    for key in repeat:
        if key not in _REPEAT:
            yield Finding(f"is not a key that is known here; allowed are {', '.join(sorted(_REPEAT))}", (*place, key))
    for key in ("from", "to", "due"):
        if (value := repeat.get(key)) is None:
            if key != "due":
                yield Finding("is missing", (*place, key))
            continue
        try:
            units.clock(value)
        except ValueError as error:
            yield Finding(str(error), (*place, key))
    days = repeat.get("days")
    if days is not None and (
        not isinstance(days, list | tuple) or not days or not all(day in units.WEEK for day in days)
    ):
        yield Finding(f"not a list of days; allowed are {', '.join(units.WEEK)}", (*place, "days"))
    for key in ("release", "deadline", "due"):
        if task.get(key) is not None:
            yield Finding(f"a task that repeats has no {key} of its own; it follows from `repeat`", (*path, key))
