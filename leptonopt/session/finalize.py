"""The answer of a solve: the plan decoded, written as a document, and checked before it is shown."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from leptonopt.errors import Alarm, NoPlan
from leptonopt.plan.document import Outcome
from leptonopt.problem.protocol import Status, Stop
from leptonopt.problem.routing import without_overpay
from leptonopt.problem.schedule import with_node_schedule
from leptonopt.runtime.clock import gc_disabled
from leptonopt.runtime.deadline import Deadline
from leptonopt.session.closing import ClosingTime
from leptonopt.session.result import Result
from leptonopt.session.snapshot import made_by
from leptonopt.session.solve_state import SolveState


@dataclass(frozen=True)
class ClosingSettings:
    """Time after which writing and checking a plan ends.

    Attributes
    ----------
    latest : seconds after the time limit, at least; or the estimate of what writing and checking take
    latest_share : the same as a share of the time limit
    loaded : so many times as long at most where other work takes the processor: better a late plan than none
    """

    latest: float = 1.5
    latest_share: float = 0.04
    loaded: float = 10.0


SETTINGS, UNKNOWN = ClosingSettings(), ClosingTime(0.0, 0.0)


def finalize(
    known: SolveState,
    method: str,
    seconds: dict[str, float],
    signal: int | None,
    closing: ClosingTime = UNKNOWN,
) -> Result:
    """Decode, write the document, have it checked.

    closing : estimate of the time that this takes, without other work on the machine

    Raises `NoPlan` when that takes far longer than the time limit leaves.
    """
    if known.schedule is not None:
        known.incumbent(without_overpay(known.problem, known.schedule), None)
    status, stop, bound = known.status()
    lower = None if status is Status.INFEASIBLE else known.money(bound)
    schedule = None if known.schedule is None else with_node_schedule(known.problem, known.schedule)
    trace = () if known.limits.deterministic else tuple(known.trace)
    why, source = _why(known, status), known.source
    _note_limits(known)
    proof = _proof(known, status)
    outcome = Outcome(
        str(status),
        str(stop),
        method,
        lower,
        made_by(known.limits, known.engines, known.source, seconds),
        source.origin,
        why,
        trace,
        proof,
    )
    with gc_disabled():
        made, plan, verdict = source.answer(
            outcome, schedule, _clock(known, 0 if schedule is None else len(schedule.option), closing)
        )
    if not verdict.ok:
        shown = "; ".join(f"{found.rule}: {found.message}" for found in verdict.violations[:3])
        raise Alarm(f"the checker rejects the plan of {method}: {shown}")
    cost = Fraction(made["cost_exact"]) if plan is not None else None
    return source.result_type(
        status=status,
        stop=stop,
        cost=cost,
        bound=lower,
        gap=made["gap"],
        plan=plan,
        document=made,
        trace=tuple(known.trace),
        verdict=verdict,
        certificate=_certificate(known, made),
        notes=tuple(dict.fromkeys(known.notes)),
        log="\n".join(known.logs),
        signal=signal,
    )


def _note_limits(known: SolveState) -> None:
    """Note what makes the result less exact: the clock in deterministic mode, and coarse money."""
    if known.limits.deterministic and known.stop is Stop.LIMIT:
        known.notes.append("the clock ended the search: not reproducible; a longer limit (-t) would be")
    if known.source.loss:
        known.notes.append(f"money was coarsened to {known.source.unit}; the bound is low by up to {known.source.loss}")


def _clock(known: SolveState, entries: int, closing: ClosingTime = UNKNOWN) -> Callable[[], None]:
    """Raise `NoPlan` from some time after the time limit on; so much time to compute there is in any case."""
    limit = known.limits.time_limit
    room = max(SETTINGS.latest, SETTINGS.latest_share * limit, closing.fixed + closing.entry * entries)
    deadline = Deadline.after(max(limit - known.watch.seconds(), 0.0) + room)
    last, begun = deadline.plus((SETTINGS.loaded - 1) * room), time.process_time()

    def look() -> None:
        if deadline.expired() and (last.expired() or time.process_time() - begun >= room):
            raise NoPlan(
                f"the time limit ended while a plan of {entries:,} entries was written and checked; a longer one (-t) "
                "or longer slots are needed"
            )

    return look


def _why(known: SolveState, status: Status) -> tuple[str, ...]:
    """Why there is no plan; what methods did not find is no reason where it is proven that there is none."""
    if known.schedule is not None:
        return ()
    if status is not Status.INFEASIBLE:
        return tuple(dict.fromkeys([*known.why, *known.notes]))
    more = "" if len(known.problem.services) else "; `leptonopt explain` says what is in conflict"
    return known.source.impossible or (f"{', '.join(known.claims.denials)} proved it by search{more}",)


def _proof(known: SolveState, status: Status) -> dict[str, Any]:
    """Return the engines behind the status and the bound."""
    value = known.lower
    if status is Status.OPTIMAL and known.cost is not None:
        value = known.cost // known.source.ties * known.source.ties  # of money; secondary goals may be open
    elif status is Status.INFEASIBLE:
        value = None
    by = known.claims.provers_of(value) if status is Status.INFEASIBLE or value is not None else []
    certified = None if known.certificate is None else known.certificate["bound"]
    claims = known.claims
    confirmed = {"confirmed_by": list(claims.confirmed), "confirmation": claims.confirmation}
    return {"by": sorted(by), **confirmed, "certified": certified}


def _certificate(known: SolveState, made: dict[str, Any]) -> dict[str, Any] | None:
    """The certificate, with what the plan claims beyond it and who is behind that."""
    if known.certificate is None:
        return None
    plan = {key: made[key] for key in ("status", "cost_exact", "bound_exact")}
    return known.certificate | {"plan": plan | made["proof"] | {"engines": made["made"]["engines"]}}


def alarm_evidence(known: SolveState, method: str) -> dict[str, Any]:
    """Return the evidence of an alarm: the state of the solve, to find the fault."""
    schedule = None if known.schedule is None else [list(entry) for entry in known.schedule]
    return {
        "leptonopt_alarm": 1,
        "method": method,
        "phase": known.phase,
        "made": made_by(known.limits, known.engines, known.source, {}),
        "unit": str(known.source.unit),
        "cost": known.cost,
        "bounds": known.claims.bounds,
        "denied_by": known.claims.denials,
        "schedule": schedule,
        "notes": known.notes,
        "log": known.logs,
        "instance": known.source.evidence,
    }
