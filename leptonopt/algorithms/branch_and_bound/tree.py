"""Branch and bound over linear relaxations of the time-indexed program, on sets of columns.

Each node of the tree excludes columns, and limits single variables where no set is in doubt. Its bound is proven by
exact multipliers, and they exclude the columns that no cheaper schedule can use. Open nodes are taken by their bound;
now and then a dive from the best one looks for a schedule: it excludes the lighter set of the groups least in doubt
until the relaxation is whole.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from leptonopt.algorithms.branch_and_bound.column_sets import WHOLE, ColumnOrders, ColumnSets
from leptonopt.algorithms.models.reduced_costs import DualProof
from leptonopt.algorithms.models.time_indexed import IntegerProgram
from leptonopt.problem.arrays import Floats, Ints


@dataclass(frozen=True)
class TreeSettings:
    """Settings of the search.

    Attributes
    ----------
    tried : pairs of sets whose children are looked at before a node is branched on (strong branching)
    glance : simplex iterations of such a look
    dives : factor from the node before which a dive begins to the next such node
    steps : steps of a dive at most, of one to three relaxations each; what is whole by then is completed elsewhere
    pace : share of the groups in doubt that a dive decides at a time
    jump : rise of the value by which these were too many, as a share of what is left to the target
    """

    tried: int = 4
    glance: int = 60
    dives: int = 3
    steps: int = 30
    pace: float = 0.2
    jump: float = 0.02


SETTINGS = TreeSettings()


@dataclass(frozen=True, eq=False)
class RelaxedSolution:
    """A solution of a relaxation, or of its dual where it was not solved to the end.

    Attributes
    ----------
    value : its cost, which is a bound but for rounding
    values, duals : float, shapes (V,) and (R,)
    basis : what the next relaxation begins with
    short : whether tasks that must run are left out, at a penalty
    """

    value: float
    values: Floats
    duals: Floats
    basis: Any
    short: bool


@dataclass(frozen=True, eq=False)
class BranchingTask:
    """Input of the program that searches: a model as an engine gets it, and the first target."""

    linear: IntegerProgram
    costs: Ints
    data: Ints
    upper: Ints
    target: int


class Relaxation(Protocol):
    """A linear program whose variables have limits that change."""

    def solve(self, least: Ints, most: Ints, basis: Any, iterations: int = 0) -> RelaxedSolution | None:
        """Return a solution between limits, int64, shapes (V,); None without one.

        `iterations` of the simplex method at most, if not 0.
        """


@dataclass(frozen=True, eq=False)
class TreeNode:
    """Limits of variables, a bound that they prove, and the basis that their relaxation begins with.

    `mask` are the variables that may be above zero, packed; `limits` are (position, least, most) of single variables.
    """

    bound: int
    mask: Any
    limits: tuple[tuple[int, int, int], ...] = ()
    basis: Any = None


@dataclass(order=True)
class _Entry:
    estimate: float
    number: int
    node: TreeNode = field(compare=False)


class ColumnTree:
    """The search; bounds are in the costs that `proof` has.

    Attributes
    ----------
    target : no schedule above it is of use; it may fall while the search goes on
    take, hint : called with the values, float, shape (V,), of each solution whose columns are whole, and of those on
        the way there
    over : whether to stop
    nodes : relaxations of nodes solved so far
    floors : bounds of nodes that the search could not decide
    """

    def __init__(
        self,
        linear: IntegerProgram,
        proof: DualProof,
        relaxation: Relaxation,
        take: Callable[[Floats], object],
        over: Callable[[], bool],
        hint: Callable[[Floats], object] = lambda values: None,
    ) -> None:
        self.linear, self.proof, self.relaxation = linear, proof, relaxation
        self.take, self.over, self.hint = take, over, hint
        self.orders = ColumnOrders(linear)
        self.tell: Callable[[], object] = lambda: None
        self.target, self.nodes, self.floors = 2**62, 0, list[int]()
        self._open: list[_Entry] = []
        self._number, self._dive_at, self._current = 0, 1, TreeNode(-(2**62), None)

    @property
    def bound(self) -> int:
        """Return what the tree proves: every schedule costs so much, or more than the target."""
        bounds = [entry.node.bound for entry in self._open] + self.floors
        return min([*bounds, self._current.bound, self.target + 1])

    def search(self, tell: Callable[[], object] = lambda: None) -> None:
        """Search until nothing is left or it is over; `tell` is called where the bound may have risen."""
        self.tell = tell
        self._push(TreeNode(-(2**62), np.packbits(self.linear.most > 0)), -np.inf)
        while self._open and not self.over():
            self._current = heapq.heappop(self._open).node
            if self._current.bound <= self.target:
                self._visit(self._current)
            if self.over():  # what was under way is open still
                return
            self._current = TreeNode(self.target + 1, None)
            self.tell()

    def _push(self, node: TreeNode, estimate: float) -> None:
        self._number += 1
        heapq.heappush(self._open, _Entry(estimate, self._number, node))

    def _limits(self, node: TreeNode) -> tuple[Ints, Ints]:
        """Return the limits of a node's variables, int64, shapes (V,)."""
        most, least = self.linear.most.copy(), np.zeros(len(self.linear.most), np.int64)
        most[np.unpackbits(node.mask, count=len(most)) == 0] = 0
        for at, low, high in node.limits:
            least[at], most[at] = low, high
        return least, most

    def _visit(self, node: TreeNode) -> None:
        """Solve the relaxation of a node, and branch."""
        least, most = self._limits(node)
        solved = self.relaxation.solve(least, most, node.basis)
        self.nodes += 1
        if self.over():
            return
        proven = None if solved is None else self.proof.prove(solved.duals, least, most)
        if solved is None or proven is None:
            self.floors.append(node.bound)
            return
        bound = max(node.bound, proven.bound_in_units)
        if bound > self.target:
            return
        useless = proven.useless(self.target)
        most[useless[least[useless] == 0]] = 0
        node = TreeNode(bound, np.packbits(most > 0), node.limits, solved.basis)
        self._current = node
        if self.nodes >= self._dive_at:
            self.tell()
            self._dive_at = max(self.nodes + 1, SETTINGS.dives * self.nodes)
            self._dive(least.copy(), most.copy(), solved)
        if not self._branch(node, least, most, solved):
            self.floors.append(bound)

    def _branch(self, node: TreeNode, least: Ints, most: Ints, solved: RelaxedSolution) -> bool:
        """Push the children of a node; return False where the solution leaves nothing to branch on."""
        if self._is_whole(solved):
            self.take(solved.values)
        sets = self.orders.undecided(solved.values, most > 0)
        if sets:
            self._branch_on_sets(node, least, most, solved, sets)
            return True
        at = self._fractional(solved.values, len(solved.values))
        if at is None:
            return False
        down = int(np.floor(solved.values[at]))
        kept = tuple(limit for limit in node.limits if limit[0] != at)
        for low, high in ((int(least[at]), down), (down + 1, int(most[at]))):
            self._push(TreeNode(node.bound, node.mask, (*kept, (at, low, high)), solved.basis), solved.value)
        return True

    def _branch_on_sets(
        self, node: TreeNode, least: Ints, most: Ints, solved: RelaxedSolution, sets: list[ColumnSets]
    ) -> None:
        """Push the children of the pair of sets whose exclusion raises the bound most.

        A few pairs are tried; see `TreeSettings`.
        """
        best, children = -np.inf, list[tuple[TreeNode, float]]()
        for pair in self._weightiest(sets)[: SETTINGS.tried]:
            looks = [self._look(node, least, most, out, solved) for out in (pair.first, pair.second)]
            rises = [max(1e-3, min(value, self.target + 1.0) - solved.value) for _, value in looks]
            if rises[0] * rises[1] > best:
                best, children = rises[0] * rises[1], looks
            if self.over():
                return
        for child, estimate in children:
            if child.bound <= self.target:
                self._push(child, estimate)

    def _weightiest(self, sets: list[ColumnSets]) -> list[ColumnSets]:
        """Return the pair of sets of each group that is most in doubt, those of large groups first.

        Different groups are looked at: pairs of one group raise the bound alike (a week of 23 groups, 20 s of CPU time:
        3,749 with any pairs, 3,860 with one of each group; the relaxation has 3,432).
        """
        most: dict[int, ColumnSets] = {}
        for pair in sorted(sets, key=lambda pair: -pair.doubt):
            most.setdefault(pair.group, pair)
        return sorted(most.values(), key=lambda pair: -pair.doubt * float(np.sqrt(self.orders.weight[pair.group])))

    def _look(
        self, node: TreeNode, least: Ints, most: Ints, out: Ints, solved: RelaxedSolution
    ) -> tuple[TreeNode, float]:
        """Return the child without a set of columns, and the value of its relaxation after a few iterations."""
        limit = most.copy()
        limit[out] = 0
        looked = self.relaxation.solve(least, limit, solved.basis, SETTINGS.glance)
        bound, value = node.bound, solved.value
        if looked is not None:
            proven = self.proof.prove(looked.duals, least, limit)
            bound, value = max(bound, proven.bound_in_units if proven else bound), max(value, looked.value)
        basis = solved.basis if looked is None else looked.basis
        return TreeNode(bound, np.packbits(limit > 0), node.limits, basis), value

    def _dive(self, least: Ints, most: Ints, solved: RelaxedSolution | None) -> None:
        """Decide groups until the columns are whole, or nothing below the target is left."""
        for _ in range(SETTINGS.steps):
            if solved is None or solved.value > self.target or self.over():
                return
            if self._is_whole(solved):
                self.take(solved.values)
                return
            self.hint(solved.values)
            sets = self.orders.undecided(solved.values, most > 0)
            solved = self._decided(least, most, solved, sets) if sets else self._rounded(least, most, solved)

    def _decided(
        self, least: Ints, most: Ints, solved: RelaxedSolution, sets: list[ColumnSets]
    ) -> RelaxedSolution | None:
        """Exclude the lighter sets of the groups least in doubt; return the solution of what is left.

        Where the value rises by much, it is only the surest of them, and the set whose exclusion costs less.
        """
        surest: dict[int, ColumnSets] = {}
        for pair in sorted(sets, key=lambda pair: pair.doubt):
            surest.setdefault(pair.group, pair)
        chosen = list(surest.values())[: max(1, round(SETTINGS.pace * len(surest)))]
        every = most.copy()
        for pair in chosen:
            every[pair.lighter] = 0
        first, second = most.copy(), most.copy()
        first[chosen[0].first], second[chosen[0].second] = 0, 0
        return self._settled(least, most, solved, [(least, every), (least, first), (least, second)])

    def _rounded(self, least: Ints, most: Ints, solved: RelaxedSolution) -> RelaxedSolution | None:
        """Raise the column that lacks least to a whole number.

        Where that costs much, it is lowered if that costs less.
        """
        part = np.where(most > least, solved.values % 1, 0)[: len(self.linear.group)]
        part[part > 1 - WHOLE] = 0
        at = int(np.argmax(part))
        if part[at] <= WHOLE:
            return None
        up, down = least.copy(), most.copy()
        up[at], down[at] = int(np.ceil(solved.values[at])), int(np.floor(solved.values[at]))
        return self._settled(least, most, solved, [(up, most), (least, down)])

    def _settled(
        self, least: Ints, most: Ints, solved: RelaxedSolution, ways: list[tuple[Ints, Ints]]
    ) -> RelaxedSolution | None:
        """Take over the first limits if the value does not rise by much, else the cheapest ones.

        Of three ways, the first counts no longer then.
        """
        found = self.relaxation.solve(*ways[0], solved.basis)
        much = solved.value + SETTINGS.jump * (self.target - solved.value)
        if found is not None and found.value <= much:
            choice, best = ways[0], found
        else:
            others = [(way, self.relaxation.solve(*way, solved.basis)) for way in ways[1:]]
            others += [(ways[0], found)] if len(ways) == 2 else []
            known = [(way, one) for way, one in others if one is not None]
            if not known:
                return None
            choice, best = min(known, key=lambda pair: pair[1].value)
        least[:], most[:] = choice
        return best

    def _is_whole(self, solved: RelaxedSolution) -> bool:
        """Return whether the columns make a schedule; nodes may be fractional."""
        return not solved.short and self._fractional(solved.values, len(self.linear.group)) is None

    def _fractional(self, values: Floats, known: int) -> int | None:
        """Return the first of the most fractional variables among so many; None where all are whole."""
        apart = np.abs(values - np.rint(values))[:known]
        apart[~self.linear.whole[:known]] = 0
        at = int(np.argmax(apart)) if len(apart) else 0
        return at if len(apart) and apart[at] > WHOLE else None
