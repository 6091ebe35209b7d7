"""Read Jain & Grossmann (INFORMS J. on Computing 13(4), 2001): jobs on dissimilar machines.

n m; n rows of m costs; n rows of m durations; n release dates; n deadlines. A time unit becomes an hour.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from leptonopt.io.literature.hourly import at_hour, hourly_document
from leptonopt.io.literature.number_stream import Numbers


def document(text: str, path: Path, params: Mapping[str, str]) -> dict[str, Any]:
    """Return the native document of such a file; raises `InstanceError` where it is not one."""
    numbers = Numbers(text, path)
    jobs, machines = numbers.whole("the number of jobs", 1, 100_000), numbers.whole("the number of machines", 1, 10_000)
    numbers.options(jobs * machines)
    cost = [numbers.wholes(machines, "a cost") for _ in range(jobs)]
    duration = [numbers.wholes(machines, "a duration", 1) for _ in range(jobs)]
    release = [numbers.whole("a release date", 0, 100_000) for _ in range(jobs)]
    deadline = [numbers.whole("a deadline", 1, 100_000) for _ in range(jobs)]
    numbers.end()
    for job in range(jobs):
        if deadline[job] <= release[job]:
            raise numbers.wrong(f"job {job} is released at {release[job]}, not before its deadline {deadline[job]}")
    pools = [{"id": f"machine-{m}", "capacity": {"machine": 1}} for m in range(machines)]
    tasks = [
        {
            "id": f"job-{j}",
            "release": at_hour(release[j]),
            "deadline": at_hour(deadline[j]),
            "options": [
                {"pool": f"machine-{m}", "uses": {"machine": 1}, "duration": f"{hours}h", "cost": cost[j][m]}
                for m, hours in enumerate(duration[j])
            ],
        }
        for j in range(jobs)
    ]
    return hourly_document(path.stem or "jain-grossmann", max(deadline), pools, tasks)
