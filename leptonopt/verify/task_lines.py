"""Lines of a plan: whether each is a way to run its task at a time it may, and what it costs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from math import ceil
from typing import Any

from leptonopt.verify.data import Moved, check_lines
from leptonopt.verify.exact import Findings, exact, shown, whole
from leptonopt.verify.instance_reader import NOTHING, POWER, Kind, StatedInstance, StatedOption
from leptonopt.verify.nodes import Rented
from leptonopt.verify.segments import Cut, Segment
from leptonopt.verify.spot import Spot


@dataclass(frozen=True)
class Run:
    """Copies of a task that run alike in slots [start, end), with exact cost and draw of each.

    `copies` counts them from `copy` on.
    """

    id: str
    copy: int
    copies: int
    way: StatedOption
    start: int
    end: int
    nodes: tuple[str, ...]
    running: dict[str, Fraction]
    fixed: Fraction
    late: Fraction
    kwh: Fraction
    carbon_kg: Fraction
    charged: Fraction = NOTHING
    early: Fraction = NOTHING
    segment: Segment | None = None
    data: tuple[Moved, ...] = ()

    @property
    def first(self) -> bool:
        """Return whether its copies begin with it."""
        return self.segment is None or self.segment.number == 1

    @property
    def cost(self) -> Fraction:
        """Return the money for each copy: running, fixed, late and early."""
        return sum(self.running.values(), self.fixed + self.late + self.early)


def span(line: Mapping[str, Any]) -> tuple[int, int]:
    """The first copy that a line stands for, and how many."""
    return whole(line.get("copy", 1), "copy"), whole(line.get("copies", 1), "copies")


def named(id: str, task: Mapping[str, Any], first: int, last: int) -> str:
    """Copies of a task in words; a task that has no others goes by its id."""
    if task.get("copies", 1) == 1 and last == 1:
        return f"task {id!r}"
    return f"task {id!r} copy {first}" if first == last else f"task {id!r} copies {first} to {last}"


class TaskLineReader:
    """Reads lines of a plan; `pools` are those of the tasks that pass data on and run, by id."""

    def __init__(
        self,
        stated: StatedInstance,
        nodes: list[Rented],
        findings: Findings,
        pools: Mapping[str, str],
        lasts: Mapping[tuple[Any, int], int] | None = None,
    ) -> None:
        self.stated, self.findings, self.pools, self.lasts = stated, findings, pools, lasts or {}
        self.apart: dict[str, dict[str, Kind]] = defaultdict(dict)  # by pool and label
        for rented in nodes:
            if rented.kind.single:
                self.apart[rented.kind.pool][rented.kind.label] = rented.kind
        self.told_apart, self.of_nodes = stated.told_apart(), stated.of_nodes()
        self._spots: dict[tuple[Fraction, str, str], Spot] = {}

    def read(self, line: Mapping[str, Any]) -> Run | None:
        """The run of a line, if it can be one at all."""
        self.findings.look()
        stated, say, id = self.stated, self.findings.say, str(line.get("id"))
        if id not in stated.tasks:
            say("once", f"task {id!r}", "is not in the instance")
            return None
        task, (copy, copies) = stated.tasks[id], span(line)
        name = named(id, task, copy, copy + copies - 1)
        way = stated.way(id, line.get("option"))
        if way is None:
            say("option", name, f"{line.get('option')!r} is no way it may run")
            return None
        self._as_stated(name, line, way)
        nodes = self._on_nodes(name, line, way)
        if (times := self._times(name, line, task)) is None:
            return None
        low, high = times
        segment = None
        if (cut := stated.cut(id)) is not None:
            segment = self._segment(name, line, cut, way, low, high)
            if segment is None or high > stated.horizon:
                return None
            way = cut.paid(way, segment)
        elif "segment" in line or "work" in line:
            say("segments", name, "is a segment of a task that may not be cut")
            return None
        elif not self._lasts(name, line, task, way, low, high):
            return None
        if segment is None or not segment.goes_on:
            for why in stated.out_of_window(way, low):
                say("window", name, why)
        run = priced(stated, id, (copy, copies), task, way, low // stated.slot, high // stated.slot, nodes)
        run = replace(run, segment=segment)
        run = run if self._ends_copy(run) else replace(run, late=NOTHING)
        run = self._with_data(name, line, task, run)
        self._money(name, line, task, run)
        return run

    def _times(self, name: str, line: Mapping[str, Any], task: Mapping[str, Any]) -> tuple[int, int] | None:
        """Return the seconds from and to which a line runs; None where it starts at no slot of the horizon."""
        stated, say = self.stated, self.findings.say
        low, high = stated.second(line["start"]), stated.second(line["end"])
        if low % stated.slot:
            say("window", name, "does not start at the beginning of a slot", low % stated.slot)
            return None
        self._window(name, task, low, high)
        if low > stated.horizon:
            say("window", name, f"starts {low - stated.horizon} s after the horizon", low - stated.horizon)
        outside = low < 0 or low > stated.horizon or (low == stated.horizon and high > low)
        return None if outside else (low, high)

    def _ends_copy(self, run: Run) -> bool:
        """Return whether no segment follows, so that the copy ends with it."""
        return run.segment is None or run.segment.number >= self.lasts.get((run.id, run.copy), 0)

    def _lasts(
        self, name: str, line: Mapping[str, Any], task: Mapping[str, Any], way: StatedOption, low: int, high: int
    ) -> bool:
        """Return whether a whole task lasts as long as its option takes, within the horizon."""
        stated, say = self.stated, self.findings.say
        length = self._slots(name, task, way, low // stated.slot)
        if length is None:
            say("option", name, f"is interrupted too often for its option to end when it starts at {line['start']}")
            return False
        if wrong := high - low - length * stated.slot:
            say("option", name, f"lasts {high - low} s; its option takes {length} slots of {stated.slot} s", wrong)
            return False
        return high <= stated.horizon

    def _segment(
        self, name: str, line: Mapping[str, Any], cut: Cut, way: StatedOption, low: int, high: int
    ) -> Segment | None:
        """Return the segment of a line, if it can be one at all."""
        say = self.findings.say
        if "segment" not in line or line.get("copies", 1) != 1:
            say("segments", name, "is not one segment of one copy, with its number")
            return None
        number = whole(line["segment"], "segment")
        if (high - low) % cut.slot:
            say("window", name, "does not end at the end of a slot", (high - low) % cut.slot)
            return None
        goes_on = cut.goes_on(line.get("option"), number, low)
        length, (least, most) = (high - low) // cut.slot, cut.lengths(way, number, goes_on)
        if not least <= length <= most:
            wrong = length - most if length > most else length - least
            say("segments", name, f"segment {number} lasts {length} slots; from {least} to {most} are allowed", wrong)
            return None
        share = cut.share(way, number, length, goes_on)
        self.findings.same("segments", f"{name}: work of segment {number}", line.get("work"), share)
        first, end = low // cut.slot, high // cut.slot
        return Segment(number, way, first, end, share, cut.later(number, goes_on), goes_on)

    def _as_stated(self, name: str, line: Mapping[str, Any], way: StatedOption) -> None:
        say = self.findings.say
        if line.get("pool") != way.pool:
            say("option", name, f"its option is on pool {way.pool!r}, not {line.get('pool')!r}")
        if line.get("variant") != way.variant:
            say("option", name, f"its option has the variant {way.variant!r}, not {line.get('variant')!r}")
        if _differ(exact(line["quality"]), way.quality):
            say("option", name, f"its option has quality {shown(way.quality)}, not {line['quality']}")
        uses = {key: exact(count) for key, count in (line.get("uses") or {}).items()}
        if uses.keys() != way.uses.keys() or any(_differ(uses[key], count) for key, count in way.uses.items()):
            say("option", name, "does not use what its option uses")

    def _on_nodes(self, name: str, line: Mapping[str, Any], way: StatedOption) -> tuple[str, ...]:
        """The nodes it says it is on; they have to be named only where nodes are told apart."""
        labels = tuple(str(label) for label in line.get("nodes") or ())
        own = self.apart.get(way.pool, {})
        held = {name for name, count in way.uses.items() if count and (way.pool, name) in self.of_nodes}
        held = set() if way.milestone else held
        if way.pool not in self.told_apart or not held or not (way.one_node or way.whole):
            if labels:
                self.findings.say("option", name, "names nodes, where no node is told from another")
            return ()
        needed = max(1, way.whole)
        if way.one_node and needed > 1:
            self.findings.say("option", name, f"must fit within one node, but takes {needed}")
        if len(labels) != needed or len(set(labels)) != needed:
            self.findings.say("option", name, f"names the nodes {list(labels)}; it takes {needed} of them")
            return ()
        for label in labels:
            if label not in own or not held <= own[label].size.keys():
                self.findings.say("option", name, f"{label!r} is no node that it can be on")
                return ()
        return labels

    def _slots(self, name: str, task: Mapping[str, Any], way: StatedOption, start: int) -> int | None:
        """Return the duration from a slot on.

        On pools with interruptions it is the average; a milestone takes no time.
        """
        if way.milestone:
            return 0
        rates = self.stated.pools[way.pool].get("interruptions")
        if rates is None:
            return ceil(way.seconds / self.stated.slot)
        key = (way.seconds, way.pool, repr(task.get("checkpoint")))
        if key not in self._spots:
            means = self.stated.means(rates)
            self._spots[key] = Spot(way.seconds, task.get("checkpoint"), means, self.stated.slot)
        length = self._spots[key].slots(start)
        if length is not None and task.get("on_time") is not None:
            ends = min(self.stated.slots, self.stated.second(task["deadline"]) // self.stated.slot)
            chance = exact(task["on_time"])
            if not any(self._spots[key].chance_kept(start, long, chance) for long in range(length, ends - start + 1)):
                self.findings.say("window", name, f"meets its deadline with a probability below {task['on_time']}")
        return length

    def _window(self, name: str, task: Mapping[str, Any], low: int, high: int) -> None:
        say, beyond = self.findings.say, high - self.stated.horizon
        if low < 0:
            say("window", name, f"starts {-low} s before the horizon", -low)
        if beyond > 0:
            say("window", name, f"ends {beyond} s after the horizon", beyond)
        if task.get("release") is not None and (early := self.stated.second(task["release"]) - low) > 0:
            say("window", name, f"starts {early} s before its release", early)
        if task.get("deadline") is not None and (late := high - self.stated.second(task["deadline"])) > 0:
            say("window", name, f"ends {late} s after its deadline", late)

    def _with_data(self, name: str, line: Mapping[str, Any], task: Mapping[str, Any], run: Run) -> Run:
        """The run with what it takes from other tasks; check what its line states of data."""
        taken = self.stated.data.taken(task, run.way.pool, self.pools)
        for other in (id for id, move in taken.items() if move is None):
            self.findings.say("data", name, f"runs where no link brings what task {other!r} passes on")
        moves = (*run.way.data, *(move for move in taken.values() if move is not None))
        check_lines(self.findings, name, line.get("data") or (), moves)
        passed = sum((move.money for move in moves if move.what == "task"), NOTHING)
        return replace(run, fixed=run.fixed + passed, data=moves) if moves else run

    def _money(self, name: str, line: Mapping[str, Any], task: Mapping[str, Any], run: Run) -> None:
        same, parts = self.findings.same, line.get("parts") or {}
        carbon = self.stated.carbon_weight * run.carbon_kg
        same("cost", f"{name}: cost", line.get("cost"), self.stated.weight * run.cost + carbon)
        same("cost", f"{name}: parts.running", parts.get("running"), sum(run.running.values(), NOTHING))
        same("cost", f"{name}: parts.fixed", parts.get("fixed"), run.fixed)
        same("cost", f"{name}: parts.late", parts.get("late"), run.late)
        if task.get("early_cost") is not None:
            same("cost", f"{name}: parts.early", parts.get("early"), run.early)
        elif "early" in parts:
            self.findings.say("cost", name, "has a cost of an early end, where its task has none")
        late = Fraction(_seconds_late(self.stated, task, run.end), 3600) if self._ends_copy(run) else NOTHING
        same("cost", f"{name}: late_hours", line.get("late_hours", 0), late)
        if self.stated.carbon_weight or "carbon" in parts:
            same("cost", f"{name}: parts.carbon", parts.get("carbon"), carbon)
        if self.stated.charges(run.way.pool):
            same("cost", f"{name}: charged", line.get("charged"), run.charged)
        elif "charged" in line:
            self.findings.say("cost", name, "is charged, where its pool has no charge")
        if POWER in self.stated.resources[run.way.pool]:
            same("cost", f"{name}: energy_kwh", line.get("energy_kwh"), run.kwh)
            same("cost", f"{name}: carbon_kg", line.get("carbon_kg"), run.carbon_kg)
        elif "energy_kwh" in line or "carbon_kg" in line:
            self.findings.say("cost", name, "has energy or carbon, where its pool counts no power")


def priced(
    stated: StatedInstance,
    id: str,
    copies: tuple[int, int],
    task: Mapping[str, Any],
    way: StatedOption,
    low: int,
    high: int,
    nodes: tuple[str, ...],
) -> Run:
    """Return copies (the first, and how many) in slots [low, high) with what each costs and draws."""
    running = {}
    for resource, count in way.uses.items():
        sums = stated.price_sum(way.pool, resource)
        running[resource] = count * (sums[high] - sums[low])
    drawn, carbon = way.uses.get(POWER, NOTHING), stated.carbon_sum(way.pool)
    return Run(
        id=id,
        copy=copies[0],
        copies=copies[1],
        way=way,
        start=low,
        end=high,
        nodes=nodes,
        running=running,
        fixed=way.cost,
        late=_late(stated, task, high),
        early=_early(stated, task, high),
        kwh=drawn * (high - low) * stated.hours,
        carbon_kg=drawn * (carbon[high] - carbon[low]),
        charged=sum(
            (
                count * (sums[high] - sums[low])
                for name, count in way.uses.items()
                for sums in [stated.charge_sum(way.pool, name)]
            ),
            NOTHING,
        ),
    )


def _late(stated: StatedInstance, task: Mapping[str, Any], end: int) -> Fraction:
    seconds = _seconds_late(stated, task, end)
    by_hour = exact(task.get("late_cost") or 0) * Fraction(seconds, 3600)
    return by_hour + exact(task.get("late_penalty") or 0) if seconds else NOTHING


def _early(stated: StatedInstance, task: Mapping[str, Any], end: int) -> Fraction:
    """Return the cost of an end before the due date."""
    if task.get("due") is None:
        return NOTHING
    seconds = max(0, stated.second(task["due"]) - end * stated.slot)
    return exact(task.get("early_cost") or 0) * Fraction(seconds, 3600)


def _seconds_late(stated: StatedInstance, task: Mapping[str, Any], end: int) -> int:
    return 0 if task.get("due") is None else max(0, end * stated.slot - stated.second(task["due"]))


def _differ(said: Fraction, true: Fraction) -> bool:
    """Return whether an unrounded number is another one; it has at least 15 digits."""
    return abs(said - true) > abs(true) / 10**15
