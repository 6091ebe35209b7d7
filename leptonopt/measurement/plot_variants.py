"""A picture of variants: the cost of the same work against quality, with ranges and the front."""

from __future__ import annotations

from pathlib import Path

from leptonopt.measurement.measure import MeasuredVariant, Measurement
from leptonopt.plan.picture import COLOURS, as_label, drawing, file_format, save


def front(variants: tuple[MeasuredVariant, ...]) -> list[MeasuredVariant]:
    """Return the variants that none beats in both speed and quality, by quality."""
    able = [each for each in variants if not each.refused]
    return sorted(
        (
            each
            for each in able
            if not any(
                other.speed.value >= each.speed.value
                and other.quality.value >= each.quality.value
                and (other.speed.value, other.quality.value) != (each.speed.value, each.quality.value)
                for other in able
            )
        ),
        key=lambda each: each.quality.value,
    )


def draw(found: Measurement, path: Path) -> None:
    """Write the picture; raises `UsageError` for an ending that is no picture."""
    from matplotlib.figure import Figure

    file_format(path)
    with drawing():
        figure = Figure(figsize=(7, 4.2), layout="constrained")
        axes = figure.subplots()
        best = front(found.variants)
        line = [(each.quality.value, 1 / each.speed.value) for each in best]
        (steps,) = axes.step(*zip(*line, strict=True), where="post", color=COLOURS[1], label="front")
        steps.set(marker="o", markersize=11, fillstyle="none")
        for kind, marker, label in ((False, "o", "variant"), (True, "x", "refused: its speed may be that of full")):
            mine = [each for each in found.variants if bool(each.refused) is kind]
            for at, each in enumerate(mine):
                _point(axes, each, marker, label if at == 0 else None)
        axes.set_xlabel(as_label(f"quality: {found.provenance['quality']}", 90))
        axes.set_ylabel("cost of the same work, full = 1")
        axes.set_ylim(bottom=0)
        axes.margins(x=0.12)
        axes.grid(alpha=0.3)
        axes.legend()
        save(figure, path)


def _point(axes: object, each: MeasuredVariant, marker: str, label: str | None) -> None:
    """Draw a variant with its ranges and its name."""
    quality, cost = each.quality, 1 / each.speed.value
    axes.errorbar(  # type: ignore[attr-defined]
        [quality.value], [cost],
        xerr=[[quality.value - quality.low], [quality.high - quality.value]],
        yerr=[[cost - 1 / each.speed.high], [1 / each.speed.low - cost]],
        color=COLOURS[0], marker=marker, capsize=3, linestyle="none", label=label,
    )  # fmt: skip
    axes.annotate(  # type: ignore[attr-defined]
        as_label(each.name), (quality.value, cost), textcoords="offset points", xytext=(-7, 7), ha="right"
    )
