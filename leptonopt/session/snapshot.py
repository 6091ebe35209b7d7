"""The best plan of a solve that goes on, decoded and checked when somebody asks for it."""

from __future__ import annotations

import platform
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from leptonopt.errors import Alarm
from leptonopt.plan.document import Outcome
from leptonopt.plan.plan import Plan
from leptonopt.problem.protocol import Limits, Status, Stop
from leptonopt.problem.schedule import Schedule, with_node_schedule
from leptonopt.session.source import InstanceSource


def made_by(
    limits: Limits, engines: Mapping[str, str], source: InstanceSource, seconds: Mapping[str, float]
) -> dict[str, Any]:
    """Return what a plan says of how it was made: versions, engines, limits, and seconds by phase."""
    from leptonopt import __version__

    return {
        "leptonopt": __version__,
        "python": platform.python_version(),
        "engines": dict(sorted(engines.items())),
        "seed": limits.seed,
        "limits": {
            "time_limit": limits.time_limit,
            "gap": limits.gap,
            "threads": limits.threads,
            "deterministic": limits.deterministic,
        },
        "seconds": {name: round(value, 3) for name, value in seconds.items()},
        "money_loss": str(source.loss),
    }


def plan_so_far(
    source: InstanceSource, schedule: Schedule, bound: Fraction | None, provers: Sequence[str], made: dict[str, Any]
) -> Plan:
    """Return the plan of a schedule, with the status `feasible`.

    Parameters
    ----------
    bound, provers : money that no plan costs less than, and who says so.
    made : as of `made_by`.

    Raises
    ------
    Alarm
        When the checker rejects it.
    """
    proof = {"by": sorted(provers), "confirmed_by": [], "confirmation": None, "certified": None}
    outcome = Outcome(str(Status.FEASIBLE), str(Stop.LIMIT), "auto", bound, made, source.origin, proof=proof)
    _, plan, verdict = source.answer(outcome, with_node_schedule(source.problem, schedule), lambda: None)
    if plan is None or not verdict.ok:
        shown = "; ".join(f"{found.rule}: {found.message}" for found in verdict.violations[:3])
        raise Alarm(f"the checker rejects the plan so far: {shown}")
    return plan
