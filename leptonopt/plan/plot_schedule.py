"""Gantt chart of a plan: a band for each pool, a bar for each task."""

from __future__ import annotations

import heapq
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from leptonopt.instance.units import instant
from leptonopt.io.files import printable
from leptonopt.plan.entries import copies_of, label
from leptonopt.plan.picture import COLOURS, LATE_COLOUR, WIDTH_IN, Line, Picture, as_label, format_date_axis
from leptonopt.runtime.clock import check_time_each

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MAX_LABELS = 80  # tasks up to which bars carry their names


def plot_schedule(picture: Picture, ax: Axes, marked: Mapping[tuple[str, int], int] | None = None) -> Axes:
    """Plot a Gantt chart: a band per pool, a bar per task, or areas where bars would be too thin.

    Of those `marked`, by task and first copy, so many have a frame, and the others step back.
    """
    document, ticks, base, crowded = picture.document, [], 0, picture.crowded
    for pool in check_time_each(picture.busy):
        height = max(picture.height[pool], sum(picture.height.values()) // 40 if crowded else 1)
        if crowded:
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
    late = copies_of(line for line in document["tasks"] if line.get("late_hours"))
    words = [f"{copies_of(document['tasks']):,} tasks"]
    words += [f"{late:,} late" + ("" if crowded else " (red line)")] if late else []
    words += [f"{copies_of(document['left_out']):,} left out"] if document["left_out"] else []
    words += ["areas: tasks running at a time"] if crowded else []
    words += [f"times in {picture.zone.key}"] if picture.zone.key != "UTC" else []
    ax.set_title(f"Schedule: {', '.join(words)}", loc="left", fontsize=10)
    format_date_axis(ax, picture.zone)
    return ax


def copies_each(line: Line) -> Iterator[Line]:
    """Yield an entry for each copy of an entry."""
    for copy in range(line.get("copies", 1)):
        yield {**line, "copy": line["copy"] + copy, "copies": 1} if "copy" in line else line


def lanes(lines: Iterable[Line]) -> list[tuple[Line, int]]:
    """Return each entry with the lowest lane that is free when it starts."""
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


def _bars(
    picture: Picture,
    pool: str,
    base: int,
    ax: Axes,
    marked: Collection[tuple[str, int]],
) -> None:
    from matplotlib.collections import PolyCollection
    from matplotlib.dates import date2num

    many = copies_of(picture.document["tasks"]) > MAX_LABELS
    lines = picture.tasks[pool]
    found = lanes(each for line in lines if line["start"] < line["end"] for each in copies_each(line))
    _diamonds(picture, [line for line in lines if line["start"] == line["end"]], base + 0.5, ax)
    boxes, strips, faces, frames = [], [], [], []
    first: dict[tuple[str, int], int] = {}  # the segments of a copy have one colour
    for at, (line, lane) in enumerate(check_time_each(found)):
        low, high = (float(date2num(instant(line[key]))) for key in ("start", "end"))
        y = base + lane
        boxes.append([(low, y + 0.08), (low, y + 0.92), (high, y + 0.92), (high, y + 0.08)])
        place = first.setdefault(entry_key(line), at)
        colour = COLOURS[place % len(COLOURS)] if picture.by_task else picture.colours[pool]
        faces.append(colour if not marked or entry_key(line) in marked else f"{colour}80")
        if entry_key(line) in marked:
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
    ax.add_collection(PolyCollection(strips, facecolors=LATE_COLOUR, edgecolors=LATE_COLOUR, linewidths=0.3))


def _diamonds(picture: Picture, milestones: list[Line], y: float, ax: Axes) -> None:
    """A diamond for each milestone, which has no length."""
    for line in milestones:
        colour = LATE_COLOUR if line.get("late_hours") else picture.colours[line["pool"]]
        at: Any = instant(line["start"])
        ax.plot([at], [y], marker="D", markersize=6, color=colour, markeredgecolor="white", clip_on=False, zorder=5)
        if copies_of(picture.document["tasks"]) <= MAX_LABELS:
            ax.annotate(as_label(label(line), 16), (at, y), (5, 5), textcoords="offset points", fontsize=7)


def entry_key(line: Line) -> tuple[str, int]:
    """Return the key of an entry: its task and first copy."""
    return line["id"], line.get("copy", 1)


def _label(picture: Picture, line: Line, y: float, ax: Axes) -> None:
    """Write the task's name into its bar; a name that does not fit loses its beginning."""
    low, high = instant(line["start"]), instant(line["end"])
    name = printable(label(line))
    room = int((high - low) / (picture.end - picture.begin) * WIDTH_IN * 14.5)  # letters of 7 points to the inch
    whole = f"{name}  {printable(line['option'])}"
    if room >= 4 or room >= len(name):
        shown = whole if room > len(whole) else name if room >= len(name) else "…" + name[-(room - 2) :]
        x: Any = low + (high - low) / 2
        ax.text(x, y + 0.5, as_label(shown), ha="center", va="center", fontsize=7, color="white", clip_on=True)
