"""`solve`: take an instance, run one session, and return a checked result."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from typing import Any

from leptonopt.errors import Alarm, UsageError
from leptonopt.instance import Instance
from leptonopt.problem.protocol import Limits
from leptonopt.runtime.clock import gc_disabled, time_limited
from leptonopt.runtime.deadline import Deadline, Stopwatch
from leptonopt.runtime.signals import Signals, interruptible_until
from leptonopt.session.closing import ClosingTime
from leptonopt.session.earlier_ends import end_earlier
from leptonopt.session.finalize import alarm_evidence, finalize
from leptonopt.session.memory import parse_memory
from leptonopt.session.request import SolveRequest, make_limits
from leptonopt.session.result import Progress, Result
from leptonopt.session.session import SolveSession, WorkerOptions
from leptonopt.session.session_type import session_type
from leptonopt.session.source import InstanceSource, open_source
from leptonopt.session.times import TIMES
from leptonopt.solvers import registry as methods

LOG = logging.getLogger("leptonopt")
_MIN_CPU_SECONDS = 0.02  # less CPU time does not tell how busy the machine is


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
    cancelled: Callable[[], bool] | None = None,
) -> Result:
    """Find a plan of least cost and prove how good it is. `docs/how-to/python.md` has the details.

    Parameters
    ----------
    instance : an `Instance`, its document, or the path of a file or of an instance in columns.
    method : `auto`, a name from `leptonopt methods`, or a function over `Problem`.
    time_limit : seconds of wall clock for everything: reading, compiling, solving, checking.
    gap : stop once (cost - bound) / |cost| is at most this; 0 asks for a proof.
    threads : processes of `auto`, or threads of a single engine; default the number of cores.
    deterministic : equal input, seed and versions give the same plan, whatever the machine's load.
    warm_start : a plan document to start from; for columns, the columns of a plan by name.
    format, params : how to read a file that is not native; see `leptonopt.io.load`.
    on_progress : called from this thread with a `Progress` at each improvement.
    isolate : run engines in processes of their own; False runs them here, one after another.
    confirm : have a proof confirmed on a second model, and by an engine that shares no code with the first.
    certify : compute a certificate of the bound in a fifth of the time limit; see `Result.certificate`.
    memory : bytes for each engine process, or `8GB`; default 90 % of the machine's, shared equally.
    executor : remote workers for the methods `auto`, `large-scale` and `lns-parallel`; see `dask.executor`.
    handle_signals : on the main thread, the first SIGINT or SIGTERM ends the search; see `Result.signal`.
    begun, cancelled : moment from which the limit counts, and a function that asks for an end; see `leptonopt.start`.

    Raises
    ------
    UsageError, InputError, InstanceError
        When the call or the instance is wrong.
    NoPlan
        When the time limit ends before the search begins or the plan is written.
    EngineError
        When the self-test of a named method fails.
    Alarm
        When the checker rejects the plan or a bound is contradicted.
    """
    limits = make_limits(time_limit, gap, threads, seed, deterministic)
    renamed = methods.renamed_note(method) if isinstance(method, str) else ""
    method = _checked_method(method, executor)
    options = WorkerOptions(isolate, parse_memory(memory), executor)
    request = SolveRequest(instance, format, params, method, warm_start, confirm, certify)
    return _solve(request, limits, options, [renamed], on_progress, Signals(handle_signals, cancelled), begun)


def _checked_method(method: str | methods.Method, executor: Executor | None) -> str | methods.Method:
    """Return the method by its current name; raises `UsageError` where it cannot be used."""
    if isinstance(method, str) and method != "auto":
        method = methods.require_available(method).name
    if executor is not None and method not in ("auto", *methods.SHARED):
        allowed = f"auto, {' and '.join(methods.SHARED)}"
        raise UsageError(f"the method {method} has no use for workers elsewhere; allowed with them are {allowed}")
    return method


def _solve(
    request: SolveRequest,
    limits: Limits,
    options: WorkerOptions,
    notes: list[str],
    on_progress: Callable[[Progress], None] | None,
    asked: Signals,
    begun: float | None,
) -> Result:
    """Read and compile the instance, run the session, and write and check the plan."""
    called, cpu = Stopwatch(), time.process_time()
    begun = called.begun if begun is None else begun
    with asked as signals:
        with interruptible_until(Deadline(begun + limits.time_limit), signals), gc_disabled():
            compile_source = open_source(request.instance, request.format, request.params)
            read = called.seconds()
            source = compile_source()
            compiled = called.seconds()
        cpu = time.process_time() - cpu
        load = max(1.0, compiled / cpu) if cpu > _MIN_CPU_SECONDS else 1.0  # of the machine
        alone = source.closing(min(cpu, compiled))
        closing = ClosingTime(alone.fixed * load, alone.entry * load)
        session = session_type(source)(source, limits, begun, closing, signals, on_progress, options)
        session.state.notes += filter(None, notes)
        session.slowness = load
        session.start_seconds = max(TIMES.start, called.begun - begun)  # a worker loads about what this process loaded
        try:
            session = _search(session, request, source)
            solved = called.seconds()
            seconds = {"read": read, "compile": compiled - read, "solve": solved - compiled}
            seconds["total"] = called.begun + solved - begun
            told = {} if limits.deterministic else seconds
            result = finalize(session.state, request.method_name, told, signals.number, alone)
            _log(result, seconds["total"])
            return result
        except Alarm as alarm:
            alarm.evidence = alarm_evidence(session.state, request.method_name)
            raise


def _log(result: Result, seconds: float) -> None:
    """Tell the logger `leptonopt` how a solve ended, and its notes, at the level INFO."""
    LOG.info("%s after %.2f s: cost %s, bound %s", result.status, seconds, result.cost, result.bound)
    for note in result.notes:
        LOG.info("%s", note)


def _search(session: SolveSession, request: SolveRequest, source: InstanceSource) -> SolveSession:
    """Run the method, then confirm and certify as requested; return the session of the answer."""
    certifying, answer = request.certify and source.prices_itself, session
    with session.reserve(_certification_share() * session.limits.time_limit if certifying else 0.0):
        latest = session.deadline.plus(TIMES.first_plan_share * session.kept_seconds)  # of a search without a plan
        with time_limited(latest, "engines were made ready"):
            warm_start = None if request.warm_start is None else source.schedule_of(request.warm_start)
            if request.warm_start is not None:
                session.take_plan(request.warm_start)
            session.warm_copies = request.warm_copies
            session.run(request.method, warm_start)
        answer = session.finish(request.method)
        if session.warm_start is None:
            end_earlier(answer, session.left())
        if request.confirm:
            from leptonopt.session.confirmation import confirm

            confirm(answer)
    answer.deadline = session.deadline
    if request.certify:
        from leptonopt.session.certification import certify

        certify(answer)
    return answer


def _certification_share() -> float:
    """Return the share of the time limit that is reserved for a certificate."""
    from leptonopt.session.certification import SETTINGS

    return SETTINGS.time_share
