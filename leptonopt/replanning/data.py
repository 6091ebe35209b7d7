"""Fetch data that tasks which are done have left for others: at what cost, and by when."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from math import ceil

from leptonopt.compile.data_moves import Links
from leptonopt.compile.work_options import ConcreteOption, moving, without_region
from leptonopt.errors import UsageError
from leptonopt.instance import Instance, Task
from leptonopt.instance.tasks import After
from leptonopt.replanning.state import Key


class LeftData:
    """Know where data of tasks that are done lie: by `pools` where each has run, by `regions` elsewhere."""

    def __init__(
        self,
        instance: Instance,
        ended: Mapping[Key, datetime],
        pools: Mapping[str, str],
        regions: Mapping[str, tuple[str, ...]],
    ) -> None:
        self.links, self.ended, self.pools, self.regions = Links.of(instance), ended, pools, regions

    def edges(self, task: Task) -> list[After]:
        """Return the edges of a task along which data come from tasks that are done."""
        return [edge for edge in task.after if edge.gib and (edge.task, 1) in self.ended]

    def fetching(self, task: Task, way: ConcreteOption) -> ConcreteOption:
        """Return an option that pays for what it fetches, and starts when that is there."""
        for edge in self.edges(task):
            way = self._fetching(task, edge, way)
        return way

    def _fetching(self, task: Task, edge: After, way: ConcreteOption) -> ConcreteOption:
        to = self.links.regions[way.pool]
        if to is None:
            return without_region(way)
        found = self.links.fetch(edge.task, self._origins(task, edge), to, edge.gib)
        fetched = moving(way, [found], takes_time=False)
        if found is None:
            return fetched
        there = self.ended[edge.task, 1] + timedelta(seconds=ceil(edge.lag + found.seconds))
        # The move is left out of `data`: no task of the rest states it.
        return fetched._replace(data=way.data, not_before=max(way.not_before or there, there))

    def _origins(self, task: Task, edge: After) -> tuple[str, ...]:
        """Return the regions in which the data of a task that is done lie; raises `UsageError`."""
        pool = self.pools.get(edge.task)
        own = None if pool is None else self.links.regions.get(pool)
        origins = (*(() if own is None else (own,)), *self.regions.get(edge.task, ()))
        if not origins:
            text = f"{task.id!r} takes its data, so say its `pool`, or in which regions they are with `at`"
            raise UsageError(f"state: done task {edge.task!r}: {text}")
        return origins
