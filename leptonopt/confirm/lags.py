"""Add greatest lags between tasks to the second model."""

from __future__ import annotations

from leptonopt.confirm.data import Builder


def add_greatest_lag(model: Builder, id: str, first: str, most: int) -> None:
    """Add that no copy of a task starts later than `most` slots after the end of a copy of the other.

    A variable for each slot allows either starts from then on, or ends more than `most` before.
    """
    late, early = (int(model.stated.tasks[each].get("copies", 1)) for each in (id, first))
    for slot in sorted({model.columns[at].start for at in model.of_task[id]}):
        started = [at for at in model.of_task[id] if model.columns[at].start >= slot]
        ended = [at for at in model.of_task[first] if model.columns[at].end + most < slot]
        starts = model.variable(1)
        model.row(dict.fromkeys(started, 1) | {starts: -late}, high=0)
        model.row(dict.fromkeys(ended, 1) | {starts: early}, high=early)
