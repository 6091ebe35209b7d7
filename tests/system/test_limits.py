"""The time limit of what reads, builds and writes: looked at everywhere, never an alarm clock, in every thread."""

from __future__ import annotations

import signal
import threading
import time
import tomllib
from collections.abc import Callable
from graphlib import TopologicalSorter
from pathlib import Path
from random import Random
from typing import Any

import pytest

import leptonopt
from leptonopt.algorithms.heuristics.partial_schedule import ProblemIndex
from leptonopt.algorithms.lagrangian.pricing import BlockPricer
from leptonopt.algorithms.models import export
from leptonopt.algorithms.models.time_indexed import build_model
from leptonopt.compile.compiler import compile_instance
from leptonopt.errors import InstanceError, NoPlan, OutOfTime
from leptonopt.infeasibility.feasibility_check import FeasibilityOracle
from leptonopt.instance import validate
from leptonopt.io.load import load, read_document
from leptonopt.io.native import writer as write
from leptonopt.plan import plot
from leptonopt.runtime import clock
from leptonopt.runtime import topological_order as graphs
from leptonopt.runtime.deadline import Deadline
from tests.helpers import traces
from tests.helpers.run_cli import called

LOADED = 6.0  # seconds that a loaded machine may take longer


def dense(tasks: int) -> dict[str, Any]:
    """Tasks of which each waits for all before it."""
    return {
        "time": {"start": "2026-11-23T00:00Z", "slot": "1h", "horizon": f"{tasks + 20}h"},
        "pools": [{"id": "p", "capacity": {"gpu": 3}, "price": {"gpu": 1}}],
        "tasks": [
            {
                "id": f"t{at}",
                "options": [{"pool": "p", "uses": {"gpu": 1}, "duration": "1h"}],
                "after": [f"t{before}" for before in range(at)],
            }
            for at in range(tasks)
        ],
    }


@pytest.fixture(scope="module")
def stages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Callable[[], Any]]:
    """What can run long outside of a search, each ready to be called."""
    room = tmp_path_factory.mktemp("stages")
    stated = dense(40)
    for kind in ("json", "yaml", "toml"):
        (room / f"dense.{kind}").write_text(write.dumped(stated, kind))
    instance = validate(stated)
    problem = compile_instance(instance).problem
    plan = leptonopt.solve(instance, method="greedy", time_limit=60).document
    return {
        **{kind: lambda kind=kind: read_document(room / f"dense.{kind}") for kind in ("json", "yaml", "toml")},
        "load": lambda: load(room / "dense.json"),
        "validate": lambda: validate(stated),
        "compile": lambda: compile_instance(instance),
        "order": lambda: graphs.topological_order([[], [0]]),
        "shape": lambda: ProblemIndex(problem),
        "price": lambda: BlockPricer(problem),
        "formulate": lambda: build_model(problem),
        **{kind: lambda kind=kind: export.export_model(problem, kind) for kind in ("mps", "lp", "dat")},
        "draw": lambda: plot.draw(plan, stated),
    }


STAGES = ["json", "yaml", "toml", "load", "validate", "compile", "order", "shape", "price", "formulate"]
STAGES += ["mps", "lp", "dat", "draw"]


@pytest.mark.parametrize("stage", STAGES)
def test_every_stage_looks_at_the_clock(stage: str, stages: dict[str, Callable[[], Any]]) -> None:
    """Reading, validation, compilation, first orders, the model and its file, the picture end where time is up."""
    run = stages[stage]
    run()
    with (
        pytest.raises(OutOfTime, match="the time limit ended while it was tried"),
        clock.time_limited(Deadline(0), "it was tried"),
    ):
        run()
    with (
        pytest.raises(OutOfTime, match="interrupted"),
        clock.time_limited(Deadline.never(), "it was tried", lambda: True),
    ):
        run()


def test_limits_hold_in_each_other_and_end_with_their_block() -> None:
    """An inner limit does not lengthen an outer one; outside of both nothing is raised; other threads have their own."""
    clock.check_time()
    with (
        clock.time_limited(Deadline(0), "the outer"),
        clock.time_limited(Deadline.never(), "the inner"),
        pytest.raises(OutOfTime, match="the outer"),
    ):
        clock.check_time()
    with clock.time_limited(Deadline(0), "here"):
        other = threading.Thread(target=clock.check_time)  # an exception in it would fail the test
        other.start()
        other.join()
    clock.check_time()


def test_what_looks_at_no_clock_is_given_up() -> None:
    """A call in a thread of its own: its answer, its exception, or the end of the time limit."""
    assert clock.run_interruptible(int, "7") == 7
    with pytest.raises(tomllib.TOMLDecodeError):
        clock.run_interruptible(tomllib.loads, "=")
    ended = threading.Event()
    with pytest.raises(OutOfTime), clock.time_limited(Deadline.after(0.05), "it was waited for"):
        clock.run_interruptible(ended.wait, 60)
    ended.set()


@pytest.mark.parametrize("thread", [False, True], ids=["main thread", "another thread"])
def test_a_limit_ends_in_no_plan_or_a_plan(thread: bool) -> None:
    """Whatever the limit: a result, or an ordinary exception of ours, in time, and the next solve is as any other."""
    stated, outcomes = dense(200), list[tuple[float, str]]()

    def each() -> None:
        for limit in (0.01, 0.03, 0.1, 0.2, 0.4, 0.8):
            begun = time.monotonic()
            try:
                said = str(leptonopt.solve(stated, time_limit=limit, threads=1).status)
            except Exception as error:
                said = "none" if isinstance(error, NoPlan) and error.exit_code == 5 else repr(error)
            outcomes.append((time.monotonic() - begun - limit, said))

    if thread:
        other = threading.Thread(target=each)
        other.start()
        other.join()
    else:
        each()
    assert {said for _, said in outcomes} <= {"none", "unknown", "feasible", "optimal"}
    assert max(late for late, _ in outcomes) < 2 + LOADED


@pytest.mark.parametrize("limit", [0.05, 30.0], ids=["ends while reading", "ends by itself"])
def test_timers_of_the_host_are_left_alone(limit: float) -> None:
    """A handler and a timer for SIGALRM are what they were, also where the limit ends the reading."""
    rung = list[int]()

    def ring(number: int, frame: object) -> None:
        rung.append(number)

    before = signal.signal(signal.SIGALRM, ring)
    try:
        signal.setitimer(signal.ITIMER_REAL, 500.0, 7.0)
        begun = time.monotonic()
        try:
            leptonopt.solve(dense(150) if limit < 1 else traces.crowded(), method="greedy", time_limit=limit)
        except NoPlan:
            assert limit < 1
        left, every = signal.getitimer(signal.ITIMER_REAL)
        assert abs(left - (500.0 - (time.monotonic() - begun))) < 1
        assert every == 7.0
        assert signal.getsignal(signal.SIGALRM) is ring
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert not rung


def test_no_alarm_clock_in_the_package() -> None:
    """Nothing sets a timer that interrupts whatever runs then."""
    for file in (traces.ROOT / "leptonopt").rglob("*.py"):
        assert not {"SIGALRM", "setitimer", "signal.alarm", "PyThreadState_SetAsyncExc"} & set(
            file.read_text(encoding="utf-8").replace("(", " ").replace(",", " ").split()
        ), file


def test_the_model_is_written_within_the_limit(tmp_path: Path) -> None:
    """`--write-model` counts: the limit ends it with code 5, in one line, and nothing is left."""
    (tmp_path / "dense.json").write_text(write.dumped(dense(60), "json"))
    code, out, errors = called("solve", tmp_path / "dense.json", "--write-model", tmp_path / "dense.lp", "-t", "0.01")
    assert (code, out) == (5, "")
    assert "the time limit ended while the model was written" in errors
    assert [path.name for path in tmp_path.iterdir()] == ["dense.json"]


def test_a_question_that_is_not_put_in_time_has_no_answer() -> None:
    """`explain` does not begin what it has no time for."""
    assert FeasibilityOracle(Deadline.after(-1)).possible(dense(30)) is None


# --- orders -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(20))
def test_topological_orders(seed: int) -> None:
    """The same order as the standard library's; what waits in a circle, and behind one, is left out."""
    random = Random(seed)
    for _ in range(50):
        nodes = random.sample(range(size := random.randint(1, 9)), size)
        before: list[list[int]] = [[] for _ in nodes]
        for _ in range(random.randint(0, 20)):
            low, high = sorted((random.randrange(size), random.randrange(size)))
            if low != high:
                before[nodes[high]].append(nodes[low])
        assert graphs.topological_order(before) == list(TopologicalSorter(dict(enumerate(before))).static_order())
        circle = [*before, [size], [size + 2], [size + 1]]  # one that waits for itself, and two for each other
        assert sorted(graphs.topological_order(circle)) == list(range(size))


def test_a_circle_is_named_without_what_waits_for_it() -> None:
    """The tasks of the circle, not those behind it."""
    stated = dense(4)
    stated["tasks"][1]["after"].append("t2")
    with pytest.raises(InstanceError, match="circle: t1 after t2 after t1;") as caught:
        validate(stated)
    assert caught.value.findings[0].path == ("tasks", 1, "after")


@pytest.mark.parametrize("seed", range(10))
def test_edges_between_copies(seed: int) -> None:
    """Every copy waits for every copy, as long as the longest lag of those stated says."""
    random, stated = Random(seed), dense(1)
    sizes = [random.randint(1, 3) for _ in range(5)]
    stated["tasks"] = [
        {
            "id": f"t{at}",
            "copies": copies,
            "options": [{"pool": "p", "uses": {"gpu": 1}, "duration": "1h"}],
            "after": [
                {"task": f"t{first}", "lag": f"{random.randint(0, 3)}h"} for first in random.choices(range(at), k=2)
            ]
            if at
            else [],
        }
        for at, copies in enumerate(sizes)
    ]
    made = compile_instance(validate(stated))
    base = {task: group for group, [(task, copy, _)] in reversed(list(enumerate(made.members)))}
    wanted: dict[tuple[int, int], int] = {}
    for at, task in enumerate(stated["tasks"]):
        for after in task["after"]:
            first = int(after["task"][1:])
            for one in range(sizes[first]):
                for two in range(sizes[at]):
                    pair = base[first] + one, base[at] + two
                    wanted[pair] = max(wanted.get(pair, 0), int(after["lag"][:-1]))
    problem = made.problem
    found = zip(problem.before.tolist(), problem.after.tolist(), problem.lag.tolist(), strict=True)
    assert [((before, after), lag) for before, after, lag in found] == sorted(wanted.items())
