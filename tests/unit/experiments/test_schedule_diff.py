"""Two plans, one above the other, with their differences."""

from __future__ import annotations

from leptonopt.experiments.schedule_diff import differing, drawn
from tests.helpers import plans

ONE = plans.plan(plans.task("x", "a", 0, 1), plans.task("y", "a", 2, 1, copy=1, copies=3))
OTHER = plans.plan(
    plans.task("x", "a", 0, 1),
    plans.task("y", "a", 2, 1, copy=1, copies=1),
    plans.task("y", "a", 5, 1, copy=2, copies=2),
)


def test_runs_that_the_other_has_not() -> None:
    """By task and first copy; copies are alike."""
    first, second = differing(ONE, OTHER)
    assert (dict(first), dict(second)) == ({("y", 1): 2}, {("y", 2): 2})
    assert [dict(each) for each in differing(ONE, ONE)] == [{}, {}]


def test_both_plans_over_the_same_time() -> None:
    """With the names of their methods."""
    figure = drawn(ONE, OTHER, ("good", "bad"))
    upper, lower = figure.axes[:2]
    assert upper.get_xlim() == lower.get_xlim()
    from matplotlib.text import Text

    texts = "\n".join(text.get_text() for text in figure.findobj(Text))
    assert "good" in texts
    assert "bad" in texts
