"""Nodes: their cost, what they offer, and the rules that a node schedule keeps."""

from __future__ import annotations

import numpy as np
import pytest

from leptonopt.problem.nodes import NodeSchedule, keeps_rules, least_load, no_nodes, recent_sum, supply, switched
from tests.helpers.small_problems import ints, nodes


def on(*rows: list[int], committed: list[int] | None = None) -> NodeSchedule:
    """Return a node schedule."""
    return NodeSchedule(ints(rows), ints(committed or [0] * len(rows)))


def test_nodes_are_switched_at_both_edges() -> None:
    """Nodes are off before the first and after the last slot."""
    started, stopped = switched(ints([[2, 1, 1, 3]]))
    assert started.tolist() == [[2, 0, 0, 2]]
    assert stopped.tolist() == [[1, 0, 0, 3]]


def test_recent_sums_have_a_span_for_each_kind() -> None:
    """The sum covers the last `span` slots, this one included; a span of 0 gives zeros."""
    sums = recent_sum(ints([[1, 0, 2, 0], [1, 0, 2, 0], [1, 0, 2, 0]]), ints([0, 1, 3]))
    assert sums.tolist() == [[0, 0, 0, 0], [1, 0, 2, 0], [1, 1, 3, 2]]


def test_the_cost_adds_up_all_parts() -> None:
    """On demand beyond the committed and reserved, on, switched on and off, and commitments."""
    kind = nodes(
        [[4, 4, 4]], [(0, 0, 8)], price=[[10, 10, 20]], on=[[1, 1, 1]], start=[[3, 3, 3]], stop=[[2, 2, 2]],
        commit=[7], reserved=[1], commit_max=[2],
    )  # fmt: skip
    # two own nodes; (1, 3, 4) on: paid 0 + 1 + 2 -> 10 + 40, on 8, started 1 + 2 + 1 = 4 -> 12, stopped 4 -> 8, commit 7
    assert kind.costs.of(on([1, 3, 4], committed=[1]), kind) == 50 + 8 + 12 + 8 + 7
    assert kind.costs.any()
    assert not nodes([[1]], [(0, 0, 1)]).costs.any()


def test_booting_nodes_offer_nothing() -> None:
    """A node offers its size only once it has booted."""
    kind = nodes([[3, 3, 3, 3]], [(0, 1, 8)], boot=[1])
    assert supply(kind, on([1, 2, 2, 0]), 3).tolist() == [[0] * 4, [0, 8, 16, 0], [0] * 4]


def test_the_most_that_can_be_usable() -> None:
    """Limited by the count, by boot times, and by own nodes where none is had on demand."""
    kind = nodes(
        [[3, 3, 1], [3, 3, 1]],
        [(0, 0, 1), (1, 0, 1)],
        on_demand=[True, False],
        boot=[1, 0],
        reserved=[0, 1],
        commit_max=[0, 1],
    )
    assert kind.most().tolist() == [[0, 3, 1], [2, 2, 1]]


def test_minimum_is_at_least_the_boot_time() -> None:
    """A node that boots stays on until it has."""
    assert nodes([[1], [1]], [], boot=[2, 0], minimum=[1, 3]).minimum.tolist() == [2, 3]


def test_only_gains_lower_the_least_cost() -> None:
    """Negative prices of running nodes count for all nodes that exist."""
    assert nodes([[2, 3]], [(0, 0, 1)], on=[[-4, 5]]).least_cost == -8


@pytest.mark.parametrize(
    ("schedule", "kept"),
    [
        (on([1, 1, 0]), True),
        (on([0, 0, 1]), True),  # what is on at the end may stop with the horizon
        (on([1, 0, 0]), False),  # shorter than the minimum
        (on([3, 3, 0]), False),  # more than there are
        (on([-1, 0, 0]), False),
        (on([1, 1, 0], committed=[2]), False),  # more than can be committed
        (on([1, 1, 0], committed=[-1]), False),
    ],
)
def test_rules_without_a_load(schedule: NodeSchedule, kept: bool) -> None:
    """Counts, commitments and minimum times."""
    kind = nodes([[2, 2, 2]], [(0, 0, 1)], minimum=[2], commit_max=[1])
    assert keeps_rules(kind, schedule) is kept


def test_without_a_price_on_demand_only_own_nodes_run() -> None:
    """Reserved and committed nodes together are the limit."""
    kind = nodes([[3]], [(0, 0, 1)], on_demand=[False], reserved=[1], commit_max=[1])
    assert keeps_rules(kind, on([2], committed=[1]))
    assert not keeps_rules(kind, on([2]))


def test_no_nodes() -> None:
    """Nodes of no kind keep every rule, cost nothing and offer nothing."""
    none = no_nodes(3)
    nothing = NodeSchedule(np.zeros((0, 3), np.int64), ints([]))
    assert (len(none), none.least_cost, none.costs.of(nothing, none)) == (0, 0, 0)
    assert keeps_rules(none, nothing)
    assert supply(none, nothing, 2).tolist() == [[0] * 3] * 2


def test_nodes_on_before_the_first_slot() -> None:
    """They cost no start and no boot; what goes off as the horizon begins is paid as a stop of the first slot."""
    kind = nodes([[3, 3, 3]], [(0, 0, 4)], start=[[5, 5, 5]], stop=[[2, 3, 3]], boot=[1], before=[2])
    assert supply(kind, on([2, 3, 1]), 1).tolist() == [[8, 8, 4]]
    assert kind.costs.of(on([2, 3, 1]), kind) == 5 + 2 * 3 + 3
    assert kind.costs.of(on([0, 0, 0]), kind) == 2 * 2
    assert kind.most().tolist() == [[2, 3, 3]]
    assert keeps_rules(kind, on([2, 2, 0]))


@pytest.mark.parametrize(
    ("schedule", "kept"),
    [
        (on([2, 1, 1]), True),
        (on([2, 1, 2]), False),  # off for one slot
        (on([0, 0, 2]), True),
        (on([0, 1, 1]), False),  # two went off as the horizon began
        (on([1, 0, 1]), True),  # the first to go off rests no longer; another may start
    ],
)
def test_what_goes_off_rests(schedule: NodeSchedule, kept: bool) -> None:
    """Two nodes that are on before the horizon, for two slots."""
    kind = nodes([[2, 2, 2]], [(0, 0, 4)], before=[2], rest=ints([2]))
    assert kind.restrained
    assert keeps_rules(kind, schedule) is kept


def test_a_least_load_is_of_nodes_that_are_on() -> None:
    """The sum over the kinds of a row."""
    kind = nodes([[2, 2], [2, 2]], [(0, 0, 4), (1, 0, 4), (1, 1, 3)], least=ints([[2, 2], [1, 0], [0, 0]]))
    assert kind.loaded.tolist() == [0, 1]
    assert least_load(kind, on([2, 1], [1, 1]), 2).tolist() == [[5, 2], [0, 0]]
