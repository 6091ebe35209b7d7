"""Plans of assigned runs."""

from __future__ import annotations

from fractions import Fraction
from math import ceil
from types import SimpleNamespace

from leptonopt.compile.node_form import TOLD_APART
from leptonopt.problem.feasibility import violated_rules
from leptonopt.problem.schedule import Schedule, objective
from leptonopt.session.node_assignment import NodeAssigner
from leptonopt.session.placed_plan import money_of, placed_plan, transferred, units_of
from leptonopt.session.source import TreeSource, open_source

STATED = {
    "time": {"start": "2026-01-05T00:00Z", "slot": "1h", "horizon": "3h"},
    "pools": [{"id": "p", "nodes": {"id": "box", "size": {"gpu": 8}, "count": 200, "price": 2, "startup": 1}}],
    "tasks": [
        {
            "id": "a",
            "copies": 4,
            "placement": "one-node",
            "options": [{"pool": "p", "uses": {"gpu": 3}, "duration": "2h"}],
        }
    ],
}


def counted() -> TreeSource:
    """The instance with counted nodes."""
    source = open_source(STATED)()
    assert isinstance(source, TreeSource)
    return source


def test_the_plan_costs_what_its_nodes_cost() -> None:
    """Four copies on two nodes, for two hours and a start each; the other nodes are one entry."""
    source = counted()
    assigned = NodeAssigner(source.compiled).assign(Schedule.of([0], [0], [4]))
    plan = placed_plan(source, assigned)
    assert plan is not None
    assert plan.cost == 2 * (2 * 2 + 1)
    assert [(kind.node, kind.last) for kind in plan.source.compiled.kinds] == [(1, 1), (2, 2), (3, 200)]


def test_a_plan_is_a_schedule_of_other_forms() -> None:
    """With all nodes told apart it keeps every rule at the same cost."""
    source = counted()
    plan = placed_plan(source, NodeAssigner(source.compiled).assign(Schedule.of([0], [1], [4])))
    assert plan is not None
    whole = source.in_form(TOLD_APART)
    schedule = transferred(plan, whole)
    assert violated_rules(whole.problem, schedule) == set()
    assert objective(whole.problem, schedule) * whole.unit == plan.cost


def test_money_in_units_is_no_more_than_plans_reach() -> None:
    """Exact money rounds up to whole units; where money is coarse, what units may fall short by is taken off first."""
    source, money = counted(), Fraction(7, 2)
    assert units_of(source, money) == ceil(money / (source.unit * source.ties)) * source.ties
    coarse = SimpleNamespace(unit=Fraction(1, 2), ties=3, loss=Fraction(2))
    assert units_of(coarse, money) == 3  # type: ignore[arg-type]  # of 3/2 money, as ties take a third each
    assert money_of(coarse, 3) <= money  # type: ignore[arg-type]
