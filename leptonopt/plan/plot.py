"""A plan as one picture: the schedule over pools, the load against the capacity, and the cost by pool.

The input is the plan document; with its instance the capacity is drawn as well. No display is needed.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from leptonopt.instance import Instance, stated
from leptonopt.plan.picture import WIDTH_IN, Line, Picture, as_label, drawing, file_format, save
from leptonopt.plan.plot_cost import MAX_BARS, plot_cost
from leptonopt.plan.plot_load import main_resources, plot_load
from leptonopt.plan.plot_schedule import plot_schedule

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def draw(
    document: Line, instance: Instance | Mapping[str, Any] | None = None, path: str | os.PathLike[str] | None = None
) -> Figure:
    """The whole picture; written to `path` (.png, .svg or .pdf) when one is given.

    Parameters
    ----------
    document : a plan document.
    instance : its instance, or the instance's document; without it no capacity is drawn.

    Raises
    ------
    UsageError
        For another ending, or a place that cannot be written to.
    """
    if path is not None:
        file_format(path)
    with drawing():
        figure = _drawn(document, instance)
    if path is not None:
        save(figure, path)
    return figure


def _drawn(document: Line, instance: Instance | Mapping[str, Any] | None) -> Figure:
    from matplotlib.figure import Figure

    picture = Picture(document, None if instance is None else stated(instance)[0])
    loaded = main_resources(picture)
    bills = 0.6 + 0.26 * max(3, min(MAX_BARS + 2, len(picture.busy) + 1))
    heights = [picture.height_in, *(1.15 for _ in loaded), bills]
    figure = Figure(figsize=(WIDTH_IN, sum(heights) + 0.7), layout="constrained")
    grid = figure.add_gridspec(len(heights), 1, height_ratios=heights)
    money = f"{document['cost']:,.2f} {document['currency']}" if document["cost"] is not None else "no plan"
    title = f"{as_label(document['instance']['name'], 70)}: {as_label(document['status'], 20)}, {as_label(money)}"
    figure.suptitle(title, x=0.01, ha="left", fontsize=13, fontweight="bold")
    top = figure.add_subplot(grid[0])
    plot_schedule(picture, top)
    for at, (pool, resource) in enumerate(loaded, 1):
        ax = figure.add_subplot(grid[at], sharex=top)
        plot_load(picture, pool, resource, ax)
        if at == 1:
            part = (
                f", the {len(loaded)} busiest of {len(picture.busy)} pools" if len(loaded) < len(picture.busy) else ""
            )
            ax.set_title(f"Load against capacity{part}", loc="left", fontsize=10)
        if at < len(loaded):
            ax.tick_params(labelbottom=False)
            ax.xaxis.get_offset_text().set_visible(False)
    plot_cost(picture, figure.add_subplot(grid[len(heights) - 1]))
    return figure
