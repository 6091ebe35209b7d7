"""A model's variants measured here: figures with ranges, provenance, and `variants:` that an instance takes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from leptonopt.errors import InputError, UsageError
from leptonopt.instance import Variant
from leptonopt.measurement.measure import MeasuredVariant, Measurement, MeasureOptions, measure
from leptonopt.measurement.ranges import Measured
from tests.helpers.tiny_model import write_data, write_model

QUICK = MeasureOptions(seconds=0.05, rounds=6)


def test_a_network_measured_here(tmp_path: Path) -> None:
    """Agreement of the full model with itself is whole; every figure has its range."""
    pytest.importorskip("onnxruntime", reason="the extra `measure` is not installed")
    write_model(tmp_path / "m.onnx")
    write_data(tmp_path / "d.npz", labels=False)
    found = measure(tmp_path / "m.onnx", tmp_path / "d.npz", QUICK)
    document = json.loads(json.dumps(found.document()))
    assert list(document["variants"]) == ["full", "int8-dynamic", "int8-static", "pruned-50"]
    assert document["variants"]["full"]["quality"]["value"] == document["variants"]["full"]["speed"]["value"] == 1
    assert document["provenance"]["quality"] == "share of right classes, against the full model"
    assert document["provenance"]["examples"] == 192
    assert {"machine", "model", "onnxruntime", "measured"} <= document["provenance"].keys()
    for name, each in document["variants"].items():
        assert all(each[kind]["low"] <= each[kind]["value"] <= each[kind]["high"] for kind in ("speed", "quality"))
        assert (name in found.variants_document()) == (each["refused"] is None)
    for stated in found.variants_document().values():
        Variant(**stated)  # type: ignore[misc]


def test_a_speed_up_that_may_be_none_is_refused() -> None:
    """A slower variant whose range is clear of 1 stays: it may be smaller."""
    one, good = Measured(1, 1, 1), Measured(0.9, 0.8, 0.95)
    found = Measurement(
        (
            MeasuredVariant("full", one, good, 1.0, 0.1),
            MeasuredVariant("unsure", Measured(1.3, 0.98, 1.6), good, 0.3, 0.1, "speed covers 1"),
            MeasuredVariant("slow", Measured(0.14, 0.13, 0.15), good, 0.25, 0.7),
        ),
        {},
        {},
    )
    assert found.variants_document() == {
        "full": {"quality": 0.9},
        "slow": {"speed": 0.14, "quality": 0.9, "memory": 0.25},
    }


def test_bad_input_is_one_line(tmp_path: Path) -> None:
    pytest.importorskip("onnxruntime", reason="the extra `measure` is not installed")
    (tmp_path / "m.onnx").write_bytes(b"nonsense")
    write_data(tmp_path / "d.npz")
    with pytest.raises(InputError, match="allowed is a model in ONNX"):
        measure(tmp_path / "m.onnx", tmp_path / "d.npz", QUICK)
    write_model(tmp_path / "m.onnx")
    with pytest.raises(UsageError, match="a batch of 300; allowed is at most the 200 examples"):
        measure(tmp_path / "m.onnx", tmp_path / "d.npz", MeasureOptions(batch=300))
    with pytest.raises(UsageError, match="rounds from 6"):
        MeasureOptions(rounds=5)
