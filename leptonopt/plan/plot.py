"""A plan as one picture: the schedule over pools, the load against the capacity, and the cost by pool.

The input is the plan document; with its instance the capacity is drawn as well. No display is needed.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from leptonopt.instance import Instance, stated
from leptonopt.plan.as_written import as_written
from leptonopt.plan.picture import WIDTH_IN, Line, Picture, as_label, drawing, file_format, save
from leptonopt.plan.plot_cost import MAX_BARS, plot_cost
from leptonopt.plan.plot_load import main_resources, plot_load
from leptonopt.plan.plot_schedule import plot_schedule
from leptonopt.plan.plot_services import drawn_services, plot_service
from leptonopt.plan.service_use import ServiceUse

if TYPE_CHECKING:
    from matplotlib.axes import Axes
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

    picture = Picture(as_written(document), None if instance is None else stated(instance)[0])
    loaded = main_resources(picture)
    bills = 0.6 + 0.26 * max(3, min(MAX_BARS + 2, len(picture.busy) + 1))
    services = drawn_services(picture)
    schedule = [picture.height_in] if picture.busy or not services else []
    heights = [*schedule, *(1.5 for _ in services), *(1.15 for _ in loaded), bills]
    figure = Figure(figsize=(WIDTH_IN, sum(heights) + 0.7), layout="constrained")
    grid = figure.add_gridspec(len(heights), 1, height_ratios=heights)
    money = f"{document['cost']:,.2f} {document['currency']}" if document["cost"] is not None else "no plan"
    title = f"{as_label(document['instance']['name'], 70)}: {as_label(document['status'], 20)}, {as_label(money)}"
    figure.suptitle(title, x=0.01, ha="left", fontsize=13, fontweight="bold")
    axes: list[Axes] = []
    for at in range(len(heights) - 1):
        axes.append(figure.add_subplot(grid[at], sharex=axes[0] if axes else None))
    if schedule:
        plot_schedule(picture, axes[0])
    _services(picture, services, axes[len(schedule) :])
    _loads(picture, loaded, axes[len(schedule) + len(services) :])
    if axes:
        axes[0].set_xlim(picture.begin, picture.end)  # type: ignore[arg-type]
    plot_cost(picture, figure.add_subplot(grid[len(heights) - 1]))
    return figure


def _services(picture: Picture, services: Sequence[ServiceUse], axes: Sequence[Axes]) -> None:
    """Plot services one below the other."""
    for at, (use, ax) in enumerate(zip(services, axes, strict=False)):
        plot_service(picture, use, ax)
        if at == 0:
            many = len(services) < len(picture.services)
            part = f", the {len(services)} dearest of {len(picture.services)}" if many else ""
            ax.set_title(f"Demand and usable capacity of services{part}", loc="left", fontsize=10)
        _without_dates(ax, at + 1 < len(services))


def _loads(picture: Picture, loaded: Sequence[tuple[str, str]], axes: Sequence[Axes]) -> None:
    """Plot the loads of pools one below the other."""
    for at, ((pool, resource), ax) in enumerate(zip(loaded, axes, strict=False)):
        plot_load(picture, pool, resource, ax)
        if at == 0:
            many = len(loaded) < len(picture.loaded)
            part = f", the {len(loaded)} busiest of {len(picture.loaded)} pools" if many else ""
            light = "; lighter: replicas" if any(picture.replicas.values()) else ""
            ax.set_title(f"Load against capacity{part}{light}", loc="left", fontsize=10)
        _without_dates(ax, at + 1 < len(loaded))


def _without_dates(ax: Axes, hidden: bool) -> None:
    """Hide the dates of an axis that has another one below."""
    if hidden:
        ax.tick_params(labelbottom=False)
        ax.xaxis.get_offset_text().set_visible(False)
