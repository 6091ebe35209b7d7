"""Load panels of a page: capacity, maintenance, pools without limit."""

from __future__ import annotations

from typing import Any

from leptonopt.instance import validate
from leptonopt.plan.page_gantt import Teams, time_scale
from leptonopt.plan.page_load import CAPACITY_COLOUR, LOAD_COLOUR, load_panels
from leptonopt.plan.picture import Picture
from leptonopt.plan.plot_load import MAX_LOADS
from tests.helpers import plans


def panels(document: dict[str, Any], stated: dict[str, Any] | None = None) -> str:
    """Return the panels of a document."""
    instance = None if stated is None else validate(stated)
    picture = Picture(document, instance)
    return load_panels(picture, time_scale(picture, Teams(document, instance)))


def test_load_and_capacity() -> None:
    """A pool with a limit has a line, one without says so; maintenance is hatched."""
    document = plans.plan(plans.task("train", "a", 0, 30, 8), plans.task("test", "b", 2, 1, 2))
    text = panels(document, plans.INSTANCE)
    assert text.count(f'fill="{LOAD_COLOUR}"') == 2
    assert text.count(f'stroke="{CAPACITY_COLOUR}"') == 1
    assert "no limit" in text
    assert "<title>maintenance</title>" in text


def test_without_an_instance_there_is_load_only() -> None:
    """No line of capacity."""
    text = panels(plans.plan(plans.task("train", "a", 0, 30, 8)))
    assert LOAD_COLOUR in text
    assert f'stroke="{CAPACITY_COLOUR}"' not in text


def test_capacity_far_above_is_stated() -> None:
    """The load stays visible."""
    stated = {**plans.INSTANCE, "pools": [{"id": "a", "capacity": {"gpu": 900}}, plans.INSTANCE["pools"][1]]}
    assert "capacity 900, far above" in panels(plans.plan(plans.task("train", "a", 0, 30, 8)), stated)


def test_the_busiest_pools() -> None:
    """Many pools are cut, and the cut is stated."""
    assert f"the {MAX_LOADS} busiest of 12 pools" in panels(plans.crowd(200, 12))
