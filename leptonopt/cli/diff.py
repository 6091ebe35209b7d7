"""`leptonopt diff`: the tasks and costs that differ between two plans."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from leptonopt.cli import options
from leptonopt.cli.common import print_note
from leptonopt.cli.show import checked_plan
from leptonopt.io import files

EPILOG = """\b
Examples:
  leptonopt diff plan.json next.json
  leptonopt diff plan.json next.json --json

\b
A task moved when its pool, option or variant is another, and shifted when only its
start or end is. Copies of a task are interchangeable. The exit code is 0 whether
or not the plans differ."""


Before = Annotated[Path, options.Argument(metavar="PLAN", show_default=False, help="the earlier plan file")]
After = Annotated[Path, options.Argument(metavar="PLAN", show_default=False, help="the later plan file")]


def diff(
    before: Before,
    after: After,
    as_json: options.Json = False,
    verbose: options.AllTasks = False,
) -> int:
    """Print the tasks that moved, shifted, are new or gone, and the cost before and after."""
    from leptonopt.plan import report
    from leptonopt.plan.diff import plan_diff
    from leptonopt.plan.diff_report import show_diff

    plans = [checked_plan(file) for file in (before, after)]
    found = plan_diff(*plans)
    if plans[0]["instance"]["sha256"] != plans[1]["instance"]["sha256"]:
        print_note("the plans are of different instances, or of two states of one")
    if as_json:
        files.write_atomic("-", files.dumped(found.document()))
    else:
        show_diff(found, report.console(), verbose)
    return 0
