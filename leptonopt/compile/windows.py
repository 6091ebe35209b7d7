"""Compute release and deadline of tasks in slots, tightened through the precedence graph."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from fractions import Fraction

from leptonopt.compile.places import Places
from leptonopt.compile.pool_options import Columns, ColumnsOnPools, CompiledOption, representatives
from leptonopt.compile.rows import RowBuilder
from leptonopt.compile.work_options import ConcreteOption
from leptonopt.instance import Instance, Task, units
from leptonopt.instance.units import seconds
from leptonopt.problem.arrays import Ints
from leptonopt.problem.problem import UNLIMITED
from leptonopt.runtime.clock import check_time_each
from leptonopt.runtime.topological_order import OFTEN, topological_order


class TaskWindows:
    """Columns of each task, and its window [release, deadline] in slots."""

    def __init__(self, instance: Instance, columns: list[Columns], places: Places | None = None) -> None:
        time = instance.time
        self.instance, self.columns = instance, columns
        self.release = [
            0 if task.release is None else max(0, -(-seconds(task.release, time.start) // time.slot))
            for task in instance.tasks
        ]
        self.deadline = [
            time.slots if task.deadline is None else min(time.slots, seconds(task.deadline, time.start) // time.slot)
            for task in instance.tasks
        ]
        index = {task.id: at for at, task in enumerate(instance.tasks)}
        self.edges = [
            (
                index[after.task],
                at,
                -(-(after.lag + (places.seconds(task, after) if places else 0)) // time.slot),
                UNLIMITED if after.most is None else after.most // time.slot,
            )
            for at, task in enumerate(check_time_each(instance.tasks))
            for after in task.after
        ]
        self.mandatory = [not task.optional for task in instance.tasks]
        self._cut: dict[tuple[int, int, int], Ints] = {}  # by the identity of starts, which columns keep alive

    def tighten(self) -> None:
        """Tighten releases and deadlines along the precedence graph; drop columns that no longer fit."""
        before: list[list[tuple[int, int]]] = [[] for _ in self.columns]
        behind: list[list[tuple[int, int]]] = [[] for _ in self.columns]
        for first, second, lag, _ in check_time_each(self.edges, OFTEN):
            before[second].append((first, lag))
            behind[first].append((second, lag))
        order = topological_order([[first for first, _ in each] for each in check_time_each(before)])
        ends, starts = dict[int, int](), dict[int, int]()  # the earliest and the latest, once they are known
        for task in check_time_each(order):
            for first, lag in before[task]:
                if not self.columns[first]:
                    self.columns[task] = []
                else:
                    self.release[task] = max(self.release[task], ends[first] + lag)
            self._drop(task)
            if self.columns[task]:
                ends[task] = self._earliest_end(task)
        for task in check_time_each(order[::-1]):
            for second, lag in behind[task]:
                if self.mandatory[second]:
                    # What must run needs all that comes before it, optional or not.
                    self.mandatory[task] = True
                    if self.columns[second]:
                        self.deadline[task] = min(self.deadline[task], starts[second] - lag)
            if behind[task]:
                self._drop(task)
            if self.columns[task]:
                starts[task] = self._latest_start(task)

    def fitting(self, task: int, column: CompiledOption) -> Ints:
        """Return the starts of a column within the window of its task, ascending."""
        least, most = self.release[task], self.deadline[task] - column.slots
        key = id(column.starts), least, most
        if (known := self._cut.get(key)) is None:
            low, high = column.starts.searchsorted(least), column.starts.searchsorted(most, "right")
            known = self._cut[key] = column.starts[low:high]
        return known

    def stuck(self) -> Iterator[int]:
        """Yield the mandatory tasks without a column."""
        yield from (at for at, columns in enumerate(self.columns) if self.mandatory[at] and not columns)

    def _drop(self, task: int) -> None:
        columns = self.columns[task]
        kept = [column for column in representatives(columns) if len(self.fitting(task, column))]
        self.columns[task] = columns if kept and isinstance(columns, ColumnsOnPools) else kept

    def _earliest_end(self, task: int) -> int:
        return min(int(self.fitting(task, column)[0]) + column.slots for column in representatives(self.columns[task]))

    def _latest_start(self, task: int) -> int:
        return max(int(self.fitting(task, column)[-1]) for column in representatives(self.columns[task]))


def infeasibility_reasons(
    instance: Instance, all_ways: Sequence[Sequence[ConcreteOption]], tasks: TaskWindows, rows: RowBuilder
) -> Iterator[str]:
    """Yield the reasons why mandatory tasks cannot run."""
    stuck = dict.fromkeys(tasks.stuck())
    before = {second: first for first, second, _, _ in tasks.edges if second in stuck and not tasks.columns[first]}
    for at in stuck:
        task, allowed = instance.tasks[at], [way for way in all_ways[at] if not way.refused]
        refused = [f"{way.id}: {way.refused}" for way in all_ways[at] if way.refused]
        after = instance.tasks[before[at]].id if at in before else None
        large = [_too_large(task, way, rows) for way in allowed]
        fitting = [way for way, why in zip(allowed, large, strict=True) if not why]
        too_large = [f"{way.id} {why}" for way, why in zip(allowed, large, strict=True) if why]
        reason = _listed(too_large)
        if fitting:  # the others are no faster ways
            reason, refused = _no_time(instance, task, fitting, after), refused + too_large
        yield f"task {task.id!r} cannot run: " + "; not allowed are ".join(filter(None, (reason, _listed(refused))))


def _listed(texts: Sequence[str]) -> str:
    return "; ".join(texts[:5]) + ("; …" if len(texts) > 5 else "")


def _too_large(task: Task, way: ConcreteOption, rows: RowBuilder) -> str:
    """Return how a way exceeds what its pool ever has, or a quota ever allows; "" where it does not."""
    for row, amount in zip(*rows.held(task, way), strict=True):
        pool, name, node = rows.names[row]
        if node is None and row not in rows.packing and amount > (most := rows.capacity[row].max()):
            uses, has = (f"{float(Fraction(int(each), rows.scale[row])):.10g}" for each in (amount, most))
            if pool:
                return f"uses {uses} {name}, and pool {pool!r} has at most {has}"
            return f"uses {uses} of what quota {name!r} allows {has} of at any moment"
    return ""


def _no_time(instance: Instance, task: Task, ways: Sequence[ConcreteOption], after: str | None) -> str:
    """Return why no way has the time; `after` is a task that it waits for and that cannot run."""
    time, fastest = instance.time, min(ways, key=lambda way: way.duration)
    opens, ends = max(task.release or time.start, time.start), time.start + timedelta(seconds=time.horizon)
    closes = min(task.deadline or ends, ends)
    close = "its deadline" if task.deadline and task.deadline <= ends else "the end of the horizon"
    opens_at, closes_at = (units.moment_text(at, time.zone) for at in (opens, closes))
    if closes < opens:
        late = "its release" if task.release and task.release > time.start else "the start of the horizon"
        return f"{close}, {closes_at}, is before {late}, {opens_at}"
    slots = -(-fastest.duration // time.slot)
    room = max(0, seconds(closes, time.start) // time.slot + (-seconds(opens, time.start) // time.slot))
    takes = f"its fastest way ({fastest.id}) takes {units.duration_text(slots * time.slot)}"
    if slots > room:
        there = units.duration_text(room * time.slot)
        return f"{takes}, and from {opens_at} to {close}, {closes_at}, there are {there} of whole slots"
    if after is not None:
        return f"it waits for {after!r}, which cannot run"
    return (
        f"{takes}, and no start from {opens_at} to {close}, {closes_at}, "
        "leaves it the time and the capacity after what it waits for and before what waits for it"
    )
