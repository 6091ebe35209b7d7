"""Random small `Problem`s with every feature of it; seeded, so that a failure can be repeated."""

from __future__ import annotations

import dataclasses
import random

import numpy as np

from leptonopt.problem.feasibility import violated_rules
from leptonopt.problem.nodes import NodeCosts, Nodes
from leptonopt.problem.problem import UNLIMITED, Problem, Quota
from leptonopt.problem.schedule import Schedule


def ints(values: object) -> np.ndarray:
    """An int64 array, also of nothing."""
    return np.array(values, np.int64)


def problem(seed: int, groups: int = 4, slots: int = 6, scale: int = 1) -> Problem:
    """Up to `groups` groups over two or three rows; tariffs, negative prices, holes in the capacity,
    copies, optional groups, precedence with lags, unlimited rows, late costs; some have no schedule.

    `scale` multiplies every price, so that costs reach a limit to be tested.
    """
    rng = random.Random(seed)
    rows = rng.randint(1, 3)
    capacity = ints([_capacity(rng, slots) for _ in range(rows)])
    price = ints([_price(rng, slots) for _ in range(rows)]) * scale
    count = rng.choice([0, *[rng.randint(1, groups)] * 12])
    edges = _edges(rng, count)
    linked = {group for edge in edges for group in edge[:2]}
    copies = [1 if group in linked else rng.choice([1, 1, 1, 2, 3]) for group in range(count)]
    optional = [rng.random() < 0.35 for _ in range(count)]
    options = [_options(rng, rows, slots, scale) for _ in range(count)]
    flat = [option for group in options for option in group]
    slope = [rng.choice([0, 0, rng.randint(1, 9)]) * scale for _ in range(count)]
    early = random.Random(f"early {seed}")
    hasty = (
        [early.choice([0, early.randint(1, 9)]) * scale for _ in range(count)] if early.random() < 0.3 else [0] * count
    )
    return Problem(
        capacity=capacity,
        price=price,
        copies=ints(copies),
        optional=np.array(optional, bool),
        value=ints([rng.randint(0, 60) * scale if may else 0 for may in optional]),
        late_slope=ints(slope),
        late_base=ints([each * rng.randint(0, slots) + rng.choice([0, each // 2]) for each in slope]),
        late_once=ints([rng.choice([0, 0, rng.randint(1, 20)]) * scale for _ in slope]),
        late_after=ints([rng.randint(0, slots) for _ in slope]),
        early_slope=ints(hasty),
        early_base=ints([each * early.randint(0, slots + 1) + early.choice([0, each // 2]) for each in hasty]),
        option_ptr=np.cumsum([0, *map(len, options)]).astype(np.int64),
        pool=ints([0] * len(flat)),
        duration=ints([option["duration"] for option in flat]),
        fixed=ints([option["fixed"] for option in flat]),
        first=ints([option["first"] for option in flat]),
        last=ints([option["last"] for option in flat]),
        demand_ptr=np.cumsum([0, *(len(option["demand"]) for option in flat)]).astype(np.int64),
        demand_row=ints([row for option in flat for row, _ in option["demand"]]),
        demand=ints([amount for option in flat for _, amount in option["demand"]]),
        before=ints([edge[0] for edge in edges]),
        after=ints([edge[1] for edge in edges]),
        lag=ints([edge[2] for edge in edges]),
    )


def _capacity(rng: random.Random, slots: int) -> list[int]:
    if rng.random() < 0.15:
        return [UNLIMITED] * slots
    level = rng.randint(2, 7)
    return [
        rng.choice([level, level, level, 0, rng.randint(1, 7), UNLIMITED if rng.random() < 0.1 else level])
        for _ in range(slots)
    ]


def _price(rng: random.Random, slots: int) -> list[int]:
    low = -3 if rng.random() < 0.25 else 0
    if rng.random() < 0.5:
        return [rng.randint(low, 9)] * slots
    return [rng.randint(low, 9) for _ in range(slots)]


def _edges(rng: random.Random, count: int) -> list[tuple[int, int, int]]:
    """Pairs (before, after, lag) without a cycle, each pair once, for at most half of the problems."""
    if count < 2 or rng.random() < 0.5:
        return []
    order = rng.sample(range(count), count)
    pairs = {tuple(sorted(rng.sample(range(count), 2))) for _ in range(rng.randint(1, 3))}
    return [(order[low], order[high], rng.choice([0, 0, 1, 2])) for low, high in sorted(pairs)]


def _options(rng: random.Random, rows: int, slots: int, scale: int) -> list[dict[str, object]]:
    """Options of a group; sometimes none at all."""
    found = []
    for _ in range(rng.choice([1, 1, 2, 2, 3, 0 if rng.random() < 0.1 else 1])):
        duration = rng.randint(1, max(1, slots // 2))
        window = sorted(rng.randint(0, slots - duration) for _ in range(2))
        first, last = window if rng.random() < 0.5 else (0, slots - duration)
        held = sorted(rng.sample(range(rows), rng.randint(0 if rng.random() < 0.1 else 1, rows)))
        demand = [(row, rng.randint(1, 4)) for row in held]
        fixed = rng.choice([0, rng.randint(-5, 20)]) * scale
        found.append({"duration": duration, "first": first, "last": last, "demand": demand, "fixed": fixed})
    return found


def rich(seed: int, groups: int = 3, slots: int = 4, scale: int = 1) -> Problem:
    """A random problem with nodes on some rows, quotas, and groups that belong together or are kept apart."""
    rng = random.Random(seed * 7 + 1)
    plain = problem(seed, groups, slots, scale)
    pools = ints([rng.randrange(2) for _ in range(plain.options)])
    kinds = rng.choice([0, 1, 1, 2])
    count = ints([_count(rng, slots) for _ in range(kinds)]).reshape(kinds, slots)
    costs = node_costs(rng, kinds, slots, scale, lowest=-1 if rng.random() < 0.2 else 0)
    pairs = sorted(
        {(rng.randrange(kinds), rng.randrange(len(plain.capacity))) for _ in range(rng.choice([1, 2]) * kinds)}
    )
    nodes = Nodes(
        count=count,
        on_demand=np.array([rng.random() < 0.8 for _ in range(kinds)], bool),
        reserved=ints([rng.choice([0, 0, 1]) for _ in range(kinds)]),
        commit_max=ints([rng.choice([0, 0, 1, 2]) for _ in range(kinds)]),
        boot=ints([rng.choice([0, 0, 0, 1]) for _ in range(kinds)]),
        minimum=ints([rng.choice([0, 0, 1, 2]) for _ in range(kinds)]),
        costs=costs,
        supply_node=ints([kind for kind, _ in pairs]),
        supply_row=ints([row for _, row in pairs]),
        supply_size=ints([rng.randint(2, 5) for _ in pairs]),
        before=ints(
            [
                min(random.Random(seed * 13 + at).choice([0, 0, 1, 2]), most)
                for at, most in enumerate(count.max(axis=1).tolist())
            ]
        ),
    )
    capacity = plain.capacity.copy()
    for row in {row for _, row in pairs}:
        mine = nodes.supply_row == row
        capacity[row] = (nodes.supply_size[mine, None] * nodes.most()[nodes.supply_node[mine]]).sum(axis=0)
    quotas = []
    for _ in range(rng.choice([0, 0, 1, 2])):
        first = rng.randrange(slots)
        last = rng.randint(first, slots - 1)
        rows = sorted(rng.sample(range(len(capacity)), rng.randint(1, len(capacity))))
        rate = ints([[rng.randint(0, 2) if first <= t <= last else 0 for t in range(slots)] for _ in rows])
        some = sorted(rng.sample(range(plain.options), rng.randint(0, plain.options)))
        own = node_costs(rng, kinds, slots, 1) if rng.random() < 0.4 else None
        once = ints([rng.randint(0, 4) for _ in some])
        quotas.append(Quota(rng.randint(4, 25), ints(rows), rate, ints(some), once, first, last, own))
    chosen = [ints(sorted(rng.sample(range(plain.groups), 2))) if plain.groups > 1 else None for _ in range(2)]
    return dataclasses.replace(
        plain,
        pool=pools,
        capacity=capacity,
        nodes=nodes,
        quotas=tuple(quotas),
        together=(chosen[0],) if chosen[0] is not None and rng.random() < 0.25 else (),
        apart=(chosen[1],) if chosen[1] is not None and rng.random() < 0.25 else (),
    )


def _count(rng: random.Random, slots: int) -> list[int]:
    level = rng.randint(1, 2)
    return [level if rng.random() < 0.8 else rng.randint(0, 2) for _ in range(slots)]


def node_costs(rng: random.Random, kinds: int, slots: int, scale: int, lowest: int = 0) -> NodeCosts:
    """Random costs of nodes; none of switching for about half of the kinds."""
    switching = [rng.random() < 0.5 for _ in range(kinds)]

    def grid(low: int, high: int, only: list[bool] | None = None) -> np.ndarray:
        cells = [[rng.randint(low, high) * (only is None or only[k]) for _ in range(slots)] for k in range(kinds)]
        return ints(cells).reshape(kinds, slots) * scale

    idle = [rng.random() < 0.5 for _ in range(kinds)]
    commit = ints([rng.randint(0, 15) * scale for _ in range(kinds)])
    return NodeCosts(grid(0, 8), grid(lowest, 2, idle), grid(0, 6, switching), grid(0, 3, switching), commit)


def bins(seed: int, items: int = 40, slots: int = 30, room: int = 9) -> Problem:
    """A problem too hard to prove in seconds: large tasks on two tight pools, all wanted at once."""
    rng = random.Random(seed)
    sizes = [(rng.randint(3, 5), rng.randint(2, 6)) for _ in range(items)]
    options = [(pool, size, length) for size, length in sizes for pool in (0, 1)]
    return Problem(
        capacity=np.full((2, slots), room * items // 10),
        price=ints([[rng.randint(100, 999) for _ in range(slots)] for _ in range(2)]),
        copies=ints([1] * items),
        optional=np.zeros(items, bool),
        value=ints([0] * items),
        late_slope=ints([rng.randint(500, 3000) for _ in sizes]),
        late_base=ints([0] * items),
        late_once=ints([0] * items),
        late_after=ints([0] * items),
        option_ptr=ints(range(0, 2 * items + 1, 2)),
        pool=ints([pool for pool, _, _ in options]),
        duration=ints([length for _, _, length in options]),
        fixed=ints([0] * len(options)),
        first=ints([0] * len(options)),
        last=ints([slots - length for _, _, length in options]),
        demand_ptr=ints(range(len(options) + 1)),
        demand_row=ints([pool for pool, _, _ in options]),
        demand=ints([size for _, size, _ in options]),
        before=ints([]),
        after=ints([]),
        lag=ints([]),
    )


def one_slot(demand: list[int], value: list[int], room: int) -> Problem:
    """A knapsack: optional tasks of one slot on one row."""
    count = len(demand)
    zeros = ints([0] * count)
    return Problem(
        capacity=ints([[room]]),
        price=ints([[0]]),
        copies=ints([1] * count),
        optional=np.ones(count, bool),
        value=ints(value),
        late_slope=zeros,
        late_base=zeros,
        late_once=zeros,
        late_after=zeros,
        option_ptr=ints(range(count + 1)),
        pool=zeros,
        duration=ints([1] * count),
        fixed=zeros,
        first=zeros,
        last=zeros,
        demand_ptr=ints(range(count + 1)),
        demand_row=zeros,
        demand=ints(demand),
        before=ints([]),
        after=ints([]),
        lag=ints([]),
    )


def any_schedule(problem: Problem) -> Schedule:
    """Some schedule that keeps every rule: first fit, task by task."""
    load, chosen = np.zeros_like(problem.capacity), []
    columns = problem.columns
    for group in range(problem.groups):
        for at in np.flatnonzero(problem.group[columns.option] == group).tolist():
            rows, amounts = problem.demands(int(columns.option[at]))
            start = int(columns.start[at])
            part = slice(start, start + int(problem.duration[columns.option[at]]))
            if np.all(load[rows, part] + amounts[:, None] <= problem.capacity[rows, part]):
                load[rows, part] += amounts[:, None]
                chosen.append(at)
                break
    schedule = Schedule.of(columns.option[chosen], columns.start[chosen])
    assert not violated_rules(problem, schedule)
    return schedule
