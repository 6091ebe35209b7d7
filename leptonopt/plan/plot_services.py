"""Plot a service over time: its demand as a line, and the usable capacity by pool."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from leptonopt.plan.picture import LATE_COLOUR, Picture, as_label, format_date_axis
from leptonopt.plan.plot_load import merge_equal
from leptonopt.plan.service_use import ServiceUse
from leptonopt.problem.arrays import Floats

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MAX_SERVICES = 6  # services that are drawn, the dearest first
BATCH_COLOUR = "#222222"
HEADROOM = 1.3  # of the axis above the highest value, for the legend


def drawn_services(picture: Picture) -> list[ServiceUse]:
    """Return the dearest services, in the order of the instance."""
    dearest = sorted(picture.services, key=lambda use: -float(use.cost.sum()))[:MAX_SERVICES]
    return [use for use in picture.services if use in dearest]


def plot_service(picture: Picture, use: ServiceUse, ax: Axes) -> Axes:
    """Plot usable capacity by pool, stacked, what batches take of it, and the demand."""
    base = np.zeros(len(use.asked))
    for pool, capacity in use.capacity().items():
        if capacity.any():
            _area(picture, ax, base, base + capacity, color=picture.colours[pool], alpha=0.55, label=as_label(pool, 20))
            base = base + capacity
    if use.filled().any():
        style = {"facecolor": "none", "edgecolor": BATCH_COLOUR, "hatch": "////", "linewidth": 0.0}
        _area(picture, ax, use.answered, use.answered + use.filled(), label="batches", **style)
    if (use.asked > use.answered).any():
        _area(picture, ax, use.answered, use.asked, color=LATE_COLOUR, label="missed")
    edges, levels = _steps(picture, use.asked)
    ax.stairs(levels, edges, color="black", linewidth=1.3, baseline=None, label="demand")
    ax.set_ylim(0, HEADROOM * max(float(base.max()), float(use.asked.max())) or 1)
    ax.set_ylabel(f"{as_label(use.id, 16)}\nrequests/s", fontsize=8, rotation=0, ha="right", va="center")
    ax.set_title(summary(picture, use), loc="right", fontsize=8, pad=2)
    ax.tick_params(labelsize=8)
    format_date_axis(ax, picture.zone)
    ax.legend(fontsize=7, loc="upper left", ncols=8, frameon=False, borderaxespad=0.1, handlelength=1.4)
    return ax


def summary(picture: Picture, use: ServiceUse) -> str:
    """Return cost, starts, use of the replicas and missed share of a service in one line."""
    starts = sum(int(way.started.sum()) for way in use.ways)
    words = [f"{float(use.cost.sum()):,.2f} {as_label(picture.document['currency'], 20)}", f"{starts:,} starts"]
    words += [f"{use.utilisation:.0%} used"] if use.utilisation is not None else []
    words += [f"{use.missed_share:.2%} missed"] if use.missed_share else []
    return ", ".join(words)


def _area(picture: Picture, ax: Axes, low: Floats, high: Floats, **style: object) -> None:
    """Fill between two step functions."""
    assert picture.instance is not None
    edges, _ = _steps(picture, np.arange(len(low), dtype=float))
    kwargs = {"linewidth": 0.0, **style}
    ax.fill_between(edges, np.append(low, low[-1]), np.append(high, high[-1]), step="post", **kwargs)  # type: ignore[arg-type]


def _steps(picture: Picture, values: Floats) -> tuple[list[Any], list[float]]:
    assert picture.instance is not None
    return merge_equal(picture.instance, values.tolist())
