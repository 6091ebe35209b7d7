"""Make variants of a model in ONNX: dynamic and static int8, and pruned by whole units."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from leptonopt.io.files import first_line
from leptonopt.measurement.model_data import ModelData
from leptonopt.measurement.pruning import prune

FULL, DYNAMIC, STATIC, PRUNED = "full", "int8-dynamic", "int8-static", "pruned"
CALIBRATED = 200  # examples at most


def make_variants(
    model: Path, data: ModelData, share: float, batch: int, folder: Path
) -> tuple[dict[str, Path], dict[str, str]]:
    """Return the files of all variants that can be made, the full model first, and why others cannot."""
    made, refused = {FULL: model}, dict[str, str]()
    makers: dict[str, Callable[[Path], None]] = {
        DYNAMIC: lambda path: _dynamic(model, path),
        STATIC: lambda path: _static(model, path, data, batch),
        f"{PRUNED}-{round(100 * share)}": lambda path: _pruned(model, path, share),
    }
    for name, make in makers.items():
        path = folder / f"{name}.onnx"
        try:
            with _quiet():
                make(path)
            made[name] = path
        except Exception as error:  # what quantisation cannot do with a model has many forms
            refused[name] = f"cannot be made: {first_line(error)}"
    return made, refused


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep the quantiser's advice off the terminal."""
    logger = logging.getLogger()
    before = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(before)


def _dynamic(model: Path, path: Path) -> None:
    from onnxruntime.quantization import QuantType, quantize_dynamic

    quantize_dynamic(model, path, weight_type=QuantType.QInt8)


def _static(model: Path, path: Path, data: ModelData, batch: int) -> None:
    from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static

    class Examples(CalibrationDataReader):  # type: ignore[misc]  # no types where the extra is not installed
        def __init__(self) -> None:
            batches = list(data.batches(batch))
            self.left = iter(batches[: max(1, CALIBRATED // batch)])

        def get_next(self) -> dict[str, Any] | None:
            return next(self.left, None)

    quantize_static(
        model, path, Examples(), quant_format=QuantFormat.QDQ, activation_type=QuantType.QUInt8,
        weight_type=QuantType.QInt8,
    )  # fmt: skip


def _pruned(model: Path, path: Path, share: float) -> None:
    import onnx

    changed = onnx.load(str(model))
    if not prune(changed, share):
        raise ValueError("no two layers between which only elementwise steps lie")
    onnx.checker.check_model(changed)
    onnx.save(changed, str(path))
