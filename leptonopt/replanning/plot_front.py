"""A picture of cost against changes: plans as points, and what is proven as a line below them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from leptonopt.plan.picture import COLOURS, as_label, drawing, file_format, save
from leptonopt.replanning.front import Point


def draw(points: Sequence[Point], path: Path, currency: str) -> None:
    """Write the picture of a front; raises `UsageError` for an ending that is no picture."""
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    file_format(path)
    with drawing():
        figure = Figure(figsize=(7, 4.2), layout="constrained")
        axes = figure.subplots()
        plans = [(point.allowed, float(point.cost)) for point in points if point.cost is not None]
        proven = [(point.allowed, float(point.bound)) for point in points if point.bound is not None]
        if proven:
            axes.step(*zip(*proven, strict=True), where="post", color=COLOURS[1], label="no plan costs less (proven)")
        if plans:
            axes.step(*zip(*plans, strict=True), where="post", color=COLOURS[0], marker="o", label="best plan")
        axes.set_xlabel("tasks that may change")
        axes.set_ylabel(f"cost from now on [{as_label(currency)}]")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.grid(alpha=0.3)
        axes.legend()
        save(figure, path)
