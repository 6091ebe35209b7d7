"""Fix the regions of tasks, so that moving data between them has a known cost and time.

What a task takes from another one is moved from region to region, at a cost and in a time that depend on both. Without
regions the data is free and there at once: a relaxation, whose bound holds for every plan. With a region for every task
that passes data on, the cost belongs to the options of the task that takes it, and the time to the lag.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from leptonopt.compile.data_moves import DataMove, Links
from leptonopt.compile.pool_options import options_on_pools, plain_pools
from leptonopt.compile.work_options import ConcreteOption, concrete_options, moving, without_region
from leptonopt.instance import Instance, Task
from leptonopt.instance.tasks import After


@dataclass(frozen=True, eq=False)
class Places:
    """Regions of all tasks that pass data on or take it, by task id."""

    region: Mapping[str, str]
    links: Links

    def option(self, task: Task, way: ConcreteOption) -> ConcreteOption:
        """Return an option that pays for what the task takes from others; refused outside its region."""
        region = self.region[task.id]
        if self.links.regions[way.pool] != region:
            return way._replace(refused=way.refused or f"the task is in region {region!r}")
        return moving(way, [self.move(task, after) for after in task.after if after.gib], takes_time=False)

    def move(self, task: Task, after: After) -> DataMove | None:
        """Return how what a task takes from another one moves; None where no link does."""
        return self.links.move("task", after.task, self.region[after.task], self.region[task.id], after.gib)

    def seconds(self, task: Task, after: After) -> Fraction:
        """Return the time that what a task takes from another one is on its way."""
        move = self.move(task, after) if after.gib else None
        return Fraction(0) if move is None else move.seconds


def data_tasks(instance: Instance) -> set[str]:
    """Return the ids of the tasks that pass data on or take it."""
    pairs = ((task.id, after.task) for task in instance.tasks for after in task.after if after.gib)
    return {id for pair in pairs for id in pair}


def task_options(instance: Instance, places: Places | None = None) -> list[Sequence[ConcreteOption]]:
    """Return the options of every task; of tasks that pass data on, on pools that have a region.

    Those that differ in the pool alone are kept once for all pools.
    """
    passing, plain, found = data_tasks(instance), plain_pools(instance), list[Sequence[ConcreteOption]]()
    regions = Links.of(instance).regions if passing else {}
    for task in instance.tasks:
        ways = options_on_pools(task, plain) or concrete_options(instance, task)
        if task.id in passing:
            ways = [without_region(way) if regions[way.pool] is None else way for way in ways]
            ways = ways if places is None else [places.option(task, way) for way in ways]
        found.append(ways)
    return found
