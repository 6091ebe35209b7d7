"""Instances in columns mean what the same instance says as a tree of tasks, to the solver and to the checker."""

from __future__ import annotations

import hashlib
import json
import random
import struct
import zipfile
from array import array
from collections import Counter
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from leptonopt.compile.columnar import compile_columnar
from leptonopt.compile.compiler import compile_instance
from leptonopt.errors import UsageError
from leptonopt.instance import validate
from leptonopt.io.columnar import load
from leptonopt.plan.columnar import write_plan
from leptonopt.verify.columnar_checker import verify_columns
from leptonopt.verify.columnar_reader import Table, read_csv, read_folder, read_npz
from leptonopt.verify.exact import Malformed, Verdict
from tests.helpers import bruteforce
from tests.helpers.columnar_files import Arrays, as_csv, gaps, saved, tiny


def as_tree(arrays: Arrays) -> dict[str, Any]:
    """The same instance as a tree; money of columns is in hundredths."""
    head = json.loads(arrays["head"].tobytes(), parse_float=Decimal)
    start = datetime.fromisoformat(head["time"]["start"].replace("Z", "+00:00"))

    def moment(slot: int) -> str:
        return (start + timedelta(hours=int(slot))).strftime("%Y-%m-%dT%H:%MZ")

    def money(cents: int) -> Decimal:
        return Decimal(int(cents)) / 100

    tasks, pointer = [], arrays["option_ptr"]
    for at, value in enumerate(arrays["task_value"].tolist()):
        options = [
            {
                "pool": head["pools"][arrays["option_pool"][row]]["id"],
                "uses": {n: int(u) for n, u in zip(head["resources"], arrays["option_uses"][row], strict=True) if u},
                "duration": f"{arrays['option_slots'][row]}h",
                "cost": money(arrays["option_cost"][row]),
            }
            for row in range(pointer[at], pointer[at + 1])
        ]
        if not options:  # a tree asks every task for an option; one that fits nowhere is the same
            pool = head["pools"][0]
            options = [{"pool": pool["id"], "uses": {"gpu": 10**6}, "duration": "1h"}]
        task = {"id": f"t{at}", "copies": int(arrays["task_copies"][at]), "options": options}
        task |= {"release": moment(arrays["task_release"][at]), "deadline": moment(arrays["task_deadline"][at])}
        if value >= 0:
            task |= {"optional": True, "value": money(value)}
        if (due := arrays["task_due"][at]) >= 0:
            task |= {"due": moment(due), "late_cost": money(arrays["task_late_cost"][at])}
        tasks.append(task)
    return {"leptonopt": 1, "time": head["time"], "pools": head["pools"], "tasks": tasks}


@pytest.mark.parametrize("seed", range(16))
def test_columns_cost_what_the_tree_costs(tmp_path: Path, seed: int) -> None:
    """The least cost by brute force, in money, is the same: units, hundredths, lateness, values, what fits where."""
    arrays = gaps(seed)
    built, tree = compile_columnar(load(saved(tmp_path, arrays))), compile_instance(validate(as_tree(arrays)))
    assert bool(built.impossible) == bool(tree.impossible)
    there, here = bruteforce.optimum(tree.problem), bruteforce.optimum(built.problem)
    assert there is not None
    assert here is not None
    assert here[0] * built.unit == there[0] * tree.unit


def test_columns_without_any_money(tmp_path: Path) -> None:
    """There is a unit all the same, and a plan that costs nothing."""
    arrays = two_hours()
    head = json.loads(arrays["head"].tobytes())
    head["pools"][0].pop("price")
    built = compile_columnar(
        load(saved(tmp_path, arrays | {"head": np.frombuffer(json.dumps(head).encode(), np.uint8)}))
    )
    best = bruteforce.optimum(built.problem)
    assert built.unit > 0
    assert best is not None
    assert best[0] == 0


def test_a_plan_in_columns_has_an_ending_that_tells_how(tmp_path: Path) -> None:
    """Others are refused by name."""
    with pytest.raises(UsageError, match=r"plan\.txt: a plan in columns is written as"):
        write_plan(tmp_path / "plan.txt", {}, {})


@pytest.mark.parametrize("seed", range(8))
def test_the_checker_reads_tables_as_arrays(tmp_path: Path, seed: int) -> None:
    """CSV and .npz become the same tables, also where tasks have no option: the first, the last, two in a row."""
    arrays = gaps(seed)
    from_csv, from_npz = read_folder(as_csv(tmp_path, arrays)), read_npz(saved(tmp_path, arrays))
    assert from_csv.keys() == from_npz.keys()
    for name in from_npz.keys() - {"head"}:
        assert from_csv[name].values.tolist() == from_npz[name].values.tolist(), name
        assert (from_csv[name].width, len(from_csv[name])) == (from_npz[name].width, len(from_npz[name])), name


@pytest.mark.parametrize(
    ("sheet", "old", "new", "why"),
    [
        ("options", "task,", "job,", "lacks the column task or a resource"),
        ("options", ",gpu", ",tpu", "lacks the column task or a resource"),
        ("options", "\n0,", "\n4,", "options.csv:2: task 4 is none, or does not ascend"),
        ("options", "\n3,", "\n2,", ""),
        ("options", "\n2,", "\n0,", "is none, or does not ascend"),
        ("tasks", "release", "release,more", "names in the first line"),
        ("tasks", "\n", "\nx", "whole numbers within 64 bits"),
    ],
)
def test_tables_that_are_none(tmp_path: Path, sheet: str, old: str, new: str, why: str) -> None:
    """A column that is not there, an owner out of turn, rows of another length, words."""
    folder = as_csv(tmp_path, tiny(3))
    file = folder / f"{sheet}.csv"
    file.write_text(file.read_text().replace(old, new, 1))
    if not why:
        read_folder(folder)
        return
    with pytest.raises(Malformed, match=why):
        read_folder(folder)


def npz(folder: Path, header: bytes, data: bytes, version: int = 1) -> Path:
    """A file with one array `a` of that header and data."""
    size = struct.pack("<H" if version == 1 else "<I", len(header))
    with zipfile.ZipFile(folder / "a.npz", "w") as archive:
        archive.writestr("a.npy", b"\x93NUMPY" + bytes([version, 0]) + size + header + data)
    return folder / "a.npz"


HEADER = b"{'descr': '<i4', 'fortran_order': False, 'shape': (2, 3), }\n"


@pytest.mark.parametrize("version", [1, 2])
def test_an_array_is_read_byte_by_byte(tmp_path: Path, version: int) -> None:
    """Rows of little-endian whole numbers, in both versions of the header."""
    table = read_npz(npz(tmp_path, HEADER, struct.pack("<6i", 1, -2, 3, 4, 5, 6), version))["a"]
    assert (table.values.tolist(), table.width, len(table)) == ([1, -2, 3, 4, 5, 6], 3, 2)


@pytest.mark.parametrize(
    ("old", "new", "data", "why"),
    [
        (b"", b"", 23, "shorter than its header says"),
        (b"", b"", 20, "shorter than its header says"),
        (b"", b"", 25, "longer than its header says"),
        (b"False", b"True", 24, "rows are allowed|whole numbers in rows"),
        (b"<i4", b">i4", 24, "rows are allowed|whole numbers in rows"),
        (b"<i4", b"<f4", 24, "rows are allowed|whole numbers in rows"),
        (b"(2, 3)", b"(2, 3, 1)", 24, "rows are allowed|whole numbers in rows"),
        (b"(2, 3)", b"()", 24, "rows are allowed|whole numbers in rows"),
        (b"(2, 3)", b"'ab'", 24, "header cannot be read"),
        (b"'shape'", b"'form'", 24, "header cannot be read"),
        (b"(2, 3)", b"(2147483648, 1)", 24, "shorter than its header says"),
        (b"(2, 3)", b"(2147483649, 1)", 24, "shorter than its header says"),
    ],
)
def test_arrays_that_are_none(tmp_path: Path, old: bytes, new: bytes, data: int, why: str) -> None:
    """Cut, too long, of another kind or order, without a shape, or larger than 8 GiB."""
    with pytest.raises(Malformed, match=why):
        read_npz(npz(tmp_path, HEADER.replace(old, new), bytes(data)))


def test_a_table_without_columns_has_no_rows() -> None:
    """Nothing is divided by its width."""
    assert len(Table(array("q"), 0)) == 0


def test_numbers_beyond_64_bits_are_refused(tmp_path: Path) -> None:
    """With the line; the greatest that fit are read."""
    (tmp_path / "a.csv").write_text(f"a,b\n1,{2**63 - 1}\n2,{-(2**63)}\n")
    assert read_csv(tmp_path / "a.csv")["b"].values.tolist() == [2**63 - 1, -(2**63)]
    (tmp_path / "a.csv").write_text(f"a,b\n1,2\n2,{2**63}\n")
    with pytest.raises(Malformed, match=r"a\.csv:3: .*whole numbers within 64 bits"):
        read_csv(tmp_path / "a.csv")


def test_tasks_that_can_never_run_are_counted(tmp_path: Path) -> None:
    """Five are named, of the others there is a number; what may be left out is not among them."""
    arrays = tiny(3, tasks=9, must=True)
    arrays["option_slots"][:] = 9
    said = compile_columnar(load(saved(tmp_path, arrays))).impossible
    assert [line.split(":")[0] for line in said] == [*(f"task {at}" for at in range(5)), "and 4 tasks more"]
    arrays["task_value"][:5] = 0
    said = compile_columnar(load(saved(tmp_path, arrays))).impossible
    assert [line.split(":")[0] for line in said] == [f"task {at}" for at in range(5, 9)]


# --- the checker of plans in columns against plain loops --------------------------------------------------


def offered(head: dict[str, Any], pool: int, name: str, slot: int) -> int | None:
    """What a pool offers in a slot; None where nothing limits it."""
    stated = head["pools"][pool]
    if stated["capacity"][name] == "unlimited":
        return None
    closed = [
        window["capacity"].get(name, stated["capacity"][name])
        for window in stated.get("maintenance", ())
        if int(window["from"][11:13]) <= slot < int(window["to"][11:13])
    ]
    return int(min([stated["capacity"][name], *closed]))


def price(head: dict[str, Any], pool: int, name: str, slot: int) -> Fraction:
    """Of a unit for an hour."""
    stated = head["pools"][pool]["price"].get(name, 0)
    if isinstance(stated, dict):
        stated = stated["steps"][f"2026-01-05T{slot:02}:00Z"]
    return Fraction(stated)


def judged(arrays: Arrays, lines: list[tuple[int, int, int, int]]) -> tuple[Fraction, Counter[tuple[str, Any]]]:
    """The cost of a plan, and (rule, amount) of everything wrong with it."""
    head = json.loads(arrays["head"].tobytes(), parse_float=Decimal)
    slots, names = int(head["time"]["horizon"][:-1]), head["resources"]
    ptr, wrong, cost = arrays["option_ptr"].tolist(), Counter[tuple[str, Any]](), Fraction(0)
    ran, load = Counter[int](), Counter[tuple[int, str, int]]()
    column = {name: values.tolist() for name, values in arrays.items() if name != "head"}
    for task, option, start, count in lines:
        if task not in range(len(ptr) - 1) or count < 1:
            wrong["form", None] += 1
            continue
        if option not in range(ptr[task], ptr[task + 1]):
            wrong["option", None] += 1
            continue
        end, pool = start + column["option_slots"][option], column["option_pool"][option]
        early, late = column["task_release"][task] - start, end - column["task_deadline"][task]
        if max(early, late) > 0:
            wrong["window", max(early, late)] += 1
        if start < 0 or end > slots:
            continue
        ran[task] += count
        one = Fraction(column["option_cost"][option], 100)
        for name, amount in zip(names, column["option_uses"][option], strict=True):
            if not amount:
                continue
            if name not in head["pools"][pool]["capacity"]:
                wrong["option", None] += 1
                continue
            for slot in range(start, end):
                one += amount * price(head, pool, name, slot)
                load[pool, name, slot] += amount * count
        if 0 <= column["task_due"][task] < end:
            one += Fraction((end - column["task_due"][task]) * column["task_late_cost"][task], 100)
        cost += one * count
    for (pool, name, slot), used in load.items():
        most = offered(head, pool, name, slot)
        if most is not None and used > most:
            wrong["capacity", used - most] += 1
    for task, copies in enumerate(column["task_copies"]):
        value = column["task_value"][task]
        if ran[task] > copies or (ran[task] < copies and value < 0):
            wrong["once", abs(ran[task] - copies)] += 1
        elif ran[task] < copies:
            cost += Fraction((copies - ran[task]) * value, 100)
    return cost, wrong


def checked(folder: Path, file: Path, lines: list[tuple[int, int, int, int]], claims: dict[str, Any]) -> Verdict:
    """Return the checker's verdict on a plan of these lines, whose summary is right but for `claims`."""
    columns = {name: [line[at] for line in lines] for at, name in enumerate(("task", "option", "start", "count"))}
    arrays = {name: np.array(values, np.int64) for name, values in columns.items()}
    summary = json.dumps(summarised(file, sum(columns["count"])) | claims)
    arrays["summary"] = np.frombuffer(summary.encode(), np.uint8)
    return verify_columns(file, saved(folder, arrays, "plan.npz"))


def summarised(file: Path, running: int) -> dict[str, Any]:
    """Return what a summary says besides cost, bound and status; it counts no copies left out where too many run."""
    with np.load(file) as stated:
        tasks, options, copies = len(stated["option_ptr"]) - 1, len(stated["option_pool"]), stated["task_copies"].sum()
        head = json.loads(stated["head"].tobytes())
    limits = {"time_limit": 60, "gap": 0, "threads": 1, "deterministic": False}
    made = {
        "leptonopt": "0",
        "python": "3",
        "engines": {},
        "seed": 0,
        "limits": limits,
        "seconds": {},
        "money_loss": "0",
    }
    return {
        "leptonopt_plan_columns": 1, "tasks": tasks, "options": options, "running": running,
        "left_out": max(0, int(copies) - running), "why": [], "method": "greedy", "made": made, "trace": [],
        "currency": head.get("currency", "USD"),
        "instance": {
            "name": head.get("name", "unnamed"), "file": file.name, "sha256": hashlib.sha256(file.read_bytes()).hexdigest()
        },
    }  # fmt: skip


def costing(cost: Fraction, /, **more: Any) -> dict[str, Any]:
    """Return what a summary says of a plan that costs so much; feasible, and without a bound, unless `more` says so."""
    status, bound = more.get("status", "feasible"), more.get("bound_exact")
    return {
        "cost_exact": str(cost), "cost": float(cost), "status": status, "gap": None, "bound_exact": None,
        "bound": None if bound is None else float(Fraction(bound)), "stop": "done" if status == "feasible" else "proof",
        "proof": {
            "by": ["greedy"] if bound is not None or status != "feasible" else [],
            "confirmed_by": [], "confirmation": None, "certified": None,
        },
    } | more  # fmt: skip


@pytest.mark.parametrize("seed", range(12))
def test_the_checker_finds_what_plain_loops_find(tmp_path: Path, seed: int) -> None:
    """Ten random plans each, most of them broken: the same cost, and the same rules broken by the same amounts."""
    arrays, dice = gaps(seed), random.Random(seed)
    if seed % 3 == 0:
        arrays["task_value"][::2] = -1
    file, ptr = saved(tmp_path, arrays), arrays["option_ptr"].tolist()
    for _ in range(10):
        lines = []
        for task in dice.choices([*range(4), *range(4), -1, 4], k=dice.randint(0, 6)):
            own = (
                range(ptr[task], ptr[task + 1])
                if task in range(4) and ptr[task] < ptr[task + 1]
                else range(ptr[-1] + 1)
            )
            option = dice.choice(own) if dice.random() < 0.9 else dice.randint(-1, ptr[-1])
            lines.append((task, option, dice.randint(-1, 7), dice.choice([1, 1, 1, 2, 0])))
        cost, wrong = judged(arrays, lines)
        if sum(count for _, _, _, count in lines) > arrays["task_copies"].sum():
            wrong["form", None] += 1  # fewer than no copies are left out
        verdict = checked(tmp_path, file, lines, costing(cost))
        shown = Counter({(rule, amount if amount is None else str(amount)): n for (rule, amount), n in wrong.items()})
        assert verdict.cost == cost
        assert Counter((found.rule, found.amount) for found in verdict.violations) == shown
        assert verdict.ok == (not wrong)
        assert not verdict.notes


CLAIMS: list[tuple[dict[str, Any], str]] = [
    ({}, ""),
    ({"bound_exact": "3/2", "gap": 0.25}, ""),
    ({"bound_exact": "3/2", "gap": 0.2500000002}, ""),
    ({"bound_exact": "3/2", "gap": 0.250002}, "gap"),
    ({"bound_exact": "3/2", "gap": 0.249998}, "gap"),
    ({"bound_exact": "2", "gap": 0, "status": "optimal"}, ""),
    ({"bound_exact": "2", "gap": 0}, ""),
    ({"bound_exact": "1999/1000", "gap": 0.0005, "status": "optimal"}, "status"),
    ({"bound_exact": "2001/1000", "gap": -0.0005}, "bound"),
    ({"status": "optimal"}, "bound"),
    ({"gap": 0.1}, "bound"),
    ({"bound_exact": "1"}, "gap"),
    ({"status": "infeasible", "why": ["no room"]}, "why status"),
    ({"cost_exact": "199/100"}, "cost_exact"),
    ({"cost": 2.01}, "cost"),
]


@pytest.mark.parametrize(("said", "where"), CLAIMS)
def test_what_a_summary_claims(tmp_path: Path, said: dict[str, Any], where: str) -> None:
    """A plan that costs 2: what its summary says of cost, bound, gap and status is right, or is named."""
    file = saved(tmp_path, two_hours())
    verdict = checked(tmp_path, file, [(0, 0, 0, 1)], costing(Fraction(2), **said))
    assert [found.witness for found in verdict.violations] == where.split()
    free = saved(tmp_path, two_hours() | {"option_cost": np.array([-200], np.int32)}, "free.npz")
    assert not checked(tmp_path, free, [(0, 0, 0, 1)], costing(Fraction(0), bound_exact="0", gap=0)).violations
    wrong = checked(tmp_path, free, [(0, 0, 0, 1)], costing(Fraction(0), bound_exact="-1", gap=0.5))
    assert [found.witness for found in wrong.violations] == ["gap"]


def two_hours() -> Arrays:
    """One task of two hours at 1 an hour."""
    time = {"start": "2026-01-05T00:00Z", "slot": "1h", "horizon": "4h"}
    pools = [{"id": "p", "capacity": {"gpu": 1}, "price": {"gpu": 1}}]
    head = {"columns": 1, "leptonopt": 1, "time": time, "resources": ["gpu"], "pools": pools}
    columns = {
        "task_release": [0], "task_deadline": [4], "task_copies": [1], "task_value": [-1], "task_due": [-1],
        "task_late_cost": [0], "option_ptr": [0, 1], "option_pool": [0], "option_slots": [2], "option_cost": [0],
        "option_uses": [[1]],
    }  # fmt: skip
    found = {name: np.array(values, np.int32) for name, values in columns.items()}
    return found | {"head": np.frombuffer(json.dumps(head).encode(), np.uint8)}


@pytest.mark.parametrize(
    ("name", "values", "why"),
    [
        ("task_after", [0], "precedence is not checked in columns"),
        ("task_after", [-1], ""),
        ("option_ptr", [1, 1], "does not go from 0 to 1"),
        ("option_ptr", [0, 2], "does not go from 0 to 1"),
        ("option_ptr", [-1, 1], "does not ascend"),
        ("option_pool", [1], "there is no such pool"),
        ("option_pool", [-1], "there is no such pool"),
        ("option_slots", [-1], "takes less than no time, or uses less than nothing"),
        ("option_uses", [[-1]], "takes less than no time, or uses less than nothing"),
        ("option_uses", [[1, 1]], "option_uses has 2 columns; there are 1 resources"),
        ("task_copies", [1, 1], "task_copies has 2 entries; 1 are needed"),
        ("task_colour", [1], "no such column as 'task_colour'"),
    ],
)
def test_columns_that_the_checker_refuses(tmp_path: Path, name: str, values: Any, why: str) -> None:
    """In words, by the column."""
    file = saved(tmp_path, two_hours() | {name: np.array(values, np.int32)})
    said = [found.message for found in checked(tmp_path, file, [(0, 0, 0, 1)], costing(Fraction(2))).violations]
    assert len(said) == bool(why)
    assert why in "".join(said)


def test_of_very_many_violations_some_are_listed_and_all_are_counted(tmp_path: Path) -> None:
    """The note says how many more there are; that more run than there are copies is one of them."""
    verdict = checked(
        tmp_path, saved(tmp_path, two_hours()), [(0, 0, 0, 1), *[(9, 0, 0, 1)] * 500], costing(Fraction(2))
    )
    listed = len(verdict.violations)
    assert 0 < listed < 500
    assert verdict.notes == (f"{501 - listed} more violations are not listed",)
