"""The items of a branch-and-bound node in flat lists."""

from __future__ import annotations

from leptonopt.algorithms.assignment.knapsack import NEVER
from leptonopt.algorithms.assignment.lagrangian import BranchNode, NodeRelaxation
from leptonopt.algorithms.assignment.lagrangian_kernels import SCALE
from tests.helpers.assignment_problems import two_agents
from tests.helpers.small_problems import ints


def test_items_lie_in_order_of_agents() -> None:
    """At the root both agents may take both tasks, and nothing is given."""
    lists = NodeRelaxation(two_agents(), BranchNode.root(two_agents())).lists
    assert lists.ptr.tolist() == [0, 2, 4]
    assert lists.task.tolist() == [0, 1, 0, 1]
    assert (lists.cost // SCALE).tolist() == [1, 2, 3, 1]
    assert lists.demand.tolist() == [1, 1, 1, 1]
    assert lists.given_ptr.tolist() == [0, 0, 0]
    assert (lists.total, lists.slack) == (-1, -1)


def test_given_items_are_apart() -> None:
    """A task with one agent left is given, and its agent has less room than its size."""
    node = BranchNode(ints([[1, 0], [1, 1]]) > 0, ints([0, 0]) > 0, ints([0, 0]) > 0)
    lists = NodeRelaxation(two_agents(), node).lists
    assert lists.given_ptr.tolist() == [0, 0, 1]
    assert lists.given_task.tolist() == [1]
    assert (lists.given_cost // SCALE).tolist() == [1]
    assert lists.room.tolist() == [1, 0]
    assert lists.size.tolist() == [1, 1]
    assert lists.task.tolist() == [0]


def test_no_sum_of_values_is_never() -> None:
    """Values below half of it mean that no set fits: sums with values of up to 2^58 stay there."""
    assert NEVER + 2**58 <= NEVER // 2
