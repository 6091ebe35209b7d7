"""What a plan costs, by hand: runs, nodes, quotas, pools."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from leptonopt.compile.compiler import CompiledInstance
from leptonopt.compile.decode import TaskRun
from leptonopt.instance import Commit
from leptonopt.plan.costing import (
    Bill,
    PrefixSums,
    PriceTable,
    available_hours,
    committed_total,
    cost_shares,
    node_bills,
)
from leptonopt.problem.nodes import NodeSchedule
from tests.helpers.small_problems import ints
from tests.helpers.tiny_instances import compiled, instance, pool, task

TARIFF = {"gpu": {"daily": {"00:00": 1, "02:00": 3}}, "power": 2}
POWERED = pool(price=TARIFF, power={"gpu": 0.5}, carbon=100, sunk=5)


def run(made: CompiledInstance, at: int = 0, start: int = 0, copy: int = 1, copies: int = 1) -> TaskRun:
    """Return a run of a task's first option from a slot."""
    way = made.kept[at][0]
    slots = -(-way.duration // made.instance.time.slot)
    return TaskRun(at, copy, copies, way, start, start + slots)


def bill(
    made: CompiledInstance,
    *runs: TaskRun,
    on: list[list[int]] | None = None,
    committed: list[int] | None = None,
    left: Any = (),
) -> Bill:
    """Return the bill of some runs."""
    slots = made.instance.time.slots
    rent = NodeSchedule(ints(on or []).reshape(-1, slots), ints(committed or [0] * len(on or [])))
    return Bill(made, runs, left, rent)


def test_prefix_sums_are_exact() -> None:
    """Thirds add up to a whole."""
    sums = PrefixSums([Fraction(1, 3), Fraction(2, 3), Fraction(1, 2)])
    assert (sums.over(0, 2), sums.over(0, 3), sums.over(1, 1)) == (1, Fraction(3, 2), 0)


def test_the_cost_of_a_run() -> None:
    """2 GPUs over slots 1 and 2 at 1 and 3, 1 kW at 2 per kWh, a fixed cost, two hours late."""
    stated = task(duration="2h", due="2026-01-05T01:00Z", late_cost=4, late_penalty=10)
    stated["options"][0]["cost"] = 0.25
    made = compiled(stated, pools=[POWERED])
    costs = PriceTable(made.instance).of(run(made, start=1))
    assert costs.running == {"gpu": 2 * (1 + 3), "power": 2 * 2}
    assert (costs.fixed, costs.late_hours, costs.late) == (Fraction(1, 4), 2, 2 * 4 + 10)
    assert (costs.kwh, costs.carbon_kg, costs.total) == (2, Fraction(1, 5), 8 + 4 + Fraction(1, 4) + 18)


def test_a_run_on_time_pays_nothing_for_lateness() -> None:
    """At the due date itself it is on time."""
    made = compiled(task(due="2026-01-05T01:00Z", late_penalty=10))
    assert PriceTable(made.instance).of(run(made)).late == 0


def test_the_bill_of_a_plan() -> None:
    """Three copies of a run, one copy left out, what is sunk apart."""
    made = compiled(task(copies=4, optional=True, value=7), pools=[POWERED], objective={"cost": 1, "carbon_kg": 10})
    found = bill(made, run(made, copies=3), left=[(made.instance.tasks[0], 4, 1)])
    each = 2 * 1 + 1 * 2  # two GPUs, one kWh
    assert (found.total, found.forgone, found.late) == (3 * each, 7, 0)
    assert found.objective == 3 * each + 7 + 10 * Fraction(3, 10)
    mine = found.by_pool["a"]
    assert (mine.tasks, mine.spent, mine.hours["gpu"], mine.peak("gpu")) == (3, {"gpu": 6, "power": 6}, 6, 6)
    assert (mine.sunk, found.sum("kwh")) == (20, 3)
    assert cost_shares(found)["a", "gpu"] == Fraction(6, 16)


def test_nodes_on_demand_committed_and_reserved() -> None:
    """(1, 3, 2, 0) on: one committed, one reserved, the rest on demand; switching and idle power."""
    kind = {
        "size": {"gpu": 8},
        "count": 4,
        "price": 5,
        "startup": 2,
        "shutdown": 1,
        "power": 3,
        "commit": {"total": 6},
        "reserved": 1,
    }
    made = compiled(task(pool="n"), pools=[{"id": "n", "nodes": kind, "price": {"power": 1}, "carbon": 1000}])
    (line,) = bill(made, run(made), on=[[1, 3, 2, 0]], committed=[1]).nodes
    assert (line.on_demand_slots, line.starts) == (1, 3)
    assert (line.rent, line.startup, line.shutdown, line.commit) == (5, 6, 3, 6)
    assert (line.idle, line.kwh, line.carbon_kg) == (18, 18, 18)
    assert line.total == 5 + 6 + 3 + 6 + 18
    part = node_bills(made.instance, PriceTable(made.instance), made.kinds[0], [0, 0, 0, 0], 0)
    assert part.total == 0


def test_commitments_by_the_hour_and_in_total() -> None:
    """A price counts for every hour of the horizon."""
    made = instance()
    assert committed_total(made, Commit.model_validate(1.5)) == 6
    assert committed_total(made, Commit.model_validate({"total": 9})) == 9


@pytest.mark.parametrize(
    ("of", "used"), [("gpu", 4), ("money", 2 * (1 + 3) + 4), ("energy", 2), ("carbon", Fraction(1, 5)), ("tokens", 7)]
)
def test_quotas_of_each_kind(of: str, used: Fraction | int) -> None:
    """Unit-hours, money, kWh, kg, and what options consume once."""
    stated = task(duration="2h")
    stated["options"][0]["consumes"] = {"tokens": 7}
    made = compiled(stated, pools=[POWERED], quotas=[{"id": "q", "of": of, "limit": 99}])
    assert bill(made, run(made, start=1)).used(made.windows) == [used]


def test_quotas_of_a_day_count_their_own_slots() -> None:
    """A run over midnight counts on both days; what it consumes on the day it starts."""
    stated = task(duration="2h")
    stated["options"][0]["consumes"] = {"tokens": 7}
    time = {"start": "2026-01-05T22:00Z", "slot": "1h", "horizon": "4h"}
    for of, used in (("gpu", [2, 2]), ("tokens", [7, 0])):
        made = compiled(stated, time=time, quotas=[{"id": "q", "of": of, "limit": 99, "per": "day"}])
        plan = bill(made, run(made, start=1))
        assert plan.used(made.windows) == used


def test_the_peak_of_some_tasks() -> None:
    """Runs at once on the pools that count."""
    scopes: list[dict[str, Any]] = [{}, {"tasks": ["y"], "pools": ["a"]}, {"tasks": ["x"], "pools": ["b"]}]
    quotas = [{"id": str(at), "of": "gpu", "limit": 9, "per": "moment", **scope} for at, scope in enumerate(scopes)]
    made = compiled(task("x"), task("y", gpu=1), pools=[pool(), pool("b")], quotas=quotas)
    plan = bill(made, run(made, 0), run(made, 1))
    assert [plan.peak(quota) for quota in made.instance.quotas] == [3, 1, 0]


@pytest.mark.parametrize(
    ("stated", "hours"),
    [
        (pool(), 16),
        (pool(capacity={"gpu": "unlimited"}), None),
        (pool(maintenance=[{"from": "2026-01-05T00:30Z", "to": "2026-01-05T01:00Z"}]), 12),
        ({"id": "a", "nodes": {"size": {"gpu": 8}, "count": 2, "price": 1}}, 64),
    ],
)
def test_hours_on_offer(stated: dict[str, Any], hours: int | None) -> None:
    """Capacity less maintenance, nodes by their size; None without a limit, and for what a pool lacks."""
    made = compiled(pools=[stated])
    (found,) = made.instance.pools
    assert available_hours(made.instance, found, "gpu", made.kinds) == hours
    assert available_hours(made.instance, found, "tpu", made.kinds) is None


def test_long_sums_can_be_ended() -> None:
    """What is raised by the look ends them."""
    made = compiled(task(value=Decimal(1)))

    def stop() -> None:
        raise TimeoutError

    with pytest.raises(TimeoutError):
        _ = Bill(made, [run(made)], [], NodeSchedule(ints([]).reshape(0, 4), ints([])), stop).total
