"""`leptonopt diff`: the tasks and costs that differ between two plans."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from leptonopt.cli import options
from leptonopt.cli.common import print_note
from leptonopt.cli.show import checked_plan, require_form
from leptonopt.errors import UsageError
from leptonopt.io import files

if TYPE_CHECKING:
    from leptonopt.plan.diff import PlanDiff

EPILOG = """\b
Examples:
  leptonopt diff plan.json next.json
  leptonopt diff plan.json next.json --json
  leptonopt diff plan.npz next.npz --instance week.npz    plans in columns

\b
A task moved when its pool, option or variant is another, and shifted when only its
start or end is. Copies of a task are interchangeable. The exit code is 0 whether
or not the plans differ. Without their instance, changes between plans in columns
are counted only."""


Before = Annotated[Path, options.Argument(metavar="PLAN", show_default=False, help="the earlier plan file")]
After = Annotated[Path, options.Argument(metavar="PLAN", show_default=False, help="the later plan file")]
InstanceFile = Annotated[
    Path | None, options.Option("--instance", metavar="FILE", help="the instance of two plans in columns")
]


@dataclass(frozen=True)
class DiffOptions:
    """The options of `leptonopt diff`."""

    before: Before
    after: After
    instance: InstanceFile = None
    json: options.Json = False
    verbose: options.AllTasks = False


@options.takes(DiffOptions)
def diff(_: options.Context, given: DiffOptions) -> int:
    """Print the tasks that moved, shifted, are new or gone, and the cost before and after."""
    from leptonopt.plan import report
    from leptonopt.plan.diff_report import show_diff

    found, fingerprints = _compared(given)
    if fingerprints[0] != fingerprints[1]:
        print_note("the plans are of different instances, or of two states of one")
    if given.json:
        files.write_atomic("-", files.dumped(found.document()))
    else:
        show_diff(found, report.console(), given.verbose)
    return 0


def _compared(given: DiffOptions) -> tuple[PlanDiff, list[str]]:
    """Return the differences of two plans of a kind, and the fingerprints of their instances."""
    from leptonopt.plan.diff import plan_diff

    both = given.before, given.after
    columns = [file.suffix.lower() in (".npz", ".csv") for file in both]
    if columns[0] != columns[1]:
        raise UsageError("one plan is in columns and one is not; compare two of a kind")
    if not columns[0] and given.instance is not None:
        raise UsageError("--instance is for plans in columns; others state their options and times themselves")
    if columns[0]:
        return _of_columns(given)
    plans = [checked_plan(file) for file in both]
    return plan_diff(*plans), _fingerprints(plans)


def _of_columns(given: DiffOptions) -> tuple[PlanDiff, list[str]]:
    """Return the differences of two plans in columns; with their instance as those of trees."""
    if given.instance is not None:
        from leptonopt.plan.diff import plan_diff
        from leptonopt.session.columnar_documents import document_of_files

        plans = [document_of_files(given.instance, file)[0] for file in (given.before, given.after)]
        return plan_diff(*plans), _fingerprints(plans)
    from leptonopt.plan.columnar import read_summarised_plan
    from leptonopt.plan.columnar_diff import columnar_diff

    read = [read_summarised_plan(file) for file in (given.before, given.after)]
    for file, (summary, _) in zip((given.before, given.after), read, strict=True):
        require_form(summary, file, "plan-columns")
    return columnar_diff(*read), _fingerprints([summary for summary, _ in read])


def _fingerprints(plans: list[dict[str, Any]]) -> list[str]:
    return [str(plan["instance"]["sha256"]) for plan in plans]
