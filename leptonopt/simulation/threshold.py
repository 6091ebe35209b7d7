"""Start tasks by a threshold: in the cheapest option, or in a dearer one when time is short."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from fractions import Fraction
from functools import cached_property

from leptonopt.compile.work_options import ConcreteOption, concrete_options
from leptonopt.instance import Instance, Task
from leptonopt.simulation.execution import Execution
from leptonopt.simulation.prices import usual_price
from leptonopt.simulation.world import known_at, moment_of

SHORT = Fraction(1, 2)  # time to spare, as a share of the quickest duration, below which dearer options are taken


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
