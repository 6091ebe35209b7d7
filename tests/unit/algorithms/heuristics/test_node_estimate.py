"""The estimate of nodes under a load: numbers, cost, and the extra cost of a column."""

from __future__ import annotations

import numpy as np
import pytest

from leptonopt.algorithms.heuristics.node_estimate import NodeDemand, NodeEstimate, batch_options, sliding_max
from leptonopt.algorithms.heuristics.partial_schedule import PartialSchedule
from leptonopt.problem.nodes import NodeSchedule
from leptonopt.problem.problem import Problem
from tests.helpers.guides import true_guide
from tests.helpers.small_problems import group, ints, nodes, option, problem


def one_kind(**more: object) -> Problem:
    """Return two groups of one slot, demands 5 and 3, on up to two nodes of size 4 at 3 a slot."""
    kind = nodes([[2] * 4], [(0, 0, 4)], price=[[3] * 4], **more)
    return problem(group(option(1, {0: 5})), group(option(1, {0: 3})), capacity=[[8] * 4], nodes=kind)


def estimate(placing: PartialSchedule) -> NodeEstimate:
    """Return the estimate of a partial schedule with nodes."""
    assert placing.node_estimate is not None
    return placing.node_estimate


def test_nodes_and_their_cost_by_hand() -> None:
    """A load of 5 needs two nodes of size 4, at 3 each."""
    placing = PartialSchedule(one_kind())
    assert estimate(placing).cost() == 0
    placing.insert(0, 1)
    assert estimate(placing).required_nodes(0).tolist() == [0, 2, 0, 0]
    assert estimate(placing).cost() == 6
    extra = estimate(placing).extra_cost(1, 0, 3)
    assert extra is not None
    assert extra.tolist() == [3, 0, 3, 3]
    placing.remove(0, 1)
    assert estimate(placing).cost() == 0


def test_owned_nodes_cost_nothing_on_demand() -> None:
    """One reserved node leaves one to pay; one committed as well leaves none."""
    placing = PartialSchedule(one_kind(reserved=[1], commit_max=[1]))
    placing.insert(0, 1)
    assert estimate(placing).cost() == 3
    estimate(placing).set_committed(NodeSchedule(ints([[0, 2, 0, 0]]), ints([1])))
    assert estimate(placing).owned == [2]
    assert estimate(placing).cost() == 0


def test_nodes_that_are_only_committed() -> None:
    """The peak is paid for the whole horizon; a column beside it costs nothing more."""
    placing = PartialSchedule(one_kind(on_demand=[False], commit_max=[2], commit=[10]))
    placing.insert(0, 1)
    assert estimate(placing).cost() == 20
    extra = estimate(placing).extra_cost(1, 0, 3)
    assert extra is not None
    assert extra.tolist() == [0, 0, 0, 0]


@pytest.mark.parametrize(("switch", "cost"), [(2, 6 + 2 * 2), (9, 6 + 3 + 9)])
def test_gaps_are_bridged_where_that_is_cheaper(switch: int, cost: int) -> None:
    """On in slots 0 and 2: switched twice, or left on through slot 1 at 3."""
    placing = PartialSchedule(one_kind(start=[[switch] * 4]))
    placing.insert(1, 0)
    placing.insert(1, 2)
    assert estimate(placing).cost() == cost


@pytest.mark.parametrize("length", [1, 2, 3, 5, 8])
def test_maxima_of_windows(length: int) -> None:
    """Against the plain maximum, in one and two dimensions."""
    values = np.random.default_rng(length).integers(0, 99, (3, 12))
    plain = [[max(line[s : s + length]) for s in range(13 - length)] for line in values.tolist()]
    assert sliding_max(values, length).tolist() == plain
    assert sliding_max(values[0], length).tolist() == plain[0]


def many_pools(seed: int, own: bool) -> Problem:
    """Return a group with nine alike options, each on nodes of its own, and nine groups that load them."""
    random = np.random.default_rng(seed)
    kind = nodes(
        random.integers(3, 5, (9, 1)).repeat(6, axis=1).tolist(),
        [(each, each, 4) for each in range(9)],
        price=random.integers(1, 9, (9, 6)),
        on=random.integers(0, 3, (9, 6)),
        reserved=random.integers(0, 2, 9) * own,
    )
    capacity = (4 * kind.count).tolist()
    load = [group(option(2, {each: int(random.integers(1, 9))}, pool=each)) for each in range(9)]
    made = group(*(option(2, {each: 3}, fixed=each, pool=each) for each in range(9)))
    return problem(made, *load, capacity=capacity, nodes=kind)


@pytest.mark.parametrize("own", [False, True])
@pytest.mark.parametrize("seed", range(6))
def test_the_extra_cost_is_the_difference_of_costs(seed: int, own: bool) -> None:
    """Without switching costs it is exact, for options alone and in a batch."""
    made = many_pools(seed, own)
    placing = PartialSchedule(made)
    for each in range(9, 18):
        placing.insert(each, each % 5)
    found = estimate(placing)
    batches = batch_options(made, placing.shape.node_demand, 0)
    assert batches is not None
    (batch,) = batches
    assert batch.options.tolist() == list(range(9))
    load = (made.capacity - placing.free)[batch.rows, 0:6] + batch.amounts[:, :, None]
    together = found.extra_cost_batched(batch, load, 0, 4)
    for each in range(9):
        alone, later = found.extra_cost(each, 0, 4), found.extra_cost(each, 2, 4)
        assert alone is not None
        assert later is not None
        assert together[each].tolist() == alone.tolist()
        assert later.tolist() == alone[2:].tolist()
        for start in range(5):
            if placing.max_copies(each, start):
                before = found.cost()
                placing.insert(each, start)
                assert found.cost() - before == alone[start]
                placing.remove(each, start)


def test_few_options_are_no_batch() -> None:
    """Nor are options that have little in common."""
    made = problem(
        group(*(option(1, {0: 1}) for _ in range(3))),
        group(*(option(1 + each, {0: 1}) for each in range(9))),
        capacity=[[9] * 12],
    )
    assert batch_options(made, None, 0) is None
    assert batch_options(made, None, 1) is None


def test_rows_of_a_kind() -> None:
    """A row that two kinds supply belongs to none; an option needs the kinds of its rows."""
    kind = nodes([[1], [1]], [(0, 0, 4), (0, 1, 2), (1, 1, 2), (1, 2, 8)])
    made = problem(group(option(1, {0: 1, 1: 1, 2: 5})), capacity=[[4], [4], [8]], nodes=kind)
    demand = NodeDemand(made)
    assert demand.rows == [[(0, 4)], [(2, 8)]]
    assert demand.of_option(0) == [(0, [(0, 1, 4)]), (1, [(2, 5, 8)])]


@pytest.mark.parametrize("seed", range(6))
def test_the_cheapest_column_counts_its_nodes(seed: int) -> None:
    """In a batch: the least of own cost plus extra cost of nodes over all options and starts that fit."""
    made = many_pools(seed, own=True)
    placing = PartialSchedule(made)
    for each in range(9, 18):
        placing.insert(each, each % 5)
    costs = []
    for each in range(9):
        extra = estimate(placing).extra_cost(each, 0, 4)
        assert extra is not None
        costs += [
            placing.column_cost(each, start) + int(extra[start])
            for start in range(5)
            if placing.max_copies(each, start)
        ]
    found = placing.cheapest_column(0, true_guide(made))
    assert found is not None
    assert found[0] == min(costs)
