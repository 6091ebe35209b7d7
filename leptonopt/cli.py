"""The command line: parse, call, print. Everything else lives elsewhere and is loaded when needed."""

from __future__ import annotations

import json
import sys
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from leptonopt.errors import Alarm, InputError, UsageError

if TYPE_CHECKING:
    from rich.console import Console

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Plans AI workloads on pools of GPUs, CPUs and memory at the lowest cost that can be proven.",
    epilog="Exit codes: 0 done, a verified plan; 2 usage; 3 a bad file; 4 infeasible; 5 no plan within the limits; "
    "6 the checker objects; 130, 143 interrupted (the best plan so far is still written).",
)

File = Annotated[Path, typer.Argument(help="an instance: .yaml, .json, .toml, or any file with --format", show_default=False)]
Format = Annotated[str | None, typer.Option("--format", help="how to read the file, where its ending does not tell", metavar="NAME")]
Params = Annotated[list[str] | None, typer.Option("--param", help="a parameter of the format; may be repeated", metavar="KEY=VALUE")]
Json = Annotated[bool, typer.Option("--json", help="print JSON, and nothing else, on standard output")]


@app.callback(invoke_without_command=True)
def root(
    context: typer.Context, version: Annotated[bool, typer.Option("--version", help="print the version and end")] = False
) -> None:
    """Options before any command."""
    if version:
        from leptonopt import __version__

        typer.echo(f"leptonopt {__version__}")
        raise typer.Exit
    del context


@app.command(epilog="Example: leptonopt solve week.yaml --time-limit 60 --gap 0.01 -o plan.json --plot plan.png")
def solve(
    file: File,
    method: Annotated[str, typer.Option("--method", "-m", help="auto, or a name from `leptonopt methods`")] = "auto",
    time_limit: Annotated[float, typer.Option("--time-limit", "-t", help="seconds of wall clock, for everything")] = 60.0,
    gap: Annotated[float, typer.Option("--gap", help="stop at this (cost - bound) / cost; 0.01 is one percent")] = 0.0,
    threads: Annotated[int | None, typer.Option("--threads", help="how much runs side by side [default: all cores]")] = None,
    seed: Annotated[int, typer.Option("--seed", help="seed of all that is random")] = 0,
    deterministic: Annotated[bool, typer.Option("--deterministic", help="the same plan on every run, at some cost in speed")] = False,
    warm_start: Annotated[Path | None, typer.Option("--warm-start", help="a plan file to start from", metavar="PLAN")] = None,
    format: Format = None,
    param: Params = None,
    as_json: Json = False,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="write the plan file here", metavar="FILE")] = None,
    plot: Annotated[Path | None, typer.Option("--plot", help="draw schedule, load and cost (.png, .svg, .pdf)", metavar="FILE")] = None,
    log_file: Annotated[Path | None, typer.Option("--log-file", help="write what the solvers say here", metavar="FILE")] = None,
    write_model: Annotated[Path | None, typer.Option("--write-model", help="write the model (.mps, .lp, .dat)", metavar="FILE")] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="no progress, no notes, one line of result")] = False,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="all tasks, progress also without a terminal")] = False,
) -> None:
    """Find the plan of least cost, and say how good it is."""
    from leptonopt.conductor import solve as run
    from leptonopt.progress import Shown

    for target in (output, plot, log_file, write_model):
        _writable(target)
    if write_model is not None:
        _write_model(write_model, file, format, _params(param))
    start = None if warm_start is None else _plan_of(warm_start)
    with Shown() as shown:
        watch = shown if not quiet and (shown.live or verbose) else None
        result = run(
            file, method=method, time_limit=time_limit, gap=gap, threads=threads, seed=seed, deterministic=deterministic,
            warm_start=start, format=format, params=_params(param), on_progress=watch,
        )  # fmt: skip
    from leptonopt import files

    document = result.document
    if output is not None:
        files.write(output, _dumped(document))
    if log_file is not None:
        files.write(log_file, result.log + "\n")
    if plot is not None and result.plan is not None:
        from leptonopt.plot import draw
        from leptonopt.read import load

        draw(document, load(file, format, _params(param)), plot)
    if as_json:
        sys.stdout.write(_dumped(document))
    elif str(output) != "-":
        _show(document, () if quiet else result.notes, quiet, verbose)
    if result.signal is not None:
        raise typer.Exit(128 + result.signal)
    if result.plan is None:
        raise typer.Exit(4 if result.status == "infeasible" else 5)


def _show(document: dict[str, Any], notes: tuple[str, ...], quiet: bool, verbose: bool) -> None:
    from leptonopt import report

    console = _console()
    if quiet:
        console.print(report.headline(document))
    else:
        report.show(document, console, notes, verbose)


@app.command(epilog="Example: leptonopt verify week.yaml plan.json")
def verify(
    file: File,
    plan: Annotated[Path, typer.Argument(help="a plan file, as `solve -o` writes it", show_default=False)],
    format: Format = None,
    param: Params = None,
    as_json: Json = False,
) -> None:
    """Check a plan against its instance: every rule, every cent, every claim. Exit code 0 or 6."""
    from leptonopt.verify import verify as check

    verdict = check(_document(file, format, _params(param)), _plan_of(plan))
    if as_json:
        lines = [{"rule": v.rule, "witness": v.witness, "amount": v.amount, "message": v.message} for v in verdict.violations]
        cost = None if verdict.cost is None else str(verdict.cost)
        said = {"ok": verdict.ok, "cost_exact": cost, "violations": lines, "notes": list(verdict.notes)}
        sys.stdout.write(json.dumps(said, indent=1, ensure_ascii=False) + "\n")
    else:
        for found in verdict.violations:
            amount = f" (by {found.amount})" if found.amount is not None else ""
            typer.echo(f"{found.rule}: {found.message}{amount}")
        for note in verdict.notes:
            typer.echo(f"note: {note}")
        count = len(verdict.violations)
        known = "" if verdict.cost is None else f"; the cost is {verdict.cost} exactly"
        typer.echo(f"the plan keeps every rule{known}" if verdict.ok else f"{count} violation{'s' if count > 1 else ''}")
    raise typer.Exit(0 if verdict.ok else Alarm.exit_code)


@app.command()
def validate(
    files: Annotated[list[Path], typer.Argument(help="instance files", show_default=False)], format: Format = None, param: Params = None
) -> None:
    """Say everything that is wrong with instance files, each with its line; or what they hold."""
    from leptonopt.compile import compile
    from leptonopt.portfolio import size
    from leptonopt.read import load

    code = 0
    for file in files:
        try:
            compiled = compile(load(file, format, _params(param)))
        except InputError as error:
            typer.echo("\n".join(f"error: {line}" for line in str(error).splitlines()), err=True)
            code = error.exit_code
            continue
        instance, problem = compiled.instance, compiled.problem
        copies = sum(task.copies for task in instance.tasks)
        typer.echo(
            f"{file}: valid; {copies:,} tasks in {problem.groups:,} groups, {problem.options:,} options, "
            f"{len(instance.pools)} pools, {problem.slots:,} slots, {size(problem).columns:,} columns"
        )
        for reason in compiled.impossible:
            typer.echo(f"  no plan exists: {reason}")
        if rounded := _rounded(compiled):
            typer.echo(f"  note: {rounded} options do not fill their last slot, which they hold and pay for in whole")
    raise typer.Exit(code)


def _rounded(compiled: Any) -> int:
    slot = compiled.instance.time.slot
    return sum(way.duration % slot != 0 for kept in compiled.kept for way in kept)


@app.command()
def schema(
    kind: Annotated[str, typer.Argument(help="instance or plan")] = "instance",
) -> None:
    """Print the JSON Schema of instance files or of plan files."""
    if kind == "instance":
        from leptonopt.instance import instance_schema

        found = instance_schema()
    elif kind == "plan":
        from importlib.resources import files

        found = json.loads(files("leptonopt").joinpath("plan.schema.json").read_text(encoding="utf-8"))
    else:
        raise UsageError(f"there is no schema {kind!r}; allowed are instance and plan")
    sys.stdout.write(json.dumps(found, indent=2, ensure_ascii=False) + "\n")


@app.command()
def methods(as_json: Json = False) -> None:
    """List the methods: what each does, and what kind of answer it gives."""
    from leptonopt.methods import AUTO, TABLE

    lines = [("auto", "", AUTO), *((entry.name, entry.kind, entry.what) for entry in TABLE.values())]
    lines.append(("pulp:NAME", "exact", "any other solver that PuLP reaches, by PuLP's name for it"))
    if as_json:
        sys.stdout.write(json.dumps([{"name": name, "kind": kind, "what": what} for name, kind, what in lines], indent=1) + "\n")
    else:
        for name, kind, what in lines:
            typer.echo(f"{name:<13} {kind:<10} {what}")


@app.command(epilog="Example: leptonopt convert d05100 --format gap -o d05100.yaml")
def convert(
    file: File,
    output: Annotated[Path, typer.Option("--output", "-o", help="where to; its ending tells the format", metavar="FILE")],
    to: Annotated[str | None, typer.Option("--to", help="yaml, json, toml, mps, lp or dat, instead of the ending")] = None,
    format: Format = None,
    param: Params = None,
) -> None:
    """Write an instance in another format: YAML, JSON, TOML, or its model as MPS, LP or GNU MathProg data."""
    from leptonopt import files

    kind = to or output.suffix.lower().lstrip(".")
    kind = {"yml": "yaml"}.get(kind, kind)
    if kind in ("yaml", "json", "toml"):
        from leptonopt.read import load
        from leptonopt.read.write import dumped

        _writable(output)
        files.write(output, dumped(load(file, format, _params(param)).document(), kind))
    elif kind in MODELS:
        _write_model(output, file, format, _params(param), kind)
    else:
        raise UsageError(f"{kind or 'no ending'!r} is no format to write; allowed are yaml, json, toml, {', '.join(MODELS)}")


MODELS = ("mps", "lp", "dat")


def _write_model(path: Path, file: Path, format: str | None, params: dict[str, str], kind: str | None = None) -> None:
    from leptonopt import export, files
    from leptonopt.compile import compile
    from leptonopt.read import load

    kind = kind or path.suffix.lower().lstrip(".")
    if kind not in MODELS:
        raise UsageError(f"{kind or 'no ending'!r} is no format of a model; allowed are {', '.join(MODELS)}")
    _writable(path)
    files.write(path, export.written(compile(load(file, format, params)).problem, kind))


def _params(given: list[str] | None) -> dict[str, str]:
    found = {}
    for item in given or ():
        key, equals, value = item.partition("=")
        if not equals or not key:
            raise UsageError(f"--param {item!r}; write KEY=VALUE")
        found[key] = value
    return found


def _writable(path: Path | None) -> None:
    """Refuse a place that cannot be written to before the work is done, not after."""
    if path is None or str(path) == "-":
        return
    if path.is_dir():
        raise UsageError(f"{path}: is a folder; give a file's name")
    if not path.parent.is_dir():
        raise UsageError(f"{path}: there is no folder {str(path.parent)!r}")


def _document(file: Path, format: str | None, params: dict[str, str]) -> dict[str, Any]:
    """An instance's document for the checker; JSON by the standard library alone."""
    if format is None and file.suffix.lower() == ".json":
        return _json_of(file, "an instance")
    from leptonopt.read import read_document

    return read_document(file, format, params)


def _plan_of(file: Path) -> dict[str, Any]:
    return _json_of(file, "a plan")


def _json_of(file: Path, what: str) -> dict[str, Any]:
    try:
        found = json.loads(file.read_bytes(), parse_float=Decimal)
    except OSError as error:
        raise InputError(f"{file}: cannot be read: {error.strerror}") from None
    except (ValueError, RecursionError) as error:
        raise InputError(f"{file}: not {what} in JSON: {error}") from None
    if not isinstance(found, dict):
        raise InputError(f"{file}: not {what}: no mapping at its top")
    return found


def _dumped(document: dict[str, Any]) -> str:
    return json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def _console() -> Console:
    from rich.console import Console

    return Console(width=None if sys.stdout.isatty() else 120)
