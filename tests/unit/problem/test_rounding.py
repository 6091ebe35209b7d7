"""Bounds of engines in whole numbers."""

from __future__ import annotations

from math import inf

import pytest

from leptonopt.problem.rounding import round_up_safely


@pytest.mark.parametrize(
    ("value", "whole"),
    [(7.5, 8), (7.9999, 8), (8.0005, 8), (8.002, 9), (-3.5, -3), (1e9, 10**9 - 100), (-inf, -(2**62))],
)
def test_what_tolerances_hide_is_taken_off_first(value: float, whole: int) -> None:
    """A thousandth, and a ten-millionth of the value."""
    assert round_up_safely(value) == whole
