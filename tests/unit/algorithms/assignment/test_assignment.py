"""Assignment: knapsacks, bounds, fixed choices and proofs against brute force."""

from __future__ import annotations

import itertools
import random
import subprocess
import sys
import time
from dataclasses import replace

import numpy as np
import pytest

from leptonopt.algorithms.assignment.knapsack import NEVER, ItemLists
from leptonopt.algorithms.assignment.knapsack_kernels import PARAMETERS, exact_bound, exact_value, fill_knapsack
from leptonopt.algorithms.assignment.lagrangian import (
    AscentLimits,
    BranchNode,
    NodeRelaxation,
    dual_ascent,
    first_prices,
    fix_by_reduced_cost,
)
from leptonopt.algorithms.assignment.lagrangian_kernels import NO_PLAN, SCALE, choose_agents
from leptonopt.algorithms.assignment.problem import AssignmentProblem, detect_assignment
from leptonopt.algorithms.assignment.repair import greedy_assignment, repair_assignment
from leptonopt.problem.nodes import NodeCosts, Nodes
from leptonopt.problem.problem import UNLIMITED, Problem
from leptonopt.problem.protocol import Limits, Status, Stop
from leptonopt.problem.schedule import objective
from leptonopt.solvers import assignment as solver
from leptonopt.solvers.registry import load_method
from tests.helpers import random_problems
from tests.helpers.bruteforce import optimum
from tests.helpers.marks import first
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


def found(problem: Problem) -> AssignmentProblem:
    """The form of a problem that has it."""
    made = detect_assignment(problem)
    assert made is not None
    return made


def knapsack(cost: np.ndarray, demand: np.ndarray, room: int, slack: int) -> ItemLists:
    """One agent with these items."""
    none, many = np.zeros(0, np.int64), len(cost)
    one, all_ = np.zeros(1, np.int64), np.arange(many)
    return ItemLists(
        np.array([0, many]), all_, cost, demand, np.zeros(2, np.int64), none, none,
        one + room, one, one + room, np.ones(1, bool), -1, slack,
    )  # fmt: skip


def test_knapsacks_equal_all_sets() -> None:
    """Value and set are those of the best of all sets, with a largest unused capacity and without."""
    random = np.random.default_rng(1)
    for turn in range(300):
        tasks, room = int(random.integers(1, 8)), int(random.integers(0, 12))
        price, demand = random.integers(-5, 12, tasks), random.integers(1, 6, tasks)
        slack, inside = (-1, 0, 1, 2, 5)[turn % 5], np.zeros(tasks, bool)
        lists = knapsack(np.zeros(tasks, np.int64), demand, room, slack)
        best = NEVER
        for chosen in map(np.array, itertools.product([False, True], repeat=tasks)):
            if (0 if slack < 0 else room - slack) <= demand[chosen].sum() <= room:
                best = max(best, int(price[chosen].sum()))
        worth = exact_value(lists, 0, price, inside)
        assert worth == best or max(worth, best) <= NEVER // 2
        if best > NEVER // 2:
            assert price[inside].sum() == best
            assert (0 if slack < 0 else room - slack) <= demand[inside].sum() <= room


def test_open_agents_are_the_cheapest_that_hold_all() -> None:
    """No choice of agents that is large enough costs less, with an agent forced open or closed and without."""
    random = np.random.default_rng(3)
    for turn in range(300):
        cost, size = random.integers(-3, 9, 5), random.integers(1, 6, 5)
        paid, total = random.random(5) < 0.2, int(random.integers(0, 20))
        forced, excluded = ((-1, -1), (turn % 4, -1), (-1, turn % 4))[turn % 3]
        lists = knapsack(cost, size, 0, -1)._replace(opening=cost, size=size, paid=paid, total=total)
        if excluded >= 0 and paid[excluded]:
            continue
        used, choices = np.zeros(5, bool), []
        for each in map(np.array, itertools.product([False, True], repeat=5)):
            kept = each[paid].all() and (forced < 0 or each[forced]) and (excluded < 0 or not each[excluded])
            if kept and size[each].sum() >= total:
                choices.append(int(cost[each].sum()))
        found = choose_agents(lists, np.zeros(5, np.int64), np.int64(forced), np.int64(excluded), used)
        assert found == min(choices, default=-NEVER)
        assert not choices or (cost[used].sum() == found and size[used].sum() >= total)


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
def test_nothing_better_is_dropped(kind: dict[str, bool]) -> None:
    """At any prices the value is at most the optimum, and what is dropped below it is of no optimal plan."""
    seen = 0
    for seed in range(15):
        problem = places(seed, **kind)
        if (best := optimum(problem)) is None:
            continue
        made = found(problem)
        relaxed, limit = NodeRelaxation(made, BranchNode.root(made)), made.of_cost(best[0]) * SCALE
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


def test_repair_keeps_every_room() -> None:
    """A plan that is mended fits, and no task is where it may not be."""
    mended = 0
    for seed in range(40):
        made = found(places(seed, nodes=False))
        plan = repair_assignment(made, made.able, made.able.argmax(axis=0), NO_PLAN, 200)
        if plan is not None:
            line = np.arange(len(plan))
            assert (np.bincount(plan, made.demand[plan, line], len(made.room)) <= made.room).all()
            assert made.able[plan, line].all()
            mended += 1
    assert mended > 20


def test_reduced_knapsacks_have_the_value_of_whole_ones() -> None:
    """The best value of 40 items is that of dynamic programming over all of them, and so is that of the set."""
    random = np.random.default_rng(4)
    for turn in range(60):
        demand = random.integers(1, (4, 30)[turn % 2], 40)
        profit = demand * 50 + random.integers(1, (3, 900)[turn % 3 > 0], 40)
        room = int(random.integers(30, 400))
        inside = np.zeros(40, bool)
        worth = fill_knapsack(profit, demand, room, inside)
        table = np.zeros(room + 1, np.int64)
        for gain, need in zip(profit, demand, strict=True):
            table[need:] = np.maximum(table[need:], table[: room + 1 - need] + gain)
        assert worth == table[-1]
        assert profit[inside].sum() == worth
        assert demand[inside].sum() <= room


def test_bounds_with_each_item_forced() -> None:
    """Worth with each item and without it is at least the best of all sets, and exactly that where it matters."""
    for seed in range(30):
        made = found(places(seed, nodes=bool(seed % 2), size=(3, 7)))
        relaxed, price = NodeRelaxation(made, BranchNode.root(made)), first_prices(made)
        if not relaxed.possible:
            continue
        lists = relaxed.lists
        with_it, without = np.zeros(len(lists.task), np.int64), np.zeros(len(lists.task), np.int64)
        for agent in range(len(lists.room)):
            items = np.arange(lists.ptr[agent], lists.ptr[agent + 1])
            gain, need = price[lists.task[items]] - lists.cost[items], lists.demand[items]
            choices = [np.array(each, bool) for each in itertools.product([False, True], repeat=len(items))]
            least = lists.room[agent] - lists.slack if 0 <= lists.slack <= PARAMETERS.exact_slack else 0
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


def brute_value(made: AssignmentProblem, node: BranchNode, price: np.ndarray) -> int:
    """The least of L over all choices of open agents, each with its best set, at whole prices [1/SCALE]."""
    best, many = NO_PLAN, len(made.room)
    alone = node.able[~node.closed].sum(axis=0) == 1
    paid = node.paid | (node.able & alone & ~node.closed[:, None]).any(axis=1)
    spare = None if made.total is None else int(made.room[~node.closed].sum()) - made.total
    slack = spare if (paid | node.closed).all() else None
    worth = []
    for agent in range(many):
        tasks = np.flatnonzero(node.able[agent])
        top = -NO_PLAN
        for each in (np.array(one, bool) for one in itertools.product([False, True], repeat=len(tasks))):
            load = int(made.demand[agent, tasks[each]].sum())
            fits = load <= made.room[agent] and (slack is None or load >= made.room[agent] - slack)
            if fits and each[alone[tasks]].all():
                top = max(top, int((price - made.cost[agent] * SCALE)[tasks[each]].sum()))
        worth.append(top)
    for used in map(np.array, itertools.product([False, True], repeat=many)):
        if (used & node.closed).any() or (paid & ~used).any() or (made.total or 0) > made.room[used].sum():
            continue
        total = int(price.sum()) + sum(int(made.opening[j]) * SCALE - worth[j] for j in np.flatnonzero(used))
        best = min(best, total)
    return best


def test_the_value_is_that_of_all_choices() -> None:
    """At the root and below, the value at any prices is that of brute force over agents and sets."""
    seen = 0
    for seed in range(60):
        made = found(places(seed, **KINDS[seed % len(KINDS)], size=(3, 6)))
        random, root = np.random.default_rng(seed), BranchNode.root(made)
        closed = (random.random(len(made.room)) < 0.3) & ~root.paid
        node = BranchNode(root.able & ~closed[:, None], root.paid | ((seed % 3 == 0) & ~closed), closed)
        relaxed = NodeRelaxation(made, node)
        if not relaxed.possible:
            continue
        price = first_prices(made) + random.integers(-9, 9, made.able.shape[1]) * SCALE
        value = dual_ascent(relaxed, price, NO_PLAN, AscentLimits(1, 1.0, 5, 0.5), lambda _: False).value
        true = brute_value(made, node, price)
        assert value == true or min(value, true) >= NO_PLAN // 2
        seen += true < NO_PLAN // 2
    assert seen > 20


def test_a_greedy_assignment_fits() -> None:
    """Every task is on an agent that may have it, within all capacities, or there is no assignment."""
    some = 0
    for seed in range(40):
        made = found(places(seed, nodes=bool(seed % 2)))
        if (plan := greedy_assignment(made)) is not None:
            line = np.arange(len(plan))
            assert (np.bincount(plan, made.demand[plan, line], len(made.room)) <= made.room).all()
            assert made.able[plan, line].all()
            some += 1
    assert some > 20


def test_without_kernels_there_is_a_greedy_plan(monkeypatch: pytest.MonkeyPatch) -> None:
    """Kernels that are not compiled within the time limit cost the proof, not the plan, and not the limit."""
    from leptonopt.runtime import jit, jit_cache

    sleep = [sys.executable, "-c", "import time; time.sleep(60)"]
    monkeypatch.setattr(jit, "compiled", lambda *part: False)
    monkeypatch.setattr(jit_cache, "start_module", lambda *words: subprocess.Popen(sleep))
    begun = time.monotonic()
    solution = load_method("assignment")(places(0, nodes=False), None, Limits(time_limit=0.5), Ear())
    assert (solution.status, solution.stop) == (Status.FEASIBLE, Stop.LIMIT)
    assert "not compiled yet" in solution.note
    assert time.monotonic() - begun < 10


@pytest.mark.parametrize("seed", first(2, range(6)))
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
    monkeypatch.setattr(solver, "SETTINGS", replace(solver.SETTINGS, alone=0.0, near=1.0))
    problem, ear = places(seed, nodes=seed % 2 == 0, own=seed > 1, size=(5, 20)), Ear()
    one = load_method("assignment")(problem, None, Limits(), Ear())
    two = load_method("assignment")(problem, None, Limits(threads=2), ear)
    assert (one.status, one.bound) == (two.status, two.bound)
    assert two.status in (Status.OPTIMAL, Status.INFEASIBLE)
    assert max(ear.bounds, default=0) <= (two.bound or 0)
