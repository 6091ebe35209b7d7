"""Figure of two plans of one instance, the optimal above the heuristic, with differences marked."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from leptonopt.errors import UsageError
from leptonopt.experiments.results import Results, RunRecord
from leptonopt.plan.entries import copies_of
from leptonopt.plan.picture import WIDTH_IN, Picture, as_label, drawing
from leptonopt.plan.plot_schedule import entry_key, plot_schedule

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Line = dict[str, Any]


def schedules(results: Results) -> Figure:
    """Plot the cheapest plan below the next cheaper one of another method.

    The instance is the first where costs differ. Raises `UsageError` when there are no two plans to compare.
    """
    found = sorted(map(_two, results.grouped(lambda run: run.content).values()), key=_equal)
    for first, second in filter(None, found):
        plans = results.plan(first), results.plan(second)
        if plans[0] and plans[1]:
            return drawn(plans[0], plans[1], (first.method, second.method))
    raise UsageError("no two methods have a plan of one instance; run both with `leptonopt compare` first")


def _two(runs: list[RunRecord]) -> tuple[RunRecord, RunRecord] | None:
    """Return the next cheapest plan and the cheapest, of two methods; None where no costs differ."""
    best: dict[str, tuple[Fraction, RunRecord]] = {}
    for run in runs:
        if run.cost is not None and (run.method not in best or run.cost < best[run.method][0]):
            best[run.method] = run.cost, run
    ranked = sorted(best.values(), key=lambda pair: pair[0])
    if len(ranked) < 2:
        return None
    others = [pair for pair in ranked[1:] if pair[0] > ranked[0][0]] or ranked[1:]
    return others[0][1], ranked[0][1]


def _equal(pair: tuple[RunRecord, RunRecord] | None) -> bool:
    return pair is None or pair[0].cost == pair[1].cost


@drawing()
def drawn(first: Line, second: Line, names: tuple[str, str]) -> Figure:
    """Two plan documents, one above the other over the same span of time."""
    from matplotlib.figure import Figure

    moved = differing(first, second)
    charts = [Picture(document, None) for document in (first, second)]
    begin, end = min(chart.begin for chart in charts), max(chart.end for chart in charts)
    heights = [0.5 + chart.height_in for chart in charts]
    figure = Figure(figsize=(WIDTH_IN, sum(heights) + 1.0), layout="constrained")
    grid = figure.add_gridspec(2, 1, height_ratios=heights)
    for at, (chart, name, mine) in enumerate(zip(charts, names, moved, strict=True)):
        chart.begin, chart.end = begin, end
        ax = plot_schedule(chart, figure.add_subplot(grid[at]), mine)
        document = chart.document
        status, currency = as_label(document["status"], 20), as_label(document["currency"], 20)
        ax.set_title(f"{as_label(name)}: {status}, {document['cost']:,.2f} {currency}", loc="left", fontsize=10)
    named_as = as_label(first["instance"]["name"])
    costs = [document["cost"] for document in (first, second)]
    less = f"{abs(costs[1] - costs[0]):,.4g} {as_label(first['currency'], 20)} between them"
    many = f"{moved[0].total()} of {copies_of(first['tasks'])} runs"
    figure.suptitle(
        f"{named_as}: {many} are elsewhere or at another time (framed); {less}",
        x=0.01,
        ha="left",
        fontsize=11,
    )
    return figure


def differing(first: Line, second: Line) -> tuple[Counter[tuple[str, int]], Counter[tuple[str, int]]]:
    """Count the runs of each plan that the other has not with that option and start.

    The counts are by task and first copy. Copies are alike.
    """
    return _beyond(first, second), _beyond(second, first)


def _beyond(document: Line, other: Line) -> Counter[tuple[str, int]]:
    there: Counter[tuple[str, str, str, str]] = Counter()
    for line in other["tasks"]:
        there[_where(line)] += line.get("copies", 1)
    found: Counter[tuple[str, int]] = Counter()
    for line in document["tasks"]:
        copies = line.get("copies", 1)
        if more := copies - min(copies, there[_where(line)]):
            found[entry_key(line)] = more
        there[_where(line)] -= copies - more
    return found


def _where(line: Line) -> tuple[str, str, str, str]:
    return line["id"], line["pool"], line["option"], line["start"]
