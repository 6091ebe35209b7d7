"""Quotas in whole units, by window."""

from __future__ import annotations

from typing import Any

import pytest

from leptonopt.compile import quotas
from leptonopt.errors import InstanceError
from tests.helpers.tiny_instances import compiled, pool, task

TWO_DAYS = {"start": "2026-01-05T22:00Z", "slot": "1h", "horizon": "4h"}


def quota(of: str = "gpu", limit: float = 9, **more: Any) -> dict[str, Any]:
    """Return a quota."""
    return {"id": "q", "of": of, "limit": limit, **more}


@pytest.mark.parametrize(
    ("per", "windows"),
    [("horizon", [(0, 3)]), ("day", [(0, 1), (2, 3)]), ("moment", []), ("slot", [(0, 0), (1, 1), (2, 2), (3, 3)])],
)
def test_windows(per: str, windows: list[tuple[int, int]]) -> None:
    """The horizon, each day, or none for a limit at any moment."""
    made = compiled(time=TWO_DAYS, quotas=[quota(per=per)])
    assert [(window.first, window.last) for window in made.windows] == windows
    assert len(made.problem.quotas) == len(windows)


def test_what_was_used_before_counts_in_the_first_window() -> None:
    """The others have the whole limit; a limit below zero is of money alone."""
    made = compiled(time=TWO_DAYS, quotas=[quota("money", limit=-2, used=3, per="day")])
    assert [limit.limit * unit for limit, unit in zip(made.problem.quotas, made.quota_units, strict=True)] == [-5, -2]


def test_days_that_begin_within_a_slot_are_refused() -> None:
    """With the place of the quota."""
    with pytest.raises(InstanceError, match=r"quotas\[0\].per: a quota per day, but"):
        compiled(time={**TWO_DAYS, "start": "2026-01-05T22:30Z"}, quotas=[quota(per="day")])


@pytest.mark.parametrize(
    ("of", "uses"),
    [("gpu", [4, 4, 4]), ("money", [4, 6, 8]), ("energy", [2, 2, 2]), ("carbon", [1, 1, 1]), ("tokens", [7, 7, 7])],
)
def test_the_use_by_start(of: str, uses: list[int]) -> None:
    """2 GPUs for 2 hours from each start: unit-hours, money, kWh, kg, and what is consumed."""
    stated = task(duration="2h")
    stated["options"][0]["consumes"] = {"tokens": 7}
    tariff = pool(price={"gpu": {"daily": {"00:00": 1, "02:00": 2}}}, power={"gpu": 0.5}, carbon=500)
    made = compiled(stated, pools=[tariff], quotas=[quota(of)])
    (limit,), (unit,) = made.problem.quotas, made.quota_units
    assert [int(use) * unit for use in limit.uses(made.problem, 0, 0, 2)] == uses
    assert limit.limit * unit == 9


def test_only_some_tasks_and_pools_count() -> None:
    """A counter of its own for the tasks that count."""
    tasks = [task("x"), task("y", "b"), task("z")]
    made = compiled(*tasks, pools=[pool(), pool("b")], quotas=[quota(tasks=["x", "y"], pools=["a"])])
    (limit,) = made.problem.quotas
    by_task = {made.instance.tasks[members[0][0]].id: group for group, members in enumerate(made.members)}
    uses = {
        name: int(limit.uses(made.problem, int(made.problem.option_ptr[at]), 0, 0)[0]) for name, at in by_task.items()
    }
    assert uses == {"x": 2, "y": 0, "z": 0}


def test_nodes_count_for_quotas_of_all_tasks() -> None:
    """Money that nodes cost, a part of a commitment for a day."""
    kind = {"size": {"gpu": 8}, "count": 1, "price": 4, "commit": {"total": 6}}
    made = compiled(
        task(pool="n"), pools=[{"id": "n", "nodes": kind}], time=TWO_DAYS, quotas=[quota("money", per="day")]
    )
    first, unit = made.problem.quotas[0], made.quota_units[0]
    assert first.nodes is not None
    assert [int(each) * unit for each in first.nodes.on_demand[0]] == [4, 4, 0, 0]
    assert int(first.nodes.commit[0]) * unit == 3


def test_amounts_too_fine_to_be_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """The finding names the quota and the step."""
    monkeypatch.setattr(quotas, "MAX_USE", 100)
    stated = task()
    stated["options"][0]["consumes"] = {"tokens": 1000.5}
    with pytest.raises(InstanceError, match=r"quota .q.: amounts of up to 1000.5, in steps of 0.5"):
        compiled(
            stated,
            task("u", options=[{"pool": "a", "duration": "1h", "consumes": {"tokens": 1}}]),
            quotas=[quota("tokens")],
        )
    monkeypatch.setattr(quotas, "MAX_USE", 2**50)
    monkeypatch.setattr(quotas, "MAX_SUM", 100)
    with pytest.raises(InstanceError, match="steps can be counted"):
        compiled(stated, quotas=[quota("tokens", limit=1)])
