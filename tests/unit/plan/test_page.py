"""A plan as one HTML page: sections, sums, escaping, sizes."""

from __future__ import annotations

from datetime import UTC, datetime
from html.parser import HTMLParser
from typing import Any

import pytest

from leptonopt.errors import UsageError
from leptonopt.instance import validate
from leptonopt.plan.page import PlanPage
from tests.helpers import plans


class Nesting(HTMLParser):
    """Every element that is opened is closed in order; what would load something is noted."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.loads: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note the element."""
        self.loads += [f"{name}={value}" for name, value in attrs if name in ("src", "href") and value[:1] != "#"]  # type: ignore[index]
        self.loads += [tag] * (tag in ("script", "link", "iframe", "img"))
        if tag not in ("meta", "path", "rect"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Close the element."""
        if tag not in ("meta", "path", "rect"):
            assert self.open.pop() == tag


def stated(**train: Any) -> dict[str, Any]:
    """Return the instance by hand, with more on its first task."""
    first, *rest = plans.INSTANCE["tasks"]
    return {**plans.INSTANCE, "tasks": [{**first, **train}, *rest]}


def small(**more: Any) -> dict[str, Any]:
    """Return a plan of two tasks."""
    return plans.plan(plans.task("train", "a", 0, 2, 8), plans.task("test", "b", 2, 1, 2), **more)


def test_all_sections() -> None:
    """With instance, earlier plan and prices every section is there."""
    prices = [("gpu of a", "x", "y", "1.5", "USD per unit and hour", "3")]
    made = datetime(2026, 11, 30, tzinfo=UTC)
    earlier = plans.plan(plans.task("train", "b", 0, 2, 9))
    document = small()
    document["bill"]["teams"] = [{"team": "nlp", "tasks": 1, "own": 8, "charged": 0, "total": 8}]
    text = PlanPage(document, validate(stated(team="nlp")), earlier, prices, made).html()
    for words in ("By pool", "By team", "Gantt chart", "Load against capacity", "No plan costs less; this is proven",
                  "1 moved, 1 new", "gpu of a", "2 entries", "made 2026-11-30 00:00 UTC"):  # fmt: skip
        assert words in text, words


def test_the_plan_alone() -> None:
    """What needs more is not there."""
    text = PlanPage(small()).html()
    for words in ("By team", 'id="changes"', 'id="prices"'):
        assert words not in text
    assert "Gantt chart" in text


@pytest.mark.parametrize("tasks", [1, 10, 1_000])
def test_pages_are_well_formed_and_load_nothing(tasks: int) -> None:
    """Elements are nested, nothing is fetched; a thousand tasks are less than a megabyte."""
    text = PlanPage(plans.crowd(tasks, 5)).html()
    parsed = Nesting(text)
    assert parsed.open == []
    assert parsed.loads == []
    assert len(text) < 1_000_000


def test_names_are_text() -> None:
    """Whatever tasks, pools, options, teams and methods are called."""
    bad = "<script>alert(1)</script>"
    document = plans.plan(plans.task(bad, bad, 0, 2, 8, option=bad, variant=bad), method=bad, currency=bad)
    document["instance"]["name"] = bad
    document["left_out"] = [{"id": bad, "value": 1}]
    text = PlanPage(document, None, document | {"tasks": []}, [(bad,) * 6]).html()
    assert "<script" not in text
    assert Nesting(text).open == []


def test_teams_sum_to_the_bill() -> None:
    """Nodes belong to no team; services do."""
    document = small()
    line = {"team": "nlp", "tasks": 1, "own": 8, "charged": 0, "total": 8}
    document["bill"] |= {"teams": [line, {**line, "team": None, "own": 1, "total": 1}], "total": 12}
    text = PlanPage(document).html()
    word = ' class="word"'
    for row in (("nlp", "1", "8", "0", "8"), ("charged to nobody", "", "", "", "3"), ("total", "2", "", "", "12")):
        assert "".join(f"<td{word * (not at)}>{cell}</td>" for at, cell in enumerate(row)) in text


def test_no_plan() -> None:
    """There is nothing to show."""
    with pytest.raises(UsageError, match="no plan to show"):
        PlanPage(plans.none("infeasible", "x")).html()


def test_nothing_is_scarce() -> None:
    """An empty price book says so."""
    assert "nothing is scarce" in PlanPage(small(), prices=[]).html()


def test_an_empty_plan() -> None:
    """A plan that leaves everything out has a bill and a proof, and no chart."""
    text = PlanPage(plans.plan(pools=("a",))).html()
    assert "Gantt chart" not in text
    assert "What is proven" in text


def test_parts_of_the_cost_of_tasks() -> None:
    """They have columns where there are several, for all copies of an entry."""
    parts = {"running": 8, "fixed": 1, "late": 0}
    line = plans.task("train", "a", 0, 2, 9, parts=parts, copy=1, copies=2)
    text = PlanPage(plans.plan(line)).html()
    assert "<th>running</th><th>fixed</th><th>cost</th>" in text
    assert "<td>16</td><td>2</td><td>18</td>" in text


def test_many_pools_are_folded() -> None:
    """The chart is then near the top of the page."""
    assert "<summary>70 pools</summary>" in PlanPage(plans.crowd(100, 70)).html()
