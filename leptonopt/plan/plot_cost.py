"""Plot the bill of a plan by pool, as stacked bars."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from leptonopt.plan.picture import GREY, LATE_COLOUR, Picture, as_label

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MAX_BARS = 16  # pools whose cost has a bar of its own
PARTS = {  # in greys: colours are those of pools and tasks
    "running": ("running", GREY),
    "fixed": ("fixed", "#b4bec9"),
    "nodes": ("nodes", "#39434f"),
}


def plot_cost(picture: Picture, ax: Axes) -> Axes:
    """Plot the bill by pool: running and fixed cost, nodes, and cost of lateness."""
    bill, currency = picture.document["bill"], as_label(picture.document["currency"], 20)
    if bill is None:
        ax.set_axis_off()
        return ax
    parts, rows = _rows(bill)
    places = range(len(rows))
    ends = [0.0] * len(rows)
    for at, part in enumerate(parts):
        values = [row[1][at] for row in rows]
        label, colour = PARTS.get(part, ("late", LATE_COLOUR))
        ax.barh(
            places,
            values,
            left=[end if value > 0 else 0 for end, value in zip(ends, values, strict=True)],
            color=colour,
            label=label,
        )
        ends = [end + max(0, value) for end, value in zip(ends, values, strict=True)]
    for at, (_, values) in enumerate(rows):
        ax.text(ends[at], at, f" {sum(values):,.2f}", va="center", fontsize=8)
    ax.set_yticks(places, [as_label(row[0], 22) for row in rows])
    ax.invert_yaxis()
    ax.axvline(0, color="0.3", linewidth=0.8)
    low, high = ax.get_xlim()
    ax.set_xlim(low, high + 0.08 * (high - low))  # room for the numbers at the bars' ends
    anyway = f", and {bill['sunk']:,.2f} paid anyway" if bill["sunk"] else ""
    ax.set_title(f"Bill: {bill['total']:,.2f} {currency}{anyway}", loc="left", fontsize=10)
    ax.tick_params(labelsize=8)
    ax.xaxis.set_major_formatter(lambda value, _: f"{value:,.10g}")
    ax.spines[["top", "right"]].set_visible(False)
    if ax.get_legend_handles_labels()[0]:
        ax.legend(fontsize=8, loc="lower right", bbox_to_anchor=(1, 1), ncols=5, frameon=False, borderaxespad=0)
    return ax


def _rows(bill: Mapping[str, Any]) -> tuple[list[str], list[tuple[str, list[float]]]]:
    """Return the parts of the bill, and the amounts of each bar by part."""
    parts = [part for part in PARTS if any(pool.get(part) for pool in bill["pools"])]
    rows = [
        (pool["pool"], [pool[part] for part in parts])
        for pool in bill["pools"]
        if any(pool[part] for part in parts) or pool["tasks"]
    ]
    if len(rows) > MAX_BARS:
        rows.sort(key=lambda row: sum(map(abs, row[1])), reverse=True)
        rest = [amounts for _, amounts in rows[MAX_BARS - 1 :]]
        rows[MAX_BARS - 1 :] = [(f"{len(rest)} others", [sum(column) for column in zip(*rest, strict=True)])]
    if bill["late"]:
        rows = [(name, [*amounts, 0]) for name, amounts in rows]
        rows.append(("lateness", [0] * len(parts) + [bill["late"]]))
        parts.append("late")
    return parts, rows
