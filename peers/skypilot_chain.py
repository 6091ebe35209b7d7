"""SkyPilot's choice of clouds and leptonopt on the same tasks: which offer does each task take, and what does it cost?

    python peers/skypilot_chain.py --data DIR [--time-limit 20] [-o rows.jsonl]

SkyPilot's optimiser (Yang et al., "SkyPilot: An Intercloud Broker for Sky Computing", NSDI 2023) picks one offer for
each task of a graph: c[v] is one-hot over the offers of v, e[u, v] the product of c[u] and c[v]; least sum of
execution cost and of the cost to move what u writes from its cloud to v's. Or least time: the end of the last task,
cost aside. The package needs cloud accounts and downloads its catalogue, so the program is written here from what is
published. Offers are real, tasks generated: `clouds.py`.

Four questions: nothing is moved; data is moved; and both again with a deadline, which SkyPilot's program cannot
express. Equal costs are expected without a deadline.
"""

from __future__ import annotations

import math
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pulp
from clouds import PER_GB, Offers, Pick, Task, bill, end, moving, offers_of, tasks_of
from common import Row, Table, arguments, cbc, our_row, ours

THEIRS = "time, capacity, deadlines"


def skypilot(
    tasks: list[Task], offers: Offers, seconds: float, moved: bool = False, fast: bool = False
) -> tuple[str, list[Pick], float]:
    """The published program, of least cost or of least time: status, offers chosen, seconds."""
    problem = pulp.LpProblem("offers", pulp.LpMinimize)
    c = [pulp.LpVariable.dicts(f"c_{v}", task.hours, cat="Binary") for v, task in enumerate(tasks)]
    for each in c:
        problem += pulp.lpSum(each.values()) == 1
    cost = [offers[pick] * task.hours[pick] * c[v][pick] for v, task in enumerate(tasks) for pick in task.hours]
    for v, task in enumerate(tasks):
        for u, size in task.after.items() if moved else ():
            e = pulp.LpVariable.dicts(f"e_{u}_{v}", [(a, b) for a in c[u] for b in c[v]], cat="Binary")
            for a in c[u]:
                problem += pulp.lpSum(e[a, b] for b in c[v]) == c[u][a]
            for b in c[v]:
                problem += pulp.lpSum(e[a, b] for a in c[u]) == c[v][b]
            cost += [moving(a, b, size) * var for (a, b), var in e.items()]
    if fast:
        ends = [pulp.LpVariable(f"end_{v}", lowBound=0) for v in range(len(tasks))]
        last = pulp.LpVariable("end", lowBound=0)
        for v, task in enumerate(tasks):
            hours = pulp.lpSum(task.hours[pick] * var for pick, var in c[v].items())
            problem += last >= ends[v]
            problem += ends[v] >= hours
            for u in task.after:
                problem += ends[v] >= ends[u] + hours
        problem += last
    else:
        problem += pulp.lpSum(cost)
    status, _, took = cbc(problem, seconds)
    if status not in ("optimal", "feasible"):
        raise SystemExit(f"CBC found no choice of offers in {seconds:g} seconds")
    return status, [max(each, key=lambda pick: each[pick].value()) for each in c], took


def document(tasks: list[Task], offers: Offers, hours: int, moved: bool = False) -> dict[str, Any]:
    """Return the same as an instance of leptonopt: clouds are regions and pools without limit, `hours` the horizon."""
    pools = []
    for cloud in PER_GB:
        prices = {machine: Decimal(str(price)) for (where, machine), price in offers.items() if where == cloud}
        unlimited = dict.fromkeys(prices, "unlimited")
        pools.append({"id": cloud, "labels": [f"region:{cloud}"], "capacity": unlimited, "price": prices})
    made = [
        {
            "id": f"task-{v}",
            "after": [{"task": f"task-{u}", "gib": size if moved else 0} for u, size in task.after.items()],
            "options": [
                {"id": f"{cloud} {machine}", "pool": cloud, "uses": {machine: 1}, "duration": f"{long}h"}
                for (cloud, machine), long in task.hours.items()
            ],
        }
        for v, task in enumerate(tasks)
    ]
    grid = {"start": "2026-01-01T00:00Z", "slot": "1h", "horizon": f"{hours}h"}
    links = [{"from": cloud, "to": "*", "price": price} for cloud, price in PER_GB.items()]
    return {"leptonopt": 1, "time": grid, "pools": pools, "links": links, "tasks": made}


def leptonopt(name: str, tasks: list[Task], offers: Offers, seconds: float, hours: int, moved: bool = False) -> Row:
    """A row of leptonopt."""
    result, took = ours(document(tasks, offers, hours, moved), seconds)
    row = our_row(name, result, took, system="leptonopt")
    if result.plan is None:
        return row
    taken = {task["id"]: tuple(task["option"].split()) for task in result.plan.tasks}
    return replace(row, note=f"ends after {end(tasks, [taken[f'task-{v}'] for v in range(len(tasks))])} h")


def main() -> None:
    """Compare and print."""
    given = arguments(__doc__, 20.0).parse_args()
    table, offers, seconds = Table(given.output), offers_of(given.data / "prices"), given.time_limit

    def theirs(name: str, hours: float = math.inf, **how: bool) -> tuple[list[Pick], Row]:
        status, choice, took = skypilot(tasks, offers, seconds, **how)
        ends, cost = end(tasks, choice), bill(tasks, choice, offers, how.get("moved", False))
        system = "skypilot, least time" if how.get("fast") else "skypilot, least cost"
        status = "late" if ends > hours else "feasible" if how.get("fast") else status
        return choice, Row(name, system, status, cost, took, THEIRS, f"ends after {ends} h")

    for kind, count, most in (("chain", 10, 1), ("chain", 50, 1), ("graph", 20, 3), ("graph", 60, 3)):
        tasks = tasks_of(offers, count, most)
        cheap, row = theirs(f"{kind}-{count}")
        slack, quick = end(tasks, cheap), theirs("", fast=True)
        table.add(row)
        table.add(leptonopt(f"{kind}-{count}", tasks, offers, seconds, slack))
        name = f"{kind}-{count} moved"
        slow, moving_row = theirs(name, moved=True)
        table.add(moving_row)
        table.add(leptonopt(name, tasks, offers, seconds, 2 * slack, moved=True))
        limit = end(tasks, quick[0]) + int(0.4 * (slack - end(tasks, quick[0])))
        name = f"{kind}-{count} in {limit} h"
        table.add(replace(row, instance=name, status="late"))
        table.add(replace(quick[1], instance=name))
        table.add(leptonopt(name, tasks, offers, seconds, limit))
        name = f"{kind}-{count} moved in {limit} h"
        table.add(replace(moving_row, instance=name, status="late" if end(tasks, slow) > limit else "optimal"))
        table.add(replace(quick[1], instance=name, cost=bill(tasks, quick[0], offers, moved=True)))
        table.add(leptonopt(name, tasks, offers, seconds, limit, moved=True))


if __name__ == "__main__":
    main()
