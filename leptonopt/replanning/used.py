"""Add up what the tasks of a plan have used of quotas and meters by an instant."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from decimal import ROUND_FLOOR, Decimal
from typing import Any

import numpy as np

from leptonopt.compile.calendar import calendar_windows
from leptonopt.compile.compiler import CompiledInstance, compile_instance
from leptonopt.compile.decode import TaskRun
from leptonopt.compile.quotas import Window
from leptonopt.compile.work_options import concrete_options
from leptonopt.instance import Instance, Measure, Task, units
from leptonopt.instance.quotas import NODE_HOURS
from leptonopt.plan.costing import Bill
from leptonopt.problem.nodes import NodeSchedule

STEP = Decimal("0.000000000001")  # to which uses are rounded down
SHARED = ("money", "energy", "carbon", NODE_HOURS)  # what nodes and replicas use


class UsedByTasks:
    """Add up what tasks use, of an instance with quotas or meters that last longer than a slot.

    `notes` says of which measures not everything is added up; these have no entry.
    """

    def __init__(self, instance: Instance, compiled: CompiledInstance | None = None) -> None:
        lasting = [measure for measure in instance.measures if measure.per not in ("moment", "slot")]
        reasons = [(measure, _not_added_up(instance, measure)) for measure in lasting]
        self.instance = instance
        self.measures = [measure for measure, why in reasons if not why]
        self.notes = [f"{measure.id!r}: {why}; say in a state what is `used`" for measure, why in reasons if why]
        self._compiled = compiled or (compile_instance(instance) if self.measures else None)

    def by(self, lines: Iterable[Mapping[str, Any]], moment: datetime) -> dict[str, Decimal]:
        """Return the use by an instant, in the window of each measure that goes on, by id; none where it is 0."""
        time = self.instance.time
        slot = -int((time.start - moment).total_seconds() // time.slot)
        if self._compiled is None or not 0 < slot < time.slots:
            return {}
        kinds = np.zeros(len(self._compiled.kinds), np.int64)
        rent = NodeSchedule(np.zeros((len(kinds), time.slots), np.int64), kinds)
        bill, found = Bill(self._compiled, list(self._runs(lines, slot)), (), rent), {}
        for measure in self.measures:
            windows = _windows_until(self.instance, measure, slot)
            if windows[-1].first < slot:
                used = bill.used(windows)[-1] - windows[-1].spent
                found[measure.id] = (Decimal(used.numerator) / used.denominator).quantize(STEP, ROUND_FLOOR)
        return {id: used.normalize() for id, used in found.items() if used}

    def _runs(self, lines: Iterable[Mapping[str, Any]], slot: int) -> Iterator[TaskRun]:
        """Yield what has begun, as far as it lies before a slot."""
        time = self.instance.time
        index = {task.id: at for at, task in enumerate(self.instance.tasks)}
        for line in lines:
            start, end = (
                int((units.instant(line[key]) - time.start).total_seconds()) // time.slot for key in ("start", "end")
            )
            if start >= slot or line["id"] not in index:
                continue
            task = self.instance.tasks[index[line["id"]]]
            for way in concrete_options(self.instance, task):
                if way.id == line["option"]:
                    own = way._replace(consumes={}) if _goes_on(task, line, start) else way
                    yield TaskRun(
                        index[task.id], line.get("copy", 1), line.get("copies", 1), own, start, min(end, slot)
                    )


def _goes_on(task: Task, line: Mapping[str, Any], start: int) -> bool:
    """Return whether a segment ran before the horizon, so that its option consumes nothing."""
    begun = task.segments.begun if task.segments is not None else None
    return begun is not None and line.get("segment", 1) == 1 and begun.goes_on_in(line["option"], not start)


def _windows_until(instance: Instance, measure: Measure, slot: int) -> list[Window]:
    """Return the windows of a measure up to the one that a slot lies in."""
    if measure.per == "horizon":
        return [Window(measure, 0, instance.time.slots - 1)]
    spans = calendar_windows(instance.time, measure.per)
    return [Window(measure, low, high) for low, high in spans if low <= slot]


def _not_added_up(instance: Instance, measure: Measure) -> str:
    """Return why the use of a measure is more than what tasks use by themselves; empty where it is not."""
    covered = [task for task in instance.tasks if measure.covers(task)]
    if any(measure.covers(service) for service in instance.services):
        return "replicas count as well"
    if measure.of in SHARED and measure.whole and any(pool.kinds for pool in instance.pools):
        return "nodes count as well"
    if measure.of == "money" and (instance.links or any(task.is_cut for task in covered)):
        return "segments or moves of data count as well"
    return ""
