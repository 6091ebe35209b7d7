"""Models as text: MPS, LP and MathProg data; HiGHS reads them back to the same optimum."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from leptonopt.algorithms.models.export import export_model, to_lp, to_mathprog, to_mps
from tests.helpers.answers import optimum
from tests.helpers.random_problems import problem as drawn
from tests.helpers.small_problems import group, option, problem

READ = """
import sys, highspy
engine = highspy.Highs()
engine.setOptionValue("output_flag", False)
engine.readModel(sys.argv[1])
engine.run()
print(engine.getModelStatus() == highspy.HighsModelStatus.kOptimal, round(engine.getInfo().objective_function_value))
"""
SMALL = problem(group(option(1, {0: 1}), value=4), group(option(2, {0: 1})), capacity=[[1, 1, 1]], price=[[1, 2, 3]])


@pytest.mark.parametrize("kind", ["mps", "lp"])
def test_another_solver_reads_the_model(tmp_path: Path, kind: str) -> None:
    """With the optimum of brute force."""
    file = tmp_path / f"model.{kind}"
    file.write_text(export_model(SMALL, kind))
    done = subprocess.run([sys.executable, "-c", READ, str(file)], capture_output=True, text=True, check=True)
    assert done.stdout.split()[-2:] == ["True", str(optimum(SMALL))]


def test_texts_are_those_of_their_kind() -> None:
    """All in ASCII."""
    assert export_model(SMALL, "mps") == to_mps(SMALL)
    assert export_model(SMALL, "lp") == to_lp(SMALL)
    assert export_model(SMALL, "dat") == to_mathprog(SMALL)
    assert all(to_mps(drawn(seed)).isascii() for seed in range(5))


def test_all_names_of_the_model_are_there() -> None:
    """Variables and rows."""
    text = to_lp(SMALL)
    assert all(name in text for name in ("x_0_0_0", "z_0", "once_0", "once_1"))
    assert "param" in to_mathprog(SMALL)
