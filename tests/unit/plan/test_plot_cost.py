"""The bill as stacked bars."""

from __future__ import annotations

from typing import Any

from leptonopt.plan.picture import Picture
from leptonopt.plan.plot_cost import MAX_BARS, plot_cost
from tests.helpers import plans


def axes(document: dict[str, Any]) -> Any:
    """Return the axes with the bill of a document."""
    from matplotlib.figure import Figure

    return plot_cost(Picture(document, None), Figure().add_subplot())


def test_a_bar_for_each_pool() -> None:
    """With its sum at the end; idle pools have none."""
    ax = axes(plans.plan(plans.task("x", "a", 0, 1, 3), plans.task("y", "b", 0, 1, 4), pools=("a", "b", "idle")))
    assert [label.get_text() for label in ax.get_yticklabels()] == ["a", "b"]
    assert [text.get_text() for text in ax.texts] == [" 3.00", " 4.00"]
    assert ax.get_title(loc="left") == "Bill: 7.00 USD"


def test_many_pools_share_the_last_bar() -> None:
    """The dearest have bars of their own."""
    ax = axes(plans.plan(*(plans.task(f"t{at}", f"p{at}", 0, 1, 1 + at) for at in range(MAX_BARS + 4))))
    labels = [label.get_text() for label in ax.get_yticklabels()]
    assert (len(labels), labels[0], labels[-1]) == (MAX_BARS, f"p{MAX_BARS + 3}", "5 others")
    assert ax.texts[-1].get_text() == " 15.00"


def test_lateness_and_what_is_sunk() -> None:
    """A bar for lateness; what is paid anyway stands in the title."""
    document = plans.plan(plans.task("x", "a", 0, 1, 3))
    document["bill"] |= {"late": 2, "sunk": 9, "total": 5}
    ax = axes(document)
    assert [label.get_text() for label in ax.get_yticklabels()] == ["a", "lateness"]
    assert ax.get_title(loc="left") == "Bill: 5.00 USD, and 9.00 paid anyway"
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["running", "late"]


def test_without_a_plan_nothing_is_drawn() -> None:
    """The axes are off."""
    assert not axes(plans.none()).axison
