"""Check which rules of a problem a schedule violates."""

from __future__ import annotations

import numpy as np

from leptonopt.problem.arrays import Ints
from leptonopt.problem.nodes import NodeSchedule, keeps_rules, least_load, supply
from leptonopt.problem.problem import Problem
from leptonopt.problem.replicas import violated_service_rules
from leptonopt.problem.schedule import Schedule, node_schedule_of, quota_use, usage


def violated_rules(problem: Problem, schedule: Schedule) -> set[str]:
    """Return the names of the rules that a schedule violates.

    This is a guard for methods. The judge of plans is `leptonopt.verify`.
    """
    broken = violated_service_rules(problem, schedule.replicas)
    if "replicas" in broken or np.any(schedule.option < 0) or np.any(schedule.option >= problem.options):
        return broken or {"once"}
    ran = np.bincount(problem.group[schedule.option], schedule.count, problem.groups).astype(np.int64)
    if np.any(ran > problem.copies) or np.any((ran < problem.copies) & ~problem.optional):
        broken.add("once")
    if np.any(schedule.start < problem.first[schedule.option]) or np.any(
        schedule.start > problem.last[schedule.option]
    ):
        return broken | {"window"}
    load = usage(problem, schedule)
    if np.any(load > problem.capacity):
        broken.add("capacity")
    rent = node_schedule_of(problem, schedule, load)
    if rent is None or not _covered(problem, load, rent):
        broken.add("nodes")
    elif any(quota_use(problem, quota, schedule, rent, load) > quota.limit for quota in problem.quotas):
        broken.add("quota")
    if _mixed(problem, schedule):
        broken.add("affinity")
    start, end = np.full(problem.groups, -1), np.full(problem.groups, -1)
    start[problem.group[schedule.option]] = schedule.start
    end[problem.group[schedule.option]] = schedule.start + problem.duration[schedule.option]
    runs = start[problem.after] >= 0
    ended, wait = end[problem.before], start[problem.after] - end[problem.before]
    if np.any(runs & ((ended < 0) | (wait < problem.lag) | (wait > problem.most))):
        broken.add("precedence")
    return broken


def _covered(problem: Problem, load: Ints, rent: NodeSchedule) -> bool:
    """Return True when the node schedule keeps its rules and covers the load."""
    nodes = problem.nodes
    if not len(nodes):
        return True
    rows = np.unique(nodes.supply_row)
    fits = keeps_rules(nodes, rent) and bool(np.all(load[rows] <= supply(nodes, rent, len(load))[rows]))
    return fits and bool(np.all(load >= least_load(nodes, rent, len(load))))


def _mixed(problem: Problem, schedule: Schedule) -> bool:
    """Return True when groups of `together` use several pools, or copies of `apart` share one."""
    if not problem.together and not problem.apart:
        return False
    group, pool = problem.group[schedule.option], problem.pool[schedule.option]
    for members in problem.together:
        if len(np.unique(pool[np.isin(group, members)])) > 1:
            return True
    for members in problem.apart:
        mine = np.isin(group, members)
        if np.any(np.bincount(pool[mine], schedule.count[mine]) > 1):
            return True
    return False
