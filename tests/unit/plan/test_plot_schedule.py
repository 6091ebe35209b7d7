"""The Gantt chart: lanes, labels, late tasks, frames."""

from __future__ import annotations

from typing import Any

from leptonopt.plan import plot_schedule
from leptonopt.plan.picture import Picture, load_steps
from leptonopt.plan.plot_schedule import MAX_LABELS, entry_key
from tests.helpers import plans


def axes(document: dict[str, Any], **more: Any) -> Any:
    """Return the axes with the schedule of a document."""
    from matplotlib.figure import Figure

    return plot_schedule.plot_schedule(Picture(document, None), Figure().add_subplot(), **more)


def test_lanes_never_overlap_and_are_as_few_as_can_be() -> None:
    """Bars of a lane follow each other; as many lanes as tasks run at once."""
    lines = plans.crowd(300, 1)["tasks"]
    found = plot_schedule.lanes(lines)
    last: dict[int, str] = {}
    for line, lane in found:
        assert last.get(lane, "") <= line["start"]
        last[lane] = line["end"]
    _, levels = load_steps([(line["start"], line["end"], 1) for line in lines])
    assert len(last) == max(levels)


def test_the_title_counts_tasks() -> None:
    """Late ones and those left out are stated."""
    document = plans.plan(plans.task("x", "a", 0, 2, late_hours=1), plans.task("y", "a", 0, 1, copy=1, copies=3))
    document["left_out"] = [{"id": "z", "value": 1}]
    assert axes(document).get_title(loc="left") == "Schedule: 4 tasks, 1 late (red line), 1 left out"


def test_bars_carry_names_where_there_is_room() -> None:
    """With the option in long bars; no names above so many tasks."""
    ax = axes(plans.plan(plans.task("training", "a", 0, 40), plans.task("b", "a", 41, 1)))
    assert [text.get_text() for text in ax.texts] == ["training  a x1", "b"]
    assert not axes(plans.crowd(MAX_LABELS + 1, 1)).texts


def test_a_crowd_is_drawn_as_areas() -> None:
    """Bars would be hair-thin."""
    ax = axes(plans.plan(plans.task("x", "a", 0, 1, copy=1, copies=500)))
    assert ax.get_title(loc="left") == "Schedule: 500 tasks, areas: tasks running at a time"
    assert not ax.collections


def test_marked_tasks_have_frames() -> None:
    """So many copies from the first one on; other bars are paler."""
    document = plans.plan(plans.task("x", "a", 0, 1, copy=1, copies=3), plans.task("y", "a", 2, 1))
    bars, frames, _ = axes(document, marked={("x", 2): 2}).collections
    assert len(frames.get_paths()) == 2
    assert sorted(round(float(colour[3]), 1) for colour in bars.get_facecolor()) == [0.5, 0.5, 1.0, 1.0]


def test_pools_are_bands() -> None:
    """Only those that work have one."""
    ax = axes(plans.plan(plans.task("x", "b", 0, 1), pools=("a", "b")))
    assert [label.get_text() for label in ax.get_yticklabels()] == ["b"]
    assert axes(plans.plan(pools=("a",))).get_title(loc="left") == "Schedule: 0 tasks"


def test_keys_of_entries() -> None:
    """Task and first copy."""
    assert entry_key({"id": "x"}) == ("x", 1)
    assert entry_key({"id": "x", "copy": 4}) == ("x", 4)
