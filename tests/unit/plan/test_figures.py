"""The figures of a plan in words."""

from __future__ import annotations

from leptonopt.plan.figures import NAMES, figure_rows, share_text
from leptonopt.plan.page import PlanPage
from tests.helpers import plans


def test_the_figures_of_the_article() -> None:
    """Utilisation as the article has it and as a share, total cost, total profit, and their ratio."""
    document = plans.plan(plans.task("train", "a", 0, 2, 8))
    document["figures"] |= {"total_profit": 16, "cost_profit_ratio": 0.5}
    rows = dict(figure_rows(document, lambda value: f"{value:g}"))
    assert rows["hours of tasks per resource"] == "6.25"
    assert [rows[name] for name in ("total cost", "total profit", "cost-profit ratio")] == ["8", "16", "0.5"]
    page = PlanPage(document).html()
    assert all(name in page for name in rows)


def test_many_resources_are_cut() -> None:
    document = plans.crowd(50, NAMES + 3)
    rows = list(figure_rows(document, str))
    assert rows[NAMES][0] == "utilisation of 3 others"


def test_small_shares() -> None:
    assert [share_text(share) for share in (0.0, 0.001, 0.25)] == ["0%", "<1%", "25%"]
