"""Warm starts of a solve: whole, in part, and the way back."""

from __future__ import annotations

import copy

from leptonopt import solve
from tests.unit.session.test_handle import small


def test_a_part_is_kept_and_counted() -> None:
    """A task is added, and one is gone: the note counts what the old plan had."""
    old = solve(small(), threads=1, time_limit=10).document
    new = copy.deepcopy(small())
    new["tasks"].append({**new["tasks"][0], "id": "z"})
    del new["tasks"][1]
    result = solve(new, threads=1, time_limit=10, warm_start=old)
    assert "1 of 2 runs of the warm start kept" in result.notes
    before = {line["id"]: line["start"] for line in old["tasks"]}
    after = {line["id"]: line["start"] for line in result.document["tasks"]}
    assert before["x"] == after["x"]


def test_options_are_renamed() -> None:
    """Runs in an option of another name are in the one most like it; nothing is lost, and no note is needed."""
    old = solve(small(), threads=1, time_limit=10).document
    new = small()
    for task in new["tasks"]:
        task["options"] = [{**task["options"][0], "id": "renamed"}]
    result = solve(new, threads=1, time_limit=10, warm_start=old)
    assert [line["start"] for line in result.document["tasks"]] == [line["start"] for line in old["tasks"]]
    assert result.notes == ()
