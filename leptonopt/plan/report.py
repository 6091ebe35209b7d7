"""Print a plan document on a terminal: proof, bill, schedule, figures.

Every text of a document goes in as `Text`, never as markup: a task may be called `[red]` or `:fire:`.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from math import floor, log10
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from rich.console import Console
from rich.table import Table
from rich.text import Text

from leptonopt.instance import Instance
from leptonopt.io.files import printable
from leptonopt.plan.as_written import as_written
from leptonopt.plan.entries import copies_of, label
from leptonopt.plan.figures import figure_rows, share_text, team_rows
from leptonopt.plan.numbers import percent
from leptonopt.plan.supply_tables import Wording, supply_tables
from leptonopt.problem.size import problem_size

if TYPE_CHECKING:
    from leptonopt.compile.compiler import CompiledInstance
    from leptonopt.instance import Instance

ROWS = 40
NAMES = 12
BILL_PARTS = ("running", "fixed", "nodes", "late", "early", "missed", "metered")  # of a bill, which add up to its total
STYLE = {"optimal": "bold green", "feasible": "bold yellow", "infeasible": "bold red", "unknown": "bold red"}
_STOP = {
    "gap": "the gap asked for is reached",
    "limit": "stopped at the limit",
    "interrupt": "interrupted",
    "done": "ended by itself",
    "failed": "the engine failed",
}


def show(
    document: dict[str, Any],
    console: Console,
    notes: Sequence[str] = (),
    everything: bool = False,
    instance: Instance | None = None,
) -> None:
    """Print the report; `everything` lists all tasks instead of the first 40, and every resource.

    With the instance, it says what services serve, use and cost with their share of nodes. The result line comes first,
    and once more at the end of a report with tables, where a terminal shows it.
    """
    console.print(headline(document), soft_wrap=True)
    for reason in document.get("why") or ():
        console.print(Text.assemble(("  because ", "red"), printable(reason)), soft_wrap=True)
    if "leptonopt_plan_columns" in document:
        console.print(Text(_columns(document)), soft_wrap=True)
    elif document["cost"] is not None:
        for part in _parts(as_written(document), everything, instance):
            console.print(part, soft_wrap=isinstance(part, Text))
    for note in notes:
        console.print(Text.assemble(("note ", "yellow"), printable(note)), soft_wrap=True)
    if document["cost"] is not None and "leptonopt_plan_columns" not in document:
        console.print(headline(document), soft_wrap=True)


def _parts(document: dict[str, Any], everything: bool, instance: Instance | None) -> Iterator[Table | Text]:
    """Yield the tables and lines of a plan in the order of the report."""
    places, rows = decimals(document), None if everything else ROWS
    yield _bill(document, places)
    if document["bill"].get("teams"):
        yield _teams(document, places)
    zone = known_zone(document.get("zone"))
    wording = Wording(lambda value: money(value, places), lambda at: moment(at, zone), zone)
    for each in supply_tables(document, wording, rows):
        yield _cut(of_rows(each.title, each.heads, each.words, each.rows[:rows]), len(each.rows), rows)
    if everything:
        yield _resources(document, places)
    if document.get("services"):
        yield from service_tables(document, instance, places)
    if document["tasks"] or not document.get("services"):
        yield _schedule(document, rows, places)
    if document["not_taken"]:
        yield Text(printable(f"Routes not taken: {', '.join(document['not_taken'])}"))
    if left := document["left_out"]:
        names = ", ".join(_name(line).plain for line in left[:NAMES])
        more = f", … {copies_of(left[NAMES:]):,} more" if len(left) > NAMES else ""
        yield Text(f"Left out: {copies_of(left):,} ({names}{more})")
    if moved := _moved(document, places):
        yield moved
    yield _figures(document, places)


def _columns(document: dict[str, Any]) -> str:
    """Return the sizes and seconds of a plan in columns, which has no tables."""
    lines = [f"{document['tasks']:,} tasks, {document['options']:,} options"]
    if document["cost"] is not None:
        lines[0] += f"; {document['running']:,} run, {document['left_out']:,} are left out; checked"
    if seconds := document["made"]["seconds"]:
        lines.append("seconds: " + ", ".join(f"{name} {value:.1f}" for name, value in seconds.items()))
    return "\n".join(lines)


def headline(document: dict[str, Any]) -> Text:
    """Return one line with status, cost, proof, method, reason of the stop and seconds."""
    status, cost, bound = document["status"], document["cost"], document["bound"]
    places, currency = decimals_of([cost, bound]), printable(document["currency"])  # for trees and columns alike
    line = Text(printable(status), style=STYLE.get(status, "bold"))
    if cost is not None:
        line.append(f"  {money(cost, places)} {currency}", style="bold")
    if status == "optimal":
        line.append(f"  proven{_proof(document)}: no plan costs less")
    elif status == "infeasible":
        line.append(f"  no plan exists, proven{_proof(document)}")
    elif status == "unknown":
        line.append("  no plan was found")
    if bound is not None and status != "optimal":
        line.append(f"  no plan costs less than {money(bound, places, down=True)}")
    if document["gap"]:
        line.append(f"  gap {percent(document['gap'])}")
    words = [printable(document["method"])]
    if document["stop"] in _STOP:
        words.append(_STOP[document["stop"]])
    if seconds := document["made"].get("seconds", {}).get("total"):
        words.append(f"{seconds:.1f} s")
    line.append(f"  ({', '.join(words)})", style="dim")
    return line


def _proof(document: dict[str, Any]) -> str:
    """Return the methods that proved a status and those that confirmed it."""
    by = [printable(name) for name in document["proof"]["by"]]
    confirmed = [printable(name) for name in document["proof"]["confirmed_by"]]
    words = f" by {', '.join(by)}" if by else ""
    if not confirmed:
        return words
    models = {"second model": "on a second model", "same model": "on the same model"}
    how = models.get(document["proof"].get("confirmation"), "")
    return f"{words}, confirmed by {', '.join(confirmed)} {how}".rstrip()


def decimals(document: dict[str, Any]) -> int:
    """Return the decimal places for the money in the tables of a document; see `decimals_of`.

    Shares of tasks and teams that are not whole have cents, also where all costs are whole.
    """
    found = decimals_of([*(line["cost"] for line in document["tasks"]), document["cost"], document["bound"]])
    teams = (document.get("bill") or {}).get("teams") or ()
    shares = [line.get(key) or 0 for line in (*document["tasks"], *teams) for key in ("charged", "metered")]
    return found or 2 * any(share != int(share) for share in shares)


def decimals_of(sums: Iterable[float | None]) -> int:
    """Return the decimal places for sums of money: 0 where all are whole, else 2 to 6."""
    amounts = [amount or 0 for amount in sums]
    if all(amount == int(amount) for amount in amounts):
        return 0
    sizes = [abs(amount) for amount in amounts if amount]
    finest = 1 - floor(log10(min(sizes)))
    return max(2, min(finest, 4 if max(sizes) >= 1 else 6))


def money(value: float | None, places: int = 2, down: bool = False) -> str:
    """Return money as text with thousands separators; `down` rounds a bound down."""
    if value is None:
        return "-"
    if down:
        value = floor(value * 10**places) / 10**places
    return f"{round(value, places) or 0:,.{places}f}"  # no -0


def _name(line: dict[str, Any]) -> Text:
    return Text(printable(label(line)))


def console() -> Console:
    """Return the console of standard output; it has 120 columns where no width is known."""
    return Console(width=None if sys.stdout.isatty() or os.environ.get("COLUMNS") else 120)


def _table(title: str, **kinds: Any) -> Table:
    return Table(title=Text(title, style="bold"), title_justify="left", **kinds)


def listed(
    console: Console,
    title: str,
    heads: Sequence[str],
    rows: Sequence[Sequence[str]],
    notes: Sequence[str],
    words: Collection[str],
) -> None:
    """Print a table of texts, with numbers to the right and notes below."""
    table = _table(title, header_style="bold", box=None, pad_edge=False)
    for head in heads:
        table.add_column(Text(head), justify="left" if head in words else "right", no_wrap=True)
    for row in rows:
        table.add_row(*(Text(printable(text)) for text in row))
    # A figure cut short is worse than a line that wraps.
    console.width = max(console.width, Console(width=10_000).measure(table).maximum)
    console.print(table)
    for note in notes:
        console.print(Text(printable(note)), style="dim", soft_wrap=True)


def _bill(document: dict[str, Any], places: int) -> Table:
    bill = document["bill"]
    table = _table(f"Bill in {printable(document['currency'])}", show_footer=True)
    parts = [key for key in BILL_PARTS if bill.get(key)]
    table.add_column("pool", "total")
    table.add_column("tasks", f"{sum(pool['tasks'] for pool in bill['pools']):,}", justify="right")
    for part in (*parts, "total"):
        table.add_column(part, money(bill[part], places), justify="right")
    if bill["sunk"]:
        table.add_column("paid anyway", money(bill["sunk"], places), justify="right")
    drawn = [(key, name) for key, name in (("energy_kwh", "kWh"), ("carbon_kg", "kg CO2")) if bill[key]]
    for key, name in drawn:
        table.add_column(name, f"{bill[key]:,.1f}", justify="right")
    table.add_column("use of its capacity", "")
    use: dict[str, list[str]] = {}
    for line in document["utilisation"]:
        if line["used_hours"]:
            portion = "" if line["utilisation"] is None else f" {share_text(line['utilisation'])}"
            use.setdefault(line["pool"], []).append(printable(line["resource"]) + portion)
    for pool in bill["pools"]:
        cells = [money(pool[part], places) if part in pool else "" for part in (*parts, "total")]
        cells += [money(pool["sunk"], places)] if bill["sunk"] else []
        cells += [f"{pool[key]:,.1f}" for key, _ in drawn]
        shares = Text(", ".join(use.get(pool["pool"], [])) or "idle", style="" if pool["tasks"] else "dim")
        table.add_row(Text(printable(pool["pool"])), f"{pool['tasks']:,}", *cells, shares)
    return table


def _teams(document: dict[str, Any], places: int) -> Table:
    """Return what each team pays, and what is left of the nodes' cost; the sum is the bill's."""
    table = _table(f"Teams in {printable(document['currency'])}", show_footer=True)
    heads, *rows, total = team_rows(document, lambda value: money(value, places))
    for head, foot in zip(heads, total, strict=True):
        table.add_column(head, foot, justify="left" if head == "team" else "right")
    for row in rows:
        table.add_row(*(Text(printable(cell)) for cell in row))
    return table


def _cut(table: Table, lines: int, rows: int | None) -> Table:
    """Return the table, with a caption that counts hidden lines."""
    if rows is not None and lines > rows:
        table.caption = Text(f"… {lines - rows:,} more, see -o FILE or -v")
        table.caption_justify = "left"
    return table


def _resources(document: dict[str, Any], places: int) -> Table:
    table = _table("Resources")
    for name in ("pool", "resource"):
        table.add_column(name)
    for name in ("unit hours", "of", "use", "peak", "cost"):
        table.add_column(name, justify="right")
    bill = document["bill"]["pools"]
    cost = {(pool["pool"], line["resource"]): line["cost"] for pool in bill for line in pool["resources"]}
    for line in document["utilisation"]:
        offered = "unlimited" if line["capacity_hours"] is None else f"{line['capacity_hours']:,.10g}"
        used = "-" if line["utilisation"] is None else share_text(line["utilisation"])
        names = (Text(printable(line[key])) for key in ("pool", "resource"))
        spent = money(cost[line["pool"], line["resource"]], places)
        table.add_row(*names, f"{line['used_hours']:,.10g}", offered, used, f"{line['peak']:,.10g}", spent)
    return table


def _schedule(document: dict[str, Any], rows: int | None, places: int) -> Table:
    tasks = document["tasks"]
    table = _table("Schedule")
    apart = any(not line["option"].startswith(line["pool"]) for line in tasks)
    late = any(line.get("late_hours") for line in tasks)
    noded = any("nodes" in line for line in tasks)
    charged = [name for name in ("charged", "metered") if any(line.get(name) for line in tasks)]
    for name in ("task", "option", *(["pool"] if apart else []), *(["nodes"] if noded else [])):
        table.add_column(name)
    zone = known_zone(document.get("zone"))
    for name in (f"start ({zone})", f"end ({zone})"):
        table.add_column(name)
    for name in ("cost", *charged, *(["late"] if late else [])):
        table.add_column(name, justify="right")
    for line in tasks[:rows]:
        cells = [_name(line), Text(printable(line["option"]))]
        cells += [Text(printable(line["pool"]))] if apart else []
        cells += [Text(printable(", ".join(line.get("nodes", []))))] if noded else []
        cells += [Text(moment(line[key], zone)) for key in ("start", "end")]
        cost = line["cost"] * line.get("copies", 1)  # an entry states what each of its copies costs
        paid = [money(line.get(name, 0) * line.get("copies", 1), places) for name in charged]
        table.add_row(*cells, money(cost, places), *paid, *([_hours(line.get("late_hours"))] if late else []))
    return _cut(table, len(tasks), rows)


def _moved(document: dict[str, Any], places: int) -> Text | None:
    """Return a line with the data that a plan moves between regions; None where it moves none."""
    moves = [move for line in document["tasks"] for move in line.get("data", ()) if move["from"] != move["to"]]
    parts = [f"{move['gib']:,.10g} GiB {move['from']} to {move['to']} {money(move['cost'], places)}" for move in moves]
    more = f", … {len(parts) - NAMES:,} more" if len(parts) > NAMES else ""
    total = money(sum(move["cost"] for move in moves), places)
    return Text(printable(f"Data moved for {total}: {', '.join(parts[:NAMES])}{more}")) if parts else None


def known_zone(name: str | None) -> str:
    """Return the zone in which a plan shows its times; UTC for none, and for one that is not known here."""
    try:
        return ZoneInfo(name or "UTC").key
    except (ValueError, OSError, ZoneInfoNotFoundError):
        return "UTC"


def moment(text: str, zone: str = "UTC") -> str:
    """Return an instant of a plan file for tables, on the clock of a zone and without seconds that are 0."""
    if zone != "UTC":
        text = datetime.fromisoformat(text).astimezone(ZoneInfo(zone)).strftime("%Y-%m-%dT%H:%M:%S")
    return printable(text).replace("T", " ").removesuffix("Z").removesuffix(":00")


def _hours(late: float | None) -> str:
    if not late:
        return ""
    return f"{late:,.1f} h" if late >= 0.1 else f"{late * 60:.1g} min"


def _figures(document: dict[str, Any], places: int) -> Table:
    table = _table("Figures", show_header=False)
    table.add_column()
    table.add_column(justify="right")
    for row in figure_rows(document, lambda value: money(value, places)):
        table.add_row(*(Text(printable(cell)) for cell in row))
    return table


def summary(compiled: CompiledInstance) -> list[str]:
    """Return lines about the sizes of a valid instance, and notes for its author."""
    instance, problem, slot = compiled.instance, compiled.problem, compiled.instance.time.slot
    kept = [way for ways in compiled.kept for way in ways]
    short = [way for way in kept if way.duration % slot != 0]
    counts = {
        "task": sum(task.copies for task in instance.tasks),
        "group": problem.groups,
        "option": problem.options,
        "pool": len(instance.pools),
        "slot": problem.slots,
        "column": problem_size(problem).columns,
    }
    if instance.services:
        counts |= {"service": len(instance.services), "way": len(compiled.services.ways)}
    if instance.batches:
        counts |= {"batch": len(instance.batches)}
    lines = ["valid; " + ", ".join(_counted(count, name) for name, count in counts.items())]
    lines += [f"no plan exists: {reason}" for reason in compiled.impossible]
    if short:
        lost = float(sum(-way.duration % slot for way in short) / sum(way.duration for way in kept))
        lines.append(
            f"note: {share_text(len(short) / len(kept))} of the options do not fill their last slot, which they hold "
            f"and pay for in whole: {lost:.1%} more time on average; shorter slots lose less"
        )
    if compiled.loss:
        lines.append(f"note: money is coarsened to {compiled.unit}; costs may be low by up to {compiled.loss} in all")
    return lines


def _counted(count: int, name: str) -> str:
    """Return a count with its noun, in the plural where that is right."""
    return f"{count:,} {name}" + ("" if count == 1 else "es" if name.endswith("ch") else "s")


def of_rows(title: str, heads: Sequence[str], words: int, rows: Iterable[Sequence[str]]) -> Table:
    """Return a table whose first columns are words and the others numbers."""
    table = Table(title=Text(title, style="bold"), title_justify="left")
    for at, head in enumerate(heads):
        table.add_column(head, justify="left" if at < words else "right")
    for row in rows:
        table.add_row(*(Text(printable(cell)) for cell in row))
    return table


def service_tables(document: Mapping[str, Any], instance: Instance | None, places: int) -> Iterator[Table]:
    """Yield the tables of services, which need the instance, of their replicas, and of batches."""
    if not document.get("services"):
        return
    from leptonopt.plan.service_table import SERVED_HEADS, WAY_HEADS, batch_rows, served_rows, way_rows
    from leptonopt.plan.service_use import service_uses

    if instance is not None:
        yield of_rows("Services", SERVED_HEADS, 1, served_rows(service_uses(document, instance), places))
    yield of_rows("Replicas", WAY_HEADS, 3, way_rows(document, places))
    if rows := batch_rows(document, places):
        yield of_rows("Batches", ("batch", "service", "done"), 3, rows)
