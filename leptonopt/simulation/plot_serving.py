"""A picture of services on a trace: requests missed by lag, and against money."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from leptonopt.plan.picture import COLOURS, as_label, drawing, file_format, save
from leptonopt.simulation.serving import ServingSummary

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MARKERS = {"plan": "s", "scaler": "o", "both": "D", "slot-by-slot": "^"}


def draw(lines: Sequence[ServingSummary], path: Path, currency: str) -> None:
    """Write the picture of summaries; raises `UsageError` when the ending is that of no picture."""
    from matplotlib.figure import Figure

    file_format(path)
    with drawing():
        figure = Figure(figsize=(11, 4.4), layout="constrained")
        left, right = figure.subplots(1, 2)
        _by_lag(lines, left)
        _against_money(lines, right, currency)
        save(figure, path)


def _by_lag(lines: Sequence[ServingSummary], ax: Axes) -> None:
    """Plot the share of requests missed by lag, a line for each policy and headroom; plans have no lag."""
    for at, (policy, headroom) in enumerate(dict.fromkeys((line.policy, line.headroom) for line in lines)):
        own = [line for line in lines if (line.policy, line.headroom) == (policy, headroom)]
        label, color = f"{policy}, headroom {headroom:g}", COLOURS[at % len(COLOURS)]
        if own[0].lag is None:
            ax.axhline(100 * own[0].missed_share, linestyle="--", label=label, color=color)
        else:
            lags = [(line.lag or 0) / 60 for line in own]
            ax.plot(lags, [100 * line.missed_share for line in own], marker=MARKERS[policy], label=label, color=color)
    ax.set_xlabel("lag of the scaler [min]")
    ax.set_ylabel("requests missed [%]")
    ax.grid(alpha=0.3)
    ax.legend(fontsize=7)


def _against_money(lines: Sequence[ServingSummary], ax: Axes, currency: str) -> None:
    """Plot the share of requests missed against money, a point for each line."""
    for at, policy in enumerate(dict.fromkeys(line.policy for line in lines)):
        own = [line for line in lines if line.policy == policy]
        money, missed = [line.cost for line in own], [100 * line.missed_share for line in own]
        ax.scatter(money, missed, marker=MARKERS[policy], color=COLOURS[at], label=policy)
    ax.set_xlabel(f"cost [{as_label(currency)}]")
    ax.set_ylabel("requests missed [%]")
    ax.grid(alpha=0.3)
    ax.legend(fontsize=8)
