"""The figures of a plan in words: the article's four, net benefit, and what stands beside them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

NAMES = 12  # resources whose use is listed


def figure_rows(document: Mapping[str, Any], money: Callable[[float], str]) -> Iterator[tuple[str, str]]:
    """Yield name and value of each figure of a plan; `money` writes an amount."""
    figures, bill = document["figures"], document["bill"]
    used, ratio = figures["utilisation"], figures["cost_profit_ratio"]
    yield from _shares(document)
    yield "utilisation, average", "-" if used is None else f"{used:.1%}"
    yield "hours of tasks per resource", f"{figures['hours_per_resource']:,.4g}"
    yield "total cost", money(figures["total_cost"])
    yield "total profit", money(figures["total_profit"])
    yield "cost-profit ratio", "-" if ratio is None else f"{ratio:.4g}"
    yield "net benefit", money(figures["net_benefit"])
    if bill["forgone"]:
        yield "value left out", money(bill["forgone"])
    if bill["energy_kwh"]:
        yield "energy, kWh", f"{bill['energy_kwh']:,.1f}"
    if bill["carbon_kg"]:
        yield "carbon, kg CO2", f"{bill['carbon_kg']:,.1f}"
    if weight := document.get("objective", {}).get("carbon_kg"):
        yield "carbon in the cost", money(weight * bill["carbon_kg"])


def _shares(document: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return pool and resource, and the used share of the capacity; the most used where there are many."""
    lines = [line for line in document["utilisation"] if line["utilisation"] is not None]
    many = len(lines) > NAMES
    if many:
        lines = sorted(lines, key=lambda line: -line["utilisation"])
    found = [
        (f"utilisation of {line['pool']} {line['resource']}", f"{line['utilisation']:.1%}") for line in lines[:NAMES]
    ]
    rest = f"utilisation of {len(lines) - NAMES:,} others"
    return found + ([(rest, f"≤ {lines[NAMES]['utilisation']:.1%}")] if many else [])


def team_rows(document: Mapping[str, Any], money: Callable[[float], str]) -> list[list[str]]:
    """Return heads, a row for each team, what is charged to nobody, and the bill's total."""
    bill, places = document["bill"], 6
    parts = [name for name in ("own", "charged", "metered", "total") if name in bill["teams"][0]]
    rows = [["team", "tasks", *parts]]
    for line in bill["teams"]:
        name = "without a team" if line["team"] is None else line["team"]
        rows.append([name, f"{line['tasks']:,}", *(money(line[key]) for key in parts)])
    others = bill["total"] - sum(line["total"] for line in bill["teams"])
    blank = [""] * (len(parts) - 1)
    if round(others, places):
        rows.append(["charged to nobody", "", *blank, money(others)])
    return [*rows, ["total", f"{sum(line['tasks'] for line in bill['teams']):,}", *blank, money(bill["total"])]]


def share_text(portion: float) -> str:
    """Return a share in whole per cent; small ones as below one."""
    return "<1%" if 0 < portion < 0.01 else f"{portion:.0%}"
