"""The picture of a plan: whole at any size, honest about capacity, safe with any name."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import leptonopt
from leptonopt.errors import UsageError
from leptonopt.instance import validate
from leptonopt.plan import picture as pictures
from leptonopt.plan import plot, plot_schedule
from tests.helpers import plans
from tests.helpers.marks import CI


@pytest.fixture(autouse=True)
def _no_warnings() -> Iterator[None]:
    """Drawing warns of nothing."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def small(**more: Any) -> dict[str, Any]:
    """Two tasks on two pools, one of them late."""
    return plans.plan(
        plans.task("train", "a", 0, 2, 8), plans.task("test", "b", 2, 1, 2, late_hours=1), pools=("a", "b"), **more
    )


def texts(figure: Any) -> str:
    """All that is written in a figure."""
    from matplotlib.text import Text

    return "\n".join(item.get_text() for item in figure.findobj(Text) if item.get_text())


@pytest.mark.parametrize("kind", pictures.FORMATS)
def test_writes_each_format(tmp_path: Path, kind: str) -> None:
    """PNG, SVG and PDF; the same plan gives the same bytes."""
    target, again = tmp_path / f"plan.{kind}", tmp_path / f"again.{kind}"
    plot.draw(small(), plans.INSTANCE, target)
    plot.draw(small(), validate(plans.INSTANCE), again)
    begins = {"png": b"\x89PNG", "svg": b"<?xml", "pdf": b"%PDF"}[kind]
    assert target.read_bytes().startswith(begins)
    assert target.read_bytes() == again.read_bytes()


@pytest.mark.parametrize("name", ["plan.jpg", "plan", "-"])
def test_refuses_other_formats(tmp_path: Path, name: str) -> None:
    """Before anything is drawn."""
    with pytest.raises(UsageError, match=r"\.png, \.svg, \.pdf"):
        plot.draw(small(), None, tmp_path / name)
    assert not list(tmp_path.iterdir())


def test_three_panels_say_what_they_show() -> None:
    """Schedule with names, load of each pool that works, cost by pool."""
    said = texts(plot.draw(small(), plans.INSTANCE))
    for words in (
        "by hand: optimal, 10.00 USD",
        "2 tasks, 1 late (red line)",
        "train  a x1",
        "Load against capacity",
        "Bill: 10.00 USD",
    ):
        assert words in said
    assert "no limit" in said  # pool b


@pytest.mark.parametrize(
    ("tasks", "pools"),
    [(0, 1), (1, 1), (10, 2), (1000, 60), pytest.param(1000, 4, marks=CI), pytest.param(20_000, 2, marks=CI)],
)
def test_any_size_fits_on_a_page(tmp_path: Path, tasks: int, pools: int) -> None:
    """From nothing to a crowd: a picture of readable size, names only where there is room."""
    figure = plot.draw(plans.crowd(tasks, pools), None, tmp_path / "plan.png")
    wide, tall = figure.get_size_inches()
    assert wide == pictures.WIDTH_IN
    assert 3 < tall < 34
    said = texts(figure)
    assert f"{tasks:,} tasks" in said
    assert ("task-1" in said) == (1 < tasks <= plot_schedule.MAX_LABELS)


@pytest.mark.parametrize("name", ["$x_{", "$a$", "你好 👩‍🚀", "a" * 200, "\\frac", "[red]", "%s {0}"])
def test_any_name_is_drawn(tmp_path: Path, name: str) -> None:
    """Names are never formulas, never too long, and lack no letters loudly."""
    document = plans.plan(plans.task(name, name, 0, 40, 8), currency=name[:20])
    document["instance"]["name"] = name
    plot.draw(document, None, tmp_path / "plan.png")
    plot.draw(document, None, tmp_path / "plan.svg")


def test_negative_costs_are_drawn(tmp_path: Path) -> None:
    """Being paid for running is a bar to the left, beside a fixed cost to the right."""
    document = plans.plan(plans.task("x", "a", 0, 2, -5), plans.task("y", "b", 0, 2, 5))
    document["bill"]["pools"][0]["fixed"] = 2
    figure = plot.draw(document, None, tmp_path / "plan.png")
    bars = [(bar.get_x(), bar.get_width()) for bar in figure.axes[-1].patches]
    assert (0, -5) in bars
    assert (0, 2) in bars


def test_no_plan_is_an_empty_picture(tmp_path: Path) -> None:
    """Drawing a result without a plan says so."""
    assert "infeasible, no plan" in texts(
        plot.draw(plans.none("infeasible", "x"), plans.INSTANCE, tmp_path / "plan.png")
    )


def test_milestones_are_diamonds(tmp_path: Path) -> None:
    """What takes no time is drawn with its name, beside bars and alone."""
    pool = {"id": "a", "capacity": {"gpu": 2}}
    tasks = [
        {"id": f"t{at}", "options": [{"pool": "a", "uses": {"gpu": 1}, "duration": duration}]}
        for at, duration in enumerate(("2h", "0s", "0s"))
    ]
    time = {"start": "2026-01-05T00:00Z", "slot": "1h", "horizon": "4h"}
    for chosen in (tasks, tasks[1:]):
        stated = {"time": time, "pools": [pool], "tasks": chosen}
        document = leptonopt.solve(stated, method="greedy", isolate=False).document
        figure = plot.draw(document, validate(stated), tmp_path / "plan.png")
        diamonds = [line for line in figure.axes[0].lines if line.get_marker() == "D"]
        assert len(diamonds) == 2
        assert {"t1", "t2"} <= {each.get_text() for each in figure.axes[0].texts}
