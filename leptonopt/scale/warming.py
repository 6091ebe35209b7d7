"""Prices from samples: where pools hold many tasks at a time, a part of both has nearly the same prices."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from leptonopt.dual import STEADY, SWIFT, Ascent, Gait
from leptonopt.problem import UNLIMITED, Problem
from leptonopt.scale.classes import classes_of
from leptonopt.scale.oracle import Oracle
from leptonopt.scale.parting import part_of

MANY = 10_000  # groups; from there on prices are to come near in few rounds
FEW = 200_000  # groups; below them a sample is not worth it
PART, FINER = 16, 4  # one of so many groups at most, and then one of so many fewer, until all take part
GRAINS = 16  # demands of the usual size that pools still hold at a time in the first sample, at least
ROUNDS, PATIENCE, SLOPE = 200, 40, 1e-4
GENTLER = 0.3  # steps are so much shorter with the next sample, or they would lose what the last one found


def sampled(problem: Problem) -> int:
    """One of how many groups a sample may have; 1 where there should be none."""
    if problem.groups < FEW or not len(problem.demand):
        return 1
    sample = slice(None, None, max(1, len(problem.demand) // 100_000))
    limits = problem.capacity[problem.demand_row[sample]].max(axis=1)
    grains = (limits // problem.demand[sample])[limits < UNLIMITED]
    return int(min(PART, np.median(grains) // GRAINS)) if len(grains) else 1


def gait(problem: Problem) -> Gait:
    """How the prices of so many groups are sought."""
    return SWIFT if problem.groups >= MANY else STEADY


def warmed(problem: Problem, oracle: Oracle, stop: Callable[[], bool]) -> Ascent:
    """An ascent that begins at the prices of samples, each larger than the one before, where samples are of use."""
    ascent, part = Ascent(problem, oracle, gait=gait(problem)), sampled(problem)
    while part > 1 and not stop():
        found = _sample(problem, oracle, part)
        found.price, found.pace = ascent.price, ascent.pace
        for turn in range(ROUNDS):
            found.step()
            if stop() or (turn > PATIENCE and found.slope(PATIENCE) < SLOPE):
                break
        ascent.price, ascent.pace = found.best_price.copy(), GENTLER * found.pace
        part //= FINER
    return ascent


def _sample(problem: Problem, oracle: Oracle, part: int) -> Ascent:
    """An ascent over one of so many groups and as small a part of the capacity."""
    mine = np.arange(problem.groups) % part == 0
    capacity = np.where(problem.capacity < UNLIMITED, problem.capacity // part, UNLIMITED)
    some, _ = part_of(problem, mine, capacity, problem.copies)
    classes = classes_of(some, problem.capacity)
    return Ascent(some, Oracle(some, classes, problem.capacity, oracle.fast, oracle.threads), gait=SWIFT)
