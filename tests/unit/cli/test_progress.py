"""Progress of a solve: one live line on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import io
from fractions import Fraction

import pytest

from leptonopt.cli.progress import EVERY, ProgressLine, progress_text
from leptonopt.session.result import Progress


def moment(
    seconds: float, cost: int | None = None, bound: int | None = None, gap: float | None = None, phase: str = "greedy"
) -> Progress:
    """Return a moment of a solve."""
    money = [None if value is None else Fraction(value) for value in (cost, bound)]
    return Progress(seconds, *money, gap, phase)


def test_the_text() -> None:
    """Seconds, plan, bound, gap, phase."""
    assert progress_text(moment(12.34, 1234, 1200, 0.0279, "l\nns")) == (
        "   12.3 s  plan       1,234.00  bound       1,200.00  gap   2.79%  l\\nns"
    )
    assert progress_text(moment(0)).split() == ["0.0", "s", "plan", "-", "bound", "-", "gap", "-", "greedy"]


def test_on_a_terminal_it_is_one_line() -> None:
    """Rewritten in place and wiped at the end; never wider than the terminal."""
    out = io.StringIO()
    with ProgressLine(live=True, out=out) as show:
        show(moment(0.5))
        show(moment(1, 10**9, 10**8, 0.9, "x" * 99))
    text = out.getvalue()
    assert "\n" not in text
    assert "plan 1,000,000,000.00  bound 100,000,000.00  gap  90.00%" in text
    assert text.endswith("\r")
    assert max(map(len, text.split("\r"))) < 80


def test_nothing_is_wiped_where_nothing_was_written() -> None:
    """A solve without progress."""
    out = io.StringIO()
    with ProgressLine(live=True, out=out):
        pass
    assert out.getvalue() == ""


def test_elsewhere_a_line_now_and_then() -> None:
    """At most one in five seconds; the first at once."""
    out = io.StringIO()
    with ProgressLine(out=out) as show:
        assert not show.live
        for tenth in range(250):
            show(moment(tenth / 10, 5))
    assert [float(line.split()[0]) for line in out.getvalue().splitlines()] == pytest.approx(
        [EVERY * at for at in range(5)]
    )
