"""Projected Adam: the ascent of all duals whose multipliers are at least 0.

Adam (Kingma and Ba 2015, arXiv:1412.6980) on a subgradient, projected on multipliers >= 0. Additions: a step per row
in the unit of that row's own level; a return to the best multipliers with shorter steps after rounds without gain;
longer steps after many gains in a row. Any multipliers >= 0 give a valid bound: no result depends on convergence.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from leptonopt.problem.arrays import Bools, Floats


@dataclass(frozen=True)
class AdamParameters:
    """Constants of an ascent.

    Attributes
    ----------
    pace : first step [levels per round]
    momentum, decay : shares of the means of the subgradient and of its square that are kept from round to round
    patience : rounds without gain before the return to the best multipliers
    shorter : factor on the pace at each return
    cooling : rounds; the step is pace / (1 + round / cooling)
    streak, longer, fastest : gains in a row from which on each gain multiplies the pace by `longer`, up to `fastest`:
        multipliers that matter may lie far above the usual level
    forget : clear the mean of the subgradient at each return
    shortest : step [levels] from which on an ascent that never gained is at its end
    """

    pace: float
    momentum: float
    patience: int
    shorter: float
    decay: float = 0.99
    cooling: float = np.inf
    streak: float = np.inf
    longer: float = 1.1
    fastest: float = 50.0
    forget: bool = False
    shortest: float = 1e-3


class AdamAscent:
    """Multipliers on their way up.

    Attributes
    ----------
    price : float, the multipliers now, of any shape
    best, best_price : the highest value so far and its multipliers
    values : the value of every round
    pace : the step now [levels per round], before cooling
    """

    def __init__(self, price: Floats, free: Bools, parameters: AdamParameters) -> None:
        self.price, self.free, self.parameters, self.pace = price, free, parameters, parameters.pace
        self.best, self.best_price = -np.inf, price
        self.values: list[float] = []
        self._mean, self._square = np.zeros_like(price), np.zeros_like(price)
        self._since = self._streak = 0

    @property
    def rate(self) -> float:
        """The step of this round [levels]."""
        return self.pace / (1 + len(self.values) / self.parameters.cooling)

    def record(self, value: float) -> bool:
        """Record the value of the multipliers; return True when it is the best so far."""
        self.values.append(value)
        better = value > self.best
        self._since += 1
        self._streak = self._streak + 1 if better else 0
        if self._streak >= self.parameters.streak:
            self.pace = min(self.pace * self.parameters.longer, self.parameters.fastest)
        if better:
            self.best, self.best_price, self._since = value, self.price, 0
        return better

    def return_to_best(self) -> bool:
        """Return to the best multipliers, with a shorter step, after rounds without gain; True when done."""
        if self._since < self.parameters.patience:
            return False
        self.price, self._since = self.best_price, 0
        self.pace *= self.parameters.shorter
        if self.parameters.forget:
            self._mean[:] = 0
        return True

    def adopt(self, value: float, price: Floats) -> bool:
        """Take over multipliers that were found elsewhere; return True when their value is the best so far."""
        if value <= self.best:
            return False
        self.best, self.best_price, self.price, self._since = value, price, price, 0
        return True

    def restart(self, pace: float) -> None:
        """Forget all steps, and go on from the best multipliers at a pace."""
        self.price, self.pace, self.values = self.best_price, pace, []
        self._mean, self._square = np.zeros_like(self.price), np.zeros_like(self.price)
        self._since = self._streak = 0

    def move(self, subgradient: Floats, level: Floats) -> None:
        """Take a step along a subgradient; `level` is the unit of each row's step."""
        turn, momentum, decay = len(self.values), self.parameters.momentum, self.parameters.decay
        self._mean += (1 - momentum) * (subgradient - self._mean)
        self._square += (1 - decay) * (subgradient**2 - self._square)
        ahead = self._mean / (1 - momentum**turn)
        size = np.sqrt(self._square / (1 - decay**turn)) + 1e-9
        self.price = np.where(self.free, np.maximum(0.0, self.price + self.rate * level * ahead / size), 0.0)

    def slope(self, rounds: int) -> float:
        """Return the relative gain of the best value over the last rounds; infinite while nothing can be said.

        That is while there are fewer rounds; and while the first multipliers are the best and steps are still long:
        then no step was short enough to gain.
        """
        if len(self.values) <= rounds or (self.best <= self.values[0] and self.rate > self.parameters.shortest):
            return float("inf")
        return (self.best - max(self.values[:-rounds])) / max(1.0, abs(self.best))


class Ascent:
    """Share what the ascents of all duals have: multipliers, moved by `adam`."""

    adam: AdamAscent

    @property
    def price(self) -> Floats:
        """The multipliers now."""
        return self.adam.price

    @property
    def best_price(self) -> Floats:
        """The multipliers with the highest value so far."""
        return self.adam.best_price

    @property
    def best(self) -> float:
        """The highest value so far."""
        return self.adam.best

    @property
    def values(self) -> list[float]:
        """The value of every round."""
        return self.adam.values

    def slope(self, rounds: int) -> float:
        """Return the relative gain of the best value over the last rounds; see `AdamAscent.slope`."""
        return self.adam.slope(rounds)
