"""Does another worker help? The same search from the same plan for the same time, with one worker, two, …

    python benchmarks/workers.py --family elasticflow --tasks 500 --seconds 25 --workers 1 2 --seeds 0 1 2

Workers are processes of a Dask cluster on this machine, started and warm before the clock runs; `lns` is the search
in one process that asks nobody. A line per run: cost, bound, gap, and what the search says of itself.
"""

from __future__ import annotations

import argparse

from distributed import LocalCluster

import leptonopt
from leptonopt.runtime import dask as cluster

WARMING = 6.0  # seconds in which workers load what they need


def main() -> None:
    """A line per run."""
    words = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    words.add_argument("--family", default="elasticflow")
    words.add_argument("--tasks", type=int, default=500)
    words.add_argument("--seconds", type=float, default=25.0)
    words.add_argument("--workers", type=int, nargs="*", default=[1, 2])
    words.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    asked = words.parse_args()
    instance = leptonopt.generate(asked.family, tasks=asked.tasks, seed=1)
    start = leptonopt.solve(instance, method="greedy", time_limit=600)
    print(
        f"{asked.family} {asked.tasks} tasks, {asked.seconds:g} s from a plan of {float(start.cost):,.2f}", flush=True
    )
    for seed in asked.seeds:
        shown("lns", seed, solved(instance, start, asked.seconds, seed, "lns"))
        for many in asked.workers:
            with (
                LocalCluster(n_workers=many, threads_per_worker=1, host="127.0.0.1", dashboard_address=":0") as made,
                cluster.dask_executor(made.scheduler_address) as executor,
            ):
                solved(instance, start, WARMING, seed, "lns-parallel", executor)
                shown(f"{many} workers", seed, solved(instance, start, asked.seconds, seed, "lns-parallel", executor))


def solved(instance, start, seconds, seed, method, executor=None):
    """A run."""
    given = dict(start.document)
    return leptonopt.solve(
        instance, method=method, warm_start=given, time_limit=seconds, seed=seed, threads=1, executor=executor
    )


def shown(who, seed, result) -> None:
    """Its line."""
    said = next((line for line in result.log.splitlines() if "neighbourhoods" in line), "")
    print(f"seed {seed} {who:<10} {float(result.cost):>14,.2f} {float(result.gap):7.2%}  {said}", flush=True)


if __name__ == "__main__":
    main()
