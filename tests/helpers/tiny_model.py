"""A small classifier in ONNX, made in the test, with data that it knows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

CLASSES, WIDTH = 3, 16


def examples(count: int = 200, seed: int = 0) -> tuple[Any, Any]:
    """Return points around a centre for each class, float32 (N, WIDTH), and their classes."""
    rng = np.random.default_rng(seed)
    classes = np.arange(count) % CLASSES
    centres = np.random.default_rng(99).normal(size=(CLASSES, WIDTH))
    return (centres[classes] + rng.normal(scale=0.8, size=(count, WIDTH))).astype(np.float32), classes


def write_model(path: Path, hidden: int = 64) -> None:
    """Write a network of random features and a fitted last layer: Gemm, Relu, MatMul, Add."""
    from onnx import TensorProto, checker, helper, numpy_helper, save

    rng = np.random.default_rng(1)
    points, classes = examples(600, seed=5)
    first, shift = rng.normal(size=(WIDTH, hidden)).astype(np.float32), rng.normal(size=hidden).astype(np.float32)
    features = np.maximum(points @ first + shift, 0)
    last = np.linalg.lstsq(features, np.eye(CLASSES)[classes], rcond=None)[0].astype(np.float32)
    tensors = {"w1": first, "b1": shift, "w2": last, "b2": np.zeros(CLASSES, np.float32)}
    nodes = [
        helper.make_node("Gemm", ["x", "w1", "b1"], ["h"]),
        helper.make_node("Relu", ["h"], ["r"]),
        helper.make_node("MatMul", ["r", "w2"], ["m"]),
        helper.make_node("Add", ["m", "b2"], ["y"]),
    ]
    graph = helper.make_graph(
        nodes,
        "tiny",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", WIDTH])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", CLASSES])],
        [numpy_helper.from_array(array, name) for name, array in tensors.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    checker.check_model(model)
    save(model, str(path))


def write_data(path: Path, labels: bool = True) -> None:
    """Write examples for the model."""
    points, classes = examples()
    np.savez(path, x=points, **({"labels": classes} if labels else {}))
