"""Rules of the model that schedules on single nodes support."""

from __future__ import annotations

import numpy as np

from leptonopt.problem.problem import Problem


def unsupported_rule(problem: Problem) -> str | None:
    """Return the first rule that the problem has and single nodes do not cover; None without one.

    Each kind has at most one node, each row one kind that supplies it, and each option at most one kind.
    """
    rules = {
        "nodes": not _has_single_nodes(problem),
        "nodes on before the horizon": bool(problem.nodes.before.any()),
        "precedence": len(problem.before) > 0,
        "quota": bool(problem.quotas),
        "affinity": bool(problem.together or problem.apart),
    }
    return next((rule for rule, there in rules.items() if there), None)


def _has_single_nodes(problem: Problem) -> bool:
    nodes = problem.nodes
    if not len(nodes) or int(nodes.count.max(initial=0)) > 1:
        return False
    if int(np.bincount(nodes.supply_row).max(initial=0)) > 1:
        return False
    kind = np.full(len(problem.capacity), -1)
    kind[nodes.supply_row] = nodes.supply_node
    held = kind[problem.demand_row]
    of = np.repeat(np.arange(problem.options), np.diff(problem.demand_ptr))[held >= 0]
    held = held[held >= 0]
    return not np.any((of[1:] == of[:-1]) & (held[1:] != held[:-1]))
