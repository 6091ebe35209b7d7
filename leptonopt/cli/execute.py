"""`leptonopt execute` and `leptonopt follow`: carry a plan out, and compare what happens with it."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from leptonopt.cli import options
from leptonopt.cli.common import code_of, load_instance, params_of, plan_of, print_line, print_note
from leptonopt.errors import UsageError
from leptonopt.io import files

if TYPE_CHECKING:
    from leptonopt.execution.executor import Launcher
    from leptonopt.execution.jobs import Job
    from leptonopt.execution.planned import PlannedRun
    from leptonopt.instance import Instance

EXECUTE_EPILOG = """\b
Examples:
  leptonopt execute week.yaml plan.json --on slurm             submit, move and cancel jobs
  leptonopt execute week.yaml plan.json --on slurm --dry-run   say what would be done
  leptonopt execute week.yaml plan.json --on local             start every command here at its instant
  leptonopt execute week.yaml plan.json --on dask --cluster tcp://HOST:8786

\b
Doing it again changes nothing that is right already: jobs are found again by their
comment, and local runs in FOLDER/NAME.sqlite. `local` and `dask` go on until all is
over; after Ctrl-C or a kill, the same call goes on where it stopped."""
FOLLOW_EPILOG = """\b
Examples:
  leptonopt follow week.yaml plan.json --on slurm
  leptonopt follow week.yaml plan.json --on local --state state.json
  leptonopt follow week.yaml plan.json --on slurm --replan -o next.json --instance rest.yaml

\b
The state file says what is done, runs and failed. With --replan what is left is planned
again on the nodes that are there now, and the queue is changed to it: follow it then with
the instance and the plan that are written."""
SYSTEMS = ("local", "dask", "slurm")

PlanFile = Annotated[
    Path, options.Argument(metavar="PLAN", show_default=False, help="its plan, as `solve -o` writes it")
]
On = Annotated[str, options.Option(metavar="NAME", help="where: slurm, local (processes of this machine), dask")]
Folder = Annotated[Path, options.Option(metavar="FOLDER", help="where logs and the memory of local runs are kept")]
DryRun = Annotated[bool, options.Option("--dry-run", help="say what would be done, and do nothing")]
StateFile = Annotated[Path | None, options.Option(metavar="FILE", help="write what is done and runs, as JSON")]
Replan = Annotated[
    bool, options.Option("--replan", help="slurm: plan again on the nodes that are there now, and carry that out")
]
NewInstance = Annotated[
    Path | None, options.Option("--instance", metavar="FILE", help="with --replan: write the instance of what is left")
]
Wait = Annotated[bool, options.Option("--wait/--no-wait", help="local, dask: go on until all is over, or one look")]


@dataclass(frozen=True)
class ExecuteOptions:
    """The options of `leptonopt execute`."""

    file: options.File
    plan: PlanFile
    on: On = "local"
    folder: Folder = Path("leptonopt-runs")
    cluster: options.Cluster = None
    dry_run: DryRun = False
    wait: Wait = True
    format: options.Format = None
    param: options.Params = None


@dataclass(frozen=True)
class FollowOptions:
    """The options of `leptonopt follow`."""

    file: options.File
    plan: PlanFile
    on: On = "local"
    folder: Folder = Path("leptonopt-runs")
    state: StateFile = None
    json: options.Json = False
    replan: Replan = False
    output: options.PlanFile = None
    instance: NewInstance = None
    time_limit: options.Seconds = 60.0
    threads: options.Threads = None
    format: options.Format = None
    param: options.Params = None


@options.takes(ExecuteOptions)
def execute(_: options.Context, given: ExecuteOptions) -> int:
    """Carry a plan out: on Slurm, on this machine, or on the workers of a Dask cluster."""
    from leptonopt.execution.planned import own_runs, require_commands

    instance, runs, project = _planned(given)
    require_commands(runs)
    own = own_runs(runs)
    if len(own) < len(runs):
        print_note(f"jobs of others are left alone: {len(runs) - len(own)} of {len(runs)} runs")
    if given.on == "slurm":
        return _on_slurm(given, runs, project)
    given.folder.mkdir(parents=True, exist_ok=True)
    if given.dry_run:
        for run in own:
            print_line(f"{run.start:%Y-%m-%d %H:%M:%S}  {run.key}  {run.pool}  {run.run.command if run.run else ''}")
        return 0
    with _launcher(given) as launcher:
        return _drive(given, instance, runs, project, launcher)


@options.takes(FollowOptions)
def follow(_: options.Context, given: FollowOptions) -> int:
    """Compare what happens with a plan, run by run, and write the state that is reached."""
    from leptonopt.execution.jobs import compared, state_document

    instance, runs, project = _planned(given)
    if given.replan and (given.on != "slurm" or given.output is None or given.instance is None):
        raise UsageError("--replan needs --on slurm, and files to write: -o PLAN and --instance FILE")
    now = datetime.now(UTC)
    jobs = _jobs(given, project, runs, now)
    state = state_document(runs, jobs, now)
    if given.state:
        files.write_atomic(given.state, files.dumped(state))
    if given.json:
        sys.stdout.write(files.dumped(state))
        return 0
    lines = compared(runs, jobs, now)
    width = max((len(line.run.key) for line in lines), default=4)
    print_line(f"{'task':<{width}}  {'state':<8} {'planned':<20} {'late':>8} {'over':>8}  pool")
    for line in lines:
        late, over = _seconds(line.late), _seconds(line.over)
        note = f"  ({line.job.note})" if line.job.state == "failed" else ""
        start = f"{line.run.start:%Y-%m-%d %H:%M:%SZ}"
        print_line(
            f"{line.run.key:<{width}}  {line.job.state:<8} {start:<20} {late:>8} {over:>8}  {line.run.pool}{note}"
        )
    print_line(_summary(lines))
    return _replanned(given, instance, project, state) if given.replan else 0


def _replanned(given: FollowOptions, instance: Instance, project: str, state: dict[str, Any]) -> int:
    """Plan what is left on the nodes that are there now, write plan and instance, and carry them out."""
    from leptonopt.execution.planned import planned_runs
    from leptonopt.instance import validate
    from leptonopt.integrations.imported import Grid
    from leptonopt.integrations.refreshed import refreshed_instance, refreshed_state
    from leptonopt.integrations.sources import read
    from leptonopt.io.native import writer
    from leptonopt.replanning.changes import changes_of, counted, shown
    from leptonopt.replanning.document import remaining_instance
    from leptonopt.replanning.state import read_state
    from leptonopt.session.solve import solve

    assert given.output is not None
    assert given.instance is not None
    time = instance.time
    found = read("slurm", [], {"project": project}, Grid(time.start, time.slot, time.horizon, time.zone))
    document = instance.document()
    now = validate(refreshed_instance(document, found))
    said: dict[str, Any] = {"move": {}, **refreshed_state(state, document, found)}
    plan = plan_of(given.plan)
    replanned = remaining_instance(now, plan, read_state(said, now))
    result = solve(
        replanned.document, time_limit=given.time_limit, threads=given.threads, warm_start=replanned.warm_start,
        handle_signals=True,
    )  # fmt: skip
    for note in (*found.notes, *replanned.notes, *result.notes):
        print_note(note)
    if result.plan is None:
        print_line(f"{result.status}: " + "; ".join(result.document["why"]))
        return code_of(result.status)
    files.write_atomic(given.instance, writer.dumped(replanned.document, "yaml"))
    files.write_atomic(given.output, files.dumped(result.document))
    changes = changes_of(replanned, result.document)
    for change in changes:
        print_line(shown(change))
    print_line(f"{counted(changes)} of {len(changes)} tasks change")
    runs = planned_runs(validate(replanned.document), result.document, "slurm")
    return _carry_out(runs, project, given.folder, dry=False)


def _planned(given: Any) -> tuple[Instance, list[PlannedRun], str]:
    """Return the instance, its planned runs and the project's name; raises `UsageError`, `InputError`."""
    from leptonopt.execution.planned import planned_runs, project_name

    if given.on not in SYSTEMS:
        raise UsageError(f"--on {given.on}: there is no such system; allowed are {', '.join(SYSTEMS)}")
    instance = load_instance(given.file, given.format, params_of(given.param))
    plan = plan_of(given.plan)
    return instance, planned_runs(instance, plan, "slurm" if given.on == "slurm" else given.on), project_name(instance)


def _on_slurm(given: ExecuteOptions, runs: Sequence[PlannedRun], project: str) -> int:
    return _carry_out(runs, project, given.folder, given.dry_run)


def _carry_out(runs: Sequence[PlannedRun], project: str, where: Path, dry: bool) -> int:
    """Make the queue of Slurm say what a plan says, and print what is done."""
    from leptonopt.execution.slurm_system import SlurmSystem

    folder = where.absolute()
    if not dry:
        folder.mkdir(parents=True, exist_ok=True)
    for action in SlurmSystem(project, str(folder)).carry_out(runs, dry=dry):
        print_line(f"{action.what:<7} {action.key}  {action.identity}  {action.why}")
    return 0


@contextmanager
def _launcher(given: ExecuteOptions) -> Iterator[Launcher]:
    if given.on == "local":
        from leptonopt.execution.executor import LocalLauncher

        yield LocalLauncher()
        return
    from leptonopt.execution.dask_launcher import dask_launcher

    if given.cluster is None:
        raise UsageError("--on dask needs the address of a scheduler, --cluster tcp://HOST:PORT")
    with dask_launcher(given.cluster) as launcher:
        yield launcher


def _drive(
    given: ExecuteOptions, instance: Instance, runs: Sequence[PlannedRun], project: str, launcher: Launcher
) -> int:
    from leptonopt.execution.executor import Executor, capacity_of
    from leptonopt.execution.store import Store

    store = Store(given.folder / f"{project}.sqlite")
    store.hold()
    executor = Executor(runs, capacity_of(instance), store, launcher, given.folder)

    def tell(job: Job) -> None:
        print_line(f"{datetime.now(UTC):%H:%M:%SZ}  {job.state:<8} {job.key}" + (f"  {job.note}" if job.note else ""))

    try:
        over = executor.drive(lambda: not given.wait, tell)
    finally:
        jobs = store.jobs()
        store.close()
    failed = sum(job.state == "failed" for job in jobs.values())
    if not over:
        print_note("not all is over; the same call goes on")
    return 1 if failed else 0


def _jobs(given: FollowOptions, project: str, runs: Sequence[PlannedRun], now: datetime) -> Mapping[str, Job]:
    if given.on == "slurm":
        from leptonopt.execution.slurm_system import SlurmSystem

        return SlurmSystem(project).jobs(runs)
    from leptonopt.execution.jobs import as_planned
    from leptonopt.execution.store import Store

    path = given.folder / f"{project}.sqlite"
    if not path.exists():
        raise UsageError(f"{path}: nothing has been carried out there; `leptonopt execute` begins it")
    store = Store(path)
    try:
        return {**store.jobs(), **{run.key: as_planned(run, now) for run in runs if run.foreign}}
    finally:
        store.close()


def _seconds(value: int | None) -> str:
    return "" if value is None else f"{value:+,} s"


def _summary(lines: Sequence[Any]) -> str:
    counts = {
        state: sum(line.job.state == state for line in lines) for state in ("done", "running", "waiting", "failed")
    }
    late = sum(1 for line in lines if (line.late or 0) > 60)
    over = sum(1 for line in lines if (line.over or 0) > 0)
    shown = ", ".join(f"{count} {state}" for state, count in counts.items() if count)
    slow = f"{late} started more than a minute late, {over} take longer than planned"
    return f"{shown or 'nothing yet'} of {len(lines)} runs; {slow}"
