"""Read single-source capacitated facility location, in the two layouts of its published sets.

`holmberg` (Holmberg, OR-Library, Yang): J I; J rows (capacity, fixed cost); I demands; J x I costs.
`delmaire` (Delmaire, Diaz & Fernandez): I J; I x J costs; I demands; J fixed costs; J capacities.
All customers share one slot: a customer is a task, a facility a pool with a node that is rented whole.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from leptonopt.errors import InstanceError, UsageError
from leptonopt.io.literature.hourly import hourly_document
from leptonopt.io.literature.number_stream import Numbers

LAYOUTS = ("holmberg", "delmaire")


@dataclass(frozen=True)
class _Sites:
    capacity: list[Decimal]
    fixed: list[Decimal]
    demand: list[Decimal]
    cost: list[list[Decimal]]  # of each customer at each facility

    @property
    def plausible(self) -> bool:
        """Return True when the customers fit into all facilities together."""
        return sum(self.demand) <= sum(self.capacity)


def document(text: str, path: Path, params: Mapping[str, str]) -> dict[str, Any]:
    """Return the native document of such a file; raises `InstanceError` where it is not one."""
    requested = params.get("layout")
    if requested is not None and requested not in LAYOUTS:
        raise UsageError(f"layout={requested[:40]!r}; allowed are {' and '.join(LAYOUTS)}")
    sites = _sites(text, path, requested)
    pools = [
        {"id": f"facility-{j}", "nodes": {"count": 1, "size": {"units": capacity}, "price": sites.fixed[j]}}
        for j, capacity in enumerate(sites.capacity)
        if capacity
    ]
    tasks = [
        {
            "id": f"customer-{i}",
            "options": [
                {"pool": f"facility-{j}", "uses": {"units": demand}, "duration": "1h", "cost": sites.cost[i][j]}
                for j, capacity in enumerate(sites.capacity)
                if demand <= capacity
            ],
        }
        for i, demand in enumerate(sites.demand)
    ]
    return hourly_document(path.stem or "sscflp", 1, pools, tasks)


def _sites(text: str, path: Path, requested: str | None) -> _Sites:
    """Return the content in the requested layout, else in the one whose sizes and amounts fit."""
    if requested:
        return _layout(Numbers(text, path), requested)
    numbers = Numbers(text, path)
    first, second = (numbers.whole("the number of facilities or customers", 1, 1_000_000) for _ in range(2))
    needed = {"holmberg": 2 * first + second + first * second, "delmaire": first + 2 * second + first * second}
    fitting = [layout for layout in LAYOUTS if needed[layout] == numbers.left]
    if not fitting:
        raise numbers.wrong(
            f"{numbers.left} numbers follow the sizes {first} and {second}; "
            f"{needed['holmberg']} (holmberg) or {needed['delmaire']} (delmaire) should"
        )
    if len(fitting) == 1:
        return _layout(Numbers(text, path), fitting[0])
    read: list[_Sites] = []
    wrong: list[InstanceError] = []
    for layout in fitting:
        try:
            read.append(_layout(Numbers(text, path), layout))
        except InstanceError as error:
            wrong.append(error)
    if not read:
        raise wrong[0]
    plausible = [sites for sites in read if sites.plausible]
    if len(plausible) != 1:
        raise numbers.wrong(
            f"{first} facilities and {second} customers can be read in both layouts; "
            "say --param layout=holmberg or layout=delmaire"
        )
    return plausible[0]


def _layout(numbers: Numbers, layout: str) -> _Sites:
    sizes = {"holmberg": ("facilities", "customers"), "delmaire": ("customers", "facilities")}[layout]
    count = {name: numbers.whole(f"the number of {name}", 1, 1_000_000) for name in sizes}
    facilities, customers = count["facilities"], count["customers"]
    numbers.options(facilities * customers)
    if layout == "holmberg":
        rows = [(numbers.decimal("a capacity", 0), numbers.decimal("a fixed cost", 0)) for _ in range(facilities)]
        capacity, fixed = [row[0] for row in rows], [row[1] for row in rows]
        demand = [_demand(numbers) for _ in range(customers)]
        by_facility = [numbers.decimals(customers, "a cost") for _ in range(facilities)]
        cost = [[row[i] for row in by_facility] for i in range(customers)]
    else:
        cost = [numbers.decimals(facilities, "a cost") for _ in range(customers)]
        demand = [_demand(numbers) for _ in range(customers)]
        fixed = numbers.decimals(facilities, "a fixed cost", 0)
        capacity = numbers.decimals(facilities, "a capacity", 0)
    numbers.end()
    largest = max(capacity)
    for customer, (need, line) in enumerate(demand):
        if need > largest:
            raise numbers.wrong(f"customer {customer} needs {need}; no facility has more than {largest}", line)
    return _Sites(capacity, fixed, [need for need, _ in demand], cost)


def _demand(numbers: Numbers) -> tuple[Decimal, int]:
    """Return a demand and its line."""
    if demand := numbers.decimal("a demand", 0):
        return demand, numbers.line
    raise numbers.wrong("a demand of 0; a customer needs something")
