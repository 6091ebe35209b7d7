"""Lines of finished runs made by hand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from leptonopt.experiments.results import Results


def line(
    method: str = "m",
    instance: str = "i",
    cost: str | None = "10",
    bound: str | None = None,
    seed: int = 0,
    **more: Any,
) -> dict[str, Any]:
    """Return a line; its trace has one step at 2 s of 10."""
    status = "unknown" if cost is None else "optimal" if cost == bound else "feasible"
    numbers = [None if each is None else float(each) for each in (cost, bound)]
    return {
        "leptonopt_run": 1, "key": f"{method}-{instance}-{seed}", "best_known": None, "versions": {}, "method": method, "source": "",
        "instance": {"name": instance, "family": "f", "sha256": instance, "tasks": 3}, "seed": seed, "time_limit": 10.0,
        "gap": 0.0, "threads": 1, "deterministic": False, "status": status, "stop": "limit", "cost": cost, "bound": bound,
        "engines": {}, "by": [], "seconds": {"total": 5.0}, "notes": [], "machine": {}, "trace": [[2.0, *numbers]], "wall": 5.0,
    } | more  # fmt: skip


def results(folder: Path, *lines: dict[str, Any]) -> Results:
    """Return the results of a folder with these lines."""
    (folder / "runs.jsonl").write_text("".join(json.dumps(each) + "\n" for each in lines))
    return Results.of(folder)
