"""Read what documents say shorter: local times, units of bytes, tasks that repeat, targets, routes.

`plain` returns a document without any of it. Instants have an offset then, amounts are numbers, and each occurrence of
a task is a task.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, localcontext
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from leptonopt.verify.apart import without_apart_by
from leptonopt.verify.exact import Malformed, duration, exact, instant
from leptonopt.verify.offers import without_offers
from leptonopt.verify.setups import without_setups

_POWERS = {"": 0, "k": 1, "m": 2, "g": 3, "t": 4, "p": 5}
_WITH_UNIT = re.compile(r"\s*([+-]?[0-9]{1,20}(?:\.[0-9]{1,20})?)\s*([kKMGTP]?)(i?)B\s*")
_NO_OFFSET = re.compile(r"\s*[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}(:[0-9]{2})?\s*")
_WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_INSTANTS = frozenset({"start", "from", "to", "release", "deadline", "due", "not_before", "not_after"})
_AMOUNTS = frozenset({"capacity", "size", "minimum_load", "uses", "per_device", "consumes"})  # of resources, by name
_NAMED = frozenset({"price", "charge", "profiles", "variants", "speed"})  # whose keys are names
_LEFT = frozenset({"run", "target", "repeat", "labels", "together", "apart", "routes", "teams"})
MEMORY = "device memory"
Plain = dict[str, Any]
Amounts = dict[str, int]


def plain(document: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a document in plain notation."""
    time = document.get("time")
    zone = time.get("zone") if isinstance(time, Mapping) else None
    read = _Reader(None if zone is None else ZoneInfo(zone))
    made = read.mapping(document)
    if (placement := made.pop("placement", None)) is not None:
        made["tasks"] = [{"placement": placement, **task} for task in made.get("tasks") or ()]
    tasks = made.get("tasks")
    if isinstance(tasks, list | tuple) and any(isinstance(task, Mapping) and task.get("repeat") for task in tasks):
        made = _without_repeat(made, ZoneInfo(zone or "UTC"))
    return without_apart_by(without_routes(without_setups(without_offers(without_slo(made)))))


class _Reader:
    """Reader of one document; `zone` is None where the document names none."""

    def __init__(self, zone: ZoneInfo | None) -> None:
        self.zone = zone

    def mapping(self, tree: Mapping[str, Any], names: bool = False) -> dict[str, Any]:
        """Return a mapping in plain notation; with `names` its keys have no meaning of their own."""
        return {key: self._value("" if names else key, value, tree) for key, value in tree.items()}

    def _value(self, key: Any, value: Any, around: Mapping[str, Any]) -> Any:
        if key in _LEFT:
            return value
        if isinstance(value, str | datetime):
            return self._text(key, value, around)
        if isinstance(value, Mapping):
            if key in _AMOUNTS:
                return {name: self._amount(name, each) for name, each in value.items()}
            if key == "steps" and not any(isinstance(each, Mapping) for each in value.values()):
                return {self._moment(at): number for at, number in value.items()}
            of_nodes = key == "price" and "size" in around
            return self.mapping(value, key in _NAMED and not of_nodes)
        if isinstance(value, list | tuple):
            if key == "tiers":
                of = str(around.get("of"))
                return [
                    {name: _in_unit(each, of) if name == "from" else each for name, each in tier.items()}
                    for tier in value
                ]
            if key in ("start", "since"):  # of an offer; of nodes
                return [self._moment(each) for each in value]
            return [self.mapping(each) if isinstance(each, Mapping) else each for each in value]
        return value

    def _text(self, key: Any, value: Any, around: Mapping[str, Any]) -> Any:
        if key in _INSTANTS:
            return self._moment(value)
        if key in ("limit", "used"):
            return _in_unit(value, str(around.get("of")))
        return _in_unit(value, MEMORY) if key in ("memory", "device_memory") else value

    def _amount(self, name: str, value: Any) -> Any:
        """Return an amount of a resource, which may change over time."""
        if not isinstance(value, Mapping):
            return _in_unit(value, name)
        return {
            kind: {self._moment(at) if kind == "steps" else at: _in_unit(number, name) for at, number in table.items()}
            if isinstance(table, Mapping)
            else table
            for kind, table in value.items()
        }

    def _moment(self, value: Any) -> Any:
        """Return an instant with its offset, found from the local times of the zone around it."""
        local = value if isinstance(value, datetime) else None
        if isinstance(value, str) and _NO_OFFSET.fullmatch(value):
            local = datetime.fromisoformat(value.strip().upper())
        if self.zone is None or local is None or local.tzinfo is not None:
            return value
        about = local.replace(tzinfo=UTC)
        offsets = {(about + timedelta(hours=hours)).astimezone(self.zone).utcoffset() for hours in (-36, 0, 36)}
        found = [about - offset for offset in offsets if offset is not None]
        found = [at for at in found if at.astimezone(self.zone).replace(tzinfo=None) == local]
        if len(found) != 1:
            raise Malformed(f"{value} is shown {'twice' if found else 'never'} by the clock of {self.zone.key}")
        return found[0].isoformat()


def _in_unit(value: Any, name: str) -> Any:
    """Return an amount with a unit as a number: in GB, or in the unit that the resource names."""
    parts = _WITH_UNIT.fullmatch(value) if isinstance(value, str) else None
    if parts is None:
        return value
    suffix = re.search(r"_([kmgt])(i?)b$", name.lower())
    with localcontext(prec=100):
        size = Decimal(1024 if parts[3] else 1000) ** _POWERS[parts[2].lower()]
        unit = Decimal(1024 if suffix[2] else 1000) ** _POWERS[suffix[1]] if suffix else Decimal(1000) ** 3
        exact = Decimal(parts[1]) * size / unit
        if exact != exact.quantize(Decimal("1e-9")):
            raise Malformed(f"{value} of {name!r} has more than 9 decimals")
        return exact


# --- tasks that repeat ---


def _without_repeat(document: Mapping[str, Any], zone: ZoneInfo) -> dict[str, Any]:
    """Return a document with a task for every occurrence of those that repeat."""
    time = document["time"]
    start = instant(time["start"])
    end = start + timedelta(seconds=int(duration(time["horizon"])))
    days: dict[str, dict[date, str]] = {}
    tasks: list[tuple[date | None, dict[str, Any]]] = []
    for task in document["tasks"]:
        if not task.get("repeat"):
            tasks.append((None, task))
            continue
        found = list(_each_day(task, zone, start, end))
        days[task["id"]] = {day: each["id"] for day, each in found}
        tasks += found
    made = {**document, "tasks": [_waiting(task, day, days) for day, task in tasks]}
    for key in ("together", "apart"):
        if document.get(key):
            made[key] = [_all_of(ids, days) for ids in document[key]]
    for key in ("quotas", "meters"):
        if document.get(key):
            made[key] = [
                {**each, "tasks": _all_of(each["tasks"], days)} if each.get("tasks") is not None else each
                for each in document[key]
            ]
    return made


def _each_day(
    task: Mapping[str, Any], zone: ZoneInfo, start: datetime, end: datetime
) -> Iterator[tuple[date, dict[str, Any]]]:
    """Yield date and task of each occurrence that the horizon holds from release to deadline."""
    repeat, common = task["repeat"], {key: value for key, value in task.items() if key != "repeat"}
    wanted = [_WEEK.index(name) for name in repeat.get("days") or _WEEK]
    first = start.astimezone(zone).date()
    last = end.astimezone(zone).date()  # in Apia, 2011-12-30 was no day at all
    for number in range(-1, (last - first).days + 1):
        day = first + timedelta(days=number)
        if day.weekday() not in wanted:
            continue
        window = {"release": _at(day, repeat["from"], zone)}
        for key, clock in (("deadline", repeat["to"]), ("due", repeat.get("due"))):
            if clock is not None:
                window[key] = _at(day if clock > repeat["from"] else day + timedelta(days=1), clock, zone)
        if start <= window["release"] and window["deadline"] <= end:
            texts = {key: at.isoformat() for key, at in window.items()}
            yield day, {**common, "id": f"{task['id']} {day}", **texts}


def _at(day: date, clock: str, zone: ZoneInfo) -> datetime:
    """Return the instant of HH:MM on a date, by the rule of RFC 5545 where the clock changes."""
    return datetime.fromisoformat(f"{day}T{clock}").replace(tzinfo=zone, fold=0).astimezone(UTC)


def _all_of(ids: Any, days: Mapping[str, Mapping[date, str]]) -> Any:
    if isinstance(ids, Mapping):
        return {**ids, "tasks": _all_of(ids["tasks"], days)}
    return [each for id in ids for each in (days[id].values() if id in days else [id])]


def _waiting(task: dict[str, Any], day: date | None, days: Mapping[str, Mapping[date, str]]) -> dict[str, Any]:
    """Return a task that waits for occurrences: of its own date, or for all where it does not repeat."""
    waits: list[Any] = []
    for after in task.get("after") or ():
        stated = {"task": after} if isinstance(after, str) else after
        own = days.get(stated["task"])
        if own is None:
            waits.append(after)
        else:
            waits += [{**stated, "task": id} for id in (own.values() if day is None else [own[day]])]
    return {**task, "after": waits} if task.get("after") else task


def without_slo(document: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a document whose ways state rates: of each class the largest of a run within all targets."""
    services = document.get("services") or ()
    if not any("slo" in each or any("runs" in way for way in each["replicas"]) for each in services):
        return document
    return {**document, "services": [_service(each) for each in services]}


def _service(service: Mapping[str, Any]) -> dict[str, Any]:
    targets = {key: _seconds(value) for key, value in (service.get("slo") or {}).items()}
    ways = [_way(way, targets) for way in service["replicas"]]
    return {key: value for key, value in service.items() if key != "slo"} | {"replicas": ways}


def _way(way: Mapping[str, Any], targets: Mapping[str, Fraction]) -> dict[str, Any]:
    rest = {key: value for key, value in way.items() if key != "runs"}
    if not way.get("runs"):
        return rest
    rates: dict[str, Any] = {run["class"]: 0 for run in way["runs"]}
    for run in way["runs"]:
        late = any(_seconds(run[key]) > most for key, most in targets.items())
        if not late and exact(run["rate"]) > exact(rates[run["class"]]):
            rates[run["class"]] = run["rate"]
    return rest | {"rate": rates}


def _seconds(text: Any) -> Fraction:
    """Return the seconds of a time such as 40ms or 0.5s."""
    if not isinstance(text, str) or not text.endswith("s"):
        raise Malformed(f"{text!r} is no time")
    number = text.removesuffix("ms") if text.endswith("ms") else text.removesuffix("s")
    try:
        return Fraction(number) / (1000 if text.endswith("ms") else 1)
    except ValueError:
        raise Malformed(f"{text!r} is no time") from None


def without_routes(document: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a document in which each task of a route has a way not to run."""
    sets = document.get("routes")
    made = {key: value for key, value in document.items() if key != "routes"}
    if not sets:
        return made
    limits: Amounts = {}
    runs, rests = defaultdict[str, Amounts](dict), defaultdict[str, Amounts](dict)
    for routes in sets:
        mark = f"route:{routes[0][0]}"
        limits |= {mark: 1, f"{mark} else": len(routes) - 1}
        for route in routes:
            first = route[0]
            runs[first][mark] = rests[first][f"{mark} else"] = 1
            for other in route[1:]:
                name = f"route:{other}"
                limits |= {name: 1, f"{name} else": 1}
                runs[first][name] = rests[other][name] = 1
                runs[other][f"{name} else"] = rests[first][f"{name} else"] = 1
    made["tasks"] = [
        _chosen(document, task, runs[task["id"]], rests[task["id"]]) if task["id"] in runs else task
        for task in document["tasks"]
    ]
    quotas = [{"id": name, "of": name, "limit": limit} for name, limit in limits.items()]
    made["quotas"] = [*(document.get("quotas") or ()), *quotas]
    return made


def _chosen(document: Mapping[str, Any], task: Mapping[str, Any], runs: Amounts, rests: Amounts) -> Plain:
    """Return a task with a milestone as a further option; its ways consume what says whether it runs."""
    needs = task.get("needs") or {}
    asked = set(needs.get("labels") or ()) | ({"confidential"} if task.get("confidential") else set())
    banned = set(needs.get("without") or ())
    allowed = (pool["id"] for pool in document["pools"] if _may(set(pool.get("labels") or ()), asked, banned))
    idle = {"id": "not taken", "pool": next(allowed), "duration": "0s", "consumes": rests}
    if needs.get("quality") is not None:
        idle["quality"] = needs["quality"]
    made = {**task, "options": [*(_with(option, runs) for option in task.get("options") or ()), idle]}
    if task.get("work"):
        made["work"] = _with(task["work"], runs)
    return made


def _may(labels: set[str], asked: set[str], banned: set[str]) -> bool:
    return asked <= labels and not banned & labels


def _with(way: Mapping[str, Any], amounts: Amounts) -> Plain:
    return {**way, "consumes": {**(way.get("consumes") or {}), **amounts}}
