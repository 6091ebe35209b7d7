"""The ascent of prices on what services and tasks share.

With multipliers u >= 0 on the rows, and others on the rows that count starts and stops of replicas, tasks take their
cheapest columns (`lagrangian.capacity_dual`) and services their cheapest cover of each slot (`slot_bound`). What all of
them hold, less the capacity, is a subgradient. The covers are whole, so the value ends above that of the linear
relaxation of the services.

The means of the covers over the last rounds approach fractional replicas that fit (the volume algorithm; Barahona and
Anbil 2000, doi:10.1007/s101070050002).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from leptonopt.algorithms.lagrangian.adam_ascent import AdamAscent
from leptonopt.algorithms.lagrangian.capacity_dual import STEADY, Answer, DualAscent
from leptonopt.algorithms.lagrangian.pricing import BlockPricer
from leptonopt.algorithms.services.construction import Planner
from leptonopt.algorithms.services.joint_relaxation import Relaxed
from leptonopt.algorithms.services.slot_bound import slot_bound
from leptonopt.problem.arrays import Floats, Ints
from leptonopt.problem.problem import Problem
from leptonopt.runtime.clock import check_time_each
from leptonopt.runtime.deadline import Deadline


@dataclass(frozen=True)
class JointAscentSettings:
    """Counts and slopes of the ascent.

    Attributes
    ----------
    rounds : at most
    patience, slope : rounds over which a relative gain below this ends it
    kept : share of the mean of the covers that is kept from round to round
    """

    rounds: int = 500
    patience: int = 30
    slope: float = 2e-5
    kept: float = 0.95


SETTINGS = JointAscentSettings()


class JointAscent(DualAscent):
    """The ascent of multipliers on rows, and on starts and stops of replicas.

    Attributes
    ----------
    switching : multipliers of starts and stops, shape (2, W, T) [money units]
    on : float, shape (W, T), the mean of the replicas in the covers of the last rounds
    """

    def __init__(self, problem: Problem, planner: Planner, start: Relaxed) -> None:
        super().__init__(problem, BlockPricer(problem), STEADY, start.prices.astype(float))
        self.limited = self.adam.free = self.limited & (planner.owned.row[:, None] < 0)
        costs = problem.services.costs
        self.states = [planner.states(service) for service in range(len(problem.services))]
        self.top = np.maximum(0.0, np.stack([costs.start, costs.stop]))
        self.switching = AdamAscent(np.minimum(start.switching, self.top), self.top > 0, STEADY)
        self.on = start.on
        self._covers = np.zeros(start.on.shape, np.int64)

    def step(self) -> float:
        """Return the value at the multipliers now, and take a step along the subgradient."""
        value = super().step()
        if not self.switching.record(value):
            self.switching.return_to_best()
        self.switching.move(self._switched(self._covers), self.top)
        self.switching.price = np.minimum(self.switching.price, self.top)
        self.on = SETTINGS.kept * self.on + (1 - SETTINGS.kept) * self._covers
        return value

    def relaxed(self) -> Relaxed:
        """Return the best multipliers, rounded."""
        prices, switching = (np.rint(each.best_price).astype(np.int64) for each in (self.adam, self.switching))
        return Relaxed(prices, switching, self.on, self.best)

    def _answer(self, price: Floats, weight: Floats) -> tuple[float, Answer]:
        """Return the value at multipliers, and what tasks choose there in what the covers of services leave."""
        value, answer = super()._answer(price, weight)
        prices, switching = (np.rint(each).astype(np.int64) for each in (price, self.switching.price))
        found = [each for one in self.states if (each := slot_bound(one, prices, switching)) is not None]
        if len(found) < len(self.states):
            return -np.inf, answer
        value += sum(each.bound for each in found)
        self._covers = np.concatenate([each.on for each in found])
        held = self.problem.services.load(self._covers, len(price))
        return value, replace(answer, room=answer.room - held)

    def _move(self, usage: Floats, room: Floats, best: Floats) -> None:
        """Take a step along what tasks and services hold less the capacity, relative to the capacity."""
        if self._level is None:
            self._level = np.maximum(self._levels(best), self.problem.price.mean(axis=1, keepdims=True))
        most = np.where(self.supplied, self.problem.capacity, self.capacity)
        self.adam.move(np.where(self.limited, usage - room, 0.0) / np.maximum(1.0, most), self._level)

    def _switched(self, on: Ints) -> Floats:
        """Return what replicas on change from the slot before, and to the slot after, float, shape (2, W, T)."""
        before = np.concatenate([self.problem.services.running[:, None], on[:, :-1]], axis=1)
        after = np.concatenate([on[:, 1:], np.zeros((len(on), 1), np.int64)], axis=1)
        return np.stack([on - before, on - after]).astype(float)


def ascended(problem: Problem, planner: Planner, start: Relaxed, seconds: float) -> Relaxed | None:
    """Return the best multipliers after an ascent; None where a service has no bound by slots."""
    deadline, ascent = Deadline.after(seconds), JointAscent(problem, planner, start)
    for _ in check_time_each(range(SETTINGS.rounds)):
        if not np.isfinite(ascent.step()):
            return None
        if deadline.expired() or ascent.slope(SETTINGS.patience) < SETTINGS.slope:
            break
    return ascent.relaxed()
