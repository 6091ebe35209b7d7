"""Choose the machine of jobs on spot capacity slot by slot.

A job has a spot option, on a pool whose capacity a trace gives, and a sure one, on a pool that has room for all jobs.
In each slot it runs on one of them or waits. A start after the first loses the restart time of the task's segments.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from math import ceil, gcd, lcm

import numpy as np

from leptonopt.compile.work_options import ConcreteOption
from leptonopt.problem.arrays import Floats
from leptonopt.simulation.availability import (
    AGES,
    IDLE,
    SPOT,
    SURE,
    Forecast,
    Machine,
    Recursion,
    recursion,
)
from leptonopt.simulation.outcome import Key

MOST_UNITS = 3000  # of work that the recursion tells apart


@dataclass
class Segment:
    """A time on a machine, in slots from `start` to `end`; a start but the first loses `restart` seconds."""

    machine: int
    start: int
    end: int
    restart: int

    def works(self, slot: int) -> int:
        """Return the seconds in which it works; slots have `slot` seconds."""
        return max(0, (self.end - self.start) * slot - self.restart)


@dataclass
class Job:
    """A copy of a task as it runs, and what policies know of it.

    Attributes
    ----------
    ways : the spot option and the sure one, by machine, as stated.
    release, deadline : slots.
    restart : seconds that a start loses.
    most : segments at most; the last one is on the sure machine, so that nothing ends it.
    slot : seconds of a slot.
    machine : what it ran on in the slot before.
    """

    key: Key
    ways: Mapping[int, ConcreteOption]
    release: int
    deadline: int
    restart: int
    most: int
    slot: int
    machine: int = IDLE
    ended: int | None = None
    segments: list[Segment] = field(default_factory=list)

    def done(self, factor: Fraction = Fraction(1)) -> Fraction:
        """Return the share of the work that is done, where runs take `factor` times as long as stated."""
        worked = (Fraction(each.works(self.slot)) / self.ways[each.machine].duration for each in self.segments)
        return sum(worked, Fraction(0)) / factor

    @property
    def work(self) -> Fraction:
        """Return the seconds of all work on the sure machine."""
        return self.ways[SURE].duration

    @property
    def left(self) -> Fraction:
        """Return the seconds of work that are left on the sure machine, as far as is known; more than 0."""
        return max(Fraction(1), (1 - self.done()) * self.work)

    @property
    def pending(self) -> int:
        """Return the seconds that the start of the running segment still loses."""
        if self.machine == IDLE:
            return 0
        last = self.segments[-1]
        return max(0, last.restart - (last.end - last.start) * self.slot)

    def needs(self, restarts: int) -> int:
        """Return the slots that the rest takes on the sure machine behind so many restarts."""
        return ceil((self.left + restarts * self.restart) / self.slot)

    def productive(self, available: bool) -> bool:
        """Return whether it works on spot and can go on, as fast as on the sure machine."""
        return self.machine == SPOT and available and not self.pending and self._as_fast

    @property
    def _as_fast(self) -> bool:
        return self.ways[SPOT].duration <= self.ways[SURE].duration

    def run(self, machine: int, slot: int, factor: Fraction) -> None:
        """Run on a machine for a slot, or wait."""
        if machine == IDLE:
            self.machine = IDLE
            return
        if machine != self.machine:
            self.segments.append(Segment(machine, slot, slot, self.restart if self.segments else 0))
        self.segments[-1].end, self.machine = slot + 1, machine
        if self.done(factor) >= 1:
            self.ended = slot + 1


Rule = Callable[[Job, int, bool], int]  # job, slot, whether spot capacity is there, to a machine


def uniform_progress(job: Job, slot: int, available: bool) -> int:
    """Return the machine by Uniform Progress (Wu and others, 2024, Can't Be Late, NSDI).

    Spot is used whenever it is there. A job that waits goes to the sure machine when its progress is below that of a
    steady run from release to deadline, and stays until it is two restarts ahead. A job that has time for no more than
    two restarts goes there for good.
    """
    left, progress = job.deadline - slot, job.work - job.left

    def expected(seconds: int) -> Fraction:
        return job.work * seconds / max(1, (job.deadline - job.release) * job.slot)

    elapsed = (slot - job.release) * job.slot
    if job.productive(available):
        return SPOT
    if job.needs(1) >= left or (job.machine != SPOT and job.needs(2) >= left):
        return SURE
    if available:
        return SPOT
    ahead = elapsed + 2 * job.restart if job.machine == SURE else elapsed
    return SURE if progress < expected(ahead) else IDLE


def threshold(job: Job, slot: int, available: bool) -> int:
    """Return the machine by the latest safe start: spot or nothing until the time left is needed in full."""
    if job.productive(available):
        return SPOT
    if job.needs(1) >= job.deadline - slot:
        return SURE
    return SPOT if available else IDLE


def as_planned(wishes: Mapping[Key, Mapping[int, int]]) -> Rule:
    """Return the rule that follows a plan until the time left is needed in full."""

    def rule(job: Job, slot: int, available: bool) -> int:
        wish = wishes.get(job.key, {})
        wanted = wish.get(slot, IDLE)
        if not job.productive(available) and job.needs(1) >= job.deadline - slot:
            return SURE
        if wish and slot > max(wish):  # behind its plan
            return SPOT if available else IDLE
        return IDLE if wanted == SPOT and not available else wanted

    return rule


class Rolling:
    """The rule of least expected cost, by a recursion over the forecast that is made every so often.

    Attributes
    ----------
    prices : money by slot of each machine, by copy.
    missed : money that a missed deadline costs.
    every : slots between two recursions.
    """

    def __init__(self, prices: Mapping[Key, Mapping[int, Floats]], missed: float, every: int) -> None:
        self.prices, self.missed, self.every = prices, missed, every
        self.forecasts: dict[str, Forecast] = {}
        self._recursions: dict[Key, Recursion] = {}

    def see(self, available: Mapping[str, bool]) -> None:
        """Count what is there in a slot, by pool."""
        for pool, there in available.items():
            self.forecasts.setdefault(pool, Forecast()).see(there)

    def __call__(self, job: Job, slot: int, available: bool) -> int:
        """Return the machine of least expected cost."""
        if slot >= job.deadline:
            return SURE
        forecast = self.forecasts[job.ways[SPOT].pool]
        found, unit = self._recursions.get(job.key), self._unit(job)
        if found is None or slot - found.first >= self.every:
            found = self._recursions[job.key] = self._recursion(job, slot, forecast, unit)
        lost = job.pending * job.work / job.ways[job.machine].duration if job.machine else 0
        first = 0 if job.segments else job.restart  # the first start loses nothing
        left = ceil((job.left + lost - first) / unit)
        assert forecast.state is not None
        state = forecast.state if available else min(forecast.state, AGES - 1)  # others may hold what is there
        return found.decide(slot, state, job.machine, max(1, left))

    def _recursion(self, job: Job, slot: int, forecast: Forecast, unit: Fraction) -> Recursion:
        prices = self.prices[job.key]
        spot, sure = (self._machine(job, machine, prices[machine], unit) for machine in (SPOT, SURE))
        units = ceil((job.left + job.restart) / unit) + max(spot.restart, sure.restart) + max(spot.work, sure.work)
        late = self.missed + float(prices[SURE][-1]) * np.arange(units + 1) / max(1, sure.work)
        late[0] = 0.0
        return recursion(forecast, spot, sure, units, slot, job.deadline, late, self.every)

    @staticmethod
    def _unit(job: Job) -> Fraction:
        """Return the seconds of work of a unit: all amounts are multiples, or it is coarser."""
        speed = job.work / job.ways[SPOT].duration
        exact = [each for each in (job.work, job.slot, job.restart, job.slot * speed, job.restart * speed) if each]
        fine = lcm(*(Fraction(each).denominator for each in exact))
        return max(Fraction(gcd(*(int(each * fine) for each in exact)), fine), job.work / MOST_UNITS)

    @staticmethod
    def _machine(job: Job, machine: int, price: Floats, unit: Fraction) -> Machine:
        speed = job.work / job.ways[machine].duration
        return Machine(int(job.slot * speed / unit), ceil(job.restart * speed / unit), price)
