"""The picture of a front."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from leptonopt.decisions.front import Front, FrontPoint
from leptonopt.errors import UsageError


def test_picture(tmp_path: Path) -> None:
    """A picture is written, also where a point has no plan; another ending is refused."""
    points = (
        FrontPoint(Fraction(0), None, None, Fraction(5), "unknown"),
        FrontPoint(None, Fraction(1), Fraction(9), Fraction(5), "feasible"),
    )
    for found in (Front("late", "tasks", True, "USD", points), Front("carbon", "kg CO2", False, "$x$", ())):
        found.plot(tmp_path / "front.svg")
        assert (tmp_path / "front.svg").read_text(encoding="utf-8").lstrip().startswith("<?xml")
    with pytest.raises(UsageError):
        found.plot(tmp_path / "front.txt")
