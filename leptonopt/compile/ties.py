"""Secondary goals: what options consume of some names is made least among plans of equal objective.

The goals are lexicographic. Money is counted in a unit that is finer by a factor, so that all goals together cost less
than the least difference of money: a plan of least total cost is one of least money, and among these one of least ties.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import lcm

from leptonopt.compile.pool_options import representatives
from leptonopt.compile.windows import TaskWindows
from leptonopt.compile.work_options import ConcreteOption, as_fraction
from leptonopt.instance import ENDS, Instance

MAX_FACTOR = 2**30
NONE = Fraction(0)


class Ties:
    """The secondary goals of an instance.

    Attributes
    ----------
    factor : by which money is counted finer; 1 without such goals.
    end : what ending a slot later costs, in units of 1 / `factor` of the unit of money; 0 without the goal `ends`.
    """

    def __init__(self, instance: Instance, tasks: TaskWindows) -> None:
        self._weights: list[tuple[str, int, int]] = []  # name, units in one, weight of a unit
        self.factor, self.end = 1, 0
        for name in reversed(instance.objective.ties):
            if name == ENDS:
                self.end = self.factor
                self.factor *= sum(task.copies for task in instance.tasks) * instance.time.slots + 1
                continue
            ways = [[column.way for column in representatives(columns)] for columns in tasks.columns]
            units = lcm(*{_amount(way, name).denominator for found in ways for way in found})
            most = [max((_amount(way, name) for way in found), default=Fraction(0)) for found in ways]
            total = sum((task.copies * each for task, each in zip(instance.tasks, most, strict=True)), Fraction(0))
            self._weights.append((name, units, self.factor))
            self.factor *= int(total * units) + 1

    def slope(self, late: int) -> int:
        """Return what ending a slot later costs: as lateness does, which comes first, or by the ties."""
        return late or self.end

    def cost(self, way: ConcreteOption) -> int:
        """Return what an option costs by its ties, in units of 1 / `factor` of the unit of money."""
        return sum(weight * int(_amount(way, name) * units) for name, units, weight in self._weights)

    def key(self, way: ConcreteOption) -> Sequence[Fraction]:
        """Return what two options must have in common to be alike."""
        return [_amount(way, name) for name, _, _ in self._weights]

    def drop(self) -> None:
        """Do without: money would have to be coarsened for them."""
        self._weights, self.factor, self.end = [], 1, 0


def _amount(way: ConcreteOption, name: str) -> Fraction:
    return as_fraction(way.consumes[name]) if name in way.consumes else NONE
