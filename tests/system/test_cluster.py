"""More than one machine: a scheduler with two workers, one of which is killed; what is lost is asked again."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from distributed import LocalCluster

import leptonopt
from leptonopt.algorithms.lagrangian.capacity_dual import DualAscent
from leptonopt.algorithms.lagrangian.class_pricing import ClassPricer
from leptonopt.algorithms.lagrangian.pricing import BlockPricer
from leptonopt.algorithms.lagrangian.remote_pricing import RemotePricer
from leptonopt.algorithms.large_scale import distributed_annealing as sharing
from leptonopt.algorithms.large_scale.decomposition import merge_part
from leptonopt.algorithms.large_scale.distributed_annealing import DistributedAnnealing
from leptonopt.algorithms.large_scale.staged_construction import StageSchedule, construct_in_stages
from leptonopt.compile.columnar import compile_columnar
from leptonopt.compile.compiler import compile_instance
from leptonopt.errors import EngineError, UsageError
from leptonopt.experiments.generators import table
from leptonopt.experiments.generators.writer import written
from leptonopt.instance import Instance
from leptonopt.io.columnar import load
from leptonopt.problem.protocol import Limits
from leptonopt.runtime import calls as errands
from leptonopt.runtime import dask as cluster
from leptonopt.session.result import Progress
from leptonopt.solvers import large_scale as scale
from leptonopt.solvers import lns_parallel as spread
from leptonopt.verify.columnar_checker import verify_columns
from tests.helpers.recording_monitor import Ear

ROOT = Path(__file__).resolve().parents[2]
ARTICLE, EDGE = ROOT / "instances" / "article.yaml", ROOT / "instances" / "edge.yaml"
HELD = '''
import os, pathlib, time
from leptonopt.problem.protocol import Solution, Status, Stop

FOLDER = pathlib.Path(__file__).parent

def held(problem, warm_start, limits, monitor):
    """Says which worker it is on, and ends once it is let go."""
    (FOLDER / f"begun-{os.getppid()}-{os.getpid()}").touch()
    while not (FOLDER / "go").exists() and not monitor.should_stop():
        time.sleep(0.02)
    return Solution(Status.UNKNOWN, Stop.DONE)
'''


@pytest.fixture(scope="module")
def workers() -> Iterator[LocalCluster]:
    """A scheduler and two workers, each a process of its own, on this machine only."""
    with LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, host="127.0.0.1", dashboard_address="127.0.0.1:0"
    ) as made:
        yield made


def test_a_comparison_survives_its_worker(workers: LocalCluster, tmp_path: Path) -> None:
    """A worker killed in the middle of a run costs that run's time: each line is there once, none says an error."""
    mine = tmp_path / "mine.py"
    mine.write_text(HELD)

    def kill_one() -> None:
        while not (begun := list(tmp_path.glob("begun-*"))):
            time.sleep(0.02)
        os.kill(int(begun[0].name.split("-")[1]), signal.SIGKILL)
        (tmp_path / "go").touch()

    killer = threading.Thread(target=kill_one)
    killer.start()
    with cluster.dask_executor(workers.scheduler_address) as executor:
        assert errands.num_workers(executor) == 2
        found = leptonopt.compare(
            [ARTICLE, EDGE], [f"{mine}:held", "greedy"], output=tmp_path / "results", time_limit=60, executor=executor
        )
    killer.join()
    lines = [json.loads(line) for line in (tmp_path / "results" / "runs.jsonl").read_text().splitlines()]
    assert len(lines) == len({line["key"] for line in lines}) == len(found.runs) == 4
    assert {run.cost is None for run in found.runs if run.method == "greedy"} == {False}
    assert not [line for line in lines if "error" in line]
    assert len(list(tmp_path.glob("begun-*"))) > 2  # the one that was lost has begun again


@pytest.fixture(scope="module")
def jobs() -> Instance:
    """An instance on which a search by neighbourhoods has something to do."""
    return leptonopt.generate("lumpy", tasks=60, seed=3)


class Watched(Executor):
    """An executor of which something is done when so many calls have been sent."""

    def __init__(self, executor: Executor, deeds: dict[int, Callable[[], Any]]) -> None:
        self.executor, self.deeds, self.sent = executor, deeds, 0
        self.width = lambda: errands.num_workers(executor)

    def submit(self, fn: Any, /, *given: Any, **named: Any) -> Future[Any]:  # type: ignore[override]
        self.sent += 1
        if deed := self.deeds.get(self.sent):
            deed()
        return self.executor.submit(fn, *given, **named)


def interrupt() -> None:
    signal.raise_signal(signal.SIGINT)


def test_a_solve_survives_its_worker(workers: LocalCluster, jobs: Instance) -> None:
    """A worker killed in the middle of a search costs its calls: more are answered, and the plan is checked."""
    with cluster.dask_executor(workers.scheduler_address) as executor:
        pid = executor.submit(os.getpid).result()
        watched = Watched(executor, {6: lambda: os.kill(pid, signal.SIGKILL), 16: interrupt})
        found = leptonopt.solve(jobs, method="lns-parallel", executor=watched, time_limit=120, handle_signals=True)
    assert (found.signal, str(found.stop)) == (signal.SIGINT, "interrupt")
    assert found.verdict.ok
    assert not found.notes
    costs = [cost for _, cost, _ in found.trace if cost is not None]
    assert found.cost == min(costs) < costs[0]


def test_a_search_goes_on_here_when_its_workers_are_gone(jobs: Instance) -> None:
    """A pool of processes that breaks in the middle is named in a note, and this machine goes on from the plan there is."""
    phases: list[str] = []

    def watch(progress: Progress) -> None:
        phases.append(progress.phase)
        if progress.phase == "lns" and phases.count("lns") == 1:
            interrupt()  # once: the second would end this process

    with ProcessPoolExecutor(2) as pool:
        watched = Watched(pool, {5: lambda: [os.kill(pid, signal.SIGKILL) for pid in list(pool._processes)]})
        found = leptonopt.solve(jobs, executor=watched, time_limit=120, on_progress=watch, handle_signals=True)
    assert found.verdict.ok
    assert [note for note in found.notes if "the workers are gone" in note]
    assert "lns" in phases


def test_prices_in_shards_are_the_same_prices(jobs: Instance) -> None:
    """What workers find of the cheapest columns of shards is what is found here, and so is the bound."""
    problem = compile_instance(jobs).problem
    with ThreadPoolExecutor(2) as pool:
        shards, blocks = RemotePricer(problem, pool, 3, lambda: False), BlockPricer(problem)
        assert len(shards.parcels) == 3
        prefix = np.cumsum(np.random.default_rng(1).integers(0, 50, problem.price.shape), axis=1)
        prefix = np.concatenate([np.zeros((len(prefix), 1), np.int64), prefix], axis=1)
        once = np.arange(problem.options) % 7
        for mine, theirs in zip(shards.cheapest(prefix, 2, once), blocks.cheapest(prefix, 2, once), strict=True):
            assert mine.tolist() == theirs.tolist()
        assert shards.group_least(prefix).tolist() == blocks.group_least(prefix).tolist()
        for mine, theirs in zip(shards.best(prefix.astype(float)), blocks.best(prefix.astype(float)), strict=True):
            assert mine.tolist() == theirs.tolist()
        apart, alone = DualAscent(problem, shards), DualAscent(problem, blocks)
        for _ in range(5):
            apart.step()
            alone.step()
        assert apart.exact() == alone.exact()


# --- columns ----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def columns(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An instance in columns on which annealing has something to do."""
    file, content = tmp_path_factory.mktemp("columns") / "jobs.npz", written(table("gavel", tasks=400, seed=1), "npz")
    assert isinstance(content, bytes)
    file.write_bytes(content)
    return file


@pytest.mark.ci
@pytest.mark.long
def test_a_solve_of_columns_survives_its_worker(workers: LocalCluster, columns: Path, tmp_path: Path) -> None:
    """A worker killed while it anneals a part costs that part: the solve ends in time, with a plan that is checked."""
    plan, scheduler = tmp_path / "plan.npz", workers.scheduler_address
    words = ["solve", str(columns), "-o", str(plan), "-t", "25", "-m", "large-scale", "--cluster", scheduler]
    solving = subprocess.Popen(
        [sys.executable, "-m", "leptonopt", *words],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )

    def busy() -> list[str]:
        at_work = list(workers.scheduler.workers.values())
        return [
            each.address for each in at_work if any(str(task.key).startswith("anneal_part") for task in each.processing)
        ]

    while not (found := busy()) and solving.poll() is None:
        time.sleep(0.02)
    killed = [nanny.pid for nanny in workers.workers.values() if nanny.worker_address in found[:1]]
    for pid in killed:
        os.kill(pid, signal.SIGKILL)
    said, _ = solving.communicate()
    assert len(killed) == 1, said
    assert solving.returncode == 0
    assert "parts annealed by" in said
    assert verify_columns(columns, plan).ok


def test_a_pool_of_processes_anneals_and_an_interrupt_gives_the_plan(columns: Path) -> None:
    """The same interface, workers on this machine; what SIGINT leaves is checked."""
    with ProcessPoolExecutor(2, multiprocessing.get_context("spawn")) as pool:
        watched = Watched(pool, {14: interrupt})
        found = leptonopt.solve(columns, method="large-scale", time_limit=200, executor=watched, handle_signals=True)
    assert found.signal == signal.SIGINT
    assert found.verdict is not None
    assert found.verdict.ok
    assert [note for note in found.notes if "parts annealed by" in note]


@pytest.mark.ci
@pytest.mark.long
def test_columns_go_on_here_when_workers_are_gone(columns: Path) -> None:
    """A pool of processes that breaks in the middle is named in a note, and annealing goes on here."""
    with ProcessPoolExecutor(2, multiprocessing.get_context("spawn")) as pool:
        watched = Watched(pool, {7: lambda: [os.kill(pid, signal.SIGKILL) for pid in list(pool._processes)]})
        found = leptonopt.solve(columns, method="large-scale", time_limit=20, executor=watched)
        # Python 3.11 may wait for ever to send to the dead what had begun to be sent (python/cpython#94777).
        pool._call_queue._reader.close()
    assert found.verdict is not None
    assert found.verdict.ok
    assert [note for note in found.notes if "the workers are gone" in note and "annealing" in note]


@pytest.mark.ci
@pytest.mark.long
def test_columns_are_deterministic_whoever_works(columns: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In deterministic mode the schedule does not depend on how many workers there are."""
    monkeypatch.setattr(sharing, "TUNING", replace(sharing.TUNING, passes=3))
    problem, found = compile_columnar(load(columns)).problem, []
    for many in (1, 3):
        with ThreadPoolExecutor(many) as pool:
            limits = Limits(time_limit=600, deterministic=True)
            found.append(scale.on(pool)(problem, None, limits, Ear()))
    assert list(found[0].schedule) == list(found[1].schedule)
    assert "parts annealed by 1 workers" in found[0].remark


def test_parts_that_are_out_share_nothing(columns: Path) -> None:
    """Parts have pools and items of their own, and one that is put back as it went leaves all as it was."""
    problem = compile_columnar(load(columns)).problem
    ascent = DualAscent(problem, ClassPricer(problem))
    ascent.step()
    placed = construct_in_stages(problem, ascent, lambda: False, StageSchedule(1.0, 0))
    before = placed.option.copy(), placed.start.copy(), placed.free.copy()
    with ThreadPoolExecutor(1) as pool:
        made, parts = DistributedAnnealing(placed, pool, lambda: ascent.best_price, 0), []
        while part := made._draw_part(3):
            made._mark_busy(part, True)
            parts.append(part)
    assert len(parts) > 1
    for of in ("items", "pools", "rows", "options"):
        every = np.concatenate([getattr(part, of) for part in parts])
        assert len(np.unique(every)) == len(every)
    for part in parts:
        merge_part(
            placed, made.penalty, part, (part.option, part.start, np.ones(part.problem.capacity.shape, np.float32))
        )
    for was, now in zip(before, (placed.option, placed.start, placed.free), strict=True):
        assert (was == now).all()


def test_methods_for_columns_without_use_for_workers(columns: Path) -> None:
    """A method that could not use workers refuses them."""
    with ThreadPoolExecutor(1) as pool, pytest.raises(UsageError, match="no use for workers"):
        leptonopt.solve(columns, method="highs", executor=pool)


# --- refused ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["cpsat", "greedy"])
def test_methods_without_use_for_workers(method: str, jobs: Instance) -> None:
    """A method that could not use workers refuses them."""
    with ThreadPoolExecutor(1) as pool, pytest.raises(UsageError, match="no use for workers"):
        leptonopt.solve(jobs, method=method, executor=pool)


def test_deterministic_whoever_works(jobs: Instance) -> None:
    """In deterministic mode the plan does not depend on how many workers there are."""
    problem, found = compile_instance(jobs).problem, []
    for many in (1, 3):
        with ThreadPoolExecutor(many) as pool:
            limits = Limits(time_limit=600, deterministic=True, work=1.0)
            found.append(spread.on(pool)(problem, None, limits, Ear()))
    assert list(found[0].schedule) == list(found[1].schedule)
    assert found[0].note.split()[0] == found[1].note.split()[0] != "0"


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("10.0.0.5", "is no address of a Dask scheduler; allowed is tcp://HOST:PORT"),
        ("tcp://10.0.0.5:99999", "is no address of a Dask scheduler"),
        ("http://10.0.0.5:80", "is no address of a Dask scheduler"),
    ],
)
def test_no_address(address: str, said: str) -> None:
    """What is no address is refused in one line that says what is allowed."""
    with pytest.raises(UsageError, match=said), cluster.dask_executor(address):
        pass


def test_nobody_there() -> None:
    """A port nobody answers on is refused after a bounded wait, and so is one where somebody else listens."""
    with socket.create_server(("127.0.0.1", 0)) as mute:
        address = f"tcp://127.0.0.1:{mute.getsockname()[1]}"
        with (
            pytest.raises(UsageError, match=f"no Dask scheduler answers at {address}"),
            cluster.dask_executor(address, 0.3),
        ):
            pass
    with (
        pytest.raises(UsageError, match=f"no Dask scheduler answers at {address}"),
        cluster.dask_executor(address, 0.3),
    ):
        pass


def test_without_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the extra, the call says which to install."""
    monkeypatch.setitem(sys.modules, "distributed", None)
    with (
        pytest.raises(UsageError, match=r"pip install 'leptonopt\[cluster\]'"),
        cluster.dask_executor("tcp://127.0.0.1:9"),
    ):
        pass


def test_on_the_command_line(tmp_path: Path) -> None:
    """A cluster that cannot be had ends with one line and exit code 2."""
    words = [sys.executable, "-m", "leptonopt", "compare", str(ARTICLE), "-m", "greedy", "-o", str(tmp_path / "r")]
    env = os.environ | {"PYTHONPATH": str(ROOT)}
    said = subprocess.run([*words, "--cluster", "tcp://nowhere"], capture_output=True, text=True, env=env)
    assert said.returncode == 2
    assert said.stderr.count("\n") == 1


# --- errands ----------------------------------------------------------------------------------------


class Fails(Executor):
    """Fails the first calls, each with an error of its own kind."""

    def __init__(self, *errors: BaseException) -> None:
        self.errors = list(errors)

    def submit(self, fn: Any, /, *given: Any, **named: Any) -> Future[Any]:  # type: ignore[override]
        future: Future[Any] = Future()
        if self.errors:
            future.set_exception(self.errors.pop(0))
        else:
            future.set_result(fn(*given))
        return future


def answered(out: errands.RetryingCalls[str]) -> list[tuple[str, Any]]:
    found = []
    while len(out):
        found += out.answers()
    return found


def test_asked_again() -> None:
    """A call that fails is sent again, and given up after three times."""
    out = errands.RetryingCalls[str](Fails(OSError("first"), OSError("second")))
    out.send("a", abs, -1)
    assert answered(out) == [("a", 1)]
    assert out.again == 2
    out = errands.RetryingCalls[str](Fails(*[OSError(f"no {turn}\nand more") for turn in range(3)]))
    out.send("a", abs, -1)
    assert answered(out) == [("a", errands.CallFailed("OSError: no 2"))]


def test_a_broken_pool_ends_a_comparison_with_what_is_kept(tmp_path: Path) -> None:
    """A pool of processes that breaks says so in one line, and the same call without it goes on from there."""
    with ProcessPoolExecutor(1) as pool:
        assert pool.submit(os._exit, 1).exception() is not None
        with pytest.raises(EngineError, match="the same call goes on from there"):
            leptonopt.compare([ARTICLE], ["greedy"], output=tmp_path, time_limit=3, executor=pool)
    found = leptonopt.compare([ARTICLE], ["greedy"], output=tmp_path, time_limit=3)
    assert [run.cost is not None for run in found.runs] == [True]
