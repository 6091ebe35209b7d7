"""Linear programs in exact numbers."""

from __future__ import annotations

from fractions import Fraction

import pytest

from leptonopt.confirm.linear import greatest

ONE, THIRD = Fraction(1), Fraction(1, 3)


@pytest.mark.parametrize(
    ("gain", "rows", "most"),
    [
        ([], [], 0),
        ([ONE], [({0: Fraction(3)}, ONE)], THIRD),
        ([ONE, ONE], [({0: ONE}, Fraction(2)), ({1: ONE}, Fraction(2)), ({0: ONE, 1: Fraction(2)}, Fraction(3))], 2.5),
        ([ONE], [({0: ONE}, Fraction(0)), ({0: ONE}, ONE)], 0),
        ([-ONE], [({0: ONE}, ONE)], 0),
    ],
)
def test_the_greatest_gain(gain: list[Fraction], rows: list, most: Fraction) -> None:  # type: ignore[type-arg]
    """To the last digit, also where rows bind at 0."""
    assert greatest(gain, rows) == most


def test_an_example_on_which_other_rules_cycle() -> None:
    """Beale (1955): the largest coefficient leads back to the first basis; Bland's rule does not."""
    gain = [Fraction(3, 4), Fraction(-150), Fraction(1, 50), Fraction(-6)]
    rows = [
        ({0: Fraction(1, 4), 1: Fraction(-60), 2: Fraction(-1, 25), 3: Fraction(9)}, Fraction(0)),
        ({0: Fraction(1, 2), 1: Fraction(-90), 2: Fraction(-1, 50), 3: Fraction(3)}, Fraction(0)),
        ({2: ONE}, ONE),
    ]
    assert greatest(gain, rows) == Fraction(1, 20)
