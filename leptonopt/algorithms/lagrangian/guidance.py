"""Multipliers for searches: what capacity is worth while schedules are built and changed."""

from __future__ import annotations

from dataclasses import dataclass

from leptonopt.algorithms.lagrangian.capacity_dual import DualAscent, Multipliers, estimate_rounds, known_multipliers
from leptonopt.algorithms.lagrangian.column_generation import ColumnGeneration, GenerationLimits
from leptonopt.algorithms.lagrangian.pricing import BlockPricer, uncapacitated_bound
from leptonopt.problem.problem import Problem
from leptonopt.problem.protocol import Limits, Monitor
from leptonopt.runtime.deadline import Deadline


@dataclass(frozen=True)
class GuidanceSettings:
    """Shares and counts.

    Attributes
    ----------
    share, short_share : share of the time limit for each of up to three parts, where multipliers are looked for, and
        where known ones would do
    rounds : rounds of the ascent, at most
    first : rounds after which known multipliers are taken if the bound stays where it began
    pace : first step of the ascent after the relaxations [levels per round]
    """

    share: float = 0.12
    short_share: float = 0.03
    rounds: int = 400
    first: int = 20
    pace: float = 1.0


SETTINGS = GuidanceSettings()


def guiding_ascent(
    problem: Problem, blocks: BlockPricer, limits: Limits, monitor: Monitor, given: bool = False
) -> DualAscent:
    """Find multipliers by ascent, which give reduced costs and a bound.

    Where the bound stays where it began, as under due dates, those of linear relaxations are taken: known ones of
    another method, or new ones. Elsewhere they are worse guides: they are vertices, at which most columns of an
    optimal plan have a reduced cost of their own (elasticflow-100, 25 s of `lns`: plans of 6,999 by relaxations, of
    6,754 by ascent). With `given`, known multipliers are taken without an ascent.
    """
    ascent, known = DualAscent(problem, blocks), known_multipliers(monitor)
    if given and known is not None:
        return _adopted(ascent, known)
    share = SETTINGS.short_share if given else SETTINGS.share
    _ascend(ascent, blocks.columns, limits, share, monitor, SETTINGS.rounds if known is None else SETTINGS.first)
    if (ascent.exact() or 0) > (uncapacitated_bound(problem, blocks.least) or 0):
        if known is not None:
            _ascend(ascent, blocks.columns, limits, share, monitor, SETTINGS.rounds)
    elif known is not None:
        _adopted(ascent, known)
    else:
        ascent = DualAscent(problem, blocks)
        room = GenerationLimits.of(limits, share, monitor.should_stop)
        if not ColumnGeneration(ascent, blocks, room).run():
            ascent.polish(SETTINGS.pace)
            _ascend(ascent, blocks.columns, limits, share, monitor, SETTINGS.rounds)
    return ascent


def _adopted(ascent: DualAscent, known: Multipliers) -> DualAscent:
    """Return an ascent that stands at known multipliers, if these are its best."""
    ascent.judge(known.capacity / known.scale, known.quota / known.scale)
    return ascent


def _ascend(ascent: DualAscent, columns: int, limits: Limits, share: float, monitor: Monitor, rounds: int) -> None:
    """Run so many rounds of the ascent; fewer where it gains little, or its share of the time is over."""
    deadline = Deadline.after(share * limits.time_limit + 0.2)
    rounds = min(rounds, estimate_rounds(ascent.problem, columns, limits.effort))
    for turn in range(rounds):
        ascent.step()
        late = not limits.deterministic and deadline.expired()
        if late or monitor.should_stop() or (turn % 20 == 19 and ascent.slope(60) < 5e-5):
            break
