"""The part of services in the bound of a certificate, by hand."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from leptonopt.verify import proven
from tests.helpers.stated_services import at, instance

MELANGE = {
    "time": {"start": "2026-11-23T00:00Z", "horizon": "1h"},
    "pools": [
        {"id": "a10g", "nodes": {"size": {"gpu": 1}, "count": 100, "price": 1.01}},
        {"id": "a100", "nodes": {"size": {"gpu": 1}, "count": 100, "price": 3.67}},
    ],
    "services": [
        {
            "id": "chat",
            "demand": {"s-s": 6, "s-l": 3, "l-s": 15, "l-l": 6},
            "replicas": [
                {"pool": "a10g", "uses": {"gpu": 1}, "rate": {"s-s": 2, "s-l": 1, "l-s": 5, "l-l": 2}},
                {"pool": "a100", "uses": {"gpu": 1}, "rate": {"s-s": 20, "s-l": 20, "l-s": 40, "l-l": 20}},
            ],
        }
    ],
}


def certificate(unit: str = "1", **more: Any) -> dict[str, Any]:
    """Return a certificate without a bound of its own."""
    return {"leptonopt_certificate": 1, "unit": unit, **more}


def demand(name: str = "s", without: list[str] | None = None, **prices: Any) -> dict[str, Any]:
    """Return prices of classes: a number, or pairs (slot, price)."""
    lines = [
        {"class": each, "price": [[0, price]] if isinstance(price, int) else price} for each, price in prices.items()
    ]
    return {"id": name, "demand": [line | ({"without": without} if without else {}) for line in lines]}


def bound(document: dict[str, Any], **more: Any) -> Fraction | None:
    """Return what a certificate proves."""
    proof = proven(document, certificate(**more))
    assert not proof.why
    return proof.bound


def test_the_relaxation_of_melange() -> None:
    """Dual values of the linear program prove its optimum: 4.12875, on nodes priced at their rent."""
    prices = {"s-s": 734, "s-l": 734, "l-s": 367, "l-l": 734}  # in 1/4000: 3.67 by rate of an A100
    nodes = [
        {"pool": name, "resource": "gpu", "price": [[0, rent]]} for name, rent in (("a10g", 4040), ("a100", 14680))
    ]
    found = bound(MELANGE, unit="1/4000", capacity=nodes, services=[demand("chat", **prices)])
    assert found == Fraction("4.12875")


@pytest.mark.parametrize(
    ("more", "prices", "least"),
    [
        ({}, {}, 0),
        ({}, {"a": 1, "b": 1}, 4 * 6 - 4 * 4 * (8 - 4)),  # 4 replicas of q fit; each costs 4 and earns 8
        ({}, {"b": 1}, 4 * 2),  # of b a replica of either way earns what it costs at most
        ({}, {"b": [[1, 1], [2, 0]]}, 2),
        ({"headroom": 0.5}, {"a": 1}, 4 * 4),
        ({"limit": 2}, {"a": 1}, 4 * 4 - 2 * 4 * (8 - 4) - 2 * 4 * (2 - 1)),  # of each way two at most
        ({"limit": 2, "routing": "one-way"}, {"a": 1}, 4 * 4 - 2 * 4 * (8 - 4)),
        ({"start": {"cost": 16}}, {"a": 1}, 4 * 4),
        ({"start": {"cost": 15}}, {"a": 1}, 4 * 4 - 4 * (4 * 4 - 15)),
        ({"start": {"takes": "2h"}}, {"a": 1}, 4 * 4),  # two slots are earned, four are paid
        ({"start": {"takes": "1h"}}, {"a": 1}, 4 * 4 - 4 * (3 * 8 - 4 * 4)),
        ({"stay": "2h"}, {"a": [[1, 1], [2, 0]]}, 4),
        ({"stay": "1h"}, {"a": [[1, 1], [2, 0]]}, 4 - 4 * 4 - 8 * 1),
        ({"missed": {"cost": 0}}, {"a": 1, "b": 1}, -(4 * 4 * (8 - 4))),
        ({"missed": {"cost": 1}}, {"b": 1}, 4 * 2),
    ],
)
def test_levels(more: dict[str, Any], prices: dict[str, Any], least: int) -> None:
    """Of two ways at 1 and 4 an hour, of 2 and 1, and 8 and 4 requests per second, 8 and 4 replicas fit."""
    ways = [{}, {}] if "a" not in prices or more.get("limit") or more.get("stay") == "1h" else [{"limit": 0}, {}]
    document = instance(**more)
    for way, own in zip(document["services"][0]["replicas"], ways, strict=True):
        way |= own
    assert bound(document, services=[demand(**prices)]) == least


def test_rounded_cuts_prove_what_fractions_cannot() -> None:
    """Of MELANGE 4.68 is the optimum: three cuts of whole replicas reach it, where a linear program has 4.12875."""
    nodes = [{"pool": name, "resource": "gpu", "price": [[0, rent]]} for name, rent in (("a10g", 101), ("a100", 367))]
    loads = {"s-s": "1/20", "s-l": "1/20", "l-s": "1/40", "l-l": "1/20"}  # of an A100: 9/8 in all
    one = {"worth": loads, "divisor": "1/8", "price": [[0, 0]]}
    whole = {"worth": loads, "divisor": "1", "price": [[0, 101]]}  # two of either at least
    found = bound(MELANGE, unit="1/100", capacity=nodes, services=[{"id": "chat", "cuts": [one, whole]}])
    assert found == Fraction("2.02")
    some = {"worth": loads, "divisor": "1/8", "price": [[0, 45]]}  # an A100 is 8 eighths, an A10G one: 9 at least
    found = bound(MELANGE, unit="1/100", capacity=nodes, services=[{"id": "chat", "cuts": [some]}])
    assert found == Fraction("4.05")
    both = [some | {"price": [[0, 38]]}, whole | {"price": [[0, 63]]}]
    assert bound(MELANGE, unit="1/100", capacity=nodes, services=[{"id": "chat", "cuts": both}]) == Fraction("4.68")


def test_cuts_need_that_nothing_is_missed() -> None:
    """Where requests may be missed, whole numbers of replicas prove nothing."""
    cut = {"worth": {"a": "1"}, "divisor": "1", "price": [[0, 1]]}
    for document, own in ((instance(missed={"cost": 1}), cut), (instance(), cut | {"worth": {"x": "1"}})):
        proof = proven(document, certificate(services=[{"id": "s", "cuts": [own]}]))
        assert not proof.ok
        assert "has no cuts" in proof.why


def test_running_replicas_need_no_start() -> None:
    """One of four levels begins on."""
    document = instance(start={"cost": 20})
    document["services"][0]["replicas"][0]["limit"] = 0
    document["services"][0]["replicas"][1]["running"] = 1
    assert bound(document, services=[demand(a=1)]) == 4 * 4 - 4 * (8 - 4)


def test_replicas_of_the_first_slot_are_usable_in_it() -> None:
    """Where `running` is absent, they pay their start, but do not boot and need not stay."""
    document = instance(start={"takes": "3h", "cost": 3})
    document["services"][0]["replicas"][0]["limit"] = 0
    del document["services"][0]["replicas"][1]["running"]
    assert bound(document, services=[demand(a=[[0, 1], [1, 0]])]) == 4 - 4 * (8 - 4 - 3)


def test_zones_and_minimum() -> None:
    """A demand must be served again by what is left; a minimum asks for usable replicas."""
    document = instance(spread={"label": "zone:"}, minimum=3)
    lines = [demand(b=1), demand("s", ["zone:q"], b=1)]
    both = {"id": "s", "demand": [*lines[0]["demand"], *lines[1]["demand"]]}
    assert bound(document, services=[both]) == 4 * (2 + 2) - 8 * 4 * (1 + 1 - 1)
    one = demand("s", ["zone:q"], b=1) | {"minimum": [{"price": [[0, 0]]}]}
    assert bound(document, services=[one]) == 4 * 2
    assert bound(document, services=[{"id": "s", "minimum": [{"price": [[0, 1]]}]}]) == 4 * 3


BATCH = {"id": "n", "service": "s", "amount": {"b": 7200}, "release": at(1), "deadline": at(3)}


@pytest.mark.parametrize(
    ("more", "batch", "price", "least"),
    [
        ({}, {}, 1, 2),  # 7200 at 1/3600: a replica that does them earns what it costs
        ({}, {"optional": True, "value": 1}, 1, 1),
        ({}, {"optional": True, "value": 1}, 0, 0),
        ({}, {"optional": True, "value": -1}, 0, -1),
        ({"start": {"cost": 100}}, {}, 2, 4),
        ({}, {}, 2, 4 - (8 * 1 + 4 * 4) * 2),
        ({"headroom": 0.5}, {}, 1, 2),  # batches may use it
        ({"headroom": 0.5, "fill": False}, {}, 2, 4),  # or not
    ],
)
def test_batches(more: dict[str, Any], batch: dict[str, Any], price: int, least: int) -> None:
    """Requests of batches are earned within their windows."""
    document = instance(batches=[BATCH | batch], **more)
    lines = [{"id": "n", "class": "b", "price": price}]
    assert bound(document, unit="1/3600", batches=lines) == least


def test_demand_and_batches_share_a_replica() -> None:
    """A planned share of its time earns the better of both, the headroom what batches pay."""
    document = instance(slots=1, headroom=0.25, batches=[BATCH | {"release": at(0), "deadline": at(1)}])
    document["services"][0]["replicas"][0]["limit"] = 0
    lines = [{"id": "n", "class": "b", "price": 2}]
    found = bound(document, unit="1/3600", batches=lines, services=[demand(b=3 * 3600)])
    assert found == 3 * 2 + 2 * 2 - 4 * (Fraction(3, 4) * 12 + Fraction(1, 4) * 8 - 4)


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"services": [demand("t", a=1)]}, "no service"),
        ({"services": [demand("s", c=1)]}, "no demand of class 'c'"),
        ({"services": [demand("s", ["zone:p"], a=1)]}, "without"),
        ({"services": [{"id": "s", "minimum": [{"way": "x", "price": [[0, 1]]}]}]}, "no way 'x'"),
        ({"services": [demand("s", a=-1)]}, "no price"),
        ({"batches": [{"id": "n", "class": "a", "price": 1}]}, "no batch"),
    ],
)
def test_prices_on_what_there_is_not(more: dict[str, Any], why: str) -> None:
    """They prove nothing, and are refused by name."""
    proof = proven(instance(), certificate(**more))
    assert not proof.ok
    assert why in proof.why
