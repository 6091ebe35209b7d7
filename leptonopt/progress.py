"""Progress of a solve on standard error: one live line on a terminal, now and then a line elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Callable
from fractions import Fraction
from types import TracebackType
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from leptonopt.conductor import Progress

EVERY = 10.0  # seconds between lines where there is no terminal


class Shown:
    """A context whose instances are called with each `Progress`.

    `live` rewrites one line; otherwise a line is printed when the plan got better, at most every 10 seconds.
    """

    def __init__(self, currency: Callable[[], str] = lambda: "", live: bool | None = None, out: TextIO | None = None) -> None:
        self.out = out or sys.stderr
        self.live = self.out.isatty() if live is None else live
        self.width = 0
        self.last = -EVERY

    def __enter__(self) -> Shown:
        return self

    def __call__(self, progress: Progress) -> None:
        line = text(progress)
        if self.live:
            self.out.write("\r" + line.ljust(self.width))
            self.width = len(line)
        elif progress.seconds - self.last >= EVERY:
            self.last = progress.seconds
            self.out.write(line + "\n")
        self.out.flush()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self.live and self.width:
            self.out.write("\r" + " " * self.width + "\r")
            self.out.flush()


def text(progress: Progress) -> str:
    """'  12.3 s  plan 1,234.50  bound 1,200.00  gap 2.79%  lns'."""
    gap = "-" if progress.gap is None else f"{progress.gap:.2%}"
    cost, bound = _money(progress.cost), _money(progress.bound)
    return f"{progress.seconds:7.1f} s  plan {cost:>14}  bound {bound:>14}  gap {gap:>7}  {progress.phase:<12}"


def _money(value: Fraction | None) -> str:
    return "-" if value is None else f"{float(value):,.2f}"
