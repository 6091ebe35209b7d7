"""State of a solve: the best schedule and bound, their methods, and the notes.

A contradiction between a schedule and a bound raises `Alarm` the moment it is known.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from leptonopt.algorithms.lagrangian.capacity_dual import Multipliers
from leptonopt.errors import Alarm
from leptonopt.plan.numbers import gap
from leptonopt.plan.plan import Plan
from leptonopt.problem.feasibility import violated_rules
from leptonopt.problem.problem import Problem
from leptonopt.problem.protocol import Limits, Solution, Status, Stop
from leptonopt.problem.schedule import Schedule, objective
from leptonopt.runtime.deadline import Stopwatch
from leptonopt.session.result import Progress
from leptonopt.session.snapshot import made_by, plan_so_far
from leptonopt.session.source import InstanceSource
from leptonopt.session.stages import CLOCKED

# Exact engines that share no code, in the order in which they confirm the proof of another.
SECOND = ("cpsat", "highs", "cbc")


@dataclass
class ProofLedger:
    """Claims made in the course of a solve.

    Attributes
    ----------
    bounds : the best bound of each method, in money units
    denials : methods that claim infeasibility
    confirmed : engines that repeated the proof
    second : whether the proof was repeated on the second model, built from the checker's reading
    """

    bounds: dict[str, int] = field(default_factory=dict)
    denials: list[str] = field(default_factory=list)
    confirmed: list[str] = field(default_factory=list)
    second: bool = False

    def bound(self, method: str, value: int) -> None:
        """Record the bound of a method."""
        if value > self.bounds.get(method, value - 1):
            self.bounds[method] = value

    def claim_infeasible(self, method: str) -> None:
        """Record that a method claims infeasibility."""
        if method not in self.denials:
            self.denials.append(method)

    @property
    def confirmation(self) -> str | None:
        """Return the model on which the proof was confirmed; None without a confirmation."""
        if not self.confirmed:
            return None
        return "second model" if self.second else "same model"

    def provers_of(self, value: int | None) -> list[str]:
        """Return the methods whose own bound reaches a value; for None, all that claim infeasibility."""
        if value is None:
            return list(self.denials)
        return [method for method, bound in self.bounds.items() if bound >= value]

    def others(self, value: int | None) -> list[str]:
        """Return the engines that have not proven a value, in the order in which they confirm."""
        by = self.provers_of(value)
        return [engine for engine in SECOND if engine not in by]


class SolveState:
    """Takes schedules and bounds, keeps the best of each, and says what they prove.

    Attributes
    ----------
    schedule, cost : the best schedule and its cost in units; None before the first
    lower, infeasible : the best bound in units; whether it is proven that there is no plan
    multipliers : prices on capacity from a method, and the bound in units that they prove
    claims : who claims which bound, or that there is no plan
    stop, last_stop : why the solve ends, None before it does; why the last method ended
    phase : who is at work
    notes, why : lines for the result; lines that count while there is no plan
    trace : (seconds, cost, bound) at every step, in money
    """

    def __init__(
        self, source: InstanceSource, limits: Limits, begun: float, on_progress: Callable[[Progress], None] | None
    ) -> None:
        self.source, self.problem, self.limits = source, source.problem, limits
        self.should_stop: Callable[[], bool] = lambda: False
        self.watch, self.on_progress = Stopwatch(begun), on_progress
        self.schedule: Schedule | None = None
        self.cost: int | None = None
        self.lower: int | None = None
        self.claims = ProofLedger()
        self.multipliers: tuple[int, Multipliers] | None = None
        self.certificate: dict[str, Any] | None = None
        self.infeasible = False
        self.stop: Stop | None = None
        self.trace: list[tuple[float, Fraction | None, Fraction | None]] = []
        self.notes: list[str] = []
        self.why: list[str] = list(source.impossible)
        self.logs: list[str] = []
        self.engines: dict[str, str] = {}
        self.phase = "reading"
        self._shown = 0.0
        self.last_stop = Stop.DONE

    def incumbent(self, schedule: Schedule, cost: int | None) -> None:
        """Take a better schedule; one that breaks a rule is refused, and a cost that is misstated put right."""
        if self.cost is not None and cost is not None and cost >= self.cost:
            return
        if rules := contradicts(self.problem, schedule):
            self.notes.append(f"a schedule from {self.phase} was refused: it breaks {', '.join(sorted(rules))}")
            return
        true = objective(self.problem, schedule)
        if cost is not None and cost != true:
            self.notes.append(f"a cost from {self.phase} was corrected from {cost} to {true} units")
        if self.cost is None or true < self.cost:
            self.schedule, self.cost = schedule, true
            self._changed()

    def exchange(self, schedule: Schedule) -> None:
        """Take a schedule of equal or less cost; refuse one that costs more or breaks a rule."""
        if self.cost is None or contradicts(self.problem, schedule):
            return
        true, before = objective(self.problem, schedule), self.cost
        if true <= before:
            self.schedule, self.cost = schedule, true
        if true < before:
            self._changed()

    def bound(self, value: int) -> None:
        """Take a better bound."""
        self.claims.bound(self.phase, value)
        if self.lower is None or value > self.lower:
            self.lower = value
            self._changed()

    def prices(self, value: int, multipliers: Multipliers) -> None:
        """Take prices that prove a better bound."""
        if self.multipliers is None or value > self.multipliers[0]:
            self.multipliers = value, multipliers

    def known_multipliers(self) -> Multipliers | None:
        """Return the best multipliers so far."""
        return None if self.multipliers is None else self.multipliers[1]

    def best(self) -> Schedule | None:
        """The best schedule so far."""
        return self.schedule

    def conclude(self, name: str, solution: Solution) -> None:
        """Take the result of a method."""
        if solution.engine:
            self.engines[name] = solution.engine
        said = solution.note if solution.note.startswith(name) else f"{name}: {solution.note}"
        self.logs.append(
            "\n".join(
                filter(None, [f"--- {name}: {solution.status}, {solution.stop} ---", solution.note, solution.log])
            )
        )
        if self.limits.deterministic and solution.stop is Stop.LIMIT and name in CLOCKED:
            self.stop = Stop.LIMIT
        if solution.remark:
            self.notes.append(f"{name}: {solution.remark}")
        if solution.note and solution.stop is Stop.FAILED:
            self.notes.append(said)
        elif solution.note and solution.status is Status.UNKNOWN and self.schedule is None:
            self.why.append(said)
        if solution.schedule is not None:
            self.incumbent(solution.schedule, None)
        if solution.bound is not None:
            self.bound(solution.bound)
        if solution.status is Status.INFEASIBLE:
            if self.schedule is not None:
                raise Alarm(f"{name} says that no plan exists, but a plan that keeps every rule is at hand")
            self.infeasible = True
            self.claims.claim_infeasible(name)
        self.last_stop = solution.stop

    def closed(self) -> bool:
        """Return True when no plan can be cheaper than the incumbent."""
        return self.cost is not None and self.lower is not None and self.lower >= self.cost

    def _least(self) -> bool:
        """Return True when no plan costs less money; secondary goals may be open."""
        ties = self.source.ties
        return self.cost is not None and self.lower is not None and self.lower // ties >= self.cost // ties

    def within_gap(self, gap: float) -> bool:
        """Return True when the gap is at most the limit, which is above zero."""
        if self.cost is None or self.lower is None or not gap:
            return False
        return self.cost - self.lower <= Fraction(gap) * abs(self.cost)

    def money(self, value: int | None) -> Fraction | None:
        """Units of the problem in money; what is below the least difference of money are secondary goals."""
        ties = self.source.ties
        return None if value is None else value // ties * (self.source.unit * ties)

    def _changed(self) -> None:
        if self.cost is not None and self.lower is not None and self.lower > self.cost:
            raise Alarm(
                f"{self.phase} contradicts a proof: a checked plan costs {self.money(self.cost)}, "
                f"but the claimed bound is {self.money(self.lower)}"
            )
        self._trace()

    def _trace(self) -> None:
        """Add a step to the trace."""
        bound = self.money(self.lower)
        if self.trace and (known := self.trace[-1][2]) is not None:  # proven in finer units of money
            bound = known if bound is None else max(bound, known)
        self.trace.append((self.watch.seconds(), self.plan_cost(), bound))
        self.show(now=True)

    def plan_cost(self) -> Fraction | None:
        """Return the cost of the best plan, in money."""
        return self.money(self.cost)

    def show(self, now: bool = False) -> None:
        """Tell whoever watches, five times a second at most unless it is news."""
        seconds = self.watch.seconds()
        if self.on_progress and (now or seconds - self._shown > 0.2):
            self._shown = seconds
            cost, lower = self.plan_cost(), self.money(self.lower)
            self.on_progress(Progress(seconds, cost, lower, gap(cost, lower), self.phase, self._best_plan(lower)))

    def best_form(self) -> tuple[InstanceSource, Schedule] | None:
        """Return the best schedule that can be written as a plan, and the form of the instance that it is of."""
        return None if self.schedule is None else (self.source, self.schedule)

    def _best_plan(self, lower: Fraction | None) -> Callable[[], Plan | None]:
        """Return a function that makes the plan of what is best now."""
        found, provers = self.best_form(), [] if lower is None else list(self.claims.provers_of(self.lower))
        made = made_by(self.limits, dict(self.engines), self.source, {})
        return lambda: None if found is None else plan_so_far(*found, lower, provers, made)

    def status(self) -> tuple[Status, Stop, int | None]:
        """Return what is proven, why it ended, and the bound."""
        if self.infeasible:
            return Status.INFEASIBLE, Stop.PROOF, None
        stop = self.stop or self.last_stop
        if stop is Stop.GAP and not self.within_gap(self.limits.gap):  # an engine measured it in its own way
            stop = Stop.DONE
        if self.schedule is None:
            return Status.UNKNOWN, stop if stop is not Stop.PROOF else Stop.DONE, self.lower
        if self._least() and not self.source.loss:
            return Status.OPTIMAL, Stop.PROOF, self.lower
        return Status.FEASIBLE, stop if stop is not Stop.PROOF else Stop.DONE, self.lower


def contradicts(problem: Problem, schedule: Schedule) -> set[str]:
    """The rules that a schedule breaks, whatever it is made of."""
    try:
        return violated_rules(problem, schedule)
    except Exception:
        return {"the form of a schedule"}
