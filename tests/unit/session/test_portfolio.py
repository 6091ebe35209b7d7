"""What `auto` runs follows from the shape of a problem; a stage is passed over where a proof is near."""

from __future__ import annotations

from typing import Any

import pytest

import leptonopt
from leptonopt.compile.compiler import compile_instance
from leptonopt.instance import validate
from leptonopt.problem.problem import Problem
from leptonopt.session import portfolio, session
from leptonopt.session.portfolio import LIMITS, RULES, InstanceFeatures, Stage, choose_stages
from leptonopt.solvers.registry import TABLE
from tests.helpers.small_problems import group, option
from tests.helpers.small_problems import problem as small
from tests.helpers.traces import ROOT, crowded


def problem(document: dict[str, Any]) -> Problem:
    return compile_instance(validate(document)).problem


def facilities() -> dict[str, Any]:
    """Customers at facilities that are opened; one slot."""
    return {
        "time": {"start": "2026-01-05T00:00Z", "slot": "1h", "horizon": "1h"},
        "pools": [{"id": f"f{at}", "nodes": {"count": 1, "size": {"units": 9}, "price": 50 + at}} for at in range(4)],
        "tasks": [
            {"id": f"t{at}", "options": [{"pool": f"f{f}", "uses": {"units": 2}, "duration": "1h", "cost": f + at} for f in range(4)]}
            for at in range(8)
        ],
    }  # fmt: skip


def methods(found: list[tuple[Stage, ...]]) -> list[list[str]]:
    return [[stage.method for stage in lane] for lane in found]


def test_shapes_and_their_lanes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Facilities and agents go to knapsacks, beside HiGHS or CP-SAT, training jobs at constant prices to intervals, dated ones and very large ones elsewhere."""
    monkeypatch.setattr(portfolio, "is_annealed", lambda problem, deterministic=False: False)
    assert methods(choose_stages(problem(facilities()), 2)) == [["assignment"], ["lagrangian", "highs"]]
    agents = facilities()
    agents["pools"] = [{"id": pool["id"], "capacity": {"units": 9}} for pool in agents["pools"]]
    assert methods(choose_stages(problem(agents), 2)) == [["assignment"], ["cpsat", "lns"]]
    assert methods(choose_stages(problem(agents), 1)) == [["assignment", "cpsat"]]
    still = leptonopt.generate("gavel", tasks=60, seed=0)
    assert methods(choose_stages(compile_instance(still).problem, 2)) == [["lagrangian", "lns"], ["cpsat-intervals"]]
    assert "cpsat-intervals" in methods(choose_stages(compile_instance(still).problem, 1))[0]
    dated = still.document()
    for task in dated["tasks"]:
        task |= {"due": task["deadline"], "late_cost": 1}
        del task["deadline"]
    assert methods(choose_stages(problem(dated), 2)) == [["lagrangian", "lns"], ["highs", "cpsat-intervals"]]
    assert methods(choose_stages(problem(dated), 1)) == [["lagrangian", "lns", "highs", "lns"]]
    many = leptonopt.generate("gavel", tasks=600, seed=0)
    assert "large-scale" in str(methods(choose_stages(compile_instance(many).problem, 2)))
    medium = compile_instance(leptonopt.generate("lumpy", tasks=400, seed=0)).problem
    assert methods(choose_stages(medium, 2)) == [["large-scale", "lns"], ["highs", "lns"]]
    assert methods(choose_stages(medium, 1, deterministic=True)) == [["large-scale", "lns"]]
    assert methods(choose_stages(problem(facilities()), 2, deterministic=True)) == [["assignment", "cpsat"]]


def test_annealing_follows_where_its_kernels_are_compiled(monkeypatch: pytest.MonkeyPatch) -> None:
    """A week with rented nodes is annealed after prices; without kernels that stage is left out."""
    week = compile_instance(leptonopt.generate("platform", tasks=30, seed=0)).problem
    monkeypatch.setattr(portfolio.jit, "compiled", lambda part: True)
    lane = methods(choose_stages(week, 1))[0]
    assert lane[:2] == ["lagrangian", "penalty-search"]
    monkeypatch.setattr(portfolio.jit, "compiled", lambda part: False)
    assert methods(choose_stages(week, 1))[0] == [method for method in lane if method != "penalty-search"]


def test_annealing_follows_where_most_tasks_cost_by_their_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without nodes and quotas; half of the tasks are not enough."""
    monkeypatch.setattr(portfolio.jit, "compiled", lambda part: True)
    task = group(option(2, {0: 1}))
    for late, annealed in ((1, False), (2, True)):
        made = small(*[group(option(2, {0: 1}), slope=3)] * late, task, capacity=[[1] * 9])
        assert portfolio.is_annealed(made) is annealed


def test_every_rule_applies_to_some_features_and_the_last_one_to_all() -> None:
    """Each rule is the first that applies somewhere, so that none is dead; names differ, and methods exist."""
    base = {"groups": 100, "columns": 50_000, "nonzeros": 2_000_000, "parts": 0, "scalable": True}
    base |= dict.fromkeys(("project", "assignment", "flat", "rented", "servers", "steady", "cut", "restrained"), False)
    where: tuple[dict[str, Any], ...] = (
        {"groups": LIMITS.large_groups},
        {"restrained": True},
        {"cut": True},
        {"project": True, "parts": 600},
        {"project": True, "parts": 6_000},
        {"assignment": True, "flat": True},
        {"assignment": True},
        {"flat": True, "nonzeros": 1000},
        {"rented": True, "columns": 100, "nonzeros": 1000},
        {"columns": 100, "nonzeros": 1000},
        {"servers": True},
        {"steady": True},
        {"steady": True, "columns": 10_000},
        {"rented": True, "parts": 600, "nonzeros": 500_000},
        {"rented": True, "parts": 600},
        {"groups": 870},
        {"groups": 870, "nonzeros": 5_000_000},
        {},
        {"nonzeros": 10**8},
        {"nonzeros": 10**8, "scalable": False},
    )
    first = [next(rule for rule in RULES if rule.applies(InstanceFeatures(**base | each))) for each in where]
    assert [rule.name for rule in first] == [rule.name for rule in RULES]
    assert len({rule.name for rule in RULES}) == len(RULES)
    for rule in RULES:
        for stage in (*rule.alone, *(stage for lane in rule.both for stage in lane)):
            assert stage.method in TABLE
            assert 0 < stage.share <= 1


def test_the_table_of_the_documentation_has_every_rule() -> None:
    """docs/explanation/portfolio.md names the rules in their order, with the methods on two threads and on one."""
    page = (ROOT / "docs" / "explanation" / "portfolio.md").read_text(encoding="utf-8")

    def shown(stages: tuple[Stage, ...]) -> str:
        return ", ".join(f"`{stage.method}`" for stage in stages)

    lines = [f"| {rule.name} | {'; '.join(map(shown, rule.both))} | {shown(rule.alone)} |" for rule in RULES]
    found = [line for line in page.splitlines() if any(line.startswith(f"| {rule.name} |") for rule in RULES)]
    assert [line.split(" | ")[0] + " | " + " | ".join(line.split(" | ")[-2:]) for line in found] == lines


def test_a_plan_is_looked_for_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where greedy has none and CP-SAT on intervals has a model, unless it begins a lane anyway."""
    bound, search, seeking = Stage("lagrangian"), Stage("lns"), Stage("cpsat-intervals")
    lumpy = compile_instance(leptonopt.generate("lumpy", tasks=60, seed=0)).problem
    begun = portfolio.with_first_plan_stage([(bound, search), (bound,)], lumpy)
    assert methods(begun) == [["cpsat-intervals", "lagrangian", "lns"], ["lagrangian"]]
    assert portfolio.with_first_plan_stage([(bound, search), (seeking,)], lumpy) == [(bound, search), (seeking,)]
    assert methods(portfolio.with_first_plan_stage([(search,)], problem(facilities()))) == [["cpsat-intervals", "lns"]]
    monkeypatch.setattr(portfolio, "unsupported_feature", lambda problem: "too large")
    assert portfolio.with_first_plan_stage([(search,)], lumpy) == [(search,)]


def test_lanes_with_workers_elsewhere() -> None:
    """They search instead of this machine, which does so when they are gone; in one lane where the clock decides nothing."""
    bound, search, exact = Stage("lagrangian"), Stage("lns"), Stage("cpsat")
    assert methods(portfolio.with_remote_workers([(bound, search), (exact,)])) == [
        ["lns-parallel", "lns"],
        ["lagrangian"],
        ["cpsat"],
    ]
    assert methods(portfolio.with_remote_workers([(exact,)])) == [["cpsat"]]
    assert methods(portfolio.with_remote_workers([(bound, search, exact)], deterministic=True)) == [
        ["lagrangian", "lns-parallel", "cpsat"]
    ]


@pytest.mark.parametrize("isolate", [True, False])
@pytest.mark.parametrize(("above", "runs"), [(0.0, True), (0.999, False)])
def test_a_stage_is_passed_over_where_the_gap_is_small(
    monkeypatch: pytest.MonkeyPatch, isolate: bool, above: float, runs: bool
) -> None:
    """`above` leaves it out once the gap is at most that, and only then."""
    monkeypatch.setattr(session, "is_tiny", lambda problem: False)
    monkeypatch.setattr(
        portfolio,
        "choose_stages",
        lambda problem, threads, steady: [(Stage("lagrangian"), Stage("highs", above=above))],
    )
    result = leptonopt.solve(crowded(), time_limit=30, isolate=isolate)
    assert ("highs" in result.document["made"]["engines"]) is runs
    assert (result.status == "optimal") is runs
