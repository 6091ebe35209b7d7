"""Gavel's cost policy and leptonopt on the same jobs: who keeps which deadlines, and for how much?

    python peers/gavel_cost.py --data DIR [--time-limit 20] [-o rows.jsonl]

Narayanan, Santhanam, Kazhamiaka, Phanishayee & Zaharia, "Heterogeneity-Aware Cluster Scheduling Policies for Deep
Learning Workloads" (OSDI 2020). A linear program gives X[m, j], the share of time that job m runs on GPU type j: most
throughput per dollar, sum of T[m, j] / price[j] * X[m, j], such that a job's shares add up to at most 1, a type's to
its GPUs, and a job with a deadline gets the throughput to keep it; where that has no solution deadlines are dropped.
It is solved again whenever a job ends. Gavel is not on the package index; the program is written here from what
is published and run fluidly, so what Gavel's rounds lose is not counted.

`fluid bound` has Gavel's shares, lets them change at every deadline, and minimises money: jobs may be split, paused
and moved for nothing. No plan for these jobs costs less.

Jobs, throughputs and prices are Gavel's own: `gavel_jobs.py`. All jobs are there at the start. leptonopt runs them
whole, on one type each, in slots; where it proves that not all can be on time so, it is asked again with deadlines
that may be missed at a penalty above any bill, which is not counted in the cost shown.
"""

from __future__ import annotations

import math
import time
from dataclasses import replace
from typing import Any

import numpy as np
from common import Row, Table, arguments, our_row, ours
from gavel_jobs import MINUTES, PRICES, Job, jobs_of
from scipy.optimize import linprog

MONEY = np.array(list(PRICES.values()))
PENALTY = 1000
THEIRS, OURS = "whole jobs, changing prices, nodes", "pausing and moving, shares of a GPU"


def shares_of(jobs: list[Job], left: list[float], now: float, devices: list[int]) -> Any:
    """Gavel's shares at a moment, jobs by types; `left` is the part of each job that is still to be done."""
    m, n = len(jobs), len(devices)
    speed = np.array([[job.steps / hours for hours in job.hours] for job in jobs])
    gpus = np.array([job.gpus for job in jobs])
    rows = [*np.kron(np.eye(m), np.ones(n)), *(np.kron(gpus, np.eye(n)[kind]) for kind in range(n))]
    limits = [1.0] * m + [float(count) for count in devices]
    bound = [at for at, job in enumerate(jobs) if job.deadline > now + 1e-9]
    keep = [-np.kron(np.eye(m)[at], speed[at]) / jobs[at].steps for at in bound]
    needs = [-left[at] / (jobs[at].deadline - now) * (1 - 1e-9) for at in bound]
    found = linprog(-(speed / MONEY).ravel(), np.array(rows + keep), limits + needs)
    if found.status != 0:
        found = linprog(-(speed / MONEY).ravel(), np.array(rows), limits)
    if found.x is None:
        raise ArithmeticError(found.message)
    return found.x.reshape(m, n)


def policy(name: str, jobs: list[Job], devices: list[int]) -> Row:
    """Gavel's policy until all is done: what it costs, and how many deadlines it misses."""
    begun, now, cost, late = time.monotonic(), 0.0, 0.0, 0
    left = dict.fromkeys(range(len(jobs)), 1.0)
    while left:
        ids = list(left)
        shares = shares_of([jobs[at] for at in ids], list(left.values()), now, devices)
        rates = [float(row @ (1 / np.array(jobs[at].hours))) for at, row in zip(ids, shares, strict=True)]
        step = min(left[at] / rate for at, rate in zip(ids, rates, strict=True) if rate > 1e-9)
        now += step
        for at, row, rate in zip(ids, shares, rates, strict=True):
            cost += step * jobs[at].gpus * float(row @ MONEY)
            left[at] -= step * rate
            if left[at] < 1e-9:
                late += now > jobs[at].deadline + 1e-6
                del left[at]
    note = f"{late} of {len(jobs)} late, ends after {now:.1f} h"
    return Row(name, "gavel policy", "late" if late else "feasible", cost, time.monotonic() - begun, THEIRS, note)


def fluid(name: str, jobs: list[Job], devices: list[int]) -> Row:
    """The least money of any shares that change at deadlines only: h[interval, job, type] hours."""
    begun = time.monotonic()
    ends = sorted({job.deadline for job in jobs})
    long, m, n = np.diff([0.0, *ends]), len(jobs), len(devices)
    gpus, speed = np.array([job.gpus for job in jobs]), 1 / np.array([job.hours for job in jobs])
    types = np.array([np.kron(gpus, np.eye(n)[kind]) for kind in range(n)])
    rows = np.vstack([np.kron(np.eye(len(long)), each) for each in (np.kron(np.eye(m), np.ones(n)), types)])
    limits = np.concatenate([np.kron(long, np.ones(m)), np.kron(long, devices)])
    done = np.array([np.tile(np.kron(np.eye(m)[at], speed[at]), len(long)) for at in range(m)])
    most = [(0, None if end <= job.deadline else 0) for end in ends for job in jobs for _ in range(n)]
    money = np.tile(np.kron(gpus, MONEY), len(long))
    found = linprog(money, rows, limits, done, np.ones(m), most)
    status = {0: "bound", 2: "infeasible"}.get(found.status, "unknown")
    cost = None if found.fun is None or found.status else float(found.fun)
    return Row(name, "fluid bound", status, cost, time.monotonic() - begun, THEIRS)


def document(jobs: list[Job], devices: list[int], soft: bool) -> dict[str, Any]:
    """The jobs as an instance of leptonopt: whole, in slots, an option for each GPU type."""
    begin, tasks = np.datetime64("2026-01-01T00:00"), []
    for at, job in enumerate(jobs):
        end = f"{begin + np.timedelta64(job.slots * MINUTES, 'm')}Z"
        options = [
            {"pool": kind, "uses": {"gpu": job.gpus}, "duration": f"{math.ceil(hours * 60 / MINUTES) * MINUTES}m"}
            for kind, hours in zip(PRICES, job.hours, strict=True)
        ]
        limit = {"due": end, "late_penalty": PENALTY} if soft else {"deadline": end}
        tasks.append({"id": f"job-{at}", "options": options, **limit})
    pools = [
        {"id": kind, "capacity": {"gpu": count}, "price": {"gpu": price}}
        for (kind, price), count in zip(PRICES.items(), devices, strict=True)
    ]
    horizon = max(job.slots for job in jobs) * MINUTES
    grid = {"start": f"{begin}Z", "slot": f"{MINUTES}m", "horizon": f"{horizon}m"}
    return {"leptonopt": 1, "time": grid, "pools": pools, "tasks": tasks}


def leptonopt(name: str, jobs: list[Job], devices: list[int], seconds: float, soft: bool = False) -> Row:
    """The row of leptonopt."""
    result, took = ours(document(jobs, devices, soft), seconds)
    row = our_row(name, result, took, OURS, system="leptonopt, late" if soft else "leptonopt")
    if row.cost is None or row.bound is None or result.plan is None:
        return row
    late, cost = divmod(row.cost, PENALTY)
    pairs = [(jobs[int(task["id"][4:])], task["pool"]) for task in result.plan.tasks]
    exact = sum(job.gpus * job.hours[list(PRICES).index(kind)] * PRICES[kind] for job, kind in pairs)
    note = f"{late:.0f} of {len(jobs)} late, gap {row.cost - row.bound:.2f}, {exact:.2f} without rounding to slots"
    return replace(row, cost=cost, bound=row.bound - late * PENALTY, note=note)


def main() -> None:
    """Compare and print."""
    given = arguments(__doc__, 20.0).parse_args()
    table = Table(given.output)
    for trace, count, devices in (  # GPUs: K80, P100, V100; the cluster of the paper is 24, 16, 8
        ("minimize_makespan", 15, [24, 16, 8]),
        ("minimize_makespan", 30, [12, 8, 4]),
        ("max_min_fairness", 30, [24, 16, 12]),
        ("max_min_fairness", 90, [24, 16, 48]),
        ("minimize_makespan", 90, [24, 16, 8]),
    ):
        name = f"{trace[:7]}-{count} on {'+'.join(map(str, devices))}"
        jobs = jobs_of(given.data / "gavel", f"physical_{trace}", count)
        row = leptonopt(name, jobs, devices, given.time_limit)
        table.add(row)
        if row.status == "infeasible":
            table.add(leptonopt(name, jobs, devices, given.time_limit, soft=True))
        table.add(policy(name, jobs, devices))
        table.add(fluid(name, jobs, devices))


if __name__ == "__main__":
    main()
