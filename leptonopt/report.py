"""A plan document as text for a terminal: what was proven, the bill, the schedule, the figures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

ROWS = 40
_STYLE = {"optimal": "bold green", "feasible": "bold yellow", "infeasible": "bold red", "unknown": "bold red"}


def show(document: dict[str, Any], console: Console, notes: Sequence[str] = (), everything: bool = False) -> None:
    """Print the report; `everything` lists all tasks instead of the first 40."""
    console.print(headline(document))
    for reason in document.get("why") or ():
        console.print(f"  [red]because[/] {escape(reason)}", highlight=False)
    if document["cost"] is not None:
        console.print(_bill(document))
        console.print(_schedule(document, None if everything else ROWS))
        if left := document["left_out"]:
            names = ", ".join(_name(line) for line in left[:12]) + (f", … {len(left) - 12} more" if len(left) > 12 else "")
            console.print(f"Left out: {len(left)} ({escape(names)})", highlight=False)
        console.print(_figures(document))
    for note in notes:
        console.print(f"[yellow]note[/] {escape(note)}", highlight=False)


def headline(document: dict[str, Any]) -> Text:
    """One line: status, cost, bound, gap, method, seconds."""
    line = Text(document["status"], style=_STYLE.get(document["status"], "bold"))
    currency = document["currency"]
    if document["cost"] is not None:
        line.append(f"  {money(document['cost'])} {currency}", style="bold")
    if document["bound"] is not None:
        line.append(f"  no plan costs less than {money(document['bound'])}")
    if document["gap"]:
        line.append(f"  gap {document['gap']:.2%}" if document["gap"] >= 1e-4 else f"  gap {document['gap']:.1e}")
    line.append(f"  ({document['method']}, stopped by {document['stop']}", style="dim")
    if seconds := document["made"].get("seconds", {}).get("total"):
        line.append(f", {seconds:.1f} s", style="dim")
    line.append(")", style="dim")
    return line


def money(value: float | None) -> str:
    """Thousands apart; cents, or finer where they matter."""
    if value is None:
        return "-"
    text = f"{value:,.2f}" if round(value, 2) == value or abs(value) >= 100 else f"{value:,.6f}".rstrip("0")
    return text.removesuffix(".00") if isinstance(value, int) else text


def _name(line: dict[str, Any]) -> str:
    return f"{line['id']} {line['copy']}" if "copy" in line else str(line["id"])


def _bill(document: dict[str, Any]) -> Table:
    bill = document["bill"]
    table = Table(title=f"Bill [{escape(document['currency'])}]", title_justify="left", show_footer=True, pad_edge=False)
    parts = [key for key in ("running", "fixed", "late") if bill[key]]
    table.add_column("pool", "total")
    table.add_column("tasks", str(sum(pool["tasks"] for pool in bill["pools"])), justify="right")
    for part in parts:
        table.add_column(part, money(bill[part]), justify="right")
    table.add_column("total", money(bill["total"]), justify="right")
    table.add_column("use of its capacity", "")
    use: dict[str, list[str]] = {}
    for line in document["utilisation"]:
        share = "" if line["utilisation"] is None else f" {line['utilisation']:.0%}"
        if line["used_hours"]:
            use.setdefault(line["pool"], []).append(f"{line['resource']}{share}")
    for pool in bill["pools"]:
        cells = [money(pool[part]) if part in pool else "" for part in parts]
        shares = ", ".join(use.get(pool["pool"], [])) or "idle"
        table.add_row(escape(pool["pool"]), str(pool["tasks"]), *cells, money(pool["total"]), escape(shares))
    return table


def _schedule(document: dict[str, Any], rows: int | None) -> Table:
    tasks = document["tasks"]
    table = Table(title="Schedule", title_justify="left", pad_edge=False)
    for name in ("task", "option", "start (UTC)", "end (UTC)"):
        table.add_column(name)
    for name in ("cost", "late"):
        table.add_column(name, justify="right")
    for line in tasks[:rows]:
        late = f"{line['late_hours']:g} h" if line.get("late_hours") else ""
        start, end = (line[key].replace("T", " ").removesuffix(":00Z") for key in ("start", "end"))
        table.add_row(escape(_name(line)), escape(line["option"]), start, end, money(line["cost"]), late)
    if rows is not None and len(tasks) > rows:
        table.add_row(f"… {len(tasks) - rows} more (-o FILE has all)", "", "", "", "", "")
    if not any(line.get("late_hours") for line in tasks):
        table.columns.pop()
    return table


def _figures(document: dict[str, Any]) -> Table:
    figures = document["figures"]
    table = Table(title="Figures", title_justify="left", show_header=False, pad_edge=False)
    table.add_column()
    table.add_column(justify="right")
    if figures["utilisation"] is not None:
        table.add_row("utilisation", f"{figures['utilisation']:.1%}")
    table.add_row("total cost", money(figures["total_cost"]))
    table.add_row("total profit", money(figures["total_profit"]))
    if figures["cost_profit_ratio"] is not None:
        table.add_row("cost-profit ratio", f"{figures['cost_profit_ratio']:.4g}")
        table.add_row("net benefit", money(figures["net_benefit"]))
    if document["bill"]["forgone"]:
        table.add_row("value left out", money(document["bill"]["forgone"]))
    return table
