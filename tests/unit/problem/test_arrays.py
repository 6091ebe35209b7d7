"""The array types of a problem."""

from __future__ import annotations

from typing import get_args

import numpy as np

from leptonopt.problem.arrays import Bools, Ints


def test_numbers_are_of_64_bits() -> None:
    """Integers have 64 bits, truth values are of numpy; a problem is computed in these alone."""
    assert get_args(get_args(Ints)[1]) == (np.int64,)
    assert get_args(get_args(Bools)[1]) == (np.bool_,)
