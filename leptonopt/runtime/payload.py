"""What travels to a worker that looks at neighbourhoods, and what it does there.

A call carries the schedule at hand, the groups to free, a seed and an effort, and the token of its ground: the problem
and the prices that guide it. A worker keeps the grounds it was told last. One that does not know a token says so, and
is sent the ground with the next try: any worker can take any call at any time, a new one too.
"""

from __future__ import annotations

import hashlib
import pickle
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from leptonopt.algorithms.heuristics.partial_schedule import ProblemIndex
from leptonopt.algorithms.lagrangian.cost_guide import CostGuide
from leptonopt.algorithms.lagrangian.pricing import BlockPricer
from leptonopt.algorithms.lns import subproblem as freeing
from leptonopt.algorithms.lns.subproblem import NeighbourhoodRequest, SubproblemResult, make_partial_schedule
from leptonopt.problem.problem import Problem
from leptonopt.problem.schedule import Schedule

KEPT = 4  # grounds that a process keeps

_known: dict[str, Any] = {}  # what this process was told, by token; a cache that any call can do without


@dataclass(frozen=True)
class CachedPayload:
    """Something every call of a kind needs, to be sent once to each worker; `content` is None where it is known."""

    token: str
    content: bytes | None

    @classmethod
    def of(cls, thing: Any) -> CachedPayload:
        """Packed; the same thing has the same token."""
        content = pickle.dumps(thing, protocol=pickle.HIGHEST_PROTOCOL)
        return cls(hashlib.sha256(content).hexdigest(), content)

    def bare(self) -> CachedPayload:
        """The token alone."""
        return CachedPayload(self.token, None)

    def opened(self, make: Callable[[Any], Any]) -> Any:
        """What was made of the content, here and now or at an earlier call; None where it is not known."""
        if self.content is not None and self.token not in _known:
            _known[self.token] = make(pickle.loads(self.content))
            for token in list(_known)[:-KEPT]:
                _known.pop(token, None)
        return _known.get(self.token)


class RemoteContext:
    """A problem, and the prices by which its columns are chosen."""

    def __init__(self, told: tuple[Problem, CostGuide]) -> None:
        self.problem, self.guide = told
        self.shape = ProblemIndex(self.problem)

    @cached_property
    def true(self) -> CostGuide:
        """What columns cost."""
        return CostGuide.true(self.problem, BlockPricer(self.problem))


def solve_remotely(
    ground: CachedPayload, schedule: Schedule, asked: NeighbourhoodRequest, seconds: float
) -> SubproblemResult | None:
    """Free groups of a schedule and place them anew; None where this process does not know the ground."""
    found = ground.opened(RemoteContext)
    if found is None:
        return None
    placing = make_partial_schedule(found.problem, found.shape, schedule)
    ran = {group: placing.clear(group) for group in asked.groups}
    true = found.true if asked.move else found.guide
    return freeing.solve(placing, true, found.guide, asked, ran, seconds)
