"""The conductor: one function that takes an instance and answers with a checked result.

It alone owns the clock, the signals and the child processes; methods only report to it. What they have found so far
is kept in `session.solve_state`, and what leaves has passed the independent checker (`session.finalize`).
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor
from contextlib import contextmanager
from dataclasses import replace
from fractions import Fraction
from math import ceil
from typing import Any

from leptonopt.algorithms.lagrangian.pricing import BlockPricer, uncapacitated_bound
from leptonopt.confirm import NAME, Confirmation
from leptonopt.confirm.solve import confirm as confirmed
from leptonopt.errors import Alarm, EngineError, OutOfTime, UsageError
from leptonopt.instance import Instance
from leptonopt.problem.feasibility import violated_rules
from leptonopt.problem.protocol import Limits, NullMonitor, Solution, Status, Stop
from leptonopt.problem.schedule import Schedule, objective
from leptonopt.runtime.clock import gc_disabled, run_in_thread, time_limited
from leptonopt.runtime.signals import Signals, interruptible_until
from leptonopt.session import portfolio
from leptonopt.session.finalize import alarm_evidence, finalize
from leptonopt.session.request import make_limits
from leptonopt.session.result import Progress, Result
from leptonopt.session.solve_state import SolveState, contradicts
from leptonopt.session.source import InstanceSource, open_source
from leptonopt.session.worker_process import WorkerPool, WorkerProcess, parse_memory
from leptonopt.session.worker_thread import WorkerThread
from leptonopt.solvers import greedy, selftest
from leptonopt.solvers import registry as methods

TICK = 0.02
CONFIRMING = 0.6  # share of what is left for the second model; then there is time for another engine yet
NOTEWORTHY = 0.01  # share of the optimum that a certificate leaves open before a note says so
SAME_ENGINE = {"cpsat", "cpsat-intervals", "lns"}  # who proves with CP-SAT, as the second model does
CERTIFYING = 0.2  # share of the time for the prices of a certificate
CLOSING = 0.3  # share of the time at most for writing the plan down and checking it
GRACE, SHARE_OF_GRACE, LONGEST_GRACE = 0.5, 0.02, 1.5  # seconds, of the limit, and at most: from asking to killing
SOON = 0.02  # seconds of work too short to tell how busy the machine is
STARTING = 0.3  # seconds that an engine takes at least to come to its first answer
PROMPT = 0.5  # for the last word of an engine whose proof ends it all: what it is
HURRY = 1.0  # the same when somebody waits: two seconds are promised, for everything


def solve(
    instance: Instance | Mapping[str, Any] | str | os.PathLike[str],
    *,
    method: str | methods.Method = "auto",
    time_limit: float = 60.0,
    gap: float = 0.0,
    threads: int | None = None,
    seed: int = 0,
    deterministic: bool = False,
    warm_start: Mapping[str, Any] | None = None,
    format: str | None = None,
    params: Mapping[str, str] | None = None,
    on_progress: Callable[[Progress], None] | None = None,
    isolate: bool = True,
    confirm: bool = False,
    certify: bool = False,
    memory: float | str | None = None,
    executor: Executor | None = None,
    handle_signals: bool = False,
    begun: float | None = None,
) -> Result:
    """Find a plan of least cost, and prove how good it is.

    Parameters
    ----------
    instance : an `Instance`, a plain tree as a native file states it, or the path of a file, or of an instance in
        columns (docs/reference/columns.md).
    method : `auto`, a name from `leptonopt methods`, or a function over `Problem`.
    time_limit : seconds of wall clock for everything: reading, building, solving, checking.
    gap : stop as soon as (cost - bound) / |cost| is at most this; 0 asks for a proof.
    threads : processes that `auto` runs side by side, and threads of a single engine; default the
        number of cores.
    deterministic : the same input, seed and versions give the same plan, whatever the machine's load.
    warm_start : a plan document to start from; for an instance in columns, the columns of a plan by name.
    format, params : how to read a file that is not native; see `leptonopt.io.load`.
    on_progress : called with a `Progress` from this thread as things improve.
    isolate : run solver engines in processes of their own; False runs them here, one after another.
    confirm : have what is proven optimal or infeasible proven again on a second model, which is built from the
        checker's reading of the document, and by an engine of another make where CP-SAT alone is behind the proof; in
        what is left of the time limit. An instance too large for the second model gets the other engine only.
    certify : find prices from which `leptonopt.verify.proven` computes a bound on its own, in a fifth of the
        time limit; see `Result.certificate`.
    memory : what each engine in a process of its own may take, in bytes or as `8GB`, `512MiB`; default nine
        tenths of the machine's, shared between those that run side by side.
    executor : whose workers, on this machine or others, take part in the search (method `auto`, `large-scale` or
        `lns-parallel`); see `dask.executor`. When it breaks, this machine goes on alone, and a note says so.
    handle_signals : on the main thread, have the first SIGINT or SIGTERM end the search with the best plan so far, and
        the second the program. `Result.signal` says which came. A handler that was set before is then called; the
        default actions are not, for they would end the program before the plan is yours. Without it signals are left
        alone: Ctrl-C raises `KeyboardInterrupt`, and no engine survives.
    begun : the moment, on the scale of `time.monotonic`, from which the time limit counts; default the call.

    Raises
    ------
    UsageError, InputError, InstanceError
        When the call or the instance is wrong.
    NoPlan
        When the time limit ends while the instance is still being read or built, or long before a plan of very many
        entries is written and checked.
    EngineError
        When the engine of a method asked for by name fails its self-test; see `leptonopt.solvers.selftest`.
    Alarm
        When the checker rejects the plan or a bound is contradicted: a fault of the program.
    """
    called, spent = time.monotonic(), time.process_time()
    begun = called if begun is None else begun
    limits = make_limits(time_limit, gap, threads, seed, deterministic)
    renamed = methods.renamed_note(method) if isinstance(method, str) else ""
    if isinstance(method, str) and method != "auto":
        method = methods.require_available(method).name
    if executor is not None and method not in ("auto", *methods.SHARED):
        allowed = f"auto, {' and '.join(methods.SHARED)}"
        raise UsageError(f"the method {method} has no use for workers elsewhere; allowed with them are {allowed}")
    most = parse_memory(memory)
    with Signals(handle_signals) as signals:
        with interruptible_until(begun + time_limit - time.monotonic(), signals), gc_disabled():
            compiled = open_source(instance, format, params)
            read = time.monotonic()
            source = compiled()
            built = time.monotonic()
        after = source.closing(built - called)
        conductor = SolveSession(source, limits, begun, after, signals, on_progress, isolate, most, executor)
        conductor.notes += [renamed] if renamed else []
        spent = time.process_time() - spent
        conductor.entry *= max(1.0, (built - called) / spent) if spent > SOON else 1.0  # as busy as the machine is
        conductor.starting = max(STARTING, called - begun)  # it loads about what this process did
        name = method if isinstance(method, str) else getattr(method, "__name__", "function")
        try:
            with conductor.reserve(CERTIFYING * time_limit if certify and source.prices_itself else 0.0):
                with time_limited(conductor.until, "engines were made ready"):
                    conductor.run(method, None if warm_start is None else source.schedule_of(warm_start))
                if confirm:
                    conductor.confirm()
            if certify:
                conductor.certify()
            solved = time.monotonic()
            seconds = {"read": read - called, "compile": built - read, "solve": solved - built, "total": solved - begun}
            return finalize(conductor, name, {} if deterministic else seconds, signals.caught)
        except Alarm as alarm:
            alarm.evidence = alarm_evidence(conductor, name)
            raise


class SolveSession(SolveState):
    """One solve: owns the clock, the signals and the children, and is the monitor of methods that run here."""

    def __init__(
        self,
        source: InstanceSource,
        limits: Limits,
        begun: float,
        after: float,
        signals: Signals,
        on_progress: Callable[[Progress], None] | None,
        isolate: bool,
        memory: int | None,
        executor: Executor | None,
    ) -> None:
        super().__init__(source, limits, begun, on_progress)
        self.signals, self.isolate = signals, isolate
        self.until = begun + limits.time_limit - min(after, CLOSING * limits.time_limit)
        self.grace = min(LONGEST_GRACE, GRACE + SHARE_OF_GRACE * limits.time_limit)
        self.starting = STARTING
        self.entry = source.entry_seconds()
        self.work = limits.time_limit
        self.named = False
        self.crew = WorkerPool(self.problem, memory, self.notes, executor)
        signals.on_second = self.crew.slay

    def should_stop(self) -> bool:
        """Time is up, somebody interrupted, or the gap is reached."""
        self.show()
        if self.stop is None:
            if self.signals.caught is not None:
                self.stop = Stop.INTERRUPT
            elif self.infeasible or self.closed():
                self.stop = Stop.PROOF
            elif not self.limits.deterministic and self.nearer(self.limits.gap):
                self.stop = Stop.GAP
            elif self._left() <= 0:
                self.stop = Stop.LIMIT
        return self.stop is not None

    # --- the course of a solve ---

    def run(self, method: str | methods.Method, warm_start: Schedule | None) -> None:
        """Warm start, greedy with its trivial bound, then the method's lanes; until the time is up."""
        try:
            self._run(method, warm_start)
        except OutOfTime:
            self.stop = self.stop or Stop.LIMIT
        except BaseException:
            self.stop = Stop.INTERRUPT  # what works in another thread ends soon
            raise

    def _run(self, method: str | methods.Method, warm_start: Schedule | None) -> None:
        if self.source.impossible:
            self.infeasible = True
            self.claims.deny("windows")
            return
        if warm_start is not None:
            self.phase = "warm start"
            if broken := violated_rules(self.problem, warm_start):
                self.notes.append(f"the warm start does not fit the instance ({', '.join(sorted(broken))}); not used")
            else:
                self.incumbent(warm_start, objective(self.problem, warm_start))
        entry = None if method == "auto" or not isinstance(method, str) else methods.lookup(method)
        if not isinstance(method, str) or (entry is not None and not entry.isolated and entry.name != "greedy"):
            self.phase = "bound"
            if (bound := uncapacitated_bound(self.problem, BlockPricer(self.problem).least)) is not None:
                self.bound(bound)
        if not isinstance(method, str):
            self._here(getattr(method, "__name__", "function"), method, self._for(self._left()))
            return
        if (entry is None or entry.isolated or entry.name == "greedy") and not (self.crew.large and method != "greedy"):
            whole = entry is not None and entry.name == "greedy"
            self._here("greedy", greedy.solve if whole else greedy.baseline, self._for(self._left()))
        if entry is None:
            lanes = portfolio.choose_stages(self.problem, self.limits.threads, self.limits.deterministic)
            if self.schedule is None:
                lanes = portfolio.with_first_plan_stage(lanes, self.problem)
            if self.crew.executor and not self.crew.large:
                lanes = portfolio.with_remote_workers(lanes, self.limits.deterministic)
        elif entry.name == "greedy":
            return
        elif not entry.isolated:
            self._here(entry.name, methods.load_method(entry.name), self._for(self._left()))
            return
        else:
            lanes, self.named = [(portfolio.Stage(entry.name, threads=self.limits.threads),)], True
            self.crew.sharing = entry.name
        if self.isolate:
            self._side_by_side(lanes)
        else:
            last = self._last(lanes)
            waiting = [*(stage for lane in lanes for stage in lane), *last]
            while waiting:
                stage = waiting.pop(0)
                if stage in last and self.schedule is not None:
                    break
                if self.nearer(stage.above):
                    continue
                if why := selftest.failed_selftest(stage.method, self.should_stop):
                    self._unfit(why)
                    continue
                function = run_in_thread(self.crew.function(stage.method))
                self._here(
                    stage.method,
                    function,
                    self._granted(stage, bool(waiting) and (self.schedule is None or waiting[0] not in last)),
                )

    @contextmanager
    def reserve(self, seconds: float) -> Iterator[None]:
        """Keep some of the time for later."""
        self.until -= seconds
        yield
        self.until += seconds

    def confirm(self) -> None:
        """Have it proven again that there is nothing better, or nothing at all.

        First on the second model, which runs on CP-SAT; by another engine on the same model where that is not possible,
        and also where CP-SAT alone is behind the proof.
        """
        status, _, _ = self.status()
        # Where a task can never run nothing is left to search; the checker works out its own windows.
        if self.source.impossible and self.source.certificate_of_none() is not None:
            self.claims.confirmed.append("checker")
            self.claims.second = True
            return
        if self.source.impossible:
            self._on_second_model(None)
            return
        if status not in (Status.OPTIMAL, Status.INFEASIBLE):
            return
        cost = self.cost if status is Status.OPTIMAL else None
        by = self.claims.behind(cost)
        if self._on_second_model(cost) and not {*by} <= SAME_ENGINE:
            return
        for name in self.claims.others(cost):
            if self._ended():
                if not self.claims.confirmed:
                    self.notes.append("no time was left to confirm the proof")
                return
            self.phase = f"{name}, confirming"
            solution = self._asked(name, None if cost is None else cost - 1)
            self.engines[name] = solution.engine or self.engines.get(name, "")
            if solution.schedule is not None and not contradicts(self.problem, solution.schedule):
                found = objective(self.problem, solution.schedule)
                if cost is None or found < cost:
                    raise Alarm(f"{name} finds a plan for {self.money(found)} where one engine has proven that none is")
            enough = cost is not None and solution.bound is not None and solution.bound >= cost
            if solution.status is Status.INFEASIBLE or enough:
                self.claims.confirmed.append(name)
                return
            self.notes.append(f"{name} did not confirm the proof: {solution.note or f'stopped ({solution.stop})'}")

    def _on_second_model(self, cost: int | None) -> bool:
        """Whether the second model, from the checker's reading of the document, proves the same.

        Raises `Alarm` where it contradicts.
        """
        if self._ended():
            self.notes.append("no time was left to confirm the proof")
            return False
        self.phase = NAME
        question = self.source.question(self.money(cost), None if cost is None else self.schedule)
        if question is None:
            self.notes.append(f"instances in columns have no {NAME}; what confirms the proof shares one model with it")
            return False
        limits = self._for(CONFIRMING * self._left(), self.limits.threads)
        if self.isolate:
            answer = self._answer(self.crew.ask(question, limits), limits)
        elif why := selftest.failed_selftest("cpsat", self._ended):
            answer = Confirmation(None, note=why)
        else:
            answer = run_in_thread(confirmed)(question, limits)
        if not isinstance(answer, Confirmation):  # the child failed, or said nothing in time
            answer = Confirmation(None, note=answer.note)
        if answer.engine:
            self.engines[NAME] = answer.engine
        if answer.agrees is False:
            self.logs.append(f"--- {NAME}: {answer.note} ---\n" + "\n".join(map(str, answer.lines)))
            raise Alarm(f"the {NAME}, from the checker's reading of the instance, {answer.note}")
        if answer.agrees:
            self.claims.confirmed.append("cpsat")
            self.claims.second = True
            return True
        why = answer.note or f"the {NAME} did not answer"
        self.notes.append(f"{why}; what confirms the proof shares one model with it")
        return False

    def _asked(self, name: str, cutoff: int | None) -> Solution:
        """What an engine says of the problem with a cutoff."""
        limits = replace(self._for(self._left(), self.limits.threads), cutoff=cutoff, gap=0.0)
        if not self.isolate:
            return methods.load_method(name)(self.problem, None, limits, NullMonitor(self._ended))
        answer = self._answer(self.crew.start(name, None, limits), limits)
        assert isinstance(answer, Solution)
        return answer

    def _answer(self, child: WorkerProcess | WorkerThread | None, limits: Limits) -> Solution | Confirmation:
        """The last word of a child; of one that could not be started, why."""
        if child is None:
            return Solution(Status.UNKNOWN, Stop.FAILED, note=self.notes[-1])
        try:
            until = time.monotonic() + limits.time_limit + self.grace
            while self.signals.caught is None and time.monotonic() < until:
                while child.messages.qsize():
                    match child.messages.get():
                        case ("done", solution):
                            answer: Solution | Confirmation = solution
                            return answer
                        case ("unfit", why):
                            return Solution(Status.UNKNOWN, Stop.FAILED, note=why)
                self.show()
                time.sleep(TICK)
            return Solution(Status.UNKNOWN, Stop.LIMIT, note="no answer in time")
        finally:
            self.crew.kill()

    def certify(self) -> None:
        """Prices for the bound, and the bound that they prove."""
        if self.infeasible:
            self.certificate = self.source.certificate_of_none()
            if self.certificate is None:
                by = ", ".join(self.claims.denials)
                self.notes.append(f"no certificate is written: that there is no plan rests on the word of {by}")
            return
        self.phase = "certificate"
        self.show(now=True)
        seconds = 0.1 if self.signals.caught is not None else self._left()
        work = CERTIFYING * self.limits.time_limit if self.limits.deterministic else None
        self.certificate = self.source.certificate(max(0.1, seconds), work, self.multipliers)
        if self.certificate is None:
            self.notes.append("no certificate is written: the method found no prices")
        elif (bound := self.certificate["bound"]) is not None and not self.source.loss:
            self.bound(ceil(Fraction(bound) / self.source.unit))
            self._compared(Fraction(bound), self.source.uncoupled())

    def _compared(self, certified: Fraction, exact: bool) -> None:
        """Note that a certificate proves less than the optimum that is claimed.

        Prices reach the optimum exactly where no rule joins tasks; elsewhere a difference may be the gap of duality.
        """
        cost = self.money(self.cost)
        if cost is None or not self.closed() or certified >= cost:
            return
        shown = f"the certificate proves {float(certified):.9g} where {float(cost):.9g} is said to be the least"
        if exact and cost - certified > abs(cost) / 10**6:
            self.notes.append(f"{shown}, yet no rule joins tasks here: the two should be equal, one of them is wrong")
            return
        by = ", ".join(self.claims.behind(self.cost))
        if cost - certified > NOTEWORTHY * abs(cost):
            self.notes.append(f"{shown}; the difference rests on the search of {by}")

    def _here(self, name: str, function: methods.Method, limits: Limits) -> None:
        """A method in this process."""
        if self.should_stop():
            return
        self.phase = name
        solution = function(self.problem, self.schedule, limits, self)
        self.conclude(name, solution)

    def _side_by_side(self, lanes: list[tuple[portfolio.Stage, ...]]) -> None:
        """Lanes at the same time, each stage in a child process."""
        waiting = [list(lane) for lane in lanes]
        running: dict[int, tuple[WorkerProcess | WorkerThread, float]] = {}
        last = self._last(lanes)
        try:
            while not self.should_stop() and (running or any(waiting) or (last and self.schedule is None)):
                for lane, stages in enumerate(waiting):
                    if last and self.schedule is None and not stages and lane not in running:
                        stages.append(last.pop(0))
                    if lane not in running and stages:
                        stage = stages.pop(0)
                        if self.nearer(stage.above) or self._too_late():
                            continue
                        limits = self._granted(stage, bool(stages or (last and self.schedule is None)))
                        if child := self.crew.start(stage.method, self.schedule, limits, len(waiting)):
                            running[lane] = child, time.monotonic() + limits.time_limit
                self._pump(running)
            self._end(running)
        finally:
            self.crew.kill()

    def _too_late(self) -> bool:
        """Whether what is started now would only just have loaded when it has to end."""
        if self.limits.deterministic or self._left() > self.starting:
            return False
        self.last_stop = Stop.LIMIT
        return True

    def _last(self, lanes: list[tuple[portfolio.Stage, ...]]) -> list[portfolio.Stage]:
        """What `auto` asks yet when a lane has come to its end and there is no plan."""
        asked = {stage.method for lane in lanes for stage in lane}
        if self.named or self.crew.large:
            return []
        return [portfolio.Stage(method) for method in portfolio.FALLBACK if method not in asked]

    def _pump(self, running: dict[int, tuple[WorkerProcess | WorkerThread, float]]) -> None:
        """Take what the children report; a stage that overruns its own time is stopped, then killed."""
        idle = True
        for lane, (child, until) in list(running.items()):
            over = time.monotonic() - until
            if over > self.grace + child.grace:
                self.notes.append(f"{child.method} did not stop in time and was killed")
                self._drop(running, lane)
                continue
            for _ in range(child.messages.qsize()):
                idle = False
                self.phase = child.method
                before = self.cost
                if self._take(child.messages.get()):
                    self._drop(running, lane)
                    break
                if self.cost != before and self.schedule is not None and not self.limits.deterministic:
                    for other, _ in running.values():
                        if other is not child:
                            other.tell(self.schedule)
        if idle:
            time.sleep(TICK)

    def _end(self, running: dict[int, tuple[WorkerProcess | WorkerThread, float]]) -> None:
        """Ask all that still runs to stop, and take what it hands over within the grace time."""
        for child, _ in running.values():
            child.stop()
        quick, awaited = {Stop.INTERRUPT: HURRY}, set(running)
        if self.stop is Stop.PROOF and not self.limits.deterministic:
            quick[Stop.PROOF] = PROMPT
            awaited = {lane for lane, (child, _) in running.items() if child.method in self.claims.behind(self.cost)}
        until = time.monotonic() + quick.get(self.stop or Stop.DONE, self.grace)
        until += max((running[lane][0].grace for lane in awaited), default=0.0)
        while awaited & running.keys() and time.monotonic() < until:
            for lane, (child, _) in list(running.items()):
                while lane in running and child.messages.qsize():
                    self.phase = child.method
                    if self._take(child.messages.get()):
                        self._drop(running, lane)
            time.sleep(TICK)

    def _take(self, message: tuple[Any, ...]) -> bool:
        """One message of a child; True when it was its last."""
        match message:
            case ("incumbent", schedule, cost):
                self.incumbent(schedule, cost)
            case ("bound", value):
                self.bound(value)
            case ("prices", value, multipliers):
                self.prices(value, multipliers)
            case ("done", solution):
                self.conclude(self.phase, solution)
                return True
            case ("unfit", why):
                self._unfit(why)
                return True
        return False

    def _drop(self, running: dict[int, tuple[WorkerProcess | WorkerThread, float]], lane: int) -> None:
        self.crew.end(running.pop(lane)[0])

    def _unfit(self, why: str) -> None:
        """An engine failed its self-test: the end of its lane, or of all where it was asked for by name."""
        if self.named:
            raise EngineError(why)
        self.notes.append(why)

    # --- what may be spent ---

    def _for(self, seconds: float, threads: int = 1) -> Limits:
        work = self.limits.time_limit if self.limits.deterministic else None
        return replace(self.limits, time_limit=max(0.01, seconds), threads=threads, work=work)

    def _granted(self, stage: portfolio.Stage, more: bool) -> Limits:
        """What a stage may spend: a share of the time left or, where the clock must not decide, of the work left."""
        if not self.limits.deterministic:
            return self._for(self._left() * stage.share, stage.threads)
        work = self.work * (min(stage.share, 0.5) if more else 1.0)
        self.work -= work
        return replace(self._for(self._left(), stage.threads), work=work)

    def _left(self) -> float:
        """Seconds left for the search: what the plan at hand takes to be written and checked is kept back."""
        entries = 0 if self.schedule is None else len(self.schedule.option)
        return self.until - time.monotonic() - self.entry * entries

    def _ended(self) -> bool:
        return self.signals.caught is not None or self._left() <= 0
