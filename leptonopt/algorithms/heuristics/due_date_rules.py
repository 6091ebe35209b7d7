"""Orders for lateness: earliest due date, weighted shortest processing time, apparent tardiness cost.

All are stated for one machine. Here the machine is the whole capacity: a group takes the share of the capacity over the
horizon that its smallest option uses, times the horizon. On one machine that is its duration.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from leptonopt.algorithms.lagrangian.pricing import group_least
from leptonopt.problem.arrays import Floats
from leptonopt.problem.problem import UNLIMITED, Problem

LOOK_AHEAD = (0.5, 1.0, 2.0, 3.0, 4.0)  # look-ahead of `apparent_tardiness_cost` [mean processing times]
LOOKED_AHEAD = 1_000  # groups above which apparent tardiness cost, of quadratic time, is left out: 5,000 took 5.9 s
DEADLINE = 0.25  # greatest look-ahead for the last possible ends of groups [mean processing times]
LEAST = 1e-12


@dataclass(frozen=True, eq=False)
class DueDates:
    """Processing times and due dates by group; all float64, shape (G,).

    Attributes
    ----------
    processing : slots that the group takes of the whole capacity
    duration : slots of its shortest option
    release : first slot in which it can start
    due, weight : slot at which lateness begins to cost, infinite without one; cost per slot [money units]
    due_once, once : slot after which an end costs `once` [money units]
    latest : slot by which it has to end
    must : 1 for groups that must run, else 0
    """

    processing: Floats
    duration: Floats
    release: Floats
    due: Floats
    weight: Floats
    due_once: Floats
    once: Floats
    latest: Floats
    must: Floats

    @classmethod
    def of(cls, problem: Problem) -> DueDates:
        """Return the due dates of a problem."""
        length = problem.duration.astype(float)
        latest = np.zeros(problem.groups)
        np.maximum.at(latest, problem.group, (problem.last + problem.duration).astype(float))
        slope = problem.late_slope.astype(float)
        copies = np.maximum(1, problem.copies).astype(float)
        return cls(
            processing=np.maximum(volumes(problem) * problem.slots * copies, LEAST),
            duration=group_least(problem, length, 0.0),
            release=group_least(problem, problem.first.astype(float), 0.0),
            due=np.where(slope > 0, problem.late_base / np.maximum(slope, 1.0), np.inf),
            weight=slope * copies,
            due_once=np.where(problem.late_once > 0, problem.late_after.astype(float), np.inf),
            once=problem.late_once * copies,
            latest=latest,
            must=(~problem.optional).astype(float),
        )


def has_due_dates(problem: Problem) -> bool:
    """Return whether lateness costs anything."""
    return bool(problem.late_slope.any() or problem.late_once.any())


def volumes(problem: Problem) -> Floats:
    """Return the least share of a pool's capacity over time that an option uses, by group, shape (G,)."""
    limited = np.where(problem.capacity < UNLIMITED, problem.capacity, 0).astype(float)
    total = np.where(limited.any(axis=1), limited.sum(axis=1), np.inf)
    per_row = problem.demand / np.maximum(total[problem.demand_row], LEAST)
    of_option = np.repeat(np.arange(problem.options), np.diff(problem.demand_ptr))
    share = np.zeros(problem.options)
    np.maximum.at(share, of_option, per_row)
    return group_least(problem, share * problem.duration, 0.0)


def earliest_due_date(dates: DueDates) -> Floats:
    """Return the due date of each group as its rank, shape (G,); the latest end for groups without one.

    Jackson (1955): the order is optimal for the greatest lateness on one machine.
    """
    due: Floats = np.minimum(np.minimum(dates.due, dates.due_once), dates.latest)
    return due


def weighted_shortest_processing(dates: DueDates) -> Floats:
    """Return minus the cost of lateness over the processing time as the rank of each group, shape (G,).

    Smith (1956, doi:10.1002/nav.3800030106): the order is optimal on one machine when every group is late.
    """
    rank: Floats = -(dates.weight + dates.once / np.maximum(1.0, dates.latest)) / dates.processing
    return rank


def apparent_tardiness_cost(dates: DueDates, look_ahead: float) -> Floats:
    """Return the position of each group in the order of apparent tardiness cost, shape (G,).

    Vepsalainen and Morton (1987, doi:10.1287/mnsc.33.8.1035). Whenever the machine is free, at slot t, the group of
    greatest w / p exp(-max(0, d - p - t) / (k m)) follows: w the cost of lateness per slot, p the processing time, d
    the due date, k the look-ahead and m the mean processing time. A cost that falls due once counts while it can be
    avoided; the last possible end of a group that must run counts as a due date of the greatest weight.

    look_ahead : k [mean processing times]
    """
    groups = len(dates.due)
    position, waiting, now = np.zeros(groups), np.ones(groups, bool), 0.0
    mean = max(float(dates.processing.mean()), LEAST) if groups else 1.0
    heaviest = 1.0 + float(dates.weight.max(initial=0.0)) + float(dates.once.max(initial=0.0))

    def urgency(due: Floats, look_ahead: float) -> Floats:
        slack = np.maximum(0.0, due - np.maximum(dates.duration, dates.processing) - now)
        urgent: Floats = np.exp(-slack / (look_ahead * mean))
        return urgent

    for turn in range(groups):
        now = max(now, float(dates.release[waiting].min()))
        index = dates.weight * urgency(dates.due, look_ahead)
        index += dates.once * urgency(dates.due_once, look_ahead) * (now + dates.duration <= dates.due_once)
        index += dates.must * heaviest * urgency(dates.latest, min(look_ahead, DEADLINE))
        index /= dates.processing
        chosen = int(np.where(waiting & (dates.release <= now), index, -1.0).argmax())
        position[chosen], waiting[chosen] = turn, False
        now += float(dates.processing[chosen])
    return position


def due_date_orders(problem: Problem) -> list[Floats]:
    """Return the ranks of all rules, shape (G,) each; those that look ahead first, where groups are few."""
    dates = DueDates.of(problem)
    look_ahead = LOOK_AHEAD if problem.groups <= LOOKED_AHEAD else ()
    orders = [apparent_tardiness_cost(dates, each) for each in look_ahead]
    return [*orders, earliest_due_date(dates), weighted_shortest_processing(dates)]
