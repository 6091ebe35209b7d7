"""Read what a document says shorter: local times, units of bytes, tasks that repeat; by docs/reference/format.md."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from .documents import DAYS, Refused, duration, get, truth, whole

LOCAL = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?")
BYTES = re.compile(r"([+-]?\d+(?:\.\d+)?)\s*(B|kB|MB|GB|TB|PB|KB|KiB|MiB|GiB|TiB|PiB)")
SIZES = {"B": 1, "kB": 10**3, "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12, "PB": 10**15}
SIZES |= {unit: 2 ** (10 * power) for power, unit in enumerate(("KiB", "MiB", "GiB", "TiB", "PiB"), 1)}
NAMED = {f"_{unit.lower()}": unit for unit in ("kB", "MB", "GB", "TB", "KiB", "MiB", "GiB", "TiB")}
MEMORY = "<memory of devices>"


def plain(tree: dict[str, Any]) -> dict[str, Any]:
    """Return a document whose instants have offsets, whose amounts are numbers, and in which no task repeats."""
    reading = Notation(get(tree["time"], "zone"))
    return apart(routed(set_up(reading.repeated(within_targets(reading.document(tree))))))


class Notation:
    """Read what one document means."""

    def __init__(self, zone: str | None):
        self.zone = None if zone is None else ZoneInfo(zone)
        self.with_unit: set[str] = set()
        self.without: set[str] = set()

    def document(self, tree: dict[str, Any]) -> dict[str, Any]:
        """Return the document with instants and amounts read."""
        made = dict(tree)
        made["time"] = self._instants(tree["time"], "start")
        self.start = datetime.fromisoformat(str(made["time"]["start"])).astimezone(UTC)
        made["pools"] = [self._pool(pool) for pool in tree["pools"]]
        made["profiles"] = {name: self._work(profile) for name, profile in get(tree, "profiles", {}).items()}
        placed = {"placement": tree["placement"]} if get(tree, "placement", None) is not None else {}
        made["tasks"] = [placed | self._task(task) for task in get(tree, "tasks", [])]
        made["quotas"] = [self._quota(quota) for quota in get(tree, "quotas", [])]
        made["meters"] = [self._meter(meter) for meter in get(tree, "meters", [])]
        made["savings"] = [self._savings(plan) for plan in get(tree, "savings", [])]
        mixed = {name for name in self.with_unit & self.without if not any(name.lower().endswith(end) for end in NAMED)}
        if mixed:
            raise Refused(f"{mixed} with and without units")
        return made

    def _savings(self, tree: dict[str, Any]) -> dict[str, Any]:
        plan = tree | {"committed": self._series(get(tree, "committed", 0))}
        if commit := get(tree, "commit"):
            starts = [self._instant(each) for each in get(commit, "start", [])]
            plan["commit"] = commit | {"start": starts}
        return plan

    def _pool(self, tree: dict[str, Any]) -> dict[str, Any]:
        pool = self._amounts(tree, "capacity")
        for key in ("carbon", "interruptions"):
            if get(pool, key) is not None:
                pool[key] = self._series(pool[key])
        for key in ("price", "charge"):
            if get(pool, key):
                pool[key] = {name: self._series(value) for name, value in pool[key].items()}
        if get(pool, "device_memory") is not None:
            pool["device_memory"] = self._amount(MEMORY, pool["device_memory"])
        if get(pool, "maintenance"):
            pool["maintenance"] = [
                self._amounts(self._instants(each, "from", "to"), "capacity") for each in pool["maintenance"]
            ]
        if get(pool, "nodes"):
            nodes = [pool["nodes"]] if isinstance(pool["nodes"], dict) else pool["nodes"]
            kinds = [self._amounts(self._amounts(each, "size"), "minimum_load") for each in nodes]
            kinds = [each for n, kind in enumerate(kinds, 1) for each in self._offers(tree["id"], n, len(kinds), kind)]
            for kind in kinds:
                for key in ("count", "price"):
                    if get(kind, key) is not None:
                        kind[key] = self._series(kind[key])
                if get(kind, "since"):
                    kind["since"] = [self._instant(text) for text in kind["since"]]
            pool["nodes"] = kinds
        return pool

    def _offers(self, pool: str, number: int, many: int, kind: dict[str, Any]) -> list[dict[str, Any]]:
        """Return a kind of nodes, and one for each start of each of its offers with a term."""
        if not isinstance(kind.get("commit"), list):
            return [kind]
        name = get(kind, "id") or (pool if many == 1 else f"{pool}-{number}")
        whole = [offer for offer in kind["commit"] if get(offer, "term") is None]
        found = []
        if whole or get(kind, "price") is not None or int(get(kind, "reserved", 0)):
            found.append({**kind, "id": name, "commit": whole[0] if whole else None})
        elif int(get(kind, "running", 0)):
            raise Refused("nodes of a kind that can be had by offers alone are on before the horizon")
        for offer in kind["commit"]:
            if offer in whole:
                continue
            if len(whole) > 1 or (get(offer, "price") is None) == (get(offer, "total") is None):
                raise Refused("offers that are not clear")
            for text in offer["start"]:
                start = datetime.fromisoformat(str(self._instant(text))).astimezone(UTC)
                seconds = duration(offer["term"])
                end = start + timedelta(seconds=int(seconds))
                first = min(start, self.start)
                steps = {first.isoformat(): "0"} | {start.isoformat(): offer["max"], end.isoformat(): "0"}
                total = get(offer, "total") or str(Fraction(offer["price"]) * seconds / 3600)
                if (Fraction(total) * 10**9).denominator != 1:
                    raise Refused("a price of an offer that makes no exact total")
                shown = start.strftime("%Y-%m-%dT%H:%M:%SZ")
                other = sum(each["id"].startswith(f"{name} from {shown}") for each in found)
                own = {
                    key: value for key, value in kind.items() if key not in ("price", "reserved", "running", "since")
                }
                own["id"] = f"{name} from {shown}" + (f"#{other + 1}" if other else "")
                found.append({**own, "count": {"steps": steps}, "commit": {"total": total, "max": offer["max"]}})
        return found

    def _task(self, tree: dict[str, Any]) -> dict[str, Any]:
        task = self._instants(tree, "release", "deadline", "due")
        if get(task, "work") is not None:
            task["work"] = self._work(task["work"])
        if get(task, "options"):
            task["options"] = [
                self._amounts(self._instants(each, "not_before", "not_after"), "uses", "consumes")
                for each in task["options"]
            ]
        return task

    def _work(self, tree: dict[str, Any]) -> dict[str, Any]:
        work = self._amounts(tree, "uses", "per_device", "consumes")
        if get(work, "memory") is not None:
            work["memory"] = self._amount(MEMORY, work["memory"])
        return work

    def _quota(self, tree: dict[str, Any]) -> dict[str, Any]:
        return tree | {key: self._amount(tree["of"], tree[key]) for key in ("limit", "used") if key in tree}

    def _meter(self, tree: dict[str, Any]) -> dict[str, Any]:
        tiers = [
            tier | {key: self._amount(tree["of"], tier[key]) for key in tier if key == "from"} for tier in tree["tiers"]
        ]
        return self._quota(tree) | {"tiers": tiers}

    # --- amounts ---

    def _amounts(self, tree: dict[str, Any], *keys: str) -> dict[str, Any]:
        """Return a mapping of which some values are amounts by name of the resource."""
        read = {
            key: {name: self._series(value, name) for name, value in tree[key].items()}
            for key in keys
            if isinstance(tree.get(key), dict)
        }
        return {**tree, **read}

    def _series(self, value: Any, name: str | None = None) -> Any:
        """Return a series, of amounts of a resource where it is named."""
        if not isinstance(value, dict):
            return value if name is None else self._amount(name, value)
        return {
            kind: {
                (self._instant(at) if kind == "steps" else at): number if name is None else self._amount(name, number)
                for at, number in table.items()
            }
            for kind, table in value.items()
        }

    def _amount(self, name: str, value: Any) -> Any:
        match = BYTES.fullmatch(str(value))
        if not match:
            if value != "unlimited" and Fraction(str(value)):
                self.without.add(name)
            return value
        self.with_unit.add(name)
        unit = next((unit for end, unit in NAMED.items() if name.lower().endswith(end)), "GB")
        exact = Fraction(match[1]) * SIZES[match[2]] / SIZES[unit]
        if (exact * 10**9).denominator != 1:
            raise Refused(f"{value} is too fine")
        return str(exact)

    # --- instants ---

    def _instants(self, tree: dict[str, Any], *keys: str) -> dict[str, Any]:
        return {**tree, **{key: self._instant(tree[key]) for key in keys if get(tree, key) is not None}}

    def _instant(self, text: Any) -> Any:
        """Return an instant with its offset: of all minutes, the one at which the clock shows it."""
        if self.zone is None or not LOCAL.fullmatch(str(text)):
            return text
        local = datetime.fromisoformat(str(text))
        about = local.replace(tzinfo=UTC)
        found = [
            at
            for at in (about + timedelta(minutes=minutes) for minutes in range(-26 * 60, 26 * 60 + 1))
            if at.astimezone(self.zone).replace(tzinfo=None) == local
        ]
        if len(found) != 1:
            raise Refused(f"{text} is shown {len(found)} times")
        return found[0].isoformat()

    # --- tasks that repeat ---

    def repeated(self, tree: dict[str, Any]) -> dict[str, Any]:
        """Return the document with the tasks that each one that repeats stands for."""
        start = datetime.fromisoformat(str(tree["time"]["start"])).astimezone(UTC)
        end = start + timedelta(seconds=int(duration(tree["time"]["horizon"])))
        zone = self.zone or ZoneInfo("UTC")
        ids: dict[str, dict[date, str]] = {}
        tasks: list[tuple[date | None, dict[str, Any]]] = []
        for task in get(tree, "tasks", []):
            if get(task, "repeat") is None:
                tasks.append((None, task))
                continue
            own = self._days(task, start, end, zone)
            ids[task["id"]] = {day: each["id"] for day, each in own}
            tasks += own
        every = {name: list(days.values()) for name, days in ids.items()}
        made = {**tree, "tasks": [self._waits(day, task, ids) for day, task in tasks]}
        for key in ("together", "apart"):
            made[key] = []
            for group in get(tree, key, []):
                names = group["tasks"] if isinstance(group, dict) else group
                names = [each for name in names for each in every.get(name, [name])]
                made[key].append({**group, "tasks": names} if isinstance(group, dict) else names)
        for key in ("quotas", "meters"):
            made[key] = [
                {**quota, "tasks": [each for name in quota["tasks"] for each in every.get(name, [name])]}
                if get(quota, "tasks") is not None
                else quota
                for quota in get(tree, key, [])
            ]
        return made

    @staticmethod
    def _days(
        task: dict[str, Any], start: datetime, end: datetime, zone: ZoneInfo
    ) -> list[tuple[date | None, dict[str, Any]]]:
        repeat, found = task["repeat"], []
        if any(get(task, key) is not None for key in ("release", "deadline", "due")):
            raise Refused("a task that repeats with dates of its own")
        days = [DAYS.index(day) for day in get(repeat, "days", list(DAYS))]
        day = start.astimezone(zone).date()
        while day <= end.astimezone(zone).date():
            moments = {"release": f"{day}T{repeat['from']}"}
            for key, clock in (("deadline", repeat["to"]), ("due", get(repeat, "due"))):
                if clock is not None:
                    later = day if clock > repeat["from"] else day + timedelta(days=1)
                    moments[key] = f"{later}T{clock}"
            at = {
                key: datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC) for key, text in moments.items()
            }
            if day.weekday() in days and at["release"] >= start and at["deadline"] <= end:
                own = {key: value for key, value in task.items() if key != "repeat"}
                texts = {key: moment.isoformat() for key, moment in at.items()}
                found.append((day, {**own, "id": f"{task['id']} {day}", **texts}))
            day += timedelta(days=1)
        if not found:
            raise Refused("no day of a task that repeats")
        return found

    @staticmethod
    def _waits(day: date | None, task: dict[str, Any], ids: dict[str, dict[date, str]]) -> dict[str, Any]:
        waits: list[Any] = []
        for each in get(task, "after", []):
            entry = each if isinstance(each, dict) else {"task": each}
            own = ids.get(entry["task"], {None: entry["task"]})
            if day is not None and entry["task"] in ids and day not in own:
                raise Refused("waits for a day that there is not")
            chosen = own.values() if day is None or entry["task"] not in ids else [own[day]]
            waits += [{**entry, "task": name} for name in chosen]
        return {**task, "after": waits}


# --- rates of replicas from measured runs ---


def within_targets(tree: dict[str, Any]) -> dict[str, Any]:
    """Return the document with a rate for each class of runs: the largest that exceeds no target."""
    services = []
    for service in get(tree, "services", []):
        slo = get(service, "slo")
        ways = [dict(way) for way in service["replicas"]]
        for way in ways:
            runs = get(way, "runs")
            way.pop("runs", None)
            if runs is not None:
                if slo is None or "rate" in way or any(not slo.keys() <= run.keys() for run in runs):
                    raise Refused("runs without targets, beside a rate, or that lack a latency")
                kept = [run for run in runs if all(seconds(run[key]) <= seconds(slo[key]) for key in slo)]
                way["rate"] = {
                    run["class"]: max([each["rate"] for each in kept if each["class"] == run["class"]], default=0)
                    for run in runs
                }
        services.append({key: value for key, value in service.items() if key != "slo"} | {"replicas": ways})
    return {**tree, "services": services} if services else tree


def seconds(text: str) -> Fraction:
    """Return the seconds of a time such as 40ms or 0.5s."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)(m?)s", text)
    if found is None:
        raise Refused(f"{text} is no time")
    return Fraction(found[1]) / (1000 if found[2] else 1)


# --- tasks kept apart by node, or by label ---


def set_up(tree: dict[str, Any]) -> dict[str, Any]:
    """Return the document with the kinds of nodes and the quotas that setups stand for."""
    made, kinds = {**tree, "pools": [], "tasks": []}, {}
    for pool in tree["pools"]:
        if any(get(kind, "setups") is not None for kind in get(pool, "nodes", [])):
            (kinds[pool["id"]],) = pool["nodes"]
            pool = _kinds_of_setups(pool)
        made["pools"].append(pool)
    _refuse_counted(tree, kinds)
    hours = Fraction(duration(get(tree["time"], "slot", "1h")), 3600)
    made["quotas"] = tree["quotas"] + [
        {
            "id": f"setups of {pool}",
            "of": "node_hours",
            "per": "slot",
            "pools": [pool],
            "limit": int(kind["count"]) * hours,
        }
        for pool, kind in kinds.items()
    ]
    for task in tree["tasks"]:
        task = {**task}
        setup = task.pop("setup", None)
        if get(task, "options", []):
            task["options"] = [_of_setup(option, _pools(option), kinds, setup) for option in task["options"]]
        if get(task, "work") is not None:
            work = _whole_work(made, task)
            named = _of_setup(work, list(work["speed"]), kinds, setup)
            changed = {key: named[key] for key in ("uses", "per_device", "device") if named.get(key) != work.get(key)}
            task["work"] = {**task["work"], **changed}
        made["tasks"].append(task)
    return made


def _refuse_counted(tree: dict[str, Any], kinds: dict[str, dict[str, Any]]) -> None:
    """Refuse quotas and meters of a resource of nodes with setups."""
    for counted in [*tree["quotas"], *get(tree, "meters", [])]:
        for pool, kind in kinds.items():
            if pool in get(counted, "pools", kinds) and counted["of"] in kind["size"]:
                raise Refused(f"{counted['id']} counts a resource of nodes with setups")


def _kinds_of_setups(pool: dict[str, Any]) -> dict[str, Any]:
    (kind,) = pool["nodes"]
    own = [
        {
            "id": f"{get(kind, 'id') or pool['id']} for {setup}", "count": kind["count"], "power": get(kind, "power", 0),
            "price": get(kind, "price", 0), "size": {f"{name} for {setup}": size for name, size in kind["size"].items()},
            "startup": get(each, "cost", 0), "boot": get(each, "takes", "0s"), "running": get(each, "running", 0),
        }
        for setup, each in kind["setups"].items()
    ]  # fmt: skip
    made = {**pool, "nodes": own, "charge": {}}
    for key in ("price", "power"):
        made[key] = {
            name: rate
            for what, rate in get(pool, key, {}).items()
            for name in ([f"{what} for {setup}" for setup in kind["setups"]] if what in kind["size"] else [what])
        }
    return made


def _of_setup(way: dict[str, Any], pools: list[str], kinds: dict[str, Any], setup: str | None) -> dict[str, Any]:
    """Return an option, or work, with the names that resources have for a setup."""
    if not set(pools) & kinds.keys():
        return way
    if (
        set(pools) - kinds.keys()
        or get(way, "nodes") is not None
        or any(setup not in kinds[p]["setups"] for p in pools)
    ):
        raise Refused("a way on nodes with setups that cannot be")
    names = {name for pool in pools for name in kinds[pool]["size"]}
    made = {**way}
    for key in ("uses", "per_device"):
        if get(way, key) is not None:
            made[key] = {f"{name} for {setup}" if name in names else name: n for name, n in way[key].items()}
    if "speed" in way and (device := get(way, "device", "gpu")) in names:
        made["device"] = f"{device} for {setup}"
    return made


def routed(tree: dict[str, Any]) -> dict[str, Any]:
    """Return the document with the milestones and quotas that routes stand for."""
    own = {task["id"]: {**task} for task in tree["tasks"]}
    taken: dict[str, set[str]] = {}
    left: dict[str, set[str]] = {}
    quotas = list(tree["quotas"])
    for routes in get(tree, "routes", []):
        members = [own[name] for route in routes for name in route]
        if len(routes) < 2 or len({(get(task, "release"), get(task, "deadline")) for task in members}) > 1:
            raise Refused("one route alone, or windows that differ")
        name = f"route:{routes[0][0]}"
        quotas += [_one_of(name, 1), _one_of(f"{name} else", len(routes) - 1)]
        for first, *further in routes:
            if {first, *further} & taken.keys():
                raise Refused("a task in two routes")
            taken[first] = {name} | {f"route:{b}" for b in further}
            left[first] = {f"{name} else"} | {f"route:{b} else" for b in further}
            for b in further:
                taken[b], left[b] = {f"route:{b} else"}, {f"route:{b}"}
                quotas += [_one_of(f"route:{b}", 1), _one_of(f"route:{b} else", 1)]
    listed = [each for key in ("together", "apart") for each in get(tree, key, [])]
    edges = [(task["id"], edge) for task in own.values() for edge in get(task, "after", []) if isinstance(edge, dict)]
    if any(taken.keys() & set(each["tasks"] if isinstance(each, dict) else each) for each in listed):
        raise Refused("a task of a route with affinity")
    if any(edge.keys() - {"task"} and {name, edge["task"]} & taken.keys() for name, edge in edges):
        raise Refused("a task of a route with a lag or data")
    for name, marks in taken.items():
        task = own[name]
        if (
            any(get(task, key) for key in ("segments", "due", "inputs", "results"))
            or whole(get(task, "copies", 1)) != 1
            or truth(get(task, "optional", False))
        ):
            raise Refused("a task of a route that cannot be")
        idle = {"id": "not taken", "pool": _first_allowed(tree, task), "duration": "0s"}
        if (asked := get(get(task, "needs", {}), "quality")) is not None:
            idle["quality"] = asked
        task["options"] = [_marked(option, marks) for option in get(task, "options", [])] + [_marked(idle, left[name])]
        if get(task, "work") is not None:
            task["work"] = _marked(task["work"], marks)
    return {**tree, "tasks": list(own.values()), "quotas": quotas}


def _one_of(name: str, limit: int) -> dict[str, Any]:
    return {"id": name, "of": name, "limit": str(limit)}


def _marked(way: dict[str, Any], names: set[str]) -> dict[str, Any]:
    return {**way, "consumes": {**get(way, "consumes", {}), **dict.fromkeys(names, "1")}}


def _first_allowed(tree: dict[str, Any], task: dict[str, Any]) -> str:
    needs = get(task, "needs", {})
    asked = set(get(needs, "labels", [])) | (
        {"confidential"} if get(task, "confidential", False) in (True, "true") else set()
    )
    for pool in tree["pools"]:
        labels = set(get(pool, "labels", []))
        if asked <= labels and not labels & set(get(needs, "without", [])):
            return str(pool["id"])
    raise Refused("a task of a route without a pool")


def apart(tree: dict[str, Any]) -> dict[str, Any]:
    """Return the document with the resources and quotas that sets by node and by label stand for."""
    made, seen = {**tree, "apart": []}, []
    for group in tree["apart"]:
        stated = group if isinstance(group, dict) else {"tasks": group}
        by = get(stated, "by", "pool")
        if by == "pool":
            made["apart"].append(stated["tasks"])
            continue
        if not stated["tasks"]:
            continue
        seen.append(stated["tasks"][0])
        mark = f"apart:{seen[-1]}" + (f"#{seen.count(seen[-1])}" if seen.count(seen[-1]) > 1 else "")
        made = {**made, "tasks": [{**task} for task in made["tasks"]], "pools": [{**pool} for pool in made["pools"]]}
        members = [task for task in made["tasks"] if task["id"] in stated["tasks"]]
        if by == "node":
            _by_node(made, members, mark)
        else:
            _by_label(made, members, mark, by)
    return made


def _pools(option: dict[str, Any]) -> list[str]:
    return get(option, "pools", []) or [option["pool"]]


def _whole_work(made: dict[str, Any], task: dict[str, Any]) -> dict[str, Any]:
    profile = made["profiles"].get(get(task["work"], "profile"), {})
    return {**profile, **{key: value for key, value in task["work"].items() if value is not None}}


def _by_node(made: dict[str, Any], members: list[dict[str, Any]], mark: str) -> None:
    pools, named = {pool["id"]: pool for pool in made["pools"]}, set()
    for task in members:
        if get(task, "placement", "span") == "span":
            raise Refused("apart by node, yet not on single nodes")
        options = []
        for option in get(task, "options", []):
            sizes = {what for name in _pools(option) for kind in get(pools[name], "nodes", []) for what in kind["size"]}
            whole = get(option, "nodes") is not None
            if whole or sizes & get(option, "uses", {}).keys():
                named |= set(_pools(option))
                option = option if whole else {**option, "uses": {**get(option, "uses", {}), mark: "1"}}
            options.append(option)
        if options:
            task["options"] = options
        if get(task, "work") is not None:
            work = _whole_work(made, task)
            named |= set(work["speed"])
            task["work"] = {**task["work"], "uses": {**get(work, "uses", {}), mark: "1"}}
    for name in named:
        if get(pools[name], "nodes", []):
            pools[name]["nodes"] = [{**kind, "size": {**kind["size"], mark: "1"}} for kind in pools[name]["nodes"]]
        else:
            pools[name]["capacity"] = {**get(pools[name], "capacity", {}), mark: "unlimited"}


def _by_label(made: dict[str, Any], members: list[dict[str, Any]], mark: str, prefix: str) -> None:
    named = set()
    for task in members:
        for key in ("options", "work"):
            entries = get(task, key, [])
            own = entries if key == "options" else [entries] if entries else []
            named |= {
                name
                for each in own
                for name in (_pools(each) if key == "options" else _whole_work(made, task)["speed"])
            }
            own = [{**each, "consumes": {**get(each, "consumes", {}), mark: "1"}} for each in own]
            if own:
                task[key] = own if key == "options" else own[0]
    zones: dict[str, list[str]] = {}
    for pool in made["pools"]:
        labels = [label for label in get(pool, "labels", []) if label.startswith(prefix)]
        if pool["id"] in named and len(labels) != 1:
            raise Refused("not one label of that kind")
        if pool["id"] in named:
            zones.setdefault(labels[0], []).append(pool["id"])
    made["quotas"] = made["quotas"] + [
        {"id": f"{mark} {label}", "of": mark, "limit": "1", "pools": names} for label, names in zones.items()
    ]
