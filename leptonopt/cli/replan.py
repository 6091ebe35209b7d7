"""`leptonopt replan`: plan again what is left, with few changes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from leptonopt.cli import options
from leptonopt.cli.common import (
    NATIVE,
    code_of,
    load_instance,
    params_of,
    plan_of,
    print_line,
    print_note,
    require_ending,
    require_picture,
    require_plan_ending,
)
from leptonopt.errors import InstanceError, UsageError
from leptonopt.io import files

if TYPE_CHECKING:
    from leptonopt.replanning.document import Replanned

EPILOG = """\b
Examples:
  leptonopt replan week.yaml plan.json --state state.json -o next.json --instance next.yaml
  leptonopt replan week.yaml plan.json --now 2026-11-30T09:00Z -o next.json --instance next.yaml
  leptonopt replan week.yaml plan.json --state state.json --changes 3 --frozen 2h
  leptonopt replan week.yaml plan.json --state state.json --front      cost against changes
  leptonopt replan jobs.npz plan.npz --now 2026-11-30T09:00Z -o next.npz --instance rest.npz

\b
FILE is the world as it is now, with new tasks, prices and capacities; PLAN the plan
that is carried out; the state says what is done and runs, as `leptonopt follow --state`
writes it. The instance of what is left is in the native format: `verify` and
`execute` take it with the new plan. Among plans of equal cost the one with the
fewest changes is chosen."""

OldPlan = Annotated[
    Path,
    options.Argument(metavar="PLAN", show_default=False, help="the plan that is carried out, as `solve -o` writes it"),
]
StateFile = Annotated[Path | None, options.Option(metavar="FILE", help="what is done and runs: .json, .yaml, .toml")]
Now = Annotated[
    str | None, options.Option(metavar="INSTANT", help="without a state: all went as planned until this instant")
]
InstanceFile = Annotated[
    Path | None, options.Option("--instance", metavar="FILE", help="write the instance of what is left")
]
Changes = Annotated[int | None, options.Option(metavar="N", help="at most so many tasks change")]
Frozen = Annotated[str, options.Option(metavar="DURATION", help="starts so soon from now are kept")]
MoveCost = Annotated[str | None, options.Option(metavar="MONEY", help="what runs may move, at this cost each")]
MoveRestart = Annotated[
    str | None, options.Option(metavar="DURATION", help="what runs may move, and begins again so much later")
]
Front = Annotated[bool, options.Option("--front", help="print the least cost for each number of changes")]
FrontPlot = Annotated[Path | None, options.Option("--plot", metavar="FILE", help="draw the front (.png, .svg, .pdf)")]


@dataclass(frozen=True)
class ReplanOptions:
    """The options of `leptonopt replan`."""

    file: options.File
    plan: OldPlan
    state: StateFile = None
    now: Now = None
    output: options.PlanFile = None
    instance: InstanceFile = None
    changes: Changes = None
    frozen: Frozen = "0s"
    move_cost: MoveCost = None
    move_restart: MoveRestart = None
    front: Front = False
    plot: FrontPlot = None
    method: options.Method = "auto"
    time_limit: options.Seconds = 60.0
    threads: options.Threads = None
    seed: options.Seed = 0
    deterministic: options.Deterministic = False
    format: options.Format = None
    param: options.Params = None


@options.takes(ReplanOptions)
def replan(context: options.Context, given: ReplanOptions) -> int:
    """Plan again what is left of a plan, keeping what runs and changing as little as possible."""
    from leptonopt.instance import units
    from leptonopt.replanning.document import remaining_instance

    if given.changes is not None and given.changes < 0:
        raise UsageError(f"--changes {given.changes}; at least 0")
    try:
        frozen = units.duration(given.frozen)
    except ValueError as error:
        raise UsageError(f"--frozen: {error}") from None
    columnar = given.format is None and files.is_columns(given.file)
    _refuse_early(given, columnar)
    if columnar:
        from leptonopt.cli.replan_columns import replan_columns

        return replan_columns(given, frozen, context.obj)
    instance = load_instance(given.file, given.format, params_of(given.param))
    plan = plan_of(given.plan)
    state = _state(given, instance, plan)
    if given.front:
        return _print_front(given, instance, plan, state, frozen)
    replanned = remaining_instance(instance, plan, state, frozen, given.changes)
    for note in replanned.notes:
        print_note(note)
    if given.instance is not None:
        from leptonopt.io.native import writer

        kind = given.instance.suffix.lower().lstrip(".")
        files.write_atomic(given.instance, writer.dumped(replanned.document, kind if kind in NATIVE else "yaml"))
    return _solve_and_tell(given, replanned, plan, context.obj)


def _refuse_early(given: ReplanOptions, columnar: bool) -> None:
    """Raise `UsageError` for what cannot be asked or written, before any work is done."""
    if (given.state is None) == (given.now is None):
        raise UsageError("say what has happened, with --state FILE, or that all went as planned until --now INSTANT")
    if given.plot is not None and not given.front:
        raise UsageError("--plot draws the front; ask for it with --front")
    if given.front and (given.output or given.instance or given.changes is not None):
        raise UsageError("--front prints costs by number of changes; -o, --instance and --changes are for one plan")
    if columnar:
        from leptonopt.cli.replan_columns import refuse_options

        refuse_options(given)
    else:
        require_plan_ending(given.output)
    if not columnar and given.instance is not None and str(given.instance) != "-":
        require_ending(given.instance, (*NATIVE, "yml"), "an instance")
    require_picture(given.plot)
    for path in (given.output, given.instance, given.plot):
        files.writable(path)
        files.different(path, given.file, given.plan, given.state)


def _state(given: ReplanOptions, instance: Any, plan: dict[str, Any]) -> Any:
    """Return the state that is given, or the one in which all went as planned until now."""
    from leptonopt.io.load import read_document
    from leptonopt.replanning.state import read_state

    document = read_document(given.state) if given.state is not None else _as_planned(plan, str(given.now), instance)
    move = {"cost": given.move_cost, "restart": given.move_restart}
    if stated := {name: value for name, value in move.items() if value is not None}:
        if "cost" in stated:
            stated["cost"] = _money(stated["cost"])
        document = {"move": stated, **document}
    try:
        return read_state(document, instance)
    except InstanceError as error:
        raise error.within("--now" if given.state is None else str(given.state)) from None


def _as_planned(plan: dict[str, Any], now: str, instance: Any) -> dict[str, Any]:
    """Return the state in which all went as planned until an instant, with what has been used."""
    from leptonopt.instance import units
    from leptonopt.replanning.as_planned import state_as_planned

    state = state_as_planned(plan, now, instance)
    if not instance.measures:
        return state
    from leptonopt.replanning.used import UsedByTasks

    uses = UsedByTasks(instance)
    for note in uses.notes:
        print_note(note)
    return {**state, "used": uses.by(plan.get("tasks", ()), units.instant(now))}


def _money(text: str) -> Any:
    from decimal import Decimal, InvalidOperation

    try:
        return Decimal(text)
    except InvalidOperation:
        raise UsageError(f"--move-cost {text}: no number") from None


def _solved(given: ReplanOptions, document: Any, warm_start: Any, seconds: float, begun: float | None = None) -> Any:
    from leptonopt.session.solve import solve

    return solve(
        document, method=given.method, time_limit=seconds, threads=given.threads, seed=given.seed,
        deterministic=given.deterministic, warm_start=warm_start, handle_signals=True, begun=begun,
    )  # fmt: skip


def _solve_and_tell(given: ReplanOptions, replanned: Replanned, old: dict[str, Any], begun: float | None) -> int:
    """Solve the instance of what is left, print what changes, and write the plan."""
    from leptonopt.plan.entries import STAYS
    from leptonopt.replanning.changes import changes_of, counted, replica_lines, shown

    result = _solved(given, replanned.document, replanned.warm_start, given.time_limit, begun)
    for note in result.notes:
        print_note(note)
    if given.output is not None and str(given.output) != "-":
        files.write_atomic(given.output, files.dumped(result.document))
    if result.plan is None:
        print_line(f"{result.status}: " + "; ".join(result.document["why"]))
        first = [option for task in replanned.document["tasks"] for option in task.get("options", ())[:1]]
        if any(option.get("id", "").endswith(STAYS) for option in first):
            print_note("what runs stays where it is, unless the state or --move-cost says at what price it moves")
        return code_of(result.status)
    if given.output is not None and str(given.output) == "-":
        files.write_atomic(given.output, files.dumped(result.document))
        return 0
    found = changes_of(replanned, result.document)
    for change in found:
        print_line(shown(change))
    for line in replica_lines(replanned, old, result.document):
        print_line(line)
    currency = result.document["currency"]
    print_line(f"{counted(found)} of {len(found)} tasks change")
    bound = "" if result.bound is None else f", at least {float(result.bound):,.6g}"
    print_line(f"{result.status}: {float(result.cost):,.6g} {currency} from now on{bound}")
    return 0


def _print_front(given: ReplanOptions, instance: Any, plan: Any, state: Any, frozen: int) -> int:
    from leptonopt.cli.front import print_front
    from leptonopt.decisions.criteria import changes
    from leptonopt.decisions.front import front_of

    found = front_of(
        changes(instance, plan, state, frozen),
        lambda document, warm, seconds: _solved(given, document, warm, seconds),
        given.time_limit, str(instance.currency),
    )  # fmt: skip
    print_front(found)
    if given.plot is not None:
        found.plot(given.plot)
    return 0
