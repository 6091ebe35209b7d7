"""The object around a plan document."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

import leptonopt
from leptonopt.plan.plan import Plan
from tests.helpers import plans


@pytest.fixture
def plan() -> Plan:
    """Return a plan with a task of one copy and one of five."""
    return Plan(
        plans.plan(
            plans.task("one", "a", 0, 2, 8),
            plans.task("many", "b", 2, 1, 2, copy=1, copies=3),
            plans.task("many", "b", 4, 1, 2, copy=4, copies=2),
        )
    )


def test_shortcuts(plan: Plan) -> None:
    """Cost, tasks, bill and figures of the document."""
    assert plan.cost == Fraction(12)
    assert [line["id"] for line in plan.tasks] == ["one", "many", "many"]
    assert plan.bill["total"] == 12
    assert plan.figures["net_benefit"] == -12


@pytest.mark.parametrize(
    ("id", "copy", "at"), [("one", 1, 0), ("many", 1, 1), ("many", 3, 1), ("many", 4, 2), ("many", 5, 2)]
)
def test_entries_of_copies(plan: Plan, id: str, copy: int, at: int) -> None:
    """The entry that a copy is in."""
    assert plan.entry(id, copy) is plan.tasks[at]


@pytest.mark.parametrize(("id", "copy"), [("one", 2), ("many", 0), ("many", 6), ("none", 1)])
def test_copies_that_do_not_run(plan: Plan, id: str, copy: int) -> None:
    """A KeyError with the task and the copy."""
    with pytest.raises(KeyError):
        plan.entry(id, copy)


def test_a_frame(plan: Plan) -> None:
    """A row for each entry; times as instants of UTC, copies as whole numbers."""
    frame = plan.to_pandas()
    assert frame["copies"].tolist() == [1, 3, 2]
    assert str(frame["start"].dtype).endswith("UTC]")
    assert frame["pool"].tolist() == ["a", "b", "b"]
    assert Plan(plans.plan(pools=("a",))).to_pandas().empty


def test_text(plan: Plan) -> None:
    """A headline and a line for each entry."""
    lines = str(plan).splitlines()
    assert lines[0] == "optimal: 12 USD, 6 tasks"
    assert lines[2].endswith("many #1-3  b x1  2")


def test_representations(plan: Plan, tmp_path: Path) -> None:
    """A line, a page in a frame without scripts, and a figure."""
    assert repr(plan).startswith("<Plan of ")
    assert len(repr(plan)) < 200
    assert plan.typed is plan.document


def test_pictures_of_a_real_plan(tmp_path: Path) -> None:
    """The page is escaped within its frame; the figure is written where a path is given."""
    option = {"pool": "a", "uses": {"gpu": 1}, "duration": "1h"}
    stated = {
        "name": "<b>x</b>",
        "time": {"start": "2026-01-05T00:00Z", "slot": "1h", "horizon": "4h"},
        "pools": [{"id": "a", "capacity": {"gpu": 2}, "price": {"gpu": 1}}],
        "tasks": [{"id": "t", "options": [option]}],
    }
    result = leptonopt.solve(stated, time_limit=10)
    found = result.require_plan()
    page = result._repr_html_()
    assert page is not None
    assert page.startswith('<iframe srcdoc="&lt;!doctype html&gt;')
    assert "<b>" not in page
    assert " sandbox " in page
    assert repr(result) == "<Result optimal, cost 1, bound 1, stopped by proof>"
    assert len(found.plot(stated, tmp_path / "plan.svg").axes) >= 2
    assert (tmp_path / "plan.svg").stat().st_size > 1000
