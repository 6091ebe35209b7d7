"""Columns read with the standard library alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from leptonopt.verify.columnar_reader import document, fingerprint, names_of, read_csv, read_npz
from leptonopt.verify.exact import Malformed, Unreadable
from tests.helpers.columnar_files import saved, tiny


def test_arrays_are_those_of_numpy(tmp_path: Path) -> None:
    """Of every type of whole numbers, in one and two dimensions."""
    arrays: dict[str, Any] = {name: np.arange(6, dtype=name) for name in ("int8", "uint8", "int16", "int32", "int64")}
    arrays["wide"] = np.arange(6, dtype=np.int32).reshape(3, 2)
    np.savez_compressed(tmp_path / "a.npz", **arrays)
    found = read_npz(tmp_path / "a.npz")
    assert found.keys() == arrays.keys()
    for name, array in arrays.items():
        assert list(found[name].values) == array.ravel().tolist()
        assert len(found[name]) == len(array)


@pytest.mark.parametrize("array", [np.zeros(2), np.array(["a"]), np.zeros((1, 1, 1), int)])
def test_other_arrays_are_refused(tmp_path: Path, array: Any) -> None:
    """Floats, texts, more dimensions."""
    np.savez(tmp_path / "a.npz", a=array)
    with pytest.raises(Malformed):
        read_npz(tmp_path / "a.npz")


def test_what_is_no_file_of_columns(tmp_path: Path) -> None:
    """The message begins with the name."""
    (tmp_path / "a.npz").write_bytes(b"text")
    for name in ("a.npz", "none.npz"):
        with pytest.raises(Unreadable, match=name):
            read_npz(tmp_path / name)


def test_csv(tmp_path: Path) -> None:
    """Whole numbers in named columns; other cells are refused with their line."""
    (tmp_path / "a.csv").write_text("task,count\n1,2\n3,4\n")
    found = read_csv(tmp_path / "a.csv")
    assert {name: list(table.values) for name, table in found.items()} == {"task": [1, 3], "count": [2, 4]}
    for bad in ("task,count\n1\n", "task,count\n1,x\n", "task,task\n1,2\n"):
        (tmp_path / "a.csv").write_text(bad)
        with pytest.raises(Malformed, match=r"a\.csv"):
            read_csv(tmp_path / "a.csv")


def test_heads_are_strict_json(tmp_path: Path) -> None:
    """No key twice, no numbers that are not finite; names of resources."""
    file = saved(tmp_path, tiny(3))
    head = document(read_npz(file)["head"])
    assert head["columns"] == 1
    assert names_of(head)
    for text in ('{"a": 1, "a": 2}', '{"a": NaN}', "[]", "{"):
        np.savez(tmp_path / "b.npz", head=np.frombuffer(text.encode(), np.uint8))
        with pytest.raises(Malformed):
            document(read_npz(tmp_path / "b.npz")["head"])
    json.dumps(head, default=str)


def test_the_fingerprint_is_of_the_bytes(tmp_path: Path) -> None:
    """Equal files have equal ones."""
    one, other = saved(tmp_path, tiny(3)), tmp_path / "other.npz"
    other.write_bytes(one.read_bytes())
    assert fingerprint(one) == fingerprint(other)
    other.write_bytes(one.read_bytes() + b" ")
    assert fingerprint(one) != fingerprint(other)
