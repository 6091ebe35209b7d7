"""Warm starts of a solve: whole, in part, and the way back."""

from __future__ import annotations

import copy
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from leptonopt import solve
from leptonopt.algorithms.heuristics.warm_start import kept_copies
from leptonopt.compile.columnar import compile_columnar
from leptonopt.io.columnar import load
from leptonopt.problem.feasibility import violated_rules
from leptonopt.problem.protocol import Limits, NullMonitor
from leptonopt.session.warm_start import _repaired
from tests.helpers import bruteforce
from tests.helpers.columnar_files import saved, tiny
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


@pytest.mark.parametrize("seed", range(6))
def test_large_problems_are_repaired(tmp_path: Path, seed: int) -> None:
    """What fits stays, and what is missing finds a place in the capacity that is left."""
    problem = compile_columnar(load(saved(tmp_path, tiny(seed)))).problem
    best = bruteforce.optimum(problem)
    assert best is not None
    whole = _repaired(problem, best[1], Limits(10.0), NullMonitor())
    assert whole is not None
    assert kept_copies(whole, best[1]) == best[1].count.sum()
    less = replace(problem, capacity=np.maximum(0, problem.capacity - 1))
    found = _repaired(less, best[1], Limits(10.0), NullMonitor())
    assert found is not None
    assert not violated_rules(less, found)
