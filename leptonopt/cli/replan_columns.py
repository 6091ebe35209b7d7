"""`leptonopt replan` of an instance in columns: from files to files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from leptonopt.cli.common import code_of, params_of, print_line, print_note, require_ending
from leptonopt.errors import InputError, InstanceError, UsageError

if TYPE_CHECKING:
    from leptonopt.instance.columnar import ColumnarInstance
    from leptonopt.replanning.columns import RemainingColumns

SHOWN = 20  # changes that are printed
PLANS = ("npz", "csv")
BOUND = "large-scale-prices"  # what `auto` runs on large instances: the old plan is repaired, and nothing else moves


def refuse_options(given: Any) -> None:
    """Raise `UsageError` for options that columns do not have, and for endings that are not theirs."""
    refused = {"changes": given.changes, "front": given.front or None, "plot": given.plot}
    refused |= {"move-cost": given.move_cost, "move-restart": given.move_restart}
    for name, value in refused.items():
        if value is not None:
            raise UsageError(f"--{name}: not for columns; allowed are --state, --now and --frozen")
    for path, endings, what in ((given.output, PLANS, "a plan in columns"), (given.instance, ("npz",), "columns")):
        if path is not None:
            require_ending(path, endings, what)


def replan_columns(given: Any, frozen: int, begun: float | None) -> int:
    """Plan again what is left of a plan in columns; `frozen` in seconds, the limit counts from `begun`."""
    from leptonopt.io.columnar import load, save
    from leptonopt.runtime.child_process import temporary_folder

    params = params_of(given.param)
    if params:
        raise UsageError("--param: columns have no parameters; they are for files with --format")
    rest = _remaining(given, load(given.file), frozen)
    with temporary_folder(None) as room:
        path = given.instance or Path(room) / "rest.npz"
        save(path, rest.sheets)
        return _solve_and_tell(given, path, rest, begun)


def _remaining(given: Any, sheets: ColumnarInstance, frozen: int) -> RemainingColumns:
    """Return the instance of what is left, with notes on what is odd."""
    import numpy as np

    from leptonopt.io.load import read_document
    from leptonopt.plan.columnar import read_plan
    from leptonopt.replanning.columns import remaining_columns
    from leptonopt.replanning.columns_state import as_planned, as_said, old_rows, read_columns_state

    document = {"now": given.now} if given.state is None else read_document(given.state)
    try:
        state = read_columns_state(document, sheets)
    except InstanceError as error:
        raise error.within("--now" if given.state is None else str(given.state)) from None
    plan = read_plan(given.plan)
    if "task" not in plan:
        raise InputError(f"{given.plan}: is not a plan in columns; give the plan, as `solve -o` writes it")
    rows = old_rows(sheets, plan)
    if unknown := len(plan["task"]) - len(rows.task):
        print_note(f"{unknown:,} rows of the old plan are of no task and option that the instance has")
    happened = as_planned(sheets, rows, state.now) if given.state is None else as_said(sheets, rows, state)
    if happened.ends_over:
        print_note(f"{happened.ends_over:,} copies run beyond the horizon; they cost up to its end")
    fixed = np.zeros(sheets.tasks, bool)
    fixed[[int(name) for name in state.fixed]] = True
    return remaining_columns(sheets, rows, happened, fixed, -(-frozen // sheets.instance.time.slot))


def _solve_and_tell(given: Any, path: Path, rest: RemainingColumns, begun: float | None) -> int:
    """Solve the instance of what is left, print what changes, and write the plan."""
    from leptonopt.replanning.columns import changes_of
    from leptonopt.session.portfolio import LIMITS
    from leptonopt.session.solve import solve

    method = BOUND if given.method == "auto" and rest.sheets.tasks >= LIMITS.large_groups else given.method
    result: Any = solve(
        path, method=method, time_limit=given.time_limit, threads=given.threads, seed=given.seed,
        deterministic=given.deterministic, warm_start=rest.warm_start, handle_signals=True,
        begun=begun,
    )  # fmt: skip
    for note in result.notes:
        print_note(note)
    if result.plan is None:
        print_line(f"{result.status}: " + "; ".join(result.document["why"]))
        return code_of(result.status)
    if given.output is not None:
        result.save(given.output)
    counts, lines = changes_of(rest, result.plan.columns)
    for line in lines[:SHOWN]:
        print_line(f"change   {line}")
    if len(lines) > SHOWN:
        print_line(f"... and {len(lines) - SHOWN:,} more")
    print_line(", ".join(f"{count:,} {what}" for what, count in counts.items()))
    bound = "" if result.bound is None else f", at least {float(result.bound):,.10g}"
    print_line(f"{result.status}: {float(result.cost):,.10g} {result.document['currency']} from now on{bound}")
    return 0
