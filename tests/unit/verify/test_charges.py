"""The checker's own reading of charges."""

from __future__ import annotations

from typing import Any

import pytest

from leptonopt.verify.charges import charges
from leptonopt.verify.timeline import Timeline
from tests.helpers.tiny_instances import TIME

KIND = {"id": "k", "size": {"gpu": 4, "ram": 2}, "count": 1}


@pytest.mark.parametrize(
    ("pool", "rates"),
    [
        ({"capacity": {"gpu": 1}}, {}),
        ({"charge": {"ram": 3}, "nodes": {**KIND, "price": 8}}, {"ram": [3] * 4}),
        ({"charge": {}, "nodes": {**KIND, "price": 8}}, {}),
        ({"nodes": {**KIND, "price": 8}}, {"gpu": [2] * 4}),
        ({"nodes": [{**KIND, "price": 8}, {**KIND, "id": "l", "commit": 4}]}, {"gpu": [1] * 4}),
        ({"nodes": [{**KIND, "reserved": 1}]}, {}),
        ({"nodes": {**KIND, "size": {"ram": 2}, "commit": {"total": 16}}}, {"ram": [2] * 4}),
        ({"nodes": {**KIND, "size": {"cpu": 4, "ram": 2}, "price": 1}}, {}),
    ],
)
def test_rates(pool: dict[str, Any], rates: dict[str, list[int]]) -> None:
    """As stated, or of GPUs, or of the only resource, where a kind has a price."""
    assert charges(Timeline(TIME), pool) == rates
