"""`ask`: answer a question by two solves, of the instance as it is and as it would be."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from leptonopt.decisions.answer import Answer, answered
from leptonopt.decisions.one_more import OneMore
from leptonopt.decisions.questions import Question
from leptonopt.errors import UsageError
from leptonopt.instance import Instance, validate
from leptonopt.session.request import resolve_instance
from leptonopt.session.solve import solve
from leptonopt.session.warm_workers import warm_workers
from leptonopt.verify import fingerprint, verify


def ask(
    instance: Instance | Mapping[str, Any] | str | os.PathLike[str],
    question: Question | OneMore,
    plan: Mapping[str, Any] | None = None,
    *,
    time_limit: float = 60.0,
    **options: Any,
) -> Answer:
    """Return the answer to a question, as a proven interval with the tasks that change.

    Parameters
    ----------
    instance : as of `leptonopt.solve`.
    question : a `WhatIf`, `WhyNot` or `CostOf`.
    plan : the document of the plan at hand, from which the second solve starts; without it, half of the time finds one.
    time_limit : seconds for all.
    options : as of `leptonopt.solve`, for each solve.

    Raises
    ------
    UsageError
        When the question names what is not there, the plan is not one of the instance, or the instance has none.
    InstanceError
        When the instance, or the one after the change, is not valid.
    """
    _, document, _ = resolve_instance(instance, options.pop("format", None), options.pop("params", None))
    changed = question.changed(document)
    validate(dict(changed))
    with warm_workers():
        if plan is None:
            time_limit /= 2
            plan = solve(document, time_limit=time_limit, **options).document
        else:
            require_plan_of(document, plan)
        if plan.get("cost_exact") is None:
            raise UsageError("there is no plan of the instance as it is; `leptonopt explain` says why")
        result = solve(changed, time_limit=time_limit, warm_start=plan, **options)
    return answered(plan, result.document, question.saved, result.notes, question.order)


def require_plan_of(document: Mapping[str, Any], plan: Mapping[str, Any]) -> None:
    """Refuse a plan that the checker rejects for an instance: what the plan states would be no proof.

    Raises
    ------
    UsageError
        With the first objection of the checker.
    """
    if plan.get("cost_exact") is None or (verdict := verify(document, plan)).ok:
        return
    why = f"the checker rejects it: {verdict.violations[0].message}"
    if (plan.get("instance") or {}).get("sha256") != fingerprint(document):
        why = "it is of another state of the instance"
    raise UsageError(f"the plan at hand is no plan of this instance: {why}; solve anew, or leave the plan out")
