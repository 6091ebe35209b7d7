"""`leptonopt show`: the report, the picture and the page of an existing plan, without solving."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from leptonopt.cli import options
from leptonopt.cli.common import load_instance, params_of, plan_of, print_note, require_ending
from leptonopt.errors import InputError, UsageError
from leptonopt.io import files

if TYPE_CHECKING:
    from leptonopt.instance import Instance

EPILOG = """\b
Examples:
  leptonopt show plan.json                                 the report, as `solve` prints it
  leptonopt show plan.json -q                              its result line alone
  leptonopt show plan.json --instance week.yaml --plot plan.png

\b
Nothing is solved and nothing is checked; `leptonopt verify` does that. With the
instance a plot also has the capacities."""
SCHEMA_LIMIT = 3  # violations of the plan's schema that are printed

PlanArgument = Annotated[
    Path, options.Argument(metavar="PLAN", show_default=False, help="a plan file, as `solve -o` writes it")
]
InstanceFile = Annotated[
    Path | None, options.Option("--instance", metavar="FILE", help="the instance that the plan is of")
]


@dataclass(frozen=True)
class ShowOptions:
    """The options of `leptonopt show`."""

    plan: PlanArgument
    instance: InstanceFile = None
    plot: options.Plot = None
    format: options.Format = None
    param: options.Params = None
    quiet: options.ResultLine = False
    verbose: options.AllTasks = False


@options.takes(ShowOptions)
def show(_: options.Context, given: ShowOptions) -> int:
    """Print the report of an existing plan, and draw it."""
    from leptonopt.plan import report

    _require_writable(given)
    plan = checked_plan(given.plan)
    instance = _instance(given, plan)
    if given.plot is not None:
        _draw(given.plot, plan, instance)
    if given.quiet:
        report.console().print(report.headline(plan), soft_wrap=True)
    else:
        report.show(plan, report.console(), (), given.verbose)
    return 0


def checked_plan(file: Path) -> dict[str, Any]:
    """Return the document of a plan file that has the form of a plan; raises `InputError`."""
    from leptonopt.verify.schema_check import load_schema, schema_violations

    plan: dict[str, Any] = json.loads(json.dumps(plan_of(file), default=float))  # the reader gives exact decimals
    if found := list(schema_violations(plan, load_schema("plan"))):
        shown = [f"{files.printable(file)}: {at or 'plan'}: {what}" for at, what in found[:SCHEMA_LIMIT]]
        raise InputError("\n".join(shown))
    return plan


def _require_writable(given: ShowOptions) -> None:
    """Raise `UsageError` for files that cannot be written, before anything is read."""
    from leptonopt.plan.picture import FORMATS

    if given.plot is not None:
        require_ending(given.plot, FORMATS, "a plot")
    if given.instance is None and (given.format or given.param):
        raise UsageError("--format and --param say how to read an instance; give it with --instance FILE")
    files.writable(given.plot)
    files.different(given.plot, given.plan, given.instance)


def _instance(given: ShowOptions, plan: Mapping[str, Any]) -> Instance | None:
    """Return the instance, if one is given; a note states that the plan is of another one."""
    if given.instance is None:
        return None
    from leptonopt.verify import fingerprint

    instance = load_instance(given.instance, given.format, params_of(given.param))
    if fingerprint(instance.document()) != plan["instance"]["sha256"]:
        print_note("the plan is of another instance, or of an earlier state of this one")
    return instance


def _draw(path: Path, plan: dict[str, Any], instance: Instance | None) -> None:
    """Draw the plan; a plan file without a plan is a note."""
    from leptonopt.cli.common import print_not_written
    from leptonopt.plan.plot import draw

    if plan["bill"] is None:
        print_not_written(path, "there is no plan to draw")
    else:
        draw(plan, instance, path)
