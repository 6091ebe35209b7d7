"""The independent checker: does a plan keep every rule of an instance, and does every cent add up?

Standard library only, and nothing of the rest of this package: it reads the two documents for itself
and computes everything anew in integers and fractions. Its doubling of the rules is meant. It consumes,
never searches. The rules, by the names they carry everywhere:

    form        the plan is a plan document at all
    once        every copy of every task runs exactly once, or is left out where it is optional
    option      what runs is a way to run the task: pool, uses, variant, quality, needs, and its duration
    window      start on a slot, not before the release; end not after the deadline or the horizon
    capacity    in no slot do the demands exceed what a pool offers there
    precedence  a task starts `lag` after all copies of the task it waits for have ended
    cost        the cost of every task and of the whole is what the instance's prices say
    bill        bill, utilisation and figures follow from the tasks
    status      status, bound and gap claim no more than the numbers carry
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import accumulate
from math import ceil
from typing import Any
from zoneinfo import ZoneInfo

MICRO = Fraction(1, 2 * 10**6)  # what a number rounded to six decimals may be off by
SHOWN = 200


@dataclass(frozen=True)
class Violation:
    """A rule that is broken: `witness` says where, `amount` by how much (None where there is no amount)."""

    rule: str
    witness: str
    amount: str | None
    message: str


@dataclass(frozen=True)
class Verdict:
    """What the checker says: `ok` only when nothing at all was found. `cost` as recomputed, None without a plan."""

    ok: bool
    violations: tuple[Violation, ...]
    cost: Fraction | None
    notes: tuple[str, ...] = ()


class _Malformed(Exception):
    """A document that is not what it should be; the message says where."""


def verify(instance: Mapping[str, Any], plan: Mapping[str, Any]) -> Verdict:
    """The verdict on a plan.

    Parameters
    ----------
    instance : the native document, numbers as int or Decimal (`json.load(..., parse_float=Decimal)`).
    plan : the plan document, numbers as int, float or Decimal.
    """
    try:
        return _Check(_Stated(instance), plan).verdict()
    except _Malformed as error:
        return Verdict(False, (Violation("form", "", None, str(error)),), None)
    except (KeyError, TypeError, ValueError, AttributeError, IndexError, ArithmeticError, RecursionError) as error:
        text = f"the documents cannot be compared: {type(error).__name__}: {error}"
        return Verdict(False, (Violation("form", "", None, text[:300]),), None)


def fingerprint(document: Mapping[str, Any]) -> str:
    """SHA-256 of a document in canonical JSON: keys sorted, numbers as exact fractions.

    Keys that say how things are called or where they come from are left out at the top.
    """
    return hashlib.sha256(json.dumps(_canonical(document), sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def _canonical(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _canonical(child) for key, child in value.items()}
    if isinstance(value, list | tuple):
        return [_canonical(child) for child in value]
    if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        return f"#{_exact(value)}"
    return value


# --- what the instance states ---------------------------------------------------------------------


def _exact(value: Any) -> Fraction:
    """A number exactly; a float by its shortest text."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise _Malformed(f"{value!r} is not a number")
    return Fraction(repr(value)) if isinstance(value, float) else Fraction(value)


def _instant(text: Any) -> datetime:
    if not isinstance(text, str):
        raise _Malformed(f"{text!r} is not an instant")
    try:
        moment = datetime.fromisoformat(text.strip().upper().replace("Z", "+00:00"))
    except ValueError:
        raise _Malformed(f"{text!r} is not an instant") from None
    if moment.tzinfo is None:
        raise _Malformed(f"{text!r} has no offset from UTC")
    return moment.astimezone(UTC)


_PART = re.compile(r"(\d+(?:\.\d+)?)\s*(w|d|h|min|m|s)")
_SECONDS = {"w": 604_800, "d": 86_400, "h": 3_600, "min": 60, "m": 60, "s": 1}


def _duration(text: Any) -> Fraction:
    if not isinstance(text, str) or not re.fullmatch(rf"(?:{_PART.pattern}\s*)+", text.strip()):
        raise _Malformed(f"{text!r} is not a duration")
    return sum((Fraction(count) * _SECONDS[unit] for count, unit in _PART.findall(text)), Fraction(0))


@dataclass(frozen=True)
class _Way:
    pool: str
    uses: dict[str, Fraction]
    seconds: Fraction
    cost: Fraction
    variant: str | None
    quality: Fraction


class _Stated:
    """The instance, read for checking."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        time = document["time"]
        self.start = _instant(time["start"])
        self.slot = int(_duration(time.get("slot", "1h")))
        self.horizon = int(_duration(time["horizon"]))
        self.slots = self.horizon // self.slot
        self.hours = Fraction(self.slot, 3600)
        self.zone = ZoneInfo(time.get("zone", "UTC"))
        self.document = document
        self.pools = {pool["id"]: pool for pool in document["pools"]}
        self.tasks = {task["id"]: task for task in document["tasks"]}
        self.profiles = document.get("profiles") or {}
        self._ways: dict[str, dict[str, _Way]] = {}
        self._sums: dict[tuple[str, str], list[Fraction]] = {}
        self._least: dict[tuple[str, str], list[Fraction | None]] = {}

    def second(self, text: Any) -> int:
        """Seconds from the start of the horizon to an instant."""
        return round((_instant(text) - self.start).total_seconds())

    # --- numbers that change over time ---

    def _jumps(self, series: Any) -> tuple[list[int], list[Fraction]]:
        """Seconds at which a series takes a new value, and the values; the first holds at second 0."""
        if not isinstance(series, Mapping):
            return [0], [_exact(series)]
        found: dict[int, Fraction] = {}
        if "steps" in series:
            found = {self.second(at): _exact(value) for at, value in series["steps"].items()}
        else:
            day = (self.start - timedelta(days=2)).astimezone(self.zone).date()
            while (midnight := datetime(day.year, day.month, day.day, tzinfo=self.zone)) <= self.start + timedelta(
                seconds=self.horizon
            ):
                for clock, value in series["daily"].items():
                    local = midnight.replace(hour=int(clock[:2]), minute=int(clock[3:]))
                    found[round((local.astimezone(UTC) - self.start).total_seconds())] = _exact(value)
                day += timedelta(days=1)
        at = sorted(found)
        return at, [found[second] for second in at]

    def _spans(self, series: Any) -> Iterator[tuple[int, int, Fraction]]:
        at, values = self._jumps(series)
        for number, value in enumerate(values):
            low = max(0, at[number])
            high = min(self.horizon, at[number + 1] if number + 1 < len(at) else self.horizon)
            if low < high:
                yield low, high, value

    def price_sum(self, pool: str, resource: str) -> list[Fraction]:
        """Money for one unit held from the start of the horizon to each slot's beginning."""
        if (pool, resource) not in self._sums:
            per_slot = [Fraction(0)] * self.slots
            series = (self.pools[pool].get("price") or {}).get(resource, 0)
            for low, high, value in self._spans(series):
                for slot in range(low // self.slot, -(-high // self.slot)):
                    shared = min(high, (slot + 1) * self.slot) - max(low, slot * self.slot)
                    per_slot[slot] += value * shared / 3600
            self._sums[pool, resource] = list(accumulate(per_slot, initial=Fraction(0)))
        return self._sums[pool, resource]

    def least(self, pool: str, resource: str) -> list[Fraction | None]:
        """The least a pool offers in each slot; None where nothing limits it."""
        if (pool, resource) not in self._least:
            offered: list[Fraction | None] = [None] * self.slots
            series = self.pools[pool]["capacity"][resource]
            spans = [] if series == "unlimited" else list(self._spans(series))
            for window in self.pools[pool].get("maintenance") or ():
                left = window.get("capacity")
                if left is None or resource in left:
                    low, high = max(0, self.second(window["from"])), min(self.horizon, self.second(window["to"]))
                    spans.append((low, high, Fraction(0) if left is None else _exact(left[resource])))
            for low, high, value in spans:
                for slot in range(low // self.slot, -(-high // self.slot) if high > low else 0):
                    known = offered[slot]
                    offered[slot] = value if known is None or value < known else known
            self._least[pool, resource] = offered
        return self._least[pool, resource]

    # --- ways to run a task ---

    def ways(self, task: str) -> dict[str, _Way]:
        """The ways a task may run, by the names that plans call them."""
        if task not in self._ways:
            stated = self.tasks[task]
            own = {option["id"] for option in stated.get("options") or () if "id" in option}
            named: dict[str, _Way] = {}
            for name, given, way, fits in [*self._written(stated), *self._made(stated)]:
                number, free = 2, name
                while not given and (free in own or free in named):
                    free, number = f"{name}#{number}", number + 1
                named[free] = way if fits and self._allowed(stated, way) else _FORBIDDEN
            self._ways[task] = {name: way for name, way in named.items() if way is not _FORBIDDEN}
        return self._ways[task]

    def _allowed(self, task: Mapping[str, Any], way: _Way) -> bool:
        needs = task.get("needs") or {}
        labels = set(self.pools[way.pool].get("labels") or ())
        return set(needs.get("labels") or ()) <= labels and way.quality >= _exact(needs.get("quality", 0))

    def _written(self, task: Mapping[str, Any]) -> Iterator[tuple[str, bool, _Way, bool]]:
        for option in task.get("options") or ():
            uses = {name: _exact(count) for name, count in (option.get("uses") or {}).items()}
            way = _Way(
                option["pool"], uses, _duration(option["duration"]), _exact(option.get("cost", 0)),
                option.get("variant"), _exact(option.get("quality", 1)),
            )  # fmt: skip
            yield option.get("id", option["pool"]), "id" in option, way, True

    def _made(self, task: Mapping[str, Any]) -> Iterator[tuple[str, bool, _Way, bool]]:
        if not task.get("work"):
            return
        stated = task["work"]
        work = {
            **self.profiles.get(stated.get("profile"), {}),
            **{key: value for key, value in stated.items() if value is not None},
        }
        for variant, factors in (work.get("variants") or {None: {}}).items():
            faster, smaller = _exact(factors.get("speed", 1)), _exact(factors.get("memory", 1))
            for pool, speed in (work.get("speed") or {}).items():
                if not isinstance(speed, Mapping):
                    speed = {
                        count: _exact(speed) * _exact(factor)
                        for count, factor in (work.get("devices") or {1: 1}).items()
                    }
                for count, rate in speed.items():
                    devices = int(count)
                    uses: dict[str, Fraction] = defaultdict(Fraction, {work.get("device") or "gpu": Fraction(devices)})
                    for name, each in (work.get("per_device") or {}).items():
                        uses[name] += _exact(each) * devices
                    for name, each in (work.get("uses") or {}).items():
                        uses[name] += _exact(each)
                    rate = rate if isinstance(rate, Fraction) else _exact(rate)
                    seconds = 3600 * _exact(work["hours"]) / (rate * faster)
                    room, memory = self.pools[pool].get("device_memory"), work.get("memory")
                    fits = room is None or memory is None or _exact(memory) * smaller <= _exact(room) * devices
                    way = _Way(
                        pool,
                        dict(uses),
                        seconds,
                        _exact(work.get("cost", 0)),
                        variant,
                        _exact(factors.get("quality", 1)),
                    )
                    yield f"{pool} x{devices}" + (f" {variant}" if variant else ""), False, way, fits


_FORBIDDEN = _Way("", {}, Fraction(0), Fraction(0), None, Fraction(0))


@dataclass(frozen=True)
class _Run:
    id: str
    copy: int
    way: _Way
    start: int
    end: int
    fixed: Fraction
    late: Fraction
    running: dict[str, Fraction]

    @property
    def cost(self) -> Fraction:
        return sum(self.running.values(), self.fixed + self.late)


# --- the check ------------------------------------------------------------------------------------


class _Check:
    """One plan against one instance."""

    def __init__(self, stated: _Stated, plan: Mapping[str, Any]) -> None:
        if not isinstance(plan, Mapping) or plan.get("leptonopt_plan") != 1:
            raise _Malformed("not a plan document of version 1 (leptonopt_plan: 1)")
        self.stated, self.plan = stated, plan
        self.found: list[Violation] = []
        self.more = 0

    def verdict(self) -> Verdict:
        """All rules, in order."""
        plan, notes = self.plan, []
        for key in ("instance", "status", "stop", "cost", "bound", "gap", "method", "tasks", "left_out"):
            if key not in plan:
                raise _Malformed(f"the plan has no {key!r}")
        if (plan.get("instance") or {}).get("sha256") not in (None, fingerprint(self.stated.document)):
            notes.append("the plan was made for another state of this instance (fingerprints differ)")
        if plan["cost"] is None:
            self._without_plan()
            return Verdict(not self.found, tuple(self.found), None, (*notes, "there is no plan to check"))
        lines = [line for line in plan["tasks"] if isinstance(line, Mapping)]
        if len(lines) < len(plan["tasks"]):
            raise _Malformed("an entry of tasks is not a mapping")
        runs = [run for line in lines if (run := self._run(line)) is not None]
        forgone = self._once(lines)
        self._capacity(runs)
        self._precedence(runs)
        total = sum((run.cost for run in runs), forgone)
        self._total(total)
        self._bill(runs, forgone)
        self._status(total)
        if self.more:
            notes.append(f"{self.more} more violations are not listed")
        return Verdict(not self.found, tuple(self.found), total, tuple(notes))

    def _say(self, rule: str, witness: str, message: str, amount: Fraction | int | None = None) -> None:
        if len(self.found) >= SHOWN:
            self.more += 1
            return
        self.found.append(
            Violation(
                rule,
                witness,
                None if amount is None else _text(amount),
                f"{witness}: {message}" if witness else message,
            )
        )

    def _without_plan(self) -> None:
        if self.plan["tasks"] or self.plan["left_out"]:
            self._say("status", "cost", "is null, yet tasks are listed")
        if self.plan["status"] not in ("infeasible", "unknown"):
            self._say("status", "status", f"{self.plan['status']!r} without a plan")

    def _same(self, rule: str, witness: str, stated: Any, true: Fraction | None) -> None:
        """A number of the plan against the true one, to within its rounding."""
        if true is None or stated is None:
            if true is not None or stated is not None:
                self._say(rule, witness, f"is {stated}, not {None if true is None else _text(true)}")
        elif abs(_exact(stated) - true) > MICRO + abs(true) * Fraction(1, 10**15):
            self._say(rule, witness, f"is {stated}, not {_text(true)}", _exact(stated) - true)

    # --- option, window, cost of one task ---

    def _run(self, line: Mapping[str, Any]) -> _Run | None:
        stated, id = self.stated, str(line.get("id"))
        if id not in stated.tasks:
            self._say("once", f"task {id!r}", "is not in the instance")
            return None
        task = stated.tasks[id]
        copies, copy = task.get("copies", 1), line.get("copy", 1)
        name = f"task {id!r}" + (f" copy {copy}" if copies > 1 else "")
        way = stated.ways(id).get(line.get("option"))  # type: ignore[arg-type]
        if way is None:
            self._say("option", name, f"{line.get('option')!r} is no way it may run")
            return None
        if line.get("pool") != way.pool:
            self._say("option", name, f"its option is on pool {way.pool!r}, not {line.get('pool')!r}")
        if line.get("variant") != way.variant:
            self._say("option", name, f"its option has the variant {way.variant!r}, not {line.get('variant')!r}")
        if "quality" in line and abs(_exact(line["quality"]) - way.quality) > MICRO:
            self._say("option", name, f"its option has quality {_text(way.quality)}, not {line['quality']}")
        uses = {key: _exact(count) for key, count in (line.get("uses") or {}).items()}
        if uses.keys() != way.uses.keys() or any(abs(uses[key] - count) > MICRO for key, count in way.uses.items()):
            self._say("option", name, "does not use what its option uses")
        low, high = stated.second(line["start"]), stated.second(line["end"])
        length = max(1, ceil(way.seconds / stated.slot))
        if high - low != length * stated.slot:
            self._say(
                "option",
                name,
                f"lasts {high - low} s; its option takes {length} slots of {stated.slot} s",
                high - low - length * stated.slot,
            )
            return None
        if low % stated.slot:
            self._say("window", name, "does not start at the beginning of a slot", low % stated.slot)
            return None
        self._window(name, task, low, high)
        if low < 0 or high > stated.horizon:
            return None
        run = self._priced(id, copy, task, way, low // stated.slot, high // stated.slot)
        self._same("cost", f"{name}: cost", line.get("cost"), run.cost)
        parts = line.get("parts") or {}
        self._same("cost", f"{name}: parts.running", parts.get("running"), sum(run.running.values(), Fraction(0)))
        self._same("cost", f"{name}: parts.fixed", parts.get("fixed"), run.fixed)
        self._same("cost", f"{name}: parts.late", parts.get("late"), run.late)
        return run

    def _window(self, name: str, task: Mapping[str, Any], low: int, high: int) -> None:
        if low < 0:
            self._say("window", name, f"starts {-low} s before the horizon", -low)
        if high > self.stated.horizon:
            self._say(
                "window", name, f"ends {high - self.stated.horizon} s after the horizon", high - self.stated.horizon
            )
        if task.get("release") is not None and (early := self.stated.second(task["release"]) - low) > 0:
            self._say("window", name, f"starts {early} s before its release", early)
        if task.get("deadline") is not None and (late := high - self.stated.second(task["deadline"])) > 0:
            self._say("window", name, f"ends {late} s after its deadline", late)

    def _priced(self, id: str, copy: int, task: Mapping[str, Any], way: _Way, low: int, high: int) -> _Run:
        running = {}
        for resource, count in way.uses.items():
            sums = self.stated.price_sum(way.pool, resource)
            running[resource] = count * (sums[high] - sums[low])
        late = Fraction(0)
        if task.get("due") is not None:
            seconds = max(0, high * self.stated.slot - self.stated.second(task["due"]))
            late = _exact(task.get("late_cost", 0)) * Fraction(seconds, 3600)
        return _Run(id, copy, way, low, high, way.cost, late, running)

    # --- once, capacity, precedence ---

    def _once(self, lines: list[Mapping[str, Any]]) -> Fraction:
        """Every copy exactly once; the value of what is left out."""
        ran = Counter((line.get("id"), line.get("copy", 1)) for line in lines)
        left = Counter((line.get("id"), line.get("copy", 1)) for line in self.plan["left_out"])
        forgone = Fraction(0)
        for id, task in self.stated.tasks.items():
            for copy in range(1, task.get("copies", 1) + 1):
                name = f"task {id!r}" + (f" copy {copy}" if task.get("copies", 1) > 1 else "")
                times, out = ran.pop((id, copy), 0), left.pop((id, copy), 0)
                if times > 1:
                    self._say("once", name, f"runs {times} times", times - 1)
                if out and not task.get("optional", False):
                    self._say("once", name, "is left out, but is not optional")
                if times + out == 0:
                    self._say("once", name, "neither runs nor is left out")
                elif out > 1 or (out and times):
                    self._say("once", name, "is left out twice, or both left out and run")
                forgone += _exact(task.get("value") or 0) if out else 0
        for (id, copy), _ in [*ran.items(), *left.items()]:
            if id in self.stated.tasks:
                self._say(
                    "once",
                    f"task {id!r} copy {copy}",
                    f"there are only {self.stated.tasks[id].get('copies', 1)} copies",
                )
        for line in self.plan["left_out"]:
            if line.get("id") in self.stated.tasks:
                self._same(
                    "cost",
                    f"left out {line['id']!r}: value",
                    line.get("value"),
                    _exact(self.stated.tasks[line["id"]].get("value") or 0),
                )
        return forgone

    def _loads(self, runs: list[_Run]) -> dict[tuple[str, str], tuple[list[int], list[Fraction]]]:
        """Per pool and resource: the slots where the load changes, and the load from there on."""
        change: dict[tuple[str, str], dict[int, Fraction]] = defaultdict(lambda: defaultdict(Fraction))
        for run in runs:
            for resource, count in run.way.uses.items():
                change[run.way.pool, resource][run.start] += count
                change[run.way.pool, resource][run.end] -= count
        return {
            key: (slots := sorted(steps), list(accumulate(steps[slot] for slot in slots)))
            for key, steps in change.items()
        }

    def _capacity(self, runs: list[_Run]) -> None:
        for (pool, resource), (slots, loads) in self._loads(runs).items():
            least = self.stated.least(pool, resource)
            for number, load in enumerate(loads[:-1]):
                for slot in range(slots[number], slots[number + 1]):
                    offered = least[slot]
                    if offered is not None and load > offered:
                        at = self.stated.start + timedelta(seconds=slot * self.stated.slot)
                        witness = f"pool {pool!r} {resource} at {at.strftime('%Y-%m-%dT%H:%M:%SZ')}"
                        self._say("capacity", witness, f"{_text(load)} in use, {_text(offered)} there", load - offered)

    def _precedence(self, runs: list[_Run]) -> None:
        of_task = defaultdict(list)
        for run in runs:
            of_task[run.id].append(run)
        for id, task in self.stated.tasks.items():
            for after in task.get("after") or () if of_task[id] else ():
                first = after if isinstance(after, str) else after["task"]
                lag = (
                    0
                    if isinstance(after, str) or "lag" not in after
                    else ceil(_duration(after["lag"]) / self.stated.slot)
                )
                name = f"task {id!r} after {first!r}"
                if len(of_task[first]) < self.stated.tasks[first].get("copies", 1):
                    self._say("precedence", name, "runs, but what it waits for does not run in full")
                    continue
                early = max(run.end for run in of_task[first]) + lag - min(run.start for run in of_task[id])
                if early > 0:
                    self._say("precedence", name, f"starts {early} slots too early", early)

    # --- sums and claims ---

    def _total(self, total: Fraction) -> None:
        self._same("cost", "cost", self.plan["cost"], total)
        if self.plan.get("cost_exact") is not None and Fraction(self.plan["cost_exact"]) != total:
            self._say(
                "cost",
                "cost_exact",
                f"is {self.plan['cost_exact']}, not {total}",
                Fraction(self.plan["cost_exact"]) - total,
            )

    def _bill(self, runs: list[_Run], forgone: Fraction) -> None:
        bill = self.plan.get("bill")
        if not isinstance(bill, Mapping):
            self._say("bill", "bill", "is missing")
            return
        hours: dict[tuple[str, str], Fraction] = defaultdict(Fraction)
        money: dict[tuple[str, str], Fraction] = defaultdict(Fraction)
        fixed: dict[str, Fraction] = defaultdict(Fraction)
        count = Counter(run.way.pool for run in runs)
        for run in runs:
            fixed[run.way.pool] += run.fixed
            for resource, cost in run.running.items():
                money[run.way.pool, resource] += cost
                hours[run.way.pool, resource] += run.way.uses[resource] * (run.end - run.start) * self.stated.hours
        running, late = sum(money.values(), Fraction(0)), sum((run.late for run in runs), Fraction(0))
        in_all = sum(fixed.values(), Fraction(0))
        for key, true in (
            ("running", running),
            ("fixed", in_all),
            ("late", late),
            ("forgone", forgone),
            ("total", running + in_all + late),
        ):
            self._same("bill", f"bill.{key}", bill.get(key), true)
        by_pool = {entry.get("pool"): entry for entry in bill.get("pools") or ()}
        for pool, stated in self.stated.pools.items():
            entry = by_pool.pop(pool, {})
            spent = sum((money[pool, resource] for resource in stated["capacity"]), Fraction(0))
            for key, true in (
                ("running", spent),
                ("fixed", fixed[pool]),
                ("total", spent + fixed[pool]),
                ("tasks", Fraction(count[pool])),
            ):
                self._same("bill", f"bill of pool {pool!r}: {key}", entry.get(key), true)
            parts = {part.get("resource"): part for part in entry.get("resources") or ()}
            for resource in stated["capacity"]:
                part = parts.get(resource, {})
                self._same("bill", f"bill of pool {pool!r}: {resource} cost", part.get("cost"), money[pool, resource])
                self._same(
                    "bill",
                    f"bill of pool {pool!r}: {resource} unit_hours",
                    part.get("unit_hours"),
                    hours[pool, resource],
                )
        for pool in by_pool:
            self._say("bill", f"bill of pool {pool!r}", "is no pool of the instance")
        shares = self._utilisation(runs, hours)
        self._figures(runs, running + in_all + late, shares)

    def _utilisation(self, runs: list[_Run], hours: Mapping[tuple[str, str], Fraction]) -> list[Fraction]:
        lines = {(line.get("pool"), line.get("resource")): line for line in self.plan.get("utilisation") or ()}
        loads, shares = self._loads(runs), []
        for pool, stated in self.stated.pools.items():
            for resource in stated["capacity"]:
                least = self.stated.least(pool, resource)
                offered = (
                    None
                    if None in least
                    else sum((value for value in least if value is not None), Fraction(0)) * self.stated.hours
                )
                share = hours.get((pool, resource), Fraction(0)) / offered if offered else None
                shares += [] if share is None else [share]
                peak = max(loads.get((pool, resource), ([], [Fraction(0)]))[1])
                line, name = lines.get((pool, resource), {}), f"utilisation of {pool!r} {resource}"
                for key, true in (
                    ("used_hours", hours.get((pool, resource), Fraction(0))),
                    ("capacity_hours", offered),
                    ("utilisation", share),
                    ("peak", peak),
                ):
                    self._same("bill", f"{name}: {key}", line.get(key), true)
        return shares

    def _figures(self, runs: list[_Run], bill: Fraction, shares: list[Fraction]) -> None:
        figures = self.plan.get("figures") or {}
        profit = sum((_exact(self.stated.tasks[run.id].get("value") or 0) for run in runs), Fraction(0))
        resources = sum(len(pool["capacity"]) for pool in self.stated.pools.values())
        task_hours = sum((run.end - run.start for run in runs), 0) * self.stated.hours
        for key, true in (
            ("utilisation", sum(shares, Fraction(0)) / len(shares) if shares else None),
            ("hours_per_resource", task_hours / resources),
            ("total_cost", bill),
            ("total_profit", profit),
            ("cost_profit_ratio", bill / profit if profit else None),
            ("net_benefit", profit - bill),
        ):
            self._same("bill", f"figures.{key}", figures.get(key), true)

    def _status(self, total: Fraction) -> None:
        plan = self.plan
        exact = plan.get("bound_exact")
        bound = Fraction(exact) if exact is not None else None if plan["bound"] is None else _exact(plan["bound"])
        if plan["status"] not in ("optimal", "feasible"):
            self._say("status", "status", f"{plan['status']!r} with a plan")
        if bound is None:
            if plan["status"] == "optimal" or plan["gap"] is not None:
                self._say("status", "bound", "is missing, yet a gap or optimality is claimed")
            return
        off = None if plan["bound"] is None else bound - _exact(plan["bound"])
        grain = 2 * MICRO + abs(bound) * Fraction(1, 10**15)
        if off is None or not (0 <= off <= grain or (bound == total and abs(off) <= grain)):
            self._say("status", "bound", f"is {plan['bound']}, but bound_exact says {exact}")
        if bound > total:
            self._say("status", "bound", f"is {_text(bound)}, above the cost {_text(total)}", bound - total)
        if plan["status"] == "optimal" and bound != total:
            self._say(
                "status",
                "status",
                f"optimal, but the bound {_text(bound)} is not the cost {_text(total)}",
                total - bound,
            )
        true = Fraction(0) if bound == total else (total - bound) / abs(total) if total else None
        if (true is None) != (plan["gap"] is None) or (
            true is not None and abs(_exact(plan["gap"]) - true) > abs(true) / 10**9 + Fraction(1, 10**12)
        ):
            self._say("status", "gap", f"is {plan['gap']}, not {None if true is None else _text(true)}")


def _text(value: Fraction | int) -> str:
    """A number for people: decimal where short, else to six decimals."""
    exact = Fraction(value)
    if exact.denominator == 1:
        return str(exact.numerator)
    return f"{float(exact):.6f}".rstrip("0") if abs(exact) < 10**12 else str(exact)
