"""The command line: parse, call, print. Everything else lives elsewhere and is loaded when needed."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Mapping
from contextlib import nullcontext, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from leptonopt.cli import experiments as cli_research
from leptonopt.cli.verify import FORMATS_HELP, params_of, plan_of, say
from leptonopt.errors import Infeasible, InputError, NoPlan, OutOfTime, UsageError
from leptonopt.io import files

if TYPE_CHECKING:
    from leptonopt.instance import Instance
    from leptonopt.session.result import Result

PLANS = ("npz", "csv")
NATIVE = ("yaml", "json", "toml")
DRAWING = 30.0  # seconds for a picture, beyond the time limit
MODELS = ("mps", "lp", "dat")
LICENCES = {
    "numpy": "BSD-3-Clause",
    "scipy": "BSD-3-Clause, HiGHS: MIT",
    "ortools": "Apache-2.0",
    "pulp": "MIT, CBC: EPL-2.0",
}

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Plans AI workloads on pools of GPUs, CPUs and memory at the lowest cost that can be proven.",
    epilog="""\b
Examples:
  leptonopt solve week.yaml                      the plan, its bill, and how good it is
  leptonopt solve week.yaml -o plan.json --plot plan.png
  leptonopt verify week.yaml plan.json           an independent check of rules and cents

\b
Exit codes: 0 done, a verified plan; 2 usage; 3 a bad file; 4 infeasible;
5 no plan within the limits; 6 the checker objects; 7 two proofs contradict each
other, a fault of leptonopt (the evidence is written to leptonopt-alarm.json);
130, 143 interrupted (the best plan so far is still written).""",
)

SOLVE = """\b
Examples:
  leptonopt solve week.yaml                        at most a minute, best method
  leptonopt solve week.yaml -t 600 --gap 0.01      ten minutes, or within one percent
  leptonopt solve week.yaml -m cpsat --json        one engine; the plan as JSON
  leptonopt solve week.yaml --warm-start plan.json -o plan.json
  leptonopt solve week.yaml --confirm              "optimal" proven on a second model
  leptonopt solve week.yaml -o plan.json --certify and plan.certificate.json, for
                                                   `leptonopt verify --certificate`
  leptonopt solve week.yaml --cluster tcp://10.0.0.5:8786    with the workers there
  leptonopt solve d05100 --format gap              a file of the literature

\b
The status is a promise. optimal: no plan costs less, proven. feasible: a plan,
and a bound that no plan can beat; the gap is what lies between. infeasible: no
plan exists, proven, with reasons. unknown: none was found within the limits.

Ctrl-C ends the search and gives the best plan so far; a second one kills.
Exit codes: 0, 2, 3, 4, 5, 7, 130, 143; see `leptonopt --help`."""

EXPLAIN = """\b
Examples:
  leptonopt explain week.yaml                      why there is no plan, what would help
  leptonopt explain week.yaml -o repaired.yaml     and the cheapest repair, applied

\b
A conflict lists tasks and demands that cannot hold together, none of which can
be spared. A repair is one change after which a plan exists: it has been made,
solved, and checked, and the cost is that of its plan. When the time is too
short to tell whether a plan exists, that is what is said.

Exit codes: 0 a plan exists; 4 none does, explained; 5 not known in time."""

VALIDATE = """\b
Example: leptonopt validate instances/*.yaml

\b
Findings go to standard error, one line each, as file:line: place: what is
wrong; what is allowed. Exit code 0 when all files are valid, 3 otherwise."""

CONVERT = """\b
Examples:
  leptonopt convert week.yaml -o week.json
  leptonopt convert d05100 --format gap -o d05100.yaml
  leptonopt convert week.yaml -o week.mps          the model, for any other solver
  leptonopt convert week.yaml --to lp -o -         to standard output"""

GENERATE = """\b
Examples:
  leptonopt generate                               the families, a line each
  leptonopt generate gaia -o jobs.yaml             100 tasks of one
  leptonopt generate elasticflow -o jobs.json --tasks 5000 --seed 7 --load 0.9
  leptonopt generate lumpy -o hard.yaml --tasks 60 --slack 1.5 --precedence 0.3
  leptonopt generate gavel -o jobs.npz --tasks 1000000 --preemptible 0.5
  leptonopt generate regions -o - | head           YAML, to standard output

\b
Every instance has a plan: each was made around one, or has a dear pool without
limit. The same call writes the same bytes on any machine. Where the figures of
a family come from stands in docs/how-to/generate-instances.md and in the file's `source`."""

Option = typer.Option
File = Annotated[
    Path, typer.Argument(metavar="FILE", show_default=False, help="an instance: .yaml, .json, .toml, or with --format")
]
Files = Annotated[list[Path], typer.Argument(metavar="FILE...", show_default=False, help="instance files")]
Format = Annotated[str | None, Option("--format", metavar="NAME", help=FORMATS_HELP)]
Params = Annotated[list[str] | None, Option("--param", metavar="KEY=VALUE", help="for the format; may be repeated")]
Json = Annotated[bool, Option("--json", help="print JSON, and nothing else, on standard output")]
Method = Annotated[str, Option("--method", "-m", metavar="NAME", help="a name from `leptonopt methods`")]
Seconds = Annotated[float, Option("--time-limit", "-t", metavar="SECONDS", help="wall clock, for everything")]
Gap = Annotated[float, Option(metavar="SHARE", help="stop at (cost - bound) / cost; 0.01: one percent, 0: a proof")]
Threads = Annotated[int | None, Option(metavar="N", help="how much runs side by side  [default: all cores]")]
Memory = Annotated[str | None, Option(metavar="SIZE", help="for each engine: 8GB, 512MiB  [default: the machine's]")]
Cluster = Annotated[
    str | None, Option(metavar="ADDRESS", help="search on the workers of a Dask scheduler too: tcp://HOST:PORT")
]
Seed = Annotated[int, Option(metavar="N", help="seed of all that is random")]
Deterministic = Annotated[bool, Option("--deterministic", help="the same plan on every run, at some cost in speed")]
WarmStart = Annotated[Path | None, Option(metavar="PLAN", help="a plan file to start from")]
Output = Annotated[Path | None, Option("--output", "-o", metavar="FILE", help="write the plan file; - for stdout")]
Repaired = Annotated[
    Path | None, Option("--output", "-o", metavar="FILE", help="write the instance with the cheapest repair")
]
Plot = Annotated[Path | None, Option(metavar="FILE", help="draw schedule, load and cost (.png, .svg, .pdf)")]
LogFile = Annotated[Path | None, Option(metavar="FILE", help="write what the solvers say")]
Model = Annotated[Path | None, Option(metavar="FILE", help="write the model (.mps, .lp, .dat) before solving")]
Confirm = Annotated[bool, Option("--confirm", help="have it proven again on a second model, in the time left")]
Certify = Annotated[bool, Option("--certify", help="write prices that prove the bound beside the plan (needs -o)")]
Quiet = Annotated[bool, Option("--quiet", "-q", help="no progress, no notes, one line of result")]
Verbose = Annotated[bool, Option("--verbose", "-v", help="all tasks; progress also without a terminal")]
To = Annotated[str | None, Option(metavar="NAME", help="yaml, json, toml, mps, lp or dat, instead of the ending")]
Target = Annotated[Path, Option("--output", "-o", metavar="FILE", help="where to; its ending tells the format")]
Family = Annotated[str | None, typer.Argument(metavar="[FAMILY]", show_default=False, help="a name from --list")]
Families = Annotated[bool, Option("--list", help="list the families and end")]
Made = Annotated[
    Path | None, Option("--output", "-o", metavar="FILE", help="where to: .yaml, .json or .npz; - for YAML on stdout")
]
Tasks = Annotated[int, Option(metavar="N", help="from 10 to 1,000,000")]
Load = Annotated[float, Option(metavar="SHARE", help="device-time that the tasks need, of what limited pools have")]
Slack = Annotated[
    float | None, Option(metavar="TIMES", help="(deadline - release) / shortest duration, mean  [default: by family]")
]
Precedence = Annotated[float, Option(metavar="SHARE", help="of the tasks that follow another; at most 0.75")]
Optional = Annotated[float, Option(metavar="SHARE", help="of the tasks that may be left out, and have a value")]
Preemptible = Annotated[float, Option(metavar="SHARE", help="of the tasks that may run on spot, with checkpoints")]
Days = Annotated[int | None, Option(metavar="N", help="of the horizon  [default: by the number of tasks]")]
Kind = Annotated[str, typer.Argument(metavar="[instance|plan]", help="which schema")]


def _version(asked: bool) -> None:
    if asked:
        from leptonopt import __version__

        typer.echo(f"leptonopt {__version__}")
        raise typer.Exit


Version = Annotated[bool, Option("--version", callback=_version, is_eager=True, help="print the version and end")]


def run(begun: float | None = None) -> int:
    """Run the command line; the exit code. Time limits count from `begun`, a moment of `time.monotonic`.

    Raises `UsageError` in one line where typer would print its usage around it.
    """
    wrong: Any = typer.BadParameter.__bases__[0]  # click's, which typer brings along under names that vary
    try:
        return int(app(prog_name="leptonopt", standalone_mode=False, obj=begun) or 0)
    except wrong as error:
        if type(error).__name__ == "NoArgsIsHelpError":
            error.show()
            return UsageError.exit_code
        asked = getattr(error, "ctx", None)
        command = asked.command_path if asked else "leptonopt"
        message = error.format_message().rstrip(".")
        raise UsageError(f"{message[:1].lower()}{message[1:]}; `{command} -h` says what is allowed") from None


@app.callback()
def root(version: Version = False) -> None:
    """Options before any command."""


# --- solve ------------------------------------------------------------------------------------------


@app.command(epilog=SOLVE)
def solve(
    context: typer.Context,
    file: File,
    method: Method = "auto",
    time_limit: Seconds = 60.0,
    gap: Gap = 0.0,
    threads: Threads = None,
    memory: Memory = None,
    cluster: Cluster = None,
    seed: Seed = 0,
    deterministic: Deterministic = False,
    warm_start: WarmStart = None,
    format: Format = None,
    param: Params = None,
    as_json: Json = False,
    output: Output = None,
    plot: Plot = None,
    log_file: LogFile = None,
    write_model: Model = None,
    confirm: Confirm = False,
    certify: Certify = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Find the plan of least cost, and say how good it is."""
    from leptonopt.runtime.clock import time_limited
    from leptonopt.session.request import make_limits

    columns = format is None and files.is_columns(file)
    certificate = _certificate(output, columns) if certify else None
    _targets(file, output, plot, log_file, write_model, certificate, columns)
    params = params_of(param)
    make_limits(time_limit, gap, threads, seed, deterministic)
    if write_model is not None:
        begun = time.monotonic() if context.obj is None else context.obj
        with time_limited(begun + time_limit, "the model was written"):
            _write_model(write_model, file, format, params)
    from leptonopt.cli.progress import ProgressLine
    from leptonopt.runtime.dask import dask_executor
    from leptonopt.runtime.signals import Signals
    from leptonopt.session.solve import solve as run

    start = None if warm_start is None else _start(warm_start, columns)
    # A signal that comes once there is a plan must not cost it either.
    with dask_executor(cluster) if cluster else nullcontext() as workers, Signals():
        with ProgressLine() as shown:
            watch = shown if not quiet and (shown.live or verbose) else None
            result = run(
                file,
                method=method,
                time_limit=time_limit,
                gap=gap,
                threads=threads,
                memory=memory,
                seed=seed,
                deterministic=deterministic,
                warm_start=start,
                format=format,
                params=params,
                on_progress=watch,
                confirm=confirm,
                certify=certify,
                executor=workers,
                handle_signals=True,
                begun=context.obj,
            )
        as_json = as_json or str(output) == "-"
        try:
            if output is not None and str(output) != "-" and not result.save(output):
                _say_not_written(output, "there is no plan")
            if certificate is not None:
                result.save_certificate(certificate)
            if log_file is not None:
                files.write_atomic(log_file, files.printable_lines(result.log) + "\n")
            if plot is not None:
                _plot(plot, result, file, format, params)
        finally:  # a full disk must not cost the plan
            _show(result, as_json, quiet, verbose)
    if code := _exit_code(result):
        raise typer.Exit(code)


def _start(file: Path, columns: bool) -> Mapping[str, Any]:
    """Return the plan to start from."""
    if not columns:
        return plan_of(file)
    from leptonopt.plan.columnar import read_plan

    return read_plan(file)


def _certificate(output: Path | None, columns: bool) -> Path:
    """Where the certificate goes: beside the plan."""
    if output is None or str(output) == "-":
        raise UsageError("--certify writes the certificate beside the plan; say where with -o FILE")
    if columns:
        return output.with_name(f"{output.stem}.certificate.npz")
    return output.with_name(f"{output.name.removesuffix('.json')}.certificate.json")


def _targets(
    file: Path,
    output: Path | None,
    plot: Path | None,
    log_file: Path | None,
    write_model: Path | None,
    certificate: Path | None,
    columns: bool,
) -> None:
    """Refuse what cannot be written before an hour of solving, not after."""
    from leptonopt.plan.picture import FORMATS as PICTURE_FORMATS

    summary = None
    if columns and output is not None:
        kind = _ending(output, PLANS, "a plan in columns")
        summary = output.with_suffix(".json") if kind == "csv" else None
    targets = (output, summary, plot, log_file, write_model, certificate)
    for at, target in enumerate(targets):
        files.writable(target)
        files.different(target, file, *targets[:at])
    if plot is not None:
        _ending(plot, PICTURE_FORMATS, "a plot")
    if write_model is not None:
        _ending(write_model, MODELS, "a model")


def _ending(path: Path, allowed: tuple[str, ...], what: str) -> str:
    kind = path.suffix.lower().lstrip(".")
    if kind not in allowed:
        raise UsageError(f"{path}: {what} is written as .{', .'.join(allowed)}; choose one of these endings")
    return kind


def _show(result: Result, as_json: bool, quiet: bool, verbose: bool) -> None:
    notes = () if quiet else result.notes
    if as_json:
        files.write_atomic("-", files.dumped(result.document))
        for note in notes:
            typer.echo(f"note: {files.printable(note)}", err=True)
        return
    from leptonopt.plan import report

    if quiet:
        report.console().print(report.headline(result.document), soft_wrap=True)
    else:
        report.show(result.document, report.console(), notes, verbose)


def _say_not_written(path: Path, why: str) -> None:
    typer.echo(f"note: {files.printable(path)} is not written: {why}", err=True)


def _plot(path: Path, result: Result, file: Path, format: str | None, params: dict[str, str]) -> None:
    if result.plan is None:
        _say_not_written(path, "there is no plan to draw")
        return
    from leptonopt.plan.plot import draw
    from leptonopt.runtime.clock import time_limited

    try:
        with time_limited(time.monotonic() + DRAWING, "the plan was drawn"):
            if format is None and files.is_columns(file):
                from leptonopt.session.columnar_documents import drawable_plan

                draw(*drawable_plan(file, result.plan), path)
            else:
                draw(result.document, _loaded(file, format, params), path)
    except OutOfTime:
        _say_not_written(path, f"drawing took longer than {DRAWING:g} s")
    except UsageError as error:  # the plan must not be lost for its picture
        if not files.is_columns(file):
            raise
        _say_not_written(path, str(error))


def _exit_code(result: Result) -> int:
    if result.signal is not None:
        return 128 + result.signal
    if result.plan is not None:
        return 0
    return Infeasible.exit_code if result.status == "infeasible" else NoPlan.exit_code


@app.command(epilog=EXPLAIN)
def explain(
    context: typer.Context,
    file: File,
    time_limit: Seconds = 60.0,
    format: Format = None,
    param: Params = None,
    as_json: Json = False,
    output: Repaired = None,
    quiet: Quiet = False,
) -> None:
    """Say why an instance has no plan, and what would help."""
    from leptonopt.explain.explain import explain as run
    from leptonopt.io.native import writer as write
    from leptonopt.session.request import make_limits

    if output is not None:
        kind = _ending(output, NATIVE, "an instance")
        files.writable(output)
        files.different(output, file)
    make_limits(time_limit=time_limit)
    watch = None if quiet or not sys.stderr.isatty() else (lambda line: typer.echo(f"... {line}", err=True))
    params = params_of(param)
    found = run(file, time_limit=time_limit, format=format, params=params, on_progress=watch, begun=context.obj)
    if output is not None and found.repairs:
        files.write_atomic(output, write.dumped(found.repairs[0].instance, kind))
    if as_json:
        files.write_atomic("-", files.dumped(found.document()))
    else:
        from leptonopt.plan import report

        report.explained(found.document(), report.console())
    codes = {"infeasible": Infeasible.exit_code, "unknown": NoPlan.exit_code}
    if code := codes.get(found.status):
        raise typer.Exit(code)


# --- verify, validate -------------------------------------------------------------------------------


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []})
def verify(context: typer.Context) -> None:
    """Check a plan against its instance: every rule, every cent, every claim."""
    from leptonopt.cli.verify import main

    raise typer.Exit(main(context.args))


@app.command(epilog=VALIDATE)
def validate(paths: Files, format: Format = None, param: Params = None) -> None:
    """Say everything that is wrong with instance files, each with its line; or what they hold."""
    code, params = 0, params_of(param)
    for path in paths:
        try:
            said = _summary(path, format, params)
        except InputError as error:
            with suppress(OSError):  # nobody may be there to hear it
                typer.echo("\n".join(f"error: {files.printable(line)}" for line in str(error).splitlines()), err=True)
            code = error.exit_code
        else:
            say(f"{path}: {said[0]}")
            for line in said[1:]:
                say(f"  {line}")
    raise typer.Exit(code)


def _summary(file: Path, format: str | None, params: dict[str, str]) -> list[str]:
    """Return what an instance holds; raises `InputError`."""
    if format is None and files.is_columns(file):
        from leptonopt.io.columnar import load

        return [load(file).summary()]
    from leptonopt.compile.compiler import compile_instance
    from leptonopt.plan.report import summary

    return summary(compile_instance(_loaded(file, format, params)))


# --- schema, methods, convert -----------------------------------------------------------------------


@app.command()
def schema(kind: Kind = "instance") -> None:
    """Print the JSON Schema of instance files or of plan files."""
    if kind == "instance":
        from leptonopt.instance import instance_schema

        found = instance_schema()
    elif kind == "plan":
        from importlib.resources import files as resources

        found = json.loads(resources("leptonopt.verify").joinpath("plan.schema.json").read_text(encoding="utf-8"))
    else:
        raise UsageError(f"there is no schema {kind!r}; allowed are instance and plan")
    files.write_atomic("-", json.dumps(found, indent=2, ensure_ascii=False) + "\n")


@app.command()
def methods(as_json: Json = False) -> None:
    """List the methods: what each does, what kind of answer it gives, and whose engine it is."""
    from leptonopt.solvers.registry import AUTO, TABLE

    other = "any other solver that PuLP reaches, by PuLP's name for it"
    rows = [("auto", "", AUTO, "", "")]
    rows += [(entry.name, entry.kind, entry.what, *_engine(entry.package)) for entry in TABLE.values()]
    rows += [("pulp:NAME", "exact", other, _engine("pulp")[0], "the solver's own")]
    lines = [dict(zip(("name", "kind", "what", "engine", "licence"), row, strict=True)) for row in rows]
    if as_json:
        files.write_atomic("-", json.dumps(lines, indent=1) + "\n")
        return
    for line in lines:
        engine = f"{line['engine']} ({line['licence']})" if line["engine"] else ""
        say(f"{line['name']:<13} {line['kind']:<10} {line['what']}")
        if engine:
            say(f"{'':24} {engine}")


def _engine(package: str) -> tuple[str, str]:
    """The package a method runs on, with its version, and its licence; nothing of it is imported."""
    from importlib.metadata import PackageNotFoundError, version

    if not package:
        return "", ""
    try:
        return f"{package} {version(package)}", LICENCES.get(package, "")
    except PackageNotFoundError:
        return f"{package}, not installed", LICENCES.get(package, "")


@app.command(epilog=CONVERT)
def convert(file: File, output: Target, to: To = None, format: Format = None, param: Params = None) -> None:
    """Write an instance in another format: YAML, JSON, TOML, or its model as MPS, LP or GNU MathProg data."""
    kind = to or output.suffix.lower().lstrip(".")
    kind = {"yml": "yaml"}.get(kind, kind)
    if kind not in NATIVE + MODELS:
        what = f"{kind!r} is no format to write" if kind else f"{output}: no ending tells the format; say --to NAME"
        raise UsageError(f"{what}; allowed are {', '.join(NATIVE + MODELS)}")
    files.writable(output)
    files.different(output, file)
    params = params_of(param)
    if kind in MODELS:
        _write_model(output, file, format, params, kind)
        return
    from leptonopt.io.native import writer as write

    files.write_atomic(output, write.dumped(_loaded(file, format, params).document(), kind))


@app.command(epilog=GENERATE)
def generate(
    family: Family = None,
    output: Made = None,
    tasks: Tasks = 100,
    seed: Seed = 0,
    load: Load = 0.7,
    slack: Slack = None,
    precedence: Precedence = 0.0,
    optional: Optional = 0.0,
    preemptible: Preemptible = 0.0,
    days: Days = None,
    families: Families = False,
) -> None:
    """Make a realistic instance of a family, as large as is asked for, from a seed."""
    from leptonopt.experiments.generators import FAMILIES, KINDS, table, written

    if families or family is None:
        if family is None and output is not None:
            raise UsageError(f"-o needs a family to write; allowed are {', '.join(FAMILIES)}")
        for name, entry in FAMILIES.items():
            say(f"{name:<13} {entry.what} (slack {entry.slack})")
        return
    if family in FAMILIES and output is None:
        raise UsageError("say where to write the instance, with -o FILE")
    kind = "yaml"
    if output is not None and str(output) != "-":
        kind = "yaml" if output.suffix.lower() == ".yml" else _ending(output, KINDS, "a generated instance")
        files.writable(output)
    made = table(
        family,
        tasks=tasks,
        seed=seed,
        load=load,
        slack=slack,
        precedence=precedence,
        optional=optional,
        preemptible=preemptible,
        days=days,
    )
    files.write_atomic(output or "-", written(made, kind))


def _write_model(path: Path, file: Path, format: str | None, params: dict[str, str], kind: str | None = None) -> None:
    from leptonopt.algorithms.models import export
    from leptonopt.session.source import open_source

    kind = kind or _ending(path, MODELS, "a model")
    files.write_atomic(path, export.export_model(open_source(file, format, params)().problem, kind))


app.command(epilog=cli_research.COMPARE)(cli_research.compare)
app.add_typer(cli_research.results, name="results")


# --- what commands share ----------------------------------------------------------------------------


def _loaded(file: Path, format: str | None, params: dict[str, str]) -> Instance:
    if format is None and files.is_columns(file):
        from leptonopt.session.columnar_documents import tree_of

        return tree_of(file, params)
    from leptonopt.io.load import load

    return load(file, format, params)
