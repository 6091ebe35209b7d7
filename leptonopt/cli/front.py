"""`leptonopt front`: the least cost against a second criterion, with proven bounds."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from leptonopt.cli import options
from leptonopt.cli.common import code_of, load_instance, params_of, plan_of, print_line, require_picture
from leptonopt.errors import UsageError
from leptonopt.io import files
from leptonopt.plan.numbers import floor_number

if TYPE_CHECKING:
    from leptonopt.decisions.front import Front

EPILOG = """\b
Examples:
  leptonopt front week.yaml --over cost,carbon --points 12 --plot front.png
  leptonopt front week.yaml --over cost,late -t 300
  leptonopt front week.yaml --over cost,changes --plan plan.json

\b
Each line is the best plan within a limit, and what no plan within it can cost less
than. `*` marks points that are proven to be on the front: no plan is better in one
and as good in the other. late: tasks that end after their due date; quality: what is
given up, the sum of 1 - quality."""

Over = Annotated[str, options.Option("--over", metavar="cost,WHAT", help="carbon, energy, late, quality or changes")]
Points = Annotated[int, options.Option(metavar="N", help="at most so many limits")]
FromPlan = Annotated[
    Path | None, options.Option("--plan", metavar="FILE", help="the plan that changes are counted from")
]
Picture = Annotated[Path | None, options.Option("--plot", metavar="FILE", help="draw the front (.png, .svg, .pdf)")]
Plans = Annotated[
    Path | None, options.Option("--output", "-o", metavar="FOLDER", help="write the plan of each point into a folder")
]


@dataclass(frozen=True)
class FrontOptions:
    """The options of `leptonopt front`."""

    file: options.File
    over: Over
    points: Points = 12
    plan: FromPlan = None
    plot: Picture = None
    output: Plans = None
    json: options.Json = False
    method: options.Method = "auto"
    time_limit: options.Seconds = 60.0
    threads: options.Threads = None
    seed: options.Seed = 0
    format: options.Format = None
    param: options.Params = None


@options.takes(FrontOptions)
def front(_: options.Context, given: FrontOptions) -> int:
    """Print the least cost for each limit on carbon, late tasks, quality or changes."""
    from leptonopt.decisions.criteria import CRITERIA
    from leptonopt.decisions.front import front as front_between

    cost, comma, what = given.over.partition(",")
    if cost.strip() != "cost" or not comma:
        raise UsageError(f"--over {given.over}; write cost,WHAT with one of {', '.join(CRITERIA)}")
    require_picture(given.plot)
    files.different(given.plot, given.file, given.plan)
    if given.output is not None and not given.output.is_dir():
        raise UsageError(f"{given.output}: there is no such folder")
    found = front_between(
        load_instance(given.file, given.format, params_of(given.param)), what.strip(),
        None if given.plan is None else plan_of(given.plan), points=given.points, time_limit=given.time_limit,
        method=given.method, threads=given.threads, seed=given.seed, handle_signals=True,
    )  # fmt: skip
    if given.plot is not None:
        found.plot(given.plot)
    if given.output is not None:
        _write_plans(found, given.output)
    if given.json:
        files.write_atomic("-", files.dumped(found.as_document()))
    else:
        print_front(found)
    codes = [code_of(point.status) for point in found.points]
    return max(codes) if all(codes) else 0


def print_front(found: Front) -> None:
    """Print a line for each point: limit, value, cost, bound, and whether it is proven."""
    print_line(f"{found.criterion:>12}  {'at most':>12}  {'cost':>14}  {'at least':>14}  status")
    for at, point in enumerate(found.points):
        value, limit = (f"{float(number):,.6g}" if number is not None else "" for number in (point.value, point.limit))
        cost = "no plan" if point.cost is None else f"{float(point.cost):,.6f}"
        bound = "" if point.bound is None or point.status == "infeasible" else f"{floor_number(point.bound):,.6f}"
        bound = cost if point.proven else bound
        mark = " *" if found.efficient(at) else ""
        print_line(f"{value:>12}  {limit or 'no limit':>12}  {cost:>14}  {bound:>14}  {point.status}{mark}")
    print_line(f"{found.criterion} in {found.unit}, cost in {found.currency}")


def _write_plans(found: Front, folder: Path) -> None:
    for at, point in enumerate(found.points, 1):
        if point.plan is not None:
            files.write_atomic(folder / f"plan-{at:02}.json", files.dumped(dict(point.plan)))
