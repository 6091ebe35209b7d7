"""HiGHS starts from the incumbent, removes columns by exact reduced costs, takes what others find, and stops on request."""

from __future__ import annotations

import time

import pytest

import leptonopt
from leptonopt.compile.compiler import compile_instance
from leptonopt.problem.protocol import Limits, Status, Stop
from leptonopt.problem.schedule import Schedule, objective
from leptonopt.solvers import greedy, highs
from tests.helpers import bruteforce
from tests.helpers.recording_monitor import Ear


def test_columns_removed_and_kernels_change_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the relaxation first and any start, status, cost and bound are those of brute force."""
    monkeypatch.setattr(
        highs, "SETTINGS", highs.HighsSettings(relax_columns=0, useful_share=0.0, kernel_columns=2, kernel_each=0)
    )
    tried = 0
    for seed, problem, best in bruteforce.solved(range(3000, 3024), 300_000):
        first = greedy.solve(problem, None, Limits(time_limit=5), Ear()).schedule
        for start in (first, best[1]):
            ear = Ear()
            said = highs.solve(problem, start, Limits(time_limit=30), ear)
            assert said.schedule is not None
            found = said.status, objective(problem, said.schedule), said.bound
            assert found == (Status.OPTIMAL, best[0], best[0]), seed
            assert max(ear.bounds) <= best[0]
        tried += 1
    assert tried > 8


def test_it_stops_when_asked_and_keeps_its_bound() -> None:
    """Bounds arrive while it runs; after the request it ends within seconds."""
    problem = compile_instance(leptonopt.generate("lumpy", tasks=60, seed=1)).problem
    start, ear = greedy.solve(problem, None, Limits(time_limit=5), Ear()).schedule, Ear(patience=6.0)
    begun = time.monotonic()
    said = highs.solve(problem, start, Limits(time_limit=60), ear)
    assert time.monotonic() - begun < 6 + 3 + 8, "8 for a loaded machine"
    assert said.stop in (Stop.INTERRUPT, Stop.PROOF)
    assert said.schedule is not None
    assert said.bound == max(ear.bounds)


def test_the_incumbent_of_another_method_is_taken() -> None:
    """What the monitor holds is better than the start: the answer is never worse."""
    problem = compile_instance(leptonopt.generate("lumpy", tasks=40, seed=1)).problem
    better = highs.solve(problem, None, Limits(time_limit=10), Ear()).schedule
    start = greedy.solve(problem, None, Limits(time_limit=5), Ear()).schedule
    assert better is not None
    assert start is not None

    class Holder(Ear):
        def best(self) -> Schedule | None:
            return better

    said = highs.solve(problem, start, Limits(time_limit=3), Holder())
    assert said.schedule is not None
    assert objective(problem, said.schedule) <= objective(problem, better)


def test_a_start_is_not_taken_for_optimal() -> None:
    """Presolve makes the costs of a start vanish: what costs more than the engine's own bound is not optimal."""
    tariff = {"steps": {"2026-03-27T00:00Z": 7, "2026-03-29T00:00Z": 20, "2026-03-29T12:00Z": 1.25}}
    kind = {"size": {"gpu": 2}, "count": 1, "price": tariff, "shutdown": 2}
    free = {"pool": "p", "duration": "36h"}
    optional = {"optional": True, "value": 0.5}
    tasks = [
        {"id": "t", **optional, "value": 0.1, "options": [
            {"pool": "p", "uses": {"gpu": 2}, "duration": "24h", "cost": 0.1, "not_before": "2026-03-28T12:00Z",
             "not_after": "2026-03-29T00:00Z", "id": "o"},
            {"pool": "p", "uses": {"gpu": 1}, "duration": "24h", "id": "p"},
        ], "deadline": "2026-03-31T00:00Z"},
        {"id": "u", **optional, "work": {"hours": 48, "speed": {"p": 0.7}, "devices": {"1": 1, "3": 1.9}}, "options": [
            free, {"pool": "p", "uses": {"gpu": 1}, "duration": "24h", "id": "o"}]},
    ]  # fmt: skip
    time = {"start": "2026-03-28T00:00Z", "slot": "24h", "horizon": "96h"}
    pools = [{"id": "p", "nodes": [{**kind, "id": "b"}, {"id": "a", "size": {"gpu": 2}, "count": 0, "price": 20}]}]
    problem = compile_instance(leptonopt.Instance(time=time, pools=pools, tasks=tasks)).problem
    start = greedy.baseline(problem, None, Limits(time_limit=5), Ear()).schedule
    said = highs.solve(problem, start, Limits(time_limit=30), Ear())
    assert (said.status, said.bound) == (Status.OPTIMAL, 1)
