"""Progress of a solve on standard error: one live line on a terminal, now and then a line elsewhere."""

from __future__ import annotations

import os
import sys
from fractions import Fraction
from typing import TYPE_CHECKING, TextIO

from leptonopt.io.files import printable
from leptonopt.plan.numbers import percent

if TYPE_CHECKING:
    from leptonopt.session.result import Progress

EVERY = 5.0  # seconds between lines where there is no terminal


class ProgressLine:
    """A context whose instances are called with each `Progress`.

    `live` rewrites one line and wipes it at the end; otherwise a line is printed every 5 seconds.
    """

    def __init__(self, live: bool | None = None, out: TextIO | None = None) -> None:
        self.out = out or sys.stderr
        self.live = self.out.isatty() if live is None else live
        self.width = 0
        self.last = -EVERY

    def __enter__(self) -> ProgressLine:
        return self

    def __call__(self, progress: Progress) -> None:
        line = progress_text(progress)
        if self.live:
            line = line.rstrip()[: _columns(self.out) - 1]  # a longer one would wrap and stay
            self.out.write("\r" + line.ljust(self.width))
            self.width = len(line)
        elif progress.seconds - self.last >= EVERY:
            self.last = progress.seconds
            self.out.write(line.rstrip() + "\n")
        self.out.flush()

    def __exit__(self, *raised: object) -> None:
        if self.live and self.width:
            self.out.write("\r" + " " * self.width + "\r")
            self.out.flush()


def _columns(out: TextIO) -> int:
    try:
        return os.get_terminal_size(out.fileno()).columns or 80
    except (OSError, ValueError):
        return 80


def progress_text(progress: Progress) -> str:
    """Return '   12.3 s  plan  1,234.50  bound  1,200.00  gap  2.79%  lns'."""
    cost, bound = _money(progress.cost), _money(progress.bound)
    return (
        f"{progress.seconds:7.1f} s  plan {cost:>14}  bound {bound:>14}  gap {percent(progress.gap):>7}  "
        f"{printable(progress.phase)}"
    )


def _money(value: Fraction | None) -> str:
    return "-" if value is None else f"{float(value):,.2f}"
