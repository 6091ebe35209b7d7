"""The options of all commands as annotations for typer: type, name and help text of each.

A command with many options takes them as one frozen dataclass; see `takes`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import MISSING, fields
from functools import wraps
from inspect import Parameter, Signature
from pathlib import Path
from typing import Annotated, Any, TypeVar, get_type_hints

import typer

from leptonopt.cli.common import FORMATS_HELP

Context = typer.Context
Argument, Option = typer.Argument, typer.Option
Options = TypeVar("Options")

# --- instances ---

File = Annotated[
    Path, Argument(metavar="FILE", show_default=False, help="an instance: .yaml, .json, .toml, or with --format")
]
Files = Annotated[list[Path], Argument(metavar="FILE...", show_default=False, help="instance files")]
Format = Annotated[str | None, Option("--format", metavar="NAME", help=FORMATS_HELP)]
Params = Annotated[
    list[str] | None, Option("--param", metavar="KEY=VALUE", help="a parameter of the format; may be repeated")
]

# --- search ---

Method = Annotated[str, Option("--method", "-m", metavar="NAME", help="a name from `leptonopt methods`")]
Seconds = Annotated[
    float, Option("--time-limit", "-t", metavar="SECONDS", help="wall clock for everything: read, solve, check, write")
]
Gap = Annotated[
    float,
    Option(metavar="SHARE", help="stop once (cost - bound) / cost is at most this; 0.01: one percent, 0: a proof"),
]
Threads = Annotated[int | None, Option(metavar="N", help="number of parallel searches  [default: all cores]")]
Memory = Annotated[
    str | None, Option(metavar="SIZE", help="memory limit of each engine: 8GB, 512MiB  [default: the machine's]")
]
Cluster = Annotated[
    str | None, Option(metavar="ADDRESS", help="also use the workers of a Dask scheduler: tcp://HOST:PORT")
]
Seed = Annotated[int, Option(metavar="N", help="seed of all random choices")]
Deterministic = Annotated[bool, Option("--deterministic", help="return the same plan on every run; somewhat slower")]
WarmStart = Annotated[Path | None, Option(metavar="PLAN", help="a plan file, or a .sol of the model, to start from")]
Confirm = Annotated[
    bool, Option("--confirm", help="prove the result again on a second, independent model, in the time left")
]
Certify = Annotated[
    bool, Option("--certify", help="write prices that prove the bound, next to the plan file (needs -o)")
]

# --- output ---

Json = Annotated[bool, Option("--json", help="print JSON, and nothing else, on standard output")]
PlanFile = Annotated[Path | None, Option("--output", "-o", metavar="FILE", help="write the plan file; - for stdout")]
RepairedFile = Annotated[
    Path | None, Option("--output", "-o", metavar="FILE", help="write the instance with the first repair applied")
]
Plot = Annotated[Path | None, Option(metavar="FILE", help="draw schedule, load and cost (.png, .svg, .pdf)")]
HtmlPage = Annotated[
    Path | None, Option("--html", metavar="FILE", help="write one page: bill, Gantt chart, load, proof (.html)")
]
LogFile = Annotated[Path | None, Option(metavar="FILE", help="write the logs of the solvers")]
ModelFile = Annotated[Path | None, Option(metavar="FILE", help="write the model (.mps, .lp, .dat) before solving")]
Quiet = Annotated[bool, Option("--quiet", "-q", help="no progress, no notes, one line of result")]
ResultLine = Annotated[bool, Option("--quiet", "-q", help="one line of result")]
AllTasks = Annotated[bool, Option("--verbose", "-v", help="list all tasks and resources")]
Verbose = Annotated[bool, Option("--verbose", "-v", help="list all tasks; show progress also without a terminal")]

# --- convert, schema ---

To = Annotated[
    str | None, Option(metavar="NAME", help="yaml, json, toml, mps, lp or dat  [default: the ending of the file]")
]
Converted = Annotated[
    Path, Option("--output", "-o", metavar="FILE", help="file to write; its ending states the format")
]
SolutionFile = Annotated[
    Path | None,
    Option(
        "--solution",
        metavar="FILE",
        help="a solution of the exported model by HiGHS, CBC, SCIP, Gurobi or GLPK, to be written as a plan",
    ),
]
SchemaKind = Annotated[str, Argument(metavar="[instance|plan]", help="the kind of file that the schema describes")]

# --- generate ---

GeneratorFamily = Annotated[
    str | None, Argument(metavar="[FAMILY]", show_default=False, help="a family from `leptonopt generate --list`")
]
ListFamilies = Annotated[bool, Option("--list", help="list the families and end")]
Generated = Annotated[
    Path | None,
    Option("--output", "-o", metavar="FILE", help="file to write: .yaml, .json, .npz; - for YAML on stdout"),
]
Tasks = Annotated[
    int | None,
    Option(metavar="N", help="number of tasks, from 10 to 1,000,000  [default: 100; none in serving]"),
]
Load = Annotated[
    float, Option(metavar="SHARE", help="device-hours that the tasks need, as a share of those of limited pools")
]
Slack = Annotated[
    float | None,
    Option(metavar="TIMES", help="mean of (deadline - release) / shortest duration  [default: by family]"),
]
Precedence = Annotated[
    float | None, Option(metavar="SHARE", help="share of tasks that follow another; at most 0.75  [default: 0]")
]
OptionalTasks = Annotated[
    float | None,
    Option(metavar="SHARE", help="share of tasks that have a value and may be left out  [default: 0; platform 0.1]"),
]
Preemptible = Annotated[
    float | None,
    Option(metavar="SHARE", help="share of tasks that may run on spot, with checkpoints  [default: 0; platform 0.4]"),
]
FamilyParams = Annotated[
    list[str] | None,
    Option("--param", metavar="KEY=VALUE", help="a parameter of the family, see the documentation; may be repeated"),
]
Days = Annotated[int | None, Option(metavar="N", help="length of the horizon  [default: by the number of tasks]")]

# --- compare, results ---

Instances = Annotated[
    list[Path], Argument(metavar="INSTANCES...", show_default=False, help="instance files, or lists of them (.csv)")
]
Methods = Annotated[
    str, Option("--methods", "-m", metavar="NAMES", help="names separated by commas; FILE.py:NAME is your own method")
]
RunSeconds = Annotated[float, Option("--time-limit", "-t", metavar="SECONDS", help="wall clock of each run")]
Seeds = Annotated[int, Option(metavar="N", help="runs of each method on each instance, with seeds 0 to N-1")]
ResultFolder = Annotated[
    Path, Option("--output", "-o", metavar="FOLDER", help="folder of the results", show_default=False)
]
RunThreads = Annotated[int, Option(metavar="N", help="threads of each run")]
Jobs = Annotated[int | None, Option(metavar="N", help="number of runs at a time  [default: cores / threads]")]
RunCluster = Annotated[
    str | None, Option(metavar="ADDRESS", help="run on the workers of a Dask scheduler: tcp://HOST:PORT")
]
BestKnown = Annotated[Path | None, Option(metavar="FILE", help="best-known values: a .csv with columns instance, best")]
NoProgress = Annotated[bool, Option("--quiet", "-q", help="no progress")]
ResultFolders = Annotated[
    list[Path], Argument(metavar="RESULTS...", show_default=False, help="folders that `leptonopt compare` wrote")
]
OnlyLimit = Annotated[float | None, Option("--limit", metavar="SECONDS", help="only runs with this time limit")]
OnlyMethods = Annotated[str | None, Option("--methods", "-m", metavar="NAMES", help="only these methods")]
OnlyFamily = Annotated[str | None, Option("--family", metavar="NAME", help="only this family of instances")]
OnlyInstance = Annotated[str | None, Option("--instance", metavar="NAME", help="only this instance")]
By = Annotated[str, Option(metavar="WHAT", help="one row per method, family or instance")]
TableKind = Annotated[str, Option("--as", metavar="KIND", help="terminal, markdown, csv or latex")]
TableFile = Annotated[
    Path | None, Option("--output", "-o", metavar="FILE", help="file to write  [default: standard output]")
]
FigureFile = Annotated[
    Path, Option("--output", "-o", metavar="FILE", help="file to write: .png, .svg or .pdf", show_default=False)
]
PageFile = Annotated[Path, Option("--output", "-o", metavar="FILE", help="an .html file", show_default=False)]
Against = Annotated[
    str | None, Option(metavar="METHOD", help="compare this method with all others  [default: all pairs]")
]
TargetGap = Annotated[
    float, Option("--gap", metavar="SHARE", help="distance to the best known value that counts as reached")
]
ProfileOf = Annotated[str, Option(metavar="WHAT", help="cost or time")]


def takes(kind: type[Options]) -> Callable[[Callable[[Context, Options], int]], Callable[..., int]]:
    """Let a command take its options as one dataclass; typer sees each field as an option of its own."""
    hints = get_type_hints(kind, include_extras=True)
    parameters = [Parameter("context", Parameter.KEYWORD_ONLY, annotation=Context)]
    for field in fields(kind):  # type: ignore[arg-type]
        default = Parameter.empty if field.default is MISSING else field.default
        parameters.append(Parameter(field.name, Parameter.KEYWORD_ONLY, default=default, annotation=hints[field.name]))

    def decorated(command: Callable[[Context, Options], int]) -> Callable[..., int]:
        @wraps(command)
        def call(context: Context, **options: Any) -> int:
            return command(context, kind(**options))

        call.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
        vars(call)["__signature__"] = Signature(parameters)
        return call

    return decorated
