"""Amounts of which all that uses a resource takes multiples; the rest is of no use."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from math import gcd, lcm

from leptonopt.verify.instance_reader import NOTHING, StatedOption


def common_parts(ways: Iterable[StatedOption]) -> dict[tuple[str, str], Fraction]:
    """Return by pool and resource the greatest amount of which all that ways use are multiples."""
    found: dict[tuple[str, str], Fraction] = {}
    for way in ways:
        for name, count in way.uses.items():
            old = found.get((way.pool, name), NOTHING)
            part = lcm(old.denominator, count.denominator)
            found[way.pool, name] = Fraction(gcd(int(old * part), int(count * part)), part)
    return found


def used_up(most: Fraction, step: Fraction) -> Fraction:
    """Return the largest multiple of a step that is at most so much; all of it where there is no step."""
    return most // step * step if step else most
