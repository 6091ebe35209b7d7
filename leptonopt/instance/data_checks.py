"""Check data that moves across the parts of an instance."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from leptonopt.errors import Finding
from leptonopt.instance.data import REGION, Dataset
from leptonopt.instance.names import unknown_name
from leptonopt.instance.pools import Pool
from leptonopt.instance.tasks import Task
from leptonopt.runtime.clock import check_time_each


def data_findings(pools: Sequence[Pool], tasks: Sequence[Task], datasets: Sequence[Dataset]) -> Iterator[Finding]:
    """Yield what is wrong with data: unknown datasets, several regions of a pool, data between copies."""
    ids = [each.id for each in datasets]
    for at, id in enumerate(ids):
        if id in ids[:at]:
            yield Finding(
                f"the id {id!r} stands already at datasets[{ids.index(id)}]; ids are unique", ("datasets", at, "id")
            )
    for at, pool in enumerate(pools):
        if len(regions := [label for label in pool.labels if label.startswith(REGION)]) > 1:
            text = f"labels of two regions, {regions[0]!r} and {regions[1]!r}; at most one"
            yield Finding(text, ("pools", at, "labels"))
    known, single = {each.id for each in datasets}, {task.id: task.copies == 1 and not task.is_cut for task in tasks}
    for at, task in enumerate(check_time_each(tasks)):
        for place, name in enumerate(task.inputs):
            if name not in known:
                yield Finding(unknown_name("dataset", name, known), ("tasks", at, "inputs", place))
        for place, after in enumerate(task.after):
            if after.gib and not (single[task.id] and single.get(after.task, True)):
                text = "data passes between copies or segments; only a whole task of one copy takes data, from another"
                yield Finding(text, ("tasks", at, "after", place))
