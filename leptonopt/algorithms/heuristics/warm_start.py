"""Keep of an earlier schedule what fits, and go back to it where that costs nothing."""

from __future__ import annotations

from collections.abc import Callable

from leptonopt.algorithms.heuristics.partial_schedule import Column, PartialSchedule
from leptonopt.problem.feasibility import violated_rules
from leptonopt.problem.problem import Problem
from leptonopt.problem.schedule import Schedule, objective


def kept_part(problem: Problem, wanted: Schedule) -> Schedule:
    """Return entries of a schedule that fit together, as many copies as fit, earlier starts first.

    The result keeps every rule but `once`, quotas on nodes aside.
    """
    placing = PartialSchedule(problem)
    for option, start, count in sorted(wanted, key=lambda entry: (entry[1], entry[0])):
        insert_if_it_fits(placing, option, start, count)
    return placing.schedule()


def insert_if_it_fits(placing: PartialSchedule, option: int, start: int, count: int) -> int:
    """Insert copies into a column as far as its group lacks them and rules allow; return how many."""
    low, high = placing.start_window(option)
    count = min(count, placing.missing[placing.shape.group[option]])
    if count < 1 or not low <= start <= high or placing.is_pool_blocked(option):
        return 0
    fits = placing.feasible_starts(option, start, start)
    if fits is not None and not fits[0]:
        return 0
    count = min(count, placing.max_copies(option, start))
    if count > 0:
        placing.insert(option, start, count)
    return max(0, count)


def kept_copies(schedule: Schedule, wanted: Schedule) -> int:
    """Return how many copies of a wanted schedule run in the same columns."""
    found = {(option, start): count for option, start, count in schedule}
    return sum(min(count, found.get((option, start), 0)) for option, start, count in wanted)


def restored(problem: Problem, schedule: Schedule, wanted: Schedule, should_stop: Callable[[], bool]) -> Schedule:
    """Return a schedule of the same cost, or less, with at least as many copies in wanted columns.

    Groups go back to their wanted columns one at a time, as long as that costs nothing.
    """
    placing, cost = PartialSchedule(problem, None, schedule), objective(problem, schedule)
    homes: dict[int, dict[Column, int]] = {}
    for option, start, count in wanted:
        homes.setdefault(placing.shape.group[option], {})[option, start] = count
    best, moved = schedule, True
    while moved:
        moved = False
        for group, home in homes.items():
            if should_stop():
                return best
            ran = placing.runs[group]
            if _inside(home, ran) or not (before := _moved_back(placing, group, home)):
                continue
            found = placing.schedule()
            if (true := _cost(problem, found)) is not None and true <= cost:
                best, cost, moved = found, true, True
            else:
                placing.remove_group(group)
                placing.restore_group(group, before)
    return best


def _inside(home: dict[Column, int], ran: dict[Column, int]) -> bool:
    """Return whether as many copies as possible are at home."""
    return all(ran.get(column, 0) >= count for column, count in home.items())


def _moved_back(placing: PartialSchedule, group: int, home: dict[Column, int]) -> dict[Column, int] | None:
    """Move copies to the wanted columns; return what ran before, or None when nothing moved."""
    before = placing.remove_group(group)
    moved = sum(insert_if_it_fits(placing, option, start, count) for (option, start), count in home.items())
    was_home = sum(min(count, before.get(column, 0)) for column, count in home.items())
    for (option, start), count in before.items():
        insert_if_it_fits(placing, option, start, count)
    if moved > was_home and placing.missing[group] <= _missing(placing, group, before):
        return before
    placing.remove_group(group)
    placing.restore_group(group, before)
    return None


def _missing(placing: PartialSchedule, group: int, ran: dict[Column, int]) -> int:
    return int(placing.shape.copies[group]) - sum(ran.values())


def _cost(problem: Problem, schedule: Schedule) -> int | None:
    """Return the objective of a schedule; None where it breaks a rule, as one on nodes does."""
    return None if violated_rules(problem, schedule) else objective(problem, schedule)
