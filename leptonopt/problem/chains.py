"""Define chains: groups that are the segments of one task, one after another."""

from __future__ import annotations

from dataclasses import dataclass

from leptonopt.problem.arrays import Ints


@dataclass(frozen=True, eq=False)
class Chain:
    """The segments of one task; precedence and quotas of the problem already state their rules.

    Attributes
    ----------
    groups : int64, shape (S,), in order; an option of duration 0 of a group after the first is an empty segment
    quota : number of the quota that asks for the whole work
    """

    groups: Ints
    quota: int
