"""Plans as tables and calendars: CSV, XLSX and iCalendar."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from leptonopt.errors import UsageError
from leptonopt.execution.planned import PlannedRun
from leptonopt.plan.as_written import as_written
from leptonopt.plan.entries import each_copy

HEAD = (
    "task",
    "copy",
    "team",
    "pool",
    "option",
    "variant",
    "start",
    "end",
    "hours",
    "uses",
    "cost",
    "late_hours",
    "charged",
    "metered",
    "segment",
)


def rows(runs: Sequence[PlannedRun], plan: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """Return one row for each run under the columns of `HEAD`; costs are those of each copy."""
    lines = {(*key, line.get("segment", 0)): line for key, line in each_copy(plan.get("tasks", ()))}
    return [_row(run, lines[run.task, run.copy, run.segment.planned if run.segment else 0]) for run in runs]


def _row(run: PlannedRun, line: Mapping[str, Any]) -> tuple[Any, ...]:
    uses = " ".join(f"{name}={amount:f}" for name, amount in run.uses.items())
    copy = run.copy if "#" in run.key else ""
    hours = Decimal(run.seconds) / 3600
    return (
        run.task, copy, run.team or "", run.pool, run.option, run.variant or "", run.start, run.end,
        round(hours, 6), uses, Decimal(str(line["cost"])), Decimal(str(line.get("late_hours", 0))),
        Decimal(str(line.get("charged", 0))), Decimal(str(line.get("metered", 0))),
        run.segment.number if run.segment else "",
    )  # fmt: skip


def plan_sheets(plan: Mapping[str, Any]) -> dict[str, list[tuple[Any, ...]]]:
    """Return sheets beside that of the tasks: bill, figures, use, pools, teams, replicas, nodes, limits.

    What there is nothing of has no sheet. A plan file without a plan has no sheet.
    """
    if not plan.get("bill"):
        return {}
    plan = as_written(plan)
    bill = plan["bill"]
    currency, figures = plan.get("currency", ""), plan["figures"]
    ways = [{"service": each["id"], **way} for each in plan.get("services", ()) for way in each["ways"]]
    found = {
        "bill": [("what", currency), *((name, value) for name, value in bill.items() if _is_number(value))],
        "figures": [("figure", "value"), *figures.items()],
        "utilisation": _table(plan["utilisation"]),
        "pools": _table(bill["pools"]),
        "teams": _table(bill.get("teams", ())),
        "replicas": _table(ways),
        **{name: _table(plan.get(name, ())) for name in ("nodes", "quotas", "meters", "savings")},
    }
    return {name: rows for name, rows in found.items() if len(rows) > 1}


def _table(lines: Sequence[Mapping[str, Any]]) -> list[tuple[Any, ...]]:
    """Return entries of a plan as rows under their keys, without what is a list or a mapping."""
    heads = [key for key, value in lines[0].items() if not isinstance(value, list | dict)] if lines else []
    return [tuple(heads), *(tuple(line.get(key) for key in heads) for line in lines)]


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)


def csv_text(found: Iterable[Sequence[Any]], head: Sequence[str] = HEAD) -> str:
    """Return rows as CSV under their head; a cell that looks like a formula begins with `'`."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(head)
    for row in found:
        writer.writerow([_cell(value) for value in row])
    return out.getvalue()


def _cell(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%dT%H:%M:%SZ")
    if isinstance(value, Decimal):
        return f"{value:f}"
    return f"'{value}" if isinstance(value, str) and value[:1] in "=+-@\t\r" and value else value


def calendar_text(runs: Sequence[PlannedRun], project: str, stamp: datetime) -> bytes:
    """Return the runs as events of an iCalendar file (RFC 5545), made at the instant `stamp`.

    Raises
    ------
    UsageError
        When the package icalendar is not installed.
    """
    try:
        from icalendar import Calendar, Event
    except ImportError:
        raise UsageError("a calendar needs a package: pip install 'leptonopt[export]'") from None
    calendar = Calendar()
    calendar.add("prodid", "-//leptonopt//plan//EN")
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", project)
    for run in runs:
        event = Event()
        event.add("uid", f"{run.key}@{project}.leptonopt")
        event.add("dtstamp", stamp)
        event.add("dtstart", run.start)
        event.add("dtend", run.end)
        event.add("summary", run.key)
        event.add("location", run.pool)
        uses = "".join(f"\n{name}: {amount:f}" for name, amount in run.uses.items())
        event.add("description", f"{run.option}{uses}")
        calendar.add_component(event)
    return bytes(calendar.to_ical())


def workbook(sheets: Mapping[str, Sequence[Sequence[Any]]]) -> bytes:
    """Return an XLSX workbook: a sheet for each name, its first row in bold; numbers and instants as such.

    Raises
    ------
    UsageError
        When the package XlsxWriter is not installed.
    """
    try:
        import xlsxwriter
    except ImportError:
        raise UsageError("a workbook needs a package: pip install 'leptonopt[export]'") from None
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True, "remove_timezone": True, "strings_to_formulas": False})
    bold, instant = book.add_format({"bold": True}), book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
    for name, found in sheets.items():
        sheet = book.add_worksheet(name[:31])
        for at, row in enumerate(found):
            for column, value in enumerate(row):
                _put(sheet, at, column, value, instant if isinstance(value, datetime) else bold if not at else None)
        sheet.freeze_panes(1, 0)
        sheet.autofit()
    book.close()
    return out.getvalue()


def _put(sheet: Any, row: int, column: int, value: Any, form: Any) -> None:
    """Write a cell: texts as texts, never as formulas or links."""
    if isinstance(value, datetime):
        sheet.write_datetime(row, column, value, form)
    elif _is_number(value):
        sheet.write_number(row, column, float(value), form)
    elif value is not None:
        sheet.write_string(row, column, str(value), form)
