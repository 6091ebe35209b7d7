"""A plan as one picture: the schedule over pools, load against capacity, and the cost by pool.

Takes the plan document; with its instance the capacity is drawn too. Nothing of a display is needed.
"""

from __future__ import annotations

import contextlib
import heapq
import io
import os
import warnings
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from leptonopt.compile.calendar import least_by_slot, mean_by_slot
from leptonopt.errors import UsageError
from leptonopt.instance import POWER, Instance, Pool, Series, stated
from leptonopt.instance.units import instant
from leptonopt.io import files
from leptonopt.io.files import printable
from leptonopt.plan.document import counted, label
from leptonopt.runtime.clock import check_time_each

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

KINDS = ("png", "svg", "pdf")
LABELS = 80  # tasks up to which bars carry their names
LANES = 240  # lanes up to which every task has a bar of its own; beyond, a pool is an area
LOADS = 8  # pools whose load is drawn
BILLS = 16  # pools whose cost has a bar of its own
FAR = 5  # times the load at which a capacity is named rather than drawn
WIDE = 13.0  # inches
COLOURS = ("#4c78a8", "#e07b16", "#4a964a", "#a5669a", "#3d9490", "#8f6a52", "#a8891c", "#777777", "#c96490", "#2f5f4f")
LATE = "#d62728"
PARTS = {
    "running": ("running", "#4c78a8"),
    "fixed": ("fixed", "#f58518"),
    "nodes": ("nodes", "#54a24b"),
}
Line = dict[str, Any]


class Picture:
    """What all panels share: the tasks by pool in the plan's order, colours, the span of time, the zone."""

    def __init__(self, document: Line, instance: Instance | None) -> None:
        self.document, self.instance = document, instance
        self.tasks: dict[str, list[Line]] = defaultdict(list)
        for line in document["tasks"]:
            self.tasks[line["pool"]].append(line)
        self.pools = [pool["pool"] for pool in document["bill"]["pools"]] if document["bill"] else []
        self.busy = [pool for pool in self.pools if self.tasks[pool]]
        self.colours = {pool: COLOURS[at % len(COLOURS)] for at, pool in enumerate(self.pools)}
        starts = [instant(line["start"]) for line in document["tasks"]]
        ends = [instant(line["end"]) for line in document["tasks"]]
        begin = instance.time.start if instance else min(starts, default=None)
        self.begin: datetime = begin or instant("1970-01-01T00:00Z")
        self.end: datetime = max(ends, default=self.begin + timedelta(days=1))
        self.zone = ZoneInfo(instance.time.zone if instance else "UTC")
        spans = {pool: [_span(line, line.get("copies", 1)) for line in self.tasks[pool]] for pool in self.busy}
        self.running = {pool: _steps(found) for pool, found in spans.items()}
        self.height = {pool: int(max(levels, default=0)) for pool, (_, levels) in self.running.items()}
        self.crowd = sum(self.height.values()) > LANES

    @property
    def tall(self) -> float:
        """Inches that the schedule wants."""
        rows = sum(self.height.values())
        return 0.6 + min(14.0, max(1.4, 0.8 * len(self.busy) if self.crowd else 0.24 * rows))


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
        kind_of(path)
    with drawing():
        figure = _drawn(document, instance)
    if path is not None:
        save(figure, path)
    return figure


def _drawn(document: Line, instance: Instance | Mapping[str, Any] | None) -> Figure:
    from matplotlib.figure import Figure

    picture = Picture(document, None if instance is None else stated(instance)[0])
    loaded = _loaded(picture)
    bills = 0.6 + 0.26 * max(3, min(BILLS + 2, len(picture.busy) + 1))
    heights = [picture.tall, *(1.15 for _ in loaded), bills]
    figure = Figure(figsize=(WIDE, sum(heights) + 0.7), layout="constrained")
    grid = figure.add_gridspec(len(heights), 1, height_ratios=heights)
    money = f"{document['cost']:,.2f} {document['currency']}" if document["cost"] is not None else "no plan"
    title = f"{as_label(document['instance']['name'], 70)}: {as_label(document['status'], 20)}, {as_label(money)}"
    figure.suptitle(title, x=0.01, ha="left", fontsize=13, fontweight="bold")
    top = figure.add_subplot(grid[0])
    schedule(picture, top)
    for at, (pool, resource) in enumerate(loaded, 1):
        ax = figure.add_subplot(grid[at], sharex=top)
        load(picture, pool, resource, ax)
        if at == 1:
            part = (
                f", the {len(loaded)} busiest of {len(picture.busy)} pools" if len(loaded) < len(picture.busy) else ""
            )
            ax.set_title(f"Load against capacity{part}", loc="left", fontsize=10)
        if at < len(loaded):
            ax.tick_params(labelbottom=False)
            ax.xaxis.get_offset_text().set_visible(False)
    costs(picture, figure.add_subplot(grid[len(heights) - 1]))
    return figure


@contextlib.contextmanager
def drawing() -> Iterator[None]:
    """Have texts stand for themselves in what is drawn here: no formulas, whatever the user's settings say."""
    from matplotlib import rc_context

    with rc_context({"text.parse_math": False, "text.usetex": False, "axes.formatter.use_mathtext": False}):
        yield


def as_label(text: object, length: int = 60) -> str:
    """A text from outside as a label of a picture: one line of at most `length` letters.

    A label that begins with an underscore gets a space before it, for Matplotlib leaves it out of legends.
    """
    shown = printable(text)
    shown = shown if len(shown) <= length else shown[: max(1, length - 1)] + "…"
    return f" {shown}" if shown.startswith("_") else shown


def kind_of(path: str | os.PathLike[str]) -> str:
    """What a picture's ending says; raises `UsageError` where that is no kind of picture."""
    kind = Path(path).suffix.lower().lstrip(".")
    if kind not in KINDS:
        raise UsageError(f"{path}: a plot is written as .{', .'.join(KINDS)}; choose one of these endings")
    return kind


def save(figure: Figure, path: str | os.PathLike[str]) -> None:
    """Write a figure by its path's ending; raises `UsageError` for another, or where it cannot be written."""
    files.write_atomic(path, rendered(figure, kind_of(path)))


def rendered(figure: Figure, kind: str) -> bytes:
    """A figure as the bytes of a file; equal figures give equal bytes."""
    from matplotlib import rc_context

    buffer = io.BytesIO()
    with drawing(), rc_context({"svg.hashsalt": "leptonopt"}), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing from")  # a name in letters the font lacks
        warnings.filterwarnings("ignore", "Matplotlib currently does not support")
        figure.savefig(buffer, format=kind, dpi=110, metadata=_UNDATED.get(kind))
    return buffer.getvalue()


_UNDATED: dict[str, dict[str, None]] = {"svg": {"Date": None}, "pdf": {"CreationDate": None}}


# --- schedule ---------------------------------------------------------------------------------------


def _span(line: Line, amount: float) -> tuple[str, str, float]:
    return line["start"], line["end"], amount


def _each(line: Line) -> Iterator[Line]:
    """An entry for each of the copies that one stands for."""
    for copy in range(line.get("copies", 1)):
        yield {**line, "copy": line["copy"] + copy, "copies": 1} if "copy" in line else line


def _lanes(lines: Iterable[Line]) -> list[tuple[Line, int]]:
    """Each entry with the lowest lane that is free when it starts."""
    ends: list[tuple[str, int]] = []
    free: list[int] = []
    found, used = [], 0
    for line in check_time_each(sorted(lines, key=lambda line: (line["start"], line["end"]))):
        while ends and ends[0][0] <= line["start"]:
            heapq.heappush(free, heapq.heappop(ends)[1])
        if free:
            lane = heapq.heappop(free)
        else:
            lane, used = used, used + 1
        heapq.heappush(ends, (line["end"], lane))
        found.append((line, lane))
    return found


def schedule(picture: Picture, ax: Axes, marked: Mapping[tuple[str, int], int] | None = None) -> Axes:
    """Gantt chart: a band per pool, a bar per task; areas of running tasks where bars would be hair-thin.

    Of those `marked`, by task and first copy, so many have a frame, and the others step back.
    """
    document, ticks, base, crowd = picture.document, [], 0, picture.crowd
    for pool in check_time_each(picture.busy):
        height = max(picture.height[pool], sum(picture.height.values()) // 40 if crowd else 1)
        if crowd:
            edges, levels = picture.running[pool]
            tops, floor = [base + height - level for level in levels], base + height
            ax.stairs(tops, edges, baseline=floor, fill=True, color=picture.colours[pool])
        else:
            framed = {(id, copy + more) for (id, copy), copies in (marked or {}).items() for more in range(copies)}
            _bars(picture, pool, base, ax, framed)
        ticks.append((base + height / 2, pool))
        base += height
        ax.axhline(base, color="0.75", linewidth=0.8)
    ax.set_ylim(base or 1, 0)
    ax.set_xlim(picture.begin, picture.end)  # type: ignore[arg-type]
    ticks = ticks[:: 1 + len(ticks) // 60]
    size = 9 if len(ticks) < 30 else 6
    ax.set_yticks([at for at, _ in ticks], [as_label(pool, 22) for _, pool in ticks], fontsize=size)
    late = counted(line for line in document["tasks"] if line.get("late_hours"))
    said = [f"{counted(document['tasks']):,} tasks"]
    said += [f"{late:,} late" + ("" if crowd else " (red line)")] if late else []
    said += [f"{counted(document['left_out']):,} left out"] if document["left_out"] else []
    said += ["areas: tasks running at a time"] if crowd else []
    said += [f"times in {picture.zone.key}"] if picture.zone.key != "UTC" else []
    ax.set_title(f"Schedule: {', '.join(said)}", loc="left", fontsize=10)
    _dates(ax, picture.zone)
    return ax


def _bars(
    picture: Picture,
    pool: str,
    base: int,
    ax: Axes,
    marked: Collection[tuple[str, int]],
) -> None:
    from matplotlib.collections import PolyCollection
    from matplotlib.dates import date2num

    many = counted(picture.document["tasks"]) > LABELS
    found = _lanes(each for line in picture.tasks[pool] for each in _each(line))
    boxes, strips, faces, frames = [], [], [], []
    for at, (line, lane) in enumerate(check_time_each(found)):
        low, high = (float(date2num(instant(line[key]))) for key in ("start", "end"))
        y = base + lane
        boxes.append([(low, y + 0.08), (low, y + 0.92), (high, y + 0.92), (high, y + 0.08)])
        colour = picture.colours[pool] if len(picture.busy) > 1 else COLOURS[at % len(COLOURS)]
        faces.append(colour if not marked or named(line) in marked else f"{colour}80")
        if named(line) in marked:
            frames.append(boxes[-1])
        if line.get("late_hours"):
            strips.append([(low, y + 0.74), (low, y + 0.92), (high, y + 0.92), (high, y + 0.74)])
        if not many:
            _label(picture, line, y, ax)
    # Bars as thin as a line keep their colour only if no pale edge covers them.
    thin = (picture.end - picture.begin).total_seconds() / 86_400 / 300
    edges = [face if box[2][0] - box[0][0] < thin else "white" for box, face in zip(boxes, faces, strict=True)]
    ax.add_collection(PolyCollection(boxes, facecolors=faces, edgecolors=edges, linewidths=0.3 if many else 0.6))
    ax.add_collection(PolyCollection(frames, facecolors="none", edgecolors="black", linewidths=0.8 if many else 1.4))
    ax.add_collection(PolyCollection(strips, facecolors=LATE, edgecolors=LATE, linewidths=0.3))


def named(line: Line) -> tuple[str, int]:
    """A line of a plan by its task and first copy."""
    return line["id"], line.get("copy", 1)


def _label(picture: Picture, line: Line, y: float, ax: Axes) -> None:
    """The task's name in its bar, as much of it as there is room for; its end tells more than its beginning."""
    low, high = instant(line["start"]), instant(line["end"])
    name = printable(label(line))
    room = int((high - low) / (picture.end - picture.begin) * WIDE * 14.5)  # letters of 7 points to the inch
    whole = f"{name}  {printable(line['option'])}"
    if room >= 4 or room >= len(name):
        shown = whole if room > len(whole) else name if room >= len(name) else "…" + name[-(room - 2) :]
        x: Any = low + (high - low) / 2
        ax.text(x, y + 0.5, as_label(shown), ha="center", va="center", fontsize=7, color="white", clip_on=True)


# --- load -------------------------------------------------------------------------------------------


def _loaded(picture: Picture) -> list[tuple[str, str]]:
    """The main resource of each pool that works: the one most used; the busiest pools where there are many."""
    best: dict[str, tuple[float, float, str]] = {}
    for line in picture.document["utilisation"]:
        rank = (line["utilisation"] or 0.0, line["used_hours"] or 0.0, line["resource"])
        if line["used_hours"] and rank[:2] > best.get(line["pool"], (-1.0, -1.0, ""))[:2]:
            best[line["pool"]] = rank
    top = sorted(best, key=lambda pool: best[pool][:2], reverse=True)[:LOADS]
    return [(pool, best[pool][2]) for pool in picture.busy if pool in top]


def _steps(spans: Sequence[tuple[str, str, float]]) -> tuple[list[Any], list[float]]:
    """Edges in time, and the sum of what runs between each two of them."""
    change: dict[str, float] = defaultdict(float)
    for start, end, amount in check_time_each(spans):
        change[start] += amount
        change[end] -= amount
    at = sorted(change)
    return [instant(text) for text in at], list(accumulate(change[text] for text in at))[:-1]


def load(picture: Picture, pool: str, resource: str, ax: Axes) -> Axes:
    """What a pool's resource carries over time, against what the pool offers."""
    tasks = picture.tasks[pool]
    edges, levels = _steps([_span(line, line.get("copies", 1) * line["uses"].get(resource, 0)) for line in tasks])
    ax.stairs(levels, edges, fill=True, color=picture.colours[pool], alpha=0.85)
    peak = max(levels, default=0) or 1
    lines = picture.document["utilisation"]
    used = next(line["utilisation"] for line in lines if (line["pool"], line["resource"]) == (pool, resource))
    said = "" if used is None else f"{'<1%' if 0 < used < 0.01 else f'{used:.0%}'} used"
    stated = next((item for item in picture.instance.pools if item.id == pool), None) if picture.instance else None
    if stated and (offered := _offered(picture, stated, resource)):
        edges, limits = offered
        if min(limits) <= FAR * peak:
            ax.stairs(limits, edges, color="0.15", linewidth=1.2, baseline=None)
            said += "; line: nodes that are on" if resource not in stated.capacity else ""
            peak = max(peak, *(limit for limit in limits if limit <= FAR * peak))
        else:
            said += f"; the capacity of {min(limits):,.10g} is far above"
    elif stated:
        said = "no limit"
    if stated:
        _driven(picture, stated, resource, ax)
    ax.set_ylim(0, peak * 1.12)
    ax.set_ylabel(f"{as_label(pool, 16)}\n{as_label(resource, 16)}", fontsize=8, rotation=0, ha="right", va="center")
    ax.set_title(said, loc="right", fontsize=8, pad=2)
    ax.tick_params(labelsize=8)
    _dates(ax, picture.zone)
    return ax


def _offered(picture: Picture, stated: Pool, resource: str) -> tuple[list[Any], list[float]] | None:
    """Capacity, or what the nodes that are on hold, as edges and levels; None where nothing limits it."""
    assert picture.instance is not None
    time = picture.instance.time
    if resource in stated.capacity:
        least = least_by_slot(stated.capacity[resource], stated.maintenance, resource, time)
        return None if None in least else _joined(picture.instance, [float(level or 0) for level in least])
    sizes = {name: float(kind.size.get(resource, 0)) for name, kind in stated.kinds}
    if not any(sizes.values()):
        return None
    levels = [0.0] * time.slots
    for line in check_time_each(picture.document["nodes"]):
        if line["pool"] == stated.id:
            starts = [int((instant(step["from"]) - time.start).total_seconds()) // time.slot for step in line["on"]]
            for step, low, high in zip(line["on"], starts, [*starts[1:], time.slots], strict=True):
                for slot in range(low, high):
                    levels[slot] += sizes[line["kind"]] * step["count"]
    return _joined(picture.instance, levels)


def _joined(instance: Instance, levels: Sequence[float]) -> tuple[list[Any], list[float]]:
    """Edges in time and levels between them, equal neighbours as one."""
    time = instance.time
    changes = [slot for slot in range(time.slots) if slot == 0 or levels[slot] != levels[slot - 1]]
    edges = [time.start + timedelta(seconds=slot * time.slot) for slot in (*changes, time.slots)]
    return edges, [levels[slot] for slot in changes]


def _drives(instance: Instance, stated: Pool, resource: str) -> tuple[str, Series] | None:
    """What changes over time and drives when to run there: carbon where it counts, else a price."""
    counts = bool(instance.objective.carbon_kg) or any(quota.of == "carbon" for quota in instance.quotas)
    nodes = [(f"price of {name}", kind.price) for name, kind in stated.kinds]
    found = [("g CO2/kWh", stated.carbon if counts else None), (f"price of {resource}", stated.price.get(resource))]
    found += [*nodes, ("price of a kWh", stated.price.get(POWER)), ("interruptions an hour", stated.interruptions)]
    return next(((name, series) for name, series in found if series and len(set(series.numbers())) > 1), None)


def _driven(picture: Picture, stated: Pool, resource: str, ax: Axes) -> None:
    """What changes over time, as a thin line with a scale of its own on the right."""
    assert picture.instance is not None
    if (drives := _drives(picture.instance, stated, resource)) is None:
        return
    edges, levels = _joined(picture.instance, [float(mean) for mean in mean_by_slot(drives[1], picture.instance.time)])
    twin = ax.twinx()
    twin.stairs(levels, edges, color="#b0307a", linewidth=0.9, alpha=0.8, baseline=None)
    low, high = min(levels), max(levels)
    twin.set_ylim(min(0.0, low), max(high, 0.0) * 1.12 or 1)
    twin.set_ylabel(as_label(drives[0], 24), fontsize=7, color="#b0307a")
    twin.tick_params(labelsize=7, colors="#b0307a")
    twin.spines[["top"]].set_visible(False)


# --- cost -------------------------------------------------------------------------------------------


def costs(picture: Picture, ax: Axes) -> Axes:
    """The bill by pool: running and fixed cost, nodes, and what being late costs."""
    bill, currency = picture.document["bill"], as_label(picture.document["currency"], 20)
    if bill is None:
        ax.set_axis_off()
        return ax
    parts = [part for part in PARTS if any(pool.get(part) for pool in bill["pools"])]
    rows = [
        (pool["pool"], [pool[part] for part in parts])
        for pool in bill["pools"]
        if any(pool[part] for part in parts) or pool["tasks"]
    ]
    if len(rows) > BILLS:
        rows.sort(key=lambda row: sum(map(abs, row[1])), reverse=True)
        rest = rows[BILLS - 1 :]
        rows[BILLS - 1 :] = [
            (f"{len(rest)} others", [sum(column) for column in zip(*(row[1] for row in rest), strict=True)])
        ]
    if bill["late"]:
        parts.append("late")
        rows = [(name, [*values, 0]) for name, values in rows]
        rows.append(("lateness", [0] * (len(parts) - 1) + [bill["late"]]))
    places = range(len(rows))
    ends = [0.0] * len(rows)
    for at, part in enumerate(parts):
        values = [row[1][at] for row in rows]
        label, colour = PARTS.get(part, ("late", LATE))
        ax.barh(
            places,
            values,
            left=[end if value > 0 else 0 for end, value in zip(ends, values, strict=True)],
            color=colour,
            label=label,
        )
        ends = [end + max(0, value) for end, value in zip(ends, values, strict=True)]
    for at, (_, values) in enumerate(rows):
        ax.text(ends[at], at, f" {sum(values):,.2f}", va="center", fontsize=8)
    ax.set_yticks(places, [as_label(row[0], 22) for row in rows])
    ax.invert_yaxis()
    ax.axvline(0, color="0.3", linewidth=0.8)
    low, high = ax.get_xlim()
    ax.set_xlim(low, high + 0.08 * (high - low))  # room for the numbers at the bars' ends
    anyway = f", and {bill['sunk']:,.2f} paid anyway" if bill["sunk"] else ""
    ax.set_title(f"Bill: {bill['total']:,.2f} {currency}{anyway}", loc="left", fontsize=10)
    ax.tick_params(labelsize=8)
    ax.xaxis.set_major_formatter(lambda value, _: f"{value:,.10g}")
    ax.spines[["top", "right"]].set_visible(False)
    if ax.get_legend_handles_labels()[0]:
        ax.legend(fontsize=8, loc="lower right", bbox_to_anchor=(1, 1), ncols=5, frameon=False, borderaxespad=0)
    return ax


def _dates(ax: Axes, zone: ZoneInfo) -> None:
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter

    locator = AutoDateLocator(tz=zone, minticks=4, maxticks=10)
    ax.xaxis.set_major_locator(locator)
    ax.xaxis.set_major_formatter(ConciseDateFormatter(locator, tz=zone))
    ax.tick_params(axis="x", labelsize=8)
    ax.xaxis.get_offset_text().set_fontsize(8)
    ax.grid(axis="x", color="0.9", linewidth=0.6)
    ax.set_axisbelow(True)
    ax.spines[["top", "right"]].set_visible(False)
