"""The program around HiGHS: what it writes for small models, and that it reads a start."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from leptonopt.solvers import mip_run


def asked(
    folder: Path, task: str, upper: float, start: tuple[int, ...] = (), basis: tuple[int, ...] = ()
) -> dict[str, Any]:
    """The answer for: min 3 a + 2 b with a + b >= 3, 2 b <= upper, a and b from 0 to 4."""
    np.savez(
        folder / "model.npz",
        costs=np.array([3.0, 2.0]),
        data=np.array([1.0, 1.0, 2.0]),
        indices=np.array([0, 1, 1], np.int32),
        indptr=np.array([0, 2, 3], np.int32),
        lower=np.array([3.0, -np.inf]),
        upper=np.array([np.inf, upper]),
        most=np.array([4.0, 4.0]),
        whole=np.array([True, True]),
        start=np.array(start),
        basis=np.array(basis, np.int64),
    )
    words = [str(folder), task, "10", "0.0", "1", "1"]
    subprocess.run([sys.executable, str(mip_run.PROGRAM), *words], check=True, capture_output=True)
    with np.load(folder / "answer.npz") as answer:
        return dict(answer)


@pytest.mark.parametrize("start", [(), (3, 0)])
def test_an_integer_program(tmp_path: Path, start: tuple[int, ...]) -> None:
    """b is at most 1.5, so 1 in whole numbers: 3 * 2 + 2 = 8."""
    answer = asked(tmp_path, "solve", 3.0, start)
    assert str(answer["word"]) == "optimal"
    assert answer["values"].tolist() == [2, 1]
    assert float(answer["bound"]) == pytest.approx(8)


def test_a_relaxation_and_its_duals(tmp_path: Path) -> None:
    """b is 1.5: cost 7.5; a unit more of the first row costs 3, half a unit more of b saves 1."""
    answer = asked(tmp_path, "relax", 3.0)
    assert str(answer["word"]) == "optimal"
    assert answer["values"].tolist() == pytest.approx([1.5, 1.5])
    assert answer["duals"].tolist() == pytest.approx([3.0, -0.5])


def test_a_relaxation_goes_on_from_a_basis(tmp_path: Path) -> None:
    """That of another right side, or of fewer rows, leads to the same answer."""
    basis = tuple(asked(tmp_path, "relax", 3.0)["basis"].tolist())
    assert len(basis) == 4
    for known in (basis, basis[:3]):
        answer = asked(tmp_path, "relax", 4.0, basis=known)
        assert str(answer["word"]) == "optimal"
        assert answer["values"].tolist() == pytest.approx([1, 2])


def test_an_infeasible_program(tmp_path: Path) -> None:
    """b is at most -1."""
    answer = asked(tmp_path, "solve", -2.0)
    assert str(answer["word"]) == "infeasible"
    assert not len(answer["values"])
