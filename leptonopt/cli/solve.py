"""`leptonopt solve`: find the plan of least cost and write it, with its certificate, log and picture."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from leptonopt.cli import options
from leptonopt.cli.common import (
    MODELS,
    PAGES,
    code_of,
    load_instance,
    params_of,
    plan_of,
    plan_of_solution,
    print_not_written,
    print_note,
    require_ending,
    require_plan_ending,
    write_model,
)
from leptonopt.errors import OutOfTime, UsageError
from leptonopt.io import files
from leptonopt.runtime.deadline import Deadline, Stopwatch

if TYPE_CHECKING:
    from leptonopt.instance import Instance
    from leptonopt.session.result import Result

COLUMNAR_PLANS = ("npz", "csv")
DRAWING_SECONDS = 30.0  # for a picture, beyond the time limit
EPILOG = """\b
Examples:
  leptonopt solve week.yaml                        at most a minute, best method
  leptonopt solve week.yaml -t 600 --gap 0.01      ten minutes, or within one percent
  leptonopt solve week.yaml -m cpsat --json        one engine; the plan as JSON
  leptonopt solve week.yaml --warm-start plan.json -o plan.json
  leptonopt solve week.yaml -o plan.json --html plan.html    and a page to send on
  leptonopt solve week.yaml --confirm              "optimal" proven on a second model
  leptonopt solve week.yaml -o plan.json --certify and plan.certificate.json, for
                                                   `leptonopt verify --certificate`
  leptonopt solve week.yaml --cluster tcp://10.0.0.5:8786    with a Dask cluster
  leptonopt solve d05100 --format gap              a file of the literature

\b
The status states what is proven.
  optimal      no plan costs less
  feasible     a plan, and a lower bound on the cost of any plan; the gap lies between
  infeasible   no plan exists; `leptonopt explain` shows the reasons
  unknown      no plan was found within the limits

Ctrl-C ends the search and gives the best plan so far; a second Ctrl-C kills it.
Exit codes: 0, 2, 3, 4, 5, 7, 130, 143; see `leptonopt --help`."""


@dataclass(frozen=True)
class SolveOptions:
    """The options of `leptonopt solve`."""

    file: options.File
    method: options.Method = "auto"
    time_limit: options.Seconds = 60.0
    gap: options.Gap = 0.0
    threads: options.Threads = None
    memory: options.Memory = None
    cluster: options.Cluster = None
    seed: options.Seed = 0
    deterministic: options.Deterministic = False
    warm_start: options.WarmStart = None
    format: options.Format = None
    param: options.Params = None
    as_json: options.Json = False
    output: options.PlanFile = None
    plot: options.Plot = None
    html: options.HtmlPage = None
    log_file: options.LogFile = None
    write_model: options.ModelFile = None
    confirm: options.Confirm = False
    certify: options.Certify = False
    quiet: options.Quiet = False
    verbose: options.Verbose = False

    @property
    def columnar(self) -> bool:
        """Return True for an instance in columns."""
        return self.format is None and files.is_columns(self.file)

    @property
    def plan_to_stdout(self) -> bool:
        """Return True for `-o -`."""
        return str(self.output) == "-"

    @property
    def certificate(self) -> Path | None:
        """Return the file of the certificate, next to the plan; raises `UsageError` without a plan file."""
        if not self.certify:
            return None
        if self.output is None or self.plan_to_stdout:
            raise UsageError("--certify writes the certificate beside the plan; say where with -o FILE")
        if self.columnar:
            return self.output.with_name(f"{self.output.stem}.certificate.npz")
        return self.output.with_name(f"{self.output.name.removesuffix('.json')}.certificate.json")


@options.takes(SolveOptions)
def solve(context: options.Context, given: SolveOptions) -> int:
    """Find the plan of least cost, and state how good it is."""
    from leptonopt.session.request import make_limits

    _require_writable(given)
    params = params_of(given.param)
    make_limits(given.time_limit, given.gap, given.threads, given.seed, given.deterministic)
    if given.write_model is not None:
        from leptonopt.runtime.clock import time_limited

        deadline = Deadline(Stopwatch(context.obj).begun + given.time_limit)
        with time_limited(deadline, "the model was written"):
            write_model(given.write_model, given.file, given.format, params)
    from leptonopt.runtime.signals import Signals

    # A signal after the plan is found must not lose it: the handlers cover writing and printing as well.
    with _workers(given.cluster) as workers, Signals():
        result = _solve(given, params, workers, context.obj)
        try:
            _write(given, params, result)
        finally:  # a full disk must not cost the plan
            _print(given, params, result)
    return _exit_code(result)


def _workers(cluster: str | None) -> AbstractContextManager[Executor | None]:
    """Return the workers of a Dask scheduler; none without an address."""
    if not cluster:
        return nullcontext()
    from leptonopt.runtime.dask import dask_executor

    return dask_executor(cluster)


def _require_writable(given: SolveOptions) -> None:
    """Raise `UsageError` for files that cannot be written, before the search and not after it."""
    certificate, summary = given.certificate, None
    if given.columnar and given.output is not None:
        kind = require_ending(given.output, COLUMNAR_PLANS, "a plan in columns")
        summary = given.output.with_suffix(".json") if kind == "csv" else None
    targets = (given.output, summary, given.plot, given.html, given.log_file, given.write_model, certificate)
    for at, target in enumerate(targets):
        files.writable(target)
        files.different(target, given.file, *targets[:at])
    if not given.columnar:
        require_plan_ending(given.output)
    if given.plot is not None:
        from leptonopt.plan.picture import FORMATS as PICTURE_FORMATS

        require_ending(given.plot, PICTURE_FORMATS, "a plot")
    if given.html is not None:
        require_ending(given.html, PAGES, "a page")
    if given.write_model is not None:
        require_ending(given.write_model, MODELS, "a model")


def _solve(given: SolveOptions, params: dict[str, str], workers: Any, begun: float | None) -> Result:
    """Run the session with a progress line."""
    from leptonopt.cli.progress import ProgressLine
    from leptonopt.session.solve import solve as run

    warm_start = _warm_start(given)
    with ProgressLine() as progress:
        return run(
            given.file,
            method=given.method,
            time_limit=given.time_limit,
            gap=given.gap,
            threads=given.threads,
            memory=given.memory,
            seed=given.seed,
            deterministic=given.deterministic,
            warm_start=warm_start,
            format=given.format,
            params=params,
            on_progress=progress if not given.quiet and (progress.live or given.verbose) else None,
            confirm=given.confirm,
            certify=given.certify,
            executor=workers,
            handle_signals=True,
            begun=begun,
        )


def _warm_start(given: SolveOptions) -> Mapping[str, Any] | None:
    """Return the plan to start from, if any."""
    if given.warm_start is None:
        return None
    if given.warm_start.suffix.lower() == ".sol" and not given.columnar:
        return plan_of_solution(given.warm_start, given.file, given.format, params_of(given.param))
    if not given.columnar:
        return plan_of(given.warm_start)
    from leptonopt.plan.columnar import read_plan

    return read_plan(given.warm_start)


def _write(given: SolveOptions, params: dict[str, str], result: Result) -> None:
    """Write the files that the options name: plan, certificate, log, picture."""
    if given.output is not None and not given.plan_to_stdout and not result.save(given.output):
        print_not_written(given.output, "there is no plan")
    if (certificate := given.certificate) is not None:
        result.save_certificate(certificate)
    if given.log_file is not None:
        files.write_atomic(given.log_file, files.printable_lines(result.log) + "\n")
    if given.plot is not None:
        from leptonopt.plan.plot import draw

        _draw(given.plot, draw, given, params, result)
    if given.html is not None:
        _draw(given.html, _page, given, params, result)


def _page(document: Mapping[str, Any], instance: Instance, path: Path) -> None:
    from leptonopt.plan.page import PlanPage

    files.write_atomic(path, PlanPage(document, instance).html())


def _draw(
    path: Path,
    draw: Callable[[dict[str, Any], Instance, Path], object],
    given: SolveOptions,
    params: dict[str, str],
    result: Result,
) -> None:
    """Draw the plan; failures are notes, because the plan must not be lost for its picture."""
    if result.plan is None:
        print_not_written(path, "there is no plan to draw")
        return
    from leptonopt.runtime.clock import time_limited

    try:
        with time_limited(Deadline.after(DRAWING_SECONDS), "the plan was drawn"):
            if given.columnar:
                from leptonopt.session.columnar_documents import drawable_plan

                draw(*drawable_plan(given.file, result.plan), path)
            else:
                draw(result.document, load_instance(given.file, given.format, params), path)
    except OutOfTime:
        print_not_written(path, f"drawing took longer than {DRAWING_SECONDS:g} s")
    except UsageError as error:
        if not files.is_columns(given.file):
            raise
        print_not_written(path, str(error))


def _print(given: SolveOptions, params: dict[str, str], result: Result) -> None:
    """Print the result as JSON, as one line, or as a report."""
    notes = () if given.quiet else result.notes
    if given.as_json or given.plan_to_stdout:
        files.write_atomic("-", files.dumped(result.document))
        for note in notes:
            print_note(note)
        return
    from leptonopt.plan import report

    if given.quiet:
        report.console().print(report.headline(result.document), soft_wrap=True)
    else:
        served = bool(result.document.get("services"))
        instance = load_instance(given.file, given.format, params) if served else None
        report.show(result.document, report.console(), notes, given.verbose, instance)


def _exit_code(result: Result) -> int:
    if result.signal is not None:
        return 128 + result.signal
    return code_of(result.status)
