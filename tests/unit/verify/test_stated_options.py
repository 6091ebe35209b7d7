"""The checker's reading of options: names, devices and memory."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from leptonopt.verify.stated_options import StatedOption, named_options, pools_of

POOLS: dict[str, Any] = {"a": {"id": "a", "device_memory": 10}, "b": {"id": "b"}}
PROFILES = {"p": {"speed": {"a": 1, "b": {"2": 3}}, "devices": {"1": 1, "4": 3}, "memory": 30}}


def made(task: dict[str, Any]) -> dict[str, StatedOption | None]:
    """Return the options of a task by name."""
    return {name: make() for name, make in named_options(task, PROFILES, POOLS).items()}


def test_names_of_written_options() -> None:
    """An option without an id is called after its pool; a second of that name gets a number."""
    one = {"uses": {"gpu": 1}, "duration": "1h"}
    task = {"options": [{"pool": "a", **one}, {"pools": ["a", "b"], **one}, {"pool": "b", "id": "x", **one}]}
    found = made(task)
    assert list(found) == ["a", "a#2", "b", "x"]
    assert {name: option.pool for name, option in found.items() if option} == {"a": "a", "a#2": "a", "b": "b", "x": "b"}


def test_work_becomes_an_option_for_each_pool_and_count() -> None:
    """A pool's own table of speeds names its counts; memory that does not fit makes no option."""
    found = made({"work": {"profile": "p", "hours": 6}})
    assert list(found) == ["a x1", "a x4", "b x2"]
    assert found["a x1"] is None  # 30 do not fit into 10
    four, two = found["a x4"], found["b x2"]
    assert four is not None
    assert two is not None
    assert (four.uses, four.seconds) == ({"gpu": 4}, Fraction(7200))
    assert (two.uses, two.seconds) == ({"gpu": 2}, Fraction(7200))


def test_pools_of_a_task() -> None:
    """Pools are those of its options, or of the speeds of its work."""
    assert pools_of({"options": [{"pool": "a"}, {"pools": ["a", "b"]}]}, PROFILES) == {"a", "b"}
    assert pools_of({"work": {"profile": "p"}}, PROFILES) == {"a", "b"}
    assert pools_of({}, PROFILES) == set()
