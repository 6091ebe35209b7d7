"""Tasks with segments become chains of parts: lengths, shares, ids and limits of size."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

import leptonopt
from leptonopt.compile import segments
from leptonopt.compile.compiler import compile_instance
from leptonopt.compile.work_options import concrete_options
from leptonopt.errors import InstanceError
from leptonopt.instance import Instance, validate

HOUR = 3600


def instance(task: dict[str, Any], horizon: str = "8h", **more: Any) -> Instance:
    """Return an instance of one task on one pool."""
    made = {"id": "t", "options": [{"pool": "a", "uses": {"gpu": 1}, "duration": "150m"}], **task}
    return Instance.model_validate(
        {
            "time": {"start": "2026-01-05T00:00Z", "slot": "1h", "horizon": horizon},
            "pools": [{"id": "a", "capacity": {"gpu": 1}, "price": {"gpu": 1}}],
            "tasks": [made],
            **more,
        }
    )


def test_lengths_are_those_of_the_documentation() -> None:
    """The least length is `shortest` or all, beyond `restart` for later segments; the largest the rest of the task."""
    assert lengths({"shortest": "2h", "restart": "1h"}) == [[2, 3], [2, 3, 4]]
    assert lengths({"shortest": "9h", "restart": "3h"}) == [[3], [4, 5, 6]]


def lengths(cut: dict[str, Any]) -> list[list[int]]:
    """Return the lengths of the first and of the second segment, in the first way of each [slots]."""
    found = instance({"segments": cut})
    parts = segments.cut_instance(found, [concrete_options(found, task) for task in found.tasks])
    return [[int(way.duration / HOUR) for way in ways if way.duration] for ways in parts.ways[:2]]


def test_interruptions_lengthen_the_work_of_segments() -> None:
    """A checkpoint of 30 minutes after each hour of work, at no interruptions: work is done in 0.666666 of the time."""
    checkpoint = {"every": "1h", "cost": "30m"}
    pool = {"id": "a", "capacity": {"gpu": 1}, "interruptions": 0}
    found = instance({"segments": {"most": 2}, "checkpoint": checkpoint}, pools=[pool])
    (way,) = concrete_options(found, found.tasks[0])
    assert way.duration == 150 * 60 / Fraction(666_666, 10**6)
    assert compile_instance(found).problem.duration.max() == 4
    with pytest.raises(InstanceError, match="interrupts it too often"):
        compile_instance(instance({"segments": {"begun": {"option": "a"}}}, pools=[{**pool, "interruptions": 99}]))
    steps = {"steps": {"2026-01-05T00:00Z": 0, "2026-01-05T01:00Z": 1}}
    changing = instance({"segments": True}).document() | {"pools": [{**pool, "interruptions": steps}]}
    with pytest.raises(InstanceError, match="interruptions of pool 'a' change over time"):
        validate(changing)


def test_what_has_begun_restarts_or_goes_on() -> None:
    """Half of 150 minutes are left: a paused copy restarts first, one that runs goes on, or restarts after a slot."""
    paused = {"restart": "1h", "begun": {"option": "a", "left": "75m", "paused": True}}
    assert lengths(paused) == [[2, 3], [2, 3]]
    assert lengths({**paused, "begun": {"option": "a", "left": "75m"}}) == [[1, 2, 2, 3], [2, 3]]
    assert lengths({**paused, "begun": {"option": "a", "left": "75m", "shortest": "9h"}}) == [[2], [2, 3]]


def test_what_has_begun_names_an_option() -> None:
    """An option that the task does not have is refused where it stands."""
    with pytest.raises(InstanceError, match=r"tasks\[0\]\.segments\.begun\.option: .*'b'"):
        compile_instance(instance({"segments": {"begun": {"option": "b"}}}))


@pytest.mark.parametrize("method", ["cpsat", "highs", "segments"])
def test_going_on_costs_nothing_once_more(method: str) -> None:
    """A run that goes on pays neither `cost`, of its option or of segments; one that restarts pays both, and the restart."""
    cut = {"cost": 7, "restart": "1h", "begun": {"option": "a", "left": "1h"}}
    options = [{"pool": "a", "uses": {"gpu": 1}, "duration": "150m", "cost": 10}]
    price = {"steps": {f"2026-01-05T{hour:02}:00Z": each for hour, each in ((0, 3), (1, 0))}}
    for shown, gpu, cost in ((cut, 1, 1), ({**cut, "begun": {**cut["begun"], "paused": True}}, price, 17)):  # type: ignore[dict-item]
        pools = [{"id": "a", "capacity": {"gpu": 1}, "price": {"gpu": gpu}}]
        made = instance({"segments": shown, "options": options}, pools=pools)
        found = leptonopt.solve(made, method=method, time_limit=10, isolate=False)
        assert found.cost == cost


def test_shares_lose_the_restart() -> None:
    """A later segment does less of the task by its restart, which is that of the checkpoint by default."""
    found = instance({"segments": True, "checkpoint": {"restart": "30m"}})
    cut = segments.cut_instance(found, [concrete_options(found, task) for task in found.tasks])
    assert [way.work for way in cut.ways[0] if way.duration == 2 * HOUR] == [Fraction(4, 5)]
    assert [way.work for way in cut.ways[1] if way.duration == 2 * HOUR] == [Fraction(3, 5)]


def test_one_segment_is_a_whole_task() -> None:
    """With at most one segment nothing is cut, and the problem is that without segments."""
    whole, same = compile_instance(instance({})), compile_instance(instance({"segments": {"most": 1, "restart": "5m"}}))
    assert same.cut is None
    assert same.problem.options == whole.problem.options == 1


def test_ids_of_parts_are_new() -> None:
    """No part has the id of a task, whatever tasks are called."""
    names = ["t segment 1", "t segment .1"]
    more = [{"id": name, "options": [{"pool": "a", "duration": "1h"}]} for name in names]
    found = instance({"segments": True})
    found = found.model_copy(update={"tasks": (*found.tasks, *instance({}, tasks=more).tasks)})
    cut = segments.cut_instance(found, [concrete_options(found, task) for task in found.tasks])
    assert len({task.id for task in cut.instance.tasks}) == len(cut.instance.tasks) == 6


def test_what_waits_for_a_cut_task_waits_for_its_last_part() -> None:
    """The last part of every copy is waited for, and the first one waits."""
    tasks = [
        {"id": "first", "copies": 2, "segments": True, "options": [{"pool": "a", "duration": "2h"}]},
        {"id": "then", "segments": True, "after": ["first"], "options": [{"pool": "a", "duration": "2h"}]},
    ]
    found = instance({}, tasks=tasks)
    cut = segments.cut_instance(found, [concrete_options(found, task) for task in found.tasks])
    begins = cut.instance.tasks[8]
    assert [after.task for after in begins.after] == ["first copy 1 segment 4", "first copy 2 segment 4"]
    assert [after.task for after in cut.instance.tasks[9].after] == [begins.id]


def test_too_many_options_are_refused() -> None:
    """A task whose segments have too many options is refused in one line."""
    found = instance({"segments": {"most": 20}, "copies": 5000, "options": [{"pool": "a", "duration": "8h"}]})
    with pytest.raises(InstanceError, match=r"tasks\[0\]\.segments: .*more than 500,000"):
        compile_instance(found)


def test_shares_that_are_too_fine_are_refused() -> None:
    """Durations without a common measure are refused in one line."""
    primes = [99991, 99989, 99971, 99961]
    options = [{"id": f"{p}", "pool": "a", "duration": f"{p}s"} for p in primes]
    found = instance({"segments": {"move": True, "resize": True}, "options": options}, horizon="40h")
    with pytest.raises(InstanceError, match="state rounder durations"):
        compile_instance(found)


def test_more_segments_never_cost_more() -> None:
    """The least cost of a whole task is that with one segment, and falls with the number of segments."""
    prices = {f"2026-01-05T{hour:02}:00Z": price for hour, price in enumerate((1, 6, 2, 7, 1, 8, 2, 9))}
    pools = [{"id": "a", "capacity": {"gpu": 1}, "price": {"gpu": {"steps": prices}}}]
    costs = []
    for most in (None, 1, 2, 3, 4):
        cut = {} if most is None else {"segments": {"most": most}}
        found = leptonopt.solve(instance(cut, pools=pools), method="cpsat", time_limit=20, isolate=False)
        assert str(found.status) == "optimal"
        costs.append(found.cost)
    assert costs == [9, 9, 8, 4, 4]


FETCHED: dict[str, Any] = {
    "pools": [
        {
            "id": "a",
            "labels": ["region:east"],
            "capacity": {"gpu": 1},
            "price": {"gpu": 1},
            "maintenance": [{"from": "2026-01-05T02:00Z", "to": "2026-01-05T03:00Z"}],
        }
    ],
    "datasets": [{"id": "corpus", "gib": 10, "at": ["west"]}],
    "links": [{"from": "*", "to": "*", "price": 0.1, "setup": "30m"}],
}


@pytest.mark.parametrize("method", ["auto", "cpsat", "highs", "segments"])
def test_the_first_segment_fetches_inputs(method: str) -> None:
    """Of 3 hours around maintenance the first segment loses half of one, and pays 1; what has begun has its inputs."""
    cut = {"inputs": ["corpus"], "segments": {"most": 2}, "deadline": "2026-01-05T04:00Z"}
    found = leptonopt.solve(instance(cut, **FETCHED), method=method, time_limit=10, isolate=False)
    assert found.cost == 4
    lines = found.document["tasks"]
    assert [(line["work"], line["parts"]["fixed"], "data" in line) for line in lines] == [
        (0.6, 1, True),
        (0.4, 0, False),
    ]
    begun = {**cut, "segments": {"begun": {"option": "a", "left": "75m"}}}
    assert leptonopt.solve(instance(begun, **FETCHED), method=method, time_limit=10, isolate=False).cost == 2


def test_segments_that_move_fetch_nothing() -> None:
    """Where data were fetched would depend on the way; `results` wait for the last segment."""
    for wrong in ({"inputs": ["corpus"], "segments": {"move": True}}, {"results": {"gib": 1, "to": "west"}}):
        task = {"id": "t", "segments": True, "options": [{"pool": "a", "duration": "2h"}], **wrong}
        with pytest.raises(InstanceError, match="segments with results, and those that move with inputs"):
            validate({"time": {"start": "2026-01-05T00:00Z"}, "tasks": [task], **FETCHED})
