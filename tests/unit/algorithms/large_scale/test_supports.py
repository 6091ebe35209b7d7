"""Rules that the algorithms for many tasks do not support."""

from __future__ import annotations

from typing import Any

import pytest

from leptonopt.algorithms.large_scale.supports import unsupported_rule
from tests.helpers.small_problems import group, ints, nodes, option, problem

TWO = (group(option(1, {0: 1})), group(option(1, {0: 1})))


@pytest.mark.parametrize(
    ("more", "supported"),
    [
        ({}, True),
        ({"edges": [(0, 1, 0)]}, False),
        ({"nodes": nodes([[1, 1]], [(0, 0, 2)])}, False),
        ({"together": (ints([0, 1]),)}, False),
        ({"apart": (ints([0, 1]),)}, False),
    ],
)
def test_rules_by_name(more: dict[str, Any], supported: bool) -> None:
    """None where all are supported."""
    found = unsupported_rule(problem(*TWO, capacity=[[2, 2]], **more))
    assert (found is None) is supported
