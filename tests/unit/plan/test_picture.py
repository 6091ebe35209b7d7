"""Common parts of pictures: data by pool, labels, formats, steps of load."""

from __future__ import annotations

from pathlib import Path

import pytest

from leptonopt.errors import UsageError
from leptonopt.instance import validate
from leptonopt.plan.picture import (
    MAX_LANES,
    Picture,
    as_label,
    drawing,
    file_format,
    format_date_axis,
    load_steps,
    rendered,
    save,
)
from tests.helpers import plans


def test_data_by_pool() -> None:
    """Pools in the order of the bill; those with tasks; the most that run at once; the span of time."""
    plan = plans.plan(plans.task("x", "b", 0, 2), plans.task("y", "b", 1, 2, copy=1, copies=3), pools=("a", "b"))
    picture = Picture(plan, None)
    assert (picture.pools, picture.busy, picture.height) == (["a", "b"], ["b"], {"b": 4})
    assert (picture.begin, picture.end) == (plans.START, plans.START.replace(hour=3))
    assert (picture.zone.key, picture.crowded) == ("UTC", False)
    assert picture.by_task
    picture = Picture(plans.plan(plans.task("x", "a", 0, 2), plans.task("y", "b", 1, 2), pools=("a", "b")), None)
    assert not picture.by_task  # one meaning per colour: that of a pool
    assert (
        Picture(
            plan, validate({**plans.INSTANCE, "time": {**plans.INSTANCE["time"], "zone": "Europe/Berlin"}})
        ).zone.key
        == "Europe/Berlin"
    )


def test_a_crowd_is_drawn_as_areas() -> None:
    """Above so many lanes; the height of the picture stays within limits."""
    crowd = plans.plan(plans.task("x", "a", 0, 1, copy=1, copies=MAX_LANES + 1))
    assert Picture(crowd, None).crowded
    assert 0.6 < Picture(crowd, None).height_in < 15
    assert Picture(plans.none(), None).height_in == 2.0


@pytest.mark.parametrize(
    ("text", "label"),
    [("plain", "plain"), ("_hid", " _hid"), ("a\nb", "a\\nb"), ("x" * 9, "xxxx…"), (5, "5"), ("\x1b", "\\x1b")],
)
def test_labels(text: object, label: str) -> None:
    """One line, cut, and never left out of a legend."""
    assert as_label(text, 5) == label


@pytest.mark.parametrize(("name", "kind"), [("a.png", "png"), ("a.SVG", "svg"), ("a.b.pdf", "pdf")])
def test_formats_by_the_ending(name: str, kind: str) -> None:
    """Upper and lower case."""
    assert file_format(name) == kind


@pytest.mark.parametrize("name", ["a", "a.jpg", ".png"])
def test_other_endings_are_refused(name: str) -> None:
    """The error lists the formats."""
    with pytest.raises(UsageError, match=r"\.png, \.svg, \.pdf"):
        file_format(name)


def test_steps_of_load() -> None:
    """What runs between each two moments."""
    at = [f"2026-01-01T0{hour}:00:00Z" for hour in range(4)]
    edges, levels = load_steps([(at[0], at[2], 1.0), (at[1], at[3], 2.0)])
    assert [edge.hour for edge in edges] == [0, 1, 2, 3]
    assert levels == [1, 3, 2]
    assert load_steps([]) == ([], [])


def test_figures_as_files(tmp_path: Path) -> None:
    """Equal figures give equal bytes; dollars are no formulas; the axis has the zone of the instance."""
    from matplotlib.figure import Figure

    def figure() -> Figure:
        made = Figure()
        with drawing():
            ax = made.add_subplot()
            ax.set_title("$x_{$")
            ax.plot([plans.START, plans.START.replace(hour=5)], [0, 1])
            format_date_axis(ax, Picture(plans.none(), None).zone)
        return made

    assert rendered(figure(), "svg") == rendered(figure(), "svg")
    save(figure(), tmp_path / "a.pdf")
    assert (tmp_path / "a.pdf").read_bytes().startswith(b"%PDF")
