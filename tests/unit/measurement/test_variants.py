"""Variants that can be made, and the reason for each that cannot."""

from __future__ import annotations

from pathlib import Path

import pytest

from leptonopt.measurement.model_data import read_data
from leptonopt.measurement.variants import make_variants
from tests.helpers.tiny_model import write_data, write_model

pytest.importorskip("onnxruntime", reason="the extra `measure` is not installed")


def test_all_variants_of_a_network(tmp_path: Path) -> None:
    """Smaller files, except of the full model, which is left alone."""
    write_model(tmp_path / "m.onnx", hidden=256)
    write_data(tmp_path / "d.npz")
    made, refused = make_variants(tmp_path / "m.onnx", read_data(tmp_path / "d.npz", ["x"]), 0.3, 32, tmp_path)
    assert list(made) == ["full", "int8-dynamic", "int8-static", "pruned-30"]
    assert not refused
    assert made["full"] == tmp_path / "m.onnx"
    assert all(made[name].stat().st_size < made["full"].stat().st_size for name in list(made)[1:])


def test_what_cannot_be_made_has_a_reason(tmp_path: Path) -> None:
    (tmp_path / "m.onnx").write_bytes(b"nonsense")
    write_data(tmp_path / "d.npz")
    made, refused = make_variants(tmp_path / "m.onnx", read_data(tmp_path / "d.npz", ["x"]), 0.5, 32, tmp_path)
    assert list(made) == ["full"]
    assert all(why.startswith("cannot be made: ") for why in refused.values())
    assert len(refused) == 3
