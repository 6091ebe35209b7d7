"""Neighbourhoods of a large-neighbourhood search, selected adaptively by their past gain.

Time windows, pools in a window, similar groups, groups far above their least reduced cost, and random ones. The
mixture was chosen by measurement. Weights are updated by gain per effort: adaptive large-neighbourhood search (Ropke
and Pisinger, 2006, doi:10.1287/trsc.1050.0135).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from leptonopt.algorithms.heuristics.insertion import family_pools
from leptonopt.algorithms.heuristics.partial_schedule import PartialSchedule
from leptonopt.algorithms.lagrangian.cost_guide import CostGuide
from leptonopt.algorithms.lns.subproblem import NeighbourhoodRequest
from leptonopt.problem.arrays import Bools, Floats, Ints
from leptonopt.problem.problem import Problem

KINDS = ("window", "pools", "pairs", "among", "similar", "costly", "random", "core", "affinity")


@dataclass(frozen=True)
class NeighbourhoodTuning:
    """Tuning constants with their units; upper limits unless stated otherwise."""

    second_model_weight: float = 0.3  # first weight of an arm with another than the first model
    least_share: float = 0.15  # share of its first weight that an arm keeps
    effort: float = 0.7  # limit of a subproblem [CP-SAT deterministic time]
    memory: float = 0.9  # share of its old weight in an arm's new weight


TUNING = NeighbourhoodTuning()


class NeighbourhoodSelector:
    """Draws sets of groups to free; deterministic for a seed.

    An arm is a kind of neighbourhood with a subproblem model; each arm has its own weight and size.

    Attributes
    ----------
    arm : the arm drawn last
    sizes : per arm, groups freed at a time; grows while subproblems are proven early, shrinks otherwise
    move : (family, pool) of a whole family that moves to another pool; None otherwise
    only : bool, shape (P,), pools that freed groups may use; None if all
    excess : float, shape (G,), reduced cost of a group above its least, valid for groups not in `stale`
    """

    def __init__(self, problem: Problem, guide: CostGuide, seed: int, models: Sequence[str] = ("columns",)) -> None:
        self.problem = problem
        self.random = np.random.default_rng(seed)
        self.only: Bools | None = None
        self.move: tuple[int, int] | None = None
        groups = problem.groups
        self.excess, self.stale = np.zeros(groups), set[int]()
        self.first = np.full(groups, problem.slots)
        self.last = np.full(groups, -1)
        np.minimum.at(self.first, problem.group, problem.first)
        np.maximum.at(self.last, problem.group, problem.last + problem.duration)
        self.usable = np.array([bool(order) for order in guide.order])
        self.set_guide(guide)
        self.pools = int(problem.pool.max(initial=-1)) + 1
        self.on_pool = np.zeros((groups, self.pools), bool)
        self.on_pool[problem.group, problem.pool] = True
        self.set_pools = family_pools(problem, guide)
        self.arms = [(kind, model) for kind in KINDS if self._applies(kind) for model in models]
        self.weight = {arm: 1.0 if arm[1] == models[0] else TUNING.second_model_weight for arm in self.arms}
        self.least = {arm: TUNING.least_share * weight for arm, weight in self.weight.items()}
        self.sizes = dict.fromkeys(self.arms, 20.0)
        self.arm = self.arms[0]

    def set_guide(self, guide: CostGuide) -> None:
        """Use other multipliers from now on."""
        self.guide = guide
        self.own_least = np.array([guide.least[order[0]] if order else 0 for order in guide.order], float)
        self.invalidate()

    @property
    def kind(self) -> str:
        """Return the kind drawn last."""
        return self.arm[0]

    @property
    def model(self) -> str:
        """Return the subproblem model drawn last."""
        return self.arm[1]

    @property
    def size(self) -> float:
        """Return the number of groups to free at a time."""
        return self.sizes[self.arm]

    def draw(self, partial: PartialSchedule) -> Ints:
        """Draw an arm; return the groups to free, ascending."""
        weights = np.array([self.weight[arm] for arm in self.arms])
        self.arm = self.arms[int(self.random.choice(len(self.arms), p=weights / weights.sum()))]
        self.only, self.move = None, None
        keys = getattr(self, f"_{self.kind}")(partial)
        keys = np.where(self.usable, keys, np.inf)
        many = max(min(int(self.size), int((keys < np.inf).sum())), int((keys == -np.inf).sum()))
        chosen: Ints = np.sort(np.argsort(keys, kind="stable")[:many])
        return chosen

    def request(self, groups: list[int]) -> NeighbourhoodRequest:
        """Return the request for the subproblem of the last draw."""
        effort, seed = TUNING.effort * (2 if self.kind == "core" else 1), int(self.random.integers(2**31))
        return NeighbourhoodRequest(groups, self.model, self.only, self.move, effort, seed)

    def update_weights(self, gain: float, effort: float, proven: bool, share: float) -> None:
        """Update weight and size of the last arm.

        gain : share of the cost; share : used share of the effort limit
        """
        arm = self.arm
        score = min(5.0, 2e3 * gain / max(effort, 0.02))
        self.weight[arm] = max(self.least[arm], TUNING.memory * self.weight[arm] + (1 - TUNING.memory) * score)
        if proven and share < 0.35:
            self.sizes[arm] = min(self.size * 1.12 + 0.5, float(self.problem.groups))
        elif not proven and gain <= 0:
            self.sizes[arm] = max(10.0, self.size * 0.94)

    def _applies(self, kind: str) -> bool:
        """Return whether a kind can be drawn on this problem."""
        if kind == "window":
            return self.problem.slots > 1
        if kind in ("pools", "pairs", "among"):
            return self.pools > 2
        if kind == "affinity":
            return any(len(pools) > 1 for pools in self.set_pools)
        return True

    def _noise(self) -> Floats:
        """Return random keys."""
        return self.random.random(self.problem.groups)

    def _random(self, partial: PartialSchedule) -> Floats:
        """Return keys of random groups."""
        return self._noise()

    def _spans(self, partial: PartialSchedule) -> tuple[Ints, Ints]:
        """Return first and last slots of groups, int64, shapes (G,); the whole window for those left out."""
        start, end = np.array(partial.start), np.array(partial.end)
        idle = start < 0
        return np.where(idle, self.first, start), np.where(idle, self.last, end)

    def _window(self, partial: PartialSchedule) -> Floats:
        """Return keys of groups near a random slot."""
        start, end = self._spans(partial)
        moment = self.random.integers(self.problem.slots)
        distance = np.maximum(0, np.maximum(start - moment, moment - end + 1)).astype(float)
        idle = np.array(partial.start) < 0
        keys: Floats = distance + self._noise() * (1 + 0.05 * self.problem.slots) + idle * 0.02 * self.problem.slots
        return keys

    def _groups_on(self, partial: PartialSchedule, pools: Ints) -> Bools:
        """Return groups that run on some pools, and those left out that could, bool, shape (G,)."""
        on_pools: Bools = np.asarray(self.on_pool[:, pools].any(axis=1))
        for group, columns in enumerate(partial.runs):
            if columns:
                on_pools[group] = any(int(self.problem.pool[option]) in pools for option, _ in columns)
        return on_pools

    def _pools(self, partial: PartialSchedule) -> Floats:
        """Return keys of groups on two or three pools near a random slot."""
        pools = self.random.choice(self.pools, int(self.random.integers(2, min(4, self.pools))), replace=False)
        keys = self._window(partial) if self.problem.slots > 1 else self._noise()
        return np.where(self._groups_on(partial, pools), keys, np.inf)

    def _pairs(self, partial: PartialSchedule) -> Floats:
        """Return keys of groups on two pools at any time, then of random ones."""
        pools = self.random.choice(self.pools, 2, replace=False)
        return self._noise() + np.where(self._groups_on(partial, pools), 0.0, 0.85)

    def _among(self, partial: PartialSchedule) -> Floats:
        """Return keys of groups on some pools at any time, to be reassigned among these pools only.

        Such subproblems are large and are still proven early.
        """
        order, count = self.random.permutation(self.pools), np.zeros(self.pools)
        for columns in partial.runs:
            for option, _ in columns:
                count[self.problem.pool[option]] += 1
        needed = int(np.searchsorted(np.cumsum(count[order]), self.size))
        self.only = np.zeros(self.pools, bool)
        self.only[order[: max(2, needed)]] = True
        return np.where(self._groups_on(partial, np.flatnonzero(self.only)), self._noise(), np.inf)

    def _affinity(self, partial: PartialSchedule) -> Floats:
        """Return keys of a whole family, to move to another pool, and of groups there."""
        family = int(self.random.choice([at for at, pools in enumerate(self.set_pools) if len(pools) > 1]))
        members = partial.shape.families[family]
        now = {partial.shape.pool[option] for group in members for option, _ in partial.runs[group]}
        pools = [pool for _, pool in self.set_pools[family] if pool not in now]
        self.move = family, int(self.random.choice(pools))
        keys = np.where(self._groups_on(partial, np.array([self.move[1]])), self._noise(), np.inf)
        keys[members] = -np.inf
        return keys

    def _similar(self, partial: PartialSchedule) -> Floats:
        """Return keys of groups that share pools and slots with a random one."""
        seed = int(self.random.integers(self.problem.groups))
        start, end = self._spans(partial)
        shared = np.minimum(end, end[seed]) - np.maximum(start, start[seed])
        overlap = np.clip(shared / max(1, end[seed] - start[seed]), 0, 1)
        pools = (self.on_pool & self.on_pool[seed]).sum(axis=1) / max(1, self.on_pool[seed].sum())
        keys: Floats = -overlap - 0.5 * pools + self._noise()
        keys[seed] = -9.0
        return keys

    def invalidate(self, groups: Iterable[int] | None = None) -> None:
        """Mark the reduced costs of some groups, or of all, as stale."""
        self.stale = set(range(self.problem.groups)) if groups is None else self.stale | set(groups)

    def _updated_excess(self, partial: PartialSchedule) -> Floats:
        """Return per group its reduced cost above its least, float, shape (G,)."""
        for group in sorted(self.stale):
            columns = partial.runs[group]
            now = [
                int(partial.start_costs(option, start, start, self.guide.prefix, self.guide.scale)[0])
                for option, start in columns
            ]
            if partial.missing[group]:
                now.append(partial.shape.value[group] * self.guide.scale)
            self.excess[group] = max(now, default=0) - self.own_least[group]
        self.stale = set()
        return self.excess

    def _costly(self, partial: PartialSchedule) -> Floats:
        """Return keys of some groups far above their least reduced cost, and their neighbours in time."""
        excess = np.maximum(self._updated_excess(partial), 0) + 1e-9
        lottery = -np.log(self._noise()) / excess
        chosen = np.argsort(lottery)[: max(2, int(self.size / 4))]
        keys = self._window(partial) if self.problem.slots > 1 else 1 + self._noise()
        keys[chosen] = -1.0
        return keys

    def _core(self, partial: PartialSchedule) -> Floats:
        """Return keys of groups whose own and other columns have nearly the same reduced cost."""
        excess = self._updated_excess(partial)
        typical = float(np.median(np.abs(excess))) + 1e-9
        return self._noise() - 0.7 * np.clip(excess / typical, 0, 1)
