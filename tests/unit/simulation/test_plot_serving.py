"""The picture of services on a trace."""

from __future__ import annotations

from pathlib import Path

import pytest

from leptonopt.errors import UsageError
from leptonopt.simulation.plot_serving import draw
from leptonopt.simulation.serving import ServingSummary

LINES = [ServingSummary("plan", 0.1, None, 9, 0.01, 1), ServingSummary("scaler", 0.1, 600, 11, 0.02, 1)]


def test_a_picture_is_written(tmp_path: Path) -> None:
    draw(LINES, tmp_path / "misses.svg", "$U_S$")
    assert "<svg" in (tmp_path / "misses.svg").read_text()
    with pytest.raises(UsageError):
        draw(LINES, tmp_path / "misses.txt", "USD")
