"""Arrays of an `.npz`, checked before they take memory."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from leptonopt.errors import InputError
from leptonopt.io import npz
from leptonopt.io.npz import read_npz_safely


def saved(folder: Path, **arrays: Any) -> Path:
    """Return a file of arrays."""
    np.savez_compressed(folder / "a.npz", **arrays)
    return folder / "a.npz"


def test_arrays_are_read_as_they_are(tmp_path: Path) -> None:
    """Whole numbers and truth values of any width, in one or two dimensions, empty ones too."""
    arrays = {
        "a": np.arange(5, dtype=np.int16),
        "b": np.ones((2, 3), np.uint8),
        "c": np.zeros(0, bool),
        "d": np.zeros((1, 4), np.int64, "F"),
    }
    found = read_npz_safely(saved(tmp_path, **arrays))
    assert found.keys() == arrays.keys()
    for name, array in arrays.items():
        assert found[name].dtype == array.dtype
        assert found[name].tolist() == array.tolist()


@pytest.mark.parametrize(
    ("array", "said"),
    [
        (np.zeros(2), "numbers of float64; whole numbers"),
        (np.zeros(2, ">i4"), "numbers of >i4; whole numbers"),
        (np.array(["a"]), "numbers of <U1"),
        (np.array([{}], object), "numbers of object"),
        (np.zeros((1, 1, 1), int), r"shape \(1, 1, 1\); one number"),
        (np.int64(3), r"shape \(\); one number"),
        (np.zeros((2, 2), int, "F"), r"in columns \(Fortran order\); rows are allowed"),
    ],
)
def test_arrays_that_are_refused(tmp_path: Path, array: Any, said: str) -> None:
    """Other types, shapes and orders; pickles are never opened."""
    with pytest.raises(InputError, match=f"not a file of columns: bad: {said}"):
        read_npz_safely(saved(tmp_path, bad=array))


def member(array: Any) -> bytes:
    """Return an array in numpy's format."""
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


@pytest.mark.parametrize(
    ("members", "said"),
    [
        ([("a.npy", member(np.arange(9))[:-8])], r"a: 64 bytes, by its header 72; a whole array is needed"),
        ([("a.npy", member(np.arange(9)) + b"more")], "a: 76 bytes, by its header 72"),
        ([("a.npy", b"no array")], "a: its header cannot be read"),
        ([("a.npy", b"\x93NUMPY\x03\x00" + bytes(99))], r"a: its header cannot be read: an array of version \(3, 0\)"),
        ([("a.npy", member(np.arange(2)))] * 2, "the array 'a' stands twice"),
    ],
)
@pytest.mark.filterwarnings("ignore:Duplicate name:UserWarning")
def test_broken_files(tmp_path: Path, members: list[tuple[str, bytes]], said: str) -> None:
    """Arrays cut short, headers that lie, names that stand twice."""
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as archive:
        for name, data in members:
            archive.writestr(name, data)
    with pytest.raises(InputError, match=said):
        read_npz_safely(tmp_path / "a.npz")


def test_limits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The size of all arrays together, and their number."""
    file = saved(tmp_path, a=np.zeros(100, int), b=np.zeros(100, int))
    monkeypatch.setattr(npz, "MAX_BYTES", 1000)
    with pytest.raises(InputError, match="set LEPTONOPT_MAX_SIZE"):
        read_npz_safely(file)
    monkeypatch.setattr(npz, "MAX_ARRAYS", 1)
    with pytest.raises(InputError, match="2 arrays; at most 1"):
        read_npz_safely(file)


def test_what_is_no_archive(tmp_path: Path) -> None:
    """Other files, and none."""
    (tmp_path / "a.npz").write_bytes(b"text")
    with pytest.raises(InputError, match="not a file of columns"):
        read_npz_safely(tmp_path / "a.npz")
    with pytest.raises(InputError, match="cannot be read: No such file"):
        read_npz_safely(tmp_path / "no.npz")
