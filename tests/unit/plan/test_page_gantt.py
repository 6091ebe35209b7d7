"""The Gantt chart of a page: rows, lanes, areas, teams, dates, maintenance."""

from __future__ import annotations

from typing import Any

import pytest

from leptonopt.instance import Instance, validate
from leptonopt.plan.page_gantt import LATE_COLOUR, OTHER_COLOUR, SETTINGS, TEAM_COLOURS, Teams, gantt, time_scale
from leptonopt.plan.picture import Picture
from tests.helpers import plans


def instance(**train: Any) -> Instance:
    """Return the instance by hand, with more on its first task."""
    first, *rest = plans.INSTANCE["tasks"]
    return validate({**plans.INSTANCE, "tasks": [{**first, **train}, *rest]})


def chart(document: dict[str, Any], stated: Instance | None = None) -> str:
    """Return the chart of a document."""
    return gantt(Picture(document, stated), Teams(document, stated))


def small(**more: Any) -> dict[str, Any]:
    """Return a plan of two tasks."""
    return plans.plan(plans.task("train", "a", 0, 2, 8, **more), plans.task("test", "b", 2, 1, 2))


def test_teams_have_colours() -> None:
    """Each has its own; tasks without a team are grey."""
    text = chart(small(), instance(team="<nlp>"))
    assert f'fill="{TEAM_COLOURS[0]}"' in text
    assert "&lt;nlp&gt;" in text
    assert OTHER_COLOUR in text


def test_without_an_instance_there_is_one_colour() -> None:
    """No team, no date, no maintenance, and no legend of them."""
    text = chart(small())
    assert TEAM_COLOURS[1] not in text
    assert "deadline" not in text
    assert "maintenance" not in text


def test_dates_and_maintenance() -> None:
    """Deadlines are solid, due dates dashed; maintenance is hatched, where it is in the chart."""
    document = plans.plan(plans.task("train", "a", 0, 30, 8))
    text = chart(document, instance(deadline="2026-11-24T07:00Z", due="2026-11-24T05:00Z", late_cost=1))
    assert "<title>deadline</title>" in text
    assert text.count("stroke-dasharray") == 1
    assert "<title>maintenance</title>" in text


def test_far_deadlines_do_not_squeeze_the_chart() -> None:
    """One at the end of a long horizon is beyond the chart."""
    document, stated = small(), instance(deadline="2026-11-24T23:00Z")
    picture = Picture(document, stated)
    assert time_scale(picture, Teams(document, stated)).end == picture.end
    assert "<title>deadline" not in chart(document, stated)


def test_lateness_is_marked_and_counted() -> None:
    """By colour and by words."""
    text = chart(small(late_hours=1.5))
    assert LATE_COLOUR in text
    assert "1.5 h late" in text
    assert "after the due date" in text
    assert "2 tasks, 1 of them late" in text
    assert "late" not in chart(small())


@pytest.mark.parametrize("tasks", [10, 100, SETTINGS.most_rows, 1_000])
def test_each_task_has_a_bar(tasks: int) -> None:
    """In rows, and in lanes beyond 400 entries; names are not drawn where they would overlap."""
    text = chart(plans.crowd(tasks, 4))
    assert all(f"<title>task-{at};" in text for at in range(tasks))
    assert (text.count(">task-1<") == 1) == (tasks <= SETTINGS.named_rows)


def test_crowds_are_areas() -> None:
    """Beyond 400 tasks at a time bars would be thinner than a line; the page stays small."""
    document = plans.plan(
        *(plans.task(f"t{at}", "a", at % 40, 4, 1, copy=1, copies=100) for at in range(SETTINGS.most_rows + 1))
    )
    text = chart(document)
    assert "at a time" in text
    assert "<title>t1" not in text
    assert len(text) < 20_000


def test_copies_are_one_row() -> None:
    """A million of them too."""
    text = chart(plans.plan(plans.task("t", "a", 0, 2, 1, copy=1, copies=1_000_000)))
    assert text.count("<title>t #1-1000000;") == 1


def test_more_teams_than_colours() -> None:
    """The smallest share one, which the legend names."""
    stated = {**plans.INSTANCE, "tasks": [
        {**plans.INSTANCE["tasks"][0], "id": f"t{at}", "team": f"team-{at}"} for at in range(9)]}  # fmt: skip
    lines = [plans.task(f"t{at}", "a", at, 1) for at in range(9)]
    assert "other teams &emsp;" in chart(plans.plan(*lines), validate(stated))
    text = chart(plans.plan(*lines, plans.task("none", "a", 9, 1)), validate(stated))
    assert text.count("other teams") == text.count("other teams, or none") == 1
