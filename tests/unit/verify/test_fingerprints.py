"""Fingerprints: equal for documents that say the same, different for all others."""

from __future__ import annotations

import copy
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from leptonopt.verify.fingerprints import fingerprint
from tests.helpers.tiny_instances import document, pool, task

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


def test_short_forms_are_the_long_ones() -> None:
    """One kind of nodes, a number for a commitment."""
    kind = {"size": {"gpu": 1}, "count": 1, "commit": 2}
    short, long = ({"id": "n", "nodes": nodes} for nodes in (kind, [{**kind, "commit": {"price": 2}}]))
    assert fingerprint(document(pools=[pool(), short])) == fingerprint(document(pools=[pool(), long]))
