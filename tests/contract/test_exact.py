"""The exact methods on random problems: right in status and cost, honest when stopped, exact in large numbers."""

from __future__ import annotations

import contextlib
import dataclasses
import math
import random
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leptonopt.algorithms.models.time_indexed import build_model, decode
from leptonopt.problem.feasibility import violated_rules
from leptonopt.problem.problem import RULES, UNLIMITED, Problem
from leptonopt.problem.protocol import Limits, Solution, Status, Stop
from leptonopt.problem.schedule import Schedule, objective
from leptonopt.solvers import cbc as pulp_cbc
from leptonopt.solvers import cpsat, highs
from leptonopt.solvers import mip_run as doubles
from tests.helpers import bruteforce, random_problems
from tests.helpers.marks import CI
from tests.helpers.recording_monitor import Ear

BOTH = pytest.mark.parametrize("method", [cpsat, pulp_cbc], ids=["cpsat", "cbc"])
ALL = pytest.mark.parametrize("method", [cpsat, pulp_cbc, highs], ids=["cpsat", "cbc", "highs"])
ROOT = Path(__file__).resolve().parents[2]


def step(method: Any) -> int:
    """One problem in so many: HiGHS starts a program of its own for each."""
    return 10 if method is highs else 1


def blocks(count: int) -> Any:
    """Every exact method on so many blocks of problems: CP-SAT on all; where a program is started, CI has half."""
    few = {"cpsat": count, "cbc": count // 4, "highs": 1}
    return pytest.mark.parametrize(
        ("method", "block"),
        [
            pytest.param(
                method,
                block,
                id=f"{block}-{name}",
                marks=() if block < few[name] else CI if block < count // 2 else pytest.mark.long,
            )
            for name, method in (("cpsat", cpsat), ("cbc", pulp_cbc), ("highs", highs))
            for block in range(count)
        ],
    )


def judged(problem: Problem, solution: Solution, ear: Ear, best: int | None) -> None:
    """What a method says of a problem with this optimum must be right, proven and exact."""
    if best is None:
        assert solution.status is Status.INFEASIBLE
        assert not ear.costs
        return
    assert solution.schedule is not None
    assert not violated_rules(problem, solution.schedule)
    assert (solution.status, objective(problem, solution.schedule), solution.bound) == (Status.OPTIMAL, best, best)
    assert all(bound <= best for bound in ear.bounds)
    assert all(cost >= best for cost in ear.costs)


def optimum(problem: Problem) -> int | None:
    """The cost that brute force finds."""
    found = bruteforce.optimum(problem, 300_000)
    return None if found is None else found[0]


@blocks(8)
def test_brute_force_agrees(method: Any, block: int) -> None:
    """Two hundred random problems: status, cost and bound are those of trying everything."""
    infeasible, seeds = 0, range(25 * block, 25 * block + 25)
    for seed in seeds[:: step(method)]:
        problem, ear = random_problems.problem(seed, groups=3, slots=5), Ear()
        best = optimum(problem)
        infeasible += best is None
        judged(problem, method.solve(problem, None, Limits(time_limit=20), ear), ear, best)
    assert method is highs or 1 < infeasible < 14


@blocks(4)
def test_brute_force_agrees_with_nodes_quotas_and_affinity(method: Any, block: int) -> None:
    """Two hundred random problems with nodes, commitments, quotas and sets: status, cost and bound."""
    compared = 0
    for seed in range(50 * block, 50 * block + 50)[:: step(method)]:
        problem, ear = random_problems.rich(seed), Ear()
        with contextlib.suppress(OverflowError):
            best = optimum(problem)
            judged(problem, method.solve(problem, None, Limits(time_limit=20), ear), ear, best)
            compared += 1
    assert compared >= 40 // step(method)


@ALL
def test_brute_force_agrees_with_greatest_lags(method: Any) -> None:
    """Twenty problems in which groups follow others within some slots."""
    compared = 0
    for seed in range(900, 1000)[:: step(method)]:
        problem, ear = random_problems.problem(seed, groups=3, slots=5), Ear()
        if len(problem.before):
            problem = dataclasses.replace(problem, most=problem.lag + np.arange(len(problem.lag)) % 2)
            judged(problem, method.solve(problem, None, Limits(time_limit=20), ear), ear, optimum(problem))
            compared += 1
    assert compared >= 20 // step(method)


@BOTH
def test_a_warm_start_changes_no_answer(method: Any) -> None:
    """Started from the optimum or from nothing, the answer is the same; the result is never worse than the start."""
    for seed in range(300, 330):
        problem, ear = random_problems.problem(seed, groups=3, slots=5), Ear()
        found = bruteforce.optimum(problem, 300_000)
        if found is not None:
            judged(problem, method.solve(problem, found[1], Limits(time_limit=20), ear), ear, found[0])


@pytest.mark.parametrize("threads", [2, 8])
def test_many_workers_agree(threads: int) -> None:
    """CP-SAT with several workers proves the same; two are never asked for (they would lack its best bounds)."""
    for seed in range(400, 406):
        problem, ear = random_problems.problem(seed), Ear()
        solution = cpsat.solve(problem, None, Limits(time_limit=20, threads=threads), ear)
        judged(problem, solution, ear, optimum(problem))
        assert not solution.log or "num_workers: 8" in solution.log


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_switched_off_is_noticed(rule: str) -> None:
    """Without a rule in the model, some optimum breaks exactly that rule; `cost` shows as a dearer plan."""
    for seed in range(200):
        problem, ear = random_problems.rich(seed), Ear()
        solution = cpsat.solve(problem, None, Limits(time_limit=20), ear, (rule,))
        if solution.schedule is None:
            continue
        assert not ear.costs, "what a crippled model finds must not be reported"
        broken = violated_rules(problem, solution.schedule)
        if rule == "cost" and not broken:
            best = optimum(problem)
            assert best is not None
            if objective(problem, solution.schedule) > best:
                return
        elif rule in broken:
            assert broken == {rule} or rule in ("once", "capacity", "nodes", "window")
            return
    pytest.fail(f"nobody noticed that {rule} is off")


@pytest.mark.parametrize(
    ("method", "said"),
    [(cpsat, "The solution hint is complete and is feasible"), (pulp_cbc, "MIPStart provided solution with cost")],
    ids=["cpsat", "cbc"],
)
def test_the_warm_start_is_in_the_log(method: Any, said: str) -> None:
    """The engines' own logs say that they took the whole plan they were given."""
    problem = random_problems.bins(1, items=12, slots=14)
    assert said in method.solve(problem, random_problems.any_schedule(problem), Limits(time_limit=5), Ear()).log


@BOTH
def test_a_limit_is_not_a_proof(method: Any) -> None:
    """Out of time on a hard problem: never optimal nor infeasible, in time, with a valid bound below the cost."""
    problem = random_problems.bins(2)
    start, ear, begun = random_problems.any_schedule(problem), Ear(), time.monotonic()
    solution = method.solve(problem, start, Limits(time_limit=1.5), ear)
    assert time.monotonic() - begun < 10
    assert (solution.status, solution.stop) == (Status.FEASIBLE, Stop.LIMIT)
    assert solution.schedule is not None
    assert solution.bound is not None
    assert solution.bound < objective(problem, solution.schedule) <= objective(problem, start)
    assert max(ear.bounds) == solution.bound


@BOTH
@pytest.mark.parametrize("patience", [0.0, 0.1, 0.7])
def test_an_interrupt_ends_the_search(method: Any, patience: float) -> None:
    """The monitor's word is followed within moments, at any time, and the plan in hand survives."""
    problem = random_problems.bins(3)
    start, begun = random_problems.any_schedule(problem), time.monotonic()
    solution = method.solve(problem, start, Limits(time_limit=60), Ear(patience))
    assert time.monotonic() - begun < patience + 10
    assert (solution.status, solution.stop) == (Status.FEASIBLE, Stop.INTERRUPT)
    assert solution.bound is not None


@BOTH
def test_a_gap_is_kept_in_exact_numbers(method: Any) -> None:
    """Stopping at a gap is called so, claims no optimum, and the gap is what was asked, counted in integers."""
    problem = random_problems.bins(4, items=14, slots=16)
    solution = method.solve(problem, random_problems.any_schedule(problem), Limits(time_limit=20, gap=0.3), Ear())
    assert solution.schedule is not None
    assert solution.bound is not None
    cost = objective(problem, solution.schedule)
    assert solution.stop is Stop.GAP
    assert cost - solution.bound <= 0.3 * cost
    assert (solution.status is Status.OPTIMAL) == (cost == solution.bound)


def test_deterministic_runs_are_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same seed gives the same incumbents and bounds, also when the limit ends the search."""
    monkeypatch.setattr(cpsat, "SETTINGS", dataclasses.replace(cpsat.SETTINGS, deterministic=0.004))
    problem, told = random_problems.bins(5), []
    for _ in range(2):
        ear = Ear()
        solution = cpsat.solve(problem, None, Limits(time_limit=40, deterministic=True, threads=2, gap=1e-6), ear)
        assert (solution.status, solution.stop, solution.note) == (Status.FEASIBLE, Stop.LIMIT, "")
        told.append((ear.costs, ear.bounds, solution.bound))
    assert told[0] == told[1]


@BOTH
def test_large_costs_are_exact(method: Any) -> None:
    """Costs of about 10^12 are counted to the unit by cpsat; cbc's bound stays valid and it claims no more."""
    for seed in range(500, 530):
        problem = random_problems.problem(seed, groups=3, slots=5, scale=10**11)
        problem = dataclasses.replace(problem, fixed=problem.fixed + np.arange(problem.options) % 7)
        best, ear = optimum(problem), Ear()
        solution = method.solve(problem, None, Limits(time_limit=20), ear)
        if method is cpsat or best is None:
            judged(problem, solution, ear, best)
        else:
            assert solution.schedule is not None
            assert solution.bound is not None
            assert (
                solution.bound <= best <= objective(problem, solution.schedule) <= solution.bound + best * 1e-6 + 10**9
            )
            assert (solution.status is Status.OPTIMAL) == (objective(problem, solution.schedule) == solution.bound)


def test_costs_beyond_doubles_are_refused() -> None:
    """Where CP-SAT could no longer count exactly, the method says so and claims nothing."""
    solution = cpsat.solve(random_problems.one_slot([1, 1], [2**53, 2**53 + 1], 1), None, Limits(time_limit=5), Ear())
    assert (solution.status, solution.stop) == (Status.UNKNOWN, Stop.FAILED)
    assert "too large" in solution.note


@BOTH
def test_rows_beyond_31_bits_are_right(method: Any) -> None:
    """Rows that add up past 2^31: CP-SAT 9.15 proves wrong optima there (google/or-tools#5293), hence the pin."""
    for seed in range(40):
        rng = random.Random(seed)
        demand = [rng.randint(10**8, 10**9) for _ in range(9)]
        problem = random_problems.one_slot(demand, [rng.randint(1, 10**6) for _ in demand], sum(demand) // 2)
        best, ear = optimum(problem), Ear()
        solution = method.solve(problem, None, Limits(time_limit=20), ear)
        if method is cpsat:
            judged(problem, solution, ear, best)
        else:
            assert best is not None
            assert solution.bound is not None
            assert solution.bound <= best


@ALL
def test_edges_of_the_vocabulary(method: Any) -> None:
    """No groups; groups without options, mandatory or not; a million copies on rows without limit."""
    problem = random_problems.one_slot([1, 2], [5, -3], 2)
    nothing = dataclasses.replace(problem, copies=problem.copies[:0], optional=problem.optional[:0], value=problem.value[:0], option_ptr=problem.option_ptr[:1], **{name: getattr(problem, name)[:0] for name in ("pool", "duration", "fixed", "first", "last", "demand_row", "demand", "late_slope", "late_base", "late_once", "late_after")}, demand_ptr=problem.demand_ptr[:1])  # fmt: skip
    many = dataclasses.replace(
        problem, copies=random_problems.ints([10**6, 10**6]), capacity=np.full((1, 1), UNLIMITED)
    )
    bare = dataclasses.replace(problem, capacity=np.zeros((1, 1), np.int64))
    musts = dataclasses.replace(bare, optional=np.zeros(2, bool), value=np.zeros(2, np.int64))
    for case, best in ((nothing, 0), (problem, -3), (many, -3 * 10**6), (bare, 2), (musts, None)):
        ear = Ear()
        judged(case, method.solve(case, None, Limits(time_limit=10), ear), ear, best)


def test_cbc_words_are_not_taken_as_they_come() -> None:
    """Only a first line that is known to be a proof is one; what PuLP calls optimal after a limit is not."""
    words = {
        "Optimal - objective value 12.00000000": "optimal",
        "Infeasible - objective value 3.00000000": "infeasible",
        "Integer infeasible - objective value 0.00000000": "infeasible",
        "Stopped on time - objective value 12.00000000": "stopped",
        "Stopped on user event - objective value 12.00000000": "stopped",
        "Stopped on time (no integer solution - continuous used) - objective value 1.5": "nothing",
        "Unbounded - objective value 0.0": "nothing",
        "Status unknown - objective value 0.0": "nothing",
        "": "nothing",
    }
    assert {line: pulp_cbc.first_word(line) for line in words} == words


def test_bounds_are_rounded_to_the_safe_side() -> None:
    """A double claims no more than it can carry: digits that print or tolerance may have added are taken off."""
    assert [doubles.round_up_safely(value) for value in (2.0, 2.0005, 2.5, -1e50, math.inf)] == [
        2,
        2,
        3,
        doubles.round_up_safely(-1e50),
        -(2**62),
    ]
    assert doubles.round_up_safely(5e8 + 0.4) <= 5 * 10**8


@settings(max_examples=300, deadline=None)
@given(st.floats(-1e12, 1e12), st.sampled_from([".6g", ".3f"]))
def test_digits_that_an_engine_does_not_print(value: float, shown: str) -> None:
    """CBC prints six digits of a relaxation's value: rounded up, it would be a bound above the optimum."""
    said = pulp_cbc.printed_above(format(value, shown))
    assert said <= value + 1e-12 * abs(value) + 5e-4
    assert said >= value - 1.1e-5 * abs(value) - 1
    assert doubles.round_up_safely(pulp_cbc.printed_above("3.83804e+06")) <= 3_838_037
    assert [cpsat.about(value) for value in (7.0, 6.9999999, 7.4, math.nan, math.inf)] == [7, 7, 6, -(2**62), -(2**62)]
    assert cpsat.about(float(2**52 + 1)) < 2**52


def test_an_unreachable_solver_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`pulp:NAME` for a solver that is not installed fails with a note that says which there are."""
    monkeypatch.setenv("PATH", str(tmp_path))
    solution = pulp_cbc.solver("GUROBI_CMD")(random_problems.one_slot([1], [1], 1), None, Limits(time_limit=5), Ear())
    assert solution.stop is Stop.FAILED
    assert "PULP_CBC_CMD" in solution.note


def test_too_large_for_pulp_is_refused_by_name() -> None:
    """A model past PuLP's size is not attempted, and no rule of it is skipped."""
    solution = pulp_cbc.solve(random_problems.bins(6, items=400, slots=200), None, Limits(time_limit=5), Ear())
    assert (solution.status, solution.stop) == (Status.UNKNOWN, Stop.FAILED)
    assert "nonzeros" in solution.note


def test_folders_with_spaces_and_leftovers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A temporary folder with a space does not stop CBC; in one without, nothing stays behind."""
    for name in ("with a space", "plain"):
        room = tmp_path / name
        room.mkdir()
        monkeypatch.setattr("tempfile.tempdir", str(room))
        monkeypatch.setenv("TMPDIR", str(room))
        problem, ear = random_problems.one_slot([1, 2], [5, 3], 2), Ear()
        judged(problem, pulp_cbc.solve(problem, None, Limits(time_limit=10), ear), ear, 3)
        assert not list(room.iterdir())


def test_other_solvers_are_heard_with_care(monkeypatch: pytest.MonkeyPatch) -> None:
    """What any PuLP solver says is checked: its answers, its errors, its infeasible, and that it can hang."""
    import pulp

    problem = random_problems.one_slot([1, 2], [5, 3], 2)
    blocked = random_problems.one_slot([1, 2], [5, 3], 2)
    blocked = dataclasses.replace(blocked, optional=np.zeros(2, bool))

    class Fake(pulp.LpSolver):  # type: ignore[misc]
        name = "FAKE"
        does = "solve"

        def __init__(self, msg: bool = True, timeLimit: float | None = None) -> None:
            super().__init__(msg=msg, timeLimit=timeLimit)

        def available(self) -> bool:
            return True

        def actualSolve(self, lp: Any, **kwargs: Any) -> int:
            if self.does == "raise":
                raise RuntimeError("no licence")
            if self.does == "hang":
                subprocess.run(["sleep", "60"], check=False)
                return 0
            status: int = pulp.PULP_CBC_CMD(msg=False).actualSolve(lp)
            return status

    monkeypatch.setattr(pulp, "listSolvers", lambda onlyAvailable=False: ["FAKE"])
    monkeypatch.setattr(pulp, "getSolver", lambda name, **kwargs: Fake())
    call = pulp_cbc.solver("FAKE")
    solution = call(problem, None, Limits(time_limit=10), Ear())
    assert solution.schedule is not None
    assert objective(problem, solution.schedule) == 3
    assert solution.bound is not None
    assert solution.bound <= 3
    solution = call(blocked, None, Limits(time_limit=10), Ear())
    assert (solution.status, solution.schedule) == (Status.UNKNOWN, None)
    assert "not confirmed" in solution.note
    monkeypatch.setattr(Fake, "does", "raise")
    assert "no licence" in call(problem, None, Limits(time_limit=10), Ear()).note
    monkeypatch.setattr(Fake, "does", "hang")
    begun = time.monotonic()
    assert call(problem, None, Limits(time_limit=60), Ear(0.3)).status is Status.UNKNOWN
    assert time.monotonic() - begun < 15


@pytest.mark.skipif(sys.platform != "linux", reason="asks Linux who is whose child")
def test_cbc_dies_with_its_parent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed without a word, the process that called CBC leaves neither CBC nor files behind."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    script = (
        f"import sys; sys.path[:0] = [{str(ROOT)!r}]\n"
        "from tests.contract import test_exact as t\n"
        "problem = t.random_problems.bins(7)\n"
        "t.pulp_cbc.solve(problem, t.random_problems.any_schedule(problem), t.Limits(time_limit=60), t.Ear())\n"
    )
    with subprocess.Popen([sys.executable, "-c", script]) as parent:
        cbc = wait_for(lambda: cbc_of(parent.pid))
        assert list(tmp_path.iterdir())
        parent.kill()
    wait_for(lambda: ended(cbc))
    wait_for(lambda: not list(tmp_path.iterdir()))


def cbc_of(parent: int) -> Path | None:
    """The entry in /proc of the CBC that a process has started and that is at work on a model."""
    for child in Path(f"/proc/{parent}/task/{parent}/children").read_text().split():
        with contextlib.suppress(OSError):
            if b"-solution" in Path(f"/proc/{child}/cmdline").read_bytes():
                return Path(f"/proc/{child}")
    return None


def ended(process: Path) -> bool:
    """Whether a process in /proc is gone, or a zombie that nobody has collected yet."""
    try:
        return "State:\tZ" in (process / "status").read_text()
    except OSError:
        return True


def wait_for(true: Any, seconds: float = 20.0) -> Any:
    """What a condition becomes when it becomes true."""
    until = time.monotonic() + seconds
    while not (found := true()):
        assert time.monotonic() < until, "waited in vain"
        time.sleep(0.02)
    return found


def test_rows_left_out_follow_from_those_kept() -> None:
    """Whatever keeps rule `once` and the kept capacity rows keeps the capacity of every slot, and the reverse."""
    dropped = violated = 0
    for seed in range(80):
        problem = random_problems.problem(seed, groups=5, slots=9)
        linear, rng = build_model(problem), np.random.default_rng(seed)
        names = linear.row_names()
        rows = [at for at, name in enumerate(names) if name.startswith("capacity")]
        dropped += int((problem.capacity < UNLIMITED).sum()) - len(rows)
        for _ in range(60):
            some = rng.random(len(linear.most)) < 3 / (1 + len(linear.most))
            values = rng.integers(0, linear.most + 1) * some
            schedule = decode(linear, values)
            if np.any(np.bincount(problem.group[schedule.option], schedule.count, problem.groups) > problem.copies):
                continue
            kept = bool(np.all((linear.matrix @ values)[rows] <= linear.upper[rows]))
            assert kept == ("capacity" not in violated_rules(problem, schedule)), seed
            violated += not kept
    assert dropped > 100
    assert violated > 100


@pytest.mark.parametrize(("room", "kept"), [([5, 3], [1]), ([3, 5], [0]), ([3, 3], [0]), ([5, 4], []), ([5, 5], [])])
def test_of_rows_that_hold_the_same_the_tightest_stays(room: list[int], kept: list[int]) -> None:
    """Two tasks that hold 2 units each through both slots: only the smaller capacity matters, once."""
    problem = random_problems.one_slot([2, 2], [9, 9], 5)
    two = random_problems.ints([2, 2])
    problem = dataclasses.replace(
        problem, capacity=random_problems.ints([room]), price=np.zeros((1, 2), np.int64), duration=two
    )
    assert [name for name in build_model(problem).row_names() if "capacity" in name] == [
        f"capacity_0_{at}" for at in kept
    ]
    judged(problem, cpsat.solve(problem, None, Limits(time_limit=5), ear := Ear()), ear, 9 if min(room) < 4 else 0)


@ALL
def test_a_lying_engine_is_not_believed(method: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A solution that breaks a rule is refused with its name, whatever the engine says of it."""
    problem = random_problems.bins(8, items=12, slots=14)
    monkeypatch.setattr(cpsat if method is cpsat else doubles, "decode", lambda linear, values: Schedule.of([0], [0]))
    ear = Ear()
    solution = method.solve(problem, None, Limits(time_limit=3), ear)
    assert (solution.status, solution.schedule, ear.costs) == (Status.UNKNOWN, None, [])
    assert "it breaks once" in solution.note


@ALL
def test_a_warm_start_that_breaks_a_rule_is_not_used(method: Any) -> None:
    """It is neither reported nor returned; the search starts from nothing and is as right."""
    problem = random_problems.one_slot([2, 2], [5, 3], 2)
    bad, ear = Schedule.of([0, 1], [0, 0]), Ear()
    judged(problem, method.solve(problem, bad, Limits(time_limit=10), ear), ear, 3)
