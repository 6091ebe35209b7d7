"""Replicas on, usable, and what they cost, by hand."""

from __future__ import annotations

from typing import Any

import pytest

from tests.helpers.stated_services import broken, instance, money, plan, served

ALL = {"a": {"q": "1"}, "b": {"q": "1"}}
BOTH = {"a": {"p": "1/2", "q": "1/2"}, "b": {"p": "1/2", "q": "1/2"}}


@pytest.mark.parametrize(
    ("more", "p", "q", "cost"),
    [
        ({}, [0, 0, 0, 0], [1, 1, 1, 1], 16),
        ({"start": {"cost": 5}}, [0, 0, 0, 0], [1, 1, 1, 1], 16 + 5),
        ({"start": {"cost": 5}}, [0, 2, 1, 2], [1, 1, 1, 1], 16 + 5 + 5 + 3 * 5),  # 0, 2, 1, 2: three starts
        ({"start": {"cost": 5}}, [1, 0, 0, 1], [2, 1, 1, 2], 24 + 2 + (2 + 1 + 1 + 1) * 5),
    ],
)
def test_costs(more: dict[str, Any], p: list[int], q: list[int], cost: int) -> None:
    """Every slot on is paid, and every start."""
    found, findings = served(instance(**more), plan(p, q, ALL))
    assert money(found) == cost
    assert not {each.rule for each in findings.found} & {"replicas", "serve"}


def test_running_replicas_start_free_and_usable() -> None:
    """What is on before the horizon costs no start; what goes on beyond it does, and boots."""
    document = instance(start={"takes": "1h", "cost": 5})
    document["services"][0]["replicas"][1]["running"] = 1
    found, _ = served(document, plan([0, 0, 0, 0], [2, 1, 0, 1], ALL))
    (one,) = [each for each in found.replicas if each.runs]
    assert (one.usable, money(found)) == ([1, 1, 0, 0], 16 + 2 * 5)


def test_replicas_of_the_first_slot_are_started_before_it() -> None:
    """Where `running` is absent, they pay a start in it, are usable, and may go at any time; others boot and stay."""
    document = instance(start={"takes": "2h", "cost": 5})
    del document["services"][0]["replicas"][1]["running"]
    made = plan([0, 0, 0, 0], [3, 1, 2, 2], ALL)
    found, findings = served(document, made)
    (one,) = [each for each in found.replicas if each.runs]
    assert (one.usable, money(found)) == ([3, 1, 1, 1], 8 * 4 + 4 * 5)
    assert broken(document, made) == set()
    assert {run.fixed for run in one.runs if run.start == 0} == {5}
    assert any(each.message.endswith("not 4") and "starts" in each.witness for each in findings.found)


@pytest.mark.parametrize(
    ("more", "way", "p", "q", "right"),
    [
        ({"limit": 2}, {}, [1, 1, 1, 1], [1, 1, 1, 1], True),
        ({"limit": 2}, {}, [1, 2, 1, 1], [1, 1, 1, 1], False),
        ({}, {"limit": {"steps": {"2026-01-05T00:00Z": 3, "2026-01-05T02:30Z": 2}}}, [0] * 4, [3, 3, 2, 2], True),
        ({}, {"limit": {"steps": {"2026-01-05T00:00Z": 3, "2026-01-05T02:30Z": 2}}}, [0] * 4, [3, 3, 3, 2], False),
        ({"stay": "90m"}, {}, [0] * 4, [1, 1, 2, 2], True),
        ({"stay": "90m"}, {}, [0] * 4, [1, 2, 1, 1], True),  # the first may go
        ({"stay": "90m"}, {}, [0] * 4, [1, 3, 1, 1], False),
        ({"stay": "2h"}, {}, [0] * 4, [1, 1, 1, 2], True),  # the end of the horizon cuts it short
        ({"start": {"takes": "2h"}}, {}, [0] * 4, [1, 3, 1, 1], False),  # on for as long as it boots, at least
        ({"start": {"takes": "2h"}}, {"start": {"cost": 1}}, [0] * 4, [1, 3, 1, 1], True),  # its own as a whole
        ({"minimum": 2}, {}, [1] * 4, [1] * 4, True),
        ({"minimum": 3}, {}, [1] * 4, [1] * 4, False),
        ({}, {"minimum": 1}, [0] * 4, [1] * 4, True),
        ({}, {"minimum": 2}, [4] * 4, [1] * 4, False),
        ({"routing": "one-way"}, {}, [0] * 4, [1] * 4, True),
        ({"routing": "one-way"}, {}, [0, 0, 0, 1], [1] * 4, False),
        ({"needs": {"quality": 0.9}}, {"quality": 0.8}, [6] * 4, [0] * 4, True),
        ({"needs": {"quality": 0.9}}, {"quality": 0.8}, [6] * 4, [1, 0, 0, 0], False),
        ({"needs": {"without": ["zone:q"]}}, {}, [6] * 4, [1] * 4, False),
    ],
)
def test_counts(more: dict[str, Any], way: dict[str, Any], p: list[int], q: list[int], right: bool) -> None:
    """Limits, minimum time, minimum, one way and needs; `way` are keys of the second way."""
    document = instance(**more)
    document["services"][0]["replicas"][1] |= way
    assert ("replicas" in broken(document, plan(p, q, ALL))) != right


def test_minimum_counts_usable_replicas() -> None:
    """A replica that boots is on and holds, and is not usable."""
    document = instance(minimum=1, start={"takes": "1h"})
    document["services"][0]["replicas"][1]["running"] = 1
    assert "replicas" not in broken(document, plan([0] * 4, [1] * 4, ALL))
    assert "replicas" in broken(document, plan([0] * 4, [0, 1, 1, 1], ALL))
    assert "replicas" in broken(document, plan([0, 1, 1, 1], [1, 0, 1, 1], BOTH))


@pytest.mark.parametrize("change", ["pool", "variant", "order", "missing", "twice"])
def test_entries_of_ways(change: str) -> None:
    """An entry for each way, in their order, with its pool and variant."""
    made = plan([0] * 4, [1] * 4, ALL)
    assert broken(instance(), made) == set()
    ways = made["services"][0]["ways"]
    if change in ("pool", "variant"):
        ways[0][change] = "x"
    elif change == "order":
        ways.reverse()
    elif change == "missing":
        ways.pop(0)
    else:
        ways.append(ways[1])
    assert broken(instance(), made) == {"replicas"}


def test_words_of_an_entry() -> None:
    """Starts, hours, parts and cost follow from the counts."""
    made = plan([0] * 4, [1, 1, 2, 0], ALL)
    made["services"][0]["ways"][1] |= {
        "starts": 2, "replica_hours": 4, "cost": 17, "parts": {"running": 16, "fixed": 1},
    }  # fmt: skip
    document = instance(start={"cost": 0.5})
    own = [each for each in served(document, made)[1].found if "way 'q'" in each.witness and each.rule != "serve"]
    assert not own
    for key, other in (("starts", 1), ("replica_hours", 3), ("cost", 16), ("parts", {"running": 17, "fixed": 0})):
        wrong = plan([0] * 4, [1, 1, 2, 0], ALL)
        wrong["services"][0]["ways"][1] = made["services"][0]["ways"][1] | {key: other}
        assert any(key in each.witness for each in served(document, wrong)[1].found), key
