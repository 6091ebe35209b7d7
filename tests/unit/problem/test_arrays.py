"""The array types of a problem, and pointers into flat arrays."""

from __future__ import annotations

from typing import get_args

import numpy as np
import pytest

from leptonopt.problem.arrays import Bools, Ints, pointers, positions


def test_numbers_are_of_64_bits() -> None:
    """Integers have 64 bits, truth values are of numpy; a problem is computed in these alone."""
    assert get_args(get_args(Ints)[1]) == (np.int64,)
    assert get_args(get_args(Bools)[1]) == (np.bool_,)


@pytest.mark.parametrize(("sizes", "expected"), [([], [0]), ([3], [0, 3]), ([2, 0, 1], [0, 2, 2, 3])])
def test_pointers_are_sums_from_zero(sizes: list[int], expected: list[int]) -> None:
    """Each run begins where the one before ends; the result is int64 even without runs."""
    found = pointers(np.array(sizes, np.int64))
    assert (found.tolist(), found.dtype) == (expected, np.int64)


def test_positions_list_each_range() -> None:
    """Ranges follow each other; empty ones leave no trace."""
    found = positions(np.array([4, 9, 0]), np.array([6, 9, 2]))
    assert found.tolist() == [4, 5, 0, 1]
    assert positions(np.zeros(0, np.int64), np.zeros(0, np.int64)).tolist() == []
