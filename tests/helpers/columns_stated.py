"""Small instances in columns with all their numbers known, and what follows from these by plain loops."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass, field
from fractions import Fraction
from math import gcd, lcm
from pathlib import Path
from typing import Any

import numpy as np

from leptonopt.compile.columnar import CompiledColumnar, compile_columnar
from leptonopt.io.columnar import load
from leptonopt.problem.problem import UNLIMITED
from tests.helpers.columnar_files import saved

SLOTS, HOURS = 6, Fraction(1, 2)
NAMES = ("gpu", "cpu", "ram")
Arrays = dict[str, Any]


@dataclass
class Stated:
    """Numbers of an instance, by task and by option; capacity (None: unlimited) and price by pool, name and slot."""

    capacity: list[dict[str, list[int | None]]]
    price: list[dict[str, list[Fraction]]]
    task: dict[str, list[int]]
    option: dict[str, list[int]]
    owner: list[int]
    uses: list[list[int]]
    left_out: tuple[str, ...] = ()  # columns that are not written
    types: dict[str, Any] = field(default_factory=dict)

    def head(self) -> dict[str, Any]:
        """The document without tasks."""
        moments = [f"2026-03-28T{at // 2:02}:{at % 2 * 30:02}Z" for at in range(SLOTS)]
        pools = []
        for at, (capacity, price) in enumerate(zip(self.capacity, self.price, strict=True)):
            offered = {
                name: "unlimited" if line[0] is None else {"steps": dict(zip(moments, line, strict=True))}
                for name, line in capacity.items()
            }
            paid = {name: {"steps": dict(zip(moments, map(float, line), strict=True))} for name, line in price.items()}
            pools.append({"id": f"pool-{at}", "capacity": offered, "price": paid})
        time = {"start": "2026-03-28T00:00Z", "slot": "30m", "horizon": f"{SLOTS // 2}h"}
        return {"columns": 1, "time": time, "resources": list(NAMES), "pools": pools}

    def arrays(self) -> Arrays:
        """As columns."""
        tasks = len(self.task["release"])
        ptr = [sum(each < task for each in self.owner) for task in range(tasks + 1)]
        found = {f"task_{name}": column for name, column in self.task.items()}
        found |= {f"option_{name}": column for name, column in self.option.items()}
        found |= {"option_ptr": ptr, "option_uses": self.uses}
        made = {
            name: np.array(column, self.types.get(name, np.int64))
            for name, column in found.items()
            if name not in self.left_out
        }
        made["option_uses"] = made["option_uses"].reshape(-1, len(NAMES))
        return made | {"head": np.frombuffer(json.dumps(self.head()).encode(), np.uint8)}


def stated(seed: int, dear: int = 1) -> Stated:
    """Five tasks on three pools with unlike resources in unlike order; amounts `dear` times as large as usual."""
    dice = random.Random(seed)
    capacity: list[dict[str, list[int | None]]] = []
    price: list[dict[str, list[Fraction]]] = []
    for _ in range(3):
        own = dice.sample(NAMES, dice.randint(1, 3))
        capacity.append(
            {
                name: [None] * SLOTS if dice.random() < 0.2 else [dice.randint(0, 4) for _ in range(SLOTS)]
                for name in own
            }
        )
        step = Fraction(1, dice.choice([1, 2, 4, 8]))
        price.append({name: [dice.randint(-2, 9) * step for _ in range(SLOTS)] for name in own if dice.random() < 0.8})
    tasks = 5
    owner = sorted(dice.randrange(tasks) for _ in range(12))
    release = [dice.randint(0, SLOTS - 2) for _ in range(tasks)]
    task = {
        "release": release,
        "deadline": [dice.randint(first + 1, SLOTS) for first in release],
        "copies": [dice.choice([1, 1, 3]) for _ in range(tasks)],
        "value": [dice.choice([-1, 0, min(10**13, dear * dice.randint(1, 50) * 5)]) for _ in range(tasks)],
        "due": [dice.choice([-1, 0, dice.randint(1, SLOTS)]) for _ in range(tasks)],
        "late_cost": [min(10**11, dear * dice.choice([0, 10, 35])) for _ in range(tasks)],
    }
    option = {
        "pool": [dice.randrange(3) for _ in owner],
        "slots": [dice.randint(1, 4) for _ in owner],
        "cost": [dear * dice.choice([0, 0, 15, 40]) for _ in owner],
    }
    uses = [[dice.choice([0, 1, 2, 3]) if name in capacity[pool] else 0 for name in NAMES] for pool in option["pool"]]
    return Stated(capacity, price, task, option, owner, uses)


def rows_of(of: Stated) -> list[tuple[int, str]]:
    """(pool, name) of every row of capacity."""
    return [(pool, name) for pool, own in enumerate(of.capacity) for name in own]


def stated_rows(of: Stated) -> list[tuple[int, str]]:
    """The rows of a certificate, by pool and name; those that a pool does not have among them."""
    return [(pool, name) for pool in range(len(of.capacity)) for name in NAMES]


def room_of(of: Stated, pool: int, name: str, slot: int) -> float:
    """What a pool offers in a slot."""
    most = of.capacity[pool][name][slot] if name in of.capacity[pool] else 0
    return float("inf") if most is None else most


def starts_of(of: Stated, at: int) -> list[int]:
    """The starts at which an option ends between release and deadline and fits its pool alone."""
    task, slots, pool = of.owner[at], of.option["slots"][at], of.option["pool"][at]
    return [
        start
        for start in range(of.task["release"][task], of.task["deadline"][task] - slots + 1)
        if all(
            use <= room_of(of, pool, name, slot)
            for use, name in zip(of.uses[at], NAMES, strict=True)
            if use
            for slot in range(start, start + slots)
        )
    ]


def kept_of(of: Stated) -> list[int]:
    """Options that can start somewhere."""
    return [at for at in range(len(of.owner)) if starts_of(of, at)]


def groups_of(of: Stated) -> list[list[int]]:
    """Tasks that are identical in all that matters, in the order of the first of each group."""
    kept, found = kept_of(of), dict[Any, list[int]]()
    for task in range(len(of.task["release"])):
        own = [at for at in kept if of.owner[at] == task]
        options = tuple((*(of.option[name][at] for name in ("pool", "slots", "cost")), *of.uses[at]) for at in own)
        due = of.task["due"][task]
        about = [of.task[name][task] for name in ("release", "deadline", "value")]
        about += [due, of.task["late_cost"][task] if due >= 0 else 0]
        found.setdefault((options, *about), []).append(task)
    return list(found.values())


def used_of(of: Stated) -> set[tuple[int, str]]:
    """Return the rows, by pool and name, that some option uses which can start somewhere."""
    return {
        (of.option["pool"][at], name) for at in kept_of(of) for name, use in zip(NAMES, of.uses[at], strict=True) if use
    }


def late_of(of: Stated, task: int) -> Fraction:
    """Return money for each slot that a task is late; none where no end within the horizon is late."""
    return of.task["late_cost"][task] * HOURS / 100 if 0 <= of.task["due"][task] < SLOTS else Fraction(0)


def unit_of(of: Stated) -> Fraction:
    """The largest money of which all that can be paid is a whole multiple."""
    used = used_of(of)
    amounts = [
        price * HOURS
        for pool, own in enumerate(of.price)
        for name, line in own.items()
        for price in line
        if (pool, name) in used
    ]
    amounts += [Fraction(max(value, 0), 100) for value in of.task["value"]]
    amounts += [Fraction(of.option["cost"][at], 100) for at in kept_of(of)]
    amounts += [late_of(of, task) for task in range(len(of.task["late_cost"]))]
    whole = lcm(*(amount.denominator for amount in amounts))
    return Fraction(gcd(*(int(amount * whole) for amount in amounts)) or 1, whole)


def built_of(folder: Path, of: Stated) -> CompiledColumnar:
    return compile_columnar(load(saved(folder, of.arrays())))


def check(built: CompiledColumnar, of: Stated, unit: Fraction) -> None:
    """Every array of the problem, number by number, money rounded down to units."""
    problem, kept, rows, groups = built.problem, kept_of(of), rows_of(of), groups_of(of)
    heads, used = [group[0] for group in groups], used_of(of)
    options = [at for head in heads for at in kept if of.owner[at] == head]

    def units(money: Fraction) -> int:
        return money // unit

    assert built.kept.tolist() == kept
    assert built.kept_ptr.tolist() == [
        sum(of.owner[at] < task for at in kept) for task in range(len(of.task["release"]) + 1)
    ]
    assert [np.flatnonzero(built.group == number).tolist() for number in range(problem.groups)] == groups
    assert built.unit == unit
    for row, (pool, name) in enumerate(rows):
        for slot in range(SLOTS):
            offered = of.capacity[pool][name][slot]
            assert problem.capacity[row, slot] == (UNLIMITED if offered is None else offered)
            price = of.price[pool].get(name, [Fraction(0)] * SLOTS)[slot] if (pool, name) in used else Fraction(0)
            assert problem.price[row, slot] == units(price * HOURS)
    assert problem.capacity.shape == problem.price.shape == (len(rows), SLOTS)
    assert problem.copies.tolist() == [sum(of.task["copies"][task] for task in group) for group in groups]
    value, due = [of.task["value"][head] for head in heads], [max(0, of.task["due"][head]) for head in heads]
    assert problem.optional.tolist() == [each >= 0 for each in value]
    assert problem.value.tolist() == [units(Fraction(max(each, 0), 100)) for each in value]
    late = [late_of(of, head) for head in heads]
    assert problem.late_slope.tolist() == [units(each) for each in late]
    assert problem.late_base.tolist() == [-units(-each * slot) for each, slot in zip(late, due, strict=True)]
    assert problem.late_once.tolist() == [0] * len(groups)
    assert problem.late_after.tolist() == due
    assert np.diff(problem.option_ptr).tolist() == [sum(of.owner[at] == head for at in kept) for head in heads]
    assert problem.option_ptr[0] == 0
    assert problem.pool.tolist() == [of.option["pool"][at] for at in options]
    assert problem.duration.tolist() == [of.option["slots"][at] for at in options]
    assert problem.fixed.tolist() == [units(Fraction(of.option["cost"][at], 100)) for at in options]
    assert problem.first.tolist() == [starts_of(of, at)[0] for at in options]
    assert problem.last.tolist() == [starts_of(of, at)[-1] for at in options]
    for number, at in enumerate(options):
        part = slice(problem.demand_ptr[number], problem.demand_ptr[number + 1])
        held = {
            rows.index((of.option["pool"][at], name)): use for name, use in zip(NAMES, of.uses[at], strict=True) if use
        }
        assert problem.demand_row[part].tolist() == sorted(held)
        assert problem.demand[part].tolist() == [held[row] for row in sorted(held)]
    assert problem.demand_ptr[0] == 0
    assert problem.demand_ptr[-1] == len(problem.demand_row) == len(problem.demand)
    assert not len(problem.before) + len(problem.after) + len(problem.lag)
    wide = (value for name, value in vars(problem).items() if isinstance(value, np.ndarray) and name != "optional")
    assert {value.dtype for value in wide} == {np.dtype(np.int64)}
    assert built.kept.dtype == np.int32
