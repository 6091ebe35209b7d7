"""Solve an instance in one form, and write the answer in another."""

from __future__ import annotations

import numpy as np

from leptonopt.algorithms.lagrangian.capacity_dual import Multipliers
from leptonopt.problem.protocol import Stop
from leptonopt.problem.schedule import Schedule
from leptonopt.session.placed_plan import money_of, units_of
from leptonopt.session.session import SolveSession
from leptonopt.session.solve_state import SolveState
from leptonopt.session.source import InstanceSource, TreeSource


def sibling(session: SolveSession, source: InstanceSource, kind: type[SolveSession]) -> SolveSession:
    """Return a session of a class on another form of the instance, for the rest of the time of one."""
    begun, closing, on_progress, options = session.made_with
    made = kind(source, session.limits, begun, closing, session.signals, on_progress, options)
    made.deadline, made.start_seconds = session.deadline, session.start_seconds
    made.entry_seconds, made.kept_seconds = session.entry_seconds, session.kept_seconds
    return made


def answered_by(session: SolveSession, source: InstanceSource, schedule: Schedule) -> SolveSession:
    """Return a session with a plan in another form, and the bound and notes of the one that found it."""
    answer = sibling(session, source, SolveSession)
    inherit(answer.state, session.state)
    answer.state.incumbent(schedule, None)
    answer.prover = session
    return answer


def inherit(state: SolveState, earlier: SolveState) -> None:
    """Give a state what is known from the search on another form of its instance, in its own units."""
    source = state.source

    def units(bound: int) -> int:
        if not source.loss and (source.unit, source.ties) == (earlier.source.unit, earlier.source.ties):
            return bound
        return units_of(source, money_of(earlier.source, bound))

    state.claims.bounds = {method: units(bound) for method, bound in earlier.claims.bounds.items()}
    state.engines, state.logs, state.trace = earlier.engines, earlier.logs, earlier.trace
    state.notes[:0] = earlier.notes
    state.stop = earlier.stop if earlier.stop is Stop.INTERRUPT else None
    state.last_stop = earlier.stop or earlier.last_stop
    state.phase = earlier.phase
    if earlier.lower is not None:
        state.lower = units(earlier.lower)


def carried_multipliers(known: Multipliers, earlier: TreeSource, later: TreeSource) -> Multipliers:
    """Return multipliers of one form for another.

    Those of the resources of pools and of quotas are the same; all other rows have 0. Multipliers that are not below 0
    prove a bound on any form, so that this needs no proof.
    """
    rows = {
        (row.pool, row.resource): at for at, row in enumerate(earlier.compiled.rows) if not (row.node or row.packing)
    }
    capacity = np.zeros(later.problem.capacity.shape, np.int64)
    money = float(earlier.unit / later.unit)
    for at, row in enumerate(later.compiled.rows):
        before = None if row.node or row.packing else rows.get((row.pool, row.resource))
        if before is not None:
            units = money * earlier.compiled.rows[before].scale / row.scale
            capacity[at] = np.rint(units * known.capacity[before])
    return Multipliers(capacity, np.rint(money * known.quota).astype(np.int64), known.scale)
