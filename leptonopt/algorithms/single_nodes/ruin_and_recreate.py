"""Ruin and recreate on single nodes: neighbours on a node are removed and inserted again.

After Schrimpf et al. (2000, doi:10.1006/jcph.1999.6413); neighbours in place and time as in the string removals of
Christiaens and Vanden Berghe (2020, doi:10.1287/trsc.2019.0914). A step that costs little more is accepted; how much
falls to nothing (threshold accepting, Dueck and Scheuer 1990, doi:10.1016/0021-9991(90)90201-B).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from leptonopt.algorithms.single_nodes.construction import construct, never, volumes
from leptonopt.algorithms.single_nodes.partial_schedule import SingleNodeSchedule
from leptonopt.problem.arrays import Ints


@dataclass(frozen=True)
class RuinTuning:
    """Tuning constants of ruin and recreate on single nodes.

    Attributes
    ----------
    groups : groups taken out in a step at most
    random_share : share of the steps that take out groups anywhere instead of neighbours
    threshold : share of the mean cost of a group that a step may cost more, at the beginning
    noise : noise on the order of insertion by volume, relative; one of them in a step
    by_part : shares of a node's price that are paid by the part taken (`node_costs`); one of them in a step
    """

    groups: int = 30
    random_share: float = 0.5
    threshold: float = 0.2
    noise: tuple[float, float] = (0.1, 1.0)
    by_part: tuple[float, ...] = (0.0, 0.0, 0.5, 0.75)


TUNING = RuinTuning()


class RuinAndRecreate:
    """Ruin and recreate from a complete schedule.

    Attributes
    ----------
    best, best_cost : the best schedule, and its cost [money units]
    cost : cost of the schedule now [money units]
    """

    def __init__(self, placing: SingleNodeSchedule, seed: int) -> None:
        self.placing, self.problem = placing, placing.problem
        self.random = np.random.default_rng(seed)
        self.volume = volumes(self.problem)
        self.on_kind: list[set[int]] = [set() for _ in range(len(self.problem.nodes) + 1)]
        self.group_cost = [0] * self.problem.groups
        self.node_cost = [placing.node_cost(kind) for kind in range(len(self.problem.nodes))]
        self.cost = sum(self.node_cost)
        self._enter(range(self.problem.groups))
        self.best, self.best_cost = placing.schedule(), self.cost

    def run(self, done: Callable[[], float]) -> None:
        """Run until `done`, the share of the search that is over, reaches 1."""
        start = TUNING.threshold * abs(self.cost) / max(1, self.problem.groups)
        while self.problem.groups and (share := done()) < 1:
            self.step(start * (1 - share) ** 2)

    def step(self, threshold: float) -> None:
        """Take some groups out and insert them again; go back where that costs more than the threshold."""
        groups, before = self._neighbours().tolist(), self.cost
        kinds = self._leave(groups)
        ran = {group: self.placing.remove_group(group) for group in groups}
        noise = 1 + float(self.random.choice(TUNING.noise)) * self.random.random(len(groups))
        order = np.array(groups)[np.argsort(-self.volume[groups] * noise)]
        construct(self.placing, order, never, float(self.random.choice(TUNING.by_part)))
        self._update(kinds | self._enter(groups))
        whole = all(self.problem.optional[group] or not self.placing.missing[group] for group in groups)
        if not whole or self.cost > before + threshold:
            self._go_back(ran)
        elif self.cost < self.best_cost:
            self.best, self.best_cost = self.placing.schedule(), self.cost

    def _go_back(self, ran: dict[int, list[tuple[int, int]]]) -> None:
        kinds = self._leave(ran)
        for group in ran:
            self.placing.remove_group(group)
        for group, columns in ran.items():
            for option, start in columns:
                self.placing.insert(group, option, start)
        self._update(kinds | self._enter(ran))

    def _neighbours(self) -> Ints:
        """Return groups near a random one on its node and in time, or random ones, int64."""
        many = 1 + int(self.random.integers(TUNING.groups))
        seed = int(self.random.integers(self.problem.groups))
        columns = self.placing.columns
        if self.random.random() < TUNING.random_share or not columns[seed]:
            return self.random.choice(self.problem.groups, min(self.problem.groups, many), replace=False)
        option, start = columns[seed][0]
        near = np.array(sorted(self.on_kind[self.placing.kind_of[option]]), np.int64)
        begin = np.array([columns[group][0][1] for group in near.tolist()])
        distance = np.abs(begin - start) + self.random.random(len(near))
        return np.asarray(near[np.argsort(distance)[:many]])

    def _leave(self, groups: Iterable[int]) -> set[int]:
        """Take groups off the lists of their nodes; return these nodes."""
        found = set()
        for group in groups:
            for option, _ in self.placing.columns[group]:
                kind = int(self.placing.kind_of[option])
                self.on_kind[kind].discard(group)
                found.add(kind)
        return found

    def _enter(self, groups: Iterable[int]) -> set[int]:
        """Put groups on the lists of their nodes, and count their costs; return these nodes."""
        found = set()
        for group in groups:
            total = int(self.placing.missing[group] * self.problem.value[group])
            for option, start in self.placing.columns[group]:
                kind = int(self.placing.kind_of[option])
                self.on_kind[kind].add(group)
                found.add(kind)
                total += self.placing.running_cost(group, option, start)
            self.cost += total - self.group_cost[group]
            self.group_cost[group] = total
        return found

    def _update(self, kinds: set[int]) -> None:
        """Count the costs of nodes anew."""
        for kind in kinds - {-1}:
            cost = self.placing.node_cost(kind)
            self.cost += cost - self.node_cost[kind]
            self.node_cost[kind] = cost
