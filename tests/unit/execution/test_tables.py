"""Plans as CSV, workbooks and calendars, read back by other libraries."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime
from decimal import Decimal

import icalendar
import openpyxl

from leptonopt.execution.tables import HEAD, calendar_text, csv_text, plan_sheets, rows, workbook
from tests.helpers import plans
from tests.unit.execution.samples import PLAN, runs

FOUND = rows(list(runs().values()), PLAN)


def test_csv() -> None:
    """One line a run; costs are those of each copy, and nothing is a formula."""
    lines = list(csv.DictReader(io.StringIO(csv_text([*FOUND, ("=1+1", *FOUND[0][1:])]))))
    assert [line["task"] for line in lines] == ["big", "prep", "train", "sweep", "sweep", "sweep", "'=1+1"]
    train = lines[2]
    assert (train["hours"], train["uses"], train["cost"]) == ("2.000000", "gpu=4 cpu=7.5 memory_mib=4096", "3")
    assert [line["copy"] for line in lines[3:6]] == ["1", "2", "3"]


def test_workbook() -> None:
    """Numbers are numbers, instants instants, and a text that looks like a formula is a text."""
    data = workbook({"tasks": [HEAD, *FOUND, ("=1+1", *FOUND[0][1:])], "bill": [("total", Decimal("3.5"))]})
    book = openpyxl.load_workbook(io.BytesIO(data))
    sheet = book["tasks"]
    assert [cell.value for cell in sheet[1]] == list(HEAD)
    assert sheet["G4"].value == datetime(2026, 11, 30, 7)
    assert (sheet["I4"].value, sheet["K4"].value) == (2, 3)
    assert (sheet["A8"].value, sheet["A8"].data_type) == ("=1+1", "s")
    assert book["bill"]["B1"].value == 3.5


def test_sheets_of_a_plan() -> None:
    """The bill by pool, the figures, and use; no sheet of what there is nothing of, and none without a plan."""
    plan = plans.plan(plans.task("train", "a", 0, 2, 8), plans.task("test", "b", 2, 1, 2))
    found = plan_sheets(plan)
    assert list(found) == ["bill", "figures", "utilisation", "pools"]
    assert ("total_cost", 10) in found["figures"]
    assert [row[0] for row in found["pools"]] == ["pool", "a", "b"]
    assert plan_sheets(plans.none()) == {}
    book = openpyxl.load_workbook(io.BytesIO(workbook(found)))
    assert book["pools"]["C2"].value is not None


def test_calendar() -> None:
    """Every run is an event with its pool as location."""
    data = calendar_text(list(runs().values()), "night", datetime(2026, 11, 30, tzinfo=UTC))
    events = icalendar.Calendar.from_ical(data).walk("VEVENT")
    assert [str(event["summary"]) for event in events][:3] == ["big", "prep", "train"]
    assert events[2]["dtstart"].dt == datetime(2026, 11, 30, 7, tzinfo=UTC)
    assert str(events[2]["location"]) == "gpu"
