"""Local search by reinsertion: a group or a whole family is removed and inserted where it is cheaper."""

from __future__ import annotations

from collections.abc import Callable

from leptonopt.algorithms.heuristics.insertion import cost_limit, family_pools, insert_copies, never, topological
from leptonopt.algorithms.heuristics.partial_schedule import PartialSchedule
from leptonopt.algorithms.lagrangian.cost_guide import CostGuide
from leptonopt.algorithms.lagrangian.pricing import INFEASIBLE_COST
from leptonopt.problem.protocol import Monitor

HOMES = 4  # pools of least joint cost that are tried for a family


def improve(placing: PartialSchedule, guide: CostGuide, monitor: Monitor, passes: int) -> None:
    """Reinsert each group at its cheapest feasible columns, the greatest excess over its least cost first."""
    shape = placing.shape
    for _ in range(passes):
        gained = False
        excess = []
        for group, options in enumerate(guide.order):
            if options:
                best = min(guide.least[options[0]], shape.value[group] if shape.optional[group] else INFEASIBLE_COST)
                over = placing.group_cost(group) - best * shape.copies[group]
                if over > 0 or (placing.node_estimate and placing.runs[group]):
                    excess.append((-over, group))
        for at, (_, group) in enumerate(sorted(excess)):
            if at % 64 == 0 and monitor.should_stop():
                return
            gained |= _reinsert(placing, guide, group, over=monitor.should_stop)
        for family, pools in enumerate(family_pools(placing.problem, guide)):
            if monitor.should_stop():
                return
            gained |= _relocate_family(placing, guide, family, pools[:HOMES])
        if not gained:
            return


def _relocate_family(placing: PartialSchedule, guide: CostGuide, family: int, pools: list[tuple[int, int]]) -> bool:
    """Move a whole family to a cheaper pool; return whether it moved."""
    members, home = placing.shape.families[family], placing.home_pool[family]
    running = {placing.shape.pool[option] for group in members for option, _ in placing.runs[group]}
    for joint, pool in pools:
        if pool in running:
            continue
        cost = placing.cost_of_groups(members)
        if placing.node_estimate is None and joint >= cost:
            break
        ran = {group: dict(placing.runs[group]) for group in members}
        found = move_family(placing, guide, family, pool) or move_family(placing, guide, family, pool, hurry=True)
        if found and placing.cost_of_groups(members) < cost:
            return True
        placing.home_pool[family] = home
        for group in members:
            placing.remove_group(group)
        for group in members:
            placing.restore_group(group, ran[group])
    return False


def _reinsert(
    placing: PartialSchedule, guide: CostGuide, group: int, even: bool = False, over: Callable[[], bool] = never
) -> bool:
    """Reinsert one group; return whether it moved, being cheaper there.

    With `even`, it also moves for the same cost.
    """
    cost, limit = placing.cost_of_groups([group]) + even, cost_limit(placing, group)
    ran = placing.remove_group(group)
    insert_copies(placing, group, guide, limit, over)
    must = limit == INFEASIBLE_COST and placing.missing[group]
    if must or placing.cost_of_groups([group]) >= cost:
        placing.remove_group(group)
        placing.restore_group(group, ran)
        return False
    return True


def use_slack(placing: PartialSchedule, guide: CostGuide, monitor: Monitor) -> None:
    """Shift groups with predecessors or successors as late as the cost allows, the last first."""
    late = guide.paced(-1)
    for at, group in enumerate(reversed(topological(placing))):
        if at % 64 == 0 and monitor.should_stop():
            return
        if placing.shape.predecessors[group] or placing.shape.successors[group]:
            _reinsert(placing, late, group, even=True)


def move_family(placing: PartialSchedule, guide: CostGuide, family: int, pool: int, hurry: bool = False) -> bool:
    """Move a whole family to a pool; return whether all its mandatory groups were inserted there."""
    members = placing.shape.families[family]
    placing.home_pool[family] = pool
    for group in members:
        placing.remove_group(group)
    for group in members:
        if hurry and placing.shape.successors[group] and (found := placing.earliest_column(group, guide)):
            placing.insert(found[1], found[2])
        insert_copies(placing, group, guide, min(INFEASIBLE_COST, cost_limit(placing, group) * guide.scale))
    return not any(placing.missing[group] and not placing.shape.optional[group] for group in members)


def drop_idle(placing: PartialSchedule) -> None:
    """Remove groups whose predecessors do not run, and optional groups that cost more than their value."""
    shape = placing.shape
    order = topological(placing)
    for group in order:
        if placing.start[group] >= 0 and any(placing.end[before] < 0 for before, _ in shape.predecessors[group]):
            placing.remove_group(group)
    for group in reversed(order):
        if shape.optional[group] and placing.runs[group]:
            served = any(placing.start[behind] >= 0 for behind, _ in shape.successors[group])
            if not served and placing.group_cost(group) > shape.value[group] * shape.copies[group]:
                placing.remove_group(group)
