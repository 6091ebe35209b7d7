"""Sort nodes of a graph topologically."""

from __future__ import annotations

from collections.abc import Sequence

from leptonopt.runtime.clock import check_time

OFTEN = 256  # nodes between two looks at the clock


def topological_order(before: Sequence[Sequence[int]]) -> list[int]:
    """Return all nodes, each after those that it waits for (Kahn, 1962, doi:10.1145/368996.369025).

    Nodes that wait for each other in a circle, and those behind them, are left out.

    >>> topological_order([[1], [], [0, 1]])
    [1, 0, 2]
    """
    waits = [len(each) for each in before]
    behind: list[list[int]] = [[] for _ in before]
    free: dict[int, None] = {}
    for node, each in enumerate(before):
        check_time()
        for first in each:
            behind[first].append(node)
        free.update(dict.fromkeys(other for other in (node, *each) if not waits[other]))
    found = list(free)
    for at, node in enumerate(found):  # which grows meanwhile
        if at % OFTEN == 0:
            check_time()
        for second in behind[node]:
            waits[second] -= 1
            if not waits[second]:
                found.append(second)
    return found
