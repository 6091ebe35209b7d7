"""Findings of data that moves."""

from __future__ import annotations

from typing import Any

import pytest

from leptonopt.errors import InstanceError
from leptonopt.instance import validate
from tests.helpers.regions import anywhere, places
from tests.helpers.tiny_instances import document, pool, task


@pytest.mark.parametrize(
    ("stated", "said"),
    [
        (
            document(task(inputs=["e"]), datasets=[{"id": "d", "gib": 1, "at": ["x"]}]),
            "there is no dataset 'e'; known are 'd'",
        ),
        (document(datasets=[{"id": "d", "gib": 1, "at": ["x"]}] * 2), "the id 'd' stands already at datasets[0]"),
        (document(datasets=[{"id": "d", "gib": 1, "at": []}]), "at"),
        (document(datasets=[{"id": "d", "gib": -1, "at": ["x"]}]), "-1 is below zero"),
        (document(pools=[pool(labels=["region:a", "region:b"])]), "labels of two regions, 'region:a' and 'region:b'"),
        (document(links=[{"from": "a", "to": "b", "gbit": 0}]), "0 is not above zero"),
        (
            document(task("a"), anywhere("b", copies=2, after=[{"task": "a", "gib": 1}]), pools=[pool(), *places()]),
            "data passes between copies or segments",
        ),
    ],
)
def test_what_is_wrong_is_said(stated: dict[str, Any], said: str) -> None:
    """One line names the place and what is allowed."""
    with pytest.raises(InstanceError) as refused:
        validate(stated)
    assert said in str(refused.value)
