"""Time variants against the full model in turns, so that drift of the machine falls on all."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

from leptonopt.measurement.ranges import Measured, median_range

Run = Callable[[], object]


def relative_speeds(
    runs: Mapping[str, Run], seconds: float, rounds: int, clock: Callable[[], float] = time.perf_counter
) -> dict[str, tuple[Measured, float]]:
    """Return for each run its speed against the first one, and its median seconds.

    A round calls each run as often as fits into its share of `seconds`; the speed of a round is the ratio of its two
    times, and the range is that of the median over the rounds.
    """
    names = list(runs)
    calls = {name: _calls(runs[name], seconds / rounds / len(names), clock) for name in names}
    taken: dict[str, list[float]] = {name: [] for name in names}
    for turn in range(rounds):
        for name in names if turn % 2 else reversed(names):
            taken[name].append(_seconds(runs[name], calls[name], clock))
    base = taken[names[0]]
    return {
        name: (
            median_range([full / own for full, own in zip(base, taken[name], strict=True)]),
            median_range(taken[name]).value,
        )
        for name in names
    }


def _calls(run: Run, seconds: float, clock: Callable[[], float]) -> int:
    """Return how many calls fit into some seconds; the first one, which is slow, does not count."""
    run()
    return max(1, int(seconds / max(1e-9, _seconds(run, 1, clock))))


def _seconds(run: Run, calls: int, clock: Callable[[], float]) -> float:
    """Return the seconds of a call, the mean of some."""
    begun = clock()
    for _ in range(calls):
        run()
    return (clock() - begun) / calls
