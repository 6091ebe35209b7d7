"""Tasks on agents: knapsacks against brute force, bounds and dropped choices against the optimum, proofs against both."""

from __future__ import annotations

import itertools
import random

import numpy as np
import pytest

from leptonopt.algorithms.assignment.knapsack import NEVER, WIDE, forced_values, min_cost_cover, solve_knapsacks
from leptonopt.algorithms.assignment.knapsack_kernels import exact_bound, fill_knapsack
from leptonopt.algorithms.assignment.lagrangian import (
    AscentLimits,
    BranchNode,
    NodeRelaxation,
    dual_ascent,
    first_prices,
    fix_by_reduced_cost,
)
from leptonopt.algorithms.assignment.lagrangian_kernels import NO_PLAN, SCALE
from leptonopt.algorithms.assignment.problem import AssignmentProblem, detect_assignment
from leptonopt.algorithms.assignment.repair import repair_assignment
from leptonopt.problem.nodes import NodeCosts, Nodes
from leptonopt.problem.problem import UNLIMITED, Problem
from leptonopt.problem.protocol import Limits, Status
from leptonopt.problem.schedule import objective
from leptonopt.solvers.registry import load_method
from tests.helpers import random_problems
from tests.helpers.bruteforce import optimum
from tests.helpers.random_problems import ints
from tests.helpers.recording_monitor import Ear


def places(
    seed: int, nodes: bool, optional: bool = False, own: bool = False, size: tuple[int, int] | None = None
) -> Problem:
    """Tasks on agents; `nodes` that are paid whole, `optional` tasks, demands of each agent's `own`."""
    rng = random.Random(seed)
    many, tasks = size or (rng.randint(2, 3), rng.randint(2, 6))
    where = [sorted(rng.sample(range(many), rng.randint(1, many))) for _ in range(tasks)]
    need = [rng.randint(1, 4) for _ in range(tasks)]
    options = [(task, agent) for task in range(tasks) for agent in where[task]]
    count, line, grid = len(options), ints([0] * tasks), np.zeros((many, 1), np.int64)
    most = max(9, 5 * tasks // many)
    rooms = ints([[rng.randint(most // 2, most)] for _ in range(many)])
    rent = Nodes(
        count=np.ones((many, 1), np.int64),
        on_demand=np.ones(many, bool),
        reserved=ints([rng.choice([0, 0, 0, 1]) for _ in range(many)]),
        commit_max=ints([rng.choice([0, 0, 1]) for _ in range(many)]),
        boot=ints([0] * many),
        minimum=ints([0] * many),
        costs=NodeCosts(*(ints([[rng.randint(0, 20)] for _ in range(many)]) for _ in range(4)), ints([9] * many)),
        supply_node=ints(range(many)),
        supply_row=ints(range(many)),
        supply_size=rooms[:, 0],
    )
    out = np.array([optional and rng.random() < 0.5 for _ in range(tasks)])
    more = {"nodes": rent} if nodes else {}
    return Problem(
        capacity=rooms,
        price=grid,
        copies=line + 1,
        optional=out,
        value=ints([rng.randint(5, 40) for _ in range(tasks)]) * out,
        late_slope=line,
        late_base=line,
        late_once=line,
        late_after=line + UNLIMITED,
        option_ptr=np.cumsum([0, *map(len, where)]),
        pool=ints([agent for _, agent in options]),
        duration=ints([1] * count),
        fixed=ints([rng.randint(0, 30) for _ in options]),
        first=ints([0] * count),
        last=ints([0] * count),
        demand_ptr=ints(range(count + 1)),
        demand_row=ints([agent for _, agent in options]),
        demand=ints([rng.randint(1, 4) if own else need[task] for task, _ in options]),
        before=ints([]),
        after=ints([]),
        lag=ints([]),
        **more,
    )


KINDS = [{"nodes": n, "optional": o, "own": w} for n in (False, True) for o in (False, True) for w in (False, True)]


@pytest.fixture(params=[False, True], ids=["numpy", "loops"])
def fast(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> bool:
    """By numpy, and by loops: compiled where numba is there, as they stand where it is not."""
    monkeypatch.setattr("leptonopt.runtime.jit.FAST", request.param)
    return bool(request.param)


def found(problem: Problem) -> AssignmentProblem:
    """The form of a problem that has it."""
    made = detect_assignment(problem)
    assert made is not None
    return made


def test_knapsacks_equal_all_sets() -> None:
    """Worth, sets and worth with a task by force are those of the best of all sets, with a least load and without."""
    random = np.random.default_rng(1)
    for turn in range(300):
        many, tasks = random.integers(1, 4), random.integers(1, 7)
        profit, demand = random.integers(-5, 12, (many, tasks)), random.integers(1, 6, (many, tasks))
        able, room = random.random((many, tasks)) < 0.8, random.integers(0, 12, many)
        slack = (None, 0, 1, 2, 5)[turn % 5]
        worth, taken = solve_knapsacks(profit, demand, able, room, slack)
        each = forced_values(profit, demand, able, room, slack)
        for agent in range(many):
            best, best_with = NEVER, np.full(tasks, NEVER)
            for chosen in map(np.array, itertools.product([False, True], repeat=int(tasks))):
                load = int(demand[agent][chosen].sum())
                least = 0 if slack is None else room[agent] - slack
                if not (chosen & ~able[agent]).any() and least <= load <= room[agent]:
                    value = int(profit[agent][chosen].sum())
                    best = max(best, value)
                    best_with[chosen] = np.maximum(best_with[chosen], value)
            assert (worth[agent] == best) or max(worth[agent], best) <= NEVER // 2
            assert ((each[agent] == best_with) | (np.maximum(each[agent], best_with) <= NEVER // 2)).all()
            if best > NEVER:
                assert profit[agent][taken[agent]].sum() == best
                assert room[agent] - (slack or 99) <= demand[agent][taken[agent]].sum() <= room[agent]


def test_what_is_known_to_fit_changes_nothing() -> None:
    """Sets that are known to fit make it quicker, never better or worse."""
    random = np.random.default_rng(2)
    for _ in range(100):
        profit, demand = random.integers(-5, 60, (3, 12)), random.integers(1, 9, (3, 12))
        able, room = random.random((3, 12)) < 0.8, random.integers(8, 30, 3)
        _, known = solve_knapsacks(random.integers(-5, 60, (3, 12)), demand, able, room, None)
        assert (
            solve_knapsacks(profit, demand, able, room, None)[0]
            == solve_knapsacks(profit, demand, able, room, None, known)[0]
        ).all()


def test_covering_is_cheapest() -> None:
    """No choice of lines that is large enough costs less; NEVER says that there is none."""
    random = np.random.default_rng(3)
    for _ in range(200):
        cost, size = random.integers(-3, 9, 5), random.integers(1, 6, 5)
        least = int(random.integers(0, 20))
        total, chosen = min_cost_cover(cost, size, least)
        choices = [np.array(each) for each in itertools.product([0, 1], repeat=5)]
        best = min((int(each @ cost) for each in choices if each @ size >= least), default=-NEVER)
        assert total == best
        assert best == -NEVER or (chosen @ cost == best and chosen @ size >= least)


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_the_form_costs_what_the_problem_costs(kind: dict[str, bool]) -> None:
    """An assignment costs in units what its schedule costs in the problem."""
    for seed in range(20):
        problem = places(seed, **kind)
        made = found(problem)
        random = np.random.default_rng(seed)
        where = np.array([random.choice(np.flatnonzero(made.able[:, task])) for task in range(made.able.shape[1])])
        own = made.cost[where, np.arange(len(where))].sum() + made.opening[np.unique(where)].sum()
        load = np.bincount(where, made.demand[where, np.arange(len(where))], len(made.room))
        if (load <= made.room).all():
            assert objective(problem, made.schedule(where)) == made.unit * own + made.constant


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_nothing_better_is_dropped(fast: bool, kind: dict[str, bool]) -> None:
    """At any prices the value is at most the optimum, and what is dropped below it is of no optimal plan."""
    seen = 0
    for seed in range(15):
        problem = places(seed, **kind)
        if (best := optimum(problem)) is None:
            continue
        made = found(problem)
        relaxed, limit = NodeRelaxation(made, BranchNode.root(made), fast), made.of_cost(best[0]) * SCALE
        end = dual_ascent(relaxed, first_prices(made), limit, AscentLimits(seed % 30 + 1, 1.0, 5, 0.5), lambda _: False)
        assert end.value <= limit
        left = fix_by_reduced_cost(relaxed, end.price, limit)
        assert left is not None
        agent_of = dict(
            zip(made.option[made.option >= 0].tolist(), np.nonzero(made.option >= 0)[0].tolist(), strict=True)
        )
        for option in best[1].option.tolist():
            assert left.able[agent_of[option], problem.group[option]]
        seen += int((~left.able & made.able).any())
    assert seen > 1


@pytest.mark.parametrize("kind", KINDS, ids=str)
@pytest.mark.usefixtures("fast")
def test_it_proves_the_optimum(kind: dict[str, bool]) -> None:
    """`assignment` is optimal, or infeasible, exactly where brute force says so."""
    for seed in range(8):
        problem = places(seed, **kind)
        best, ear = optimum(problem), Ear()
        solution = load_method("assignment")(problem, None, Limits(time_limit=20), ear)
        if best is None:
            assert solution.status is Status.INFEASIBLE, seed
        else:
            assert solution.status is Status.OPTIMAL, (seed, solution)
            assert solution.bound == objective(problem, solution.schedule) == best[0], seed
            assert max(ear.bounds) <= best[0]


def test_other_forms_are_refused() -> None:
    """What has several slots, copies or rows is of another form, and the method says so."""
    for seed in range(30):
        problem = random_problems.problem(seed)
        assert detect_assignment(problem) is None
    solution = load_method("assignment")(problem, None, Limits(), Ear())
    assert solution.status is Status.UNKNOWN
    assert "one slot" in solution.note


def test_repair_keeps_every_room(fast: bool) -> None:
    """A plan that is mended fits, and no task is where it may not be."""
    mended = 0
    for seed in range(40):
        made = found(places(seed, nodes=False))
        plan = repair_assignment(made, made.able, made.able.argmax(axis=0), NO_PLAN, 200, lambda: False, fast)
        if plan is not None:
            line = np.arange(len(plan))
            assert (np.bincount(plan, made.demand[plan, line], len(made.room)) <= made.room).all()
            assert made.able[plan, line].all()
            mended += 1
    assert mended > 20


def test_loops_fill_knapsacks_as_tables_do() -> None:
    """The best worth of 40 items is that of dynamic programming over all of them, and the set that is named has it."""
    random = np.random.default_rng(4)
    for turn in range(60):
        demand = random.integers(1, (4, 30)[turn % 2], 40)
        profit = demand * 50 + random.integers(1, (3, 900)[turn % 3 > 0], 40)
        room = int(random.integers(30, 400))
        inside = np.zeros(40, bool)
        worth = fill_knapsack(profit, demand, room, inside)
        every = np.ones((1, 40), bool)
        assert worth == solve_knapsacks(profit[None], demand[None], every, np.array([room]), None)[0][0]
        assert profit[inside].sum() == worth
        assert demand[inside].sum() <= room


def test_loops_know_what_an_item_changes() -> None:
    """Worth with each item and without it is at least the best of all sets, and exactly that where it matters."""
    for seed in range(30):
        made = found(places(seed, nodes=bool(seed % 2), size=(3, 7)))
        relaxed, price = NodeRelaxation(made, BranchNode.root(made), fast=True), first_prices(made)
        if not relaxed.possible:
            continue
        lists = relaxed.lists
        with_it, without = np.zeros(len(lists.task), np.int64), np.zeros(len(lists.task), np.int64)
        for agent in range(len(lists.room)):
            items = np.arange(lists.ptr[agent], lists.ptr[agent + 1])
            gain, need = price[lists.task[items]] - lists.cost[items], lists.demand[items]
            choices = [np.array(each, bool) for each in itertools.product([False, True], repeat=len(items))]
            least = lists.room[agent] - lists.slack if 0 <= lists.slack <= WIDE else 0
            fit = [each for each in choices if least <= need[each].sum() <= lists.room[agent]]
            if not fit:
                continue
            best = max(int(gain[each].sum()) for each in fit)
            low = best - int(SCALE * (seed % 5))
            exact_bound(lists, agent, price, best, low, with_it, without)
            for place, item in enumerate(items.tolist()):
                for told, inside in ((with_it, True), (without, False)):
                    true = max((int(gain[each].sum()) for each in fit if each[place] == inside), default=NEVER)
                    assert told[item] >= true or max(told[item], true) <= NEVER // 2
                    assert told[item] == true or told[item] < low


def test_loops_and_numpy_have_the_same_values() -> None:
    """At the same prices, at the root and below, the value is the same by both."""
    seen = 0
    for seed in range(60):
        made = found(places(seed, **KINDS[seed % len(KINDS)], size=(4, 12)))
        random, root = np.random.default_rng(seed), BranchNode.root(made)
        closed = (random.random(len(made.room)) < 0.3) & ~root.paid
        node = BranchNode(root.able & ~closed[:, None], root.paid | ((seed % 3 == 0) & ~closed), closed)
        if not NodeRelaxation(made, node, False).possible:
            continue
        price = first_prices(made) + random.integers(-9, 9, made.able.shape[1]) * SCALE
        pace = AscentLimits(1, 1.0, 5, 0.5)
        values = [
            dual_ascent(NodeRelaxation(made, node, fast), price, NO_PLAN, pace, lambda _: False).value
            for fast in (False, True)
        ]
        assert values[0] == values[1]
        seen += values[0] < NO_PLAN
    assert seen > 30


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.usefixtures("fast")
def test_knapsacks_agree_with_highs(seed: int) -> None:
    """On 5 agents and 20 tasks both prove the same cost, or that there is no plan."""
    problem = places(seed, nodes=seed % 2 == 0, optional=seed % 3 == 0, own=seed > 3, size=(5, 20))
    one, other = (load_method(name)(problem, None, Limits(time_limit=60), Ear()) for name in ("assignment", "highs"))
    assert one.status is other.status
    assert one.status in (Status.OPTIMAL, Status.INFEASIBLE)
    if one.schedule is not None and other.schedule is not None:
        assert objective(problem, one.schedule) == objective(problem, other.schedule)


@pytest.mark.parametrize("seed", range(4))
def test_two_threads_prove_what_one_does(monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    """With the second thread at work from the start, the cost that is proven is the same, and no bound is above it."""
    monkeypatch.setattr("leptonopt.runtime.jit.FAST", True)
    monkeypatch.setattr("leptonopt.solvers.assignment.ALONE", 0.0)
    monkeypatch.setattr("leptonopt.solvers.assignment.NEAR", 1.0)
    problem, ear = places(seed, nodes=seed % 2 == 0, own=seed > 1, size=(5, 20)), Ear()
    one = load_method("assignment")(problem, None, Limits(), Ear())
    two = load_method("assignment")(problem, None, Limits(threads=2), ear)
    assert (one.status, one.bound) == (two.status, two.bound)
    assert two.status in (Status.OPTIMAL, Status.INFEASIBLE)
    assert max(ear.bounds, default=0) <= (two.bound or 0)
