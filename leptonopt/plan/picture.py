"""Common parts of all pictures: data by pool, colours, texts, time axes, and files."""

from __future__ import annotations

import contextlib
import io
import os
import warnings
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from leptonopt.errors import UsageError
from leptonopt.instance import Instance
from leptonopt.instance.units import instant, instant_text
from leptonopt.io import files
from leptonopt.io.files import printable
from leptonopt.plan.service_use import service_uses
from leptonopt.runtime.clock import check_time_each

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FORMATS = ("png", "svg", "pdf")
MAX_LANES = 240  # lanes up to which every task has a bar of its own; beyond, a pool is an area
WIDTH_IN = 13.0  # inches
GREY = "#6b7a8c"
COLOURS = ("#4c78a8", "#e07b16", "#4a964a", "#a5669a", "#3d9490", "#8f6a52", "#a8891c", "#777777", "#c96490", "#2f5f4f")
LATE_COLOUR = "#d62728"
_UNDATED: dict[str, dict[str, None]] = {"svg": {"Date": None}, "pdf": {"CreationDate": None}}
Line = dict[str, Any]


class Picture:
    """Common data of all panels: tasks by pool in the order of the plan, colours, time span, zone."""

    def __init__(self, document: Line, instance: Instance | None) -> None:
        self.document, self.instance = document, instance
        self.tasks: dict[str, list[Line]] = defaultdict(list)
        for line in document["tasks"]:
            self.tasks[line["pool"]].append(line)
        self.pools = [pool["pool"] for pool in document["bill"]["pools"]] if document["bill"] else []
        self.busy = [pool for pool in self.pools if self.tasks[pool]]
        self.services = service_uses(document, instance) if instance else []
        self.replicas: dict[str, list[tuple[str, str, float, Mapping[str, float]]]] = defaultdict(list)
        self._hold_replicas(instance)
        self.loaded = [pool for pool in self.pools if self.tasks[pool] or self.replicas[pool]]
        self.colours = {pool: COLOURS[at % len(COLOURS)] for at, pool in enumerate(self.pools)}
        self.by_task = self.busy == self.loaded and len(self.busy) == 1  # one pool: colours are those of tasks
        if self.by_task:
            self.colours[self.busy[0]] = GREY
        starts = [instant(line["start"]) for line in document["tasks"]]
        ends = [instant(line["end"]) for line in document["tasks"]]
        begin = instance.time.start if instance else min(starts, default=None)
        self.begin: datetime = begin or instant("1970-01-01T00:00Z")
        if instance and self.services:
            ends.append(self.begin + timedelta(seconds=instance.time.horizon))
        last = max(ends, default=self.begin)
        self.end: datetime = last if last > self.begin else self.begin + timedelta(days=1)
        self.zone = ZoneInfo(instance.time.zone if instance else "UTC")
        spans = {pool: [time_span(line, line.get("copies", 1)) for line in self.tasks[pool]] for pool in self.busy}
        self.running = {pool: load_steps(found) for pool, found in spans.items()}
        self.height = {pool: int(max(levels, default=0)) for pool, (_, levels) in self.running.items()}
        self.crowded = sum(self.height.values()) > MAX_LANES

    def _hold_replicas(self, instance: Instance | None) -> None:
        """Note what replicas hold, by pool: from, to, number and amounts of each."""
        if instance is None:
            return
        end = instant_text(instance.time.start + timedelta(seconds=instance.time.horizon))
        stated = {service.id: service.replicas for service in instance.services}
        for line in self.document.get("services") or ():
            for way, replica in zip(line["ways"], stated.get(line["id"], ()), strict=False):
                uses = {name: float(amount) for name, amount in replica.uses.items()}
                for step, until in zip(way["on"], [*(step["from"] for step in way["on"][1:]), end], strict=True):
                    if step["count"]:
                        self.replicas[way["pool"]].append((step["from"], until, step["count"], uses))

    def task_loads(self, pool: str, resource: str) -> list[tuple[str, str, float]]:
        """Return what tasks hold of a resource, from and to."""
        tasks = self.tasks[pool]
        return [time_span(line, line.get("copies", 1) * line["uses"].get(resource, 0)) for line in tasks]

    def loads(self, pool: str, resource: str) -> list[tuple[str, str, float]]:
        """Return what tasks and replicas hold of a resource, from and to."""
        held = [(low, high, count * uses.get(resource, 0.0)) for low, high, count, uses in self.replicas[pool]]
        return self.task_loads(pool, resource) + held

    @property
    def height_in(self) -> float:
        """Return the height of the schedule [inches]."""
        rows = sum(self.height.values())
        return 0.6 + min(14.0, max(1.4, 0.8 * len(self.busy) if self.crowded else 0.24 * rows))


@contextlib.contextmanager
def drawing() -> Iterator[None]:
    """Draw texts literally, not as formulas, whatever the user's settings are."""
    from matplotlib import rc_context

    with rc_context({"text.parse_math": False, "text.usetex": False, "axes.formatter.use_mathtext": False}):
        yield


def as_label(text: object, length: int = 60) -> str:
    """Return a text from outside as a label: one line of at most `length` letters.

    A label that begins with an underscore gets a space before it, for Matplotlib leaves it out of legends.
    """
    shown = printable(text)
    shown = shown if len(shown) <= length else shown[: max(1, length - 1)] + "…"
    return f" {shown}" if shown.startswith("_") else shown


def file_format(path: str | os.PathLike[str]) -> str:
    """Return the format by the ending of a file name; raises `UsageError` for other endings."""
    kind = Path(path).suffix.lower().lstrip(".")
    if kind not in FORMATS:
        raise UsageError(f"{path}: a plot is written as .{', .'.join(FORMATS)}; choose one of these endings")
    return kind


def save(figure: Figure, path: str | os.PathLike[str]) -> None:
    """Write a figure by its path's ending; raises `UsageError` for another, or where it cannot be written."""
    files.write_atomic(path, rendered(figure, file_format(path)))


def rendered(figure: Figure, kind: str) -> bytes:
    """Return a figure as the bytes of a file; equal figures give equal bytes."""
    from matplotlib import rc_context

    buffer = io.BytesIO()
    with drawing(), rc_context({"svg.hashsalt": "leptonopt"}), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing from")  # a name in letters the font lacks
        warnings.filterwarnings("ignore", "Matplotlib currently does not support")
        figure.savefig(buffer, format=kind, dpi=110, metadata=_UNDATED.get(kind))
    return buffer.getvalue()


def time_span(line: Line, amount: float) -> tuple[str, str, float]:
    return line["start"], line["end"], amount


def load_steps(spans: Sequence[tuple[str, str, float]]) -> tuple[list[Any], list[float]]:
    """Return moments, and the total amount between each two of them."""
    change: dict[str, float] = defaultdict(float)
    for start, end, amount in check_time_each(spans):
        change[start] += amount
        change[end] -= amount
    at = sorted(change)
    return [instant(text) for text in at], list(accumulate(change[text] for text in at))[:-1]


def format_date_axis(ax: Axes, zone: ZoneInfo) -> None:
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter

    locator = AutoDateLocator(tz=zone, minticks=4, maxticks=10)
    ax.xaxis.set_major_locator(locator)
    ax.xaxis.set_major_formatter(ConciseDateFormatter(locator, tz=zone))
    ax.tick_params(axis="x", labelsize=8)
    ax.xaxis.get_offset_text().set_fontsize(8)
    ax.grid(axis="x", color="0.9", linewidth=0.6)
    ax.set_axisbelow(True)
    ax.spines[["top", "right"]].set_visible(False)
