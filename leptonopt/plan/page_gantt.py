"""Gantt chart of a page: tasks by pool, coloured by team, with deadlines, due dates and maintenance.

A team is a colour, lateness is vermilion, deadlines are black marks, maintenance is hatched. The palette is that of
Okabe and Ito (2008), made for any colour vision, without its orange, which is close to vermilion, and with Tol's
indigo.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from leptonopt.instance import Instance, Task
from leptonopt.instance.units import instant
from leptonopt.io.files import printable
from leptonopt.plan.entries import copies_of, label
from leptonopt.plan.html import note_line
from leptonopt.plan.picture import Line, Picture, load_steps, time_span
from leptonopt.plan.plot_schedule import copies_each, lanes
from leptonopt.plan.svg import LEFT, TimeScale, axis, drawing, hatching, rectangle, steps_path, text
from leptonopt.runtime.clock import check_time_each

TEAM_COLOURS = ("#0072b2", "#f0e442", "#009e73", "#cc79a7", "#56b4e9", "#332288")
OTHER_COLOUR, LATE_COLOUR, MARK_COLOUR = "#8a949e", "#d55e00", "#000000"
OTHERS = "other teams"


@dataclass(frozen=True)
class GanttSettings:
    """Sizes of the chart [user units; the width has 1,000], chosen by looking at 10 to 1,000 tasks."""

    most_rows: int = 400  # entries up to which each has a row of its own
    most_lanes: int = 400  # lanes up to which each task has a bar
    most_bars: int = 5_000  # bars up to which each task has one; a bar takes 200 bytes
    named_rows: int = 150  # rows up to which names stand at their left
    strip: float = 7  # height of the deadlines of a pool, where bars have no rows
    title: float = 18  # height of a pool's name
    area: float = 46  # least height of a pool whose tasks are an area
    areas: float = 300  # height of all areas, where the least height allows it
    letters: int = 28  # of a name at the left


SETTINGS = GanttSettings()


class Teams:
    """Teams by task, and the colour of each; the largest six have one of their own."""

    def __init__(self, document: Mapping[str, Any], instance: Instance | None) -> None:
        self.tasks: dict[str, Task] = {task.id: task for task in instance.tasks} if instance else {}
        sizes: Counter[str] = Counter()
        for line in document["tasks"]:
            sizes[self.of(line["id"])] += line.get("copies", 1)
        named = sorted((name for name in sizes if name), key=lambda name: (-sizes[name], name))
        self.colours = dict(zip(named, TEAM_COLOURS, strict=False))
        self.many = len(named) > len(TEAM_COLOURS)
        if not named:
            self.colours[""] = TEAM_COLOURS[0]
        elif sizes[""]:
            self.colours[""] = OTHER_COLOUR

    def of(self, task: str) -> str:
        """Return the team of a task; empty where it has none, or no instance is given."""
        found = self.tasks.get(task)
        return (found.team or "") if found else ""

    def colour(self, task: str) -> str:
        """Return the colour of a task."""
        return self.colours.get(self.of(task), OTHER_COLOUR)

    def legend(self) -> list[tuple[str, str]]:
        """Return colours and their names."""
        plain = "tasks" if len(self.colours) == 1 else f"{OTHERS}, or none" if self.many else "without a team"
        found = [(colour, name or plain) for name, colour in self.colours.items()]
        return found + ([(OTHER_COLOUR, OTHERS)] if self.many and "" not in self.colours else [])


def gantt(picture: Picture, teams: Teams) -> str:
    """Return the chart with its legend: a row per entry, else lanes, else areas."""
    return _Gantt(picture, teams).drawn()


class _Gantt:
    def __init__(self, picture: Picture, teams: Teams) -> None:
        self.picture, self.teams = picture, teams
        self.scale = time_scale(picture, teams)
        lines = picture.document["tasks"]
        self.rows = len(lines) <= SETTINGS.most_rows
        crowded = sum(picture.height.values()) > SETTINGS.most_lanes or copies_of(lines) > SETTINGS.most_bars
        self.areas = not self.rows and crowded
        self.area = max(SETTINGS.area, min(140.0, SETTINGS.areas / max(1, len(picture.busy))))
        crowd = sum(picture.height.values())
        self.lane = 10.0 if crowd <= 60 else 6.0 if crowd <= 120 else 3.0
        self.row = 17.0 if len(lines) <= 60 else 12.0 if len(lines) <= SETTINGS.named_rows else 6.0
        self.letter = min(10.5, self.row - 3.5)
        self.y = 0.0
        self.maintained = self.dated = self.late = False

    def drawn(self) -> str:
        body = []
        for pool in check_time_each(self.picture.busy):
            body.append(self._band(pool))
        bottom = self.y + 4
        frame = hatching("gantt-hatch") + axis(self.scale, 0, bottom)
        lines = self.picture.document["tasks"]
        late = copies_of(line for line in lines if line.get("late_hours"))
        number = copies_of(lines)
        count = f"{number:,} task{'' if number == 1 else 's'}" + (f", {late:,} of them late" if late else "")
        notes = [count, f"times in {self.picture.zone.key}"]
        notes += ["areas: tasks that run at a time"] if self.areas else []
        chart = drawing(bottom + 20, frame + "".join(body), "Gantt chart")
        return self._legend() + chart + note_line("; ".join(notes))

    def _band(self, pool: str) -> str:
        top = self.y
        self.y += SETTINGS.title
        name = text(2, top + 13, _cut(pool, 60), 11.5)
        rule = f'<path d="M0 {top:g}H1000" stroke="#9aa5b1"/>'
        lines = self.picture.tasks[pool]
        inside = self._row_bars(lines) if self.rows else self._strip(lines)
        if not self.rows:
            inside += self._area(lines) if self.areas else self._lane_bars(lines)
        top += SETTINGS.title
        hatched = maintenance(self.picture.instance, self.scale, pool, top, self.y - top, "gantt-hatch")
        self.maintained |= bool(hatched)
        return rule + name + hatched + inside

    def _row_bars(self, lines: list[Line]) -> str:
        found = []
        for line in lines:
            if self.row >= 10:
                found.append(text(12, self.y + self.row * 0.76, _cut(_name(line), SETTINGS.letters), self.letter))
            found.append(self._bar(line, self.y, self.row))
            found.append(self._marks(line["id"], self.y, self.row))
            self.y += self.row
        return "".join(found)

    def _lane_bars(self, lines: list[Line]) -> str:
        placed = lanes(each for line in lines for each in copies_each(line))
        found = [self._bar(line, self.y + lane * self.lane, self.lane) for line, lane in check_time_each(placed)]
        self.y += self.lane * (1 + max((lane for _, lane in placed), default=0))
        return "".join(found)

    def _area(self, lines: list[Line]) -> str:
        """Return tasks that run at a time, one team on top of the other."""
        floor = self.y + self.area
        peak = max(1, max(self.picture.running[lines[0]["pool"]][1], default=1))
        below: list[tuple[str, str, float]] = []
        groups: dict[str, list[tuple[str, str, float]]] = {}
        for line in lines:
            groups.setdefault(self.teams.colour(line["id"]), []).append(time_span(line, line.get("copies", 1)))
        layers = []
        order = [colour for colour, _ in self.teams.legend()]
        for colour, spans in sorted(groups.items(), key=lambda each: order.index(each[0])):
            below += spans
            edges, levels = load_steps(below)
            tops = [floor - level / peak * (self.area - 4) for level in levels]
            layers.append(f'<path d="{steps_path(self.scale, edges, tops, floor)}" fill="{colour}"/>')
        found = layers[::-1]  # what is drawn later covers what it is part of
        found.append(text(LEFT - 6, floor - self.area + 12, f"{peak:,.10g} at a time", 9.5, "end", "#5a6673"))
        self.y = floor
        return "".join(found)

    def _bar(self, line: Line, y: float, height: float) -> str:
        low, high = (self.scale.x(instant(line[key])) for key in ("start", "end"))
        team = self.teams.of(line["id"])
        words = [label(line), line["option"], team, f"{_clock(line['start'], self)} to {_clock(line['end'], self)}"]
        words += [f"cost {line['cost']:,.10g}"]
        late = line.get("late_hours")
        words += [f"{late:,.4g} h late"] if late else []
        pad = min(1.5, height / 6)
        colour, title = self.teams.colour(line["id"]), "; ".join(filter(None, words))
        bar = rectangle(low, y + pad, high - low, height - 2 * pad, colour, title)
        if late:
            self.late = True
            due = self.scale.x(max(instant(line["start"]), instant(line["end"]) - timedelta(hours=late)))
            bar += rectangle(min(due, high - 2), y + pad, max(2, high - due), height - 2 * pad, LATE_COLOUR, title)
            if self.rows and self.row >= 10:
                inside = high - due > 8 * self.letter
                place, colour = (due + 4, "#ffffff") if inside else (high + 4, LATE_COLOUR)
                bar += text(place, y + height * 0.76, f"{late:,.3g} h late", self.letter, colour=colour)
        return bar

    def _dates(self, id: str) -> Iterator[tuple[datetime, bool]]:
        """Yield the deadline, and the due date, each with whether it is hard."""
        task = self.teams.tasks.get(id)
        if task is not None:
            for at, hard in ((task.deadline, True), (task.due, False)):
                if at is not None and self.scale.begin <= at <= self.scale.end:
                    self.dated = True
                    yield at, hard

    def _marks(self, id: str, y: float, height: float) -> str:
        found = []
        for at, hard in self._dates(id):
            dash = "" if hard else ' stroke-dasharray="2 1.5"'
            path = f"M{self.scale.x(at)} {y + 0.5:g}V{y + height - 0.5:g}"
            title = f"<title>{'deadline' if hard else 'due'}</title>"
            found.append(f'<path d="{path}" stroke="{MARK_COLOUR}" stroke-width="2"{dash}>{title}</path>')
        return "".join(found)

    def _strip(self, lines: list[Line]) -> str:
        """Return the deadlines of a pool's tasks in one strip, each instant once."""
        dates = sorted({date for id in {line["id"] for line in lines} for date in self._dates(id)})
        found = []
        for at, hard in dates:
            dash = "" if hard else ' stroke-dasharray="2 1.5"'
            path = f"M{self.scale.x(at)} {self.y:g}v{SETTINGS.strip - 1:g}"
            found.append(f'<path d="{path}" stroke="{MARK_COLOUR}" stroke-width="0.8"{dash}/>')
        self.y += SETTINGS.strip if dates else 0
        return "".join(found)

    def _legend(self) -> str:
        found = [swatch(colour, name) for colour, name in self.teams.legend()]
        found += [swatch(LATE_COLOUR, "after the due date")] if self.late else []
        found += [swatch(MARK_COLOUR, "deadline; dashed: due date")] if self.dated else []
        found += [swatch("url(#gantt-hatch)", "maintenance")] if self.maintained else []
        return f'<p class="note">{"".join(found)}</p>'


def maintenance(instance: Instance | None, scale: TimeScale, pool: str, top: float, height: float, key: str) -> str:
    """Return hatched windows of a pool's maintenance."""
    stated = next((each for each in instance.pools if each.id == pool), None) if instance else None
    found = []
    for window in stated.maintenance if stated else ():
        low, high = scale.x(window.from_), scale.x(window.to)
        if high > low:
            found.append(rectangle(low, top, high - low, height, f"url(#{key})", "maintenance"))
    return "".join(found)


def swatch(colour: str, name: str) -> str:
    """Return a small box of a colour and its name, for a legend."""
    from leptonopt.plan.html import html

    box = f'<rect width="12" height="12" fill="{colour}" stroke="#5a6673" stroke-width=".5"/>'
    return f'<svg width="12" height="12">{box}</svg> {html(_cut(name, 40))} &emsp;'


def time_scale(picture: Picture, teams: Teams) -> TimeScale:
    """Return the scale from the start to the last end, or to a deadline or due date not far beyond."""
    span = (picture.end - picture.begin) / 4
    dates = [at for task in teams.tasks.values() for at in (task.deadline, task.due) if at is not None]
    last = max([picture.end, *(at for at in dates if at <= picture.end + span)])
    return TimeScale(picture.begin, last, picture.zone)


def _clock(at: str, chart: _Gantt) -> str:
    return f"{instant(at).astimezone(chart.picture.zone):%Y-%m-%d %H:%M}"


def _name(line: Line) -> str:
    return printable(label(line))


def _cut(words: str, letters: int) -> str:
    """Return a text of at most so many letters: its beginning, and its end, where names often differ."""
    return words if len(words) <= letters else f"{words[: letters - 9]}…{words[-8:]}"
