"""Divide rows among services as a relaxation does, and plan each service in its part.

Resource-directive decomposition (Geoffrion 1970, doi:10.1007/BF02315282): parts that sum to the room make the plans of
all services fit together, however each is found. The parts are what the fractional replicas of the relaxation hold,
rounded down; what is left goes one unit each to the services that lost most by that.
"""

from __future__ import annotations

import numpy as np

from leptonopt.algorithms.services.construction import Planner
from leptonopt.problem.arrays import Floats, Ints
from leptonopt.problem.problem import UNLIMITED, Problem
from leptonopt.runtime.clock import check_time_each

EXACT = 1e-6  # replicas up to which a fraction counts as whole


def planned_in_parts(planner: Planner, held: Floats, taken: Ints) -> Ints | None:
    """Return replicas on, (W, T), that fit together beside `taken`, (K, T); None where none are found.

    `held` are the replicas on, (W, T), of a relaxation.
    """
    services, price = planner.problem.services, planner.prices()
    parts = allotted(planner.problem, held, planner.room(taken))
    on, missing = np.zeros_like(services.most), list[int]()
    for service, part in enumerate(check_time_each(parts)):
        if (found := planner.planned(service, price, part, quick=True)) is None:
            missing.append(service)
        else:
            on[services.ways(service)] = found
    return planner.completed(on, taken, missing)


def allotted(problem: Problem, held: Floats, room: Ints) -> Ints:
    """Return the part of each service in each row, int64, shape (V, K, T).

    Parts of limited rows sum to the room at most.
    """
    asked, unit = _asked(problem, held)
    asked *= np.minimum(1.0, room / np.maximum(EXACT, asked.sum(axis=0)))
    parts = np.floor(asked / np.maximum(1, unit) + EXACT).astype(np.int64) * unit
    left = np.maximum(0, room - parts.sum(axis=0))
    for service in np.argsort(np.where(unit > 0, parts - asked, np.inf), axis=0, kind="stable"):
        more = np.take_along_axis(np.broadcast_to(unit, parts.shape), service[None], axis=0)[0]
        more = np.where(more <= left, more, 0)
        np.put_along_axis(parts, service[None], np.take_along_axis(parts, service[None], axis=0) + more, axis=0)
        left -= more
    users = np.maximum(1, (unit > 0).sum(axis=0))
    parts += left // users // np.maximum(1, unit) * unit
    found: Ints = np.where(problem.capacity < UNLIMITED, parts, problem.capacity)
    return found


def _asked(problem: Problem, held: Floats) -> tuple[Floats, Ints]:
    """Return what services hold of rows, float, (V, K, T), and in multiples of what, int64, (V, K, 1)."""
    services = problem.services
    way = np.repeat(np.arange(len(services.pool)), np.diff(services.hold_ptr))
    owner = np.repeat(np.arange(len(services)), np.diff(services.way_ptr))[way]
    shape = (len(services), *problem.capacity.shape)
    asked, whole = np.zeros(shape), np.zeros(shape[:2], np.int64)
    np.add.at(asked, (owner, services.hold_row), services.hold[:, None] * held[way])
    np.gcd.at(whole, (owner, services.hold_row), services.hold)
    return asked, whole[:, :, None]
