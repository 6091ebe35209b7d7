"""Confirmation of a proof, on the second model and by other engines."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

from leptonopt.confirm import NAME, Confirmation, Question
from leptonopt.confirm.solve import confirm as solve_second_model
from leptonopt.errors import Alarm
from leptonopt.problem.protocol import Limits, NullMonitor, Solution, Status, Stop
from leptonopt.problem.schedule import objective
from leptonopt.runtime.clock import run_in_thread
from leptonopt.session.placed_plan import units_of
from leptonopt.session.session import SolveSession
from leptonopt.session.solve_state import contradicts
from leptonopt.session.suspended_workers import Worker
from leptonopt.session.times import TIMES
from leptonopt.solvers import registry as methods
from leptonopt.solvers import selftest

CPSAT_METHODS = {"cpsat", "cpsat-intervals", "lns"}  # methods that prove with CP-SAT, as the second model does


@dataclass(frozen=True)
class ConfirmationSettings:
    """`second_model_share`: share of the time left for the second model; the rest is for another engine."""

    second_model_share: float = 0.6


SETTINGS = ConfirmationSettings()


def confirm(session: SolveSession) -> None:
    """Have the proof of optimality or infeasibility repeated.

    The second model, which runs on CP-SAT, comes first. An engine on the same model follows where that is not possible,
    and where CP-SAT alone is behind the proof.
    """
    state = session.state
    status, _, _ = state.status()
    # Where a task can never run there is nothing to search; the checker computes its own windows.
    if state.source.impossible and state.source.certificate_of_none() is not None:
        state.claims.confirmed.append("checker")
        state.claims.second = True
        return
    if state.source.impossible:
        _on_second_model(session, None)
        return
    if status not in (Status.OPTIMAL, Status.INFEASIBLE):
        return
    cost = state.cost if status is Status.OPTIMAL else None
    alone = {*state.claims.provers_of(cost)} <= CPSAT_METHODS
    if _on_second_model(session, cost) and not alone:
        return
    if not session.prover.is_whole:
        return
    for name in state.claims.others(cost):
        if alone and name in CPSAT_METHODS:
            continue
        if session.ended():
            if not state.claims.confirmed:
                state.notes.append("no time was left to confirm the proof")
            return
        if _confirmed_by(session, name, cost):
            return


def _confirmed_by(session: SolveSession, name: str, cost: int | None) -> bool:
    """Return whether an engine proves on the same model that no schedule costs less than `cost`.

    Without a cost, that none exists. Raises `Alarm` when it finds one.
    """
    state, prover = session.state, session.prover
    state.phase = f"{name}, confirming"
    if cost is not None and prover is not session:
        money = state.money(cost)
        assert money is not None
        cost = units_of(prover.state.source, money)
    solution = _solve_with_cutoff(prover, name, None if cost is None else cost - 1)
    state.engines[name] = solution.engine or state.engines.get(name, "")
    if solution.schedule is not None and not contradicts(prover.problem, solution.schedule):
        found = objective(prover.problem, solution.schedule)
        if cost is None or found < cost:
            money = prover.state.money(found)
            raise Alarm(f"{name} finds a plan for {money} where one engine has proven that none is")
    enough = cost is not None and solution.bound is not None and solution.bound >= cost
    if solution.status is Status.INFEASIBLE or enough:
        state.claims.confirmed.append(name)
        return True
    state.notes.append(f"{name} did not confirm the proof: {solution.note or f'stopped ({solution.stop})'}")
    return False


def _on_second_model(session: SolveSession, cost: int | None) -> bool:
    """Return whether the second model confirms the proof.

    It is built from the checker's reading of the document. Raises `Alarm` when it contradicts the proof.
    """
    state = session.state
    if session.ended():
        state.notes.append("no time was left to confirm the proof")
        return False
    state.phase = NAME
    question = state.source.question(state.money(cost), None if cost is None else state.schedule)
    if question is None:
        why = f"the instance is not confirmed on a {NAME}: it has too many options"
        state.notes.append(f"{why}; what confirms the proof shares one model with it")
        return False
    answer = _solve_second_model(session, question)
    if answer.engine:
        state.engines[NAME] = answer.engine
    if answer.agrees is False:
        state.logs.append(f"--- {NAME}: {answer.note} ---\n" + "\n".join(map(str, answer.lines)))
        raise Alarm(f"the {NAME}, from the checker's reading of the instance, {answer.note}")
    if answer.agrees:
        state.claims.confirmed.append("cpsat")
        state.claims.second = True
        return True
    why = answer.note or f"the {NAME} did not answer"
    state.notes.append(f"{why}; what confirms the proof shares one model with it")
    return False


def _solve_second_model(session: SolveSession, question: Question) -> Confirmation:
    limits = session.limits_for(SETTINGS.second_model_share * session.left(), session.limits.threads)
    if session.isolate:
        answer = _last_message(session, session.workers.start_confirmation(question, limits), limits)
        if isinstance(answer, Confirmation):
            return answer
        return Confirmation(None, note=answer.note)  # the worker failed, or did not answer in time
    if why := selftest.failed_selftest("cpsat", session.ended):
        return Confirmation(None, note=why)
    return run_in_thread(solve_second_model)(question, limits)


def _solve_with_cutoff(session: SolveSession, name: str, cutoff: int | None) -> Solution:
    """Return the solution of an engine that looks for a schedule of at most `cutoff` units."""
    limits = replace(session.limits_for(session.left(), session.limits.threads), cutoff=cutoff, gap=0.0)
    if not session.isolate:
        return methods.load_method(name)(session.problem, None, limits, NullMonitor(session.ended))
    answer = _last_message(session, session.workers.start(name, None, limits), limits)
    assert isinstance(answer, Solution)
    return answer


def _last_message(session: SolveSession, worker: Worker | None, limits: Limits) -> Solution | Confirmation:
    """Return the result of a worker; without a worker, the reason why it could not be started."""
    if worker is None:
        return Solution(Status.UNKNOWN, Stop.FAILED, note=session.state.notes[-1])
    try:
        deadline = limits.start().plus(session.grace)
        while not session.signals.caught and not deadline.expired():
            while worker.messages.qsize():
                match worker.messages.get():
                    case ("done", solution):
                        answer: Solution | Confirmation = solution
                        return answer
                    case ("unfit", why):
                        return Solution(Status.UNKNOWN, Stop.FAILED, note=why)
            session.state.show()
            time.sleep(TIMES.tick)
        return Solution(Status.UNKNOWN, Stop.LIMIT, note="no answer in time")
    finally:
        session.workers.kill()
