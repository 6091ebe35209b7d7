"""Decomposition by pools: some pools with their items are extracted, annealed and merged back.

The rest of the assignment stays as it is. Parts without common pools can be out at the same time, and a lost part
changes nothing. Capacity may be exceeded in between, as in `large_scale.annealing`.
"""

from __future__ import annotations

import pickle
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from leptonopt.algorithms.lagrangian.class_pricing import ClassPricer
from leptonopt.algorithms.large_scale.annealing import Annealer
from leptonopt.algorithms.large_scale.staged_construction import Assignment
from leptonopt.problem.arrays import Bools, Floats, Ints
from leptonopt.problem.problem import Problem
from leptonopt.problem.restrict import restrict
from leptonopt.problem.schedule import Schedule, usage
from leptonopt.runtime.deadline import Deadline, Stopwatch
from leptonopt.runtime.jit_cache import JitWarmup

PartResult = tuple[
    Ints, Ints, NDArray[np.float32]
]  # option and start by item, -1 where it is left out; penalties by row


@dataclass(frozen=True)
class PartTuning:
    """Tuning constants with their units; upper limits unless stated otherwise."""

    columns: int = 16  # candidates per group: a part has few pools
    item_moves: int = 10  # moves of a round per item, after which penalties adapt
    compile_seconds: float = 120.0  # longest wait for compiled kernels [s]; a busy machine took 86 s


TUNING = PartTuning()


@dataclass(frozen=True, eq=False)
class SubproblemPart:
    """Items of an assignment as a problem of its own, with the rows and options of its pools alone.

    Attributes
    ----------
    items, options, rows, pools : int64, indices in the whole by index in the part, ascending
    option, start : int64, by item, indices in the part; -1 while an item is unassigned
    """

    problem: Problem
    items: Ints
    options: Ints
    rows: Ints
    pools: Ints
    option: Ints
    start: Ints

    def pack(self, price: Floats, penalty: NDArray[np.float32]) -> bytes:
        """Return the part with multipliers and penalties as bytes, in the narrowest integer types."""
        problem, arrays = _each(self.problem, _narrow), (price[self.rows].astype(np.float32), penalty[self.rows])
        content = problem, _narrow(self.option), _narrow(self.start), *arrays
        return pickle.dumps(content, protocol=pickle.HIGHEST_PROTOCOL)


def extract_pools(placed: Assignment, pools: Bools, items: Ints) -> SubproblemPart:
    """Return the part of some pools and of ascending items that run there, or are unassigned and could."""
    whole, option, start = placed.problem, placed.option[items], placed.start[items]
    copies = np.bincount(placed.group[items], minlength=whole.groups)
    some, options = restrict(whole, copies > 0, placed.free, copies, pools)
    rows, row = np.unique(some.demand_row, return_inverse=True)
    option = np.where(option >= 0, np.searchsorted(options, option), -1)
    own_pools = np.flatnonzero(pools)
    pool, free = np.searchsorted(own_pools, some.pool), placed.free[rows]
    slim = replace(some, price=some.price[rows], pool=pool, demand_row=row, capacity=free)
    found = replace(slim, capacity=free + usage(slim, _schedule(option, start)))
    return SubproblemPart(found, items, options, rows, own_pools, option, start)


def merge_part(placed: Assignment, penalty: Any, part: SubproblemPart, found: PartResult) -> None:
    """Move items to the columns of a result, and take over its penalties."""
    option, start, part_penalty = found
    placed.option[part.items] = np.where(option >= 0, part.options[option], -1)
    placed.start[part.items] = start
    placed.free[part.rows] = part.problem.capacity - usage(part.problem, _schedule(option, start))
    penalty[part.rows] = part_penalty


def kernels_ready(seconds: float = TUNING.compile_seconds) -> bool:
    """Return whether kernels are compiled within so many seconds; raise `RuntimeError` if never."""
    deadline, loops = Deadline.after(seconds), JitWarmup()
    try:
        ready = loops.awaited(deadline.expired)
    finally:
        loops.end()
    if loops.failed:
        raise RuntimeError("kernels: cannot be compiled on this worker; NUMBA_CACHE_DIR must name a writable folder")
    return ready


def anneal_part(
    content: bytes, progress: tuple[float, float], effort: float, by_clock: bool, seed: int
) -> PartResult | None:
    """Anneal a part on a worker; return None if its kernels are not compiled in time.

    progress : shares of the cooling schedule at which it begins and ends
    effort : seconds if `by_clock`, else moves per item
    """
    deadline = Deadline.after(effort)
    if not kernels_ready(effort if by_clock else TUNING.compile_seconds):
        return None
    slim, option, start, price, penalty = pickle.loads(content)
    problem = _each(slim, _wide)
    placed = Assignment.empty(problem, price.astype(float))
    placed.option[:], placed.start[:] = option, start
    annealer = Annealer(problem, placed, ClassPricer(problem), placed.price, seed, most=TUNING.columns)
    annealer.add_current_columns(placed)
    annealer.penalty = penalty
    cooling, items, (low, high) = Stopwatch(), max(1, len(placed.group)), progress
    room = max(1e-9, deadline.left())
    annealer.round = TUNING.item_moves * items

    def done() -> float:
        """Return the share of the cooling schedule that is over; 1 ends the annealing."""
        over = cooling.seconds() / room if by_clock else annealer.moves / (effort * items)
        return low + (high - low) * over if over < 1 else 1.0

    annealer.run(done)
    return *annealer.current_columns(), annealer.penalty


def _schedule(option: Ints, start: Ints) -> Schedule:
    """Return the assigned items as a schedule."""
    return Schedule.of(option[option >= 0], start[option >= 0])


def _each(problem: Problem, made: Any) -> Problem:
    """Return the problem with a function applied to each of its integer arrays."""
    arrays = {each.name: getattr(problem, each.name) for each in fields(problem)}
    return replace(
        problem,
        **{
            name: made(array) for name, array in arrays.items() if isinstance(array, np.ndarray) and array.dtype != bool
        },
    )


def _narrow(array: Ints) -> NDArray[Any]:
    """Return an array in the narrowest integer type that holds it."""
    low, high = int(array.min(initial=0)), int(array.max(initial=0))
    return array.astype(np.promote_types(np.min_scalar_type(low), np.min_scalar_type(high)))


def _wide(array: NDArray[Any]) -> Ints:
    """Return an array as int64."""
    return array.astype(np.int64)
