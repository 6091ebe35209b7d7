"""Some pools and the items on them, cut out of what is placed, annealed anywhere, and put back.

What else is placed stays as it is, so parts that share no pool can be out at the same time, and one that does not come
back leaves everything as it was. Capacity may be exceeded on the way, as in `large_scale.annealing`.
"""

from __future__ import annotations

import pickle
import time
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from leptonopt.algorithms.lagrangian.class_pricing import ClassPricer
from leptonopt.algorithms.large_scale.annealing import Annealer
from leptonopt.algorithms.large_scale.staged_construction import Assignment
from leptonopt.problem.arrays import Bools, Ints
from leptonopt.problem.problem import Problem
from leptonopt.problem.restrict import restrict
from leptonopt.problem.schedule import Schedule, usage
from leptonopt.runtime.jit_cache import JitWarmup

Floats = NDArray[np.float64]
Found = tuple[Ints, Ints, NDArray[np.float32]]  # option and start by item, -1 where it is left out; penalties by row
COLUMNS = 16  # of a task at most: pools of a part are few
ROUND = 10  # moves of an item in a round, after which penalties learn
WAKING = 120.0  # seconds for loops to be compiled


@dataclass(frozen=True, eq=False)
class SubproblemPart:
    """Items of a whole as a problem of its own, which has the rows and options of its pools alone.

    Attributes
    ----------
    items, options, rows, pools : int64, of the whole, by number in the part; they ascend
    option, start : int64, by item, in numbers of the part: where it runs now, -1 where it is left out
    """

    problem: Problem
    items: Ints
    options: Ints
    rows: Ints
    pools: Ints
    option: Ints
    start: Ints

    def packed(self, price: Floats, penalty: NDArray[np.float32]) -> bytes:
        """What a worker needs, in as few bytes a number as hold it; with the multipliers and penalties of the whole."""
        problem, mine = _each(self.problem, _narrow), (price[self.rows].astype(np.float32), penalty[self.rows])
        told = problem, _narrow(self.option), _narrow(self.start), *mine
        return pickle.dumps(told, protocol=pickle.HIGHEST_PROTOCOL)


def extract_pools(placed: Assignment, pools: Bools, items: Ints) -> SubproblemPart:
    """The part of some pools and of items, ascending, that run there or, while they could, nowhere."""
    whole, option, start = placed.problem, placed.option[items], placed.start[items]
    copies = np.bincount(placed.group[items], minlength=whole.groups)
    some, options = restrict(whole, copies > 0, placed.free, copies, pools)
    rows, row = np.unique(some.demand_row, return_inverse=True)
    option = np.where(option >= 0, np.searchsorted(options, option), -1)
    mine = np.flatnonzero(pools)
    pool, free = np.searchsorted(mine, some.pool), placed.free[rows]
    slim = replace(some, price=some.price[rows], pool=pool, demand_row=row, capacity=free)
    found = replace(slim, capacity=free + usage(slim, _schedule(option, start)))
    return SubproblemPart(found, items, options, rows, mine, option, start)


def merge_part(placed: Assignment, penalty: Any, part: SubproblemPart, found: Found) -> None:
    """Moves items to where they were found, and takes over the penalties."""
    option, start, mine = found
    placed.option[part.items] = np.where(option >= 0, part.options[option], -1)
    placed.start[part.items] = start
    placed.free[part.rows] = part.problem.capacity - usage(part.problem, _schedule(option, start))
    penalty[part.rows] = mine


def kernels_ready(seconds: float = WAKING) -> bool:
    """Whether compiled loops are there on this machine, within so many seconds; raises `RuntimeError` without numba."""
    until, loops = time.monotonic() + seconds, JitWarmup()
    try:
        there = loops.awaited(lambda: time.monotonic() > until)
    finally:
        loops.end()
    if loops.failed:
        raise RuntimeError("workers need numba: pip install 'leptonopt[fast]'")
    return there


def anneal_part(told: bytes, heat: tuple[float, float], effort: float, by_clock: bool, seed: int) -> Found | None:
    """What a worker does: anneals a part for a while; None where its loops are not compiled in time.

    `heat` are the shares of the way from hot to cold at which it begins and ends; `effort` is in seconds, or in moves
    per item. Raises `RuntimeError` where numba is not installed.
    """
    begun = time.monotonic()
    if not kernels_ready(effort if by_clock else WAKING):
        return None
    slim, option, start, price, penalty = pickle.loads(told)
    problem = _each(slim, _wide)
    placed = Assignment.nothing(problem, price.astype(float))
    placed.option[:], placed.start[:] = option, start
    annealer = Annealer(problem, placed, ClassPricer(problem), placed.price, seed, most=COLUMNS)
    annealer.keep(placed)
    annealer.penalty = penalty
    cooling, items, (low, high) = time.monotonic(), max(1, len(placed.group)), heat
    room = max(1e-9, begun + effort - cooling)
    annealer.round = ROUND * items

    def done() -> float:
        over = (time.monotonic() - cooling) / room if by_clock else annealer.moves / (effort * items)
        return low + (high - low) * over if over < 1 else 1.0

    annealer.run(done)
    return *annealer.taken(), annealer.penalty


def _schedule(option: Ints, start: Ints) -> Schedule:
    return Schedule.of(option[option >= 0], start[option >= 0])


def _each(problem: Problem, made: Any) -> Problem:
    """The problem with something made of each array of whole numbers."""
    arrays = {each.name: getattr(problem, each.name) for each in fields(problem)}
    return replace(
        problem,
        **{
            name: made(array) for name, array in arrays.items() if isinstance(array, np.ndarray) and array.dtype != bool
        },
    )


def _narrow(array: Ints) -> NDArray[Any]:
    low, high = int(array.min(initial=0)), int(array.max(initial=0))
    return array.astype(np.promote_types(np.min_scalar_type(low), np.min_scalar_type(high)))


def _wide(array: NDArray[Any]) -> Ints:
    return array.astype(np.int64)
