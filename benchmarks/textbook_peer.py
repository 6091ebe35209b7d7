"""PyJobShop's part of `textbook.py`: reads a question as JSON and writes an answer; runs in peers/.venv."""

from __future__ import annotations

import json
import sys


def main() -> None:
    """Answer with mode and start of each task, or null; every job needs a due date, if with no weight."""
    from pyjobshop import Model  # type: ignore[import-not-found]

    asked = json.load(sys.stdin)
    model = Model()
    resources = [
        model.add_renewable(capacity=most, breaks=[tuple(each) for each in breaks])
        for most, breaks in asked["resources"]
    ]
    heaviest = max((slope for _, _, _, slope, _, _ in asked["tasks"]), default=1) or 1
    modes: list[tuple[int, int]] = []
    tasks = []
    for at, (release, deadline, due, slope, optional, ways) in enumerate(asked["tasks"]):
        weight = max(1, 1000 * slope // heaviest) if slope else 0
        job = model.add_job(weight=weight, due_date=deadline if due is None else due)
        tasks.append(model.add_task(job=job, earliest_start=release, latest_end=deadline, optional=optional))
        for number, (length, held) in enumerate(ways):
            model.add_mode(tasks[-1], [resources[row] for row, _ in held], length, [amount for _, amount in held])
            modes.append((at, number))
    for first, second, lag in asked["edges"]:
        model.add_end_before_start(tasks[first], tasks[second], lag)
    model.set_objective(weight_total_tardiness=1)
    result = model.solve(time_limit=asked["seconds"], num_workers=1, display=False)
    if result.status.value not in ("Optimal", "Feasible"):
        sys.stdout.write("null\n")
        return
    found = [(modes[task.mode][1], task.start) if task.present else (-1, 0) for task in result.best.tasks]
    sys.stdout.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    main()
