"""The integer program of small problems in this process: proofs, and that none is small without limit."""

from __future__ import annotations

import pytest

from leptonopt.compile.compiler import compile_instance
from leptonopt.instance import validate
from leptonopt.io.load import parse
from leptonopt.problem.protocol import Limits, NullMonitor, Status
from leptonopt.problem.schedule import objective
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


FINE = """
leptonopt: 1
time: {start: 2026-06-01T00:00Z, slot: 1h, horizon: 1h}
pools:
  - {id: calls, capacity: {gb_s: 1500000}, price: {gb_s: 0.000015}}
  - {id: r5, capacity: {node: 4}, price: {node: 1.00}}
savings:
  - id: plan
    committed: COMMITTED
    rates: [{pool: calls, resource: gb_s, price: 0.00001275}, {pool: r5, resource: node, price: 0.70}]
tasks:
  - {id: a, options: [{pool: r5, uses: {node: 4}, duration: 1h}]}
  - {id: b, options: [{pool: calls, uses: {gb_s: 1499999}, duration: 1h}]}
"""


@pytest.mark.parametrize("committed", ["30", "23.0000001", "0.7"])
def test_coarse_units_of_a_savings_plan_do_not_raise_the_bound(committed: str) -> None:
    """Money in millionths of a millionth is counted in coarser units, rounded down: the bound is hardly lower."""
    made = compile_instance(validate(parse(FINE.replace("COMMITTED", committed), "yaml", "fine")[0]))
    found = small_program.solve(made.problem, None, LIMITS, NullMonitor())
    assert found.schedule is not None
    assert found.bound is not None
    cost = objective(made.problem, found.schedule)
    assert 0.9999 * cost <= found.bound <= cost


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
