"""Policies: what is planned when, of what is known."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction
from functools import cached_property
from math import ceil
from typing import Any

from leptonopt.compile.work_options import ConcreteOption, concrete_options
from leptonopt.errors import Unsupported
from leptonopt.instance import Instance, Task, units
from leptonopt.replanning.changes import changes_of, counted
from leptonopt.replanning.document import remaining_instance
from leptonopt.replanning.names import place_in
from leptonopt.replanning.state import read_state
from leptonopt.simulation.execution import Execution
from leptonopt.simulation.outcome import Key
from leptonopt.simulation.prices import usual_price
from leptonopt.simulation.world import known_at, moment_of, restricted_to

ONCE, ROLLING, THRESHOLD, UNIFORM_PROGRESS = "once", "rolling", "threshold", "uniform-progress"
ON_SPOT = ONCE, ROLLING, THRESHOLD, UNIFORM_PROGRESS

Solve = Callable[[Mapping[str, Any], Mapping[str, Any] | None], Any]  # a document and a warm start to a `Result`
SHORT = Fraction(1, 2)  # time to spare, as a share of the quickest duration, below which dearer options are taken


@dataclass
class Planner:
    """A policy at work in one world.

    `once` plans at the first instant alone; what arrives later begins as soon as it can, in the option that takes least
    time. Others plan what is left again at every call of `plan` where something has come or is not as planned, with as
    few changes as cost nothing.

    Attributes
    ----------
    wanted : the option and the start that a waiting copy is planned in.
    changes : copies that were moved or shifted so far.
    """

    world: Instance
    solve: Solve
    once: bool
    wanted: dict[Key, tuple[str, datetime]] = field(default_factory=dict)
    changes: int = 0
    _lines: list[dict[str, Any]] = field(default_factory=list)
    _planned: set[Key] = field(default_factory=set)
    _known: frozenset[str] = frozenset()  # when it was planned last

    def plan(self, slot: int, execution: Execution) -> None:
        """Plan what is known and has not begun."""
        moment = moment_of(self.world, slot)
        names = known_at(self.world, moment)
        waiting = {
            (task.id, copy) for task in self.world.tasks if task.id in names for copy in range(1, task.copies + 1)
        } - execution.begun.keys()
        if not waiting or (slot and not self.once and names == self._known and self._as_planned(slot, execution)):
            return
        known = restricted_to(self.world, names)
        if not slot:
            self._planned = waiting  # what the plan leaves out of these stays out
            result = self.solve(known.document(), None)
            self._known = frozenset(names if result.plan is not None else ())
            self._take(result.document, {})
        elif self.once:
            for key in sorted(waiting - self._planned):
                self.wanted[key] = _quickest(known, key[0]), moment
            self._planned |= waiting
        else:
            self._plan_again(slot, known, execution)

    def _plan_again(self, slot: int, known: Instance, execution: Execution) -> None:
        """Plan again; where nothing is found, what was planned stays."""
        old = {"tasks": [*execution.lines(), *(line for line in self._lines if _key(line) not in execution.begun)]}
        found = remaining_instance(known, old, read_state(execution.state(slot), known))
        result = self.solve(found.document, found.warm_start)
        self._known = frozenset(task.id for task in known.tasks if result.plan is not None)
        if result.plan is not None:
            self.changes += counted(changes_of(found, result.document))
            self._take(result.document, found.names)

    def _as_planned(self, slot: int, execution: Execution) -> bool:
        """Return whether all that has begun and ended before a slot did so as planned."""
        for line in self._lines:
            start, end = (_slot_of(self.world, line[name]) for name in ("start", "end"))
            run = execution.begun.get(_key(line))
            if run is None:
                if start < slot:
                    return False
            elif run.start > start or min(run.end, slot) != min(end, slot):
                return False
        return True

    def _take(self, plan: Mapping[str, Any], names: Mapping[str, Key]) -> None:
        self.wanted, self._lines = {}, []
        for line in plan.get("tasks", ()):
            place = place_in(line)
            task, first = names.get(line["id"], (line["id"], line.get("copy", 1)))
            for copy in range(first, first + line.get("copies", 1)):
                self.wanted[task, copy] = place.option, place.begins
                self._lines.append({**line, "id": task, "option": place.option, "copy": copy, "copies": 1})


def refuse_policies(policies: Sequence[str], spot: bool) -> None:
    """Raise `Unsupported` for policies that do not go with spot traces, or not without."""
    for policy in policies:
        if spot and policy not in ON_SPOT:
            raise Unsupported(
                f"simulate: policy {policy!r} beside traces of spot capacity; allowed are {', '.join(ON_SPOT)}"
            )
        if not spot and policy == UNIFORM_PROGRESS:
            raise Unsupported(f"simulate: policy {policy!r} needs traces of spot capacity; the noise has no `spot`")


def _slot_of(world: Instance, instant: str) -> int:
    """Return the first slot that begins at or after an instant."""
    return ceil((units.instant(instant) - world.time.start).total_seconds() / world.time.slot)


def _key(line: Mapping[str, Any]) -> Key:
    return line["id"], line["copy"]


def _quickest(known: Instance, task: str) -> str:
    stated = next(each for each in known.tasks if each.id == task)
    ways = [way for way in concrete_options(known, stated) if way.refused is None]
    return min(ways, key=lambda way: (way.duration, way.cost)).id


class ThresholdRule:
    """Start what has arrived, by least time to spare, without planning.

    A task takes its cheapest option that has room. One that is dearer than its cheapest is taken only where the time to
    spare is less than half of its quickest duration. An optional task does not pay more than its value.
    """

    def __init__(self, world: Instance) -> None:
        self.world = world

    @cached_property
    def _ways(self) -> dict[str, list[tuple[Fraction, ConcreteOption]]]:
        """Return the options of each task with their price, cheapest first."""
        found = {}
        for task in self.world.tasks:
            ways = [way for way in concrete_options(self.world, task) if way.refused is None]
            priced = [(usual_price(self.world, way), way) for way in ways]
            found[task.id] = sorted(priced, key=lambda each: (each[0], each[1].duration))
        return found

    def start(self, slot: int, execution: Execution) -> None:
        """Start in a slot all that the rule and the rules of the world let start."""
        now = moment_of(self.world, slot)
        known = known_at(self.world, now)
        tasks = [task for task in self.world.tasks if task.id in known and self._ways[task.id]]
        for task in sorted(tasks, key=lambda task: self._spare(task, now)):
            for copy in range(1, task.copies + 1):
                if (task.id, copy) not in execution.begun:
                    any(execution.try_to_start((task.id, copy), way.id, slot) for way in self._wanted(task, now))

    def _wanted(self, task: Task, now: datetime) -> Iterator[ConcreteOption]:
        """Yield the options that the rule allows now, cheapest first."""
        ways = self._ways[task.id]
        short = self._spare(task, now) < SHORT * min(way.duration for _, way in ways)
        for price, way in ways:
            if (short or price == ways[0][0]) and not (task.optional and task.value is not None and price > task.value):
                yield way

    def _spare(self, task: Task, now: datetime) -> Fraction:
        """Return the seconds until a task must start in its quickest option."""
        until = task.deadline or task.due
        left = self.world.time.horizon if until is None else (until - self.world.time.start).total_seconds()
        passed = (now - self.world.time.start).total_seconds()
        return Fraction(int(left)) - Fraction(int(passed)) - min(way.duration for _, way in self._ways[task.id])
