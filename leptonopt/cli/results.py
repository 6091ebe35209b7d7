"""`leptonopt results`: tables, tests and figures of the folders that `leptonopt compare` wrote."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from leptonopt.cli import options
from leptonopt.cli.common import current_methods
from leptonopt.errors import UsageError
from leptonopt.io import files

if TYPE_CHECKING:
    from leptonopt.experiments.results import Results
    from leptonopt.experiments.tables import Table

EPILOG = """\b
Examples:
  leptonopt results table results --by family --as markdown
  leptonopt results pairs results --against auto
  leptonopt results profile results -o profile.svg
  leptonopt results page results -o report.html"""

results = typer.Typer(no_args_is_help=True, help="Show tables, tests and figures of comparisons.", epilog=EPILOG)


@results.command()
def table(
    folders: options.ResultFolders,
    by: options.By = "method",
    kind: options.TableKind = "terminal",
    output: options.TableFile = None,
    methods: options.OnlyMethods = None,
    family: options.OnlyFamily = None,
    instance: options.OnlyInstance = None,
    limit: options.OnlyLimit = None,
) -> None:
    """Show cost, bound, gap, distance to the best known, times and primal integral."""
    from leptonopt.experiments.tables import summary

    files.writable(output)
    print_tables([summary(_chosen(folders, methods, family, instance, limit), by)], kind, output)


@results.command()
def pairs(
    folders: options.ResultFolders,
    against: options.Against = None,
    kind: options.TableKind = "terminal",
    output: options.TableFile = None,
    methods: options.OnlyMethods = None,
    family: options.OnlyFamily = None,
    limit: options.OnlyLimit = None,
) -> None:
    """Test which method is better, by how much, and how certain that is."""
    from leptonopt.experiments.statistics import paired_tests as found
    from leptonopt.experiments.tables import certainties

    files.writable(output)
    against = against and current_methods([against])[0]
    print_tables([certainties(found(_chosen(folders, methods, family, None, limit), against, limit))], kind, output)


@results.command()
def profile(
    folders: options.ResultFolders,
    output: options.FigureFile,
    of: options.ProfileOf = "cost",
    target: options.TargetGap = 0.01,
    methods: options.OnlyMethods = None,
    family: options.OnlyFamily = None,
    limit: options.OnlyLimit = None,
) -> None:
    """Draw performance profiles: share of instances on which a method is within a factor of the best."""
    from leptonopt.experiments import figures as curves

    _drawn(output, curves.profile(_chosen(folders, methods, family, None, limit), of, target))


@results.command()
def times(
    folders: options.ResultFolders,
    output: options.FigureFile,
    target: options.TargetGap = 0.01,
    methods: options.OnlyMethods = None,
    family: options.OnlyFamily = None,
    limit: options.OnlyLimit = None,
) -> None:
    """Draw the share of runs near the best known value over time; time-outs count as censored."""
    from leptonopt.experiments import figures as curves

    _drawn(output, curves.times(_chosen(folders, methods, family, None, limit), target))


@results.command()
def incumbents(
    folders: options.ResultFolders,
    output: options.FigureFile,
    instance: options.OnlyInstance = None,
    methods: options.OnlyMethods = None,
    family: options.OnlyFamily = None,
    limit: options.OnlyLimit = None,
) -> None:
    """Draw costs and bounds over time, a panel per instance."""
    from leptonopt.experiments import figures as curves

    _drawn(output, curves.incumbents(_chosen(folders, methods, family, instance, limit)))


@results.command()
def schedules(
    folders: options.ResultFolders,
    output: options.FigureFile,
    instance: options.OnlyInstance = None,
    methods: options.OnlyMethods = None,
) -> None:
    """Draw the plans of two methods one above the other, with differences marked."""
    from leptonopt.experiments import schedule_diff as drawing

    found = _chosen(folders, methods, None, instance, None)
    _drawn(output, drawing.schedules(found))


@results.command()
def page(folders: options.ResultFolders, output: options.PageFile) -> None:
    """Write all tables and figures as one HTML file that needs no network."""
    from leptonopt.experiments.html_report import page as made
    from leptonopt.experiments.results import Results

    files.writable(output)
    files.write_atomic(output, made(Results.of(*folders)))


def _chosen(
    folders: list[Path], methods: str | None, family: str | None, instance: str | None, limit: float | None
) -> Results:
    """Return the runs that the options select; raises `UsageError` where there are none."""
    from leptonopt.experiments.results import Results

    found = Results.of(*folders)
    names = current_methods(name.strip() for name in methods.split(",")) if methods else []
    selected: list[tuple[str, list[str], list[str]]] = [
        ("method", found.methods, names),
        ("family", found.families, [family] if family else []),
        ("instance", list(dict.fromkeys(run.instance for run in found.runs)), [instance] if instance else []),
        ("limit", [f"{each:g}" for each in found.limits], [f"{limit:g}"] if limit else []),
    ]
    for what, known, wanted in selected:
        for name in wanted:
            if name not in known:
                some = ", ".join(map(files.printable, sorted(known)[:12])) + (", …" if len(known) > 12 else "")
                raise UsageError(f"there are no runs with the {what} {name!r}; there are some with {some or 'none'}")
    chosen = found.where(
        lambda run: (
            (not names or run.method in names)
            and (not family or run.family == family)
            and (not instance or run.instance == instance)
            and (not limit or run.limit == limit)
        )
    )
    if not chosen.runs:
        raise UsageError("no run is left; ask for less")
    return chosen


def print_tables(tables: list[Table], kind: str, output: Path | None) -> None:
    """Print tables to the terminal, or write them as markdown, csv or latex."""
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
