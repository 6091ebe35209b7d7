"""Machine reassignment of the ROADEF/EURO challenge 2012 in the native format, without transient resources.

Where every machine is a location of its own, the processes of a service, each on another machine, are spread.

Machines are pools and processes tasks in a horizon of one slot. An option that leaves its machine costs the move. Load
beyond the safety capacity and missing balance are meters; the greatest number of processes of one service that move is
the level that a further task chooses, of which a quota for each service takes what is left.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

Document = dict[str, Any]


@dataclass
class Reassignment:
    """Hold the whole numbers of the two files; `home` is the first machine of each process."""

    load_weight: list[int]
    capacity: list[list[int]]
    safety: list[list[int]]
    distance: list[list[int]]
    service: list[int]
    needs: list[list[int]]
    move_cost: list[int]
    balance: list[tuple[int, int, int, int]]
    weights: list[int]
    home: list[int]

    @classmethod
    def read(cls, model: Path, assignment: Path) -> Reassignment:
        """Read both files; raises `ValueError` for rules that are not modelled."""
        numbers = map(int, model.read_text().split())

        def take(count: int) -> list[int]:
            return list(islice(numbers, count))

        transient, load_weight = zip(*(take(2) for _ in range(next(numbers))), strict=True)
        resources, machines = len(load_weight), next(numbers)
        rows = [take(2 + 2 * resources + machines) for _ in range(machines)]
        services = [(next(numbers), take(next(numbers))) for _ in range(next(numbers))]
        places = {row[1] for row in rows}
        if any(transient) or any(after for _, after in services):
            raise ValueError("transient resources and dependencies are not modelled")
        if any(spread > 1 for spread, _ in services) and len(places) < machines:
            raise ValueError("the spread of services over locations of several machines is not modelled")
        processes = [take(2 + resources) for _ in range(next(numbers))]
        balance = [(*take(3), next(numbers)) for _ in range(next(numbers))]
        return cls(
            list(load_weight), [row[2 : 2 + resources] for row in rows],
            [row[2 + resources : 2 + 2 * resources] for row in rows], [row[2 + 2 * resources :] for row in rows],
            [row[0] for row in processes], [row[1:-1] for row in processes], [row[-1] for row in processes],
            balance, take(3), [int(word) for word in assignment.read_text().split()],
        )  # type: ignore[arg-type]  # fmt: skip

    def document(self) -> Document:
        """Return the instance."""
        members = defaultdict(list)
        for process, service in enumerate(self.service):
            members[service].append(process)
        most = max(map(len, members.values()))
        pools = [
            {"id": f"m{at}", "capacity": {f"r{resource}": limit for resource, limit in enumerate(row)}}
            for at, row in enumerate(self.capacity)
        ]
        level = [
            {"id": str(at), "pool": "m0", "duration": "1h", "cost": self.weights[1] * at,
             "consumes": {f"moved-{service}": most - at for service in members if most > at}}
            for at in range(most + 1)
        ]  # fmt: skip
        return {
            "time": {"start": "2012-01-01T00:00Z", "slot": "1h", "horizon": "1h"},
            "pools": pools,
            "tasks": [*map(self._process, range(len(self.home))), {"id": "level", "options": level}],
            "apart": [[f"p{at}" for at in some] for some in members.values() if len(some) > 1],
            "quotas": [{"id": f"moved-{each}", "of": f"moved-{each}", "limit": most} for each in members],
            "meters": [*self._loads(), *self._balances()],
        }

    def _process(self, process: int) -> Document:
        options = []
        for at in range(len(self.capacity)):
            home, consumes = self.home[process], dict(self._unbalanced(process, at))
            moved = at != home
            if moved:
                consumes[f"moved-{self.service[process]}"] = 1
            cost = moved * self.weights[0] * self.move_cost[process] + self.weights[2] * self.distance[home][at]
            uses = {f"r{resource}": need for resource, need in enumerate(self.needs[process])}
            options.append({"pool": f"m{at}", "uses": uses, "duration": "1h", "cost": cost, "consumes": consumes})
        return {"id": f"p{process}", "options": options}

    def _unbalanced(self, process: int, machine: int) -> Iterator[tuple[str, int]]:
        """Yield what a process on a machine adds to each balance: use of the second resource, or none of the first."""
        for number, (first, second, target, _) in enumerate(self.balance):
            for at in range(len(self.capacity)):
                needs = self.needs[process]
                yield f"balance-{number}-{at}", needs[second] if at == machine else target * needs[first]

    def _loads(self) -> Iterator[Document]:
        for at, row in enumerate(self.safety):
            for resource, safe in enumerate(row):
                tiers = [{"price": 0}, {"from": safe, "price": self.load_weight[resource]}]
                yield {"id": f"load-{at}-{resource}", "of": f"r{resource}", "pools": [f"m{at}"], "tiers": tiers}

    def _balances(self) -> Iterator[Document]:
        """Yield max(0, target free(first) - free(second)) of each machine as a price beyond a threshold."""
        for number, (first, second, target, weight) in enumerate(self.balance):
            whole = target * sum(needs[first] for needs in self.needs)
            for at, limits in enumerate(self.capacity):
                begins = whole - target * limits[first] + limits[second]
                if begins <= 0:
                    raise ValueError("a balance that is missing in any plan is not modelled")
                name = f"balance-{number}-{at}"
                yield {"id": name, "of": name, "tiers": [{"price": 0}, {"from": begins, "price": weight}]}
