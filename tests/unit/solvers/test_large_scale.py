"""What is annealed is settled now and then, and the best of it is kept."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import leptonopt
from leptonopt.algorithms.large_scale import annealing
from leptonopt.algorithms.large_scale.annealing import TUNING, Annealer
from leptonopt.algorithms.large_scale.staged_construction import Assignment
from leptonopt.compile.compiler import compile_instance
from leptonopt.instance import validate
from leptonopt.problem.problem import Problem
from leptonopt.problem.protocol import Limits, NullMonitor
from leptonopt.solvers import large_scale as scale


def two() -> Problem:
    """Two tasks that must run; the second of the options of each is dearer."""
    tasks = [
        {"id": f"t{at}", "options": [{"pool": "p", "uses": {"gpu": 1}, "duration": "1h", "cost": cost} for cost in (1, 5)]}
        for at in range(2)
    ]  # fmt: skip
    time = {"start": "2026-01-05T00:00Z", "slot": "1h", "horizon": "4h"}
    return compile_instance(
        validate({"time": time, "pools": [{"id": "p", "capacity": {"gpu": 2}}], "tasks": tasks})
    ).problem


def placed(problem: Problem, *options: int) -> Assignment:
    """Each task in its cheap option (0), its dear one (1), or without a place (-1)."""
    made = Assignment.empty(problem, np.zeros(problem.capacity.shape))
    for at, option in enumerate(options):
        if option >= 0:
            made.option[at], made.start[at] = problem.option_ptr[made.group[at]] + option, 0
    return made


class Settling:
    """Stands for an annealer: settles to what it is given, one after another."""

    def __init__(self, *drafts: Assignment) -> None:
        self.group, self.left = drafts[0].group, list(drafts)

    def repaired(self) -> Assignment:
        return self.left.pop(0)


def test_the_best_is_kept() -> None:
    """What lacks the least, and of such what costs least; it alone is reported."""
    problem = two()
    lacks, dear, cheap = placed(problem, 0, -1), placed(problem, 1, 1), placed(problem, 0, 1)
    taken: list[Assignment] = []
    settling = Settling(lacks, dear, lacks, cheap, dear)
    drafts = scale.BestSnapshot(settling, taken.append, clocked=False)  # type: ignore[arg-type]
    found = [drafts.look() for _ in range(5)]
    assert [each is one for each, one in zip(found, [lacks, dear, dear, cheap, cheap], strict=True)] == [True] * 5
    assert [each is one for each, one in zip(taken, [lacks, dear, cheap], strict=True)] == [True] * 3


def test_when_it_is_looked_at() -> None:
    """Not before its last part, then evenly where no clock counts."""
    drafts = scale.BestSnapshot(Settling(placed(two(), 0, 0)), lambda _: None, clocked=False)  # type: ignore[arg-type]
    due = [share for share in np.linspace(0, 1, 2_001)[:-1].tolist() if drafts.due(share)]
    assert due[0] >= TUNING.final_phase
    assert abs(len(due) - scale.SETTINGS.looks) <= 1
    assert np.ptp(np.diff(due)) < 0.001


def test_annealing_goes_on_from_the_best(monkeypatch: pytest.MonkeyPatch) -> None:
    """What ejection and mending begin with is the best that annealing ever settled to, not the last."""
    monkeypatch.setattr(annealing, "TUNING", replace(annealing.TUNING, round_moves=400))
    seen: list[Assignment] = []
    begun: list[Assignment] = []
    settle, improve = Annealer.repaired, scale._Run._improve

    def spoilt(self: Annealer) -> Assignment:
        """The third is as good as it gets: all others lose a task."""
        made = settle(self)
        if len(seen) != 2:
            made.option[0] = made.start[0] = -1
        seen.append(made)
        return made

    def noted(self: scale._Run, found: Assignment, *rest: object) -> None:
        begun.append(found)
        improve(self, found, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(Annealer, "repaired", spoilt)
    monkeypatch.setattr(scale._Run, "_improve", noted)
    problem = compile_instance(leptonopt.generate("lumpy", tasks=20, seed=1)).problem
    run = scale._Run(
        problem, Limits(60, deterministic=True), NullMonitor(), scale.ClassPricer(problem), scale.JitWarmup(here=True)
    )
    run.solution("all")
    assert len(seen) > scale.SETTINGS.looks / 2
    assert not seen[2].missing_mandatory().any(), "the third has to place all tasks"
    assert len(begun) == 1
    assert begun[0] is seen[2]
