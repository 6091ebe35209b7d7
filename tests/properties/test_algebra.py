"""The algebra, the exported files and the code agree on random problems that no instance file could state."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
import swiglpk as glpk

from leptonopt.algorithms.models import export
from leptonopt.algorithms.models.time_indexed import build_model, encode, predicted_size
from leptonopt.errors import UsageError
from leptonopt.problem.problem import RULES, Problem
from leptonopt.problem.protocol import Limits, Solution, Status
from leptonopt.problem.schedule import objective
from leptonopt.solvers import cbc as pulp_cbc
from leptonopt.solvers import cpsat
from tests.helpers import random_problems
from tests.helpers.recording_monitor import Ear

MODEL = Path(__file__).resolve().parents[2] / "models" / "allocation.mod"


def optimum(made: object) -> int | None:
    """Solve what GLPK holds, to proven optimality; None when it is infeasible."""
    ask = glpk.glp_iocp()
    glpk.glp_init_iocp(ask)
    ask.presolve, ask.msg_lev = glpk.GLP_ON, glpk.GLP_MSG_OFF
    code = glpk.glp_intopt(made, ask)
    if code == glpk.GLP_ENOPFS or (code == 0 and glpk.glp_mip_status(made) == glpk.GLP_NOFEAS):
        return None
    assert (code, glpk.glp_mip_status(made)) == (0, glpk.GLP_OPT)
    return round(glpk.glp_mip_obj_val(made))


def of_model(problem: Problem, folder: Path) -> int | None:
    """The optimum of models/allocation.mod on the exported data."""
    data = folder / "data.dat"
    data.write_text(export.to_mathprog(problem), encoding="utf-8")
    work, made = glpk.glp_mpl_alloc_wksp(), glpk.glp_create_prob()
    try:
        assert glpk.glp_mpl_read_model(work, str(MODEL), 1) == 0
        assert glpk.glp_mpl_read_data(work, str(data)) == 0
        assert glpk.glp_mpl_generate(work, None) == 0
        glpk.glp_mpl_build_prob(work, made)
        return optimum(made)
    finally:
        glpk.glp_mpl_free_wksp(work)
        glpk.glp_delete_prob(made)


def of_file(text: str, file: Path) -> int | None:
    """The optimum of an exported MPS or LP file."""
    file.write_text(text, encoding="utf-8")
    made = glpk.glp_create_prob()
    try:
        mps = file.suffix == ".mps"
        read = (
            glpk.glp_read_mps(made, glpk.GLP_MPS_FILE, None, str(file))
            if mps
            else glpk.glp_read_lp(made, None, str(file))
        )
        assert read == 0
        return optimum(made)
    finally:
        glpk.glp_delete_prob(made)


def claimed(solution: Solution, problem: Problem) -> int | None:
    """The proven optimum that a method claims; None for infeasible."""
    if solution.status is Status.INFEASIBLE:
        return None
    assert solution.status is Status.OPTIMAL
    assert solution.schedule is not None
    return objective(problem, solution.schedule)


@pytest.fixture(autouse=True)
def _quiet() -> None:
    glpk.glp_term_out(glpk.GLP_OFF)


@pytest.mark.parametrize("block", range(4))
def test_the_algebra_equals_the_code(block: int, tmp_path: Path) -> None:
    """allocation.mod by GLPK, CP-SAT and CBC agree in status and cost on sixty problems."""
    found = []
    for seed in range(1000 + 15 * block, 1015 + 15 * block):
        made = random_problems.rich if seed % 2 else random_problems.problem
        problem, limits = made(seed), Limits(time_limit=20)
        stated = of_model(problem, tmp_path)
        assert claimed(cpsat.solve(problem, None, limits, Ear()), problem) == stated, seed
        assert claimed(pulp_cbc.solve(problem, None, limits, Ear()), problem) == stated, seed
        found.append(stated)
    assert len(set(found)) > 5


@pytest.mark.parametrize("kind", ["mps", "lp"])
def test_exported_files_say_the_same(kind: str, tmp_path: Path) -> None:
    """An MPS or LP file, read and solved by GLPK, has the optimum that CP-SAT proves."""
    for seed in range(1100, 1140):
        problem = random_problems.rich(seed) if seed % 2 else random_problems.problem(seed)
        stated = of_file(export.export_model(problem, kind), tmp_path / f"model.{kind}")
        if not problem.groups and not len(problem.nodes):  # a file without columns says nothing
            stated = 0
        assert claimed(cpsat.solve(problem, None, Limits(time_limit=20), Ear()), problem) == stated, seed


def test_exported_numbers_are_whole() -> None:
    """No decimal point and no exponent is ever written, also where costs are large."""
    problem = random_problems.problem(7, scale=10**11)
    for kind in ("mps", "lp", "dat"):
        assert not re.search(r"\d[.eE][+-]?\d", export.export_model(problem, kind)), kind


def test_an_unknown_format_is_refused() -> None:
    """The error names what is known."""
    with pytest.raises(UsageError, match="mps, lp, dat"):
        export.export_model(random_problems.problem(0), "sol")


def test_rules_carry_the_same_names_everywhere() -> None:
    """Every rule of the vocabulary heads a part of the algebra and of the text that derives it."""
    text = MODEL.read_text(encoding="utf-8")
    derived = (MODEL.parent / "README.md").read_text(encoding="utf-8")
    for rule in RULES:
        assert re.search(rf"^# --- {rule}: ", text, re.MULTILINE), rule
        assert re.search(rf"^## `{rule}`", derived, re.MULTILINE), rule


def test_a_schedule_survives_the_model() -> None:
    """encode gives every variable a value that keeps every row, and the objective is the schedule's cost."""
    seen = 0
    for seed in range(1200, 1300):
        problem = random_problems.rich(seed) if seed % 2 else random_problems.problem(seed)
        schedule = cpsat.solve(problem, None, Limits(time_limit=20), Ear()).schedule
        if schedule is None:
            continue
        linear = build_model(problem)
        values = encode(linear, schedule)
        sums = linear.matrix @ values
        assert np.all((linear.lower <= sums) & (sums <= linear.upper)), seed
        assert np.all((values >= 0) & (values <= linear.most)), seed
        assert int(linear.cost @ values) == objective(problem, schedule)
        seen += 1
    assert seen > 20


def test_size_is_predicted_from_above() -> None:
    """No model is larger than predicted; names are one per row and per variable, without doubles."""
    for seed in range(60):
        problem = random_problems.problem(seed)
        linear, (columns, nonzeros) = build_model(problem), predicted_size(problem)
        assert len(linear.columns.option) <= columns
        assert linear.matrix.nnz <= nonzeros + len(linear.variables.left) * (1 + len(problem.lag))
        linear = build_model(random_problems.rich(seed))
        names = linear.names() + linear.row_names()
        assert len(set(names)) == len(names) == sum(linear.matrix.shape)
