"""Solve on counted nodes first: search, assign nodes, repair, and search with nodes told apart.

Where tasks must fit within one node, nodes of a kind are still alike. The problem in which they are only counted is a
relaxation with far fewer columns: its bound holds for every plan, and when it has no plan there is none. Its schedules
become plans when every task that needs a node finds one (`leptonopt.session.node_assignment`). Where the cost stays
the same, a bound that meets it proves the plan optimal; elsewhere the search goes on with nodes told apart.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from leptonopt.algorithms.heuristics.completion import complete
from leptonopt.compile.decode import encode
from leptonopt.compile.node_form import TOLD_APART
from leptonopt.errors import InstanceError, OutOfTime
from leptonopt.problem.protocol import Limits, NullMonitor, Stop
from leptonopt.problem.schedule import Schedule, objective
from leptonopt.problem.size import problem_size
from leptonopt.runtime.clock import time_limited
from leptonopt.runtime.deadline import Deadline, Stopwatch
from leptonopt.session import portfolio
from leptonopt.session.exact_assignment import exact_assignment
from leptonopt.session.forms import answered_by, carried_multipliers, inherit, sibling
from leptonopt.session.node_assignment import AssignedRuns, NodeAssigner
from leptonopt.session.node_moves import moved_runs
from leptonopt.session.node_search import Choices, narrowed_choices, search_narrowed
from leptonopt.session.placed_plan import PlacedPlan, money_of, placed_plan, transferred
from leptonopt.session.request import warm_start_runs
from leptonopt.session.result import Progress
from leptonopt.session.session import SolveSession
from leptonopt.session.solve_state import SolveState
from leptonopt.session.source import InstanceSource, TreeSource
from leptonopt.session.stages import Lanes
from leptonopt.solvers import registry as methods


@dataclass(frozen=True)
class AlikeSettings:
    """Shares of a solve on counted nodes.

    Attributes
    ----------
    share : share of the time after which the search on counted nodes ends where its best schedule has no nodes at its
        own cost
    latest : the same where lanes, or annealing in them, are at work or to come: annealing shows its gains at its end
    work_share : the same for the work of deterministic solves, which is over whether nodes were found or not
    near : excess of the best plan with nodes over that schedule, relative to its cost, that is no reason to end
    reserve : seconds kept back for the last assignment, in multiples of what the longest took
    max_options : options of the problem with nodes told apart above which it is no use to search there
    pause : seconds between two exact costs of assigned schedules while the search goes on, in multiples of what the
        last one took
    """

    share: float = 0.35
    latest: float = 0.65
    work_share: float = 0.8
    near: float = 0.002
    reserve: float = 1.5
    max_options: int = 40_000
    pause: float = 10.0


SETTINGS = AlikeSettings()
OnProgress = Callable[[Progress], None] | None


class AlikeState(SolveState):
    """Keep the best schedule on counted nodes, and the best plan with nodes.

    Attributes
    ----------
    placed : the best plan with nodes
    partial : the assignment of the best schedule by best fit, in which some runs may have no node; None before it
    is_exact : whether the best schedule was assigned exactly
    place_seconds : the longest time of an assignment by best fit
    """

    source: TreeSource

    def __init__(self, source: TreeSource, limits: Limits, begun: float, on_progress: OnProgress) -> None:
        super().__init__(source, limits, begun, on_progress)
        self.assigner = NodeAssigner(source.compiled)
        self.placed: PlacedPlan | None = None
        self.partial: AssignedRuns | None = None
        self.is_exact = False
        self.exact: Callable[[AssignedRuns, Fraction | None], PlacedPlan | None] = lambda assigned, target: None
        self.place_seconds = 0.0
        self._waiting = Deadline(0.0)

    def incumbent(self, schedule: Schedule, cost: int | None) -> None:
        """Take a better schedule, and assign it to nodes unless that was done a moment ago."""
        before = self.cost
        super().incumbent(schedule, cost)
        if self.cost != before:
            self.partial, self.is_exact = None, False
            if self._waiting.expired() and not self.limits.deterministic:
                self.place()

    def best_form(self) -> tuple[InstanceSource, Schedule] | None:
        """Return the best schedule with nodes."""
        return None if self.placed is None else (self.placed.source, self.placed.schedule)

    def place(self, equal: bool = False) -> None:
        """Assign the best schedule to nodes, if that was not done; `equal` also takes a plan of the same cost."""
        if self.schedule is None or self.partial is not None:
            return
        watch = Stopwatch()
        self.partial = assigned = self.assigner.assign(self.schedule)
        self.take(placed_plan(self.source, assigned), equal)
        if not self.fits() and assigned.failed and (moved := moved_runs(self.assigner, assigned)) is not None:
            self.take(placed_plan(self.source, moved))
        self.place_seconds = max(self.place_seconds, watch.seconds())
        self._waiting = Deadline.after(SETTINGS.pause * self.place_seconds)
        self._trace()

    def place_exactly(self, equal: bool = False) -> None:
        """Assign the best schedule to nodes, by CP-SAT where best fit costs more than the schedule."""
        self.place(equal)
        if self.partial is not None and not self.is_exact and not self.fits():
            self.is_exact = True
            self.take(self.exact(self.partial, self.money(self.cost)))
            self._trace()

    def take(self, plan: PlacedPlan | None, equal: bool = False) -> None:
        """Keep a plan that costs less than the best, or as little."""
        if plan is None:
            return
        if self.placed is None or plan.value < self.placed.value or (equal and plan.value == self.placed.value):
            self.placed = plan

    def fits(self, near: float = 0.0) -> bool:
        """Return whether the best plan costs no more than the best schedule on counted nodes, or hardly."""
        if self.placed is None or self.cost is None:
            return False
        cost = money_of(self.source, self.cost)
        if near:
            return self.placed.cost <= cost + Fraction(near) * abs(cost)
        return self.placed.value <= (cost, self.cost % self.source.ties)

    def plan_cost(self) -> Fraction | None:
        """Return the cost of the best plan with nodes, in money."""
        return None if self.placed is None else self.placed.cost


class ToldApartSession(SolveSession):
    """The session with nodes told apart: it starts from a plan, and has a bound already."""

    def _run_greedy(self, function: methods.Method) -> None:
        """Construct only where there is no plan to start from."""
        if self.state.schedule is None:
            super()._run_greedy(function)

    def _run_baselines(self) -> None:
        """Run the dispatching rules only where there is no plan to start from."""
        if self.state.schedule is None:
            super()._run_baselines()

    def _lanes_of_auto(self) -> Lanes:
        """Return the lanes of a small problem; neighbourhoods, annealing and CP-SAT for others.

        Neighbourhoods go first beside a plan, which annealing leaves: from 2,650.70 (60 groups, 8 s of CPU time) they
        end at 2,260.10, annealing at 2,583.00.
        """
        size, limits, steady = problem_size(self.problem), portfolio.LIMITS, self.limits.deterministic
        if size.columns <= limits.small_columns and size.nonzeros <= limits.small_nonzeros:
            return super()._lanes_of_auto()
        lanes: Lanes = [(portfolio.LNS,)]
        if portfolio.is_annealed(self.problem, steady):
            stages = replace(portfolio.ANNEALING, share=0.6), portfolio.LNS
            near = self.state.schedule is not None and self.problem.groups <= limits.few_groups
            lanes = [(replace(portfolio.LNS, share=0.5), *stages) if near else stages]
        if self.limits.threads > 1 and not steady and size.nonzeros <= limits.whole_nonzeros:
            lanes.append((portfolio.CPSAT,))
        return lanes if self.state.schedule is not None else portfolio.with_first_plan_stage(lanes, self.problem)


class AlikeSession(SolveSession):
    """The session on counted nodes, and the sessions that follow with nodes told apart.

    Attributes
    ----------
    is_small : whether a search with all nodes told apart is of use; else one on a few of them may be
    """

    state: AlikeState
    state_type = AlikeState

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.state.exact = self._exact
        self.is_small = self.state.assigner.options_told_apart() <= SETTINGS.max_options
        self._is_wide = False
        self.work_left = SETTINGS.work_share * self.limits.time_limit

    def should_stop(self) -> bool:
        """Return whether to stop, also where it is time for the search with nodes told apart."""
        timed = not self.limits.deterministic and self.state.schedule is not None and not self._is_wide
        if not super().should_stop() and timed:
            spent = self.state.watch.seconds()
            anneals = not self.lanes or any(lane.awaits(portfolio.ANNEALING.method) for lane in self.lanes)
            share = SETTINGS.latest if anneals else SETTINGS.share
            if spent > share * self.limits.time_limit and not self.state.fits(SETTINGS.near):
                self.state.place_exactly()
                self._is_wide = not self.is_small and self._narrowed() is None
                if not self.state.fits(SETTINGS.near) and not self._is_wide:
                    self.state.stop = Stop.LIMIT
        return self.state.stop is not None

    def take_plan(self, plan: Mapping[str, Any]) -> None:
        """Keep a plan document that fits the instance with the nodes that it states.

        One that does not state the nodes of all tasks that need one is a warm start alone.
        """
        source, assigner = self.state.source, self.state.assigner
        runs = tuple(warm_start_runs(source.compiled, plan))
        ways = {(at, way.id): way for at, kept in enumerate(source.compiled.kept) for way in kept}
        known = {run: ways.get(run[:2]) for run in runs if not run[2]}
        lacking = tuple(run for run, way in known.items() if way is not None and assigner.needs_node(way))
        self.state.take(placed_plan(source, AssignedRuns(runs, lacking, {}, {})))

    def left(self) -> float:
        """Return the seconds left for the search: the time to give nodes to a schedule is kept back."""
        return super().left() - SETTINGS.reserve * self.state.place_seconds

    def finish(self, method: str | methods.Method) -> SolveSession:
        """Return the session of the answer: with the plan assigned, or found with nodes told apart."""
        state, before = self.state, self.state.schedule
        self.restore_warm_start()
        if state.schedule is not before:
            state.partial, state.is_exact = None, False
        state.place_exactly(equal=state.schedule is not before)
        plan = state.placed
        if state.infeasible or (state.schedule is None and plan is None):
            return self
        if plan is not None and (state.schedule is None or state.fits() or self._is_over()):
            return self._answer(plan)
        if not self.is_small and method == "auto" and (choices := self._narrowed()) is not None:
            state.take(search_narrowed(self, state.source, choices, plan))
            plan = state.placed
        if plan is not None and not self.is_small:
            return self._answer(plan)
        return self._told_apart(method, plan)

    def _exact(self, assigned: AssignedRuns, target: Fraction | None) -> PlacedPlan | None:
        """Return the plan of an exact assignment at the same starts, unless the time is over."""
        if self._is_over():
            return None
        return exact_assignment(self, self.state.source, self.state.assigner, assigned, target)

    def _narrowed(self) -> Choices | None:
        """Return the choices of nodes for a search on a few of them; None where they are too many for it."""
        if self.state.partial is None or not portfolio.is_annealed(self.problem, self.limits.deterministic):
            return None
        return narrowed_choices(self.state.assigner, self.state.partial, self.state.placed)

    def _is_over(self) -> bool:
        return self.signals.caught or self.left() <= 0

    def _answer(self, plan: PlacedPlan) -> SolveSession:
        return answered_by(self, plan.source, plan.schedule)

    def _told_apart(self, method: str | methods.Method, plan: PlacedPlan | None) -> SolveSession:
        """Repair the schedule and search on with all nodes told apart."""
        try:
            with time_limited(self.deadline, "nodes were told apart"):
                source = self.state.source.in_form(TOLD_APART)
        except (InstanceError, OutOfTime) as error:
            self.state.notes.append(f"no search with nodes told apart: {error}")
            return self._without_plan() if plan is None else self._answer(plan)
        session = sibling(self, source, ToldApartSession)
        inherit(session.state, self.state)
        if (known := self.state.known_multipliers()) is not None:
            session.workers.multipliers = carried_multipliers(known, self.state.source, source)
        session.work_left = (1 - SETTINGS.work_share) * self.limits.time_limit
        with time_limited(self.deadline, "nodes were told apart"):
            session.run(method, self._start(source, session))
        return session

    def _without_plan(self) -> SolveSession:
        """Return this session without its schedule, which is no plan."""
        self.state.why.append("tasks fit the nodes by their sum, but no node was found for each of them")
        self.state.schedule = self.state.cost = None
        return self

    def _start(self, source: TreeSource, session: SolveSession) -> Schedule | None:
        """Return the plan at hand, or the last schedule repaired, to start from with nodes told apart."""
        found: list[Schedule] = []
        if self.state.placed is not None:
            found.append(transferred(self.state.placed, source))
        if self.state.partial is not None and self.state.partial.failed:
            kept, limits = encode(source.compiled, self.state.partial.runs), session.limits_for(session.left())
            with suppress(OutOfTime):
                repaired = complete(source.problem, kept, limits, NullMonitor(session.should_stop))
                found += [] if repaired is None else [repaired]
        return min(found, key=lambda schedule: objective(source.problem, schedule), default=None)
