"""Rows and variables of the time-indexed model, and a table that collects the entries of a rule."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from leptonopt.problem.arrays import Ints
from leptonopt.problem.nodes import NodeCosts
from leptonopt.problem.problem import UNLIMITED, Problem, StartColumns

NO_LIMIT = UNLIMITED


@dataclass(frozen=True, eq=False)
class Rows:
    """Rows of one rule: lower <= sum of coefficient * variable over the row's entries <= upper.

    Attributes
    ----------
    name : what the rows are called; the part before "." is the rule they state.
    row, variable, coefficient : int64, shape (N,) entries
    lower, upper : int64, shape (R,); -FREE and FREE where there is no limit
    label : int64, shape (R, L) indices that tell the rows of this name apart
    """

    name: str
    row: Ints
    variable: Ints
    coefficient: Ints
    lower: Ints
    upper: Ints
    label: Ints


@dataclass(frozen=True, eq=False)
class Variables:
    """Positions of the variables; all are integers from 0 to `most`.

    x[c] copies of column c; z[g] copies of optional group g left out; and per kind m of nodes, where
    the rules need them: n[m, t] nodes on, w[m, t] on demand, u[m, t] switched on, v[m, t] switched off,
    c[m] committed. y[s, p]: the groups of set s, which belong together, run on pool p.
    """

    problem: Problem
    columns: StartColumns
    left: Ints

    @cached_property
    def nodes(self) -> dict[tuple[str, int], Ints]:
        """Return positions of n, w, u, v, shape (T,), and of c, shape (1,), by letter and kind."""
        found, at = {}, len(self.columns.option) + len(self.left)
        for letter, kind, size in self._kinds():
            found[letter, kind] = np.arange(at, at + size)
            at += size
        return found

    @cached_property
    def pools(self) -> dict[tuple[int, int], int]:
        """Return the position of y[s, p]."""
        at = len(self.columns.option) + len(self.left) + sum(map(len, self.nodes.values()))
        pairs = [(number, pool) for number, each in enumerate(self.shared_pools) for pool in each]
        return {pair: at + number for number, pair in enumerate(pairs)}

    @cached_property
    def shared_pools(self) -> list[list[int]]:
        """Return for each affinity set the pools on which all its mandatory groups have columns."""
        problem, sets = self.problem, []
        pool, group = problem.pool[self.columns.option], problem.group[self.columns.option]
        for members in problem.together:
            each = [set(pool[group == g].tolist()) for g in members.tolist()]
            must = [found for found, g in zip(each, members.tolist(), strict=True) if not problem.optional[g]]
            sets.append(sorted(set.intersection(*must) if must else set().union(*each)))
        return sets

    def _kinds(self) -> Iterator[tuple[str, int, int]]:
        nodes, plain, slots = self.problem.nodes, self.problem.plain, self.problem.slots
        starts, stops = self.problem.switching
        for kind in range(len(nodes)):
            own = bool(nodes.reserved[kind] or nodes.commit_max[kind])
            if not plain[kind]:
                yield "n", kind, slots
            if nodes.on_demand[kind] and (own or plain[kind]):
                yield "w", kind, slots
            if starts[kind]:
                yield "u", kind, slots
            if stops[kind]:
                yield "v", kind, slots
            if nodes.commit_max[kind]:
                yield "c", kind, 1

    @cached_property
    def most(self) -> Ints:
        """Return the largest value of each, int64, shape (V,)."""
        problem, nodes = self.problem, self.problem.nodes
        parts = [problem.copies[problem.group[self.columns.option]], problem.copies[self.left]]
        for letter, kind in self.nodes:
            own = nodes.reserved[kind] if letter == "w" and problem.plain[kind] else 0
            parts.append(nodes.commit_max[[kind]] if letter == "c" else np.maximum(0, nodes.count[kind] - own))
        parts.append(np.ones(len(self.pools), np.int64))
        return np.concatenate(parts)

    def usable(self, kind: int) -> tuple[list[tuple[Ints, Ints, int]], int]:
        """Return usable nodes per slot: (slots, variables, factor) of each term, and a constant."""
        problem, slots = self.problem, np.arange(self.problem.slots)
        if problem.plain[kind]:
            terms = [(slots, self.nodes["w", kind], 1)] if ("w", kind) in self.nodes else []
            if ("c", kind) in self.nodes:
                terms.append((slots, np.repeat(self.nodes["c", kind], len(slots)), 1))
            return terms, int(problem.nodes.reserved[kind])
        terms = [(slots, self.nodes["n", kind], 1)]
        for back in range(int(problem.nodes.boot[kind])):
            terms.append((slots[back:], self.nodes["u", kind][: len(slots) - back], -1))
        return terms, 0

    def spent(self, costs: NodeCosts) -> list[tuple[Ints, Ints]]:
        """Yield (variables, factors) of the cost of nodes, in money or in units of a quota."""
        found = []
        for (letter, kind), at in self.nodes.items():
            if letter == "n":
                # Without a variable of their own, all nodes that are on are on demand.
                paid = (
                    0 if ("w", kind) in self.nodes or not self.problem.nodes.on_demand[kind] else costs.on_demand[kind]
                )
                found.append((at, costs.on[kind] + paid))
            elif letter == "c":
                found.append((at, costs.commit[[kind]]))
            else:
                found.append((at, {"w": costs.on_demand, "u": costs.start, "v": costs.stop}[letter][kind]))
        return found


def expand_ranges(first: Ints, count: Ints) -> tuple[Ints, Ints]:
    """Return (i, member), both shape (N,), of all ranges first[i], ..., first[i] + count[i] - 1."""
    which = np.repeat(np.arange(len(count)), count)
    return which, first[which] + np.arange(len(which)) - (np.cumsum(count) - count)[which]


class RowTable:
    """Entries of rows, collected in parts."""

    def __init__(self) -> None:
        self.parts: list[tuple[Ints, Ints, Ints]] = []

    def add(self, row: Ints, variable: Ints, coefficient: Ints) -> None:
        """Add entries, shape (N,), with these row keys."""
        self.parts.append((row, variable, coefficient))

    def rows(self, name: str, keys: Ints, upper: Ints, label: Ints) -> Rows:
        """Return the rows of these keys, ascending, each at most `upper`; entries with other keys are dropped."""
        empty = np.zeros(0, np.int64)
        row, variable, coefficient = (
            np.concatenate([empty, *(part[at] for part in self.parts)]).astype(np.int64) for at in range(3)
        )
        at = np.searchsorted(keys, row)
        keep = (at < len(keys)) & (coefficient != 0)
        keep[keep] = keys[at[keep]] == row[keep]
        lower = np.full(len(keys), -NO_LIMIT)
        return Rows(name, at[keep], variable[keep], coefficient[keep], lower, upper.astype(np.int64), label)
