"""List scheduling: priorities, families on one pool, and early ends of predecessors."""

from __future__ import annotations

import pytest

from leptonopt.algorithms.heuristics.list_scheduling import ListScheduler, priority_orders
from leptonopt.algorithms.heuristics.partial_schedule import PartialSchedule
from leptonopt.algorithms.lagrangian.pricing import BlockPricer
from leptonopt.problem.feasibility import violated_rules
from leptonopt.problem.problem import Problem
from leptonopt.problem.protocol import NullMonitor
from tests.helpers.guides import true_guide
from tests.helpers.random_problems import problem as drawn
from tests.helpers.small_problems import group, ints, nodes, option, problem


def scheduler(made: Problem, rank: list[float] | None = None, hurry: bool = False, pace: int = 0) -> ListScheduler:
    """Return a scheduler by true costs, in the order of the groups unless stated."""
    guide = true_guide(made)
    return ListScheduler(PartialSchedule(made), guide, guide, rank or [0.0] * made.groups, hurry, pace)


def test_priorities() -> None:
    """By volume the larger group comes first; by deadline the one whose last start is earlier."""
    made = problem(group(option(1, {0: 1}, last=0)), group(option(2, {0: 3})), capacity=[[4] * 4])
    orders = priority_orders(made, BlockPricer(made))
    assert len(orders) == 4
    assert orders[0] == [1.0, 0.0]
    assert orders[2] == [0.0, 1.0]
    assert priority_orders(problem(capacity=[[1]]), BlockPricer(problem(capacity=[[1]]))) == [[]]


def test_first_come_first_served_beside_nodes() -> None:
    """The order by first start is one more where nodes are rented, and groups are released one after another."""
    tasks = [group(option(1, {0: 1}, first=2)), group(option(1, {0: 4}))]
    made = problem(*tasks, capacity=[[4] * 4], nodes=nodes([[1] * 4], [(0, 0, 4)], price=[[3] * 4]))
    orders = priority_orders(made, BlockPricer(made))
    assert len(orders) == 5
    assert orders[4] == [1.0, 0.0]


def test_optional_groups_come_last_in_one_order() -> None:
    """The higher value per volume first, after all mandatory groups."""
    made = problem(
        group(option(1, {0: 1}), value=3), group(option(1, {0: 1})), group(option(1, {0: 1}), value=8), capacity=[[4]]
    )
    orders = priority_orders(made, BlockPricer(made))
    assert len(orders) == 5
    mandatory, worst, best = orders[2][1], orders[2][0], orders[2][2]
    assert mandatory < best < worst


@pytest.mark.parametrize(("rank", "starts"), [([0.0, 1.0], [0, 1]), ([1.0, 0.0], [1, 0])])
def test_ranks_decide_who_gets_the_cheap_slot(rank: list[float], starts: list[int]) -> None:
    """One group fits a slot."""
    alone = group(option(1, {0: 1}))
    made = scheduler(problem(alone, alone, capacity=[[1, 1]], price=[[1, 5]]), rank)
    assert made.build()
    assert made.placing.start == starts


def test_optional_groups_run_below_their_value() -> None:
    """At a price of 5, a value of 6 runs and a value of 5 does not."""
    made = scheduler(
        problem(
            group(option(1, {0: 1}), value=6), group(option(1, {0: 1}), value=5), capacity=[[2]], price=[[5]]
        )
    )  # fmt: skip
    made.build()
    assert [bool(ran) for ran in made.placing.runs] == [True, False]


def test_a_family_moves_to_the_pool_that_holds_it() -> None:
    """Pool 0 is cheaper, but has room for one of two members."""
    two = (option(1, {0: 1}, pool=0), option(1, {1: 1}, fixed=4, pool=1))
    made = scheduler(problem(group(*two), group(*two), capacity=[[1], [2]], together=(ints([0, 1]),)))
    assert made.placing.home_pool == [0]
    assert made.build()
    assert made.placing.home_pool == [1]
    assert not made.smooth
    assert made.placing.unplaced() == []


@pytest.mark.parametrize(("hurry", "pace", "start"), [(False, 0, 2), (True, 0, 0), (False, 9, 0)])
def test_predecessors_end_early_when_asked(hurry: bool, pace: int, start: int) -> None:
    """Its cheapest start is in slot 2; in a hurry, or where slots cost more than that saves, it is slot 0."""
    alone = group(option(1, {0: 1}))
    made = scheduler(
        problem(alone, alone, capacity=[[2] * 4], price=[[3, 3, 1, 1]], edges=[(0, 1, 0)]), None, hurry, pace
    )
    made.build()
    assert made.placing.start[0] == start
    assert made.placing.start[1] >= 0


def test_an_unneeded_optional_predecessor_is_dropped() -> None:
    """It gains only with its successor, which fits nowhere."""
    made = scheduler(
        problem(
            group(option(1, {0: 1}), value=2), group(option(1, {0: 9}), value=50), capacity=[[3] * 3],
            price=[[5] * 3], edges=[(0, 1, 0)],
        )
    )  # fmt: skip
    made.build()
    assert made.placing.missing == [1, 1]


def test_a_monitor_stops_a_long_list() -> None:
    """It is asked every 64 groups."""
    alone = group(option(1, {0: 1}))
    made = scheduler(problem(*[alone] * 80, capacity=[[80]]))
    assert not made.build(NullMonitor(lambda: True))
    assert sum(made.placing.missing) == 80 - 63


@pytest.mark.parametrize("seed", range(20))
def test_built_schedules_keep_the_rules(seed: int) -> None:
    """All but `once`, in every order of priority."""
    made = drawn(seed, groups=6)
    for rank in priority_orders(made, BlockPricer(made)):
        built = scheduler(made, rank)
        assert built.build()
        assert violated_rules(made, built.placing.schedule()) <= ({"once"} if built.placing.unplaced() else set())
