"""Known faults of the solvers, fenced: a test per fault that was met, named after it.

More of them have their tests where the subject is: words of CBC, folders with spaces, orphans of CBC, limits, gaps
and warm starts in `test_exact.py`; memory, crashes and lies in `test_engines.py`; numbers in `test_read.py`.
"""

from __future__ import annotations

import dataclasses
import errno
import os
import re
import signal
import subprocess
import sys
import threading
import time
import tomllib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import leptonopt
from leptonopt.algorithms.models.time_indexed import build_model
from leptonopt.compile.compiler import compile_instance
from leptonopt.errors import Alarm, UsageError
from leptonopt.instance import validate
from leptonopt.io import files
from leptonopt.problem.feasibility import violated_rules
from leptonopt.problem.problem import Problem
from leptonopt.problem.protocol import Limits, Status, Stop
from leptonopt.problem.schedule import Schedule, objective
from leptonopt.runtime import child_process as children
from leptonopt.session.result import Progress
from leptonopt.solvers import cbc as pulp_cbc
from leptonopt.solvers import cpsat, highs, mip_run, selftest
from leptonopt.solvers import mip_run as doubles
from tests.helpers import bruteforce, random_instances, random_problems, traces
from tests.helpers.recording_monitor import Ear

CASES = {case.what: case for case in selftest.CASES}
ENGINES = pytest.mark.parametrize("method", [cpsat, pulp_cbc, highs], ids=["cpsat", "cbc", "highs"])


def spoken(method: Any, case: selftest.SelftestCase, **limits: Any) -> Any:
    """What an engine says of a case, after it was found to be no lie."""
    ear = Ear()
    said = method.solve(case.problem(), None, Limits(time_limit=20, **limits), ear)
    assert selftest.objection(case, said, ear.bounds) == ""
    return said


# --- versions ---------------------------------------------------------------------------------------


def test_versions_with_known_faults_are_excluded() -> None:
    """ortools 9.15 proves wrong optima; PuLP 4 has another interface; highspy before 1.12 takes no solution on the way."""
    stated = tomllib.loads((traces.ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["dependencies"]
    needed = {re.split(r"[<>=; ]", line)[0].lower(): line for line in stated}
    assert "<9.15" in needed["ortools"]
    assert "<4" in needed["pulp"]
    assert ">=1.12" in needed["highspy"]
    assert tuple(map(int, version("ortools").split(".")[:2])) < (9, 15)
    assert version("pulp").startswith("3.")


def test_highs_and_ortools_never_share_a_process() -> None:
    """CBC's process imports no ortools, which PuLP's own import of highspy could collide with; HiGHS has its own."""
    script = (
        "import sys, leptonopt.session.worker_main, leptonopt.solvers.cbc as cbc; cbc._pulp('PULP_CBC_CMD')\n"
        "assert 'ortools' not in sys.modules and sys.modules['highspy'] is None"
    )
    subprocess.run([sys.executable, "-c", script], check=True, cwd=traces.ROOT)
    assert "leptonopt" not in mip_run.PROGRAM.read_text().split('"""')[2]


# --- all engines ------------------------------------------------------------------------------------


@ENGINES
@pytest.mark.parametrize("what", [what for what in CASES if "32 bits" in what])
def test_coefficients_and_row_sums_beyond_32_bits(method: Any, what: str) -> None:
    """google/or-tools#5293: here CP-SAT 9.15 proves 4216 and 3022, where 3464 and 2614 are possible."""
    assert spoken(method, CASES[what]).status is Status.OPTIMAL


@ENGINES
def test_a_default_gap_beside_large_costs(method: Any) -> None:
    """HiGHS stops at a relative gap of 1e-4 and calls it optimal; here that is 934 units too dear."""
    said = spoken(method, CASES["a gap of 1e-4 beside costs that cannot be avoided"])
    assert said.status is Status.OPTIMAL


@ENGINES
def test_lost_digits(method: Any) -> None:
    """CBC answers 123456790 where at most 123456789 fit: refused by name, and its bound is still valid."""
    said = spoken(method, CASES["digits that are lost in print"])
    if method is pulp_cbc:
        assert said.schedule is None or said.status is Status.OPTIMAL
        assert said.schedule is not None or "it breaks capacity" in said.note
    else:
        assert said.status is Status.OPTIMAL


@ENGINES
def test_false_infeasible_without_a_limit(method: Any) -> None:
    """Pools that can be filled to the last unit, and one unit less than that."""
    assert spoken(method, CASES["pools filled to the last unit"]).status is Status.OPTIMAL
    assert spoken(method, CASES["no room for all"]).status is Status.INFEASIBLE


# --- CP-SAT -----------------------------------------------------------------------------------------


class Parameters:
    """Takes whatever is set."""


@pytest.mark.parametrize(
    ("threads", "deterministic", "workers"), [(1, False, 1), (2, False, 8), (8, True, 1), (12, False, 12)]
)
def test_two_workers_are_a_trap(threads: int, deterministic: bool, workers: int) -> None:
    """Below eight, CP-SAT leaves its best bounding strategy out: one worker at level 2, or eight and more."""
    problem = random_problems.one_slot([1], [1], 1)
    form = cpsat._Columns(build_model(problem))
    limits = Limits(threads=threads, deterministic=deterministic)
    run = cpsat._Run(problem, form, None, limits, Ear(), limits.start(), guarded=True)
    run._configure(chosen := Parameters())
    assert chosen.num_workers == workers
    assert getattr(chosen, "linearization_level", None) == (2 if workers == 1 else None)
    assert chosen.catch_sigint_signal is False


def test_a_hint_is_complete_and_names_no_variable_twice() -> None:
    """A duplicate hint is MODEL_INVALID; an incomplete one may be dropped."""
    from ortools.sat.python import cp_model

    problem = random_problems.bins(1, items=12, slots=14)
    model = cpsat._Columns(build_model(problem)).model(cp_model, random_problems.any_schedule(problem))
    assert list(model.proto.solution_hint.vars) == list(range(len(model.proto.variables)))


def test_an_unknown_has_no_values() -> None:
    """UNKNOWN answers with zeros that look like a solution: nothing is taken from it but the bound."""
    problem, ear = random_problems.bins(2, items=60, slots=80), Ear(0.0)
    said = cpsat.solve(problem, None, Limits(time_limit=0.02), ear)
    assert (said.status, said.schedule, ear.costs) == (Status.UNKNOWN, None, [])
    assert said.bound is not None


def test_sums_beyond_64_bits_raise_nothing_in_cpsat_and_are_refused_here() -> None:
    """Rows that could add up to 2^62 make a model invalid, without an exception."""
    problem = random_problems.one_slot([2**61 + 1, 2**61 + 3, 2**61 + 5], [1, 2, 3], 2**61 + 5)
    said = cpsat.solve(problem, None, Limits(time_limit=5), Ear())
    assert (said.status, said.stop, said.note) == (
        Status.UNKNOWN,
        Stop.FAILED,
        "amounts are too large to add up exactly",
    )


@pytest.mark.parametrize("seed", range(20))
def test_no_float_reaches_an_engine(seed: int) -> None:
    """A float coefficient would be cut off silently: problems and models are in integers throughout."""
    problem = compile_instance(validate(random_instances.instance(seed))).problem
    for field in dataclasses.fields(problem):
        if isinstance(value := getattr(problem, field.name), np.ndarray):
            assert value.dtype in (np.int64, np.bool_), field.name
    if problem.groups:
        linear = build_model(problem)
        assert {part.dtype for part in (linear.cost, linear.matrix.data, linear.upper)} == {np.dtype(np.int64)}


def test_an_exception_in_a_callback_is_not_lost() -> None:
    """It must not pass through C++, where it is swallowed with the incumbent: it is raised at the end."""

    class Alarmed(Ear):
        def incumbent(self, schedule: Schedule, cost: int) -> None:
            raise Alarm("contradiction")

    with pytest.raises(Alarm):
        cpsat.solve(random_problems.bins(3, items=10, slots=12), None, Limits(time_limit=10), Alarmed())


def test_ctrl_c_is_not_swallowed_by_cpsat() -> None:
    """On the main thread CP-SAT would take Ctrl-C for itself: the solve hears it, and ends with its plan."""
    sent: list[str] = []

    def press(progress: Progress) -> None:
        if progress.phase == "cpsat" and not sent:
            sent.append(progress.phase)
            threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT)).start()

    stated = traces.ROOT / "instances" / "elasticflow-100.yaml"
    result = leptonopt.solve(
        stated, method="cpsat", isolate=False, time_limit=60, on_progress=press, handle_signals=True
    )
    assert (result.signal, result.stop) == (signal.SIGINT, "interrupt")
    assert result.plan is not None


# --- CBC --------------------------------------------------------------------------------------------


def answering(monkeypatch: pytest.MonkeyPatch, *answers: Any) -> list[bool]:
    """Let CBC give these answers, one after another; whether each was asked for without preprocessing."""
    left, asked = list(answers), list[bool]()

    def call(self: Any, careful: bool) -> doubles.EngineAnswer:
        asked.append(careful)
        answer: doubles.EngineAnswer = left.pop(0)
        return answer

    monkeypatch.setattr(pulp_cbc._Run, "call", call)
    return asked


PROBLEM = random_problems.one_slot([1, 2], [5, 3], 2)


def test_false_infeasible_of_cbc_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """A limited CBC said Infeasible of 6 problems in 14: it counts when said again without preprocessing, in time."""
    no, perhaps = doubles.EngineAnswer("infeasible"), doubles.EngineAnswer("nothing")
    assert answering(monkeypatch, no, perhaps) == []
    assert pulp_cbc.solve(PROBLEM, None, Limits(time_limit=9), Ear()).status is Status.UNKNOWN
    asked = answering(monkeypatch, no, no)
    assert pulp_cbc.solve(PROBLEM, None, Limits(time_limit=9), Ear()).status is Status.INFEASIBLE
    assert asked == [False, True]
    answering(monkeypatch, no, no)
    monkeypatch.setattr(pulp_cbc._Run, "limited", lambda self: True)
    assert pulp_cbc.solve(PROBLEM, None, Limits(time_limit=9), Ear()).status is Status.UNKNOWN


@pytest.mark.parametrize("values", [[0.5] * 4, [np.nan, 1.0, 1.0, 1.0], [1.0, 1.0, 1.0, 1.0]])
@pytest.mark.parametrize("word", ["optimal", "stopped", "infeasible", "nothing"])
def test_values_that_are_no_solution(word: str, values: list[float], monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs without a solution leave fractions in the variables, and a limited one broke 700 rows and said Optimal."""
    answering(monkeypatch, *[doubles.EngineAnswer(word, np.array(values))] * 2)
    monkeypatch.setattr(pulp_cbc._Run, "confirms", False, raising=False)
    ear = Ear()
    said = pulp_cbc.solve(PROBLEM, None, Limits(time_limit=9), ear)
    assert said.schedule is None or not violated_rules(PROBLEM, said.schedule)
    assert said.status is not Status.OPTIMAL
    assert not ear.costs


def test_false_optimal_after_a_limit() -> None:
    """PuLP calls what a limit ended Optimal: with little time, no optimum is claimed that is none."""
    for seed in range(3):
        problem = random_problems.bins(seed)
        said = pulp_cbc.solve(problem, None, Limits(time_limit=0.6), Ear())
        assert said.status in (Status.FEASIBLE, Status.UNKNOWN)
        assert said.bound is not None


def test_general_integers_with_decimals_are_never_given_to_cbc() -> None:
    """It was wrong on 22 of 500 of those: what it gets is whole and small, whatever the problem's units."""
    problem = random_problems.problem(11, scale=10**12)
    problem = dataclasses.replace(problem, demand=problem.demand * 10**9, capacity=problem.capacity * 10**9 + 7)
    linear = build_model(problem)
    run = doubles_run(problem, linear)
    assert run.costs.dtype == run.data.dtype == run.upper.dtype == np.int64
    assert abs(run.costs).max(initial=0) <= doubles.MAX_RANGE
    rows = np.repeat(np.arange(linear.matrix.shape[0]), np.diff(linear.matrix.indptr))
    sums = np.bincount(rows, np.abs(run.data) * linear.most[linear.matrix.indices])
    assert sums.max() <= doubles.MAX_RANGE + len(linear.most)


def test_six_digits_of_a_relaxation_are_no_more_than_six(monkeypatch: pytest.MonkeyPatch) -> None:
    """A run cut short left "3.83804e+06" of 3,838,037: taken for exact, the bound was above the optimum."""
    log, claimed = "Continuous objective value is 3.83804e+06 - 0.02 seconds\n", list[int]()
    monkeypatch.setattr(pulp_cbc._Run, "_coin", lambda *given: ("nothing", log))
    monkeypatch.setattr(pulp_cbc._Run, "raise_to", lambda run, value: claimed.append(value))
    pulp_cbc.solve(random_problems.problem(11), None, Limits(time_limit=20), Ear())
    assert 3_838_030 < max(claimed) <= 3_838_037


def doubles_run(problem: Problem, linear: Any) -> Any:
    """A run of CBC that is prepared and not started."""
    made = ("PULP_CBC_CMD", problem, linear, None, Limits(), Ear(), time.monotonic(), True)
    return pulp_cbc._Run(None, "", *made)


def test_equal_names_side_by_side() -> None:
    """With files of equal names, threads read each other's answers (29 wrong of 40): here each has its own folder."""
    problems = [random_problems.problem(seed, groups=3, slots=5) for seed in range(600, 616)]
    with ThreadPoolExecutor(4) as pool:
        said = list(pool.map(lambda problem: pulp_cbc.solve(problem, None, Limits(time_limit=20), Ear()), problems))
    for problem, solution in zip(problems, said, strict=True):
        found = bruteforce.optimum(problem, 300_000)
        assert (None if found is None else found[0]) == (
            None if solution.schedule is None else objective(problem, solution.schedule)
        )


@pytest.mark.parametrize(("on_int", "left"), [("echo plan > plan; exit 0", ["log", "plan"]), ("", ["log"])])
def test_sigint_is_answered_and_what_overruns_is_killed(on_int: str, left: list[str], tmp_path: Path) -> None:
    """CBC gives its plan for SIGINT and loses it with SIGTERM; what heeds neither is killed soon after."""
    begun, script = time.monotonic(), f"trap '{on_int}' INT; echo ready; while :; do sleep 0.05; done"
    ready: Callable[[], bool] = lambda: (tmp_path / "log").read_text() == "ready\n"  # noqa: E731
    children.run_child(["/bin/sh", "-c", script], str(tmp_path), tmp_path / "log", ready)
    assert sorted(path.name for path in tmp_path.iterdir()) == left
    assert time.monotonic() - begun < children.PATIENCE + 8


# --- HiGHS ------------------------------------------------------------------------------------------


def test_a_limit_that_highs_does_not_honour(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Presolve and root go on past any limit (125 s for 60 were seen): the program around it is killed."""
    endless = tmp_path / "endless.py"
    endless.write_text("import signal, time\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\ntime.sleep(60)\n")
    monkeypatch.setattr(mip_run, "PROGRAM", endless)
    begun = time.monotonic()
    said = highs.solve(PROBLEM, None, Limits(time_limit=0.3), Ear())
    assert time.monotonic() - begun < 0.3 + 2 + 8
    assert (said.status, said.stop) == (Status.UNKNOWN, Stop.LIMIT)


# --- money ------------------------------------------------------------------------------------------


def test_floats_and_cents_in_prices(tmp_path: Path) -> None:
    """0.1 in YAML is a tenth, thrice is three tenths, and half a cent is not rounded away."""
    lines = "".join(
        f"  - {{id: {name}, options: [{{pool: a, uses: {{gpu: 1}}, duration: 1h, cost: {cost}}}]}}\n"
        for name, cost in (("t", "0.1"), ("u", "0.1"), ("v", "0.1"), ("w", "0.005"), ("x", "2147.483649"))
    )
    (tmp_path / "prices.yaml").write_text(
        "leptonopt: 1\ntime: {start: 2026-01-05T00:00Z, horizon: 5h}\n"
        f"pools: [{{id: a, capacity: {{gpu: 1}}}}]\ntasks:\n{lines}"
    )
    for method in ("cpsat", "cbc"):
        result = leptonopt.solve(tmp_path / "prices.yaml", method=method, isolate=False)
        assert (result.status, result.cost) == ("optimal", Fraction("2147.788649"))


# --- files ------------------------------------------------------------------------------------------

KILLED = """
import os, signal, sys
from leptonopt.io import files
after, path = sys.argv[1:]
real = getattr(os, after)
def once(*given, **named):
    real(*given, **named)
    os.kill(os.getpid(), signal.SIGKILL)
setattr(os, after, once)
files.write_atomic(path, "new" * 100_000)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="files without a name")
@pytest.mark.parametrize("after", ["fsync", "fchmod"])
@pytest.mark.parametrize("old", [None, "old"])
def test_a_kill_in_the_middle_of_writing_leaves_no_file(after: str, old: str | None, tmp_path: Path) -> None:
    """SIGKILL when all is written and nothing is in its place: no temporary file, and the old one as it was."""
    target = tmp_path / "plan.json"
    if old is not None:
        target.write_text(old)
    ended = subprocess.run([sys.executable, "-c", KILLED, after, str(target)], cwd=traces.ROOT)
    assert ended.returncode == -signal.SIGKILL
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == ({} if old is None else {"plan.json": old})


@pytest.mark.parametrize("broken", [None, "open", "link", "replace"])
@pytest.mark.parametrize("old", [None, "old"])
def test_files_are_written_whole_or_not_at_all(
    broken: str | None, old: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With its permissions, also where files cannot be without a name; and after a failure nothing is left beside it."""
    target = tmp_path / "plan.json"
    if old is not None:
        target.write_text(old)
        target.chmod(0o604)
    real = getattr(os, broken or "open")

    def refused(path: Any, *given: Any, **named: Any) -> Any:
        if broken == "open" and path != tmp_path:
            return real(path, *given, **named)
        raise OSError(errno.EOPNOTSUPP, "not here")

    if broken is not None:
        monkeypatch.setattr(os, broken, refused)
    if broken == "replace" and old is not None:
        with pytest.raises(UsageError, match="cannot be written: not here"):
            files.write_atomic(target, "new")
        assert target.read_text() == old
    else:
        files.write_atomic(target, "new")
        assert target.read_text() == "new"
    assert (target.stat().st_mode & 0o777) == (0o604 if old is not None else 0o666 & ~umask())
    assert list(tmp_path.iterdir()) == [target]


def umask() -> int:
    """Of this process."""
    mask = os.umask(0)
    os.umask(mask)
    return mask
