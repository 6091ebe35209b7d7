"""What must follow for a changed instance from the optimum of the one before: relations that need no known answer.

Six random instances of all feature families per relation by default, sixty in CI, five hundred with `-m long`.
"""

from __future__ import annotations

import copy
import dataclasses
import random
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pytest

from leptonopt.compile.compiler import CompiledInstance, compile_instance
from leptonopt.compile.decode import TaskRun, decode
from leptonopt.compile.work_options import concrete_options
from leptonopt.errors import InstanceError
from leptonopt.instance import validate
from leptonopt.instance.units import instant, instant_text
from leptonopt.io.load import load, read_document
from leptonopt.io.native.writer import dumped
from leptonopt.problem.problem import Problem
from leptonopt.problem.protocol import Limits, Status
from leptonopt.solvers import cpsat
from tests.helpers import random_instances, random_problems
from tests.helpers.changed_documents import written_out
from tests.helpers.marks import first
from tests.helpers.recording_monitor import Ear

Document = dict[str, Any]
MANY, SOME, FEW = 500, 30, 6
ENOUGH = 0.2  # a relation is tested when this share of the instances has what it is about
SERIES = ("daily", "steps")
INSTANCES = Path(__file__).resolve().parents[2] / "instances"


@dataclasses.dataclass(frozen=True)
class Optimum:
    """What is proven: the least cost in money (None where no plan exists), and a plan of that cost."""

    cost: Fraction | None
    made: CompiledInstance
    runs: tuple[TaskRun, ...]

    @property
    def rank(self) -> Fraction | float:
        """For comparing: no plan costs more than any."""
        return float("inf") if self.cost is None else self.cost


def solved(made: CompiledInstance) -> Optimum:
    """The optimum, proven."""
    if made.impossible:
        return Optimum(None, made, ())
    found = cpsat.solve(made.problem, None, Limits(60), Ear())
    if found.status is Status.INFEASIBLE:
        return Optimum(None, made, ())
    assert found.status is Status.OPTIMAL
    assert found.schedule is not None
    assert found.bound is not None
    assert not made.loss
    return Optimum(found.bound * made.unit, made, tuple(decode(made, found.schedule)[0]))


def least(document: Document) -> Optimum:
    """The optimum of a document."""
    return solved(compile_instance(validate(document)))


@lru_cache(64)
def drawn(seed: int) -> Document:
    """A random instance, every other one a wild one; never changed in place."""
    if seed % 2 == 0:
        return random_instances.everything(seed)
    for again in range(seed, 10**6, 1000):
        document = random_instances.wild(again)
        with suppress(InstanceError):
            compile_instance(validate(document))
            return document
    raise AssertionError(seed)


# --- ways to change a document --------------------------------------------------------------------------


def series(value: Any, change: Callable[[Any], Any]) -> Any:
    """A number, or every number of a series, changed."""
    if isinstance(value, dict):
        kind = next(key for key in SERIES if key in value)
        return {kind: {at: change(each) for at, each in value[kind].items()}}
    return value if value == "unlimited" else change(value)


def kinds(pool: Document) -> list[Document]:
    """The kinds of nodes of a pool."""
    nodes = pool.get("nodes") or []
    return [nodes] if isinstance(nodes, dict) else nodes


def money(document: Document, change: Callable[[Any], Any]) -> None:
    """Every amount of money in a document, changed in place."""
    for pool in document["pools"]:
        pool["price"] = {name: series(value, change) for name, value in pool.get("price", {}).items()}
        for kind in kinds(pool):
            for key in ("price", "startup", "shutdown"):
                if key in kind:
                    kind[key] = series(kind[key], change)
            if isinstance(kind.get("commit"), dict):
                kind["commit"] |= {
                    key: change(kind["commit"][key]) for key in ("price", "total") if key in kind["commit"]
                }
            elif "commit" in kind:
                kind["commit"] = change(kind["commit"])
    for task in document["tasks"]:
        for holder in (task, task.get("work") or {}, *task.get("options", ())):
            for key in ("value", "late_cost", "late_penalty", "cost"):
                if key in holder:
                    holder[key] = change(holder[key])
    for quota in document.get("quotas", ()):
        if quota["of"] == "money":
            quota["limit"] = change(quota["limit"])


def without_losses(document: Document) -> None:
    """Nothing costs less than nothing."""
    money(document, abs)


def without(document: Document, *names: str) -> None:
    """Features taken away in place."""
    for name in names:
        document.pop(name, None)
        for holder in (
            *document["pools"],
            *document["tasks"],
            *(kind for pool in document["pools"] for kind in kinds(pool)),
        ):
            if name in ("commit", "price") and "size" in holder and not {"commit", "price"} <= holder.keys():
                continue  # one of them has to stay
            holder.pop(name, None)


def texts(value: Any, change: Callable[[str], str]) -> Any:
    """Every text, keys as well, changed."""
    if isinstance(value, dict):
        return {change(key) if isinstance(key, str) else key: texts(child, change) for key, child in value.items()}
    if isinstance(value, list):
        return [texts(child, change) for child in value]
    return change(value) if isinstance(value, str) else value


def instants(document: Document, change: Callable[[datetime], str]) -> Document:
    """Every instant changed."""

    def one(text: str) -> str:
        if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\dZ", text):
            return text
        return change(datetime.fromisoformat(text.replace("Z", "+00:00")))

    made: Document = texts(document, one)
    return made


def seconds(text: str) -> int:
    """Of a duration that is written in one unit."""
    return int(text[:-1]) * {"s": 1, "m": 60, "h": 3600, "d": 86400}[text[-1]]


def claimed(document: Document, word: str, other: Optimum) -> Iterator[Claim]:
    """The claim about a changed document; none where it is refused, say for a quota of what nothing uses any more."""
    with suppress(InstanceError):
        yield least(document), word, other


def weight(document: Document) -> Fraction:
    """What money counts for in the objective."""
    return Fraction(document.get("objective", {}).get("cost", 1))


# --- relations ------------------------------------------------------------------------------------------
# Each takes a document that it may change and dice, and yields (one optimum, word, the other) or nothing.

Claim = tuple[Optimum | Fraction | float, str, Optimum | Fraction | float]
Relation = Callable[[Document, random.Random], Iterator[Claim]]
RELATIONS: list[Relation] = []


def relation(given: Relation) -> Relation:
    RELATIONS.append(given)
    return given


@relation
def prices_scaled(document: Document, dice: random.Random) -> Iterator[Claim]:
    """All money times k: the optimum times k."""
    factor, before = dice.choice([2, 3, Decimal("0.5"), 10]), least(document)
    money(document, lambda value: value * factor)
    if "objective" in document and "carbon_kg" in document["objective"]:
        document["objective"]["carbon_kg"] *= factor
    yield least(document), "==", before.rank * Fraction(factor)


@relation
def objective_scaled(document: Document, dice: random.Random) -> Iterator[Claim]:
    """All weights times k: the optimum times k."""
    before, factor = least(document), dice.choice([2, 7])
    weights = document.get("objective", {})
    document["objective"] = {"cost": weights.get("cost", 1) * factor, "carbon_kg": weights.get("carbon_kg", 0) * factor}
    yield least(document), "==", before.rank * factor


@relation
def more_capacity(document: Document, dice: random.Random) -> Iterator[Claim]:
    """More of a resource, or of nodes, never costs more."""
    before, pool = least(document), dice.choice(document["pools"])
    for name, value in pool["capacity"].items():
        pool["capacity"][name] = series(value, lambda number: number + 1)
    for kind in kinds(pool):
        kind["count"] = series(kind["count"], lambda number: number + 1)
    yield least(document), "<=", before


@relation
def later_deadlines(document: Document, dice: random.Random) -> Iterator[Claim]:
    """Later deadlines and earlier releases never cost more."""
    before, step = least(document), timedelta(seconds=seconds(document["time"]["slot"]))
    for task in document["tasks"]:
        for key, sign in (("deadline", 1), ("release", -1)):
            if key in task and dice.random() < 0.7:
                moment = datetime.fromisoformat(task[key].replace("Z", "+00:00")) + sign * step
                task[key] = max(moment, random_instances.START).strftime("%Y-%m-%dT%H:%MZ")
    yield least(document), "<=", before


@relation
def longer_horizon(document: Document, dice: random.Random) -> Iterator[Claim]:
    """More time never costs more, where nothing is bought for the whole of it."""
    without(document, "commit", "minimum", "boot", "interruptions", "on_time")
    if any("commit" in kind for pool in document["pools"] for kind in kinds(pool)):
        return
    before = least(document)
    document["time"]["horizon"] = (
        f"{(seconds(document['time']['horizon']) + 2 * seconds(document['time']['slot'])) // 60}m"
    )
    yield least(document), "<=", before


@relation
def later_end_of_the_horizon(document: Document, dice: random.Random) -> Iterator[Claim]:
    """Where all must end by the old end, and nothing costs less than nothing, a later one changes nothing.

    Apart from commitments, which are bought for the whole of the horizon, and from minimum times on, which the end
    cuts.
    """
    without_losses(document)
    without(document, "commit", "minimum")
    if any("commit" in kind for pool in document["pools"] for kind in kinds(pool)):
        return
    start, length = (
        datetime.fromisoformat(document["time"]["start"].replace("Z", "+00:00")),
        document["time"]["horizon"],
    )
    end = (start + timedelta(seconds=seconds(length))).strftime("%Y-%m-%dT%H:%MZ")
    for task in document["tasks"]:
        task["deadline"] = min(task.get("deadline", end), end)
    before = least(document)
    for more in (1, 60):
        later = seconds(length) + more * seconds(document["time"]["slot"])
        document["time"]["horizon"] = f"{later // 60}m"
        yield from claimed(document, "==", before)  # a day of a quota may begin within a slot


@relation
def another_option(document: Document, dice: random.Random) -> Iterator[Claim]:
    """Another option never costs more."""
    before, task = least(document), dice.choice(document["tasks"])
    pool = dice.choice(document["pools"])
    new = {"pool": pool["id"], "uses": {"gpu": 1}, "duration": document["time"]["slot"], "cost": dice.randint(0, 3)}
    if "gpu" not in pool["capacity"] and not any("gpu" in kind["size"] for kind in kinds(pool)):
        return
    task.setdefault("options", []).append(new)
    yield least(document), "<=", before


@relation
def another_pool(document: Document, dice: random.Random) -> Iterator[Claim]:
    """Another pool, and options on it, never cost more; alone it changes nothing."""
    before = least(document)
    pool: Document = {"id": "new", "capacity": {"gpu": dice.randint(1, 3)}, "price": {"gpu": dice.randint(0, 4)}}
    shared = any(q["of"] == "money" and {"tasks", "teams"} & q.keys() for q in document.get("quotas", ()))
    if dice.random() < 0.3 and not shared:  # such a budget cannot have a part in nodes that all tasks share
        pool = {
            "id": "new",
            "capacity": {},
            "nodes": {"size": {"gpu": 2}, "count": 2, "price": 2, "commit": 1, "power": 1},
        }
    document["pools"].insert(dice.randint(0, len(document["pools"])), pool)
    yield least(document), "==", before
    for task in document["tasks"]:
        if dice.random() < 0.7:
            task.setdefault("options", []).append(
                {"pool": "new", "uses": {"gpu": 1}, "duration": document["time"]["slot"]}
            )
    yield least(document), "<=", before


@relation
def an_option_removed(document: Document, dice: random.Random) -> Iterator[Claim]:
    """One option less, or one variant, never costs less."""
    before = least(document)
    several = [task for task in document["tasks"] if len(task.get("options", ())) > 1]
    varied = [task for task in document["tasks"] if len((task.get("work") or {}).get("variants", ())) > 1]
    if several:
        options = dice.choice(several)["options"]
        options.pop(dice.randrange(len(options)))
    elif varied:
        variants = dice.choice(varied)["work"]["variants"]
        variants.pop(dice.choice(sorted(variants)))
    else:
        return
    yield from claimed(document, ">=", before)


@relation
def a_pool_removed(document: Document, dice: random.Random) -> Iterator[Claim]:
    """One pool less, and what ran there, never costs less; what could run nowhere else cannot run or is left out."""
    for each in document["pools"]:
        for kind in kinds(each):
            kind.pop("running", None)  # what is on before the horizon costs even where it is not used
    before, pool = least(document), dice.choice(document["pools"])["id"]
    document["pools"] = [other for other in document["pools"] if other["id"] != pool]
    for task in document["tasks"]:
        kept = []
        for option in task.get("options", ()):
            if pool in option.get("pools", ()):
                option["pools"].remove(pool)
            if option.get("pool") != pool and option.get("pools") != []:
                kept.append(option)
        if "options" in task:
            task["options"] = kept
        for work in (task.get("work") or {}, *document.get("profiles", {}).values()):
            work.get("speed", {}).pop(pool, None)
    for quota in list(document.get("quotas", ())):
        if pool in quota.get("pools", ()):
            quota["pools"].remove(pool)
            if not quota["pools"]:
                document["quotas"].remove(quota)
    if not document["pools"] or any(not task.get("options") and not task.get("work") for task in document["tasks"]):
        return
    yield from claimed(document, ">=", before)


@relation
def less_capacity(document: Document, dice: random.Random) -> Iterator[Claim]:
    """A unit of a resource less, down to none, never costs less."""
    before = least(document)
    for pool in document["pools"]:
        for name, value in pool["capacity"].items():
            if dice.random() < 0.5:
                pool["capacity"][name] = series(value, lambda number: max(0, number - dice.choice([1, 1, 9])))
    yield least(document), ">=", before


@relation
def a_node_removed(document: Document, dice: random.Random) -> Iterator[Claim]:
    """A node less of each kind, down to none, or all nodes of a kind, never costs less."""
    rented = [kind for pool in document["pools"] for kind in kinds(pool)]
    for kind in rented:
        kind.pop("running", None)  # no more are on before the horizon than there are
    before = least(document)
    if not rented:
        return
    for kind in rented:
        kind.pop("reserved", None)
    most = least(document)  # a reserved node is there, paid or not
    yield most, ">=", before
    for kind in rented:
        kind["count"] = series(kind["count"], lambda number: max(0, number - 1))
    fewer = least(document)
    yield fewer, ">=", most
    dice.choice(rented)["count"] = 0
    yield least(document), ">=", fewer


@relation
def another_task(document: Document, dice: random.Random) -> Iterator[Claim]:
    """Another task that must run never costs less, where nothing costs less than nothing."""
    without_losses(document)
    before, task = least(document), copy.deepcopy(dice.choice(document["tasks"]))
    task["id"] = "new"
    for key in ("after", "optional"):
        task.pop(key, None)
    document["tasks"].insert(dice.randint(0, len(document["tasks"])), task)
    yield least(document), ">=", before


@relation
def a_task_left_out(document: Document, dice: random.Random) -> Iterator[Claim]:
    """A task that may be left out costs at most its value more, and with nothing to gain it is worth nothing less."""
    before = least(document)
    new = {"id": "new", "optional": True, "value": dice.randint(0, 6), "copies": dice.randint(1, 2)}
    pool = next((pool["id"] for pool in document["pools"] if "gpu" in pool["capacity"]), None)
    if pool is None:
        return
    new["options"] = [
        {"pool": pool, "uses": {"gpu": 1}, "duration": document["time"]["slot"], "cost": dice.randint(0, 3)}
    ]
    document["tasks"].append(new)
    yield least(document), "<=", before.rank + weight(document) * new["value"] * new["copies"]


@relation
def more_demand(document: Document, dice: random.Random) -> Iterator[Claim]:
    """Larger and longer options never cost less, where nothing costs less than nothing."""
    without_losses(document)
    without(document, "interruptions", "on_time")
    before = least(document)
    for task in document["tasks"]:
        for option in task.get("options", ()):
            if dice.random() < 0.5:
                option["duration"] = f"{seconds(option['duration']) // 60 + 20}m"
            if dice.random() < 0.5 and not option.get("nodes"):
                option["uses"] = {name: count * 2 for name, count in option["uses"].items()}
    yield least(document), ">=", before


@relation
def must_run(document: Document, dice: random.Random) -> Iterator[Claim]:
    """A task that may be left out, and then may not, never costs less."""
    before = least(document)
    for task in document["tasks"]:
        if task.get("optional") and dice.random() < 0.7:
            del task["optional"]
    yield least(document), ">=", before


@relation
def rules_dropped(document: Document, dice: random.Random) -> Iterator[Claim]:
    """Without quotas, sets, needs, or what a task waits for, nothing costs more."""
    before = least(document)
    for key in ("quotas", "together", "apart"):
        if dice.random() < 0.5:
            document.pop(key, None)
    for task in document["tasks"]:
        for key in ("after", "needs", "confidential"):
            if dice.random() < 0.5:
                task.pop(key, None)
    yield least(document), "<=", before


@relation
def order_changed(document: Document, dice: random.Random) -> Iterator[Claim]:
    """The order of tasks, pools, options, quotas, sets and keys changes nothing."""
    before = least(document)
    for items in (document["pools"], document["tasks"], document.get("quotas", [])):
        dice.shuffle(items)
    for task in document["tasks"]:
        dice.shuffle(task.get("options", []))
    for name in ("together", "apart"):
        for ids in document.get(name, ()):
            dice.shuffle(ids)

    def turned(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: turned(value[key]) for key in reversed(value)}
        return [turned(each) for each in value] if isinstance(value, list) else value

    yield least(turned(document)), "==", before


@relation
def renamed(document: Document, dice: random.Random) -> Iterator[Claim]:
    """What tasks, pools, quotas, teams and labels are called changes nothing."""
    before, names = least(document), {f"pool {at}": f"Ω {9 - at}" for at in range(3)}
    names |= {f"task-{at}": dice.choice(["zz", "a", "ü"]) + str(at) for at in range(9)}
    names |= {"quota 0": "q", "quota 1": "b", "red": "vert", "blue": "azur", "eu": "us", "private": "own"}
    yield least(texts(document, lambda text: names.get(text, text))), "==", before


@relation
def everything_renamed(document: Document, dice: random.Random) -> Iterator[Claim]:
    """Other names for resources, kinds, options, variants, profiles and labels as well change nothing."""
    works = [task["work"] for task in document["tasks"] if "work" in task]
    for holder in (*(work for work in works if "profile" not in work), *document.get("profiles", {}).values()):
        holder.setdefault("device", "gpu")
    before = least(document)
    names = {
        "gpu": "tpu",
        "nic": "a",
        "licence": "seat",
        "full": "z",
        "int8": "a",
        "red": "blue",
        "blue": "red",
        "eu": "private",
    }
    names |= {f"way {at}": f"other {9 - at}" for at in range(9)} | {"private": "eu"}
    names |= {f"profile of task-{at}": f"{9 - at}" for at in range(9)}
    for pool in document["pools"]:
        for number, kind in enumerate(kinds(pool)):
            kind["id"] = f"{pool['id']} {9 - number}"
    yield least(texts(document, lambda text: names.get(text, text))), "==", before


@relation
def equal_names(document: Document, dice: random.Random) -> Iterator[Claim]:
    """What is unique only within its pool or task may be called alike in all of them, and like anything else."""
    before = least(document)
    for pool in document["pools"]:
        for number, kind in enumerate(kinds(pool)):
            kind["id"] = ("gpu", document["tasks"][0]["id"])[number]
    for task in document["tasks"]:
        for number, option in enumerate(task.get("options", ())):
            option["id"] = (document["pools"][0]["id"], "gpu", "memory", "red")[number % 4] + "'" * (number // 4)
    names = {f"pool {at}": f"task-{at}" for at in range(3)} | {"red": "pool 0", "eu": "gpu", "quota 0": "gpu"}
    yield least(texts(document, lambda text: names.get(text, text))), "==", before


@relation
def resources_apart(document: Document, dice: random.Random) -> Iterator[Claim]:
    """Every pool may call its resources by names of its own, where no quota and no work speaks of them."""
    if any("work" in task or any("pools" in way for way in task["options"]) for task in document["tasks"]):
        return
    document["quotas"] = [q for q in document.get("quotas", ()) if q["of"] in ("money", "energy", "carbon", "licence")]
    before = least(document)

    def own(held: Document, pool: Any) -> Document:
        return {name if name in ("power", "energy") else f"{name} of {pool}": value for name, value in held.items()}

    for pool in document["pools"]:
        for key in ("capacity", "price", "power"):
            if key in pool:
                pool[key] = own(pool[key], pool["id"])
        for kind in kinds(pool):
            kind["size"] = own(kind["size"], pool["id"])
        for window in pool.get("maintenance", ()):
            if "capacity" in window:
                window["capacity"] = own(window["capacity"], pool["id"])
    for task in document["tasks"]:
        for option in task["options"]:
            option["uses"] = own(option["uses"], option["pool"])
    yield from claimed(document, "==", before)


@relation
def weeks_later(document: Document, dice: random.Random) -> Iterator[Claim]:
    """All of it a week later, no clock changing in either, changes nothing."""
    first, second = (
        (lambda moment, n=weeks: (moment + timedelta(weeks=n)).strftime("%Y-%m-%dT%H:%MZ")) for weeks in (2, 3)
    )
    yield least(instants(document, first)), "==", least(instants(document, second))


@relation
def equal_zones(document: Document, dice: random.Random) -> Iterator[Claim]:
    """Time zones whose clocks agree change nothing, whatever their names."""
    for names in (["Europe/Berlin", "Europe/Paris", "CET"], ["Africa/Lagos", "Etc/GMT-1"], ["UTC", "Africa/Abidjan"]):
        found = []
        for name in names:
            document["time"]["zone"] = name
            found.append(least(document))
        for other in found[1:]:
            yield other, "==", found[0]


@relation
def another_day(document: Document, dice: random.Random) -> Iterator[Claim]:
    """All of it some days later, in a zone whose days are alike: nothing changes."""
    document["time"]["zone"] = "UTC"
    before, days = least(document), timedelta(days=dice.randint(1, 400))
    yield least(instants(document, lambda moment: (moment + days).strftime("%Y-%m-%dT%H:%MZ"))), "==", before


@relation
def copies_split(document: Document, dice: random.Random) -> Iterator[Claim]:
    """A task of n copies is a task of one and another of the rest."""
    many = [task for task in document["tasks"] if task.get("copies", 1) > 1]
    if not many:
        return
    before, task = least(document), many[0]
    other = {**copy.deepcopy(task), "id": "new", "copies": task["copies"] - 1}
    document["tasks"].append(other)
    del task["copies"]
    for each in document["tasks"]:
        for after in list(each.get("after", ())):
            if task["id"] in (after, after["task"] if isinstance(after, dict) else None):
                each["after"].append({**after, "task": "new"} if isinstance(after, dict) else "new")
    for ids in (
        *document.get("together", ()),
        *document.get("apart", ()),
        *(q["tasks"] for q in document.get("quotas", ()) if "tasks" in q),
    ):
        if task["id"] in ids:
            ids.append("new")
    yield least(document), "==", before


@relation
def a_fixed_cost_more(document: Document, dice: random.Random) -> Iterator[Claim]:
    """A constant on every option of a task, and on its value where it may be left out, adds exactly itself."""
    document["quotas"] = [quota for quota in document.get("quotas", ()) if quota["of"] != "money"]
    before, more = least(document), Decimal(dice.randint(-8, 30)) / 4
    task = dice.choice(document["tasks"])
    waited = {
        name if isinstance(name, str) else name["task"] for each in document["tasks"] for name in each.get("after", ())
    }
    for holder in (*task.get("options", ()), *([task["work"]] if "work" in task else ())):
        holder["cost"] = holder.get("cost", 0) + more
    if task.get("optional"):
        task["value"] = task.get("value", 0) + more
    if min((holder["cost"] for holder in (*task.get("options", ()), task.get("work") or {"cost": 0})), default=0) < -50:
        return
    assert task["id"] in waited or True
    yield least(document), "==", before.rank + weight(document) * Fraction(more) * task.get("copies", 1)


@relation
def a_quota_at_what_is_used(document: Document, dice: random.Random) -> Iterator[Claim]:
    """A limit at what an optimal plan uses changes nothing; below it, nothing gets cheaper."""
    before = least(document)
    if before.cost is None or seconds(document["time"]["slot"]) % 60:
        return
    used = sum(
        run.copies
        * Fraction(run.way.uses.get("gpu", 0))
        * (run.end - run.start)
        * seconds(document["time"]["slot"])
        / 3600
        for run in before.runs
    )
    if (used * 10**6).denominator != 1:
        return
    quota = {"id": "new", "of": "gpu", "limit": Decimal(used.numerator) / used.denominator}
    document.setdefault("quotas", []).append(quota)
    yield least(document), "==", before
    quota["limit"] = quota["limit"] / 2
    yield least(document), ">=", before


@relation
def starts_within_windows(document: Document, dice: random.Random) -> Iterator[Claim]:
    """Windows around the starts of an optimal plan change nothing; one that leaves none never makes it cheaper."""
    before = least(document)
    if before.cost is None:
        return
    begun, slot = instant(document["time"]["start"]), seconds(document["time"]["slot"])
    for task in document["tasks"]:
        runs = [run for run in before.runs if document["tasks"][run.task] is task]
        for option in task.get("options", ()):
            starts = [begun + timedelta(seconds=run.start * slot) for run in runs] or [begun]
            option["not_before"], option["not_after"] = instant_text(min(starts)), instant_text(max(starts))
    yield from claimed(document, "==", before)
    for option in document["tasks"][0].get("options", ()):
        option.pop("not_before", None)
        option["not_after"] = instant_text(begun - timedelta(days=1))
    yield from claimed(document, ">=", before)


@relation
def finer_slots(document: Document, dice: random.Random) -> Iterator[Claim]:
    """Slots of half the length never cost more, where nothing costs less than nothing."""
    without_losses(document)
    without(document, "interruptions", "on_time")
    before = least(document)
    document["time"]["slot"] = f"{seconds(document['time']['slot']) // 2}s"
    yield least(document), "<=", before


@relation
def pools_merged(document: Document, dice: random.Random) -> Iterator[Claim]:
    """One pool of twice the size costs no more than two of the same."""
    without(document, "apart", "quotas", "maintenance")
    pool = document["pools"][0]
    for task in document["tasks"]:
        task.pop("work", None)
        task.setdefault("options", [{"pool": pool["id"], "uses": {}, "duration": document["time"]["slot"], "cost": 1}])
    twice = copy.deepcopy(document)
    twin = {**copy.deepcopy(pool), "id": "twin"}
    document["pools"].append(twin)
    for task in document["tasks"]:
        for option in list(task["options"]):
            if pool["id"] in (option.get("pool"), *option.get("pools", ())):
                new = {key: value for key, value in option.items() if key not in ("id", "pools")} | {"pool": "twin"}
                task["options"].append(new)
    large = twice["pools"][0]
    large["capacity"] = {name: series(value, lambda n: 2 * n) for name, value in large["capacity"].items()}
    for kind in kinds(large):
        kind["count"] = series(kind["count"], lambda n: 2 * n)
        kind["reserved"] = 2 * kind.get("reserved", 0)
        if isinstance(kind.get("commit"), dict) and "max" in kind["commit"]:
            kind["commit"]["max"] *= 2
    yield least(twice), "<=", least(document)


@relation
def the_optimal_choice_fixed(document: Document, dice: random.Random) -> Iterator[Claim]:
    """With the option and the release of one task as in an optimal plan, the optimum stays."""
    before = least(document)
    fit = [
        run
        for run in before.runs
        if before.made.instance.tasks[run.task].copies == 1
        and "work" not in document["tasks"][run.task]
        and not any("pools" in option for option in document["tasks"][run.task]["options"])
    ]
    if not fit:
        return
    run = dice.choice(fit)
    task, instance = document["tasks"][run.task], before.made.instance
    all_ways = list(concrete_options(instance, instance.tasks[run.task]))
    names = [way.id for way in all_ways]
    if len(names) != len(task["options"]) or run.way.id not in names:
        return
    task["options"] = [task["options"][names.index(run.way.id)]]
    moment = random_instances.START + timedelta(seconds=run.start * seconds(document["time"]["slot"]))
    task["release"] = moment.strftime("%Y-%m-%dT%H:%MZ")
    task.pop("optional", None)
    consumed = {
        name for each in document["tasks"] for way in each.get("options", ()) for name in way.get("consumes", ())
    }
    if "licence" not in consumed:  # a quota of what nothing uses limits nothing, and is refused
        document["quotas"] = [quota for quota in document.get("quotas", ()) if quota["of"] != "licence"]
    yield least(document), "==", before


@relation
def other_units_of_time(document: Document, dice: random.Random) -> Iterator[Claim]:
    """Minutes as seconds or hours and minutes, instants in other zones: nothing changes."""
    before = least(document)

    def one(text: str) -> str:
        if re.fullmatch(r"\d+[mh]", text):
            total = seconds(text)
            hours, rest = divmod(total, 3600)
            return dice.choice([f"{total}s", f"{hours}h{rest // 60}m" if hours and rest else text])
        return text

    offset = dice.choice([0, 2, -7])
    local = instants(
        texts(document, one),
        lambda moment: (moment + timedelta(hours=offset)).strftime("%Y-%m-%dT%H:%M") + f"{offset:+03}:00",
    )
    yield least(local), "==", before


@relation
def other_notations(document: Document, dice: random.Random) -> Iterator[Claim]:
    """YAML, JSON and TOML say the same."""
    before = least(document)
    with TemporaryDirectory() as folder:
        for kind in ("yaml", "json", "toml"):
            file = Path(folder) / f"instance.{kind}"
            file.write_text(dumped(validate(document).document(), kind))
            yield solved(compile_instance(load(file))), "==", before


@relation
def two_at_once(document: Document, dice: random.Random) -> Iterator[Claim]:
    """Two instances that share nothing add up."""
    two = copy.deepcopy(drawn(dice.randrange(3000)))
    for each in (document, two):
        without(each, "quotas", "objective")
    two["time"] = dict(document["time"])
    names = {f"{what} {at}": f"{what} {at} of the other" for what in ("pool", "way") for at in range(9)}
    names |= {f"task-{at}": f"other-{at}" for at in range(9)}
    names |= {f"profile of task-{at}": f"profile of other-{at}" for at in range(9)}
    two = texts(two, lambda text: names.get(text, text))
    try:
        one, other = least(document), least(two)
    except InstanceError:
        return
    joined = document | {"pools": document["pools"] + two["pools"], "tasks": document["tasks"] + two["tasks"]}
    for key in ("together", "apart"):
        joined[key] = document.get(key, []) + two.get(key, [])
    joined["profiles"] = document.get("profiles", {}) | two.get("profiles", {})
    yield least(joined), "==", one.rank + other.rank


@relation
def value_counts_once(document: Document, dice: random.Random) -> Iterator[Claim]:
    """What leaving out costs, raised, never costs less, and at most the raise for every copy more."""
    before, more = least(document), dice.randint(1, 9)
    optional = [task for task in document["tasks"] if task.get("optional")]
    for task in optional:
        task["value"] = task.get("value", 0) + more
    after = least(document)
    yield after, ">=", before
    yield after, "<=", before.rank + weight(document) * more * sum(task.get("copies", 1) for task in optional)


@relation
def copies_written_out(document: Document, dice: random.Random) -> Iterator[Claim]:
    """Copies are as many equal tasks."""
    before = least(document)
    if not any(task.get("copies", 1) > 1 for task in document["tasks"]):
        return
    yield least(written_out(document)), "==", before


# --- in time, on the arrays -----------------------------------------------------------------------------


def reversed_in_time(problem: Problem) -> Problem:
    """The same with time running backwards; for problems in which nothing tells its direction."""
    slots, nodes = problem.slots, problem.nodes
    end = problem.duration
    costs = nodes.costs
    turned = dataclasses.replace(
        nodes,
        count=nodes.count[:, ::-1].copy(),
        costs=dataclasses.replace(
            costs,
            on_demand=costs.on_demand[:, ::-1].copy(),
            on=costs.on[:, ::-1].copy(),
            start=costs.stop[:, ::-1].copy(),
            stop=costs.start[:, ::-1].copy(),
        ),
    )
    quotas = tuple(
        dataclasses.replace(
            quota, rate=quota.rate[:, ::-1].copy(), first=slots - 1 - quota.last, last=slots - 1 - quota.first,
            nodes=None if quota.nodes is None else dataclasses.replace(
                quota.nodes,
                on_demand=quota.nodes.on_demand[:, ::-1].copy(), on=quota.nodes.on[:, ::-1].copy(),
                start=quota.nodes.stop[:, ::-1].copy(), stop=quota.nodes.start[:, ::-1].copy(),
            ),
        )
        for quota in problem.quotas
    )  # fmt: skip
    return dataclasses.replace(
        problem,
        capacity=problem.capacity[:, ::-1].copy(),
        price=problem.price[:, ::-1].copy(),
        first=slots - problem.last - end,
        last=slots - problem.first - end,
        before=problem.after,
        after=problem.before,
        nodes=turned,
        quotas=quotas,
    )


def symmetric(seed: int) -> Problem:
    """A random problem in which nothing tells the direction of time."""
    problem = random_problems.rich(seed)
    none = np.zeros_like(problem.late_slope)
    nodes = dataclasses.replace(
        problem.nodes, boot=np.zeros_like(problem.nodes.boot), minimum=np.zeros_like(problem.nodes.minimum)
    )
    quotas = tuple(dataclasses.replace(quota, once=np.zeros_like(quota.once)) for quota in problem.quotas)
    optional = problem.optional & ~np.isin(np.arange(problem.groups), [*problem.before, *problem.after])
    return dataclasses.replace(
        problem, late_slope=none, late_base=none, late_once=none, nodes=nodes, quotas=quotas,
        optional=optional, value=np.where(optional, problem.value, 0),
    )  # fmt: skip


def turned(seed: int) -> None:
    """Backwards in time the optimum is the same."""
    problem = symmetric(seed)
    there, back = (cpsat.solve(each, None, Limits(60), Ear()) for each in (problem, reversed_in_time(problem)))
    assert (there.status, there.bound) == (back.status, back.bound), seed


# --- the tests ------------------------------------------------------------------------------------------


def held(relation: Relation, seed: int) -> int:
    """How many claims of a relation held for an instance."""
    return kept(relation, copy.deepcopy(drawn(seed)), random.Random(f"{relation.__name__} {seed}"), seed)


def kept(relation: Relation, document: Document, dice: random.Random, named: object) -> int:
    """How many claims of a relation held for a document, which may be changed."""
    count = 0
    for one, word, other in relation(document, dice):
        left, right = (each.rank if isinstance(each, Optimum) else each for each in (one, other))
        true = {"==": left == right, "<=": left <= right, ">=": left >= right}[word]
        assert true, f"{relation.__name__} of {named}: {left} {word} {right} does not hold"
        count += 1
    return count


@pytest.mark.parametrize("relation", RELATIONS, ids=lambda relation: relation.__name__)
def test_relation(relation: Relation) -> None:
    """Six random instances."""
    for seed in range(FEW):
        held(relation, seed)


GENERAL: list[Relation] = [
    an_option_removed, a_pool_removed, less_capacity, a_node_removed, everything_renamed, equal_names, order_changed,
    equal_zones, copies_written_out,
]  # fmt: skip
QUICK = ("article", "article-pruned", "autonomous-driving", "cloud-service", "video-monitoring")


@pytest.mark.parametrize("name", first(1, QUICK, ci=3))
def test_relations_on_instances_of_the_folder(name: str) -> None:
    """What is true of random instances is true of those that come with the program."""
    for relation in GENERAL:
        document = read_document(INSTANCES / f"{name}.yaml")
        kept(relation, document, random.Random(f"{relation.__name__} {name}"), name)


def test_time_turned_round() -> None:
    """Where nothing tells the direction of time, it may run backwards."""
    for seed in range(FEW):
        turned(seed)


@pytest.mark.ci
@pytest.mark.long
@pytest.mark.parametrize("relation", RELATIONS, ids=lambda relation: relation.__name__)
def test_relation_on_some(relation: Relation) -> None:
    """Thirty random instances, of which enough have what the relation is about."""
    assert sum(held(relation, seed) for seed in range(SOME)) >= ENOUGH * SOME


@pytest.mark.long
@pytest.mark.parametrize("block", range(10))
@pytest.mark.parametrize("relation", RELATIONS, ids=lambda relation: relation.__name__)
def test_relation_on_many(relation: Relation, block: int) -> None:
    """Five hundred random instances, in blocks of fifty."""
    size = MANY // 10
    assert sum(held(relation, seed) for seed in range(SOME + block * size, SOME + (block + 1) * size)) >= ENOUGH * size


@pytest.mark.long
def test_time_turned_round_on_many() -> None:
    """Five hundred times."""
    for seed in range(SOME, SOME + MANY):
        turned(seed)
