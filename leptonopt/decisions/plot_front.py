"""A picture of a front: plans as points, and the proven lower envelope as a line below them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from leptonopt.plan.picture import COLOURS, as_label, drawing, file_format, save

Place = tuple[float, float | None, float | None]  # limit, cost, bound


def draw(places: Sequence[Place], path: Path, limited: str, currency: str, whole: bool) -> None:
    """Write the picture of a front by ascending limits.

    Between two limits the plan of the smaller one is allowed, and the bound of the larger one holds.

    Parameters
    ----------
    limited : the criterion with its unit.
    whole : limits are whole numbers.

    Raises
    ------
    UsageError
        When the ending is that of no picture.
    """
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    file_format(path)
    with drawing():
        figure = Figure(figsize=(7, 4.2), layout="constrained")
        axes = figure.subplots()
        proven = [(limit, bound) for limit, _, bound in places if bound is not None]
        plans = [(limit, cost) for limit, cost, _ in places if cost is not None]
        if proven:
            axes.step(*zip(*proven, strict=True), where="pre", color=COLOURS[1], label="no plan costs less (proven)")
        if plans:
            axes.step(*zip(*plans, strict=True), where="post", color=COLOURS[0], marker="o", label="best plan")
        axes.set_xlabel(as_label(limited))
        axes.set_ylabel(f"cost [{as_label(currency)}]")
        if whole:
            axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.grid(alpha=0.3)
        if plans or proven:
            axes.legend()
        save(figure, path)
