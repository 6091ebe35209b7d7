"""The instance, read for checking: numbers by slot, nodes, and the ways in which tasks may run."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from functools import partial
from itertools import accumulate, pairwise
from math import ceil
from typing import Any
from zoneinfo import ZoneInfo

from leptonopt.verify.exact import Malformed, duration, exact, instant

POWER = "power"
NOTHING = Fraction(0)
MOST_SLOTS = 200_000  # as the format allows; the checker reads instances that nobody has validated


@dataclass(frozen=True)
class StatedOption:
    """A way to run a task; `whole` nodes alone, or all within one node."""

    pool: str
    uses: dict[str, Fraction]
    seconds: Fraction
    cost: Fraction
    variant: str | None
    quality: Fraction
    consumes: Mapping[str, Any]
    whole: int = 0
    one_node: bool = False


@dataclass(frozen=True)
class Kind:
    """A kind of nodes, or nodes `node` to `last` of it where they are told apart; slots and money exact."""

    pool: str
    name: str
    node: int | None
    last: int | None
    size: dict[str, Fraction]
    count: list[int]
    price: list[Fraction] | None
    startup: Fraction
    shutdown: Fraction
    boot: int
    minimum: int
    power: Fraction
    commit: Fraction
    commit_max: int
    reserved: int

    @property
    def label(self) -> str:
        """What lines of a plan call a node."""
        return f"{self.name}/{self.node}"

    @property
    def single(self) -> bool:
        """Whether it is one node that is told from others."""
        return self.node is not None and self.node == self.last


def _where(option: Mapping[str, Any]) -> list[str]:
    """The pools of an option."""
    return list(option["pools"]) if option.get("pool") is None else [option["pool"]]


_WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def _minutes(key: str) -> int:
    """Minutes from midnight to HH:MM, or from Monday to DAY HH:MM."""
    day, _, clock = key.rpartition(" ")
    hour, minute = clock.split(":")
    return 60 * int(hour) + int(minute) + (1440 * _WEEK.index(day) if day else 0)


class StatedInstance:
    """The instance, read for checking."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        time = document["time"]
        self.start = instant(time["start"])
        self.slot = int(duration(time.get("slot", "1h")))
        self.horizon = int(duration(time["horizon"]))
        if not 1 <= self.slot <= self.horizon <= MOST_SLOTS * self.slot:
            raise Malformed(f"time: {self.horizon} s in slots of {self.slot} s; 1 to {MOST_SLOTS:,} slots are allowed")
        self.slots = self.horizon // self.slot
        self.hours = Fraction(self.slot, 3600)
        self.zone = ZoneInfo(time.get("zone", "UTC"))
        self.document = document
        self.pools = {pool["id"]: pool for pool in document["pools"]}
        self.tasks = {task["id"]: task for task in document["tasks"]}
        self.profiles = document.get("profiles") or {}
        self.quotas = document.get("quotas") or []
        weights = document.get("objective") or {}
        self.weight, self.carbon_weight = exact(weights.get("cost", 1)), exact(weights.get("carbon_kg", 0))
        self.resources = {name: self._resources(pool) for name, pool in self.pools.items()}
        self._named: dict[str, dict[str, Callable[[], StatedOption | None]]] = {}
        self._sums: dict[tuple[str, str], list[Fraction]] = {}
        self._grams: dict[str, list[Fraction]] = {}
        self._least: dict[tuple[str, str], list[Fraction | None]] = {}
        self._shifts: list[int] | None = None
        self._days: list[tuple[int, int]] | None = None

    def second(self, text: Any) -> int:
        """Seconds from the start of the horizon to an instant."""
        return self.second_of(instant(text))

    def second_of(self, moment: datetime) -> int:
        """Seconds from the start of the horizon to a moment."""
        return round((moment.astimezone(UTC) - self.start).total_seconds())

    def shown(self, slot: int) -> str:
        """The beginning of a slot, for people."""
        return (self.start + timedelta(seconds=slot * self.slot)).strftime("%Y-%m-%dT%H:%M:%SZ")

    # --- numbers that change over time ---

    def _jumps(self, series: Any) -> tuple[list[int], list[Fraction]]:
        """Seconds at which a series may take a new value, and the values; the first holds at second 0."""
        if not isinstance(series, Mapping):
            return [0], [exact(series)]
        if "steps" in series:
            found = {self.second(at): exact(value) for at, value in series["steps"].items()}
            at = sorted(found)
            return at, [found[second] for second in at]
        weekly = "weekly" in series
        keys = sorted((_minutes(key), exact(value)) for key, value in series["weekly" if weekly else "daily"].items())
        at = sorted({0, *self.shifts(), *self._moments([minutes for minutes, _ in keys], weekly)})
        return at, [self._by_clock(keys, second, weekly) for second in at]

    @staticmethod
    def _values(series: Any) -> list[Fraction]:
        """Every number that a series states."""
        tables = series.values() if isinstance(series, Mapping) else [{None: series}]
        return [exact(value) for table in tables for value in table.values()]

    def local(self, second: int) -> datetime:
        """The wall clock so long after the start of the horizon."""
        return (self.start + timedelta(seconds=second)).astimezone(self.zone)

    def _by_clock(self, keys: list[tuple[int, Fraction]], second: int, weekly: bool) -> Fraction:
        """The value of the latest key not after the wall clock; before the first key, of the last."""
        clock = self.local(second)
        minutes = 60 * clock.hour + clock.minute + (1440 * clock.weekday() if weekly else 0)
        return next((value for key, value in reversed(keys) if key <= minutes), keys[-1][1])

    def _moments(self, keys: list[int], weekly: bool) -> Iterator[int]:
        """Seconds of the horizon at which the wall clock shows a key, both where it shows it twice."""
        day = (self.start - timedelta(days=2)).astimezone(self.zone).date()
        last = (self.start + timedelta(seconds=self.horizon, days=2)).astimezone(self.zone).date()
        while day <= last:
            for key in keys:
                if weekly and key // 1440 != day.weekday():
                    continue
                hour, minute = divmod(key % 1440, 60)
                for fold in (0, 1):
                    moment = datetime(day.year, day.month, day.day, hour, minute, tzinfo=self.zone, fold=fold)
                    if 0 <= (second := self.second_of(moment)) < self.horizon:
                        yield second
            day += timedelta(days=1)

    def shifts(self) -> list[int]:
        """Seconds of the horizon at which the wall clock is moved."""
        if self._shifts is None:
            offsets = {}

            def offset(second: int) -> timedelta | None:
                if second not in offsets:
                    offsets[second] = self.local(second).utcoffset()
                return offsets[second]

            found = []
            for begin in range(0, self.horizon, 3600):
                low, end = begin, min(begin + 3600, self.horizon)
                while offset(low) != offset(end):
                    high = end
                    while high - low > 1:
                        middle = (low + high) // 2
                        low, high = (middle, high) if offset(middle) == offset(low) else (low, middle)
                    found.append(high)
                    low = high
            self._shifts = [second for second in found if second < self.horizon]
        return self._shifts

    def days(self) -> list[tuple[int, int]]:
        """First slot of each local date of the horizon, and the one after its last."""
        if self._days is None:
            dates: list[date] = []
            begins: list[int] = []
            shifts = self.shifts()
            for slot in range(self.slots):
                low, high = slot * self.slot, (slot + 1) * self.slot
                within = shifts[bisect_right(shifts, low) : bisect_left(shifts, high)]
                seen = {self.local(second).date() for shift in within for second in (shift - 1, shift)}
                seen |= {self.local(low).date(), self.local(high - 1).date()}
                if len(seen) > 1:
                    raise Malformed(f"a day begins within the slot from {self.shown(slot)}")
                if not dates or dates[-1] not in seen:
                    dates += seen
                    begins.append(slot)
            if len(set(dates)) < len(dates):
                raise Malformed("the clock goes back over midnight, so that a date comes twice")
            self._days = list(pairwise([*begins, self.slots]))
        return self._days

    def _spans(self, series: Any) -> Iterator[tuple[int, int, Fraction]]:
        at, values = self._jumps(series)
        for number, value in enumerate(values):
            low = max(0, at[number])
            high = min(self.horizon, at[number + 1] if number + 1 < len(at) else self.horizon)
            if low < high:
                yield low, high, value

    def means(self, series: Any) -> list[Fraction]:
        """The time-weighted mean in each slot."""
        per_slot = [NOTHING] * self.slots
        for low, high, value in self._spans(series):
            for slot in range(low // self.slot, -(-high // self.slot)):
                shared = min(high, (slot + 1) * self.slot) - max(low, slot * self.slot)
                per_slot[slot] += value * Fraction(shared, self.slot)
        return per_slot

    def price_sum(self, pool: str, resource: str) -> list[Fraction]:
        """Money for one unit held from the start of the horizon to each slot's beginning."""
        if (pool, resource) not in self._sums:
            per_hour = self.means((self.pools[pool].get("price") or {}).get(resource, 0))
            self._sums[pool, resource] = list(accumulate((value * self.hours for value in per_hour), initial=NOTHING))
        return self._sums[pool, resource]

    def carbon_sum(self, pool: str) -> list[Fraction]:
        """Kilograms of CO2 for one kW drawn from the start of the horizon to each slot's beginning."""
        if pool not in self._grams:
            grams = self.means(self.pools[pool].get("carbon") or 0)
            self._grams[pool] = list(accumulate((value * self.hours / 1000 for value in grams), initial=NOTHING))
        return self._grams[pool]

    def _resources(self, pool: Mapping[str, Any]) -> list[str]:
        """All resources of a pool, in the order of its bill."""
        kinds = self._stated_kinds(pool)
        names = dict.fromkeys([*(pool.get("capacity") or {}), *(name for kind in kinds for name in kind["size"])])
        stated = POWER in (pool.get("price") or {}) or pool.get("power") or pool.get("carbon") is not None
        if stated or any(exact(kind.get("power", 0)) for kind in kinds):
            names.setdefault(POWER)
        return list(names)

    @staticmethod
    def _stated_kinds(pool: Mapping[str, Any]) -> list[Mapping[str, Any]]:
        nodes = pool.get("nodes") or []
        return [nodes] if isinstance(nodes, Mapping) else list(nodes)

    # --- nodes ---

    def of_nodes(self) -> set[tuple[str, str]]:
        """Pools and their resources that are there only as far as there are nodes."""
        return {
            (name, resource)
            for name, pool in self.pools.items()
            for nodes in self._stated_kinds(pool)
            for resource in nodes["size"]
        }

    def told_apart(self) -> set[str]:
        """Pools on which some task has to fit within one node."""
        found = set()
        for task in self.tasks.values():
            if task.get("placement") == "one-node":
                found |= {name for option in task.get("options") or () for name in _where(option)}
                work = task.get("work") or {}
                speed = work.get("speed") or (self.profiles.get(work.get("profile")) or {}).get("speed")
                found |= set(speed or ())
        return {name for name in found if self._stated_kinds(self.pools[name])}

    def kinds(self, cuts: Mapping[tuple[str, str], Iterable[int]] | None = None) -> list[Kind]:
        """All kinds of nodes, in the order of the file; where they are told apart, by numbers of nodes.

        Nodes that are alike, always there together and paid in the same way, are then one entry, unless `cuts` of their
        pool and kind say after which numbers another begins.
        """
        apart, found = self.told_apart(), []
        for name, pool in self.pools.items():
            stated = self._stated_kinds(pool)
            for number, nodes in enumerate(stated, 1):
                kind = self._kind(name, pool, nodes, name if len(stated) == 1 else f"{name}-{number}")
                if name not in apart:
                    found.append(kind)
                    continue
                most = max(int(value) for value in self._values(nodes["count"]))
                top = kind.reserved + kind.commit_max
                among = {0, most, kind.reserved, top, *kind.count, *((cuts or {}).get((name, kind.name)) or ())}
                if kind.commit_max and kind.price is not None and kind.minimum > 1:
                    among |= set(range(kind.reserved, top + 1))  # committed ones and others must not change places
                for low, high in pairwise(sorted(cut for cut in among if 0 <= cut <= most)):
                    size, own = high - low, low < kind.reserved
                    found.append(
                        replace(
                            kind,
                            node=low + 1,
                            last=high,
                            count=[size * (count >= high) for count in kind.count],
                            reserved=size * own,
                            commit_max=size * (not own and low < top),
                        )
                    )
        return found

    def _kind(self, name: str, pool: Mapping[str, Any], nodes: Mapping[str, Any], called: str) -> Kind:
        closed = [
            {"from": window["from"], "to": window["to"]}
            for window in pool.get("maintenance") or ()
            if window.get("capacity") is None
        ]
        count = [int(value or 0) for value in self._floor(nodes["count"], closed, "")]
        commit = nodes.get("commit")
        if commit is not None and not isinstance(commit, Mapping):
            commit = {"price": commit}
        boot = ceil(duration(nodes.get("boot", "0s")) / self.slot)
        total, most = NOTHING, 0
        if commit is not None:
            each = commit.get("total")
            total = exact(commit["price"]) * Fraction(self.horizon, 3600) if each is None else exact(each)
            most = max(int(value) for value in self._values(nodes["count"]))
            most = most if commit.get("max") is None else int(commit["max"])
        return Kind(
            pool=name,
            name=nodes.get("id") or called,
            node=None,
            last=None,
            size={resource: exact(size) for resource, size in nodes["size"].items()},
            count=count,
            price=None if nodes.get("price") is None else self.means(nodes["price"]),
            startup=exact(nodes.get("startup", 0)),
            shutdown=exact(nodes.get("shutdown", 0)),
            boot=boot,
            minimum=max(boot, ceil(duration(nodes.get("minimum", "0s")) / self.slot)),
            power=exact(nodes.get("power", 0)),
            commit=total,
            commit_max=most,
            reserved=int(nodes.get("reserved", 0)),
        )

    def least(self, pool: str, resource: str) -> list[Fraction | None]:
        """The least a pool offers in each slot; None where nothing limits it."""
        if (pool, resource) not in self._least:
            series = (self.pools[pool].get("capacity") or {}).get(resource, "unlimited")
            if resource in (self.pools[pool].get("capacity") or {}):
                found = self._floor(series, self.pools[pool].get("maintenance") or (), resource)
            else:
                found = [None] * self.slots
            self._least[pool, resource] = found
        return self._least[pool, resource]

    def _floor(self, series: Any, windows: Any, resource: str) -> list[Fraction | None]:
        """The least value in each slot, also of what maintenance leaves."""
        offered: list[Fraction | None] = [None] * self.slots
        spans = [] if series == "unlimited" else list(self._spans(series))
        for window in windows:
            left = window.get("capacity")
            if left is None or resource in left:
                low, high = max(0, self.second(window["from"])), min(self.horizon, self.second(window["to"]))
                spans.append((low, high, NOTHING if left is None else exact(left[resource])))
        for low, high, value in spans:
            for slot in range(low // self.slot, -(-high // self.slot) if high > low else 0):
                known = offered[slot]
                offered[slot] = value if known is None or value < known else known
        return offered

    # --- ways to run a task ---

    def _named_ways(self, task: str) -> dict[str, Callable[[], StatedOption | None]]:
        """What makes each way, by the names that plans call them; None where it does not fit its devices."""
        if task not in self._named:
            stated = self.tasks[task]
            own = {option["id"] for option in stated.get("options") or () if option.get("id") is not None}
            named: dict[str, Callable[[], StatedOption | None]] = {}
            for name, given, way in [*self._written(stated), *self._made(stated)]:
                number, free = 2, name
                while not given and (free in own or free in named):
                    free, number = f"{name}#{number}", number + 1
                named[free] = way
            self._named[task] = named
        return self._named[task]

    def way(self, task: str, name: Any) -> StatedOption | None:
        """The way of that name; None where there is none, or it is not allowed."""
        made = self._named_ways(task).get(name)
        if made is None or (way := made()) is None:
            return None
        return self._placed(self.tasks[task], way) if self._allowed(self.tasks[task], way) else None

    def ways(self, task: str) -> dict[str, StatedOption]:
        """The ways a task may run, by the names that plans call them."""
        return {name: way for name in self._named_ways(task) if (way := self.way(task, name)) is not None}

    def _placed(self, task: Mapping[str, Any], way: StatedOption) -> StatedOption:
        """The way with whole nodes, what it draws, and whether it has to fit within one node."""
        pool, uses = self.pools[way.pool], dict(way.uses)
        kinds = self._stated_kinds(pool)
        if way.whole:
            uses |= {name: exact(size) * way.whole for name, size in kinds[0]["size"].items()}
        if POWER in self.resources[way.pool] and POWER not in uses:
            draws = pool.get("power") or {}
            drawn = sum((exact(draws.get(name, 0)) * count for name, count in uses.items()), NOTHING)
            if drawn:
                uses[POWER] = drawn
        return replace(way, uses=uses, one_node=bool(kinds) and task.get("placement") == "one-node")

    def _allowed(self, task: Mapping[str, Any], way: StatedOption) -> bool:
        needs = task.get("needs") or {}
        labels = set(self.pools[way.pool].get("labels") or ())
        if set(needs.get("without") or ()) & labels or (task.get("confidential") and "confidential" not in labels):
            return False
        return set(needs.get("labels") or ()) <= labels and way.quality >= exact(needs.get("quality", 0))

    def _written(self, task: Mapping[str, Any]) -> Iterator[tuple[str, bool, Callable[[], StatedOption | None]]]:
        for option in task.get("options") or ():
            given = option.get("id")
            if option.get("pool") is not None:
                yield given or option["pool"], given is not None, partial(self._option, option, option["pool"])
                continue
            for pool in option["pools"]:
                yield pool if given is None else f"{given} {pool}", False, partial(self._option, option, pool)

    def _option(self, option: Mapping[str, Any], pool: str) -> StatedOption:
        uses = {name: exact(count) for name, count in (option.get("uses") or {}).items()}
        return StatedOption(
            pool, uses, duration(option["duration"]), exact(option.get("cost", 0)),
            option.get("variant"), exact(option.get("quality", 1)),
            option.get("consumes") or {}, int(option.get("nodes") or 0),
        )  # fmt: skip

    def _made(self, task: Mapping[str, Any]) -> Iterator[tuple[str, bool, Callable[[], StatedOption | None]]]:
        if not task.get("work"):
            return
        stated = task["work"]
        work = {
            **self.profiles.get(stated.get("profile"), {}),
            **{key: value for key, value in stated.items() if value is not None},
        }
        for variant in work.get("variants") or {None: {}}:
            for pool, speed in (work.get("speed") or {}).items():
                for count in speed if isinstance(speed, Mapping) else work.get("devices") or {1: 1}:
                    name = f"{pool} x{int(count)}" + (f" {variant}" if variant else "")
                    yield name, False, partial(self._work, work, variant, pool, count)

    def _work(self, work: Mapping[str, Any], variant: str | None, pool: str, count: Any) -> StatedOption | None:
        """A variant of work on so many devices of a pool, if it fits their memory."""
        factors = (work.get("variants") or {None: {}})[variant]
        speed, devices = work["speed"][pool], int(count)
        if isinstance(speed, Mapping):
            rate = exact(speed[count])
        else:
            rate = exact(speed) * exact((work.get("devices") or {1: 1})[count])
        room, memory = self.pools[pool].get("device_memory"), work.get("memory")
        if room is not None and memory is not None:
            smaller = exact(factors.get("memory", 1))
            if exact(memory) * smaller > exact(room) * devices:
                return None
        uses: dict[str, Fraction] = defaultdict(Fraction, {work.get("device") or "gpu": Fraction(devices)})
        for table, times in ((work.get("per_device"), devices), (work.get("uses"), 1)):
            for name, each in (table or {}).items():
                uses[name] += exact(each) * times
        seconds = 3600 * exact(work["hours"]) / (rate * exact(factors.get("speed", 1)))
        cost, quality = exact(work.get("cost", 0)), exact(factors.get("quality", 1))
        return StatedOption(pool, dict(uses), seconds, cost, variant, quality, {})
