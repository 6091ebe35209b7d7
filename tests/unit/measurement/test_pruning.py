"""Pruning takes whole units out, the weakest first, and leaves a valid model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from leptonopt.measurement.pruning import prune
from tests.helpers.tiny_model import WIDTH, examples, write_model

onnx = pytest.importorskip("onnx", reason="the extra `measure` is not installed")


def shapes(model: Any) -> dict[str, tuple[int, ...]]:
    return {each.name: tuple(each.dims) for each in model.graph.initializer}


def answers(model: Any, points: Any) -> Any:
    from onnx.reference import ReferenceEvaluator

    return ReferenceEvaluator(model).run(None, {"x": points})[0]


def test_units_that_do_nothing_go_first(tmp_path: Path) -> None:
    """The answers stay what they were, with half of the units."""
    write_model(tmp_path / "m.onnx", hidden=16)
    model = onnx.load(str(tmp_path / "m.onnx"))
    weights = {each.name: each for each in model.graph.initializer}
    last = onnx.numpy_helper.to_array(weights["w2"]).copy()
    last[::2] = 0
    weights["w2"].CopyFrom(onnx.numpy_helper.from_array(last, "w2"))
    points, _ = examples(20)
    before = answers(model, points)
    assert prune(model, 0.5) == 1
    onnx.checker.check_model(model)
    assert shapes(model) == {"w1": (WIDTH, 8), "b1": (8,), "w2": (8, 3), "b2": (3,)}
    np.testing.assert_allclose(answers(model, points), before, rtol=1e-4, atol=1e-4)


def test_channels_of_convolutions() -> None:
    """From one Conv to the next, through Relu and pooling."""
    rng = np.random.default_rng(0)
    make, tensor = onnx.helper.make_node, onnx.helper.make_tensor_value_info
    nodes = [make("Conv", ["x", "w1", "b1"], ["a"]), make("Relu", ["a"], ["r"]), make("Conv", ["r", "w2"], ["y"])]
    arrays = {"w1": rng.normal(size=(12, 3, 3, 3)), "b1": rng.normal(size=12), "w2": rng.normal(size=(5, 12, 1, 1))}
    graph = onnx.helper.make_graph(
        nodes, "c", [tensor("x", 1, [1, 3, 8, 8])], [tensor("y", 1, [1, 5, 6, 6])],
        [onnx.numpy_helper.from_array(array.astype(np.float32), name) for name, array in arrays.items()],
    )  # fmt: skip
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 17)], ir_version=8)
    assert prune(model, 0.25) == 1
    assert shapes(model) == {"w1": (9, 3, 3, 3), "b1": (9,), "w2": (5, 9, 1, 1)}
    assert answers(model, np.ones((1, 3, 8, 8), np.float32)).shape == (1, 5, 6, 6)


def test_a_value_with_another_use_is_left_alone(tmp_path: Path) -> None:
    """As where a layer's output is an output of the model."""
    write_model(tmp_path / "m.onnx")
    model = onnx.load(str(tmp_path / "m.onnx"))
    model.graph.output.append(onnx.helper.make_tensor_value_info("r", 1, ["n", 64]))
    assert prune(model, 0.5) == 0
