"""Certification of the bound of a session by prices that the checker can verify."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from leptonopt.session.placed_plan import units_of
from leptonopt.session.session import SolveSession
from leptonopt.session.solve_state import SolveState


@dataclass(frozen=True)
class CertificationSettings:
    """Effort for a certificate.

    Attributes
    ----------
    time_share : share of the time limit that is reserved for it
    min_seconds : seconds that it may always take
    noteworthy_gap : share of the optimum that a certificate may leave open without a note
    """

    time_share: float = 0.2
    min_seconds: float = 0.1
    noteworthy_gap: float = 0.01


SETTINGS = CertificationSettings()


def certify(session: SolveSession) -> None:
    """Add a certificate of the bound, or of infeasibility, to the state; a better bound is taken from it."""
    state = session.state
    if state.infeasible:
        state.certificate = state.source.certificate_of_none()
        if state.certificate is None:
            by = ", ".join(state.claims.denials)
            state.notes.append(f"no certificate is written: that there is no plan rests on the word of {by}")
        return
    state.phase = "certificate"
    state.show(now=True)
    seconds = SETTINGS.min_seconds if session.signals.caught else session.left()
    work = SETTINGS.time_share * session.limits.time_limit if session.limits.deterministic else None
    state.certificate = state.source.certificate(max(SETTINGS.min_seconds, seconds), work, state.multipliers)
    if state.certificate is None:
        state.notes.append("no certificate is written: the method found no prices")
    elif (bound := state.certificate["bound"]) is not None and not state.source.loss:
        state.bound(units_of(state.source, Fraction(bound)))
        _note_difference(state, Fraction(bound), state.source.uncoupled())


def _note_difference(state: SolveState, certified: Fraction, exact: bool) -> None:
    """Note that a certificate proves less than the claimed optimum.

    Without coupling constraints between tasks the two are equal; elsewhere the difference may be a duality gap.
    """
    cost = state.money(state.cost)
    if cost is None or not state.closed() or certified >= cost:
        return
    shown = f"the certificate proves {float(certified):.9g} where {float(cost):.9g} is said to be the least"
    if exact and cost - certified > abs(cost) / 10**6:
        state.notes.append(f"{shown}, yet no rule joins tasks here: the two should be equal, one of them is wrong")
        return
    by = ", ".join(state.claims.provers_of(state.cost))
    if cost - certified > SETTINGS.noteworthy_gap * abs(cost):
        state.notes.append(f"{shown}; the difference rests on the search of {by}")
