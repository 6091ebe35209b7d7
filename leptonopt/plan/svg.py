"""Inline SVG over a time axis: scale, ticks in a time zone, hatching, texts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from leptonopt.plan.html import html

WIDTH, LEFT, RIGHT = 1000, 190, 12  # user units: whole width, room for names, room at the end
MOST_TICKS = 12
MINUTES = (1, 5, 15, 30, 60, 120, 180, 360, 720)  # steps within a day
DAYS = (1, 2, 7, 14, 28, 91, 364, 3640, 36400, 364000)


@dataclass(frozen=True)
class TimeScale:
    """The mapping from instants to horizontal user units."""

    begin: datetime
    end: datetime
    zone: ZoneInfo

    def x(self, at: datetime) -> float:
        """Return the place of an instant, at most the edges of the drawing."""
        share = (at - self.begin) / (self.end - self.begin)
        return round(LEFT + min(1.0, max(0.0, share)) * (WIDTH - LEFT - RIGHT), 2)

    def ticks(self) -> list[tuple[datetime, str]]:
        """Return at most 13 instants with labels in the time zone, at whole steps of its clock."""
        span = (self.end - self.begin) / MOST_TICKS
        minutes = next((step for step in MINUTES if timedelta(minutes=step) >= span), None)
        days = next((step for step in DAYS if timedelta(days=step) >= span), DAYS[-1])
        step = timedelta(minutes=minutes) if minutes else timedelta(days=days)
        return list(self._ticks(step))

    def _ticks(self, step: timedelta) -> Iterator[tuple[datetime, str]]:
        clock = self.begin.astimezone(self.zone).replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
        day = ""
        while True:
            at = clock.replace(tzinfo=self.zone).astimezone(UTC)
            if at > self.end:
                return
            if at >= self.begin:
                date = f"{clock:%d %b}" if step < timedelta(days=360) else f"{clock:%Y}"
                hour = f"{clock:%H:%M}"
                yield at, date if hour == "00:00" else hour if date == day else f"{date} {hour}"
                day = date
            try:
                clock += step
            except OverflowError:
                return


def axis(scale: TimeScale, top: float, bottom: float) -> str:
    """Return vertical lines at the ticks from `top` to `bottom`, with labels below."""
    found = []
    for at, label in scale.ticks():
        x = scale.x(at)
        found.append(f'<path d="M{x} {top}V{bottom}" stroke="#e3e7ec"/>')
        anchor = "end" if x > WIDTH - RIGHT - 20 else "middle"
        found.append(text(x, bottom + 13, label, 10, anchor=anchor, colour="#5a6673"))
    return "".join(found)


def text(x: float, y: float, words: object, size: float, anchor: str = "start", colour: str = "#1d2733") -> str:
    """Return a text at a place of its baseline."""
    return f'<text x="{x}" y="{y}" font-size="{size}" text-anchor="{anchor}" fill="{colour}">{html(words)}</text>'


def rectangle(x: float, y: float, width: float, height: float, fill: str, title: str = "") -> str:
    """Return a rectangle; a browser shows the title where the pointer rests on it."""
    inside = f"<title>{html(title)}</title>" if title else ""
    return (
        f'<rect x="{x}" y="{y:g}" width="{max(0.8, round(width, 2))}" height="{height:g}" fill="{fill}">{inside}</rect>'
    )


def steps_path(scale: TimeScale, edges: Sequence[datetime], heights: Sequence[float], floor: float) -> str:
    """Return the path of a step function: its top at each height between edges, closed down to `floor`."""
    if not heights:
        return ""
    parts = [f"M{scale.x(edges[0])} {floor:g}"]
    for at, height in enumerate(heights):
        parts.append(f"V{round(height, 2):g}H{scale.x(edges[at + 1])}")
    return "".join(parts) + f"V{floor:g}Z"


def line_path(scale: TimeScale, edges: Sequence[datetime], heights: Sequence[float]) -> str:
    """Return the path of a step function as an open line."""
    parts = [f"M{scale.x(edges[0])} {round(heights[0], 2):g}"] if heights else []
    for at, height in enumerate(heights):
        parts.append(f"V{round(height, 2):g}H{scale.x(edges[at + 1])}")
    return "".join(parts)


def hatching(key: str, colour: str = "#9aa5b1") -> str:
    """Return the definition of hatching, grey by default; `url(#key)` fills with it."""
    return (
        f'<defs><pattern id="{key}" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
        f'<path d="M0 0V6" stroke="{colour}" stroke-width="2"/></pattern></defs>'
    )


def drawing(height: float, body: str, label: str) -> str:
    """Return an SVG element of the usual width with a label for screen readers."""
    return (
        f'<figure><svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:g}" width="{WIDTH}" '
        f'height="{height:g}" role="img" aria-label="{html(label)}" font-family="system-ui, sans-serif">{body}</svg>'
        "</figure>"
    )
