"""Fingerprints: equal for documents that say the same, different for all others."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from contextlib import suppress
from decimal import Decimal
from typing import Any

import pytest

from leptonopt.errors import InstanceError
from leptonopt.instance import validate
from leptonopt.verify.fingerprints import fingerprint
from tests.helpers.tiny_instances import document, pool, task
from tests.second_reading.generators import GENERATORS
from tests.second_reading.random_documents import text

BASE = document(task("x", after=["y"]), task("y", value=1), quotas=[{"id": "q", "of": "gpu", "limit": 9}])


def changed(change: Callable[[dict[str, Any]], object]) -> str:
    """Return the fingerprint of a changed document."""
    made = copy.deepcopy(BASE)
    change(made)
    return fingerprint(made)


@pytest.mark.parametrize(
    "change",
    [
        lambda d: d.update(name="n", description="d", source="s"),
        lambda d: d.update(leptonopt=1, currency="USD", objective={"cost": 1, "carbon_kg": 0}, together=[]),
        lambda d: d["time"].update(slot="60m", start="2026-01-05T01:00+01:00", zone="UTC"),
        lambda d: d["tasks"][0].update(copies=1, after=[{"task": "y", "lag": "0s"}], needs={}, optional=False),
        lambda d: d["tasks"][1].update(value=Decimal("1.0")),
        lambda d: d["tasks"][0]["options"][0].update(cost=0, quality=1.0, id=None),
        lambda d: d["quotas"][0].update(per="horizon", tasks=None),
        lambda d: d["pools"][0].update(sunk=0, labels=[], nodes=[]),
        lambda d: d["tasks"][0].update(after=[{"task": "y", "gib": 0}], inputs=[]),
        lambda d: d.update(links=[], datasets=[], meters=[], savings=[]),
        lambda d: d.update({key: d.pop(key) for key in list(d)[::-1]}),
    ],
)
def test_the_same_in_other_words(change: Callable[[dict[str, Any]], object]) -> None:
    """Names for people, defaults, other texts of a value, another order of keys."""
    assert changed(change) == fingerprint(BASE)


@pytest.mark.parametrize(
    "change",
    [
        lambda d: d.update(currency="EUR"),
        lambda d: d["time"].update(zone="Europe/Berlin"),
        lambda d: d["tasks"].reverse(),
        lambda d: d["tasks"][0].update(copies=2),
        lambda d: d["tasks"][0].update(after=[]),
        lambda d: d["pools"][0]["capacity"].update(gpu=5),
        lambda d: d["quotas"][0].update(limit=8),
        lambda d: d["tasks"][0]["options"][0].update(duration="2h"),
    ],
)
def test_everything_else_counts(change: Callable[[dict[str, Any]], object]) -> None:
    """Also the order of tasks."""
    assert changed(change) != fingerprint(BASE)


def test_links_and_meters_in_other_words() -> None:
    """A price and a time of 0, and no least money."""
    short = {
        "links": [{"from": "*", "to": "*", "setup": "60s"}],
        "meters": [{"id": "m", "of": "gpu", "tiers": [{"price": 1}]}],
    }
    long = {
        "links": [{"from": "*", "to": "*", "price": 0, "setup": "1m"}],
        "meters": [{"id": "m", "of": "gpu", "tiers": [{"from": 0, "price": 1}], "minimum": 0, "per": "horizon"}],
    }
    assert fingerprint({**BASE, **short}) == fingerprint({**BASE, **long})


@pytest.mark.parametrize("draw", ["data", "meters", "segments", "savings", "services", "mixed"])
def test_what_is_read_has_the_fingerprint_of_the_file(draw: str) -> None:
    """A certificate, or a plan, of a file is one of the instance that is read from it."""
    read = 0
    for seed in range(20):
        stated = json.loads(text(GENERATORS[draw](seed)), parse_float=Decimal)
        with suppress(InstanceError):
            assert fingerprint(validate(stated).document()) == fingerprint(stated)
            read += 1
    assert read > 5


def test_short_forms_are_the_long_ones() -> None:
    """One kind of nodes, a number for a commitment."""
    kind = {"size": {"gpu": 1}, "count": 1, "commit": 2}
    short, long = ({"id": "n", "nodes": nodes} for nodes in (kind, [{**kind, "commit": {"price": 2}}]))
    assert fingerprint(document(pools=[pool(), short])) == fingerprint(document(pools=[pool(), long]))


SERVICE = {
    "id": "s", "demand": {"rate": {"steps": {"2026-01-05T00:00Z": 2}}, "mix": {"a": 1}}, "stay": "1h30m",
    "replicas": [{"pool": "p", "rate": {"a": 2}, "start": {"takes": "60m"}, "stay": "90m"}],
}  # fmt: skip
BATCH = {"id": "n", "service": "s", "amount": {"a": 5}, "deadline": "2026-01-05T02:00Z"}


def serving(service: dict[str, Any] | None = None, way: dict[str, Any] | None = None, **batch: Any) -> str:
    """Return the fingerprint of an instance of a service, with some keys changed."""
    own = SERVICE | {"replicas": [SERVICE["replicas"][0] | (way or {})]} | (service or {})
    time = {"start": "2026-01-05T00:00Z", "horizon": "4h"}
    return fingerprint({"time": time, "pools": [], "services": [own], "batches": [BATCH | batch]})


@pytest.mark.parametrize(
    "same",
    [
        {"service": {"stay": "90m", "routing": "split", "headroom": 0, "fill": True, "minimum": 0, "needs": {}}},
        {"service": {"demand": {"rate": {"steps": {"2026-01-05T01:00+01:00": 2.0}}, "mix": {"a": 1.0}}}},
        {"service": {"start": {"takes": "0s", "cost": 0}, "missed": None, "confidential": False}},
        {"way": {"start": {"takes": "1h", "cost": 0}, "minimum": 0, "running": None, "quality": 1, "uses": {}}},
        {"deadline": "2026-01-05T03:00+01:00", "optional": False, "value": None},
    ],
)
def test_services_in_other_words(same: dict[str, Any]) -> None:
    """Defaults written out, durations and instants of services and batches."""
    assert serving(**same) == serving()


@pytest.mark.parametrize(
    "other",
    [
        {"service": {"stay": "91m"}},
        {"service": {"fill": False}},
        {"service": {"demand": {"a": 2}}},
        {"service": {"missed": {"cost": 0}}},
        {"way": {"stay": None}},
        {"way": {"running": 0}},
        {"way": {"stay": "0s"}},
        {"way": {"start": None}},
        {"way": {"headroom": 0}},
        {"way": {"offline_rate": {"a": 2}}},
        {"deadline": "2026-01-05T02:01Z"},
        {"amount": {"a": 6}},
    ],
)
def test_all_of_services_counts(other: dict[str, Any]) -> None:
    """What a way states instead of its service counts, also where it is the default of a service."""
    assert serving(**other) != serving()
