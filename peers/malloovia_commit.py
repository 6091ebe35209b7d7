"""Malloovia's program on one question, for `serving.py`: reads JSON on standard input, prints JSON.

Run by the interpreter of `peers/.venv-malloovia`. Machines are reserved for all hours, or on demand in each: Phase I of
Malloovia (Entrialgo et al. 2017, doi:10.1016/j.jss.2017.02.005), where hours of equal load are one.
"""

from __future__ import annotations

import json
import sys
import time
from typing import Any

import malloovia as ml
import pulp

LIMITS = ml.LimitingSet("all", name="all", max_vms=0)


def machine(name: str, price: float, reserved: bool) -> Any:
    """Return an instance class by the hour."""
    return ml.InstanceClass(
        name, name=name, limiting_sets=(LIMITS,), max_vms=1000, price=price, time_unit="h", is_reserved=reserved
    )


def main() -> None:
    """Answer the question."""
    asked = json.load(sys.stdin)
    app = ml.App("chat", name="chat")
    load = ml.Workload("load", description="requests", values=tuple(asked["asked"]), app=app, time_unit="h")
    pairs = []
    for name, (price, rate) in asked["machines"].items():
        pairs.append((machine(name, price, False), rate))
        pairs.append((machine(f"{name} reserved", asked["reserved"] * price, True), rate))
    rates = ml.PerformanceSet(
        "rates", values=ml.PerformanceValues({each: {app: rate} for each, rate in pairs}), time_unit="h"
    )
    problem = ml.Problem(
        "one", name="one", workloads=(load,), instance_classes=tuple(each for each, _ in pairs), performances=rates
    )
    begun = time.monotonic()
    solver = pulp.PULP_CBC_CMD(threads=2, maxSeconds=asked["seconds"], msg=0, fracGap=0.0)
    solution = ml.PhaseI(problem).solve(solver=solver)
    stats = solution.solving_stats
    status = stats.algorithm.status.name if stats.algorithm.status else "?"
    answer = {"cost": stats.optimal_cost, "seconds": time.monotonic() - begun, "status": status}
    sys.stdout.write(json.dumps(answer) + "\n")


if __name__ == "__main__":
    main()
