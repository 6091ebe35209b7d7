"""Print why an instance has no plan, and what would help."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any

from rich.console import Console
from rich.text import Text

from leptonopt.io.files import printable
from leptonopt.plan.report import NAMES, STYLE, money


def explained(document: dict[str, Any], console: Console) -> None:
    """Print why there is no plan, and what would help."""
    status, currency = document["status"], printable(document["currency"])
    words = {"feasible": "a plan exists: there is nothing to explain", "infeasible": "no plan exists", "unknown": ""}
    line = Text(status, style=STYLE[status])
    console.print(line.append(f"  {words[status]}  ({document['seconds']:.1f} s)", style="default"), soft_wrap=True)
    for reason in document["reasons"]:
        console.print(Text.assemble(("  because ", "red"), printable(reason)), soft_wrap=True)
    print_conflicts(document["conflicts"], console)
    if document["repairs"]:
        console.print(Text("\nWhat would help, each tried and checked:", style="bold"))
    for repair in document["repairs"]:
        cost = money(repair["cost"])
        changes = " and ".join(map(printable, repair["changes"]))
        proven = ", the least there is" if repair["status"] == "optimal" else ""
        console.print(Text(f"  {changes}: feasible at {cost} {currency}{proven}"), soft_wrap=True)
    for note in document["notes"]:
        console.print(Text.assemble(("note ", "yellow"), printable(note)), soft_wrap=True)


def print_conflicts(conflicts: Sequence[dict[str, Any]], console: Console) -> None:
    """Print what cannot hold together, a line for each demand."""
    many = len(conflicts) > 1
    for number, conflict in enumerate(conflicts, 1):
        few = len(conflict["unproven"])
        spared = f"of which {few} may not be needed (marked ?)" if few else "none of which can be spared"
        console.print(Text(f"\nConflict {number if many else ''}".rstrip() + f", {spared}:", style="bold"))
        names = conflict["tasks"]
        unproven = set(conflict["unproven"])
        shown = ", ".join(repr(printable(name)) + " ?" * (name in unproven) for name in names[:NAMES])
        more = f", … {len(names) - NAMES:,} more" if len(names) > NAMES else ""
        if names:
            console.print(Text(f"  {'task' if len(names) == 1 else 'tasks'} {shown}{more} must run"), soft_wrap=True)
        for said in _demands(conflict["demands"], unproven):
            console.print(Text(f"  {printable(said)}"), soft_wrap=True)


def _demands(demands: Sequence[dict[str, Any]], unproven: Collection[str]) -> Iterator[str]:
    """Yield a line for each demand; those of one task that follow one another share a line."""
    before, parts = None, list[str]()
    for demand in demands:
        words = demand["words"] + " ?" * (demand["place"] in unproven)
        own = f"task {demand['subject'][0]!r} " if demand["subject"] else None
        if own is not None and own == before and words.startswith(own):
            parts.append(words.removeprefix(own))
            continue
        if parts:
            yield ", and ".join(parts)
        before, parts = own, [words]
    if parts:
        yield ", and ".join(parts)
