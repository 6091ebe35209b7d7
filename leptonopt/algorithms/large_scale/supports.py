"""Which rules of the model the pipeline keeps, told without loading it."""

from __future__ import annotations

from leptonopt.problem.problem import Problem


def unsupported_rule(problem: Problem) -> str | None:
    """The first rule that this method does not keep and the problem has; None when there is none."""
    rules = {
        "nodes": len(problem.nodes) > 0,
        "precedence": len(problem.before) > 0,
        "quota": bool(problem.quotas),
        "affinity": bool(problem.together or problem.apart),
    }
    return next((rule for rule, there in rules.items() if there), None)
