"""Nodes, quotas, meters and savings plans of a plan as tables of texts, for the report and the page."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from leptonopt.plan.figures import share_text

PAID = {"rent": "rent", "commit": "commit", "startup": "start", "shutdown": "stop", "idle": "idle"}  # of nodes
SAVINGS = {"committed/h": "commit", "paid": "paid", "covered": "covered", "lost": "lost", "cost": "cost"}
Lines = Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class TextTable:
    """A table of texts, of which the first `words` columns are no numbers."""

    title: str
    words: int
    heads: tuple[str, ...]
    rows: list[tuple[str, ...]]


@dataclass(frozen=True)
class Wording:
    """Writers of money and of instants, and the zone of these."""

    money: Callable[[float], str]
    moment: Callable[[str], str]
    zone: str


def supply_tables(document: Mapping[str, Any], wording: Wording, most: int | None = None) -> Iterator[TextTable]:
    """Yield the tables of what a plan has; of more than `most` quotas the fullest come first."""
    if any(line["on"][1:] or line["cost"] or line["node_hours"] for line in document["nodes"]):
        yield _nodes(document["nodes"], wording)
    if quotas := document["quotas"]:
        if most is not None and len(quotas) > most:
            quotas = sorted(quotas, key=lambda line: line["limit"] - line["used"])
        shares = [share_text(line["used"] / line["limit"]) if line["limit"] > 0 else "-" for line in quotas]
        yield _windows("quota", quotas, {"of": [f"{line['limit']:,.10g}" for line in quotas], "": shares}, wording)
    if meters := document.get("meters"):
        yield _windows("meter", meters, {"cost": [wording.money(line["cost"]) for line in meters]}, wording)
    if plans := document.get("savings"):
        rows = [(line["id"], *(wording.money(line[key]) for key in SAVINGS.values())) for line in plans]
        yield TextTable("Savings plans", 1, ("plan", *SAVINGS), rows)
        bought: list[tuple[str, ...]] = [
            (line["id"], wording.moment(each["start"]), wording.money(each["commit"]))
            for line in plans
            for each in line.get("bought", ())
        ]
        if bought:
            yield TextTable("Savings plans bought", 2, ("plan", f"from ({wording.zone})", "committed/h"), bought)


def _nodes(lines: Lines, wording: Wording) -> TextTable:
    """Return the table of rented nodes: counts, hours, commitments and cost."""
    parts = [part for part in PAID if any(line[part] for line in lines)]
    counts = ("most on", "hours", "on demand", "committed", "starts")
    rows = []
    for line in lines:
        if line["node_hours"] or line["cost"]:
            name = line["kind"] + "".join(
                f"{mark}{line[key]}" for mark, key in (("/", "node"), ("-", "last")) if key in line
            )
            numbers = (line[key] for key in ("node_hours", "on_demand_hours", "committed", "starts"))
            cells = (f"{number:,.10g}" for number in (max(step["count"] for step in line["on"]), *numbers))
            rows.append((line["pool"], name, *cells, *(wording.money(line[part]) for part in (*parts, "cost"))))
    return TextTable("Nodes", 2, ("pool", "nodes", *counts, *(PAID[part] for part in parts), "cost"), rows)


def _windows(kind: str, lines: Lines, columns: Mapping[str, Sequence[str]], wording: Wording) -> TextTable:
    """Return a line for each window of quotas or meters: what is used, and other columns."""
    heads = (kind, f"from ({wording.zone})", f"to ({wording.zone})", "used", *columns)
    rows = [
        (line["id"], wording.moment(line["from"]), wording.moment(line["to"]), f"{line['used']:,.10g}", *cells)
        for line, *cells in zip(lines, *columns.values(), strict=True)
    ]
    return TextTable(f"{kind.capitalize()}s", 3, heads, rows)
