"""Rules of the model that the large-scale algorithms support; importing this module loads no kernels."""

from __future__ import annotations

from leptonopt.problem.problem import Problem


def unsupported_rule(problem: Problem) -> str | None:
    """Return the first rule that the problem has and the algorithms do not support; None without one."""
    rules = {
        "nodes": len(problem.nodes) > 0,
        "precedence": len(problem.before) > 0,
        "quota": bool(problem.quotas),
        "affinity": bool(problem.together or problem.apart),
        "services": len(problem.services) > 0,
    }
    return next((rule for rule, there in rules.items() if there), None)
