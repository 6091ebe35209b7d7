"""The command line of comparisons: `leptonopt compare` and `leptonopt results`."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import nullcontext
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from leptonopt.cli.verify import FORMATS_HELP, params_of
from leptonopt.errors import UsageError
from leptonopt.io import files

if TYPE_CHECKING:
    from leptonopt.experiments.campaign import Step
    from leptonopt.experiments.results import Results
    from leptonopt.experiments.tables import Table

COMPARE = """\b
Examples:
  leptonopt compare instances/*.yaml -m greedy,auto -o results
  leptonopt compare d*.yaml -m auto,cpsat,highs -t 30 --seeds 3 -o results
  leptonopt compare gap.csv -m auto,mine.py:solve -o results
  leptonopt compare gap.csv -m auto --cluster tcp://10.0.0.5:8786 -o results
  leptonopt results page results -o report.html

\b
Every run is a process of its own, and a line in results/runs.jsonl as soon as
it has ended. The same call again goes on where it was stopped; a run is done
anew only when the instance, the options or a version has changed. A .csv is a
list of instances with the columns file, name, family, format, params, best.

A method of your own is FILE.py:NAME, a function over Problem; see
docs/how-to/compare-methods.md."""

RESULTS = """\b
Examples:
  leptonopt results table results --by family --as markdown
  leptonopt results pairs results --against auto
  leptonopt results profile results -o profile.svg
  leptonopt results page results -o report.html"""

Option = typer.Option
Instances = Annotated[
    list[Path], typer.Argument(metavar="INSTANCES...", show_default=False, help="instance files, or lists (.csv)")
]
Methods = Annotated[str, Option("--methods", "-m", metavar="NAMES", help="separated by commas; FILE.py:NAME is yours")]
Seconds = Annotated[float, Option("--time-limit", "-t", metavar="SECONDS", help="wall clock of each run")]
Seeds = Annotated[int, Option(metavar="N", help="runs of each pair, with seeds 0 to N-1")]
Folder = Annotated[Path, Option("--output", "-o", metavar="FOLDER", help="where results are kept", show_default=False)]
Gap = Annotated[float, Option(metavar="SHARE", help="stop at (cost - bound) / cost; 0: a proof")]
Threads = Annotated[int, Option(metavar="N", help="of each run")]
Deterministic = Annotated[bool, Option("--deterministic", help="the same plans on every machine load")]
Jobs = Annotated[int | None, Option(metavar="N", help="runs side by side  [default: cores / threads]")]
Cluster = Annotated[
    str | None, Option(metavar="ADDRESS", help="run on the workers of a Dask scheduler, tcp://HOST:PORT")
]
Format = Annotated[str | None, Option("--format", metavar="NAME", help=FORMATS_HELP)]
Params = Annotated[list[str] | None, Option("--param", metavar="KEY=VALUE", help="for the format; may be repeated")]
Best = Annotated[Path | None, Option(metavar="FILE", help="best-known values: a .csv with columns instance, best")]
Quiet = Annotated[bool, Option("--quiet", "-q", help="no progress")]
Folders = Annotated[list[Path], typer.Argument(metavar="RESULTS...", show_default=False, help="folders of results")]
Limit = Annotated[float | None, Option("--limit", metavar="SECONDS", help="only runs with this time limit")]
Only = Annotated[str | None, Option("--methods", "-m", metavar="NAMES", help="only these methods")]
Family = Annotated[str | None, Option(metavar="NAME", help="only this family of instances")]
Named = Annotated[str | None, Option("--instance", metavar="NAME", help="only this instance")]
By = Annotated[str, Option(metavar="WHAT", help="method, family or instance")]
As = Annotated[str, Option("--as", metavar="KIND", help="terminal, markdown, csv or latex")]
Output = Annotated[Path | None, Option("--output", "-o", metavar="FILE", help="where to; standard output otherwise")]
Picture = Annotated[Path, Option("--output", "-o", metavar="FILE", help="a .png, .svg or .pdf", show_default=False)]
Page = Annotated[Path, Option("--output", "-o", metavar="FILE", help="an .html file", show_default=False)]
Against = Annotated[str | None, Option(metavar="METHOD", help="this one against all others, instead of all pairs")]
Target = Annotated[float, Option("--gap", metavar="SHARE", help="distance to the best known that counts as reached")]
Of = Annotated[str, Option(metavar="WHAT", help="cost or time")]

results = typer.Typer(no_args_is_help=True, help="Tables, tests and pictures of comparisons.", epilog=RESULTS)


def compare(
    instances: Instances,
    output: Folder,
    methods: Methods = "greedy,auto",
    time_limit: Seconds = 60.0,
    seeds: Seeds = 1,
    gap: Gap = 0.0,
    threads: Threads = 1,
    deterministic: Deterministic = False,
    jobs: Jobs = None,
    cluster: Cluster = None,
    format: Format = None,
    param: Params = None,
    best: Best = None,
    quiet: Quiet = False,
) -> None:
    """Run methods on instances, each pair in a process of its own; resumable."""
    from leptonopt.experiments.campaign import compare as run
    from leptonopt.experiments.tables import summary
    from leptonopt.runtime.dask import dask_executor

    with dask_executor(cluster) if cluster else nullcontext() as workers:
        found = run(
            instances,
            [name.strip() for name in methods.split(",") if name.strip()],
            output=output,
            time_limit=time_limit,
            seeds=seeds,
            gap=gap,
            threads=threads,
            deterministic=deterministic,
            jobs=jobs,
            format=format,
            params=params_of(param),
            best=best,
            executor=workers,
            on_step=None if quiet else _progress(),
        )
    _shown([summary(found)], "terminal", None)


def _progress() -> Callable[[Step], None]:
    """A live line on a terminal, a line per run elsewhere."""
    from leptonopt.experiments.campaign import clock

    live = sys.stderr.isatty()

    def tell(step: Step) -> None:
        left = "" if step.left is None else f", about {clock(step.left)} to go"
        said = f"{step.done} of {step.total} runs{left}"
        if step.line is not None:
            line = step.line
            cost = "" if line.get("cost") is None else f" {float(Fraction(line['cost'])):,.2f}"
            cost = line.get("error") or f"{line['status']}{cost}"
            said += f": {line['instance']['name']} by {line['method']}: {cost}"
        said = files.printable(said)
        end = "\n" if not live or step.done == step.total else ""
        sys.stderr.write(f"\r\x1b[K{said[:110]}{end}" if live else f"{said}\n")
        sys.stderr.flush()

    return tell


@results.command()
def table(
    folders: Folders,
    by: By = "method",
    kind: As = "terminal",
    output: Output = None,
    methods: Only = None,
    family: Family = None,
    instance: Named = None,
    limit: Limit = None,
) -> None:
    """Cost, bound, gap, distance to the best known, times and primal integral."""
    from leptonopt.experiments.tables import summary

    files.writable(output)
    _shown([summary(_chosen(folders, methods, family, instance, limit), by)], kind, output)


@results.command()
def pairs(
    folders: Folders,
    against: Against = None,
    kind: As = "terminal",
    output: Output = None,
    methods: Only = None,
    family: Family = None,
    limit: Limit = None,
) -> None:
    """Which method is better, by how much, and how sure that is."""
    from leptonopt.experiments.statistics import paired_tests as found
    from leptonopt.experiments.tables import certainties

    files.writable(output)
    _shown([certainties(found(_chosen(folders, methods, family, None, limit), against, limit))], kind, output)


@results.command()
def profile(
    folders: Folders,
    output: Picture,
    of: Of = "cost",
    target: Target = 0.01,
    methods: Only = None,
    family: Family = None,
    limit: Limit = None,
) -> None:
    """Performance profile: on what share of instances a method is within a factor of the best one."""
    from leptonopt.experiments import figures as curves

    _drawn(output, curves.profile(_chosen(folders, methods, family, None, limit), of, target))


@results.command()
def times(
    folders: Folders,
    output: Picture,
    target: Target = 0.01,
    methods: Only = None,
    family: Family = None,
    limit: Limit = None,
) -> None:
    """What share of runs has come near the best known after so many seconds; time-outs count as censored."""
    from leptonopt.experiments import figures as curves

    _drawn(output, curves.times(_chosen(folders, methods, family, None, limit), target))


@results.command()
def incumbents(
    folders: Folders,
    output: Picture,
    instance: Named = None,
    methods: Only = None,
    family: Family = None,
    limit: Limit = None,
) -> None:
    """Plans and bounds over time, a panel per instance."""
    from leptonopt.experiments import figures as curves

    _drawn(output, curves.incumbents(_chosen(folders, methods, family, instance, limit)))


@results.command()
def schedules(folders: Folders, output: Picture, instance: Named = None, methods: Only = None) -> None:
    """The plans of two methods one above the other, what differs marked."""
    from leptonopt.experiments import schedule_diff as drawing

    found = _chosen(folders, methods, None, instance, None)
    _drawn(output, drawing.schedules(found))


@results.command()
def page(folders: Folders, output: Page) -> None:
    """All of it as one HTML file that needs no network."""
    from leptonopt.experiments.html_report import page as made
    from leptonopt.experiments.results import Results

    files.writable(output)
    files.write_atomic(output, made(Results.of(*folders)))


def _chosen(
    folders: list[Path], methods: str | None, family: str | None, instance: str | None, limit: float | None
) -> Results:
    """The runs asked for; refused when there are none."""
    from leptonopt.experiments.results import Results

    found = Results.of(*folders)
    asked = [
        ("method", found.methods, [name.strip() for name in methods.split(",")] if methods else []),
        ("family", found.families, [family] if family else []),
        ("instance", list(dict.fromkeys(run.instance for run in found.runs)), [instance] if instance else []),
        ("limit", [f"{each:g}" for each in found.limits], [f"{limit:g}"] if limit else []),
    ]
    for what, there, wanted in asked:
        for name in wanted:
            if name not in there:
                some = ", ".join(map(files.printable, there[:12])) + (", …" if len(there) > 12 else "")
                raise UsageError(f"there are no runs with the {what} {name!r}; there are some with {some or 'none'}")
    wants = {what: wanted for what, _, wanted in asked}
    chosen = found.where(
        lambda run: (
            (not wants["method"] or run.method in wants["method"])
            and (not family or run.family == family)
            and (not instance or run.instance == instance)
            and (not limit or run.limit == limit)
        )
    )
    if not chosen.runs:
        raise UsageError("no run is left; ask for less")
    return chosen


def _shown(tables: list[Table], kind: str, output: Path | None) -> None:
    from leptonopt.experiments.tables import written

    if kind == "terminal" and output is None:
        from leptonopt.plan import report

        for each in tables:
            report.listed(report.console(), each.title, each.heads, each.rows, each.notes, each.words)
        return
    files.write_atomic(output or "-", written(tables, "markdown" if kind == "terminal" else kind))


def _drawn(path: Path, figure: Any) -> None:
    from leptonopt.plan.picture import save

    save(figure, path)
