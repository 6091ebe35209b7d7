"""All runs of a comparison: side by side, each kept as it ends, none ever done twice.

A folder holds `runs.jsonl` with one line per finished run, and `plans/` with their plans. Whoever kills a
comparison, at any moment, loses only the runs that were under way; the same call goes on from there.
"""

from __future__ import annotations

import contextlib
import json
import os
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from leptonopt.errors import EngineError, LeptonoptError, UsageError
from leptonopt.experiments import run as runs
from leptonopt.experiments.cases import Case, cases
from leptonopt.experiments.results import LINES, PLANS, Results, lines_of
from leptonopt.experiments.run import Line, Method, Options, method_of
from leptonopt.io import files
from leptonopt.runtime.calls import CallFailed, ExecutorLost, RetryingCalls, num_workers
from leptonopt.solvers.registry import renamed_note

if TYPE_CHECKING:
    from _typeshed import StrPath

    from leptonopt.instance import Instance
    from leptonopt.solvers.registry import Method as Function

INSTANCES = "instances"
LOCK = ".lock"


@dataclass(frozen=True)
class Step:
    """Progress of a comparison: runs done, runs in all, seconds to go, and the last line.

    The seconds are None before the first run has ended.
    """

    done: int
    total: int
    left: float | None
    line: Line | None = None


def compare(
    instances: Iterable[StrPath | Mapping[str, Any] | Instance] | StrPath,
    methods: Sequence[str | Function] | Mapping[str, str | Function] = ("greedy", "auto"),
    *,
    output: StrPath,
    time_limit: float = 60.0,
    seeds: int | Sequence[int] = 1,
    gap: float = 0.0,
    threads: int = 1,
    deterministic: bool = False,
    jobs: int | None = None,
    format: str | None = None,
    params: Mapping[str, str] | None = None,
    best: StrPath | None = None,
    executor: Executor | None = None,
    on_step: Callable[[Step], None] | None = None,
) -> Results:
    """Run every method on every instance with every seed, and give all that is known then.

    Parameters
    ----------
    instances : files, lists of files (.csv), plain documents or `Instance` objects; one or several.
    methods : names of `leptonopt methods`, `auto`, functions over `Problem`, `FILE.py:NAME`; a mapping gives
        them other names.
    output : the folder of the results; runs that it already holds are not repeated.
    time_limit, gap, threads, deterministic : of every run, as `leptonopt.solve` takes them; one thread each
        unless said, so that as many runs as there are cores go on side by side.
    seeds : how many (0, 1, …) or which.
    jobs : runs side by side; default: cores divided by `threads`.
    format, params : how to read files that are not native.
    best : a .csv with columns `instance` and `best`; else `best_known.csv` beside each instance.
    executor : where runs go instead; any `concurrent.futures.Executor` whose workers reach the files. A run whose
        worker dies goes to another one.
    on_step : called in this thread after every run.

    Raises
    ------
    UsageError, InputError, InstanceError
        When something is wrong with the call or an instance, before anything has run.
    EngineError
        When the executor breaks. The runs that have ended are kept, and the same call goes on from there.
    """
    from leptonopt.session.request import make_limits

    chosen = _methods(methods)
    numbers = list(range(seeds)) if isinstance(seeds, int) else list(seeds)
    for seed in numbers:
        make_limits(time_limit, gap, threads, seed, deterministic)
    if not numbers or (jobs is not None and jobs < 1):
        raise UsageError("at least one seed and one job are needed")
    folder = Path(output)
    sources = [instances] if isinstance(instances, str | os.PathLike | Mapping) else list(instances)
    with _locked_folder(folder):
        found = cases(sources, folder / INSTANCES, format, params, best)
        options = Options(float(time_limit), float(gap), threads, deterministic)
        pending = [runs.spec_of(case, method, seed, options) for case, method, seed in _order(found, chosen, numbers)]
        parallel = jobs or (num_workers(executor) if executor else max(1, (os.cpu_count() or 1) // threads))
        _Campaign(folder, pending, parallel, executor, on_step).run()
        return Results.of(folder).only({spec["key"] for spec in pending})


def _methods(sources: Sequence[str | Function] | Mapping[str, str | Function]) -> list[Method]:
    if isinstance(sources, str):
        sources = [sources]
    named = sources.items() if isinstance(sources, Mapping) else [(None, method) for method in sources]
    for _, method in named:
        if isinstance(method, str) and (note := renamed_note(method)):
            warnings.warn(note, DeprecationWarning, stacklevel=3)
    chosen = [method_of(method, name) for name, method in named]
    twice = {method.name for method in chosen if sum(other.name == method.name for other in chosen) > 1}
    if twice or not chosen:
        raise UsageError(f"two methods are called {min(twice)!r}" if twice else "there is no method to compare")
    return chosen


def _order(
    found: Sequence[Case], chosen: Sequence[Method], numbers: Sequence[int]
) -> Iterator[tuple[Case, Method, int]]:
    """Seed by seed and case by case, so that what is there after a while can already be compared."""
    return ((case, method, seed) for seed in numbers for case in found for method in chosen)


@contextlib.contextmanager
def _locked_folder(folder: Path) -> Iterator[None]:
    """The folder, made where it is missing, and taken away again when a refusal leaves nothing in it.

    Refused while another comparison writes to it.
    """
    created = [each for each in (folder, *folder.parents) if not each.exists()]
    try:
        (folder / PLANS).mkdir(parents=True, exist_ok=True)
        handle = os.open(folder / LOCK, os.O_CREAT | os.O_RDWR, 0o666)
    except OSError as error:
        raise UsageError(f"{folder}: cannot be written: {error.strerror}") from None
    try:
        with contextlib.suppress(ImportError):
            import fcntl

            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise UsageError(f"{folder}: another comparison is at work here; choose another folder") from None
        yield
    except LeptonoptError:
        with contextlib.suppress(OSError):
            (folder / PLANS).rmdir()
            if created and os.listdir(folder) == [LOCK]:
                (folder / LOCK).unlink()
                for each in created:
                    each.rmdir()
        raise
    finally:
        os.close(handle)


class _Campaign:
    """Runs what is not there yet."""

    def __init__(
        self,
        folder: Path,
        pending: Sequence[Line],
        parallel: int,
        executor: Executor | None,
        on_step: Callable[[Step], None] | None,
    ) -> None:
        finished = {line["key"] for line in lines_of(folder)}
        self.folder, self.parallel, self.executor, self.on_step = folder, parallel, executor, on_step
        self.pending = [spec for spec in pending if spec["key"] not in finished]
        self.total = len(pending)
        self.durations: list[tuple[float, float]] = []  # seconds of runs, and their limits

    def run(self) -> None:
        """Run all of them; runs under way are dropped when an exception, such as Ctrl-C, ends it."""
        self._report(None)
        if not self.pending:
            return
        executor = self.executor or ThreadPoolExecutor(self.parallel)
        under_way = RetryingCalls[int](executor)
        try:
            with _line_writer(self.folder / LINES) as append_line:
                for at, spec in enumerate(self.pending):
                    under_way.send(at, runs.run, spec)
                    if self.executor is None and len(under_way) >= self.parallel:
                        self._collect(under_way, append_line)
                while len(under_way):
                    self._collect(under_way, append_line)
        except ExecutorLost as gone:
            kept = f"{self.total - len(self.pending) + len(self.durations)} of {self.total} runs are kept"
            raise EngineError(f"the executor broke ({gone}); {kept}, and the same call goes on from there") from None
        finally:
            under_way.drop()
            if self.executor is None:
                executor.shutdown(wait=False, cancel_futures=True)
                runs.kill()

    def _collect(self, under_way: RetryingCalls[int], append_line: Callable[[Line], None]) -> None:
        """Wait until a run has ended, and keep it: the plan first, so that every line has its plan."""
        for at, answer in under_way.answers():
            line, plan = (runs.failed(self.pending[at], answer.why), None) if isinstance(answer, CallFailed) else answer
            if plan is not None:
                files.write_atomic(self.folder / PLANS / f"{line['key']}.json", json.dumps(plan))
            append_line(line)
            self.durations.append((line["wall"], line["time_limit"]))
            self._report(line)

    def _report(self, line: Line | None) -> None:
        if self.on_step is None:
            return
        left, open_runs = None, len(self.pending) - len(self.durations)
        if self.durations:
            left = open_runs * sum(wall for wall, _ in self.durations) / len(self.durations) / self.parallel
        self.on_step(Step(self.total - open_runs, self.total, left, line))


@contextlib.contextmanager
def _line_writer(path: Path) -> Iterator[Callable[[Line], None]]:
    """Append lines to a file, each synced to disk; half a line left by a kill is cut off."""
    with open(path, "ab") as file:
        size = file.seek(0, os.SEEK_END)
        if size:
            content = path.read_bytes()
            if not content.endswith(b"\n"):
                file.truncate(content.rfind(b"\n") + 1)

        def append_line(line: Line) -> None:
            file.write(json.dumps(line, separators=(",", ":")).encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())

        yield append_line


def clock(seconds: float) -> str:
    """Return seconds in words: 40 s, 3 min, 2 h 05 min.

    >>> clock(40), clock(200), clock(7500)
    ('40 s', '3 min', '2 h 05 min')
    """
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60:02} min"
