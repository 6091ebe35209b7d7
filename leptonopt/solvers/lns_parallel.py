"""Large neighbourhood search over an executor: many neighbourhoods of a schedule side by side.

The schedule, the bound and what was learnt stay here. Prices on capacity come first, where there are very many columns
by workers that price shards of the groups. Then workers are sent disjoint sets of groups to free; what they answer is
taken over one by one, if it still fits what the others have taken since and costs no more. A worker that dies costs
its call, which is sent again.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass

import numpy as np

from leptonopt.algorithms.heuristics.multistart import MultiStart, prepare_search
from leptonopt.algorithms.lagrangian.capacity_dual import DualAscent, estimate_rounds
from leptonopt.algorithms.lagrangian.pricing import BlockPricer, Pricer
from leptonopt.algorithms.lagrangian.remote_pricing import RemotePricer, is_separable
from leptonopt.algorithms.lns import interval_model as subintervals
from leptonopt.algorithms.lns.neighbourhoods import NeighbourhoodSelector
from leptonopt.algorithms.lns.remote import solve_remotely
from leptonopt.algorithms.lns.search_state import SearchState
from leptonopt.algorithms.lns.subproblem import NeighbourhoodRequest, PlacedColumns, SubproblemResult
from leptonopt.algorithms.models.cpsat_call import version
from leptonopt.problem.problem import Problem
from leptonopt.problem.protocol import Limits, Monitor, Solution, Stop
from leptonopt.problem.schedule import Schedule
from leptonopt.runtime.calls import CallFailed, ExecutorLost, RetryingCalls, num_workers
from leptonopt.runtime.child_process import process_pool
from leptonopt.runtime.deadline import Deadline, Stopwatch
from leptonopt.runtime.payload import CachedPayload


@dataclass(frozen=True)
class ParallelSettings:
    """Shares and counts of the distributed search.

    Attributes
    ----------
    tick : seconds to wait for an answer before looking at the clock
    count : seconds after which the workers are counted again
    batch : neighbourhoods solved together in deterministic mode, whatever the number of workers
    longest : seconds for a neighbourhood, at most
    draws : draws for one more neighbourhood that touches none of those at work
    rounds : rounds of prices at most
    exactly : rounds after which the slope is looked at
    slope : relative gain over three times as many rounds at which prices have come to their end
    wide : columns from which on it pays to price them on workers
    prices : share of the time limit for prices, at most
    per_second : effort counted as a second in deterministic mode
    turn : effort of a turn beside its subproblem [deterministic time]
    """

    tick: float = 0.02
    count: float = 2.0
    batch: int = 8
    longest: float = 1.2
    draws: int = 4
    rounds: int = 400
    exactly: int = 20
    slope: float = 5e-5
    wide: int = 500_000
    prices: float = 0.12
    per_second: float = 0.25
    turn: float = 0.01


SETTINGS = ParallelSettings()


def solve(problem: Problem, warm_start: Schedule | None, limits: Limits, monitor: Monitor) -> Solution:
    """Search on as many processes of this machine as there are threads."""
    with process_pool(limits.threads) as pool:
        try:
            return on(pool)(problem, warm_start, limits, monitor)
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def on(executor: Executor) -> Callable[[Problem, Schedule | None, Limits, Monitor], Solution]:
    """Return the method that searches on the workers of an executor."""

    def spread(problem: Problem, warm_start: Schedule | None, limits: Limits, monitor: Monitor) -> Solution:
        engine, deadline = f"{version()} (CP-SAT)", limits.deciding()
        found = prepare_search(problem, warm_start, limits, monitor, engine)
        if isinstance(found, Solution):
            return found
        starts, bound = found
        held = SearchState(starts, monitor, bound)
        search = _Search(problem, starts.blocks, starts, held, limits, monitor, executor, deadline)
        try:
            stop = search.run()
        except ExecutorLost as gone:
            stop = Stop.LIMIT if monitor.should_stop() else Stop.FAILED
            search.said = f"the workers are gone ({gone})"
        finally:
            search.out.drop()
        if held.pending_gain:
            held.commit()
        return Solution.claim(held.best, held.cost, held.bound, stop, engine, search.said or search.count())

    return spread


@dataclass(frozen=True, eq=False)
class _Out:
    """A neighbourhood that a worker solves, and the arm that drew it."""

    asked: NeighbourhoodRequest
    arm: tuple[str, str]


class _Search:
    """Run the loop over answers."""

    def __init__(
        self,
        problem: Problem,
        blocks: BlockPricer,
        starts: MultiStart,
        held: SearchState,
        limits: Limits,
        monitor: Monitor,
        executor: Executor,
        deadline: Deadline,
    ) -> None:
        self.problem, self.held, self.limits, self.monitor, self.deadline = problem, held, limits, monitor, deadline
        models = ("intervals", "columns") if subintervals.has_constant_prices(problem) else ("columns",)
        self.choice = NeighbourhoodSelector(problem, starts.true, limits.seed, models)
        self.usable = self.choice.usable
        self.busy = np.zeros(problem.groups, bool)
        self.executor, self.width, self.counted = executor, num_workers(executor), Stopwatch()
        self.out = RetryingCalls[_Out](executor)
        self.wide = blocks.columns >= SETTINGS.wide and self.width > 1 and is_separable(problem)
        many = SETTINGS.batch if limits.deterministic else self.width
        pricer: Pricer = RemotePricer(problem, executor, many, self.stopped) if self.wide else blocks
        self.ascent: DualAscent | None = DualAscent(problem, pricer)
        self.rounds = min(SETTINGS.rounds, estimate_rounds(problem, blocks.columns, limits.effort))
        self.ground = CachedPayload.of((problem, starts.true))
        self.sent = 0  # calls that took the ground with them
        self.turns, self.spent, self.late, self.lost = 0, 0.0, 0, 0
        self.said = ""

    def run(self) -> Stop:
        """Search until the time is up or nothing more can be gained."""
        if not self.usable.any():
            return Stop.DONE
        while self.ascent and not self.stopped():
            self.climb()
        while self.held.cost > self.held.bound:
            if self.limits.deterministic and self.spent > SETTINGS.per_second * self.limits.effort:
                return Stop.DONE
            if self.stopped():
                return Stop.LIMIT
            if self.held.adopt_external():
                self.choice.invalidate()
            if self.limits.deterministic:
                self.batch()
            else:
                self.stream()
        return Stop.PROOF

    def stopped(self) -> bool:
        """Return True when the monitor demands an end, or the time is up."""
        return self.deadline.expired() or self.monitor.should_stop()

    def stream(self) -> None:
        """Keep all workers at work, and take over what they answer as it comes."""
        if self.counted.rings(SETTINGS.count):
            self.width = num_workers(self.executor)
        ahead = 1 + self.width // 4  # to be begun while we are busy
        while len(self.out) < self.width + ahead and self.ask():
            pass
        for sent, answer in self.out.answers(SETTINGS.tick):
            self.hear(sent, answer)

    def batch(self) -> None:
        """Solve a batch of neighbourhoods of one schedule, and accept answers in the order sent."""
        order: list[_Out] = []
        while len(order) < SETTINGS.batch and (sent := self.ask()):
            order.append(sent)
        found: dict[int, SubproblemResult | CallFailed] = {}
        while len(self.out) and not self.monitor.should_stop():
            for sent, answer in self.out.answers(SETTINGS.tick):
                if answer is None:
                    self.send(sent, whole=True)
                else:
                    found[id(sent)] = answer
        for sent in order:
            if id(sent) in found:
                self.hear(sent, found[id(sent)])

    def ask(self) -> _Out | None:
        """Send one more neighbourhood that touches none of those that are out; None where there is none."""
        choice = self.choice
        choice.usable = self.usable & ~self.busy
        for _ in range(SETTINGS.draws):
            groups = choice.draw(self.held.placing).tolist()
            if len(groups) and not self.busy[self.held.shape.families[choice.move[0]] if choice.move else groups].any():
                sent = _Out(choice.request(groups), choice.arm)
                self.busy[groups] = True
                self.send(sent, whole=self.sent < self.width)
                return sent
        return None

    def send(self, sent: _Out, whole: bool) -> None:
        """Send a call, with its payload where the worker may not have it."""
        self.sent += whole
        ground = self.ground if whole else self.ground.bare()
        seconds = 600.0 if self.limits.deterministic else max(0.05, min(SETTINGS.longest, self.deadline.left()))
        self.out.send(sent, solve_remotely, ground, self.held.placing.schedule(), sent.asked, seconds)

    def hear(self, sent: _Out, answer: SubproblemResult | CallFailed | None) -> None:
        """Take the answer of a worker on a neighbourhood."""
        if answer is None:
            return self.send(sent, whole=True)
        groups = sent.asked.groups
        self.busy[groups] = False
        if isinstance(answer, CallFailed):
            self.lost += 1
            if not self.turns and self.lost >= self.width:
                raise ExecutorLost(answer.why)
            return None
        self.turns += 1
        placing, found = self.held.placing, answer.found
        before, ran = placing.cost_of_groups(groups), PlacedColumns()
        for group in groups:
            ran[group] = placing.remove_group(group)
        gain = self.held.accept_or_restore(before, ran, found.columns if found else None)
        self.late += found is not None and gain is None
        spent, proven = answer.effort + SETTINGS.turn, found is not None and found.proven
        self.spent += spent
        self.choice.arm = sent.arm
        self.choice.update_weights((gain or 0) / max(1, abs(self.held.cost)), spent, proven, spent / sent.asked.effort)
        if gain is not None:
            self.choice.invalidate(groups)
        if gain:
            self.held.report(self.turns)
        if self.held.proves_optimal(answer, len(groups), int(self.usable.sum())):
            self.held.raise_bound(self.held.cost)
        return None

    def climb(self) -> None:
        """Run one round of dual ascent; after the last its multipliers guide the search."""
        assert self.ascent
        self.ascent.step()
        turn = len(self.ascent.values)
        late = self.deadline.left() < (1 - SETTINGS.prices) * self.limits.time_limit
        last = (
            late
            or turn >= self.rounds
            or (turn % SETTINGS.exactly == 0 and self.ascent.slope(3 * SETTINGS.exactly) < SETTINGS.slope)
        )
        if last:
            self.guided()

    def guided(self) -> None:
        """Guide the search by the present multipliers, and take the bound that they prove."""
        assert self.ascent
        guide = self.ascent.guide()
        self.held.raise_bound(self.ascent.exact())
        self.choice.set_guide(guide)
        self.ground, self.ascent = CachedPayload.of((self.problem, guide)), None

    def count(self) -> str:
        """Return a summary in one line."""
        lost = f", {self.out.again + self.lost} calls asked again" if self.out.again + self.lost else ""
        return f"{self.turns} neighbourhoods on {self.width} workers, {self.late} came too late{lost}"
