"""The picture of a front."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from leptonopt.errors import UsageError
from leptonopt.replanning.front import Point
from leptonopt.replanning.plot_front import draw


def test_endings(tmp_path: Path) -> None:
    """Other endings are refused before anything is drawn."""
    with pytest.raises(UsageError, match="a plot is written as"):
        draw([Point(0, 0, Fraction(1), Fraction(1), "optimal")], tmp_path / "a.txt", "USD")
