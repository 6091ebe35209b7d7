"""Read multiple-choice multidimensional knapsacks (Khan et al. 2002): one item of each group.

n l m; m capacities; of each group its number, then l rows (value, m needs). What follows the last group are
results of heuristics and is not read. The knapsack is a pool of one slot, a group a task, an item an option
that costs minus its value: the cost of a plan is minus the value published.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from leptonopt.io.literature.hourly import hourly_document
from leptonopt.io.literature.number_stream import Numbers


def document(text: str, path: Path, params: Mapping[str, str]) -> dict[str, Any]:
    """Return the native document of such a file; raises `InstanceError` where it is not one."""
    numbers = Numbers(text, path)
    groups, items = numbers.whole("the number of groups", 1, 1_000_000), numbers.whole("the items of a group", 1, 10**6)
    resources = numbers.whole("the number of resources", 1, 1000)
    numbers.options(groups * items)
    capacity = {f"r{r}": numbers.decimal("a capacity", 0) for r in range(resources)}
    tasks = [_group(numbers, group, items, resources) for group in range(1, groups + 1)]
    return hourly_document(path.stem or "mmkp", 1, [{"id": "knapsack", "capacity": capacity}], tasks, "value")


def _group(numbers: Numbers, group: int, items: int, resources: int) -> dict[str, Any]:
    if numbers.whole("the number of a group") != group:
        raise numbers.wrong(f"group {group} is missing or out of order")
    options = []
    for item in range(items):
        value = numbers.decimal("a value")
        needs = {f"r{r}": numbers.decimal("a need", 0) for r in range(resources)}
        options.append(
            {
                "id": f"item-{item}",
                "pool": "knapsack",
                "uses": {name: need for name, need in needs.items() if need},
                "duration": "1h",
                "cost": -value,
            }
        )
    return {"id": f"group-{group}", "options": options}
