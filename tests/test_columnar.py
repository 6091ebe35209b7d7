"""Reading, compiling and writing of columns, against plain loops over the numbers they were made of."""

from __future__ import annotations

import hashlib
import io
import json
import random
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from math import gcd, lcm
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from test_scale import as_csv, saved

from leptonopt.columnar import packed, reading
from leptonopt.columnar.compiling import MAX_TOTAL, Built, build
from leptonopt.columnar.packed import unpacked
from leptonopt.columnar.reading import load
from leptonopt.columnar.writing import runs, write_certificate, write_plan
from leptonopt.errors import InputError, InstanceError, UsageError
from leptonopt.problem import UNLIMITED, Problem, Schedule
from leptonopt.verify.arrays import read_npz
from leptonopt.verify.columns import verify_columns
from leptonopt.verify.columns_bound import proven_columns

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
        price.append({name: [dice.randint(0, 9) * step for _ in range(SLOTS)] for name in own if dice.random() < 0.8})
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


@pytest.mark.parametrize("seed", range(24))
def test_every_number_of_the_problem(tmp_path: Path, seed: int) -> None:
    """Of columns of any width; where all money is whole in units that are not too many, nothing is lost."""
    of = stated(seed)
    of.types = {name: [np.int8, np.int16, np.int32, np.uint8][seed % 3] for name in ("task_due", "option_uses")}
    built = built_of(tmp_path, of)
    check(built, of, unit_of(of))
    assert built.loss == 0


@pytest.mark.parametrize("left_out", ["task_copies", "task_value", "task_due", "task_late_cost", "option_cost"])
def test_columns_that_are_absent(tmp_path: Path, left_out: str) -> None:
    """One copy that must run and is never late, and costs nothing but what it uses."""
    of = stated(5)
    usual = {"task_copies": 1, "task_value": -1, "task_due": -1, "task_late_cost": 0, "option_cost": 0}[left_out]
    kind, name = left_out.split("_", 1)
    column = getattr(of, kind)[name]
    column[:] = [usual] * len(column)
    of.left_out = (left_out,)
    check(built_of(tmp_path, of), of, unit_of(of))


def test_all_resources_everywhere(tmp_path: Path) -> None:
    """No use is nothing, and still there is more than the first resource."""
    of = stated(3)
    for pool in range(3):
        of.capacity[pool], of.price[pool] = {name: [3] * SLOTS for name in NAMES}, {}
    of.uses = [[1, 2, 3] for _ in of.owner]
    check(built_of(tmp_path, of), of, unit_of(of))


def test_a_single_row(tmp_path: Path) -> None:
    """One pool with one resource, where the others are only named."""
    of = stated(3)
    of.capacity, of.price = [{"cpu": [3, 3, 2, 3, 3, 3]}], [{}]
    of.option["pool"], of.uses = [0] * 12, [[0, at % 4, 0] for at in range(12)]
    check(built_of(tmp_path, of), of, unit_of(of))


@pytest.mark.parametrize("seed", range(8))
def test_one_resource_everywhere(tmp_path: Path, seed: int) -> None:
    """Options that all hold the first resource and no other are the same by the short way."""
    of = stated(seed)
    of.uses = [[max(1, uses[0]), 0, 0] for uses in of.uses]
    for own in of.capacity:
        own.setdefault("gpu", [4] * SLOTS)
    arrays = of.arrays() | {"option_uses": np.array(of.uses, np.int32)[:, :1]}
    head = of.head() | {"resources": ["gpu"]}
    arrays["head"] = np.frombuffer(json.dumps(head).encode(), np.uint8)
    check(build(load(saved(tmp_path, arrays))), of, unit_of(of))
    of.uses[0][0] = 0
    arrays["option_uses"] = np.array(of.uses, np.int32)[:, :1]
    check(build(load(saved(tmp_path, arrays))), of, unit_of(of))


@pytest.mark.parametrize("seed", range(12))
def test_money_that_is_too_fine_is_coarsened(tmp_path: Path, seed: int) -> None:
    """To units of which totals stay below 2^52; what that may lose is said, and what it does lose is not more."""
    of = stated(seed, dear=10 ** (9 + seed % 3))
    of.price[0].setdefault(next(iter(of.capacity[0])), [Fraction(1, 512)] * SLOTS)
    of.price[0][next(iter(of.price[0]))][2] = Fraction(seed + 1, 512)
    of.task["copies"][seed % 5] = 10**7
    if seed % 4 == 1:  # what running costs is most of it
        of.price = [{name: [10**6 * price for price in line] for name, line in own.items()} for own in of.price]
        of.task["value"], of.task["late_cost"] = [min(value, 500) for value in of.task["value"]], [0] * 5
        of.option["cost"] = [min(cost, 500) for cost in of.option["cost"]]
    built, kept, fine = built_of(tmp_path, of), kept_of(of), unit_of(of)
    prices = [price * HOURS for own in of.price for line in own.values() for price in line]
    total, entries = Fraction(0), 0
    for task, copies in enumerate(of.task["copies"]):
        own = [at for at in kept if of.owner[at] == task]
        held = [sum(of.uses[at]) * of.option["slots"][at] for at in own]
        running = [
            each * max(prices) + Fraction(of.option["cost"][at], 100) for each, at in zip(held, own, strict=True)
        ]
        late = late_of(of, task) * SLOTS
        value = Fraction(max(0, of.task["value"][task]), 100)
        total += copies * max(value, max(running, default=Fraction(0)) + late)
        entries += copies * max([1, *(each + 4 for each in held)])
    assert total > 0
    coarser = built.unit / fine
    assert coarser.denominator == 1
    least = total / fine / MAX_TOTAL
    assert least <= coarser <= least * Fraction(10**6 + 1, 10**6) + 2
    if coarser == 1:
        assert built.loss == 0
        return
    check(built, of, built.unit)
    assert built.loss == built.unit * (entries + 1)


def test_most_are_coarsened(tmp_path: Path) -> None:
    """The cases above are not idle: amounts are beyond, or just within, what is counted exactly."""
    of = stated(1)
    of.task["value"] = [100] * 5
    of.task["copies"] = [1] * 5
    assert built_of(tmp_path, of).unit == unit_of(of)
    of.task["value"][0] = 10**13 - 100
    of.task["copies"][0] = 10**7
    assert built_of(tmp_path, of).unit > unit_of(of)


def test_amounts_beyond_64_bits_are_scaled_exactly(tmp_path: Path) -> None:
    """A value of ten to the thirteen hundredths in units of a thousandth of a hundredth."""
    of = stated(2)
    of.price[0] = {next(iter(of.capacity[0])): [Fraction(1, 10**9)] * SLOTS}
    of.task["value"][0] = 10**13
    check(built_of(tmp_path, of), of, built_of(tmp_path, of).unit)


# --- files ------------------------------------------------------------------------------------------------


def test_a_file_is_known_by_what_is_in_it(tmp_path: Path) -> None:
    """Name, number of tasks and options, and the hash of the bytes; of a folder that of its three files in order."""
    of = stated(3)
    file = saved(tmp_path, of.arrays())
    sheets = load(file)
    assert (sheets.name, sheets.tasks, sheets.options) == ("jobs.npz", 5, 12)
    assert sheets.sha256 == hashlib.sha256(file.read_bytes()).hexdigest()
    assert sheets.resources == NAMES
    assert "columns" not in sheets.head
    assert "resources" not in sheets.head
    where = as_csv(tmp_path, of.arrays())
    sheets = load(where)
    content = b"".join((where / name).read_bytes() for name in ("head.json", "tasks.csv", "options.csv"))
    assert (sheets.name, sheets.sha256) == ("jobs", hashlib.sha256(content).hexdigest())
    check(build(sheets), of, unit_of(of))


def test_large_files_are_hashed_and_read_block_by_block(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the size of a block."""
    of = stated(4)
    file = saved(tmp_path, of.arrays())
    for size in (1, 7, 64, 10**6):
        monkeypatch.setattr(packed, "BLOCK", size)
        assert {name: array.tolist() for name, array in unpacked(file).items()} == {
            name: array.tolist() for name, array in of.arrays().items()
        }


RANGES = {
    "task_release": (0, SLOTS - 1), "task_deadline": (1, SLOTS), "task_copies": (1, 10**7), "task_value": (-1, 10**13),
    "task_due": (-1, SLOTS), "task_late_cost": (0, 10**11), "option_pool": (0, 2), "option_slots": (1, 10**6),
    "option_cost": (0, 10**13),
}  # fmt: skip


@pytest.mark.parametrize("name", RANGES)
def test_ranges_of_numbers(tmp_path: Path, name: str) -> None:
    """The first and the last number are read; those beyond are refused in a line, with the first row, and how many."""
    of = stated(6)
    kind, key = name.split("_", 1)
    of.task["release"], of.task["deadline"] = [0] * 5, [SLOTS] * 5
    column = getattr(of, kind)[key]
    for uses in of.uses:
        uses[:] = [0, 0, 0]
    low, high = RANGES[name]
    usual = list(column)
    for beyond, within in ((low - 1, low), (high + 1, high)):
        column[1] = within
        built_of(tmp_path, of)
        said = f"{beyond}; {low} to {high} is allowed"
        column[1] = column[3] = beyond
        with pytest.raises(InstanceError) as error:
            built_of(tmp_path, of)
        assert str(error.value) == f"{tmp_path / 'jobs.npz'}: {name}[1]: {said} (2 such rows)"
        column[3] = usual[3]
        with pytest.raises(InstanceError) as error:
            built_of(tmp_path, of)
        assert str(error.value) == f"{tmp_path / 'jobs.npz'}: {name}[1]: {said}"
        column[1] = usual[1]
    folder = tmp_path / "folder"
    folder.mkdir()
    column[1] = column[2] = high + 1
    with pytest.raises(InstanceError) as error:
        load(as_csv(folder, of.arrays()))
    file = folder / "jobs" / f"{kind}s.csv"
    assert str(error.value) == f"{file}:3: {key}: {high + 1}; {low} to {high} is allowed (2 such rows)"


def refusal(folder: Path, arrays: Arrays) -> str:
    """What is said of columns, without the file."""
    with pytest.raises(InputError) as error:
        load(saved(folder, arrays))
    lines = str(error.value).splitlines()
    assert all(line.startswith(f"{folder / 'jobs.npz'}: ") for line in lines)
    return "\n".join(line.removeprefix(f"{folder / 'jobs.npz'}: ") for line in lines)


@pytest.mark.parametrize(
    ("ptr", "said"),
    [
        ([1, 3, 5, 7, 9, 12], "begins at 1 and ends at 12"),
        ([0, 3, 5, 7, 9, 11], "begins at 0 and ends at 11"),
        ([0, 3, 5, 7, 9, 13], "begins at 0 and ends at 13"),
        ([0, 3, 2, 7, 9, 12], "begins at 0 and ends at 12"),
        ([0, 3, 5, 7, 13, 12], "begins at 0 and ends at 12"),
        ([0, 3, 5, 5, 9, 12], ""),
        ([0, 0, 5, 5, 12, 12], ""),
    ],
)
def test_where_the_options_of_a_task_begin(tmp_path: Path, ptr: list[int], said: str) -> None:
    """From nothing to all of them, never back."""
    arrays = stated(6).arrays() | {"option_ptr": np.array(ptr)}
    if said:
        assert refusal(tmp_path, arrays) == f"option_ptr: {said}; it ascends from 0 to 12, the options"
    else:
        assert load(saved(tmp_path, arrays)).ptr.tolist() == ptr


def test_shapes_of_columns(tmp_path: Path) -> None:
    """As many entries as tasks, or as options, or one more; as many uses as resources; known columns of numbers."""
    arrays = stated(6).arrays()
    for name, column in arrays.items():
        if name in ("head", "task_release", "option_pool"):
            continue
        wanted = f"{column.shape} is what the other columns have"
        assert refusal(tmp_path, arrays | {name: column[1:]}) == f"{name}: shape {column[1:].shape}; {wanted}"
        longer = np.concatenate([column, column[:1]])
        assert refusal(tmp_path, arrays | {name: longer}) == f"{name}: shape {longer.shape}; {wanted}"
    one = arrays["option_uses"][:, :1]
    assert "shape (12, 1); (12, 3) is what" in refusal(tmp_path, arrays | {"option_uses": one})
    for name in ("option_uses", "task_release", "task_deadline", "option_pool", "option_slots"):
        assert refusal(tmp_path, {n: c for n, c in arrays.items() if n != name}) == f"has no column {name!r}"
    for name in ("head", "option_ptr"):
        said = refusal(tmp_path, {n: c for n, c in arrays.items() if n != name})
        assert said == f"has no array {name!r}; docs/columns.md lists those there must be"
    odd = refusal(tmp_path, arrays | {"task_" + "x" * 50: arrays["task_due"]})
    assert odd.startswith(f"task_{'x' * 35}: there is no such column; known are option_cost, option_pool, option_ptr, ")
    assert odd.endswith("task_home, task_late_cost, task_release, task_spot, task_value")
    for name in ("task_home", "task_spot"):
        load(saved(tmp_path, arrays | {name: arrays["task_due"]}))
    none = {n: c[:0] if n.startswith("task_") else c for n, c in arrays.items()}
    none |= {"option_ptr": np.zeros(1, np.int64)}
    none |= {n: c[:0] for n, c in arrays.items() if n.startswith("option_") and n != "option_ptr"}
    assert refusal(tmp_path, none) == "no tasks; at least one is needed"
    assert "head: numbers of int64; JSON in UTF-8" in refusal(tmp_path, arrays | {"head": np.zeros(3, np.int64)})


def test_heads_that_are_refused(tmp_path: Path) -> None:
    """What has no columns, by name; resources; the version; what is wrong in a document is said of the head."""
    of = stated(6)
    arrays = of.arrays()

    def said(**more: Any) -> str:
        head = of.head() | more
        return refusal(tmp_path, arrays | {"head": np.frombuffer(json.dumps(head).encode(), np.uint8)})

    assert said(columns=2) == "head: columns: 2; version 1 of the format is allowed"
    assert said(resources="gpu") == "head: resources: 'gpu'; a list of names is allowed"
    assert said(resources=[1, "gpu"]) == "head: resources: \"[1, 'gpu']\"; a list of names is allowed"
    assert said(resources=[1, "x" * 80]) == f'head: resources: "[1, \'{"x" * 55}"; a list of names is allowed'
    assert said(resources=["gpu", "cpu", "gpu"]) == "head: resources: a name stands twice; each is allowed once"
    for key, why in reading.REFUSED.items():
        assert said(**{key: [1]}) == f"head: {key}: {why}"
    for key, why in reading.POOLS.items():
        pools = [of.head()["pools"][0] | {key: [1]}, *of.head()["pools"][1:], "odd"]
        assert said(pools=pools) == f"head: pools: pool-0: {key}: {why}"
    assert said(quotas=[1], pools=[{"id": "a", "power": 1}]).count("\n") == 1
    assert said(pools=5).startswith("head: pools: 5 is not a list")
    assert said(pools=[]) == "head: pools: is empty; at least one entry"
    assert said(wrong=1).startswith("head: wrong: is not a key that is known here")
    pools = [of.head()["pools"][0] | {"capacity": {"gpu": -1}}, *of.head()["pools"][1:]]
    assert said(pools=pools).startswith("head: pools[0].capacity.gpu: ")
    assert refusal(tmp_path, arrays | {"head": np.frombuffer(b"[1]", np.uint8)}).startswith("head: no mapping at its")
    assert refusal(tmp_path, arrays | {"head": np.frombuffer(b"\xff\xfe", np.uint8)}).startswith("head: not UTF-8")
    spot = [*of.head()["pools"][:2], of.head()["pools"][2] | {"interruptions": 0.1}]
    first, many = of.option["pool"].index(2), of.option["pool"].count(2)
    text = "the pool has interruptions, which are not solved from columns yet"
    assert said(pools=spot) == f"option_pool[{first}]: 2; {text} ({many} such rows)"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda of: of.task["deadline"].__setitem__(2, of.task["release"][2]), "it must come after the release"),
        (lambda of: of.task.update(after=[-1, -1, 0, -1, -1]), "task_after[2]: 0; the rule precedence is not solved"),
        (lambda of: of.task.update(after=[-1, -2, -1, -1, -1]), "task_after[1]: -2; -1 to 4 is allowed"),
        (lambda of: of.task.update(after=[-1, 5, -1, -1, -1]), "task_after[1]: 5; -1 to 4 is allowed"),
        (lambda of: of.uses[7].__setitem__(0, -1), "option_uses[7]: [-1, "),
        (lambda of: of.uses[7].__setitem__(0, 2**31), "0 to 2147483647 is allowed"),
    ],
)
def test_numbers_that_do_not_go_together(tmp_path: Path, change: Callable[[Stated], Any], said: str) -> None:
    """Release and deadline, what waits, uses, and owners of options."""
    of = stated(6)
    change(of)
    with pytest.raises(InstanceError) as error:
        built_of(tmp_path, of)
    assert said in str(error.value)


def test_the_greatest_uses_are_read(tmp_path: Path) -> None:
    """2^31 - 1 of a resource, on a pool without limit."""
    of = stated(6)
    of.capacity[of.option["pool"][7]]["gpu"] = [None] * SLOTS
    of.uses[7][0] = 2**31 - 1
    check(built_of(tmp_path, of), of, unit_of(of))


def test_a_resource_that_a_pool_lacks(tmp_path: Path) -> None:
    """None of it may be used there, one row after the other is named; the pool before has it."""
    of = stated(6)
    for pool in (0, 1, 2):
        of.capacity[pool] = {"gpu": [4] * SLOTS}
        of.price[pool] = {}
    of.capacity[2]["ram"] = [4] * SLOTS
    of.uses = [[1, 0, 1 if pool == 2 else 0] for pool in of.option["pool"]]
    check(built_of(tmp_path, of), of, unit_of(of))
    wrong = of.option["pool"].index(1)
    of.uses[wrong][2] = 1
    with pytest.raises(InstanceError) as error:
        built_of(tmp_path, of)
    assert f"option_uses[{wrong}]: [1, 0, 1]; the pool has no such resource" in str(error.value)


def test_tables_in_text(tmp_path: Path) -> None:
    """A mark at the beginning, ends of lines of other systems, and blank lines at the end do no harm."""
    of = stated(7)
    where = as_csv(tmp_path, of.arrays())
    for name in ("tasks.csv", "options.csv"):
        content = (where / name).read_text()
        (where / name).write_bytes(b"\xef\xbb\xbf" + content.replace("\n", "\r\n").encode() + b"\r\n")
    check(build(load(where)), of, unit_of(of))


@pytest.mark.parametrize(
    ("sheet", "change", "said"),
    [
        ("options", lambda text: text.replace("task,", "job,", 1), "has no column 'task', the position of each"),
        ("options", lambda text: f" {text}", "has no column 'task', the position of each"),
        ("options", lambda text: text.replace(",cpu", ",tpu", 1), "has no column 'cpu', a resource of head.json"),
        ("options", lambda text: text.splitlines()[0] + "\n", "options.csv:2: no options; at least one line"),
        ("tasks", lambda text: text.splitlines()[0] + "\n\n", "tasks.csv:2: no tasks; at least one line"),
        ("tasks", lambda text: text.replace("copies", "release", 1), "tasks.csv:1: a column stands twice"),
        ("tasks", lambda text: text.replace("copies", "copies,more", 1), "7 names in the first line, 6 numbers in the"),
        ("tasks", lambda text: text.replace("\n", "\nx", 1), "after the first line: "),
    ],
)
def test_tables_that_are_refused(tmp_path: Path, sheet: str, change: Callable[[str], str], said: str) -> None:
    """With the file, and the line where there is one."""
    where = as_csv(tmp_path, stated(7).arrays())
    file = where / f"{sheet}.csv"
    file.write_text(change(file.read_text()))
    with pytest.raises(InputError) as error:
        load(where)
    assert said in str(error.value)
    assert str(error.value).startswith(str(file))


@pytest.mark.parametrize(
    ("row", "owner", "ok"), [(0, -1, False), (11, 5, False), (11, 4, True), (6, 0, False), (0, 0, True)]
)
def test_owners_of_options_ascend(tmp_path: Path, row: int, owner: int, ok: bool) -> None:
    """From the first task to the last; the line of the first that does not is named."""
    of = stated(7)
    of.owner = [0, 0, 1, 1, 1, 2, 2, 3, 3, 3, 4, 4]
    where = as_csv(tmp_path, of.arrays())
    lines = (where / "options.csv").read_text().splitlines()
    lines[row + 1] = f"{owner},{lines[row + 1].split(',', 1)[1]}"
    (where / "options.csv").write_text("\n".join(lines))
    if ok:
        assert load(where).ptr.tolist() == [0, 2, 5, 7, 10, 12]
        return
    with pytest.raises(InputError, match=rf"options.csv:{row + 2}: task: {owner}; positions from 0 to 4, ascending"):
        load(where)


def test_sizes_are_those_of_the_documentation() -> None:
    """A head of 8 MiB, tables of 32 MiB, arrays of 320 MiB in all, 64 of them, read 4 MiB at a time."""
    mib = 1_048_576
    assert (8 * mib, 32 * mib) == (reading.HEAD_BYTES, reading.TABLE_BYTES)
    assert (320 * mib, 64, 4 * mib) == (packed.MAX_BYTES, packed.MAX_ARRAYS, packed.BLOCK)
    assert MAX_TOTAL == 4_503_599_627_370_496


@pytest.mark.parametrize("limit", ["HEAD_BYTES", "TABLE_BYTES"])
def test_files_of_a_folder_have_a_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str) -> None:
    """The largest that is read, and one byte more."""
    where = as_csv(tmp_path, stated(7).arrays())
    names = ("head.json",) if limit == "HEAD_BYTES" else ("tasks.csv", "options.csv")
    size = max((where / name).stat().st_size for name in names)
    monkeypatch.setattr(reading, limit, size)
    load(where)
    monkeypatch.setattr(reading, limit, size - 1)
    with pytest.raises(InputError, match="are read"):
        load(where)


def test_arrays_of_a_file_have_a_size_and_a_number(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The largest that is read, and one byte more; the most, and one more."""
    arrays = stated(7).arrays()
    file = saved(tmp_path, arrays)
    with zipfile.ZipFile(file) as archive:
        size = sum(member.file_size for member in archive.infolist())
    for limit, most, said in (("MAX_BYTES", size, "are read"), ("MAX_ARRAYS", len(arrays), "arrays; at most")):
        monkeypatch.setattr(packed, limit, most)
        unpacked(file)
        monkeypatch.setattr(packed, limit, most - 1)
        with pytest.raises(InputError, match=said):
            unpacked(file)
        monkeypatch.undo()


def member(array: Any) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (member(np.zeros((2, 3), np.int32)), ""),
        (member(np.zeros(3, np.uint8)), ""),
        (member(np.zeros(3, bool)), ""),
        (member(np.asfortranarray(np.zeros((2, 3), np.int32))), "in columns (Fortran order)"),
        (member(np.asfortranarray(np.zeros((2, 1), np.int32))), ""),
        (member(np.asfortranarray(np.zeros((1, 2), np.int32))), ""),
        (member(np.zeros((0, 3), np.int32)), ""),
        (member(np.zeros((1, 2, 3), np.int32)), "one number or one row of numbers"),
        (member(np.int32(3)), "one number or one row of numbers"),
        (member(np.zeros(3)), "numbers of float64"),
        (member(np.zeros(3, ">i4")), "whole numbers (little-endian) are allowed"),
        (member(np.zeros(3, np.int32))[:-1], "11 bytes, by its header 12; a whole array is needed"),
        (member(np.zeros(3, np.int32)) + b"x", "13 bytes, by its header 12; a whole array is needed"),
        (b"\x93NUMPY\x02\x00" + (20_000).to_bytes(4, "little") + b" " * 20_000, "cannot be read: Header info length"),
        (b"\x93NUMPY\x03\x00" + member(np.zeros(3))[8:], "its header cannot be read"),
    ],
)
def test_arrays_one_by_one(tmp_path: Path, content: bytes, said: str) -> None:
    """What an array may be."""
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as archive:
        archive.writestr("a.npy", content)
    if not said:
        assert unpacked(tmp_path / "a.npz")["a"].tolist() == np.load(io.BytesIO(content)).tolist()
        return
    with pytest.raises(InputError) as error:
        unpacked(tmp_path / "a.npz")
    assert said in str(error.value)


# --- plans and certificates -------------------------------------------------------------------------------


def placed(of: Stated, problem: Problem) -> Schedule:
    """Every task's last option at its last start, in no order."""
    entries = [
        (int(problem.option_ptr[group + 1]) - 1, of.task["copies"][group])
        for group in range(problem.groups)
        if problem.option_ptr[group + 1] > problem.option_ptr[group]
    ]
    entries.reverse()
    options = [option for option, _ in entries]
    return Schedule.of(options, [int(problem.last[option]) for option in options], [count for _, count in entries])


@pytest.mark.parametrize("seed", range(4))
def test_a_plan_is_written_by_task_and_start(tmp_path: Path, seed: int) -> None:
    """Options by their numbers in the file, in `.npz` as in CSV with the summary beside it."""
    of = stated(seed)
    built = built_of(tmp_path, of)
    schedule = placed(of, built.problem)
    columns = runs(built, schedule)
    kept = kept_of(of)
    wanted = []
    for option, start, count in schedule:
        at = kept[option]
        wanted.append((of.owner[at], at, start, count))
    lines = list(zip(*(columns[name].tolist() for name in ("task", "option", "start", "count")), strict=True))
    assert lines == sorted(wanted, key=lambda line: (line[0], line[2]))
    assert {column.dtype for column in columns.values()} == {np.dtype(np.int32)}
    summary = {"leptonopt_plan_columns": 1, "name": "Zürich"}
    assert write_plan(tmp_path / "plan.npz", summary, columns) == [tmp_path / "plan.npz"]
    back = read_npz(tmp_path / "plan.npz")
    assert {name: back[name].values.tolist() for name in columns} == {n: c.tolist() for n, c in columns.items()}
    with np.load(tmp_path / "plan.npz") as arrays:
        assert json.loads(arrays["summary"].tobytes()) == summary
    written = write_plan(tmp_path / "plan.CSV", summary, columns)
    assert written == [tmp_path / "plan.CSV", tmp_path / "plan.json"]
    assert json.loads((tmp_path / "plan.json").read_text(encoding="utf-8")) == summary
    text = (tmp_path / "plan.CSV").read_text()
    assert text == "task,option,start,count\n" + "".join(",".join(map(str, line)) + "\n" for line in lines)
    with pytest.raises(UsageError, match=r"plan\.txt: a plan in columns is written as \.npz, \.csv; choose"):
        write_plan(tmp_path / "plan.txt", summary, columns)


def test_two_runs_of_a_task_are_written_by_start(tmp_path: Path) -> None:
    """Whatever their order in the schedule."""
    of = stated(0)
    of.task["release"], of.task["deadline"] = [0] * 5, [SLOTS] * 5
    built = built_of(tmp_path, of)
    option = int(built.problem.option_ptr[1]) - 1
    columns = runs(built, Schedule.of([option, option], [1, 0], [1, 2]))
    assert (columns["start"].tolist(), columns["count"].tolist()) == ([0, 1], [2, 1])


def test_a_certificate_says_what_its_prices_are_of(tmp_path: Path) -> None:
    """Prices as whole numbers, the money of one, the bound, and of which file; the checker takes it at its word."""
    of = stated(2)
    file = saved(tmp_path, of.arrays())
    built = build(load(file))
    price = np.arange(built.problem.capacity.size, dtype=np.int64).reshape(built.problem.capacity.shape) % 3
    price[built.problem.capacity == UNLIMITED] = 0
    for bound in (None, Fraction(-7, 3)):
        write_certificate(tmp_path / "proof.npz", built, price, 4, bound)
        with np.load(tmp_path / "proof.npz") as arrays:
            head = json.loads(arrays["head"].tobytes())
            wanted = [row for row in stated_rows(of) if row in rows_of(of)]
            assert arrays["price"].tolist() == [price[rows_of(of).index(row)].tolist() for row in wanted]
        assert head == {
            "leptonopt_certificate_columns": 1,
            "sha256": hashlib.sha256(file.read_bytes()).hexdigest(),
            "unit": str(built.unit / 4),
            "bound": None if bound is None else str(bound),
        }
        assert proven_columns(file, tmp_path / "proof.npz").bound is not None
    assert not verify_columns(file, tmp_path / "proof.npz").ok


def least_of(of: Stated, task: int, more: dict[tuple[int, int], Fraction]) -> Fraction | None:
    """The least that a copy of a task costs, with `more` to pay per row and slot; None where it cannot run."""
    rows, costs = rows_of(of), []
    for at in [at for at, owner in enumerate(of.owner) if owner == task]:
        pool, slots = of.option["pool"][at], of.option["slots"][at]
        for start in range(of.task["release"][task], of.task["deadline"][task] - slots + 1):
            cost, fits = Fraction(of.option["cost"][at], 100), True
            for name, use in zip(NAMES, of.uses[at], strict=True):
                for slot in range(start, start + slots) if use else ():
                    offered = of.capacity[pool][name][slot]
                    fits = fits and (offered is None or use <= offered)
                    price = of.price[pool].get(name, [Fraction(0)] * SLOTS)[slot] * HOURS
                    cost += use * (price + more[rows.index((pool, name)), slot])
            if (due := of.task["due"][task]) >= 0:
                cost += max(0, start + slots - due) * late_of(of, task)
            costs += [cost] if fits else []
    value = of.task["value"][task]
    return min([*costs, *([Fraction(value, 100)] if value >= 0 else [])], default=None)


def proof_of(of: Stated, price: Any, unit: Fraction) -> Fraction | None:
    """What prices prove, by plain loops: what all tasks cost at least with them, less what is offered at them."""
    rows = rows_of(of)
    more = {(row, slot): int(price[row, slot]) * unit for row in range(len(rows)) for slot in range(SLOTS)}
    least = [least_of(of, task, more) for task in range(len(of.task["release"]))]
    if None in least:
        return None
    back = sum(
        (money * (of.capacity[rows[row][0]][rows[row][1]][slot] or 0) for (row, slot), money in more.items()),
        Fraction(0),
    )
    return sum((copies * (each or 0) for copies, each in zip(of.task["copies"], least, strict=True)), -back)


def certificate(folder: Path, price: Any, **said: Any) -> Path:
    head = {"leptonopt_certificate_columns": 1, "sha256": None, "unit": "1", "bound": None} | said
    arrays = {"head": np.frombuffer(json.dumps(head).encode(), np.uint8), "price": price}
    return saved(folder, {name: each for name, each in arrays.items() if each is not None}, "proof.npz")


@pytest.mark.parametrize("seed", range(24))
def test_what_any_prices_prove(tmp_path: Path, seed: int) -> None:
    """The checker's bound is that of plain loops; it may be stated, and nothing above it."""
    of, dice = stated(seed), random.Random(seed)
    if seed % 4 == 0:
        of.uses = [[max(1, uses[0]), 0, 0] for uses in of.uses]
        for own in of.capacity:
            own.setdefault("gpu", [2, 3, 2, 4, 3, 1])
            for name in ("cpu", "ram"):
                own.pop(name, None)
        for paid in of.price:
            for name in ("cpu", "ram"):
                paid.pop(name, None)
    elif seed % 2:
        of.task["value"] = [max(0, value) for value in of.task["value"]]
    arrays = of.arrays()
    if seed % 4 == 0:
        arrays["option_uses"] = arrays["option_uses"][:, :1]
        head = of.head() | {"resources": ["gpu"]}
        arrays["head"] = np.frombuffer(json.dumps(head).encode(), np.uint8)
    file, rows, unit = saved(tmp_path, arrays), rows_of(of), Fraction(dice.randint(1, 9), 160)
    order = [rows.index(row) for row in stated_rows(of) if row in rows]
    for _ in range(3):
        price = np.zeros((len(rows), SLOTS), np.int64)
        for row, (pool, name) in enumerate(rows):
            for slot in range(SLOTS):
                if of.capacity[pool][name][slot] is not None:
                    price[row, slot] = dice.choice([0, 0, dice.randint(0, 40)])
        bound = proof_of(of, price, unit)
        for stated_bound, ok in ((None, True), (bound, True), (bound, False)):
            said = None if stated_bound is None else stated_bound + (0 if ok else Fraction(1, 10**6))
            made = certificate(tmp_path, price[order], unit=str(unit), bound=None if said is None else str(said))
            proof = proven_columns(file, made)
            assert proof.bound == bound
            if bound is None:
                assert (proof.ok, proof.why) == (True, "a task that must run has no option that fits")
            elif ok:
                assert (proof.ok, proof.why) == (True, "")
            else:
                why = f"the certificate states the bound {said}; its prices prove {bound}"
                assert (proof.ok, proof.why) == (False, why)
    if bound is None:
        claimed = proven_columns(file, certificate(tmp_path, price[order], unit=str(unit), bound="1"))
        assert (claimed.ok, claimed.bound) == (False, None)


def test_certificates_that_are_refused(tmp_path: Path) -> None:
    """In words: what is missing, for another state, of another shape, prices that cannot be."""
    of = stated(2)
    file, rows = saved(tmp_path, of.arrays()), [row for row in stated_rows(of) if row in rows_of(of)]
    free = np.zeros((len(rows), SLOTS), np.int64)

    def said(price: Any = free, **more: Any) -> str:
        proof = proven_columns(file, certificate(tmp_path, price, **more))
        assert not proof.ok
        assert proof.bound is None
        return proof.why

    assert said(leptonopt_certificate_columns=2) == "not a certificate in columns of version 1"
    assert said(sha256="0" * 64) == "the certificate was made for another state of this instance"
    assert proven_columns(file, certificate(tmp_path, free, sha256=load(file).sha256)).ok
    assert said(None) == "has no array 'price'"
    needed = f"{len(rows)} x {SLOTS} are needed"
    assert said(free[1:]) == f"price: {len(rows) - 1} x {SLOTS}; {needed}"
    assert said(free[:, 1:]) == f"price: {len(rows)} x {SLOTS - 1}; {needed}"
    for unit in ("0", "-1/3"):
        assert said(unit=unit) == "unit: must be above 0"
    assert proven_columns(file, certificate(tmp_path, free, unit="1/1000000")).ok
    limited = next(row for row, (pool, name) in enumerate(rows) if of.capacity[pool][name][0] is not None)
    below = free.copy()
    below[limited, 3] = -1
    assert said(below) == f"price: row {limited}, slot 3: below zero"
    endless = next(row for row, (pool, name) in enumerate(rows) if of.capacity[pool][name][0] is None)
    priced = free.copy()
    priced[endless, 2] = 1
    assert said(priced) == f"price: row {endless}, slot 2: nothing limits it; it can have no price"
    assert said(unit=None) == "'None' is not a number"
    np.savez(tmp_path / "proof.npz", price=free)
    assert proven_columns(file, tmp_path / "proof.npz").why == "has no array 'head'"
