"""Prices on tasks: the bound they give, on random problems and by hand."""

from __future__ import annotations

import dataclasses
import itertools
import random

import numpy as np

from leptonopt.algorithms.lagrangian.capacity_dual import DualAscent
from leptonopt.algorithms.lagrangian.pattern_dual import PatternDual, maximal_patterns, small_bins
from leptonopt.algorithms.lagrangian.pricing import BlockPricer
from leptonopt.problem.nodes import NodeCosts, Nodes
from leptonopt.problem.problem import Problem
from leptonopt.problem.protocol import Limits
from leptonopt.solvers.registry import load_method
from tests.helpers import random_problems
from tests.helpers.bruteforce import optimum
from tests.helpers.random_problems import ints
from tests.helpers.recording_monitor import Ear


def apart(seed: int, plain: bool) -> Problem:
    """A random problem whose rows belong to one pool each, by a node each or, where `plain`, without nodes."""
    rng = random.Random(seed)
    base = random_problems.problem(seed, groups=4, slots=4)
    single = dataclasses.replace(base, copies=np.ones_like(base.copies), pool=_first_rows(base))
    held = [single.demands(option)[0] for option in range(single.options)]
    keep = ints([at for rows in held for at in range(len(rows))])
    own = np.diff(single.demand_ptr)
    first = keep == 0
    single = dataclasses.replace(
        single,
        demand_ptr=np.cumsum([0, *np.minimum(own, 1)]).astype(np.int64),
        demand_row=single.demand_row[first],
        demand=single.demand[first],
    )
    if plain:
        return single
    rows, slots = single.capacity.shape
    sizes = ints([rng.randint(3, 6) for _ in range(rows)])
    costs = random_problems.node_costs(rng, rows, slots, 1)
    ones, none = np.ones((rows, slots), np.int64), np.zeros(rows, np.int64)
    nodes = Nodes(
        count=ones,
        on_demand=np.ones(rows, bool),
        reserved=ints([rng.choice([0, 0, 1]) for _ in range(rows)]),
        commit_max=ints([rng.choice([0, 0, 1]) * (rows < 3) for _ in range(rows)]),
        boot=ints([rng.choice([0, 0, 1]) for _ in range(rows)]),
        minimum=none,
        costs=NodeCosts(costs.on_demand, costs.on, costs.start, costs.stop, costs.commit),
        supply_node=ints(range(rows)),
        supply_row=ints(range(rows)),
        supply_size=sizes,
    )
    return dataclasses.replace(single, capacity=sizes[:, None] * nodes.most(), nodes=nodes)


def _first_rows(problem: Problem) -> np.ndarray:
    return ints([int(problem.demands(option)[0][:1].sum()) for option in range(problem.options)])


def packed(problem: Problem, rounds: int) -> tuple[PatternDual, int | None]:
    """A packing after some rounds, and the bound on capacity that it came from."""
    ascent = DualAscent(problem, BlockPricer(problem))
    for _ in range(rounds):
        ascent.step()
    packing = PatternDual(problem, ascent)
    if packing.useful:
        for _ in range(rounds):
            packing.step()
    return packing, ascent.exact()


def test_no_schedule_costs_less_than_the_bound() -> None:
    """On random problems, with nodes and without, the exact bound is at most the optimum, and often better than before."""
    better = seen = 0
    for seed in range(60):
        problem = apart(seed, plain=seed % 3 == 0)
        best = optimum(problem)
        if best is None or problem.group.size == 0:
            continue
        packing, before = packed(problem, 60)
        if not packing.useful or before is None:
            continue
        seen += 1
        bound = packing.exact()
        assert bound is not None
        assert bound <= best[0], seed
        assert abs(packing.best - bound) <= 1 + 1e-6 * abs(bound)
        better += bound > before
    assert seen > 30
    assert better > 8


def test_sets_that_fit_are_all_and_only_the_largest() -> None:
    """Equal to trying every subset, with two resources and groups of options of which one runs."""
    for seed in range(60):
        rng = np.random.default_rng(seed)
        many, room = int(rng.integers(1, 8)), rng.integers(3, 9, 2)
        demand, group = rng.integers(0, 5, (many, 2)), np.sort(rng.integers(0, many, many))
        fits = [
            set(chosen)
            for size in range(many + 1)
            for chosen in itertools.combinations(range(many), size)
            if (demand[list(chosen)].sum(axis=0) <= room).all() and len(set(group[list(chosen)])) == size
        ]
        largest = {frozenset(one) for one in fits if not any(one < other for other in fits)}
        sets = maximal_patterns(demand, room, group)
        assert sets is not None
        assert {frozenset(np.flatnonzero(line).tolist()) for line in sets} == largest
        assert len(sets) == len(largest)


def test_two_tasks_that_do_not_fit_side_by_side_need_the_machine_twice_as_long() -> None:
    """Three tasks of 2 on a node of 3: by the unit two slots of 10 would do, packed it takes three."""
    ones = ints([1, 1, 1])
    none = np.zeros(3, np.int64)
    grid = np.zeros((1, 4), np.int64)
    nodes = Nodes(
        count=np.ones((1, 4), np.int64), on_demand=np.array([True]), reserved=ints([0]), commit_max=ints([0]), boot=ints([0]),
        minimum=ints([0]), costs=NodeCosts(grid + 10, grid, grid, grid, ints([0])), supply_node=ints([0]),
        supply_row=ints([0]), supply_size=ints([3]),
    )  # fmt: skip
    problem = Problem(
        capacity=grid + 3, price=grid, copies=ones, optional=np.zeros(3, bool), value=none, late_slope=none, late_base=none,
        late_once=none, late_after=none, option_ptr=ints([0, 1, 2, 3]), pool=none, duration=ones, fixed=none, first=none,
        last=none + 3, demand_ptr=ints([0, 1, 2, 3]), demand_row=none, demand=2 * ones, before=ints([]), after=ints([]),
        lag=ints([]), nodes=nodes,
    )  # fmt: skip
    packing, before = packed(problem, 200)
    assert before == 20
    best = optimum(problem)
    assert best is not None
    assert packing.exact() == 30 == best[0]
    ear = Ear()
    assert load_method("lagrangian")(problem, None, Limits(time_limit=30), ear).bound == 30


def test_rows_of_several_pools_and_nodes_of_several_are_no_bins() -> None:
    """What is not one node with rows of its own keeps its prices on capacity."""
    for seed in range(120):
        problem = random_problems.rich(seed)
        holders = np.repeat(problem.pool, np.diff(problem.demand_ptr))
        for bin in small_bins(problem):
            assert set(holders[np.isin(problem.demand_row, bin.rows)]) == set(problem.pool[bin.items])
            assert bin.kind < 0 or problem.nodes.count[bin.kind].max() <= 1
