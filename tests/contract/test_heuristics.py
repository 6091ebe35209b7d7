"""Greedy, least-loaded, Lagrangian and LNS on random tiny problems, against brute force."""

from __future__ import annotations

import numpy as np
import pytest

from leptonopt.algorithms.heuristics.partial_schedule import PartialSchedule, ProblemIndex
from leptonopt.algorithms.lagrangian.cost_guide import CostGuide
from leptonopt.algorithms.lagrangian.pricing import BlockPricer
from leptonopt.problem.feasibility import violated_rules
from leptonopt.problem.nodes import NodeCosts, Nodes
from leptonopt.problem.problem import UNLIMITED, Problem
from leptonopt.problem.protocol import Limits, Monitor, Solution, Status
from leptonopt.problem.schedule import Schedule, objective
from leptonopt.solvers.registry import load_method
from tests.helpers.marks import first

METHODS = ("greedy", "least-loaded", "lagrangian")
SEEDS = range(60)


class Ear:
    """A monitor that remembers."""

    def __init__(self) -> None:
        self.costs: list[int] = []
        self.bounds: list[int] = []
        self.held: Schedule | None = None

    def incumbent(self, schedule: Schedule, cost: int) -> None:
        self.costs.append(cost)
        self.held = schedule

    def bound(self, value: int) -> None:
        self.bounds.append(value)

    def best(self) -> Schedule | None:
        return self.held

    def should_stop(self) -> bool:
        return False


def run(method: str, problem: Problem, warm: Schedule | None = None, ear: Monitor | None = None) -> Solution:
    limits = Limits(time_limit=5, deterministic=True)
    return load_method(method)(problem, warm, limits, ear or Ear())


def ints(values: object) -> np.ndarray:
    return np.array(values, np.int64)


def tiny(seed: int, groups: int = 4, slots: int = 5, tight: bool = False) -> Problem:
    """A random problem small enough to enumerate, with every feature of the model now and then."""
    random = np.random.default_rng(seed)
    rows = int(random.integers(1, 4))
    capacity = random.integers(1 if tight else 2, 4 if tight else 6, (rows, slots))
    if random.random() < 0.3:
        capacity[random.integers(rows)] = UNLIMITED
    after = [(b, a, int(random.integers(0, 2))) for a in range(groups) for b in range(a) if random.random() < 0.15]
    linked = {g for b, a, _ in after for g in (b, a)}
    options = []
    for g in range(groups):
        for _ in range(int(random.integers(1, 3))):
            length = int(random.integers(1, 3))
            first = int(random.integers(0, slots - length + 1))
            last = int(random.integers(first, slots - length + 1))
            held = sorted(random.choice(rows, int(random.integers(0, rows + 1)), replace=False).tolist())
            options.append((g, length, int(random.integers(-5, 10)), first, last, held))
    optional = random.random(groups) < 0.5
    for b, a, _ in reversed(after):
        optional[b] &= optional[a]
    held = [row for option in options for row in option[5]]
    late = random.random(groups) < 0.4
    return Problem(
        capacity=capacity.astype(np.int64),
        price=random.integers(-2, 6, (rows, slots)),
        copies=ints([1 if g in linked else int(random.integers(1, 3)) for g in range(groups)]),
        optional=optional,
        value=np.where(optional, random.integers(0, 25, groups), 0).astype(np.int64),
        late_slope=np.where(late, 3, 0).astype(np.int64),
        late_base=np.where(late, random.integers(0, 10, groups), 0).astype(np.int64),
        late_once=np.where(random.random(groups) < 0.3, 4, 0).astype(np.int64),
        late_after=random.integers(0, slots, groups),
        option_ptr=np.searchsorted([option[0] for option in options], np.arange(groups + 1)).astype(np.int64),
        pool=np.zeros(len(options), np.int64),
        duration=ints([option[1] for option in options]),
        fixed=ints([option[2] for option in options]),
        first=ints([option[3] for option in options]),
        last=ints([option[4] for option in options]),
        demand_ptr=ints([0, *np.cumsum([len(option[5]) for option in options])]),
        demand_row=ints(held),
        demand=random.integers(1, 3, len(held)),
        before=ints([edge[0] for edge in after]),
        after=ints([edge[1] for edge in after]),
        lag=ints([edge[2] for edge in after]),
    )


def brute(problem: Problem) -> int | None:
    """The optimum by trying everything; None when there is no schedule."""
    choices = []
    for group in range(problem.groups):
        columns: list[tuple[int, int] | None] = [None] if problem.optional[group] else []
        for option in range(problem.option_ptr[group], problem.option_ptr[group + 1]):
            columns += [(option, s) for s in range(problem.first[option], problem.last[option] + 1)]
        one = int(problem.copies[group]) == 1
        choices.append([(c,) for c in columns] if one else [(a, b) for i, a in enumerate(columns) for b in columns[i:]])
    costs = {
        (o, int(problem.first[o]) + at): cost
        for o in range(problem.options)
        for at, cost in enumerate(problem.start_costs(o).tolist())
    }
    best: int | None = None

    def price(group: int, choice: tuple[tuple[int, int] | None, ...]) -> int:
        return sum(costs[column] if column else int(problem.value[group]) for column in choice)

    for group, found in enumerate(choices):
        found.sort(key=lambda choice, group=group: price(group, choice))
    least = [price(group, found[0]) if found else 0 for group, found in enumerate(choices)]

    def search(group: int, free: np.ndarray, ends: list[tuple[int, int]], cost: int) -> None:
        nonlocal best
        if best is not None and cost + sum(least[group:]) >= best:
            return
        if group == problem.groups:
            best = cost if best is None else min(best, cost)
            return
        for choice in choices[group]:
            left, total, span = free.copy(), cost, (-1, -1)
            for column in choice:
                if column is None:
                    total += int(problem.value[group])
                    continue
                option, start = column
                span = (start, start + int(problem.duration[option]))
                for row, amount in zip(*problem.demands(option), strict=True):
                    left[row, span[0] : span[1]] -= amount
                total += costs[column]
            if (left >= 0).all() and waits(problem, [*ends, span], group):
                search(group + 1, left, [*ends, span], total)

    search(0, problem.capacity.copy(), [], 0)
    return best


def waits(problem: Problem, spans: list[tuple[int, int]], group: int) -> bool:
    edges = zip(problem.before.tolist(), problem.after.tolist(), problem.lag.tolist(), strict=True)
    return all(
        spans[a][0] < 0 or (spans[b][1] >= 0 and spans[a][0] >= spans[b][1] + lag) for b, a, lag in edges if a == group
    )


@pytest.mark.parametrize("tight", [False, True])
@pytest.mark.parametrize("seed", first(20, SEEDS, ci=40))
def test_answers_against_brute_force(seed: int, tight: bool) -> None:
    """Schedules keep every rule, cost what they say, never beat the optimum; no bound exceeds it."""
    problem = tiny(seed, tight=tight)
    optimum = brute(problem)
    for method in METHODS:
        ear = Ear()
        answer = run(method, problem, ear=ear)
        judge(problem, answer, ear, optimum)


def judge(problem: Problem, answer: Solution, ear: Ear, optimum: int | None) -> None:
    if answer.status is Status.INFEASIBLE:
        assert optimum is None
    if optimum is None:
        assert answer.schedule is None
        return
    assert answer.bound is not None
    assert answer.bound <= optimum
    assert all(bound <= optimum for bound in ear.bounds)
    if answer.schedule is not None:
        assert violated_rules(problem, answer.schedule) == set()
        assert objective(problem, answer.schedule) >= optimum
        assert ear.costs[-1] == objective(problem, answer.schedule)
        assert ear.costs == sorted(ear.costs, reverse=True)


@pytest.mark.parametrize("seed", range(12))
def test_lns_against_brute_force(seed: int) -> None:
    """On tiny problems one neighbourhood is the whole problem: the search ends with the optimum, proven."""
    for tight in (False, True):
        problem = tiny(seed + 100, tight=tight)
        ear, optimum = Ear(), brute(problem)
        answer = run("lns", problem, ear=ear)
        judge(problem, answer, ear, optimum)
        if answer.schedule is not None:
            assert answer.status is Status.OPTIMAL
            assert objective(problem, answer.schedule) == optimum


@pytest.mark.parametrize("method", ["greedy", "lns"])
@pytest.mark.parametrize("seed", range(6))
def test_never_worse_than_the_warm_start(seed: int, method: str) -> None:
    """A schedule that is handed over is kept or improved, and a broken one is not believed."""
    problem = tiny(seed + 200, groups=6, slots=8)
    warm = run("least-loaded", problem).schedule
    if warm is not None:
        answer = run(method, problem, warm)
        assert answer.schedule is not None
        assert objective(problem, answer.schedule) <= objective(problem, warm)
    broken = Schedule.of([0], [int(problem.last[0]) + 1])
    answer = run(method, problem, broken)
    assert answer.schedule is None or violated_rules(problem, answer.schedule) == set()


@pytest.mark.parametrize("method", ["greedy", "least-loaded", "lagrangian", "lns"])
def test_same_answer_twice(method: str) -> None:
    """The same problem and seed give the same schedule and bound."""
    problem = week(30, 4, seed=3)
    seconds = 1.5 if method == "lns" else 60.0  # elsewhere a last resort that a loaded machine must not meet
    limits = Limits(time_limit=seconds, deterministic=True)
    first, second = (load_method(method)(problem, None, limits, Ear()) for _ in range(2))
    assert first.bound == second.bound
    if first.schedule is not None and second.schedule is not None:
        assert list(first.schedule) == list(second.schedule)


@pytest.mark.parametrize("method", ["greedy", "least-loaded", "lagrangian", "lns"])
def test_nothing_to_do(method: str) -> None:
    """No groups at all, an optional group without options, and a group without options that must run."""
    empty = chosen(tiny(1), [])
    answer = run(method, empty)
    assert answer.bound == 0
    optional = lone(optional=True)
    answer = run(method, optional)
    assert answer.bound is not None
    assert answer.bound <= 7
    assert answer.schedule is None or objective(optional, answer.schedule) == 7
    assert run(method, lone(optional=False)).status is Status.INFEASIBLE


@pytest.mark.parametrize("method", ["greedy", "least-loaded", "lns"])
def test_a_million_copies(method: str) -> None:
    """Copies are placed in bulk: what fits runs, the rest is left out."""
    problem = Problem(
        capacity=ints([[60_000] * 10]), price=ints([list(range(10))]), copies=ints([1_000_000]),
        optional=np.array([True]), value=ints([100]), late_slope=ints([0]), late_base=ints([0]), late_once=ints([0]), late_after=ints([0]),
        option_ptr=ints([0, 1]), pool=ints([0]), duration=ints([1]), fixed=ints([1]), first=ints([0]), last=ints([9]),
        demand_ptr=ints([0, 1]), demand_row=ints([0]), demand=ints([2]), before=ints([]), after=ints([]), lag=ints([]),
    )  # fmt: skip
    answer = run(method, problem)
    assert answer.schedule is not None
    assert answer.schedule.count.tolist() == [30_000] * 10
    assert objective(problem, answer.schedule) == sum(30_000 * (2 * t + 1) for t in range(10)) + 700_000 * 100


def test_lagrangian_sees_congestion() -> None:
    """Two tasks want the one cheap slot: the free bound is 2, the priced one is the optimum 10."""
    problem = Problem(
        capacity=ints([[1, 1]]), price=ints([[1, 9]]), copies=ints([2]), optional=np.array([False]), value=ints([0]),
        late_slope=ints([0]), late_base=ints([0]), late_once=ints([0]), late_after=ints([0]), option_ptr=ints([0, 1]), pool=ints([0]), duration=ints([1]),
        fixed=ints([0]), first=ints([0]), last=ints([1]), demand_ptr=ints([0, 1]), demand_row=ints([0]),
        demand=ints([1]), before=ints([]), after=ints([]), lag=ints([]),
    )  # fmt: skip
    ear = Ear()
    assert run("lagrangian", problem, ear=ear).bound == 10 == brute(problem)
    assert ear.bounds[0] == 2
    assert ear.bounds == sorted(ear.bounds)


@pytest.mark.parametrize("seeds", first(1, [range(50), range(200)], ci=1))
def test_greedy_finds_nearly_every_plan_there_is(seeds: range) -> None:
    """Of tight random problems that have a schedule, greedy finds one for all but a few, and is near the best."""
    found, missed, ratio = 0, 0, []
    for seed in seeds:
        problem = tiny(1000 + seed, tight=True)
        if (optimum := brute(problem)) is not None:
            answer = run("greedy", problem)
            if answer.schedule is None:
                missed += 1
            else:
                found += 1
                ratio.append(objective(problem, answer.schedule) - optimum)
    assert missed <= 0.02 * (found + missed)
    assert np.median(ratio) == 0


@pytest.mark.parametrize("seed", range(12))
def test_options_looked_at_together_are_the_same_one_by_one(seed: int) -> None:
    """Cheapest column of a group with sixteen like options, nodes or not, equals the one found one by one."""
    random = np.random.default_rng(seed)
    problem = alike(random, nodes=seed % 2 == 0)
    blocks = BlockPricer(problem)
    guide, shape = CostGuide.true(problem, blocks), ProblemIndex(problem)
    many, single = PartialSchedule(problem, shape), PartialSchedule(problem, shape)
    for group in range(problem.groups):
        batches = shape.option_batches(group)
        assert batches is not None
        shape._batches[group] = None
        expected = single.cheapest_column(group, guide)
        shape._batches[group] = batches
        found = many.cheapest_column(group, guide)
        assert (found and found[0]) == (expected and expected[0])
        if expected is not None:
            many.insert(*expected[1:])
            single.insert(*expected[1:])


def alike(random: np.random.Generator, nodes: bool) -> Problem:
    """Eight tasks with the same two options on each of eight pools of two rows."""
    pools, slots, tasks = 8, 10, 8
    capacity = np.repeat(random.integers(5, 9, (2 * pools, 1)), slots, axis=1)
    length = random.integers(1, 4, (tasks, 2))
    demand = random.integers(1, 5, (tasks, 2, 2))
    late = random.integers(0, 5, tasks)
    options = [(task, way, pool) for task in range(tasks) for way in range(2) for pool in range(pools)]
    none, grid = np.zeros(tasks, np.int64), random.integers(0, 9, (pools, slots))
    kinds = Nodes(
        count=np.ones((pools, slots), np.int64), on_demand=np.ones(pools, bool), reserved=random.integers(0, 2, pools),
        commit_max=np.zeros(pools, np.int64), boot=np.zeros(pools, np.int64), minimum=np.zeros(pools, np.int64),
        costs=NodeCosts(grid, grid // 3, grid // 2, grid // 4, np.zeros(pools, np.int64)),
        supply_node=ints(range(pools)), supply_row=ints(range(0, 2 * pools, 2)), supply_size=capacity[::2, 0],
    )  # fmt: skip
    return Problem(
        capacity=capacity, price=random.integers(0, 9, (2 * pools, slots)), copies=np.ones(tasks, np.int64),
        optional=np.ones(tasks, bool), value=none + 500, late_slope=late, late_base=3 * late, late_once=none, late_after=none,
        option_ptr=ints(range(0, len(options) + 1, 2 * pools)), pool=ints([pool for _, _, pool in options]),
        duration=ints([length[task, way] for task, way, _ in options]), fixed=random.integers(0, 9, len(options)),
        first=ints([0] * len(options)), last=ints([slots - length[task, way] for task, way, _ in options]),
        demand_ptr=ints(range(0, 2 * len(options) + 1, 2)), demand_row=ints([2 * pool + at for _, _, pool in options for at in (0, 1)]),
        demand=ints([demand[task, way, at] for task, way, _ in options for at in (0, 1)]), before=ints([]), after=ints([]), lag=ints([]),
        **({"nodes": kinds} if nodes else {}),
    )  # fmt: skip


def chosen(problem: Problem, groups: list[int]) -> Problem:
    """A problem without its groups, rows kept."""
    assert not groups
    none, zero = ints([]), ints([0])
    return Problem(
        problem.capacity, problem.price, none, none.astype(bool), none, none, none, none, none, zero, none, none, none, none, none,
        zero, none, none, none, none, none,
    )  # fmt: skip


def lone(optional: bool) -> Problem:
    """One group without any option."""
    none, one = ints([]), np.array([optional])
    return Problem(
        ints([[1]]), ints([[1]]), ints([1]), one, ints([7 if optional else 0]), ints([0]), ints([0]), ints([0]), ints([0]),
        ints([0, 0]), none,
        none, none, none, none, ints([0]), none, none, none, none, none,
    )  # fmt: skip


def week(tasks: int, pools: int, seed: int, load: float = 0.7, slots: int = 168) -> Problem:
    """A week of hours: pools of 8-16 devices with a daily tariff, tasks on 1-8 devices, all optional but dear to lose."""
    random = np.random.default_rng(seed)
    capacity = np.repeat(random.integers(8, 17, (pools, 1)), slots, axis=1)
    tariff = 1 + 0.3 * np.sin(np.arange(slots) * np.pi / 12 + 6 * random.random((pools, 1)))
    volume = capacity.sum() * load / tasks
    group, pool, duration, first, last, demand = [], [], [], [], [], []
    for task in range(tasks):
        own, release = volume * random.uniform(0.3, 1.7), int(random.integers(slots // 2))
        deadline = int(min(slots, release + random.integers(slots // 4, slots)))
        for where in random.choice(pools, min(pools, 3), replace=False).tolist():
            for devices in random.choice([1, 2, 4, 8], 2, replace=False).tolist():
                length = max(1, int(np.ceil(own / devices**0.9 * random.uniform(0.8, 1.2))))
                if deadline - length >= release:
                    for held, item in (
                        (group, task), (pool, where), (duration, length), (first, release),
                        (last, deadline - length), (demand, devices),
                    ):  # fmt: skip
                        held.append(item)
    none = np.zeros(tasks, np.int64)
    return Problem(
        capacity=capacity.astype(np.int64),
        price=(random.integers(1000, 4000, (pools, 1)) * tariff).astype(np.int64),
        copies=np.ones(tasks, np.int64),
        optional=np.ones(tasks, bool),
        value=np.full(tasks, int(volume * 12_000)),
        late_slope=none,
        late_base=none,
        late_once=none,
        late_after=none,
        option_ptr=np.searchsorted(group, np.arange(tasks + 1)).astype(np.int64),
        pool=ints(pool),
        duration=ints(duration),
        fixed=np.zeros(len(pool), np.int64),
        first=ints(first),
        last=ints(last),
        demand_ptr=np.arange(len(pool) + 1),
        demand_row=ints(pool),
        demand=ints(demand),
        before=ints([]),
        after=ints([]),
        lag=ints([]),
    )
