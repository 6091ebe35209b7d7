"""Requests served, missed and done later, by hand: what a plan says of them, rule by rule."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from tests.helpers.stated_services import at, broken, instance, plan, served

ON_Q = {"a": {"q": "1"}, "b": {"q": "1"}}  # 4 / 8 + 2 / 4 of a replica
NONE = [0, 0, 0, 0]


@pytest.mark.parametrize(
    ("more", "p", "q", "shares", "right"),
    [
        ({}, NONE, [1] * 4, ON_Q, True),
        ({}, NONE, [1, 1, 0, 1], ON_Q, False),
        ({"headroom": 0.5}, NONE, [2] * 4, ON_Q, True),
        ({"headroom": 0.5}, NONE, [1] * 4, ON_Q, False),  # the headroom takes from what is there, not from the load
        ({"headroom": 0.51}, NONE, [2] * 4, ON_Q, False),
        ({"start": {"takes": "1h"}}, NONE, [1] * 4, ON_Q, False),  # it boots in the first slot
        ({}, [1] * 4, [1] * 4, {"a": {"p": "1/2", "q": "1/2"}, "b": {"q": "1"}}, True),
        ({}, [1] * 4, [1] * 4, {"a": {"p": "51/100", "q": "49/100"}, "b": {"q": "1"}}, False),
        ({}, [1] * 4, [1] * 4, {"a": {"p": "1/2", "q": "1/3"}, "b": {"q": "1"}}, False),  # a sixth is not served
        ({}, [1] * 4, [1] * 4, {"a": {"p": "1/2", "q": "2/3"}, "b": {"q": "1"}}, False),  # more than all
        ({}, [1] * 4, [1] * 4, {"a": {"p": "-1/2", "q": "3/2"}, "b": {"q": "1/8", "p": "7/8"}}, False),
        ({}, NONE, [1] * 4, {"a": {"q": "1"}}, False),  # a class is forgotten
        ({}, NONE, [1] * 4, {**ON_Q, "c": {"q": "1"}}, False),
        ({"routing": "whole"}, [1] * 4, [1] * 4, {"a": {"p": "1/2", "q": "1/2"}, "b": {"q": "1"}}, False),
        ({"routing": "whole"}, [2] * 4, [1] * 4, {"a": {"p": "1"}, "b": {"q": "1"}}, True),
        ({"demand": {"a": {"steps": {at(0): 4, "2026-01-05T01:59:00Z": 5}}, "b": 2}}, NONE, [1, 1, 2, 2], ON_Q, False),
        ({"demand": {"a": {"steps": {at(0): 4, "2026-01-05T02:01:00Z": 5}}, "b": 2}}, NONE, [1, 1, 2, 2], ON_Q, True),
        ({"demand": {"rate": 6, "mix": {"a": "2/3", "b": "1/3"}}}, NONE, [1] * 4, ON_Q, None),
        ({"demand": {"rate": 8, "mix": {"a": 0.5, "b": 0.5}}}, NONE, [2] * 4, ON_Q, True),
        ({"demand": {"rate": 8, "mix": {"a": 0.5, "b": 0.5}}}, NONE, [1] * 4, ON_Q, False),
    ],
)
def test_demand(more: dict[str, Any], p: list[int], q: list[int], shares: Any, right: bool | None) -> None:
    """Shares of usable replicas; None where the instance itself cannot be read."""
    if right is None:
        with pytest.raises(Exception, match="not a number"):
            broken(instance(**more), plan(p, q, shares))
        return
    assert ("serve" in broken(instance(**more), plan(p, q, shares))) != right


def test_rates_are_of_their_class() -> None:
    """One replica of q does 8 of a or 4 of b: not 8 of b."""
    assert broken(instance(demand={"a": 8, "b": 0}), plan(NONE, [1] * 4, {"a": {"q": "1"}})) == set()
    assert broken(instance(demand={"a": 0, "b": 8}), plan(NONE, [1] * 4, {"b": {"q": "1"}})) == {"serve"}


def test_no_share_without_a_rate() -> None:
    """A class that a way does not serve, or serves at 0, has no share on it."""
    for rate in ({"a": 8}, {"a": 8, "b": 0}):
        document = instance(demand={"a": 1, "b": 1})
        document["services"][0]["replicas"][1]["rate"] = rate
        assert broken(document, plan([1] * 4, [1] * 4, ON_Q)) == {"serve"}
        assert broken(document, plan([1] * 4, [1] * 4, {"a": {"q": "1"}, "b": {"p": "1"}})) == set()


def test_missed_requests_are_paid_each_and_rounded_up_by_slot() -> None:
    """Requests per second times the seconds of a slot times the price, up to a millionth, per service and slot."""
    document = instance(missed={"cost": 0.001})
    made = plan(NONE, [1] * 4, {"a": {"q": "3/4"}, "b": {"q": "1"}}, {"a": "1"})
    found, _ = served(document, made)
    assert broken(document, made) == set()
    assert found.missed == 4 * 3600 * Fraction(1, 1000)
    document["services"][0]["missed"]["cost"] = 0.000000001
    made = plan(NONE, [1] * 4, {"a": {"q": "3/4"}, "b": {"q": "2/3"}}, {"a": "1", "b": "2/3"})
    assert served(document, made)[0].missed == 4 * Fraction(6, 10**6)  # 3600 x 5/3 x 10^-9 is 6 millionths
    made = plan(NONE, [1] * 4, {"a": {"q": "3/4"}, "b": {"q": "2/3"}}, {"a": "1", "b": "67/100"})
    assert broken(document, made) == {"serve"}
    assert served(document, made)[0].missed == 4 * Fraction(7, 10**6)


def test_nothing_is_missed_without_a_price() -> None:
    """Where `missed` is absent, all must be served."""
    made = plan(NONE, [1] * 4, {"a": {"q": "3/4"}, "b": {"q": "1"}}, {"a": "1"})
    assert broken(instance(), made) == {"serve"}


SPREAD = {"label": "zone:"}
ON_P = {"a": {"p": "1"}, "b": {"p": "1"}}


@pytest.mark.parametrize(
    ("p", "q", "without", "right"),
    [
        ([4] * 4, [1] * 4, {"zone:p": ON_Q, "zone:q": ON_P}, True),
        ([3] * 4, [1] * 4, {"zone:p": ON_Q, "zone:q": ON_P}, False),
        ([4] * 4, [1] * 4, {"zone:p": ON_Q}, False),
        ([4] * 4, [1] * 4, {"zone:p": ON_Q, "zone:q": ON_Q}, False),  # replicas of the zone that is gone
        ([4] * 4, [1] * 4, {"zone:p": ON_Q, "zone:q": ON_P, "zone:x": ON_P}, False),
    ],
)
def test_zones(p: list[int], q: list[int], without: Any, right: bool) -> None:
    """Without any one zone what is left serves alone."""
    document, made = instance(spread=SPREAD), plan(p, q, ON_Q, without=without)
    assert ("serve" in broken(document, made)) != right


def line(first: int, end: int, requests: int | str, way: str = "q", name: str = "b") -> dict[str, Any]:
    """Return requests of a batch that are done in some slots."""
    return {"from": at(first), "to": at(end), "class": name, "way": way, "requests": str(requests)}


def batch(*done: dict[str, Any], **more: Any) -> list[dict[str, Any]]:
    """Return the batches of a plan: one."""
    return [{"id": "n", "service": "s", "done": list(done), **more}]


BATCH = {
    "id": "n",
    "service": "s",
    "amount": {"b": 28800},
    "release": at(1),
    "deadline": at(3),
}  # 2 h of a replica of q


@pytest.mark.parametrize(
    ("more", "q", "done", "right"),
    [
        ({}, [1, 2, 2, 1], batch(line(1, 3, 28800)), True),
        ({}, [1, 3, 1, 1], batch(line(1, 2, 28800)), True),
        ({}, [1, 2, 1, 1], batch(line(1, 2, 28800)), False),
        ({}, [1, 2, 2, 1], batch(line(1, 3, 28799)), False),
        ({}, [1, 2, 2, 1], batch(line(1, 3, 28801)), False),
        ({}, [2, 2, 2, 1], batch(line(0, 2, 28800)), False),  # before its release
        ({}, [1, 1, 2, 2], batch(line(2, 4, 28800)), False),  # after its deadline
        ({}, [1, 2, 2, 1], batch(line(1, 2, 14400), line(2, 3, 14400)), True),
        ({}, [1, 3, 1, 1], batch(line(1, 2, 14400), line(1, 2, 14400)), False),  # twice in a slot
        ({}, [1, 2, 2, 1], batch(line(1, 3, 28800, "p")), False),
        ({}, [1, 2, 2, 1], batch(line(1, 3, 28800, "q", "a")), False),
        ({}, [1, 2, 2, 1], [], False),
        ({}, [1, 2, 2, 1], batch(left_out=True), False),
        ({"optional": True, "value": 3}, [1, 1, 1, 1], batch(left_out=True), True),
        ({"optional": True, "value": 3}, [1, 2, 2, 1], batch(line(1, 3, 28800), left_out=True), False),
    ],
)
def test_batches(more: dict[str, Any], q: list[int], done: Any, right: bool) -> None:
    """Amounts, windows, and what the demand leaves of usable replicas."""
    document = instance(batches=[BATCH | more])
    assert ("serve" in broken(document, plan(NONE, q, ON_Q, batches=done))) != right


@pytest.mark.parametrize(("fill", "needed"), [(True, 2), (False, 3)])
def test_batches_fill_the_headroom(fill: bool, needed: int) -> None:
    """At a headroom of 0.4 the demand takes one of 1.2 planned of two replicas; batches have the other, or a fifth."""
    document = instance(headroom=0.4, fill=fill, batches=[BATCH])
    for count in (2, 3, 4):
        made = plan(NONE, [count] * 4, ON_Q, batches=batch(line(1, 3, 28800)))
        assert (broken(document, made) == set()) == (count >= needed + (not fill)), count


def test_offline_rates() -> None:
    """Batches are done at `offline_rate`, which replaces all rates."""
    document = instance(batches=[BATCH])
    document["services"][0]["replicas"][1]["offline_rate"] = {"b": 8}
    assert broken(document, plan(NONE, [1, 2, 1, 1], ON_Q, batches=batch(line(1, 2, 28800)))) == set()
    document["services"][0]["replicas"][1]["offline_rate"] = {"a": 8}
    assert broken(document, plan(NONE, [9] * 4, ON_Q, batches=batch(line(1, 3, 28800)))) == {"serve"}
