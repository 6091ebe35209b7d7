"""Checker for instances and plans in columns: every rule, every cent, a certificate's bound.

Standard library only, as all of `leptonopt.verify`; it reads the files itself, in machine integers, and adds up in
whole parts of money. A million tasks take minutes and some hundred megabytes. The rules by their names: form, once,
option, window, capacity, cost, status.
"""

from __future__ import annotations

from array import array
from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from itertools import accumulate
from math import floor, lcm
from pathlib import Path
from typing import Any

from leptonopt.verify.claims import Claims, other_instance_message
from leptonopt.verify.columnar_reader import Table, document, fingerprint, names_of, read_csv, read_folder, read_npz
from leptonopt.verify.document_kinds import kind_of_columns, wrong_kind_message
from leptonopt.verify.exact import Findings, Malformed, Unreadable, Verdict
from leptonopt.verify.instance_reader import StatedInstance
from leptonopt.verify.schema_check import load_schema, schema_violations

TASK = {
    "release": None,
    "deadline": None,
    "copies": 1,
    "value": -1,
    "after": -1,
    "due": -1,
    "late_cost": 0,
    "of": -1,
    "home": 0,
    "spot": 0,
}
OPTION = {"pool": None, "slots": None, "cost": 0, "of": -1}
NOT_HERE = ("tasks", "profiles", "services", "batches", "quotas", "meters", "savings", "together", "apart", "objective")
NOT_IN_POOLS = ("nodes", "billing", "power", "carbon")
MOST_OPTIONS = 20_000  # beyond, nothing is read; as many starts are too many for the second model


class StatedColumns:
    """An instance in columns, read for checking; money in whole parts of `1 / part`.

    Attributes
    ----------
    rows : per pool and resource, the number of a row; None where the pool has no such resource
    prefix : per row, money for a unit from the start of the horizon to each slot's beginning, in parts
    offered : per row and slot, whole units; None where nothing limits them
    """

    def __init__(self, path: Path) -> None:
        tables = read_folder(path) if path.is_dir() else read_npz(path)
        if wrong := wrong_kind_message(kind_of_columns(tables), "an instance in columns"):
            raise Unreadable(f"{path}: {wrong}; give the file of the instance itself")
        if "head" not in tables:
            raise Unreadable(f"{path}: has no head")
        self.head = document(tables.pop("head"), f"{path}: head")
        self.name = path.name
        if self.head.get("columns") != 1:
            raise Malformed("not columns of version 1 (columns: 1)")
        for key in NOT_HERE:
            if self.head.get(key):
                raise Malformed(f"head: {key} is not checked in columns")
        self.stated = StatedInstance({**self.head, "tasks": ()})
        self.resources = names_of(self.head)
        self.pools = [pool["id"] for pool in self.head["pools"]]
        for pool in self.head["pools"]:
            for key in NOT_IN_POOLS:
                if pool.get(key):
                    raise Malformed(f"head: {key} of pool {pool['id']!r} is not checked in columns")
        self._columns(tables)
        self._money()

    def _columns(self, tables: dict[str, Table]) -> None:
        for name in ("option_ptr", "option_uses"):
            if name not in tables:
                raise Malformed(f"has no array {name}")
        uses = tables.pop("option_uses")
        if wide := [name for name, table in tables.items() if table.width != 1]:
            raise Malformed(f"{wide[0]!r}: several numbers a row; one is allowed")
        self.ptr = tables.pop("option_ptr").values
        self.tasks, self.options, self.uses, self.width = len(self.ptr) - 1, len(uses), uses.values, len(self.resources)
        if uses.width != self.width:
            raise Malformed(f"option_uses has {uses.width} columns; there are {self.width} resources")
        self.task: dict[str, array[int]] = {}
        self.option: dict[str, array[int]] = {}
        if self.tasks < 0:
            raise Malformed("option_ptr is empty; it has one entry more than there are tasks")
        for kind, known, into, length in (
            ("task", TASK, self.task, self.tasks), ("option", OPTION, self.option, self.options)
        ):  # fmt: skip
            for name, other in known.items():
                table = tables.pop(f"{kind}_{name}", None)
                if table is None and other is None:
                    raise Malformed(f"has no array {kind}_{name}")
                into[name] = array("b", [other or 0]) * length if table is None else table.values
                if len(into[name]) != length:
                    raise Malformed(f"{kind}_{name} has {len(into[name])} entries; {length} are needed")
        if tables:
            raise Malformed(f"there is no such column as {sorted(tables)[0]!r}")
        self._check_references()

    def _check_references(self) -> None:
        """Check that the options of tasks are in a row, and that pools exist."""
        last = 0
        for at in self.ptr:
            if at < last:
                raise Malformed("option_ptr does not ascend")
            last = at
        if self.ptr[0] != 0 or last != self.options:
            raise Malformed(f"option_ptr does not go from 0 to {self.options}")
        if max(self.task["after"], default=-1) >= 0:
            raise Malformed("precedence is not checked in columns")
        pool = self.option["pool"]
        if self.options and not (min(pool) >= 0 and max(pool) < len(self.pools)):
            raise Malformed("option_pool: there is no such pool")
        if self.options and (min(self.option["slots"]) < 0 or (self.width and min(self.uses) < 0)):
            raise Malformed("an option takes less than no time, or uses less than nothing")

    def _money(self) -> None:
        """Rows with their prices and what they offer."""
        stated, sums = self.stated, list[list[Fraction]]()
        self.rows: list[list[int | None]] = []
        self.offered: list[list[int | None]] = []
        for pool in self.pools:
            mine: list[int | None] = []
            for name in self.resources:
                if name not in stated.resources[pool]:
                    mine.append(None)
                    continue
                mine.append(len(sums))
                sums.append(stated.price_sum(pool, name))
                least = stated.least(pool, name)
                self.offered.append([None if most is None else floor(most) for most in least])
            self.rows.append(mine)
        self.late_part = Fraction(stated.slot, 3600 * 100)
        self.part = lcm(100, self.late_part.denominator, *(value.denominator for line in sums for value in line))
        self.prefix = [[int(value * self.part) for value in line] for line in sums]
        self.cent = self.part // 100
        self.late_unit = int(self.late_part * self.part)

    def late(self, task: int, end: int) -> int:
        """Return the payment of a task for ending at a slot, in parts."""
        due = self.task["due"][task]
        return (end - due) * self.task["late_cost"][task] * self.late_unit if 0 <= due < end else 0


UNEXPECTED = (KeyError, TypeError, ValueError, AttributeError, IndexError, ArithmeticError, OSError, RecursionError)


def sheets_of(path: Path) -> StatedColumns:
    """The instance of a file or folder; raises `Unreadable` for what is none."""
    try:
        return StatedColumns(path)
    except Unreadable:
        raise
    except Malformed as error:
        raise Unreadable(f"{path}: {error}") from None
    except UNEXPECTED as error:
        text = f"{path}: not an instance in columns: {type(error).__name__}: {error}"
        raise Unreadable(f"{text[:300]}; `validate` says what is wrong") from None


def check_columns(instance: Path, plan: Path, any_instance: bool = False) -> tuple[Verdict, Mapping[str, Any]]:
    """Return the verdict on a plan in columns, and its summary.

    The plan is `.npz`, or `.csv` with a `.json` beside it. A plan whose `instance.sha256` is not that of the instance's
    files is refused in one line, unless `any_instance` asks for it to be judged all the same. The summary is empty
    where it cannot be read.

    Raises `Unreadable` where a file is not what it should be.
    """
    sheets, summary = sheets_of(instance), dict[str, Any]()
    try:
        stated, columns = _plan(plan)
        findings = Findings()
        for place, what in schema_violations(stated, load_schema("plan-columns")):
            findings.say("form", place, what)
        if findings.found:
            return Verdict(False, tuple(findings.found), None, findings.notes()), {}
        summary |= stated
        why = other_instance_message(summary, sheets.head, fingerprint(instance))
        if why and not any_instance:
            findings.say("form", "", why)
            return Verdict(False, tuple(findings.found), None), summary
        return ColumnarChecker(sheets, summary, columns, not why).verdict(), summary
    except Unreadable:
        raise
    except Malformed as error:
        return _objection(str(error)), summary
    except UNEXPECTED as error:
        return _objection(f"the files cannot be compared: {type(error).__name__}: {error}"[:300]), summary


def verify_columns(instance: Path, plan: Path, any_instance: bool = False) -> Verdict:
    """As `check_columns`, with an objection to what cannot be read."""
    try:
        return check_columns(instance, plan, any_instance)[0]
    except Unreadable as error:
        return _objection(str(error))


def cost_of_columns(instance: Path, plan: Path) -> Fraction:
    """Return the cost of a plan in columns, whatever it claims.

    Raises `Malformed` for what is no plan.
    """
    sheets = StatedColumns(instance)
    check = ColumnarChecker(sheets, *_plan(plan), True)
    return Fraction(check.parts(), sheets.part)


def _objection(text: str) -> Verdict:
    findings = Findings()
    findings.say("form", "", text)
    return Verdict(False, tuple(findings.found), None)


def _plan(path: Path) -> tuple[Mapping[str, Any], dict[str, array[int]]]:
    if path.suffix.lower() == ".csv":
        beside = path.with_suffix(".json")
        try:
            summary = document(Table(array("B", beside.read_bytes())), str(beside))
        except OSError as error:
            raise Unreadable(f"{beside}: cannot be read: {error.strerror or error}") from None
        tables = read_csv(path)
    else:
        if path.suffix.lower() == ".json":
            raise Unreadable(f"{path}: is not a plan in columns; give a .npz, or the .csv that a summary belongs to")
        tables = read_npz(path)
        if "summary" not in tables:
            wrong = (
                wrong_kind_message(kind_of_columns(tables), "a plan in columns")
                or "not a plan in columns: it has no summary"
            )
            raise Unreadable(f"{path}: {wrong}")
        summary = document(tables.pop("summary"), f"{path}: summary")
    if summary.get("leptonopt_plan_columns") != 1:
        raise Malformed("not a plan in columns of version 1 (leptonopt_plan_columns: 1)")
    for name in ("task", "option", "start", "count"):
        if name not in tables or tables[name].width != 1 or len(tables[name]) != len(tables["task"]):
            raise Malformed(f"the plan has no column {name!r}, or one of another length")
    if unknown := sorted(tables.keys() - {"task", "option", "start", "count"}):
        raise Malformed(f"the plan has a column {unknown[0]!r}; allowed are task, option, start and count")
    return summary, {name: table.values for name, table in tables.items()}


class ColumnarChecker:
    """The check of a plan against its instance."""

    def __init__(
        self, sheets: StatedColumns, summary: Mapping[str, Any], plan: Mapping[str, array[int]], same: bool
    ) -> None:
        self.sheets, self.summary, self.plan, self.is_own = sheets, summary, plan, same
        self.findings = Findings()
        self.say = self.findings.say

    def verdict(self) -> Verdict:
        """All rules, in order."""
        notes = () if self.is_own else ("the plan was made for another instance (sha256 differs)",)
        claims = Claims(self.summary, self.findings)
        claims.check(self.sheets.head, self.is_own)
        self._counts()
        cost = Fraction(self.parts(), self.sheets.part)
        claims.check_cost(cost)
        claims.check_status(cost)
        return Verdict(not self.findings.found, tuple(self.findings.found), cost, (*notes, *self.findings.notes()))

    def _counts(self) -> None:
        """Check what the summary counts."""
        sheets, ran = self.sheets, sum(self.plan["count"])
        counts = {"tasks": sheets.tasks, "options": sheets.options, "running": ran}
        counts["left_out"] = sum(sheets.task["copies"]) - ran
        for key, true in counts.items():
            if self.summary[key] != true:
                self.say("form", key, f"is {self.summary[key]}, not {true}")

    def parts(self) -> int:
        """Once, option, window and capacity; the cost in parts."""
        sheets, say, slots = self.sheets, self.say, self.sheets.stated.slots
        ran, total = array("q", bytes(8 * sheets.tasks)), 0
        change = [[0] * (slots + 1) for _ in sheets.prefix]
        pool, length, fixed = sheets.option["pool"], sheets.option["slots"], sheets.option["cost"]
        release, deadline, due, ptr = sheets.task["release"], sheets.task["deadline"], sheets.task["due"], sheets.ptr
        width, uses, cent = sheets.width, sheets.uses, sheets.cent
        columns = (self.plan[name] for name in ("task", "option", "start", "count"))
        for line, (task, option, start, count) in enumerate(zip(*columns, strict=True)):
            if not 0 <= task < sheets.tasks or count < 1:
                say("form", f"row {line}", f"task {task}, count {count}: there is no such task, or nothing runs")
                continue
            if not ptr[task] <= option < ptr[task + 1]:
                say("option", f"task {task}", f"option {option} is none of its options")
                continue
            end = start + length[option]
            if start < release[task] or end > deadline[task] or start < 0 or end > slots:
                text = f"runs in slots {start} to {end}, allowed are {release[task]} to {deadline[task]}"
                say("window", f"task {task}", text, max(release[task] - start, end - deadline[task]))
                if start < 0 or end > slots:
                    continue
            ran[task] += count
            one = fixed[option] * cent
            rows = sheets.rows[pool[option]]
            for at in range(width):
                if amount := uses[option * width + at]:
                    row = rows[at]
                    if row is None:
                        say("option", f"task {task}", f"uses {sheets.resources[at]}, which its pool does not have")
                        continue
                    prefix = sheets.prefix[row]
                    one += amount * (prefix[end] - prefix[start])
                    change[row][start] += amount * count
                    change[row][end] -= amount * count
            if 0 <= due[task] < end:
                one += sheets.late(task, end)
            total += one * count
        self._capacity(change)
        return total + self._left_out(ran)

    def _left_out(self, ran: array[int]) -> int:
        """Every copy once; the value of those left out, in parts."""
        sheets, total = self.sheets, 0
        for task, (count, copies, value) in enumerate(
            zip(ran, sheets.task["copies"], sheets.task["value"], strict=True)
        ):
            if count > copies:
                self.say("once", f"task {task}", f"{count} copies run, there are {copies}", count - copies)
            elif count < copies:
                if value < 0:
                    text = f"{copies - count} of its copies do not run, and it is not optional"
                    self.say("once", f"task {task}", text, copies - count)
                else:
                    total += (copies - count) * value * sheets.cent
        return total

    def _capacity(self, change: list[list[int]]) -> None:
        sheets = self.sheets
        for pool, rows in zip(sheets.pools, sheets.rows, strict=True):
            for name, row in zip(sheets.resources, rows, strict=True):
                if row is None:
                    continue
                for slot, (load, most) in enumerate(zip(accumulate(change[row]), sheets.offered[row], strict=False)):
                    if most is not None and load > most:
                        where = f"pool {pool!r} {name} at {sheets.stated.shown(slot)}"
                        self.say("capacity", where, f"{load} in use, {most} there", load - most)


def document_of_columns(path: Path) -> dict[str, Any]:
    """The document of an instance in columns: tasks and options by their positions; raises `Malformed`."""
    sheets = StatedColumns(path)
    head = {key: value for key, value in sheets.head.items() if key not in ("columns", "resources")}
    return head | {"tasks": [_task(sheets, at) for at in range(sheets.tasks)]}


def _task(sheets: StatedColumns, at: int) -> dict[str, Any]:
    column = {name: values[at] for name, values in sheets.task.items()}
    task: dict[str, Any] = {
        "id": str(at),
        "copies": column["copies"],
        "release": sheets.stated.shown(column["release"]),
        "deadline": sheets.stated.shown(column["deadline"]),
        "options": [_option(sheets, option) for option in range(sheets.ptr[at], sheets.ptr[at + 1])],
    }
    if column["value"] >= 0:
        task |= {"optional": True, "value": _money(column["value"])}
    if column["due"] >= 0:
        task |= {"due": sheets.stated.shown(column["due"]), "late_cost": _money(column["late_cost"])}
    return task


def _option(sheets: StatedColumns, option: int) -> dict[str, Any]:
    own = sheets.uses[option * sheets.width : (option + 1) * sheets.width]
    return {
        "id": str(option),
        "pool": sheets.pools[sheets.option["pool"][option]],
        "uses": {name: count for name, count in zip(sheets.resources, own, strict=True) if count},
        "duration": f"{sheets.option['slots'][option] * sheets.stated.slot}s",
        "cost": _money(sheets.option["cost"][option]),
    }


def _money(cents: int) -> Decimal:
    return Decimal(cents) / 100
