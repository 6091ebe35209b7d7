"""Data of a model: arrays by input, refused in one line where they do not fit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from leptonopt.errors import InputError
from leptonopt.measurement.model_data import read_data


def test_batches_are_whole(tmp_path: Path) -> None:
    np.savez(tmp_path / "d.npz", x=np.arange(24).reshape(12, 2), labels=np.zeros(12, int))
    data = read_data(tmp_path / "d.npz", ["x"])
    assert [batch["x"].shape for batch in data.batches(5)] == [(5, 2), (5, 2)]
    assert data.labels is not None


@pytest.mark.parametrize(
    ("arrays", "said"),
    [
        ({"y": np.zeros((12, 2))}, "there is no array 'x'; the inputs are x"),
        ({"x": np.zeros((9, 2))}, "allowed is one number of at least 10"),
        ({"x": np.zeros((12, 2)), "labels": np.zeros(11)}, r"arrays of \[11, 12\] examples"),
        ({"x": np.array(3.0)}, "at least 10"),
        ({"x": np.array([{}] * 12)}, "no .npz of plain arrays"),
    ],
)
def test_what_does_not_fit(tmp_path: Path, arrays: dict[str, Any], said: str) -> None:
    np.savez(tmp_path / "d.npz", **arrays)
    with pytest.raises(InputError, match=said):
        read_data(tmp_path / "d.npz", ["x"])


def test_what_is_no_file_of_arrays(tmp_path: Path) -> None:
    (tmp_path / "d.npz").write_text("x: 3")
    with pytest.raises(InputError, match=r"no \.npz of plain arrays"):
        read_data(tmp_path / "d.npz", ["x"])
    with pytest.raises(InputError, match="No such file"):
        read_data(tmp_path / "e.npz", ["x"])
