"""Solve instances whose tasks pass data on: choose regions, and plan with these fixed.

Where every task has its region, what data costs and how long it takes is known, and the instance is an ordinary one
that any method solves. `leptonopt.algorithms.models.regions` chooses the regions: its optimum bounds the cost of every
plan. Regions that were planned are excluded, and the next best are taken, until no others can cost less: logic-based
Benders decomposition (Hooker and Ottosson 2003) with cuts that exclude one choice each.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from math import ceil, inf
from typing import Any

import numpy as np

from leptonopt.algorithms.lagrangian.pricing import BlockPricer
from leptonopt.algorithms.models.regions import RegionAnswer, RegionChoice
from leptonopt.algorithms.services.construction import services_least
from leptonopt.compile.compiler import CompiledInstance, compile_instance
from leptonopt.compile.data_moves import Links
from leptonopt.compile.decode import decode, encode
from leptonopt.compile.money import MAX_TOTAL
from leptonopt.compile.node_form import first_form
from leptonopt.compile.places import Places, data_tasks
from leptonopt.errors import OutOfTime
from leptonopt.plan.numbers import gap
from leptonopt.problem.arrays import Ints
from leptonopt.problem.problem import UNLIMITED
from leptonopt.problem.protocol import Stop
from leptonopt.problem.schedule import Schedule
from leptonopt.runtime.clock import time_limited
from leptonopt.session.form_type import form_type
from leptonopt.session.forms import answered_by
from leptonopt.session.placed_plan import money_of, units_of
from leptonopt.session.result import Progress
from leptonopt.session.session import SolveSession
from leptonopt.session.source import InstanceSource, TreeSource
from leptonopt.solvers import registry as methods


@dataclass(frozen=True)
class RegionSettings:
    """Shares of a solve over choices of regions.

    Attributes
    ----------
    choice_share : share of the time left for one choice of regions
    share : share of the time left for the plan of one choice; a proof ends it earlier
    choices : choices that are planned at most by a deterministic solve, or with a method that proves nothing
    """

    choice_share: float = 0.2
    share: float = 0.5
    choices: int = 4


SETTINGS = RegionSettings()


class RegionModel:
    """The tasks of an instance that wait for each other, as a choice of regions.

    Attributes
    ----------
    names : regions, by their number in `choice`
    tasks : ids of the tasks of `choice`
    constant : what all other tasks and the nodes cost at least [units]; None where one of them cannot run
    """

    def __init__(self, compiled: CompiledInstance) -> None:
        self.compiled, problem, instance = compiled, compiled.problem, compiled.instance
        self.links = Links.of(instance)
        self.names = sorted({region or "" for region in self.links.regions.values()})  # "" for pools without one
        self.groups = np.unique(np.concatenate([problem.before, problem.after]))
        self.tasks = [instance.tasks[compiled.members[group][0][0]].id for group in self.groups.tolist()]
        self.passing = data_tasks(instance)
        least = BlockPricer(problem).least
        self.constant = self._others(least)
        place = np.full(problem.groups, -1)
        place[self.groups] = np.arange(len(self.groups))
        options = np.flatnonzero(place[problem.group] >= 0)
        where = {name: at for at, name in enumerate(self.names)}
        regions = [where[self.links.regions[pool.id] or ""] for pool in instance.pools]
        self.choice = RegionChoice(
            task=place[problem.group[options]],
            region=np.array(regions, np.int64)[problem.pool[options]],
            cost=least[options],
            duration=problem.duration[options],
            first=problem.first[options],
            last=problem.last[options],
            optional=problem.optional[self.groups],
            value=problem.value[self.groups],
            before=place[problem.before],
            after=place[problem.after],
            **self._moves(),
            rows=list(self._rows(options)),
            slots=problem.slots,
        )

    def _others(self, least: Ints) -> int | None:
        """Return the least cost of all groups that wait for none, of nodes and of services [units]."""
        problem = self.compiled.problem
        best = np.where(problem.optional, problem.value, UNLIMITED)
        np.minimum.at(best, problem.group, least)
        others = np.setdiff1d(np.flatnonzero(problem.copies), self.groups)
        if np.any(best[others] >= UNLIMITED):
            return None
        pairs = zip(best[others].tolist(), problem.copies[others].tolist(), strict=True)
        total: int = sum(cost * copies for cost, copies in pairs)
        services = services_least(problem) if len(problem.services) else 0
        return problem.nodes.least_cost + total + services

    def _moves(self) -> dict[str, Ints]:
        """Return the delay and the cost of every edge by pairs of regions, int64, shape (E, R, R).

        What takes longer than the horizon does not move; a cost beyond what can be counted is cut there, so that the
        least cost of all choices stays a bound.
        """
        problem, time, many = self.compiled.problem, self.compiled.instance.time, len(self.names)
        delay = np.repeat(problem.lag, many * many).reshape(len(problem.lag), many, many)
        moved = np.zeros_like(delay)
        weight, unit = Fraction(self.compiled.instance.objective.cost), self.compiled.unit
        stated = {
            (task.id, after.task): after for task in self.compiled.instance.tasks for after in task.after if after.gib
        }
        ids = dict(zip(self.groups.tolist(), self.tasks, strict=True))
        for edge, pair in enumerate(zip(problem.after.tolist(), problem.before.tolist(), strict=True)):
            if (after := stated.get((ids[pair[0]], ids[pair[1]]))) is None:
                continue
            for p, origin in enumerate(self.names):
                for q, to in enumerate(self.names):
                    move = self.links.move("task", after.task, origin, to, after.gib)
                    if move is None or (slots := ceil((after.lag + move.seconds) / time.slot)) > time.slots:
                        moved[edge, p, q] = -1
                    else:
                        moved[edge, p, q] = min(MAX_TOTAL, int(weight * Fraction(move.cost) / unit))
                        delay[edge, p, q] = slots
        return {"delay": delay, "moved": moved}

    def _rows(self, options: Ints) -> Any:
        """Yield the limited rows: places of options, demand times duration of each, and the sum of capacity."""
        problem = self.compiled.problem
        place = np.full(problem.options, -1)
        place[options] = np.arange(len(options))
        of = np.repeat(np.arange(problem.options), np.diff(problem.demand_ptr))
        for row in np.flatnonzero(problem.capacity.max(axis=1, initial=0) < UNLIMITED).tolist():
            at = np.flatnonzero((problem.demand_row == row) & (place[of] >= 0))
            held = problem.demand[at] * problem.duration[of[at]]
            yield place[of[at]], held, int(problem.capacity[row].sum())

    def places(self, regions: Ints) -> Places:
        """Return the regions of the tasks that pass data on."""
        found = {id: self.names[at] for id, at in zip(self.tasks, regions.tolist(), strict=True) if id in self.passing}
        return Places(found, self.links)

    def regions_of(self, schedule: Schedule) -> Ints:
        """Return the regions of a schedule, and of tasks that it leaves out the first."""
        problem, found = self.compiled.problem, np.zeros(len(self.groups), np.int64)
        regions = [self.links.regions[pool.id] for pool in self.compiled.instance.pools]
        at = {group: number for number, group in enumerate(self.groups.tolist())}
        for option in schedule.option.tolist():
            group, region = int(problem.group[option]), regions[int(problem.pool[option])]
            if group in at and region is not None:
                found[at[group]] = self.names.index(region)
        return found


class RegionSession(SolveSession):
    """Solve over choices of regions; the own problem is the relaxation in which data moves for nothing.

    Attributes
    ----------
    plan : source and schedule of the best plan, and its cost in money
    """

    is_whole = False

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.source: TreeSource = given[0]
        self.plan: tuple[InstanceSource, Schedule, Fraction] | None = None
        self._planned: list[tuple[Ints, Fraction | float]] = []  # regions, and what their plans cost at least
        self._again = False  # whether regions are planned once more, with all the time left

    def run(self, method: str | methods.Method, warm_start: Schedule | None) -> None:
        """Plan the cheapest choices of regions, one after the other, until no others can cost less."""
        if self.state.source.impossible:
            super().run(method, warm_start)
            return
        try:
            with time_limited(self.deadline, "regions were chosen"):
                self._run(method, warm_start)
        except OutOfTime:
            self.state.stop = self.state.stop or Stop.LIMIT

    def _run(self, method: str | methods.Method, warm_start: Schedule | None) -> None:
        model = RegionModel(self.source.compiled)
        if model.constant is None:
            super()._run(method, warm_start)
            return
        if warm_start is not None:
            self._plan(method, model, model.regions_of(warm_start), warm_start)
        while not self.should_stop():
            self.state.phase = "regions"
            seconds = self.left() * (1.0 if self.limits.deterministic else SETTINGS.choice_share)
            answer = model.choice.best([regions for regions, _ in self._planned], seconds)
            if self._proven(model.constant, answer):
                return
            if self._few(method) and len(self._planned) >= SETTINGS.choices:
                return
            regions = answer.regions
            if regions is None and (not answer.infeasible or (regions := self._open()) is None):
                return
            self._plan(method, model, regions, None)

    def _few(self, method: str | methods.Method) -> bool:
        """Return whether only some choices are planned: none is proven, or the time does not count."""
        proves = method == "auto" or (isinstance(method, str) and methods.lookup(method).kind == "exact")
        return self.limits.deterministic or not proves

    def _open(self) -> Ints | None:
        """Take back the planned regions of the lowest bound, which more time may raise; None for none."""
        at = min(range(len(self._planned)), key=lambda each: self._planned[each][1], default=None)
        if at is None or self.limits.deterministic or self._again:
            return None
        self._again = True
        return self._planned.pop(at)[0]

    def _proven(self, constant: int, answer: RegionAnswer) -> bool:
        """Take the bound of all regions, planned or not; return whether it is proven that no plan costs less."""
        bounds = [each for _, each in self._planned if each < inf]
        if not answer.infeasible:
            if answer.bound is None:
                return False
            bounds.append(money_of(self.source, constant + answer.bound))
        if not bounds:
            self.state.infeasible, self.state.stop = True, Stop.PROOF
            self.state.claims.claim_infeasible("regions")
            return True
        if (least := min(bounds)) == -inf:
            return False
        self.state.bound(units_of(self.source, Fraction(least)))
        if self.plan is not None and least >= self.plan[2]:
            self.state.stop = Stop.PROOF
            return True
        return False

    def _plan(self, method: Any, model: RegionModel, regions: Ints, start: Schedule | None) -> None:
        """Plan with regions fixed, in a session of its own, and note what such plans cost at least."""
        instance = self.source.compiled.instance
        compiled = compile_instance(instance, first_form(instance), model.places(regions))
        source = replace(self.source, compiled=compiled, counted=self.source.compiled)
        session = self._session(source)
        if start is not None:
            runs, _ = decode(self.source.compiled, start)
            start = encode(compiled, [(r.task, r.way.id, r.way.on_nodes, r.start, r.copies) for r in runs])
        session.run(method, start)
        found = session.finish(method)
        state = found.state
        if state.schedule is not None and state.cost is not None:
            cost = money_of(state.source, state.cost)
            if self.plan is None or cost < self.plan[2]:
                self.plan = state.source, state.schedule, cost
        known = [money_of(each.source, each.lower) for each in (state, self.state) if each.lower is not None]
        self._planned.append((regions, inf if state.infeasible else max(known, default=-inf)))
        self.state.engines |= state.engines
        self.state.last_stop = state.stop or state.last_stop

    def _session(self, source: TreeSource) -> SolveSession:
        """Return the session of a choice of regions, for a share of the time left."""
        begun, closing, on_progress, options = self.made_with
        told = None if on_progress is None else self._told
        made = form_type(source)(source, self.limits, begun, closing, self.signals, told, options)
        share = 1.0 if self._again else SETTINGS.share
        made.deadline = self.deadline.within(share * self.left())
        made.work_left = self.work_left / SETTINGS.choices
        made.start_seconds, made.entry_seconds = self.start_seconds, self.entry_seconds
        made.kept_seconds = 0.0
        return made

    def _told(self, progress: Progress) -> None:
        """Pass on the progress of a choice of regions with the bound of all choices."""
        on_progress = self.made_with[2]
        bound = None if self.state.lower is None else money_of(self.source, self.state.lower)
        if on_progress is not None and (self.plan is None or (progress.cost or self.plan[2]) <= self.plan[2]):
            on_progress(replace(progress, bound=bound, gap=gap(progress.cost, bound)))

    def finish(self, method: str | methods.Method) -> SolveSession:
        """Return the session of the best plan, with the bound of all choices of regions."""
        if self.plan is None:
            if not self.state.infeasible:
                self.state.schedule = self.state.cost = None
            return self
        source, schedule, _ = self.plan
        return answered_by(self, source, schedule)
