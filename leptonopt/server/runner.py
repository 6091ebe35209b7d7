"""Run jobs in the background: a queue, some solves at a time, their progress and plans in the store."""

from __future__ import annotations

import json
import secrets
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from leptonopt.decisions.answer import answered
from leptonopt.decisions.questions import CostOf, Question, WhyNot
from leptonopt.io import files
from leptonopt.io.native import writer
from leptonopt.io.native.text import parse
from leptonopt.runtime.deadline import Deadline, Stopwatch
from leptonopt.server.errors import Refusal, message_of
from leptonopt.server.messages import ErrorMessage, Job, JobState, ProgressMessage, SolveOptions
from leptonopt.server.settings import Settings, free_memory
from leptonopt.server.store import JobStore
from leptonopt.server.watching import Watchers
from leptonopt.session.handle import Handle, start
from leptonopt.session.result import Progress, Result

Document = Mapping[str, Any]
KINDS = {"WhatIf": "whatif", "WhyNot": "why-not", "CostOf": "cost-of"}
KEEP_SECONDS = 1.0  # between two plans that are stored during a solve, at least
QUIET_SECONDS = 2.0  # between two events without news
KEEP_SHARE = 20  # and at least so many times as long as decoding the last one took
END_SECONDS = 6.0  # for running jobs when the service ends


@dataclass
class Running:
    """A solve that runs: its handle once begun, and whether somebody has asked for its end."""

    handle: Handle | None = None
    cancelled: bool = False

    def cancel(self) -> None:
        """Ask for its end; the plan is kept."""
        self.cancelled = True
        if self.handle is not None:
            self.handle.cancel()


class Runner:
    """Takes jobs, runs them in order of arrival, and keeps what becomes of them."""

    def __init__(self, settings: Settings, store: JobStore) -> None:
        self.settings, self.store = settings, store
        self.watchers, self.ending = Watchers(settings.streams), threading.Event()
        self._lock, self._running, self._waiting = threading.Lock(), dict[str, Running](), dict[str, None]()
        self._pool = ThreadPoolExecutor(settings.jobs, thread_name_prefix="leptonopt job")
        self._take_up()

    def _take_up(self) -> None:
        """Mark jobs whose solve a former service did not end as interrupted, and queue those that waited."""
        for job in self.store.jobs([JobState.RUNNING]):
            self.store.change(job.model_copy(update={"state": JobState.INTERRUPTED, "ended": time.time()}))
        for job in self.store.jobs([JobState.QUEUED]):
            self._enqueue(job.id)

    @property
    def load(self) -> tuple[int, int]:
        """Return how many jobs run, and how many wait."""
        with self._lock:
            return len(self._running), len(self._waiting)

    def solve(self, name: str, document: Document, options: SolveOptions, warm_start: Document | None = None) -> Job:
        """Take an instance that is valid; raises `Refusal` when the service is busy or ends."""
        job = Job(
            id=secrets.token_hex(8), kind="solve", name=name, state=JobState.QUEUED, options=self._limited(options),
            created=time.time(), currency=str(document.get("currency", "USD")),
        )  # fmt: skip
        documents = {"instance": writer.dumped(dict(document), "json")}
        if warm_start is not None:
            documents["warm_start"] = json.dumps(warm_start)
        return self._submit(job, documents)

    def ask(self, parent: Job, question: Question, changed: Document, plan: str, options: SolveOptions) -> Job:
        """Take a question about a job, as the instance after the change; raises `Refusal`."""
        job = Job.model_validate({
            "id": secrets.token_hex(8), "kind": KINDS[type(question).__name__], "name": parent.name,
            "asked": asked_text(question), "parent": parent.id, "state": JobState.QUEUED,
            "options": self._limited(options), "created": time.time(), "currency": parent.currency,
        })  # fmt: skip
        return self._submit(job, {"instance": writer.dumped(dict(changed), "json"), "warm_start": plan})

    def cancel(self, job: Job) -> Job:
        """End a job, which keeps its plan, and return it; one that waits ends without one."""
        with self._lock:
            running = self._running.get(job.id)
            waited = job.id in self._waiting
            self._waiting.pop(job.id, None)
        if waited:
            job = self._change(job, {"state": JobState.CANCELLED, "ended": time.time()})
        elif running is not None:
            running.cancel()
        return job

    def remove(self, job: Job) -> None:
        """Remove a job that has ended; raises `Refusal` for another."""
        if not job.state.final:
            raise Refusal(409, "the job has not ended; cancel it first")
        self.store.remove(job.id)

    def close(self) -> None:
        """End all solves; their jobs are interrupted, with their plans. Those that wait go on waiting."""
        self.ending.set()
        with self._lock:
            self._waiting.clear()
            running = list(self._running.values())
        for each in running:
            each.cancel()
        self.watchers.wake()
        deadline = Deadline.after(END_SECONDS)
        while self.load[0] and not deadline.expired():
            time.sleep(0.05)
        self._pool.shutdown(wait=False, cancel_futures=True)
        self.store.close()

    def _limited(self, options: SolveOptions) -> SolveOptions:
        if options.time_limit > self.settings.max_seconds:
            message = f"a time limit of {options.time_limit:g} s; at most {self.settings.max_seconds:g} s are allowed"
            raise Refusal(422, message)
        return options

    def _submit(self, job: Job, documents: Mapping[str, str]) -> Job:
        if self.ending.is_set():
            raise Refusal(503, "the service is ending", retry_after=10)
        free = free_memory()
        if free is not None and free < self.settings.spare_memory:
            raise Refusal(429, f"the machine has {free // 10**6:,} MB of memory left, too little", retry_after=30)
        with self._lock:
            if len(self._waiting) >= self.settings.waiting:
                raise Refusal(429, f"{self.settings.waiting} jobs wait, as many as are allowed", retry_after=10)
            self.store.add(job, documents)
            self._waiting[job.id] = None
        self.store.change(job)
        self._pool.submit(self._run, job.id)
        return job

    def _enqueue(self, id: str) -> None:
        self._waiting[id] = None
        self._pool.submit(self._run, id)

    def _run(self, id: str) -> None:
        """Run a job to its end, unless it was cancelled while it waited."""
        with self._lock:
            if id not in self._waiting:
                return
            del self._waiting[id]
            running = self._running[id] = Running()
        job = self.store.job(id)
        try:
            if job is not None:
                self._solve(job, running)
        finally:
            with self._lock:
                del self._running[id]
            self.watchers.wake(id)
            self.store.trim(self.settings.kept)

    def _solve(self, job: Job, running: Running) -> None:
        job = self._change(job, {"state": JobState.RUNNING, "started": time.time()})
        try:
            instance, _ = parse(self.store.document(job.id, "instance") or "", "json", job.name)
            warm = self.store.document(job.id, "warm_start")
            running.handle = start(
                instance, method=job.options.method, time_limit=job.options.time_limit, gap=job.options.gap,
                seed=job.options.seed, certify=job.options.certify, threads=self.settings.threads,
                memory=self.settings.memory, warm_start=None if warm is None else json.loads(warm),
                on_progress=self._teller(job.id),
            )  # fmt: skip
            if running.cancelled:
                running.handle.cancel()
            self._end(job, running, self._followed(job, running.handle))
        except Exception as error:
            self._fail(job, running, message_of(error))

    def _followed(self, job: Job, handle: Handle) -> Result:
        """Return the result; until then store the best plan now and then, in case the service is killed."""
        stored, due = None, Deadline.after(KEEP_SECONDS)
        while True:
            try:
                return handle.result(0.2)
            except TimeoutError:
                if handle.done:  # raised by the solve itself
                    raise
            progress, writing = handle.progress, Stopwatch()
            if not due.expired() or progress is None or progress.cost in (None, stored):
                continue
            if (plan := handle.best) is not None:
                self.store.keep(job.id, "plan", files.dumped(plan.document))
                self._update(job.id, plan.document)
                stored = progress.cost
            due = Deadline.after(max(KEEP_SECONDS, KEEP_SHARE * writing.seconds()))

    def _teller(self, id: str) -> Callable[[Progress], None]:
        """Return a function that stores progress as events: all news, and without news one now and then."""
        last: list[Progress] = []

        def told(progress: Progress) -> None:
            before = last[-1] if last else None
            news = before is None or (progress.cost, progress.bound) != (before.cost, before.bound)
            if before is not None and not news and progress.seconds < before.seconds + QUIET_SECONDS:
                return
            last[:] = [progress]
            self.store.tell(id, "progress", progress_message(progress).model_dump_json())
            self.watchers.wake(id)

        return told

    def _update(self, id: str, document: Document) -> None:
        """Store the figures of a plan in its job."""
        job = self.store.job(id)
        if job is not None:
            self._change(job, figures(document))

    def _end(self, job: Job, running: Running, result: Result) -> None:
        state = JobState.CANCELLED if running.cancelled and str(result.stop) == "interrupt" else JobState.DONE
        if self.ending.is_set() and str(result.stop) == "interrupt":
            state = JobState.INTERRUPTED
        documents = {"plan": files.dumped(result.document)}
        if result.certificate is not None:
            documents["certificate"] = files.dumped(result.certificate)
        if job.kind != "solve":
            before = json.loads(self.store.document(job.id, "warm_start") or "{}")
            order = WhyNot.order if job.kind == KINDS[WhyNot.__name__] else 0
            answer = answered(before, result.document, job.kind == KINDS[CostOf.__name__], order=order)
            documents["answer"] = files.dumped(answer.as_document())
        found = {**figures(result.document), "state": state, "ended": time.time(), "notes": list(result.notes)}
        self._change(job, found, documents)

    def _fail(self, job: Job, running: Running, fault: ErrorMessage) -> None:
        """Store why a job has no result; one that was ended before it had a plan is no failure."""
        ended = JobState.INTERRUPTED if self.ending.is_set() else JobState.CANCELLED
        state = ended if running.cancelled and fault.error in ("OutOfTime", "NoPlan") else JobState.FAILED
        self._change(job, {"state": state, "ended": time.time(), "fault": fault})

    def _change(self, job: Job, found: Mapping[str, Any], documents: Mapping[str, str] | None = None) -> Job:
        job = self.store.change(job.model_copy(update=dict(found)), documents)
        self.watchers.wake(job.id)
        return job


def progress_message(progress: Progress) -> ProgressMessage:
    """Return a progress with money as floats."""
    cost, bound = (None if value is None else float(value) for value in (progress.cost, progress.bound))
    return ProgressMessage(seconds=progress.seconds, cost=cost, bound=bound, gap=progress.gap, phase=progress.phase)


def figures(document: Document) -> dict[str, Any]:
    """Return what a job states of a plan document."""
    names = ("status", "stop", "cost", "cost_exact", "bound", "bound_exact", "gap")
    seconds = document["made"]["seconds"].get("total")
    return {**{name: document[name] for name in names}, "seconds": seconds}


def asked_text(question: Question) -> str:
    """Return a question in one line, as the options of the command line."""
    words = {"sets": "set", "removes": "remove", "losses": "lose", "adds": "add"}
    parts = []
    for name, value in vars(question).items():
        for each in [value] if isinstance(value, str) else value or ():
            parts.append(f"{words.get(name, name)} {each if isinstance(each, str) else '(a part of an instance)'}")
    return ", ".join(parts)
