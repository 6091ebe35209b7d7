"""The differences of two plans on a terminal."""

from __future__ import annotations

import io

from rich.console import Console

from leptonopt.plan.diff import Place, TaskChange, plan_diff
from leptonopt.plan.diff_report import ROWS, change_text, result_line, show_diff
from tests.helpers import plans


def test_changes_costs_and_the_result_line() -> None:
    """Names are shown literally; the last line has the counts and the cost."""
    before = plans.plan(plans.task("[red]", "a", 0, 2, 8), plans.task("t", "a", 0, 2, 1))
    after = plans.plan(plans.task("[red]", "b", 0, 2, 5), plans.task("t", "a", 0, 2, 1))
    out = io.StringIO()
    show_diff(plan_diff(before, after), Console(file=out, width=150))
    said = out.getvalue()
    assert "[red]  moved  a x1 2026-11-23 00:00 to 2026-11-23 02:00" in said
    assert said.splitlines()[-1] == "1 moved, 1 kept; cost 9 -> 6 USD (-3)"


def test_long_lists_are_cut() -> None:
    """The number of the rest is stated, unless everything is asked for."""
    diff = plan_diff(plans.plan(pools=("a",)), plans.crowd(ROWS + 3, 1))
    for everything, cut in ((False, True), (True, False)):
        out = io.StringIO()
        show_diff(diff, Console(file=out, width=150), everything)
        assert ("… 3 more" in out.getvalue()) is cut


def test_nothing_changed() -> None:
    """The line says so."""
    plan = plans.plan(plans.task("t", "a", 0, 2, 8))
    assert result_line(plan_diff(plan, plan)) == "no task changed, 1 kept; cost 8 -> 8 USD"


def test_a_change_in_a_line() -> None:
    """The task with its copies, and both places by option and start."""
    before = Place("2026-11-30T08:00:00Z", "", "own", "own x8")
    change = TaskChange("t", "gone", 2, before, None)
    assert change_text(change) == "t (2 copies)  own x8 2026-11-30T08:00:00Z -> does not run"
    assert change_text(change, "Europe/Berlin") == "t (2 copies)  own x8 2026-11-30 09:00 -> does not run"
