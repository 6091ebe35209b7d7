"""One solve: runs the stages of the method, in this process or in workers, and collects their results.

The session alone owns the deadline, the signals and the workers. `session.solve_state` keeps the results.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from leptonopt.algorithms.lagrangian.pricing import BlockPricer, uncapacitated_bound
from leptonopt.errors import EngineError, OutOfTime
from leptonopt.problem.protocol import SHORTEST_CALL, Limits, Stop
from leptonopt.problem.schedule import Schedule
from leptonopt.problem.size import is_tiny
from leptonopt.runtime.clock import run_in_thread
from leptonopt.runtime.deadline import Deadline, now
from leptonopt.runtime.signals import Signals
from leptonopt.session.closing import ClosingTime
from leptonopt.session.fewer_segments import join_segments
from leptonopt.session.kernel_warmup import compiled_beside, uses_kernels
from leptonopt.session.lane import Lane, relative_gain
from leptonopt.session.result import Progress
from leptonopt.session.solve_state import SolveState
from leptonopt.session.source import InstanceSource
from leptonopt.session.stages import FALLBACK, Stage
from leptonopt.session.suspended_workers import SuspendedWorkers, Worker
from leptonopt.session.times import TIMES
from leptonopt.session.worker_pool import WorkerPool
from leptonopt.solvers import branch_and_bound, selftest
from leptonopt.solvers import registry as methods

Running = dict[int, tuple[Worker, Deadline]]  # by lane: the worker and the end of its stage


@dataclass(frozen=True)
class WorkerOptions:
    """Execution of engines.

    `isolate`: in processes of their own, with `memory` bytes each; `executor`: for remote workers.
    """

    isolate: bool = True
    memory: int | None = None
    executor: Executor | None = None


class SolveSession:
    """One solve.

    Attributes
    ----------
    state : what has been found so far; the monitor of methods that run in this process
    deadline : end of the search; then the plan is written and checked
    kept_seconds : seconds after the deadline that are kept back to write and check a plan
    entry_seconds : seconds to write and check one entry of the plan
    start_seconds : seconds that a worker takes to load
    slowness : wall-clock time for each second of CPU time on this machine, as other work takes its cores
    workers : the worker processes and threads
    made_with : begin, closing time, listener and options that it was made with
    lanes : the stages of the portfolio, while workers run them
    suspended : the workers of stages that gave way and may go on later
    pause : seconds of the last wait for messages of the workers
    state_type : the class of the state
    prover : the session on whose problem a proof of optimality can be repeated
    is_whole : whether its problem has all rules, so that other engines can repeat its proof there
    """

    state_type: type[SolveState] = SolveState
    is_whole = True

    def __init__(
        self,
        source: InstanceSource,
        limits: Limits,
        begun: float,
        closing: ClosingTime,
        signals: Signals,
        on_progress: Callable[[Progress], None] | None = None,
        options: WorkerOptions = WorkerOptions(),  # frozen
    ) -> None:
        self.made_with = begun, closing, on_progress, options
        self.state = self.state_type(source, limits, begun, on_progress)
        self.state.should_stop = self.should_stop
        self.limits, self.problem, self.signals, self.isolate = limits, source.problem, signals, options.isolate
        self.kept_seconds = min(closing.fixed, TIMES.closing_share * limits.time_limit)
        self.deadline = Deadline(begun + limits.time_limit - self.kept_seconds)
        self.grace = TIMES.stop_grace(limits.time_limit)
        self.start_seconds, self.slowness = TIMES.start, 1.0
        self.entry_seconds = closing.entry
        self.work_left, self.named = limits.time_limit, False
        self.lanes: list[Lane] = []
        self.suspended = SuspendedWorkers(self.problem)
        self.pause = TIMES.shortest_tick
        self.workers = WorkerPool(self.problem, options.memory, self.state.notes, options.executor)
        signals.on_second = self.workers.slay
        self.prover: SolveSession = self
        self.warm_start: Schedule | None = None
        self.warm_copies = 0  # of the plan to start from, also those of which the instance knows nothing

    def should_stop(self) -> bool:
        """Return whether the deadline has passed, a signal was caught, or the gap is reached."""
        state = self.state
        state.show()
        if state.stop is None:
            if self.signals.caught:
                state.stop = Stop.INTERRUPT
            elif state.infeasible or state.closed():
                state.stop = Stop.PROOF
            elif not self.limits.deterministic and state.within_gap(self.limits.gap):
                state.stop = Stop.GAP
            elif self.left() <= 0:
                state.stop = Stop.LIMIT
        return state.stop is not None

    # --- the course of a solve ---

    def run(self, method: str | methods.Method, warm_start: Schedule | None) -> None:
        """Run the warm start, greedy, and the stages of the method, until the search has to end."""
        beside = method == "auto" and self.isolate and not self.limits.deterministic and uses_kernels(self.problem)
        try:
            with compiled_beside(beside and not self.workers.large):
                self._run(method, warm_start)
        except OutOfTime:
            self.state.stop = self.state.stop or Stop.LIMIT
        except BaseException:
            self.state.stop = Stop.INTERRUPT  # a method in another thread then ends soon
            raise

    def _run(self, method: str | methods.Method, warm_start: Schedule | None) -> None:
        if self.state.source.impossible:
            self.state.infeasible = True
            self.state.claims.claim_infeasible("windows")
            return
        if warm_start is not None:
            from leptonopt.session.warm_start import take_warm_start

            self.warm_start, seconds = warm_start, TIMES.warm_start_share * self.left()
            is_over = self._over(seconds)
            take_warm_start(
                self.state, warm_start, self.warm_copies, self.limits_for(seconds),
                lambda: self.should_stop() or is_over(),
            )  # fmt: skip
        if not isinstance(method, str):
            self._take_uncapacitated_bound()
            self._run_here(getattr(method, "__name__", "function"), method, self.limits_for(self.left()))
            return
        if method == "auto":
            self._run_exactly()
            if self.should_stop():
                return
        from leptonopt.session import portfolio

        if method == "auto":
            self._run_greedy(portfolio.greedy_method(self.problem, first=True))
            self._run_baselines()
            self._run_lanes(self._lanes_of_auto())
            return
        entry = methods.lookup(method)
        if entry.name == "greedy":
            self._run_here("greedy", portfolio.greedy_method(self.problem), self.limits_for(self.left()))
        elif entry.isolated:
            self._run_greedy(portfolio.greedy_method(self.problem, first=True))
            self.named, self.workers.sharing = True, entry.name
            self._run_lanes([(Stage(entry.name, threads=self.limits.threads),)])
        else:
            self._take_uncapacitated_bound()
            self._run_here(entry.name, methods.load_method(entry.name), self.limits_for(self.left()))

    def take_plan(self, plan: Mapping[str, Any]) -> None:
        """Take the plan document that the search starts from, where more of it counts than its schedule."""

    def finish(self, method: str | methods.Method) -> SolveSession:
        """Return the session of the answer, once the search is over."""
        join_segments(self.state, self._over(min(self.left(), TIMES.restore_share * self.limits.time_limit)))
        self.restore_warm_start()
        return self

    def restore_warm_start(self) -> None:
        """Go back to the warm start wherever that costs nothing."""
        if self.warm_start is not None:
            from leptonopt.session.warm_start import restore_warm_start

            over = self._over(min(self.left(), TIMES.restore_share * self.limits.time_limit))
            restore_warm_start(self.state, self.warm_start, over)

    def _over(self, seconds: float) -> Callable[[], bool]:
        """Return a function that tells whether some seconds from now are over."""
        return Deadline.after(seconds).expired

    def _take_uncapacitated_bound(self) -> None:
        self.state.phase = "bound"
        bare = not self.problem.chains  # the least cost of a segment says little
        if bare and (bound := uncapacitated_bound(self.problem, BlockPricer(self.problem).least)) is not None:
            self.state.bound(bound)

    def _run_exactly(self) -> None:
        """Prove a problem of a few tasks before any heuristic: in this process, or else by one engine."""
        self._run_here("branch-and-bound", branch_and_bound.first, self.limits_for(self.left()))
        if self.problem.groups and is_tiny(self.problem) and not self.limits.deterministic and not self.should_stop():
            self._run_lanes([(Stage("cpsat", TIMES.tiny_share),)], alone=True)

    def _run_greedy(self, function: methods.Method) -> None:
        """Find a first plan, except where the problem is large.

        The method of a large problem starts with a construction of its own.
        """
        if not self.workers.large:
            self._run_here("greedy", function, self.limits_for(self.left()))

    def _run_baselines(self) -> None:
        """Run the dispatching rules: `auto` is at least as good as each of them, where tasks run as a whole."""
        from leptonopt.session import portfolio

        if self.workers.large or not portfolio.has_baselines(self.problem) or self.state.closed():
            return
        deadline = Deadline.after(TIMES.baseline_share * self.left())
        for entry in methods.dispatching_rules():
            seconds = self.left() if self.limits.deterministic else deadline.left()
            if seconds > 0:
                self._run_here(entry.name, methods.load_method(entry.name), self.limits_for(seconds))

    def _lanes_of_auto(self) -> list[tuple[Stage, ...]]:
        from leptonopt.session import portfolio

        lanes = portfolio.choose_stages(self.problem, self.limits.threads, self.limits.deterministic)
        if self.state.schedule is None:
            lanes = portfolio.with_first_plan_stage(lanes, self.problem)
        if self.workers.executor and not self.workers.large:
            lanes = portfolio.with_remote_workers(lanes, self.limits.deterministic)
        return lanes

    def _run_lanes(self, lanes: list[tuple[Stage, ...]], alone: bool = False) -> None:
        """Run lanes, then the fallback; where they are `alone`, each stage for its share and nothing after it."""
        fallback = [] if alone else self._fallback(lanes)
        if self.isolate:
            self._run_in_workers(lanes, fallback, not (alone or self.named or self.limits.deterministic))
        else:
            self._run_one_by_one(lanes, fallback)

    def _run_one_by_one(self, lanes: list[tuple[Stage, ...]], fallback: list[Stage]) -> None:
        """Run all stages in this process, one after another."""
        waiting = [*(stage for lane in lanes for stage in lane), *fallback]
        while waiting and not self.should_stop():
            stage = waiting.pop(0)
            if stage in fallback and self.state.schedule is not None:
                break
            if self.state.within_gap(stage.above):
                continue
            if why := selftest.failed_selftest(stage.method, self.should_stop):
                self._reject_engine(why)
                continue
            function = run_in_thread(self.workers.function(stage.method))
            more = bool(waiting) and (self.state.schedule is None or waiting[0] not in fallback)
            self._run_here(stage.method, function, self._stage_limits(stage, more))

    @contextmanager
    def reserve(self, seconds: float) -> Iterator[None]:
        """Keep some of the time for later."""
        before = self.deadline
        self.deadline = before.plus(-seconds)
        yield
        self.deadline = before

    def _run_here(self, name: str, function: methods.Method, limits: Limits) -> None:
        """Run a method in this process."""
        if self.should_stop():
            return
        self.state.phase = name
        self.state.conclude(name, function(self.problem, self.state.schedule, limits, self.state))

    def _fallback(self, lanes: list[tuple[Stage, ...]]) -> list[Stage]:
        """Return the stages that `auto` adds when a lane has ended and there is no plan."""
        if self.named or self.workers.large:
            return []
        used = {stage.method for lane in lanes for stage in lane}
        return [Stage(method) for method in FALLBACK if method not in used]

    # --- workers ---

    def _run_in_workers(self, lanes: list[tuple[Stage, ...]], fallback: list[Stage], adaptive: bool) -> None:
        """Run lanes at the same time, each stage in a worker; `adaptive` where the clock may decide."""
        self.lanes = [Lane(lane, self.limits.time_limit, adaptive, self.slowness) for lane in lanes]
        running: Running = {}
        self.suspended = SuspendedWorkers(self.problem)
        try:
            while not self.should_stop() and (running or any(self.lanes) or (fallback and self.state.schedule is None)):
                for at in range(len(lanes)):
                    if at not in running:
                        self._start_next(at, fallback, running)
                self._poll(running)
            self._end(running)
        finally:
            self.workers.kill()

    def _start_next(self, at: int, fallback: list[Stage], running: Running) -> None:
        """Start the next stage of a lane; without a plan, the fallback comes after the last one."""
        lane = self.lanes[at]
        if fallback and self.state.schedule is None and not lane.waiting:
            lane.waiting.append(fallback.pop(0))
        stage = lane.next_stage(self.left())
        if stage is None or self.state.within_gap(stage.above) or self._too_late():
            return
        if again := self.suspended.take(at, stage.method, self.state.schedule):
            running[at] = again
            lane.begin(stage, now(), now() + stage.share * self.left())
            return
        limits = self._stage_limits(stage, bool(lane.waiting or (fallback and self.state.schedule is None)))
        share = limits.start()
        if lane.is_elastic(stage):
            limits = self.limits_for(self.left(), stage.threads)
        if worker := self.workers.start(stage.method, self.state.schedule, limits, len(self.lanes)):
            running[at] = worker, limits.start()
            lane.begin(stage, now(), share.until)

    def _too_late(self) -> bool:
        """Return whether a worker started now would hardly have loaded before the deadline."""
        if self.limits.deterministic or self.left() > self.start_seconds:
            return False
        self.state.last_stop = Stop.LIMIT
        return True

    def _poll(self, running: Running) -> None:
        """Take the messages of the workers.

        Stops a stage that gains nothing, and kills one that overruns its time.
        """
        idle = True
        for at, (worker, deadline) in list(running.items()):
            if -deadline.left() > self.grace + worker.grace:
                if not self.lanes[at].asked:  # one that gives way may come again
                    self.state.notes.append(f"{worker.method} did not stop in time and was killed")
                self.lanes[at].end(Stop.INTERRUPT if self.lanes[at].asked else Stop.FAILED, now())
                self._drop(running, at)
                continue
            if not self.lanes[at].asked and self.lanes[at].gives_way(now(), self.left()):
                if self.suspended.put(at, worker, deadline):
                    self.lanes[at].end(Stop.INTERRUPT, now())
                    del running[at]
                    continue
                worker.stop()
                self.lanes[at].asked = True
                running[at] = worker, Deadline.after(self.grace)
            for _ in range(worker.messages.qsize()):
                idle = False
                if self._take_gain(at, worker, running):
                    break
        self._pause(idle)

    def _pause(self, idle: bool) -> None:
        """Wait for messages where none came, longer each time."""
        self.pause = min(TIMES.tick, 2 * self.pause) if idle else TIMES.shortest_tick
        if idle:
            time.sleep(self.pause)

    def _take_gain(self, at: int, worker: Worker, running: Running) -> bool:
        """Take one message of a lane's worker, and note what it gains; return True when it was the last."""
        cost, bound, lane = self.state.cost, self.state.lower, self.lanes[at]
        last = self._take(worker)
        lane.gained(relative_gain((cost, bound), (self.state.cost, self.state.lower)), now())
        if self.state.cost != cost and not self.limits.deterministic:
            self._pass_on(running, worker)
        if last:
            lane.end(self.state.last_stop, now())
            self._drop(running, at)
        return last

    def _pass_on(self, running: Running, source: Worker) -> None:
        """Pass the incumbent of one worker on to the others."""
        for other, _ in running.values():
            if other is not source and self.state.schedule is not None:
                other.pass_on(self.state.schedule)

    def _end(self, running: Running) -> None:
        """Request a stop of all workers, and take what they hand over within the grace time."""
        for worker, _ in running.values():
            worker.stop()
        grace, awaited = self.grace, set(running)
        if self.state.stop is Stop.INTERRUPT:
            grace = TIMES.interrupt_grace
        elif self.state.stop is Stop.PROOF and not self.limits.deterministic:
            grace, provers = TIMES.proof_grace, self.state.claims.provers_of(self.state.cost)
            awaited = {lane for lane, (worker, _) in running.items() if worker.method in provers}
        deadline = Deadline.after(grace + max((running[lane][0].grace for lane in awaited), default=0.0))
        while awaited & running.keys() and not deadline.expired():
            for lane, (worker, _) in list(running.items()):
                while lane in running and worker.messages.qsize():
                    if self._take(worker):
                        self._drop(running, lane)
            self._pause(bool(awaited & running.keys()))

    def _take(self, worker: Worker) -> bool:
        """Take one message of a worker; return True when it was the last."""
        self.state.phase = worker.method
        message: tuple[Any, ...] = worker.messages.get()
        match message:
            case ("incumbent", schedule, cost):
                self.state.incumbent(schedule, cost)
            case ("bound", value):
                self.state.bound(value)
            case ("prices", value, multipliers):
                self.state.prices(value, multipliers)
                self.workers.multipliers = self.state.known_multipliers()
            case ("done", solution):
                self.state.conclude(worker.method, solution)
                return True
            case ("unfit", why):
                self._reject_engine(why)
                return True
        return False

    def _drop(self, running: Running, lane: int) -> None:
        self.workers.end(running.pop(lane)[0])

    def _reject_engine(self, why: str) -> None:
        """Note a failed self-test; raises `EngineError` where the user named the method."""
        if self.named:
            raise EngineError(why)
        self.state.notes.append(why)

    # --- the budget ---

    def limits_for(self, seconds: float, threads: int = 1) -> Limits:
        """Return the limits of a method that may take so many seconds from now."""
        if self.limits.deterministic:
            seconds = max(SHORTEST_CALL, seconds)
            return replace(self.limits, time_limit=seconds, threads=threads, work=self.limits.time_limit)
        return replace(self.limits, threads=threads).until(Deadline.after(seconds))

    def _stage_limits(self, stage: Stage, more: bool) -> Limits:
        """Return the limits of a stage: a share of the time left; in deterministic mode, of the work left."""
        if not self.limits.deterministic:
            return self.limits_for(self.left() * stage.share, stage.threads)
        work = self.work_left * (min(stage.share, 0.5) if more else 1.0)
        self.work_left -= work
        return replace(self.limits_for(self.left(), stage.threads), work=work)

    def left(self) -> float:
        """Return the seconds left for the search: less time to write and check is kept for a first plan."""
        if (found := self.state.schedule) is None:
            return self.deadline.left() + TIMES.first_plan_share * self.kept_seconds
        return self.deadline.left() - self.entry_seconds * len(found.option)

    def ended(self) -> bool:
        """Return whether a signal was caught or no time is left for the search."""
        return self.signals.caught or self.left() <= 0
