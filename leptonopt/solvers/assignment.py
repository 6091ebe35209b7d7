"""Branch and bound over knapsacks: first which agents there are, then what goes where.

For problems in which every task needs one thing on one of several agents, in one slot: generalised assignment,
facility location. Bounds, and what can be dropped for good, come from prices on tasks (`assignment.lagrangian`);
plans from dives, which settle what the knapsacks agree on and go on with the rest, mended by shifts and swaps. The
branch is where both ways cost most, by short looks at some choices that the knapsacks do not agree on, remembered
(Achterberg, Koch and Martin 2005, doi:10.1016/j.orl.2004.04.002); the node with the least bound comes first.
"""

from __future__ import annotations

import heapq
import itertools
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from leptonopt.algorithms.assignment.lagrangian import (
    AscentLimits,
    AscentResult,
    BranchNode,
    NodeRelaxation,
    dual_ascent,
    first_prices,
    fix_by_reduced_cost,
)
from leptonopt.algorithms.assignment.lagrangian_kernels import NO_PLAN, SCALE
from leptonopt.algorithms.assignment.problem import AssignmentProblem, detect_assignment
from leptonopt.algorithms.assignment.repair import greedy_assignment, initial_assignment, repair_assignment
from leptonopt.problem.arrays import Ints
from leptonopt.problem.feasibility import violated_rules
from leptonopt.problem.problem import Problem
from leptonopt.problem.protocol import Limits, Monitor, Solution, Status, Stop
from leptonopt.problem.schedule import Schedule, objective
from leptonopt.runtime import jit
from leptonopt.runtime.jit_cache import JitWarmup

ROOT = AscentLimits(400, 1.0, 15, 0.5)
BRANCH = AscentLimits(1000, 1.0, 30, 0.005, 0.05)
DIVE = AscentLimits(12, 0.3, 4, 0.0005)
LOOK = AscentLimits(10, 0.3, 4, 0.0005)


@dataclass(frozen=True)
class AssignmentSettings:
    """Shares and counts of the branch and bound.

    Attributes
    ----------
    tried : choices that are looked at before a branch
    idle : looks without a better choice after which no more are made
    reliable : looks at a choice after which it is known
    agreed : share of rounds from which on a dive takes something as settled
    diving : share of the rounds for dives
    turns : shifts, swaps and raised prices at most to repair a plan
    per_second : subgradient rounds counted as a second in deterministic mode
    alone : share of the time before a second thread helps
    near : gap from which on a second thread helps
    """

    tried: int = 12
    idle: int = 4
    reliable: int = 3
    agreed: float = 0.85
    diving: float = 0.3
    turns: int = 250
    per_second: int = 1500
    alone: float = 0.25
    near: float = 0.0025


SETTINGS = AssignmentSettings()


def solve(problem: Problem, warm_start: Schedule | None, limits: Limits, monitor: Monitor) -> Solution:
    """Branch and bound until a proof or a limit."""
    engine, found = f"numpy {np.__version__}", detect_assignment(problem)
    if found is None:
        note = "assignment takes only tasks that need one thing on one of several agents, in one slot"
        return Solution(Status.UNKNOWN, Stop.FAILED, engine=engine, note=note)
    search = _Search(problem, found, limits, monitor)
    search.hear(warm_start)
    if not search.kernels_ready():
        return search.without_kernels(engine)
    stop = search.run()
    note = f"{search.nodes} nodes, {search.rounds} rounds of prices"
    if search.best is None and stop is Stop.PROOF:
        return Solution(Status.INFEASIBLE, stop, engine=engine, note=note)
    return Solution.claim(search.best, search.cost, search.bound, stop, engine, note)


def run_all_kernels() -> None:
    """Run all kernels on small data, with and without a constraint on the agents' total capacity."""
    shape, room = (2, 4), np.full(2, 3, np.int64)
    cost = np.arange(8, dtype=np.int64).reshape(shape)
    for total in (None, 4):
        able, opening = np.ones(shape, bool), np.full(2, 5, np.int64)
        agents = AssignmentProblem(cost, np.ones_like(cost), able, room, opening, cost, total, 1, 0)
        relaxed = NodeRelaxation(agents, BranchNode.root(agents))
        found = dual_ascent(relaxed, first_prices(agents), NO_PLAN, LOOK, lambda _: False)
        fix_by_reduced_cost(relaxed, found.price, NO_PLAN)
        repair_assignment(agents, able, np.zeros(4, np.int64), NO_PLAN, 9)


class _Search:
    """Hold the open nodes and the incumbent.

    Attributes
    ----------
    least : cost of the best plan [units of `AssignmentProblem`]; `NO_PLAN` without one
    heap : (value, number, prices, node, branch), the least value first
    busy : by thread, the value of the node it is at
    past : of each choice, how often it was looked at, and by how much the bound rose one way and the other, together
    end : why the search is over, once it is
    """

    def __init__(self, problem: Problem, found: AssignmentProblem, limits: Limits, monitor: Monitor) -> None:
        self.problem, self.agents, self.limits, self.monitor = problem, found, limits, monitor
        self.deadline, self.dived = limits.start(), 0
        self.best: Schedule | None = None
        self.cost, self.least = 0, NO_PLAN // SCALE
        self.bound: int | None = None
        self.seen: Schedule | None = None
        self.heap: list[tuple[int, int, Ints, BranchNode, tuple[int, int] | None]] = []
        self.past: dict[tuple[int, int], list[float]] = {}
        self.nodes = self.rounds = 0
        self.turn, self.numbers = threading.RLock(), itertools.count()
        self.busy: dict[int, int] = {}
        self.end: Stop | None = None

    def kernels_ready(self) -> bool:
        """Return True once kernels are compiled; meanwhile offer a greedy plan and wait, up to the time limit."""
        kernels = JitWarmup(part=jit.ASSIGNMENT)
        try:
            if kernels.ready():
                return True
            if not self.limits.deterministic and (where := greedy_assignment(self.agents)) is not None:
                self.take(where)
            return kernels.awaited(self.over)
        finally:
            kernels.end()

    def without_kernels(self, engine: str) -> Solution:
        """Return the greedy plan where kernels were not compiled in time."""
        note = "kernels are not compiled yet: solve again, or run `leptonopt warmup` once"
        return Solution.claim(self.best, None, None, Stop.LIMIT if self.over() else Stop.FAILED, engine, note)

    @property
    def limit(self) -> int:
        """Return the cutoff: nodes above it hold no better plan [1/SCALE]."""
        return (self.least - 1) * SCALE

    def over(self) -> bool:
        """Return True when the search must stop."""
        if self.end is not None:
            return True
        if self.limits.deterministic:
            return self.spent() or self.monitor.should_stop()
        return self.deadline.expired() or self.monitor.should_stop()

    def spent(self) -> bool:
        """Return True when all rounds are used, in deterministic mode."""
        return self.limits.deterministic and self.rounds > SETTINGS.per_second * self.limits.effort

    # --- plans ---

    def hear(self, schedule: Schedule | None) -> None:
        """Take over the incumbent of another method."""
        if schedule is None or schedule is self.seen:
            return
        self.seen = schedule
        if not violated_rules(self.problem, schedule) and (
            self.best is None or objective(self.problem, schedule) < self.cost
        ):
            self.best, self.cost = schedule, objective(self.problem, schedule)
            self.least = self.agents.of_cost(self.cost)

    def offer(self, node: BranchNode, found: AscentResult) -> None:
        """Repair the knapsack solutions of a node into a plan."""
        used = np.flatnonzero(found.taken.any(axis=1) | node.paid)
        able = np.zeros_like(node.able)
        able[used] = self.agents.able[used]
        if not able.any(axis=0).all():
            return
        where = initial_assignment(self.agents, able, found.taken)
        most = self.least - int(self.agents.opening[used].sum())
        plan = where if found.exact else repair_assignment(self.agents, able, where, most, SETTINGS.turns)
        if plan is None:
            return
        if self.agents.cost_of(plan) < self.least:
            self.take(plan)

    def take(self, plan: Ints) -> None:
        """Keep and report an assignment that is feasible and cheaper than the best plan."""
        schedule = self.agents.schedule(plan)
        cost = objective(self.problem, schedule)
        if not violated_rules(self.problem, schedule):
            with self.turn:
                if self.best is None or cost < self.cost:
                    self.best, self.cost, self.least = schedule, cost, self.agents.of_cost(cost)
                    self.monitor.incumbent(schedule, cost)

    # --- the tree ---

    def run(self) -> Stop:
        """Search best bound first with dives between; in two threads once `together` is true."""
        self.enter(BranchNode.root(self.agents), first_prices(self.agents), ROOT, -NO_PLAN)
        if self.heap:
            self.dive(self.heap[0][2], self.heap[0][3])
        with ThreadPoolExecutor(1) as pool:
            try:
                two = self.limits.threads > 1 and not self.limits.deterministic
                other = pool.submit(self.later) if two else None
                self.work()
            finally:
                self.end = self.end or Stop.FAILED
        if other is not None:
            other.result()
        return self.end

    def later(self) -> None:
        """Run the second thread, which waits for its turn."""
        while self.end is None and not self.together():
            time.sleep(0.1)
        self.work()

    def together(self) -> bool:
        """Return True when both threads may search: other methods had their share, and a proof is near."""
        near = (
            self.bound is not None
            and self.best is not None
            and self.cost - self.bound <= SETTINGS.near * abs(self.cost)
        )
        return near and self.deadline.left() < (1 - SETTINGS.alone) * self.limits.time_limit

    def work(self) -> None:
        """Process node after node."""
        while (taken := self.next()) is not None:
            value, price, node, branch = taken
            for child in self.children(node, *branch):
                self.enter(child, price, BRANCH, value)
                if self.over():
                    self.push(value, price, node, branch)
                    break
            with self.turn:
                del self.busy[threading.get_ident()]
                top = self.heap[0] if self.heap and self.dived < SETTINGS.diving * self.rounds else None
            if top is not None:
                self.dive(top[2], top[3])

    def next(self) -> tuple[int, Ints, BranchNode, tuple[int, int]] | None:
        """Return the open node of the least value; None when done or stopped, as `end` states."""
        while True:
            with self.turn:
                if self.end is not None:
                    return None
                self.hear(self.monitor.best())
                least = min([NO_PLAN, *self.busy.values(), *(top[0] for top in self.heap[:1])])
                if least > self.limit or least == NO_PLAN:
                    self.end = Stop.PROOF
                    if self.best is not None:
                        self.report(self.least * SCALE)
                    return None
                self.report(least)
                if self.over():
                    self.end = Stop.DONE if self.spent() else Stop.LIMIT
                    return None
                if self.heap and self.heap[0][0] <= self.limit:
                    value, _, price, node, branch = heapq.heappop(self.heap)
                    if branch is None:  # nothing to choose, and yet no plan of that cost: leave it unproven
                        self.end = Stop.DONE
                        return None
                    self.busy[threading.get_ident()] = value
                    return value, price, node, branch
            time.sleep(0.01)  # the other thread has the only node

    def push(self, value: int, price: Ints, node: BranchNode, branch: tuple[int, int] | None) -> None:
        """An open node."""
        with self.turn:
            heapq.heappush(self.heap, (value, next(self.numbers), price, node, branch))

    def report(self, value: int) -> None:
        """No plan is better than a value [1/SCALE]."""
        bound = self.agents.constant + self.agents.unit * min(-(-value // SCALE), self.least)
        if self.bound is None or bound > self.bound:
            self.bound = bound
            self.monitor.bound(bound)

    def enter(self, node: BranchNode, price: Ints, pace: AscentLimits, above: int) -> None:
        """Push a node on the heap with its bound, unless it is empty."""
        self.nodes += 1
        for _ in range(3):
            relaxed = NodeRelaxation(self.agents, node)
            if not relaxed.possible:
                return
            found = self.climbed(relaxed, price, pace)
            if pace is ROOT:
                self.report(found.value)
            if found.value > self.limit or found.value >= NO_PLAN:
                return
            if found.exact or pace is ROOT:
                self.offer(node, found)
            left = None if found.value > self.limit else fix_by_reduced_cost(relaxed, found.price, self.limit)
            if left is None:
                return
            branch, price = self.branch(left, found), found.price
            if branch is not None:
                self.push(max(found.value, above), price, left, branch)
                return
            node, pace = left, BRANCH  # all is settled: what is left is one plan
            self.offer(node, found)
        self.push(max(found.value, above), price, node, None)

    def climbed(self, relaxed: NodeRelaxation, price: Ints, pace: AscentLimits) -> AscentResult:
        """Run rounds of dual ascent."""

        def stop(rounds: int) -> bool:
            self.rounds += rounds
            return self.over()

        return dual_ascent(relaxed, price, self.limit, pace, stop)

    def branch(self, node: BranchNode, found: AscentResult) -> tuple[int, int] | None:
        """Return the (agent, -1) or (agent, task) to branch on by strong branching; None without any."""
        choices = self.doubtful(node, found)
        best, score, idle = None, -1.0, 0
        for choice in choices:
            one, other = self.gains(node, found, choice)
            if max(one, 1.0) * max(other, 1.0) > score:
                best, score, idle = choice, max(one, 1.0) * max(other, 1.0), 0
            elif (idle := idle + 1) >= SETTINGS.idle:
                break
        return best

    def doubtful(self, node: BranchNode, found: AscentResult) -> list[tuple[int, int]]:
        """Return open choices, those with least agreement first: agents, then tasks."""
        open_ = ~node.paid & ~node.closed
        if open_.any():
            agent = np.flatnonzero(open_)
            task, share = np.full(len(agent), -1), found.used[agent]
        else:
            agent, task = np.nonzero(node.able & (node.able.sum(axis=0) > 1))
            share = found.share[agent, task]
        first = np.argsort(np.abs(share - 0.5), kind="stable")[: SETTINGS.tried]
        return list(zip(agent[first].tolist(), task[first].tolist(), strict=True))

    def gains(self, node: BranchNode, found: AscentResult, choice: tuple[int, int]) -> tuple[float, float]:
        """Return by how much the bound rises on both branches [1/SCALE]; pseudocosts from first trials."""
        past = self.past.setdefault(choice, [0, 0.0, 0.0])
        if past[0] < SETTINGS.reliable:
            past[0] += 1
            most = self.limit + SCALE - found.value
            for way, child in enumerate(self.children(node, *choice)):
                relaxed = NodeRelaxation(self.agents, child)
                end = self.climbed(relaxed, found.price, LOOK).value if relaxed.possible else NO_PLAN
                past[1 + way] += min(most, max(0, end - found.value))
        return past[1] / past[0], past[2] / past[0]

    def children(self, node: BranchNode, agent: int, task: int) -> list[BranchNode]:
        """Return the child nodes with the choice and without it."""
        if task < 0:
            paid, closed, able = node.paid.copy(), node.closed.copy(), node.able.copy()
            paid[agent], closed[agent], able[agent] = True, True, False
            return [BranchNode(node.able, paid, node.closed), BranchNode(able, node.paid, closed)]
        there, not_there = node.able.copy(), node.able.copy()
        there[:, task], not_there[agent, task] = False, False
        there[agent, task] = True
        return [BranchNode(there, node.paid, node.closed), BranchNode(not_there, node.paid, node.closed)]

    # --- dives ---

    def dive(self, price: Ints, node: BranchNode) -> None:
        """Dive from a node, fixing what rounds agree on, to a plan or to an infeasible node."""
        begun = self.rounds
        while not self.over():
            relaxed = NodeRelaxation(self.agents, node)
            if not relaxed.possible:
                break
            found = self.climbed(relaxed, price, DIVE)
            if found.value > self.limit:
                break
            self.offer(node, found)
            left = None if found.exact else fix_by_reduced_cost(relaxed, found.price, self.limit)
            if left is None:
                break
            price = found.price
            if (node := self.settled(left, found)) is left:
                break
        self.dived += self.rounds - begun

    def settled(self, node: BranchNode, found: AscentResult) -> BranchNode:
        """Return the node with agreed choices fixed, at least one; itself where nothing is open."""
        open_ = np.flatnonzero(~node.paid & ~node.closed)
        if len(open_):
            sure = np.abs(found.used[open_] - 0.5)
            some = open_[(sure >= SETTINGS.agreed - 0.5) | (sure == sure.max())]
            paid, closed, able = node.paid.copy(), node.closed.copy(), node.able.copy()
            inside = found.used[some] >= 0.5
            paid[some[inside]], closed[some[~inside]] = True, True
            able[some[~inside]] = False
            return BranchNode(able, paid, closed)
        free = np.flatnonzero(node.able.sum(axis=0) > 1)
        if not len(free):
            return node
        share = np.where(node.able, found.share, -1.0)[:, free]
        top, agent = share.max(axis=0), share.argmax(axis=0)
        order = np.argsort(-top)[: max(1, len(free) // 3)]
        chosen = order[(top[order] >= SETTINGS.agreed) | (np.arange(len(order)) == 0)]
        able = node.able.copy()
        able[:, free[chosen]] = False
        able[agent[chosen], free[chosen]] = True
        return BranchNode(able, node.paid, node.closed)
