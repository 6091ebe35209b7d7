"""Print the differences of two plans on a terminal: changed tasks, cost by pool, and a result line."""

from __future__ import annotations

from fractions import Fraction

from rich.console import Console
from rich.text import Text

from leptonopt.instance.routes import NOT_TAKEN
from leptonopt.io.files import printable
from leptonopt.plan.diff import KINDS, CostChange, Place, PlanDiff, TaskChange
from leptonopt.plan.diff_services import CHANGE_HEADS, ReplicaChange, change_rows
from leptonopt.plan.report import decimals_of, known_zone, listed, moment, money

ROWS = 40


def show_diff(diff: PlanDiff, console: Console, everything: bool = False) -> None:
    """Print the differences; `everything` lists all changes instead of the first 40."""
    rows = [change_row(change, known_zone(diff.zone)) for change in diff.changes[: None if everything else ROWS]]
    if rows:
        left = len(diff.changes) - len(rows)
        notes = [f"… {left:,} more, see -v or --json"] if left else []
        heads = ("task", "what", "before", "after")
        listed(console, "Tasks", heads, rows, notes, heads)
        console.print()
    if diff.replicas:
        listed(console, "Replicas", CHANGE_HEADS, change_rows(diff.replicas), (), CHANGE_HEADS[:2])
        console.print()
    if costs := cost_rows(diff):
        heads = ("pool", "before", "after", "difference")
        listed(console, f"Cost in {printable(diff.currency)}", heads, costs, (), ("pool",))
        console.print()
    console.print(Text(result_line(diff), style="bold"), soft_wrap=True)


def change_row(change: TaskChange, zone: str = "UTC") -> tuple[str, str, str, str]:
    """Return the cells of a change: task, what happens, place before, place after."""
    missing = "left out" if change.left_out else "-"
    places = (missing if place is None else _place(place, zone) for place in (change.before, change.after))
    before, after = places
    return task_text(change), change.what, before, after


def change_text(change: TaskChange, zone: str | None = None) -> str:
    """Return task, place before and place after in a line; see `place_text`."""
    return f"{task_text(change)}  {place_text(change.before, zone)} -> {place_text(change.after, zone)}"


def replicas_text(change: ReplicaChange) -> str:
    """Return service, way and replica-hours before and after in a line."""
    before, after = (f"{float(hours):,.10g}" for hours in change.hours)
    differ = "" if before != after else f", {float(change.more):,.10g} of them at other times"
    return f"{change.service}  {change.way} {before} -> {after} replica-hours{differ}"


def task_text(change: TaskChange) -> str:
    """Return the task of a change, with the number of its copies where there are several."""
    return change.task if change.copies == 1 else f"{change.task} ({change.copies:,} copies)"


def place_text(place: Place | None, zone: str | None = None) -> str:
    """Return option and start, on the clock of a zone or as an instant."""
    if place is not None and place.option == NOT_TAKEN:
        return "route not taken"
    return "does not run" if place is None else f"{_option(place)} {moment(place.start, zone) if zone else place.start}"


def _place(place: Place, zone: str) -> str:
    if place.option == NOT_TAKEN:
        return "route not taken"
    return f"{_option(place)} {moment(place.start, zone)} to {moment(place.end, zone)}"


def _option(place: Place) -> str:
    return place.option if place.option.startswith(place.pool) else f"{place.pool} {place.option}"


def cost_rows(diff: PlanDiff) -> list[tuple[str, str, str, str]]:
    """Return name, before, after and signed difference of each cost; the last row is the objective."""
    lines: list[CostChange] = [*diff.pools, *diff.parts, diff.cost]
    places = _decimals(diff)
    return [
        (line.name, _shown(line.before, places), _shown(line.after, places), _signed(line.difference, places))
        for line in lines
    ]


def _decimals(diff: PlanDiff) -> int:
    lines = [*diff.pools, *diff.parts, diff.cost]
    return decimals_of(None if each is None else float(each) for line in lines for each in (line.before, line.after))


def _shown(value: Fraction | None, places: int) -> str:
    return money(None if value is None else float(value), places)


def _signed(value: Fraction | None, places: int) -> str:
    if value is None:
        return "-"
    return f"{'+' if value > 0 else ''}{float(value):,.{places}f}" if value else "0"


def result_line(diff: PlanDiff) -> str:
    """Return the counts of changes and the cost before and after in one line."""
    counts = diff.counts()
    words = ", ".join(f"{counts[kind]:,} {kind}" for kind in KINDS if counts[kind]) or "no task changed"
    words += f", {len(diff.replicas):,} ways of services changed" if diff.replicas else ""
    places, cost = _decimals(diff), diff.cost
    sums = f"{_shown(cost.before, places)} -> {_shown(cost.after, places)} {printable(diff.currency)}"
    known = cost.before is not None and cost.after is not None
    change = f" ({_signed(cost.difference, places)})" if known and cost.difference else ""
    return f"{words}, {diff.kept:,} kept; cost {sums}{change}"
