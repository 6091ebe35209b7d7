"""The conductor trusts nobody: lying, failing and slow methods, limits, interrupts, warm starts."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import jsonschema
import pytest

import leptonopt
from leptonopt.errors import Alarm, Infeasible, NoPlan, UsageError
from leptonopt.problem.problem import Problem
from leptonopt.problem.protocol import Limits, Monitor, Solution, Status, Stop
from leptonopt.problem.schedule import Schedule, objective
from leptonopt.runtime import deadline as deadlines
from leptonopt.session import solve as solving
from leptonopt.session.closing import ClosingTime
from leptonopt.session.result import Progress
from leptonopt.session.source import TreeSource
from leptonopt.session.worker_pool import WorkerPool
from leptonopt.session.worker_process import WorkerProcess
from leptonopt.solvers import branch_and_bound
from leptonopt.solvers import cbc as pulp_cbc
from leptonopt.solvers import registry as methods
from tests.helpers import random_instances
from tests.helpers.marks import CI
from tests.helpers.recording_monitor import Ear

ROOT = Path(__file__).resolve().parents[3]
CROWDED = {
    "time": {"start": "2026-01-05T00:00Z", "slot": "1h", "horizon": "12h"},
    "pools": [
        {"id": "a", "capacity": {"gpu": 3}, "price": {"gpu": {"daily": {"00:00": 1, "03:00": 4, "08:00": 2}}}},
        {"id": "b", "capacity": {"gpu": 2}, "price": {"gpu": 3}},
    ],
    "tasks": [
        {
            "id": f"t{at}",
            "options": [
                {"pool": "a", "uses": {"gpu": 1 + at % 2}, "duration": f"{1 + at % 3}h"},
                {"pool": "b", "uses": {"gpu": 1}, "duration": f"{2 + at % 3}h"},
            ],
        }
        for at in range(7)
    ],
}


COMMANDS = ("cbc", "copt_cmd", "cplex", "fscip", "glpsol", "gurobi_cl", "highs", "mps_mipcl", "scip")


def commands(monkeypatch: pytest.MonkeyPatch, folder: Path, **scripts: str) -> None:
    """Put these shell scripts, and nothing else, on the path."""
    folder.mkdir(exist_ok=True)
    for name, script in scripts.items():
        (folder / name).write_text(f"#!/bin/sh\n{script}\n")
        (folder / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(folder))


def first_plan(problem: Problem, limits: Limits, monitor: Monitor) -> Schedule:
    """Greedy's plan."""
    found = methods.load_method("greedy")(problem, None, limits, monitor).schedule
    assert found is not None
    return found


def test_bound_above_a_checked_plan_raises_the_alarm() -> None:
    """A backend that claims one unit too much is caught."""

    def lies(problem: Problem, warm_start: Schedule | None, limits: Limits, monitor: Monitor) -> Solution:
        plan = first_plan(problem, limits, monitor)
        return Solution(Status.FEASIBLE, Stop.DONE, plan, bound=objective(problem, plan) + 1)

    with pytest.raises(Alarm, match="contradicts"):
        leptonopt.solve(CROWDED, method=lies)


def test_infeasible_with_a_plan_at_hand_raises_the_alarm() -> None:
    """Nobody may call infeasible what has a plan."""

    def lies(problem: Problem, warm_start: Schedule | None, limits: Limits, monitor: Monitor) -> Solution:
        first_plan(problem, limits, monitor)
        return Solution(Status.INFEASIBLE, Stop.PROOF)

    with pytest.raises(Alarm, match="at hand"):
        leptonopt.solve(CROWDED, method=lies)


def test_broken_schedule_is_refused_and_said() -> None:
    """A schedule that breaks a rule never becomes the plan."""

    def breaks(problem: Problem, warm_start: Schedule | None, limits: Limits, monitor: Monitor) -> Solution:
        crowd = Schedule.of(problem.option_ptr[:-1], problem.first[problem.option_ptr[:-1]])
        monitor.incumbent(crowd, 0)
        return Solution(Status.UNKNOWN, Stop.DONE)

    result = leptonopt.solve(CROWDED, method=breaks)
    assert result.plan is None
    assert any("refused" in note for note in result.notes)


def test_misstated_cost_is_corrected() -> None:
    """Costs are counted here, whatever a method says."""

    def flatters(problem: Problem, warm_start: Schedule | None, limits: Limits, monitor: Monitor) -> Solution:
        plan = methods.load_method("greedy")(problem, None, limits, Ear()).schedule
        assert plan is not None
        monitor.incumbent(plan, objective(problem, plan) - 5)
        return Solution(Status.FEASIBLE, Stop.DONE, plan)

    result = leptonopt.solve(CROWDED, method=flatters)
    assert result.cost == leptonopt.solve(CROWDED, method="greedy").cost
    assert any("corrected" in note for note in result.notes)


@pytest.mark.parametrize("method", ["cpsat", "cbc", "auto"])
def test_engines_in_their_own_process_agree(method: str) -> None:
    """Isolation changes nothing about the answer."""
    apart = leptonopt.solve(CROWDED, method=method, time_limit=30)
    here = leptonopt.solve(CROWDED, method="cpsat", time_limit=30, isolate=False)
    assert (apart.status, apart.cost) == (here.status, here.cost) == ("optimal", here.cost)


def test_a_solver_that_is_not_there_is_a_wrong_call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No plan of another method comes in its place; the line names the solvers there are."""
    commands(monkeypatch, tmp_path / "none")
    with pytest.raises(UsageError, match=r"no solver 'NO_SUCH_SOLVER' here; it reaches .*PULP_CBC_CMD"):
        leptonopt.solve(CROWDED, method="pulp:NO_SUCH_SOLVER", time_limit=20)
    with pytest.raises(UsageError, match=r"no solver 'GUROBI_CMD'"):
        leptonopt.compare(CROWDED, ["pulp:GUROBI_CMD"], output=tmp_path / "out")
    assert leptonopt.solve(CROWDED, method="pulp:PULP_CBC_CMD", time_limit=30).status == "optimal"


@pytest.mark.parametrize("does", ["exit 0", "exit 3", "exec /bin/sleep 60"], ids=["nothing", "fails", "hangs"])
def test_other_solvers_on_the_path_change_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, does: str) -> None:
    """Installed solvers, also broken ones, cost CBC nothing; one that is asked and answers nothing costs its plan."""
    commands(monkeypatch, tmp_path, **dict.fromkeys(COMMANDS, f"echo Optimal; {does}"))
    begun = time.monotonic()
    assert leptonopt.solve(CROWDED, method="cbc", time_limit=30).status == "optimal"
    assert time.monotonic() - begun < 25
    hangs = "sleep" in does
    looking = 1.0 if hangs else 3.0
    monkeypatch.setattr(pulp_cbc, "SETTINGS", replace(pulp_cbc.SETTINGS, looking=looking))
    assert pulp_cbc.available_solvers("PULP_CBC_CMD", "GLPK_CMD", "CPLEX_CMD", "HiGHS_CMD", "NO_SUCH_SOLVER") == [
        "PULP_CBC_CMD", "GLPK_CMD", "CPLEX_CMD", "HiGHS_CMD"
    ]  # fmt: skip
    everything = pulp_cbc.available_solvers()  # PuLP starts Gurobi to look whether it may run
    assert everything is None if hangs else ("GUROBI_CMD" in everything) == (does == "exit 0")
    for name in ("CPLEX_CMD", "GLPK_CMD"):
        result = leptonopt.solve(CROWDED, method=f"pulp:{name}", time_limit=1.5 if hangs else 3)
        assert result.status == "feasible", (name, result.notes)


def test_killed_child_reports_its_end() -> None:
    """A child that dies leaves a message behind, not a hang."""
    from leptonopt.compile.compiler import compile_instance
    from leptonopt.instance import validate

    child = WorkerProcess("lns", compile_instance(validate(CROWDED)).problem, None, Limits(time_limit=60))
    os.killpg(child._process.pid, signal.SIGKILL)
    kind, solution = child.messages.get(timeout=10)
    assert (kind, solution.stop) == ("done", Stop.FAILED)
    child.kill()


def test_progress_and_trace_only_improve() -> None:
    """Incumbents fall, bounds rise, time goes on."""
    seen: list[Progress] = []
    result = leptonopt.solve(ROOT / "instances" / "elasticflow-20.yaml", time_limit=4, on_progress=seen.append)
    costs = [cost for _, cost, _ in result.trace if cost is not None]
    bounds = [bound for _, _, bound in result.trace if bound is not None]
    assert costs == sorted(costs, reverse=True)
    assert bounds == sorted(bounds)
    assert [p.seconds for p in seen] == sorted(p.seconds for p in seen)
    assert seen


def test_gap_is_a_reason_to_stop() -> None:
    """With a gap allowed, the result keeps it and says so."""
    result = leptonopt.solve(ROOT / "instances" / "elasticflow-100.yaml", time_limit=60, gap=0.6)
    assert result.gap is not None
    assert result.gap <= 0.6
    assert result.status in ("feasible", "optimal")


def test_warm_start_is_never_made_worse() -> None:
    """A plan to start from is the least one gets; one of another instance is passed over with a note."""
    best = leptonopt.solve(CROWDED, method="cpsat", isolate=False)
    again = leptonopt.solve(CROWDED, method="greedy", warm_start=best.document)
    assert again.cost == best.cost
    other = leptonopt.solve(random_instances.instance(3), method="greedy", warm_start=best.document)
    assert other.verdict.ok


def test_deterministic_gives_the_same_bytes() -> None:
    """Same input, seed and versions: the same document."""
    runs = [
        json.dumps(leptonopt.solve(CROWDED, method="auto", deterministic=True, time_limit=8, seed=5).document)
        for _ in range(2)
    ]
    assert runs[0] == runs[1]


@pytest.mark.parametrize("method", ["auto", "lns", "cpsat"])
def test_deterministic_work_does_not_follow_the_clock(method: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What each stage may do is the same whether the clock runs as ever or thrice as fast."""
    given: list[list[tuple[str, float | None]]] = []

    def start(crew: Any, name: str, schedule: Schedule | None, limits: Limits, *others: int) -> None:
        given[-1].append((name, limits.work))

    real = time.monotonic
    monkeypatch.setattr(WorkerPool, "start", start)
    monkeypatch.setattr(branch_and_bound, "SMALL", branch_and_bound.SmallProblems(copies=0))
    for pace in (1, 3):
        given.append([])
        clock = SimpleNamespace(monotonic=lambda pace=pace: pace * real(), process_time=lambda: 0.0)
        for module in (deadlines, solving):
            monkeypatch.setattr(module, "time", clock)
        leptonopt.solve(CROWDED, method=method, deterministic=True, time_limit=20)
    assert given[0] == given[1]
    asked = {"auto": [("cpsat", 3.0), ("lns", 8.5), ("cpsat", 8.5)]}
    assert given[0] == asked.get(method, [(method, 20.0)])


def test_deterministic_says_when_the_clock_decided() -> None:
    """Where the time limit comes first, a note says that another run may end otherwise."""

    def waits(problem: Problem, warm_start: Schedule | None, limits: Limits, monitor: Monitor) -> Solution:
        while not monitor.should_stop():
            pass
        return Solution(Status.UNKNOWN, Stop.LIMIT)

    said = leptonopt.solve(CROWDED, method=waits, deterministic=True, time_limit=0.3).notes
    assert any("not reproducible" in note for note in said)


def test_a_search_without_a_plan_is_not_broken_off_before_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """It may take half of the time to write and check a plan: 30 - 12 + 6 of 30 s, where 12 are the most."""
    found, limited = list[float](), solving.time_limited

    def noted(deadline: deadlines.Deadline, what: str) -> Any:
        found.append(deadline.until)
        return limited(deadline, what)

    monkeypatch.setattr(solving, "time_limited", noted)
    monkeypatch.setattr(TreeSource, "closing", lambda source, spent: ClosingTime(1000.0, 0.0))
    begun = deadlines.now()
    leptonopt.solve(CROWDED, method="greedy", time_limit=30, begun=begun)
    assert found == pytest.approx([begun + 24])


def test_results_without_a_plan() -> None:
    """Infeasible and unknown are results; only require_plan raises."""
    stated: dict[str, Any] = json.loads(json.dumps(CROWDED))
    stated["tasks"][0]["deadline"] = "2026-01-05T00:30Z"
    result = leptonopt.solve(stated)
    assert (result.status, result.stop, result.plan) == ("infeasible", "proof", None)
    assert "t0" in result.document["why"][0]
    with pytest.raises(Infeasible, match="t0"):
        result.require_plan()

    def gives_up(problem: Problem, warm_start: Schedule | None, limits: Limits, monitor: Monitor) -> Solution:
        return Solution(Status.UNKNOWN, Stop.DONE, note="no idea")

    with pytest.raises(NoPlan, match="no idea"):
        leptonopt.solve(CROWDED, method=gives_up).require_plan()


@pytest.mark.parametrize(
    "wrong",
    [{"time_limit": 0}, {"time_limit": float("nan")}, {"gap": -1}, {"threads": 0}, {"seed": -1}, {"method": "magic"}],
)
def test_wrong_calls_are_usage_errors(wrong: dict[str, Any]) -> None:
    """A wrong call says what is allowed."""
    with pytest.raises(UsageError):
        leptonopt.solve(CROWDED, **wrong)


@pytest.mark.parametrize("seed", range(12))
def test_plan_documents_keep_their_schema(seed: int) -> None:
    """Every document, with and without a plan, is valid under the published schema."""
    schema = json.loads((ROOT / "leptonopt" / "verify" / "plan.schema.json").read_text())
    jsonschema.validate(leptonopt.solve(random_instances.instance(seed), method="greedy").document, schema)


WATCHED = """
import sys
from leptonopt import __main__
from leptonopt.cli import progress
progress.EVERY = 0.0
sys.argv[1:] = {words!r}
__main__.main()
"""


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), pytest.param(signal.SIGTERM, 143, marks=CI)])
def test_interrupt_gives_the_best_plan_so_far(tmp_path: Path, number: signal.Signals, code: int) -> None:
    """A signal amid the search ends it with a checked plan, the documented exit code, and no process left behind."""
    plan = tmp_path / "a plan.json"
    words = ["solve", "instances/elasticflow-100.yaml", "-v", "-o", str(plan), "-t", "120"]
    command = [sys.executable, "-c", WATCHED.format(words=words)]
    process = subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True, text=True
    )
    assert process.stderr is not None
    while not re.search(r"plan +[\d,.]+ .* (?!greedy)\S+\n", line := process.stderr.readline()):
        assert line
    process.send_signal(number)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == code, errors
    document = json.loads(plan.read_text())
    assert document["stop"] == "interrupt"
    assert document["status"] == "feasible"
    with pytest.raises(ProcessLookupError):
        os.killpg(process.pid, 0)


def test_the_logger_hears_how_a_solve_ended(caplog: pytest.LogCaptureFixture) -> None:
    """One line at INFO, and nothing at WARNING, which Python would print."""
    document = {
        "time": {"start": "2026-11-23T00:00Z", "slot": "1h", "horizon": "8h"},
        "pools": [{"id": "a", "capacity": {"gpu": 1}, "price": {"gpu": 2}}],
        "tasks": [{"id": "t", "options": [{"pool": "a", "uses": {"gpu": 1}, "duration": "2h"}]}],
    }
    with caplog.at_level("INFO", logger="leptonopt"):
        leptonopt.solve(document, time_limit=10)
    assert [(line.name, line.levelname) for line in caplog.records] == [("leptonopt", "INFO")]
    assert caplog.records[0].getMessage().startswith("optimal after ")
    assert caplog.records[0].getMessage().endswith("cost 4, bound 4")
