"""The integer program of small problems in this process: proofs, and that none is small without limit."""

from __future__ import annotations

from leptonopt.compile.compiler import compile_instance
from leptonopt.instance import validate
from leptonopt.problem.protocol import Limits, NullMonitor, Status
from leptonopt.solvers import small_program
from tests.helpers.cut_problems import cut_problem, hourly
from tests.helpers.metered import moved
from tests.helpers.tiny_instances import compiled, task

LIMITS = Limits(time_limit=20.0, gap=0.0, threads=1, seed=0, deterministic=False)


def test_meters_are_proven() -> None:
    """Three tasks move 4 each: 12 for the first 6, and 1.5 for the others."""
    made = compile_instance(validate(moved(4, 4, 4, tiers=[{"price": 2}, {"from": 6, "price": 0.25}])))
    found = small_program.solve(made.problem, None, LIMITS, NullMonitor())
    assert found.status is Status.OPTIMAL
    assert found.bound is not None
    assert found.bound * made.unit == 13.5


def test_segments_are_proven() -> None:
    """Three of four cheap hours, which are not together."""
    problem = cut_problem({"segments": True}, 6, hourly(1, 1, 9, 9, 1, 1))
    assert small_program.solve(problem, None, LIMITS, NullMonitor()).status is Status.OPTIMAL


def test_none_where_nothing_fits() -> None:
    """Two tasks want all of the pool all the time."""
    problem = compiled(task("s", gpu=4, duration="3h"), task("t", gpu=4, duration="3h")).problem
    assert small_program.solve(problem, None, LIMITS, NullMonitor()).status is Status.INFEASIBLE


def test_large_problems_are_left_to_others() -> None:
    """A hundred different tasks over a week are none of its business."""
    assert small_program.is_small(compiled().problem)
    tasks = [task(f"t{at}", gpu=1, duration=f"{at}h") for at in range(1, 60)]
    time = {"start": "2026-01-05T00:00Z", "slot": "1h", "horizon": "7d"}
    assert not small_program.is_small(compiled(*tasks, time=time).problem)
