"""Results as pictures: performance profiles, time-to-gap curves, plans and bounds over time.

Every function returns a Matplotlib figure; `leptonopt.plan.picture.save` writes it.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, inf, isfinite
from statistics import median
from typing import TYPE_CHECKING, Any

from leptonopt.errors import UsageError
from leptonopt.experiments.results import Results, RunRecord
from leptonopt.plan.picture import COLOURS, as_label, drawing

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

PANELS = 12  # instances drawn over time at most
INSIDE = 12  # methods whose legend stands within the axes
DASHES: tuple[Any, ...] = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)))


def _figure(wide: float, tall: float) -> Figure:
    from matplotlib.figure import Figure

    return Figure(figsize=(wide, tall), layout="constrained")


def _styles(results: Results) -> dict[str, dict[str, Any]]:
    """A colour and a dash per method, which print in black and white too."""
    return {
        method: {
            "color": COLOURS[at % len(COLOURS)],
            "linestyle": DASHES[at % len(DASHES)],
            "label": as_label(method, 40),
        }
        for at, method in enumerate(results.methods)
    }


def _plain(ax: Axes) -> None:
    """Seconds on an axis of powers of ten, without formulas."""
    ax.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
    ax.xaxis.set_minor_formatter(lambda value, _: "")


def _bare(ax: Axes, title: str, x: str, y: str) -> None:
    ax.set_title(title, loc="left", fontsize=10)
    ax.set_xlabel(x, fontsize=9)
    ax.set_ylabel(y, fontsize=9)
    ax.tick_params(labelsize=8)
    ax.grid(color="0.92", linewidth=0.6)
    ax.set_axisbelow(True)
    ax.spines[["top", "right"]].set_visible(False)


def _legend(figure: Figure, ax: Axes, place: str) -> None:
    """A legend within the axes; below them where that would cover them."""
    handles, labels = ax.get_legend_handles_labels()
    if len(labels) <= INSIDE:
        ax.legend(handles, labels, fontsize=8, frameon=False, loc=place)
    else:
        _legend_below(figure, handles, labels)


def _legend_below(figure: Figure, handles: list[Any], labels: list[str]) -> None:
    """A legend below all axes, in as many columns as fit; the figure grows by its rows."""
    wide, tall = figure.get_size_inches()
    columns = max(1, min(6, int(wide * 12 / (6 + max(map(len, labels), default=0)))))
    figure.set_size_inches(wide, tall + 0.18 * (ceil(len(labels) / columns) - 1))
    figure.legend(handles, labels, loc="outside lower center", ncols=columns, fontsize=8, frameon=False)


# --- performance profile ----------------------------------------------------------------------------


@drawing()
def profile(results: Results, of: str = "cost", target: float = 0.01) -> Figure:
    """On what share of instances a method is within a factor of the best one (Dolan & Moré 2002,
    doi:10.1007/s101070100263).

    Parameters
    ----------
    of : `cost`: one plus the primal gap, in place of a ratio of costs, which has no meaning at or below zero; `time`:
        seconds until the primal gap was at most `target`.

    Raises `UsageError` for another `of`.
    """
    if of not in ("cost", "time"):
        raise UsageError(f"a profile of {of!r}; allowed are cost and time")
    ratios = _ratios(results, of, target)
    figure = _figure(7.5, 4.2)
    ax = figure.add_subplot()
    known = [ratio for values in ratios.values() for ratio in values if isfinite(ratio)]
    end = max([1.0001, *known]) ** 1.05
    for method, style in _styles(results).items():
        values = sorted(ratios[method])
        steps = [(ratio, at / len(values)) for at, ratio in enumerate(values, 1) if isfinite(ratio)]
        x, y = [1.0, *(ratio for ratio, _ in steps), end], [0.0, *(share for _, share in steps)]
        ax.step(x, [*y, y[-1]], where="post", **style)
    what = "cost within this factor of the best known" if of == "cost" else f"time to {target:.2%} over the fastest"
    _bare(ax, f"Performance profile of {of}, {len(results.instances)} instances", what, "share of instances")
    ax.set_xscale("log")
    ax.xaxis.set_major_formatter(lambda value, _: f"{value:.6g}")
    ax.xaxis.set_minor_formatter(lambda value, _: f"{value:.6g}" if end < 2 else "")
    ax.tick_params(axis="x", which="minor", labelsize=7)
    ax.set_xlim(1.0, end)
    ax.set_ylim(0, 1.03)
    _legend(figure, ax, "lower right")
    return figure


def _ratios(results: Results, of: str, target: float) -> dict[str, list[float]]:
    """Per method, one ratio for every instance; infinite where it failed."""
    found: dict[str, list[float]] = {method: [] for method in results.methods}
    for runs in results.grouped(lambda run: run.content).values():
        figures = {method: _figure_of([run for run in runs if run.method == method], of, target) for method in found}
        least = min(figures.values())
        for method, value in figures.items():
            found[method].append(value / least if isfinite(value) and least > 0 else inf)
    return found


def _figure_of(runs: Sequence[RunRecord], of: str, target: float) -> float:
    """The median over seeds of what is compared; infinite where more than half of them have none."""
    if of == "cost":
        values = [1 / (1 - run.final) if run.final < 1 else inf for run in runs]
    else:
        reached = [run.reached(target) for run in runs]
        values = [inf if at is None else max(at, 0.01) for at in reached]
    return median(values) if values else inf


# --- time to a gap ----------------------------------------------------------------------------------


@drawing()
def times(results: Results, target: float = 0.01) -> Figure:
    """The share of runs whose plan has come within `target` of the best known, over time.

    A run that ends before counts as censored at its limit, not as a failure at that second: the curve is one minus
    the Kaplan-Meier estimate (`scipy.stats.ecdf`), the band its 95 % interval.
    """
    from scipy.stats import CensoredData, ecdf

    figure = _figure(7.5, 4.2)
    ax = figure.add_subplot()
    end = max(results.limits, default=1.0)
    for method, style in _styles(results).items():
        runs = [run for run in results.runs if run.method == method]
        reached = [run.reached(target) for run in runs]
        seconds = [max(0.01, run.limit if at is None else at) for run, at in zip(runs, reached, strict=True)]
        if all(at is None for at in reached):
            ax.plot([0.01, end], [0, 0], **style)
            continue
        found = ecdf(CensoredData.right_censored(seconds, [at is None for at in reached]))
        share = found.cdf
        x, y = [0.01, *share.quantiles, end], [0.0, *share.probabilities, share.probabilities[-1]]
        ax.step(x, y, where="post", **style)
        if len(runs) >= 5:
            low, high = _band(share)
            ax.fill_between(share.quantiles, low, high, step="post", color=style["color"], alpha=0.12, linewidth=0)
    _bare(ax, f"Runs within {target:.2%} of the best known", "seconds", "share of runs")
    ax.set_xscale("log")
    _plain(ax)
    ax.set_xlim(max(0.01, _early(results, target)), end)
    ax.set_ylim(-0.01, 1.03)
    _legend(figure, ax, "upper left")
    return figure


def _band(share: Any) -> tuple[Any, Any]:
    import warnings

    import numpy as np

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        interval = share.confidence_interval(method="log-log")
    low, high = interval.low.probabilities, interval.high.probabilities
    return np.where(np.isnan(low), share.probabilities, low), np.where(np.isnan(high), share.probabilities, high)


def _early(results: Results, target: float) -> float:
    return 0.8 * min((at for run in results.runs if (at := run.reached(target)) is not None), default=0.1)


# --- over time --------------------------------------------------------------------------------------


@drawing()
def incumbents(results: Results) -> Figure:
    """A panel per instance: cost of the plan (thick) and bound (thin) over time, of the first seed."""
    groups = list(results.grouped(lambda run: run.content).values())
    shown = groups[:PANELS]
    wide = min(3, len(shown))
    tall = ceil(len(shown) / wide)
    figure = _figure(4.3 * wide, 2.9 * tall + 0.4)
    styles = _styles(results)
    for at, runs in enumerate(shown, 1):
        _over_time(figure.add_subplot(tall, wide, at), [run for run in runs if run.seed == runs[0].seed], styles)
    handles: dict[str, Any] = {}
    for ax in figure.axes:
        for handle, label in zip(*ax.get_legend_handles_labels(), strict=True):
            handles.setdefault(label, handle)
    _legend_below(figure, list(handles.values()), list(handles))
    more = f", the first {len(shown)} of {len(groups)} instances" if len(groups) > len(shown) else ""
    figure.suptitle(f"Cost of the plan (thick) and bound (thin) over time{more}", x=0.01, ha="left", fontsize=10)
    return figure


def _over_time(ax: Axes, runs: Sequence[RunRecord], styles: dict[str, dict[str, Any]]) -> None:
    end = max(run.limit for run in runs)
    finals = [float(run.cost) for run in runs if run.cost is not None]
    for run in runs:
        style = styles[run.method]
        for steps, width in ((run.costs, 1.6), (run.bounds, 0.7)):
            if steps:
                x, y = [at for at, _ in steps], [value for _, value in steps]
                named = style | ({} if width > 1 else {"label": "_"})
                ax.step([*x, max(x[-1], end)], [*y, y[-1]], where="post", linewidth=width, **named)
    if runs[0].best is not None:
        ax.axhline(float(runs[0].best), color="0.4", linewidth=0.6, linestyle=(0, (1, 3)))
    _bare(ax, f"{as_label(runs[0].instance, 34)}, {runs[0].tasks:,} tasks", "seconds", "")
    ax.set_xscale("log")
    _plain(ax)
    if finals:  # the interesting part: around where the plans end; first plans may be far away
        bounds = [float(run.bound) for run in runs if run.bound is not None]
        best = min(finals)
        high = max(cost for cost in finals if cost <= best + abs(best))
        low = max(min(finals + bounds), best - max(high - best, 0.3 * abs(best)))
        pad = 0.08 * (high - low) or 0.05 * abs(high) or 1.0
        ax.set_ylim(low - pad, high + 2 * pad)
