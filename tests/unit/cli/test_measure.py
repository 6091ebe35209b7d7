"""`leptonopt measure`: figures, a file for an instance, a picture."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from leptonopt.cli.measure import stated
from leptonopt.io.native.text import parse
from leptonopt.measurement.measure import MeasuredVariant, Measurement
from leptonopt.measurement.ranges import Measured
from tests.helpers.run_cli import called, said
from tests.helpers.tiny_model import write_data, write_model


def test_a_file_for_an_instance_and_a_picture(tmp_path: Path) -> None:
    pytest.importorskip("onnxruntime", reason="the extra `measure` is not installed")
    write_model(tmp_path / "m.onnx")
    write_data(tmp_path / "d.npz")
    words = ["measure", str(tmp_path / "m.onnx"), "--data", str(tmp_path / "d.npz"), "-t", "0.05", "--rounds", "6"]
    code, out, _ = called(*words, "-o", str(tmp_path / "v.yaml"), "--plot", str(tmp_path / "v.svg"))
    assert code == 0
    assert "int8-dynamic" in out
    assert "variants:" in (tmp_path / "v.yaml").read_text()
    assert (tmp_path / "v.svg").stat().st_size > 1000


@pytest.mark.parametrize("kind", ["yaml", "json", "toml"])
def test_ranges_and_provenance_stand_above(kind: str) -> None:
    """As comments, where the notation has them."""
    one = Measured(1, 1, 1)
    found = Measurement(
        (MeasuredVariant("full", one, Measured(0.9, 0.8, 0.95), 1, 0.1),), {"x": "cannot"}, {"cores": 2}
    )
    text = stated(found, kind)
    assert parse(text, kind, "v")[0] == {"variants": {"full": {"quality": Decimal("0.9")}}}
    assert ("# cores: 2" in text) == (kind != "json")


def test_endings_are_checked_first() -> None:
    assert "choose one of these endings" in said("measure", "m.onnx", "--data", "d.npz", "-o", "v.txt", code=2)
