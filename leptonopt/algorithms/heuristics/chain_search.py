"""Construction and ruin and recreate where tasks may be cut into segments.

A task in segments is placed as a whole, by the cheapest path over the slots and the capacity that are left
(`lagrangian.segment_path`); other groups take their cheapest column. Some neighbouring tasks are removed and placed
again, in random order and at prices with noise, and what costs no more is kept (Schrimpf et al., 2000,
doi:10.1006/jcph.1999.6413). Mandatory tasks without a place weigh more than any cost.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from leptonopt.algorithms.heuristics.insertion import cost_limit, insert_copies
from leptonopt.algorithms.heuristics.multistart import MultiStart
from leptonopt.algorithms.heuristics.partial_schedule import Column, PartialSchedule, ProblemIndex
from leptonopt.algorithms.lagrangian.cost_guide import CostGuide
from leptonopt.algorithms.lagrangian.path_dual import PRICE_SCALE, restricted_least
from leptonopt.algorithms.lagrangian.pricing import BlockPricer
from leptonopt.algorithms.lagrangian.segment_path import Path, cheapest_path
from leptonopt.problem.arrays import Bools
from leptonopt.problem.feasibility import violated_rules
from leptonopt.problem.problem import Problem
from leptonopt.problem.protocol import Limits, Monitor, NullMonitor
from leptonopt.problem.schedule import Schedule, objective, with_node_schedule
from leptonopt.problem.slot_chain import SlotChain
from leptonopt.problem.whole_chains import whole_chains

Runs = dict[int, dict[Column, int]]


@dataclass(frozen=True)
class ChainSearchTuning:
    """Tuning constants.

    Attributes
    ----------
    removed : tasks removed in a step, exclusive
    noise : standard deviation of the noise on prices, as a share
    noisy : share of the steps with noise
    copies : copies of a group of whole tasks up to which it is removed
    """

    removed: int = 5
    noise: float = 0.2
    noisy: float = 0.5
    copies: int = 64


TUNING = ChainSearchTuning()


class ChainSearch:
    """A partial schedule of tasks, each a chain or a group; deterministic for a seed.

    Attributes
    ----------
    tasks : per task, its groups in order
    chains : by task, the chains by slots
    found, cost : the best schedule that keeps all rules, and its objective
    """

    def __init__(self, problem: Problem, monitor: Monitor, seed: int) -> None:
        self.problem, self.monitor, self.random = problem, monitor, np.random.default_rng(seed)
        chained = {int(g): at for at, chain in enumerate(problem.chains) for g in chain.groups.tolist()}
        whole = [[group] for group in range(problem.groups) if group not in chained]
        self.tasks = [chain.groups.tolist() for chain in problem.chains] + whole
        self.chains = dict(enumerate(SlotChain(problem, chain) for chain in problem.chains))
        self.placing = PartialSchedule(problem, ProblemIndex(problem))
        self.guide = self._guide()
        self.price = np.zeros(problem.capacity.shape, np.int64)  # on capacity, for steps with noise [1/PRICE_SCALE]
        self.limits = min((chain.quota for chain in problem.chains), default=len(problem.quotas))
        self.rank = self._ranks()
        self.found: Schedule | None = None
        self.cost = 0

    def _guide(self) -> CostGuide:
        """Return the costs of whole tasks; options of segments are not looked at."""
        least = restricted_least(self.problem, np.concatenate([[], *(self.tasks[len(self.chains) :])]).astype(np.int64))
        guide = CostGuide(self.problem, self.problem.price_sum, least)
        guide.bare = True
        return guide

    def _ranks(self) -> list[float]:
        """Return the place of each task: after what it waits for, then by the latest start of its first group."""
        shape, last = self.placing.shape, np.full(self.problem.groups, self.problem.slots)
        np.minimum.at(last, self.problem.group, self.problem.last)
        return [shape.rank[groups[0]] + int(last[groups[0]]) / (self.problem.slots + 1) for groups in self.tasks]

    # --- construction ---

    def start(self, given: Schedule | None) -> None:
        """Take a schedule that keeps all rules but `once`, and place all other tasks, urgent ones first."""
        if given is not None and violated_rules(self.problem, given) <= {"once"}:
            for option, start, count in given:
                self.placing.insert(option, start, count)
        order = sorted(range(len(self.tasks)), key=self.rank.__getitem__)
        for at in order:
            if self.monitor.should_stop():
                return
            self.place(at, noisy=False)
        self.report()

    def place(self, at: int, noisy: bool) -> bool:
        """Place a task where it costs least; return whether all of it is placed."""
        if at not in self.chains:
            group = self.tasks[at][0]
            return insert_copies(self.placing, group, self.guide, cost_limit(self.placing, group))
        chain, placing = self.chains[at], self.placing
        if not placing.missing[self.tasks[at][0]]:
            return True
        path = self._path(chain, noisy)
        worth = int(self.problem.value[self.tasks[at][0]]) * (PRICE_SCALE if noisy else 1)
        if path is None or (path.cost > worth and not self._needed(chain)):
            return False
        return self._insert(at, chain, path)

    def _needed(self, chain: SlotChain) -> bool:
        """Return whether a chain must run, or something waits for it that does."""
        behind = (group for group, _ in self.placing.shape.successors[chain.last])
        return not chain.optional or any(self.placing.start[group] >= 0 for group in behind)

    def _path(self, chain: SlotChain, noisy: bool) -> Path | None:
        """Return the cheapest path on what is free, between what the task waits for and what waits for it."""
        low, high = self._window(chain)
        if low >= high:
            return None
        free = self._free(chain)
        free[:, :low] = False
        free[:, high:] = False
        late = self.problem.late(chain.last, np.arange(chain.slots + 1))
        if not noisy:
            return cheapest_path(chain, free, chain.slot_cost, late)
        noise = 1 + np.abs(self.random.normal(0, TUNING.noise, chain.slot_cost.shape))
        priced = chain.priced(self.price, PRICE_SCALE) * noise
        return cheapest_path(chain, free, priced.astype(np.int64), late * PRICE_SCALE, PRICE_SCALE)

    def _window(self, chain: SlotChain) -> tuple[int, int]:
        """Return the slots between the ends of what a chain waits for and the starts of what waits for it."""
        shape, placing = self.placing.shape, self.placing
        low, high = 0, chain.slots
        for before, lag in shape.predecessors[int(chain.chain.groups[0])]:
            low = max(low, placing.end[before] + lag if placing.end[before] >= 0 else chain.slots)
        for behind, lag in shape.successors[chain.last]:
            if placing.start[behind] >= 0:
                high = min(high, placing.start[behind] - lag)
        return low, high

    def _free(self, chain: SlotChain) -> Bools:
        """Return where each way fits what is free, bool, shape (W, T)."""
        free = np.zeros(chain.works.shape, bool)
        for way, option in enumerate(chain.sample.tolist()):
            rows, amounts = self.problem.demands(option)
            free[way] = np.all(self.placing.free[rows] >= amounts[:, None], axis=0)
        return free

    def _insert(self, at: int, chain: SlotChain, path: Path) -> bool:
        """Insert the segments of a path, unless the problem does not state them or a quota is exceeded."""
        entries = chain.entries(path.segments)
        first, last = self.problem.first, self.problem.last
        if entries is None or not all(first[option] <= start <= last[option] for option, start in entries):
            return False
        for option, start in entries:
            self.placing.insert(option, start)
        if min(self.placing.quota_left[: self.limits], default=0) < 0:
            for group in self.tasks[at]:
                self.placing.remove_group(group)
            return False
        return True

    # --- improvement ---

    def improve(self, over: Callable[[], bool], steps: int | None = None) -> None:
        """Ruin and recreate until it is over, or for so many steps."""
        turn = 0
        while not self.monitor.should_stop() and not over() and (steps is None or turn < steps):
            turn += 1
            self.step()
            self.report()

    def step(self) -> None:
        """Remove a task and some others, and place them again; undo what costs more."""
        chosen = self._neighbourhood()
        groups = [group for at in chosen for group in self.tasks[at]]
        before = self._value(groups)
        ran: Runs = {group: self.placing.remove_group(group) for group in groups}
        noisy = bool(self.random.random() < TUNING.noisy)
        order = self.random.permutation(chosen).tolist()
        if self._linked(chosen):
            order.sort(key=lambda at: self.placing.shape.rank[self.tasks[at][0]])
        for at in order:
            self.place(at, noisy)
        if self._value(groups) > before:
            for group in groups:
                self.placing.remove_group(group)
            for group in groups:
                self.placing.restore_group(group, ran[group])

    def _value(self, groups: Sequence[int]) -> tuple[int, int]:
        """Return the mandatory copies of groups without a place, and their cost."""
        shape, placing = self.placing.shape, self.placing
        missing = sum(placing.missing[group] for group in groups if not shape.optional[group])
        return missing, placing.cost_of_groups(groups)

    def _linked(self, chosen: Sequence[int]) -> bool:
        shape = self.placing.shape
        return any(shape.predecessors[self.tasks[at][0]] for at in chosen)

    def _neighbourhood(self) -> list[int]:
        """Return a task, mostly one without a place where there is one, and others that run beside it."""
        out = [at for at, groups in enumerate(self.tasks) if self.placing.missing[groups[0]]]
        pick = out if out and self.random.random() < 0.7 else range(len(self.tasks))
        seed = int(self.random.choice(pick))
        few = [at for at in range(len(self.tasks)) if self._removable(at) and at != seed]
        many = min(len(few), int(self.random.integers(0, TUNING.removed)))
        others = self.random.choice(few, many, replace=False).tolist() if many else []
        return ([seed] if self._removable(seed) else []) + others

    def _removable(self, at: int) -> bool:
        """Return whether a task is no large group."""
        return bool(self.problem.copies[self.tasks[at][0]] <= TUNING.copies)

    def report(self) -> None:
        """Report the schedule where it is the best so far and keeps all rules."""
        placing = self.placing
        if any(placing.missing[group] and not placing.shape.optional[group] for group in range(self.problem.groups)):
            return
        if self.found is not None and placing.node_estimate is None and placing.total_cost() >= self.cost:
            return
        schedule = with_node_schedule(self.problem, placing.schedule())
        if violated_rules(self.problem, schedule):
            return
        if self.found is None or objective(self.problem, schedule) < self.cost:
            self.found, self.cost = schedule, objective(self.problem, schedule)
            self.monitor.incumbent(schedule, self.cost)


def whole_start(problem: Problem, limits: Limits) -> Schedule | None:
    """Return a schedule of all tasks that can run as a whole, by multistart; None where none was found."""
    whole = whole_chains(problem)
    starts = MultiStart(whole.problem, BlockPricer(whole.problem), limits, NullMonitor())
    starts.run()
    return None if starts.found is None else whole.schedule(starts.found)
