"""Runs of a comparison: methods, specifications, failures."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from leptonopt.errors import UsageError
from leptonopt.experiments.cases import cases
from leptonopt.experiments.run import Options, failed, machine, method_of, run, spec_of, versions
from leptonopt.solvers import greedy
from tests.helpers.tiny_instances import document


def test_methods_of_every_kind(tmp_path: Path) -> None:
    """Of the table, a function, a function of a file."""
    assert (method_of("auto").solver, method_of("greedy", "mine").name) == ("auto", "mine")
    own = method_of(greedy.solve)
    assert (own.name, own.solver) == ("solve", "")
    assert own.where.endswith(":solve")
    (tmp_path / "mine.py").write_text("def solve(problem, warm_start, limits, monitor): ...\n")
    assert method_of(f"{tmp_path}/mine.py:solve").where == f"{(tmp_path / 'mine.py').resolve()}:solve"


@pytest.mark.parametrize("given", ["magic", "none.py:solve", lambda problem: None])
def test_what_is_no_method(given: object) -> None:
    """Unknown names, files that do not exist, functions that no other process finds."""
    with pytest.raises(UsageError):
        method_of(given)  # type: ignore[arg-type]


def test_a_run_in_a_process_of_its_own(tmp_path: Path) -> None:
    """Its line has the result; the key follows from the case, the method, the seed and the options."""
    (tmp_path / "w.json").write_text(json.dumps(document()))
    (case,) = cases([tmp_path / "w.json"], tmp_path)
    options = Options(20.0, 0.0, 1, False)
    spec = spec_of(case, method_of("greedy"), 0, options)
    assert spec["key"] == spec_of(case, method_of("greedy"), 0, options)["key"]
    assert spec["key"] != spec_of(case, method_of("greedy"), 1, options)["key"]
    line, plan = run(spec)
    assert (line["status"], line["cost"], line["key"]) == ("optimal", "2", spec["key"])
    assert plan is not None
    assert plan["cost"] == 2
    lost = failed(spec, "lost")
    assert (lost["error"].endswith(": lost"), lost["key"]) == (True, spec["key"])


def test_where_it_ran() -> None:
    """Versions of what computes, and the machine."""
    assert {"leptonopt", "python", "numpy"} <= versions().keys()
    assert machine()
