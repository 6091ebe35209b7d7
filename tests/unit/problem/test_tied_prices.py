"""Price vectors joined by ties, by hand."""

from __future__ import annotations

from fractions import Fraction

import pytest

from leptonopt.problem.tied_prices import TooManyCuts, tied_prices

LINKS = [[Fraction(2), Fraction(1)], [Fraction(4), Fraction(8)]]


def test_two_items_tie_over_each_link() -> None:
    """Each item alone, and both at equal x / rate, or x rate, of a link."""
    one, none = Fraction(1), Fraction(0)
    assert tied_prices(LINKS, False, 9) == {(one, none), (none, one), (one, Fraction(2)), (one, Fraction(8))}
    assert tied_prices(LINKS, True, 9) == {(one, none), (none, one), (one, Fraction(1, 2)), (one, Fraction(1, 8))}


def test_too_many_are_refused() -> None:
    with pytest.raises(TooManyCuts):
        tied_prices(LINKS, False, 3)
