"""Simulate policies on the same worlds: bills, deadlines, changes, and regret against hindsight."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from leptonopt.instance import Instance
from leptonopt.session.solve import solve
from leptonopt.simulation.execution import Execution
from leptonopt.simulation.noise import Noise
from leptonopt.simulation.outcome import Outcome, Setting, deadlines_met
from leptonopt.simulation.policies import ONCE, ROLLING, THRESHOLD, Planner, ThresholdRule, refuse_policies
from leptonopt.simulation.spot_outcomes import spot_outcomes
from leptonopt.simulation.world import (
    as_it_arrives,
    as_it_turns_out,
    moment_of,
    refuse_unsupported,
    with_soft_deadlines,
)


def simulate(
    instance: Instance,
    policies: Sequence[str],
    seeds: Sequence[int],
    noise: Noise,
    setting: Setting,
    tell: Callable[[Outcome], None] = lambda outcome: None,
) -> list[Outcome]:
    """Return how each policy fares in the world of each seed, which is the same for all of them.

    Policies are `once`, `rolling`, `threshold`, the name of a method, with which to plan again, or `uniform-progress`
    where the noise has traces of spot capacity.

    Raises
    ------
    Unsupported
        When the instance has what a simulation does not carry out.
    """
    refuse_unsupported(instance, bool(noise.spot))
    refuse_policies(policies, bool(noise.spot))
    expected = with_soft_deadlines(instance, setting.miss, setting.tail)
    found = []
    for seed in seeds:
        arrived = as_it_arrives(expected, noise, seed)
        real = as_it_turns_out(arrived, noise, seed, setting.folder)
        if noise.spot:
            outcomes = spot_outcomes(instance, arrived, real, policies, noise, seed, setting)
        else:
            histories = [(policy, *_history(arrived, real, policy, setting)) for policy in policies]
            outcomes = [_outcome(instance, real, seed, *each) for each in histories]
        for outcome in _with_regret(real, outcomes, setting):
            found.append(outcome)
            tell(outcome)
    return found


def _history(expected: Instance, real: Instance, policy: str, setting: Setting) -> tuple[Execution, int]:
    """Return what a policy does in a world, and how many copies it moved or shifted by planning again."""
    if policy == THRESHOLD:
        return _without_plan(expected, real), 0
    method = setting.method if policy in (ONCE, ROLLING) else policy

    def planned(document: Mapping[str, Any], warm: Mapping[str, Any] | None) -> Any:
        return solve(
            document, method=method, time_limit=setting.seconds, threads=setting.threads, warm_start=warm,
            deterministic=True, isolate=False,
        )  # fmt: skip

    execution, planner = Execution(real), Planner(expected, planned, policy == ONCE)
    every = setting.slots_between(real.time)
    for slot in range(real.time.slots):
        if slot % every == 0:
            planner.plan(slot, execution)
        now = moment_of(real, slot)
        due = sorted((start, key, option) for key, (option, start) in planner.wanted.items() if start <= now)
        for _, key, option in due:
            if key not in execution.begun:
                execution.try_to_start(key, option, slot)
    return execution, planner.changes


def _without_plan(expected: Instance, real: Instance) -> Execution:
    """Return what the threshold rule does in a world."""
    execution, rule = Execution(real), ThresholdRule(expected)
    for slot in range(real.time.slots):
        rule.start(slot, execution)
    return execution


def _outcome(instance: Instance, real: Instance, seed: int, policy: str, execution: Execution, changes: int) -> Outcome:
    times = {key: (moment_of(real, run.start), moment_of(real, run.end)) for key, run in execution.begun.items()}
    cost = execution.plan().cost if execution.complete() else None
    return Outcome(policy, seed, cost, *deadlines_met(instance, times), changes, times)


def _with_regret(real: Instance, outcomes: Sequence[Outcome], setting: Setting) -> list[Outcome]:
    """Return outcomes with what they cost more than the best plan in hindsight: at least, and at most."""
    known = [outcome.cost for outcome in outcomes if outcome.cost is not None]
    if not known or not setting.hindsight:
        return list(outcomes)
    hindsight = solve(real, time_limit=setting.seconds, threads=setting.threads, isolate=False)
    best = min([*known, *([hindsight.cost] if hindsight.cost is not None else [])])
    found = []
    for outcome in outcomes:
        regret = None
        if outcome.cost is not None:
            regret = outcome.cost - best, None if hindsight.bound is None else outcome.cost - hindsight.bound
        found.append(Outcome(**{**vars(outcome), "regret": regret}))
    return found
