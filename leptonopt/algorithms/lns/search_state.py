"""State of a large-neighbourhood search: current schedule, incumbent and bound."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from leptonopt.algorithms.heuristics.multistart import MultiStart
from leptonopt.algorithms.heuristics.partial_schedule import PartialSchedule
from leptonopt.algorithms.lns.subproblem import PlacedColumns, SubproblemResult, make_partial_schedule
from leptonopt.problem.feasibility import violated_rules
from leptonopt.problem.problem import Problem
from leptonopt.problem.protocol import Monitor
from leptonopt.problem.schedule import Schedule, objective, with_node_schedule


@dataclass(frozen=True)
class ReportTuning:
    """Tuning constants with their units; upper limits unless stated otherwise."""

    small: int = 4000  # groups up to which every gain is committed at once
    turns: int = 15  # turns between commits in larger problems


TUNING = ReportTuning()


class SearchState:
    """Current schedule and what was reported of it.

    Attributes
    ----------
    best, cost : the incumbent, which keeps every rule, and its objective
    placing : the current schedule; its cost is about `pending_gain` below the incumbent's
    bound : proven lower bound
    """

    def __init__(self, starts: MultiStart, monitor: Monitor, bound: int) -> None:
        assert starts.found is not None
        self.problem: Problem = starts.problem
        self.shape, self.monitor, self.bound = starts.shape, monitor, bound
        self.best, self.cost = starts.found, starts.cost
        self.placing: PartialSchedule = make_partial_schedule(self.problem, self.shape, self.best)
        self.pending_gain, self._reported_turn = 0, 0
        self._last_external: Schedule | None = None

    def raise_bound(self, value: int | None) -> None:
        """Take over and report a better bound."""
        if value is not None and value > self.bound:
            self.bound = value
            self.monitor.bound(value)

    def adopt_external(self) -> bool:
        """Take over a better schedule from the monitor; return whether there was one."""
        other = self.monitor.best()
        if other is None or other is self._last_external or other is self.best:
            return False
        self._last_external = other
        if (cost := objective(self.problem, other)) < self.cost and not violated_rules(self.problem, other):
            self.best, self.cost, self.pending_gain = other, cost, 0
            self.placing = make_partial_schedule(self.problem, self.shape, other)
            return True
        return False

    def accept_or_restore(
        self, before: int, ran: PlacedColumns, columns: Sequence[tuple[int, int, int]] | None
    ) -> int | None:
        """Insert columns for removed groups if that costs at most `before`; return the gain.

        Otherwise, or without columns, restore the groups and return None.
        """
        if columns is not None and self._insert_all(columns):
            gain = before - self.placing.cost_of_groups(ran)
            if gain >= 0:
                self.pending_gain += gain
                return gain
        for group in ran:
            self.placing.remove_group(group)
        for group, columns_before in ran.items():
            self.placing.restore_group(group, columns_before)
        return None

    def _insert_all(self, columns: Sequence[tuple[int, int, int]]) -> bool:
        """Insert columns; return False at the first that does not fit."""
        placing, shape = self.placing, self.shape
        for option, start, count in sorted(columns, key=lambda column: (shape.rank[shape.group[column[0]]], column)):
            low, high = placing.start_window(option)
            if not low <= start <= high or placing.max_copies(option, start) < count:
                return False
            placing.insert(option, start, count)
        return True

    def report(self, turn: int) -> None:
        """Commit a gain at once, or every `TUNING.turns` turns in large problems."""
        if self.pending_gain and (self.problem.groups <= TUNING.small or turn - self._reported_turn >= TUNING.turns):
            self._reported_turn = turn
            self.commit()

    def commit(self) -> None:
        """Report the current schedule as incumbent if it is feasible and better."""
        self.pending_gain = 0
        schedule = with_node_schedule(self.problem, self.placing.schedule())
        if violated_rules(self.problem, schedule):
            self.placing = make_partial_schedule(self.problem, self.shape, self.best)
        elif (cost := objective(self.problem, schedule)) < self.cost:
            self.best, self.cost = schedule, cost
            self.monitor.incumbent(schedule, cost)
            if schedule.rent is not None:
                self.placing.set_committed(schedule.rent)

    def proves_optimal(self, result: SubproblemResult, groups: int, usable: int) -> bool:
        """Return whether a result covers all groups and columns and so proves the incumbent optimal."""
        complete = result.found is not None and result.found.proven and result.whole and groups == usable
        return complete and not self.shape.node_demand and self.placing.total_cost() == self.cost
