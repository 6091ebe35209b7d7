"""The knapsacks of a branch-and-bound node as flat lists of items, in which `knapsack_kernels` works.

All numbers are integers.
"""

from __future__ import annotations

from typing import Any, NamedTuple

Array = Any  # of numpy; numba compiles for its dtype

NEVER = -(2**60)  # value of a knapsack that no set fits; values from NEVER // 2 down mean the same


class ItemLists(NamedTuple):
    """The agents of a node, and the items that each may still take.

    Attributes
    ----------
    ptr : int64, shape (A + 1,); items of agent a lie at ptr[a]:ptr[a + 1]
    task, cost, demand : int64, shape (I,), of items that are not fixed
    given_ptr, given_task, given_cost : likewise, of items that are fixed to their agent
    room, opening, size : int64, shape (A,); room is the capacity left beside fixed items, size the whole capacity
    paid : bool, shape (A,), agents that are open in any case
    total : least sum of the sizes of open agents; -1 without such a constraint
    slack : capacity that an open agent may leave unused; -1 without such a limit
    """

    ptr: Array
    task: Array
    cost: Array
    demand: Array
    given_ptr: Array
    given_task: Array
    given_cost: Array
    room: Array
    opening: Array
    size: Array
    paid: Array
    total: int
    slack: int
