"""Tasks that belong together: a pool for all of them is chosen first, and moved on from when it does not do."""

from __future__ import annotations

import dataclasses
import random
from typing import Any

import numpy as np
import pytest

import leptonopt
from leptonopt.compile.compiler import compile_instance
from leptonopt.instance import validate
from leptonopt.problem.feasibility import violated_rules
from leptonopt.problem.problem import Problem
from leptonopt.problem.protocol import Limits, Monitor, Solution, Status, Stop
from leptonopt.problem.schedule import Schedule, objective
from leptonopt.session import portfolio
from leptonopt.solvers import registry as methods
from tests.helpers import bruteforce, random_problems
from tests.helpers.marks import first
from tests.helpers.recording_monitor import Ear

START = "2026-01-05T00:00Z"


def kin(seed: int) -> Problem:
    """A random problem on three pools with one or two sets that belong together; the two may overlap."""
    rng = random.Random(seed)
    plain = random_problems.problem(seed, groups=4, slots=5)
    pools = random_problems.ints([rng.randrange(3) for _ in range(plain.options)])
    sets = (
        [sorted(rng.sample(range(plain.groups), rng.randint(2, min(3, plain.groups)))) for _ in range(2)]
        if (plain.groups > 1)
        else []
    )
    together = tuple(random_problems.ints(members) for members in sets[: rng.randint(1, 2)])
    return dataclasses.replace(plain, pool=pools, together=together)


def run(method: str, problem: Problem, warm: Schedule | None = None, ear: Ear | None = None) -> Solution:
    return methods.load_method(method)(problem, warm, Limits(time_limit=1, deterministic=True), ear or Ear())


@pytest.mark.parametrize("part", first(1, range(6), ci=2))
def test_answers_against_brute_force(part: int) -> None:
    """Schedules keep every rule and cost what they say, no bound exceeds the optimum, a proof is one."""
    there, missed = 0, 0
    for seed in range(part * 25, part * 25 + 25):
        problem = kin(seed)
        best = bruteforce.optimum(problem)
        for method in ("greedy", "lagrangian", "lns", "cpsat"):
            ear = Ear()
            answer = run(method, problem, ear=ear)
            assert (answer.status is Status.INFEASIBLE) <= (best is None)
            if best is None:
                assert answer.schedule is None
                continue
            assert max(ear.bounds, default=best[0]) <= best[0]
            assert answer.bound is None or answer.bound <= best[0]
            if answer.schedule is not None:
                assert not violated_rules(problem, answer.schedule)
                assert objective(problem, answer.schedule) >= best[0]
            if answer.status is Status.OPTIMAL or method == "cpsat":
                assert answer.schedule is not None
                assert objective(problem, answer.schedule) == best[0]
            if method == "greedy":
                there += 1
                missed += answer.schedule is None
    assert missed <= 0.06 * there


@pytest.mark.parametrize("seed", range(30))
def test_families_share_a_pool_in_every_schedule(seed: int) -> None:
    """Disjoint, and in the best schedule no family is on two pools."""
    problem = kin(seed)
    best = bruteforce.optimum(problem)
    if best is not None:
        where = problem.family[problem.group[best[1].option]]
        for family in set(where.tolist()) - {-1}:
            assert len(set(problem.pool[best[1].option][where == family].tolist())) == 1


def test_sets_are_joined_by_what_must_run() -> None:
    """Two sets with a task in common are one family where it must run; where it is optional they are two."""
    tasks = [task(at, [], {"a": 1}) for at in range(3)]
    sets = [["task-0", "task-1"], ["task-1", "task-2"]]
    assert compiled(tasks, sets, "9h").family.tolist() == [0, 0, 0]
    tasks[1] |= {"optional": True, "value": 1}
    assert compiled(tasks, sets, "9h").family.tolist() == [0, 0, 1]


def task(at: int, after: list[int], hours: dict[str, int]) -> dict[str, Any]:
    """A task with a slow option and one twice as fast at three times the price on each of some pools."""
    options = [
        {"id": f"{pool} {kind}", "pool": pool, "uses": {kind: 1}, "duration": f"{max(1, long // fast)}h"}
        for pool, long in hours.items()
        for kind, fast in (("slow", 1), ("fast", 2))
    ]
    return {"id": f"task-{at}", "after": [f"task-{u}" for u in after], "options": options}


def document(tasks: list[dict[str, Any]], together: list[list[str]], horizon: str, **capacity: int) -> dict[str, Any]:
    pools = [
        {
            "id": pool,
            "capacity": {"slow": capacity.get(pool, "unlimited"), "fast": capacity.get(pool, "unlimited")},
            "price": {"slow": price, "fast": 3 * price},
        }
        for pool, price in (("a", 2), ("b", 1), ("c", 3))
    ]
    time = {"start": START, "slot": "1h", "horizon": horizon}
    return {"leptonopt": 1, "time": time, "pools": pools, "tasks": tasks, "together": together}


def compiled(tasks: list[dict[str, Any]], together: list[list[str]], horizon: str, **capacity: int) -> Problem:
    return compile_instance(validate(document(tasks, together, horizon, **capacity))).problem


def graph(count: int, most: int) -> tuple[list[dict[str, Any]], list[list[str]]]:
    """Each task after up to `most` of the four before it, all together; b is cheapest and has no option for one."""
    rng, tasks = random.Random(count), []
    for at in range(count):
        before = range(max(0, at - (4 if most > 1 else 1)), at)
        pools = ("a", "c") if at == count // 2 else ("a", "b", "c")
        hours = {pool: 2 * rng.randint(1, 4) for pool in pools}
        tasks.append(task(at, rng.sample(before, min(len(before), rng.randint(1, most))), hours))
    return tasks, [[each["id"] for each in tasks]]


@pytest.mark.parametrize(("count", "most"), [(10, 1), (50, 1), (20, 3), (60, 3)])
def test_chains_and_graphs_find_their_pool(count: int, most: int) -> None:
    """All on one pool, each at its cheapest option: greedy finds that at once, and the joint bound proves it."""
    answer = run("greedy", compiled(*graph(count, most), f"{count * 8}h"))
    assert answer.status is Status.OPTIMAL


@pytest.mark.parametrize(("count", "most"), [(10, 1), (50, 1), (20, 3), (60, 3)])
def test_little_time_between_cheap_and_fast(count: int, most: int) -> None:
    """Where the cheapest options would end too late, some are fast, and by far not all."""
    made = graph(count, most)
    loose = compiled(*made, f"{count * 8}h")
    cheap = run("greedy", loose).schedule
    assert cheap is not None
    end = int((cheap.start + loose.duration[cheap.option]).max())
    tight = compiled(*made, f"{end * 3 // 4}h")
    found = run("greedy", tight)
    assert found.schedule is not None
    least = objective(loose, cheap)
    assert objective(tight, found.schedule) <= 1.3 * least  # all at their fastest cost 1.5 times as much


def test_a_full_pool_is_moved_on_from() -> None:
    """Four tasks at once fit only the dearest pool; the two others cannot hold them."""
    tasks = [task(at, [], {"a": 4, "b": 4, "c": 4}) for at in range(4)]
    problem = compiled(tasks, [[each["id"] for each in tasks]], "4h", a=1, b=1)
    answer = run("greedy", problem)
    assert answer.schedule is not None
    assert set(problem.pool[answer.schedule.option].tolist()) == {2}


@pytest.mark.parametrize("method", ["greedy", "lns"])
def test_a_whole_set_moves_away_from_a_dear_start(method: str) -> None:
    """From a plan on the dearest pool, where no task can leave alone, the cheapest one is found."""
    tasks = [task(at, [at - 1] if at else [], {"a": 4, "b": 2, "c": 2}) for at in range(4)]
    problem = compiled(tasks, [[each["id"] for each in tasks]], "40h")
    slow = [int(np.flatnonzero((problem.group == g) & (problem.pool == 2))[0]) for g in range(4)]
    warm = Schedule.of(slow, [0, 2, 4, 6])
    assert not violated_rules(problem, warm)
    answer = run(method, problem, warm)
    assert answer.schedule is not None
    assert answer.status is Status.OPTIMAL
    assert objective(problem, answer.schedule) < objective(problem, warm)
    assert set(problem.pool[answer.schedule.option].tolist()) == {1}


@pytest.mark.parametrize("isolate", [True, False])
def test_auto_goes_on_while_there_is_no_plan(monkeypatch: pytest.MonkeyPatch, isolate: bool) -> None:
    """When the stages of a lane end without a plan, an exact method has the rest of the time."""

    def gives_up(problem: Problem, warm_start: Schedule | None, limits: Limits, monitor: Monitor) -> Solution:
        return Solution(Status.UNKNOWN, Stop.DONE)

    real = methods.load_method
    monkeypatch.setattr(methods, "load_method", lambda name: gives_up if name == "greedy" else real(name))
    monkeypatch.setattr(portfolio, "choose_stages", lambda *_: [(portfolio.Stage("lagrangian", 0.2),)])
    tasks = [task(at, [], {"a": 4, "b": 4}) for at in range(3)]
    stated = document(tasks, [["task-0", "task-1"]], "9h", a=1, b=1)
    result = leptonopt.solve(stated, time_limit=60, isolate=isolate)
    assert result.status == "optimal"
