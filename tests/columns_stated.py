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
from test_scale import saved

from leptonopt.columnar.compiling import Built, build
from leptonopt.columnar.reading import load
from leptonopt.problem import UNLIMITED

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


def most_of(of: Stated, pool: int, name: str) -> float:
    """What a pool offers at its fullest."""
    line = of.capacity[pool].get(name, [0])
    return float("inf") if line[0] is None else max(each or 0 for each in line)


def kept_of(of: Stated) -> list[int]:
    """Options that end between release and deadline and fit their pool at its fullest."""
    return [
        at
        for at, (task, slots, pool) in enumerate(zip(of.owner, of.option["slots"], of.option["pool"], strict=True))
        if of.task["release"][task] + slots <= of.task["deadline"][task]
        and all(use <= most_of(of, pool, name) for use, name in zip(of.uses[at], NAMES, strict=True))
    ]


def late_of(of: Stated, task: int) -> Fraction:
    """Money for each slot that a task is late."""
    return of.task["late_cost"][task] * HOURS / 100


def unit_of(of: Stated) -> Fraction:
    """The largest money of which all there is are whole multiples."""
    amounts = [price * HOURS for own in of.price for line in own.values() for price in line]
    amounts += [Fraction(max(value, 0), 100) for value in of.task["value"]]
    amounts += [Fraction(cost, 100) for cost in of.option["cost"]]
    amounts += [late_of(of, task) for task in range(len(of.task["late_cost"]))]
    whole = lcm(*(amount.denominator for amount in amounts))
    return Fraction(gcd(*(int(amount * whole) for amount in amounts)) or 1, whole)


def built_of(folder: Path, of: Stated) -> Built:
    return build(load(saved(folder, of.arrays())))


def check(built: Built, of: Stated, unit: Fraction) -> None:
    """Every array of the problem, number by number, money rounded down to units."""
    problem, kept, rows = built.problem, kept_of(of), rows_of(of)

    def units(money: Fraction) -> int:
        return money // unit

    assert built.kept.tolist() == kept
    assert built.unit == unit
    for row, (pool, name) in enumerate(rows):
        for slot in range(SLOTS):
            offered = of.capacity[pool][name][slot]
            assert problem.capacity[row, slot] == (UNLIMITED if offered is None else offered)
            price = of.price[pool].get(name, [Fraction(0)] * SLOTS)[slot]
            assert problem.price[row, slot] == units(price * HOURS)
    assert problem.capacity.shape == problem.price.shape == (len(rows), SLOTS)
    tasks = len(of.task["release"])
    assert problem.copies.tolist() == of.task["copies"]
    assert problem.optional.tolist() == [value >= 0 for value in of.task["value"]]
    assert problem.value.tolist() == [units(Fraction(max(value, 0), 100)) for value in of.task["value"]]
    slope = [units(late_of(of, at)) if of.task["due"][at] >= 0 else 0 for at in range(tasks)]
    assert problem.late_slope.tolist() == slope
    assert problem.late_base.tolist() == [each * max(0, due) for each, due in zip(slope, of.task["due"], strict=True)]
    assert problem.late_once.tolist() == [0] * tasks
    assert problem.late_after.tolist() == [SLOTS] * tasks
    assert problem.option_ptr.tolist() == [sum(of.owner[at] < task for at in kept) for task in range(tasks + 1)]
    assert problem.pool.tolist() == [of.option["pool"][at] for at in kept]
    assert problem.duration.tolist() == [of.option["slots"][at] for at in kept]
    assert problem.fixed.tolist() == [units(Fraction(of.option["cost"][at], 100)) for at in kept]
    assert problem.first.tolist() == [of.task["release"][of.owner[at]] for at in kept]
    assert problem.last.tolist() == [of.task["deadline"][of.owner[at]] - of.option["slots"][at] for at in kept]
    for number, at in enumerate(kept):
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
