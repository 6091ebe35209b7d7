"""Define chains: groups that are the segments of one task, one after another."""

from __future__ import annotations

from dataclasses import dataclass

from leptonopt.problem.arrays import Ints


@dataclass(frozen=True, eq=False)
class Chain:
    """The segments of one task; precedence and quotas of the problem already state their rules.

    Attributes
    ----------
    groups : int64, shape (S,), in order
    quota : number of the quota that asks for the whole work; it and those behind it are of chains
    way : int64, per group, shape (its options,): which of W ways an option runs in; -1 for an empty segment
    need : units of work of the task
    rate : int64, shape (W,): units of work that a slot does in a way
    lost : int64, shape (2, W): units of work that the first segment and later ones lose
    family : int64, shape (W,): all segments are in ways of one family
    """

    groups: Ints
    quota: int
    way: tuple[Ints, ...]
    need: int
    rate: Ints
    lost: Ints
    family: Ints
