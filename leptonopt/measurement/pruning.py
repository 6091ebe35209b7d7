"""Structured pruning: take whole units out of pairs of layers, the weakest first.

A unit is an output of a Gemm, MatMul or Conv that only goes through elementwise steps to the input of the next one. Its
strength is the product of the norms of its weights on both sides; see Li et al. 2017, arXiv:1608.08710.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

LAYERS = ("Gemm", "MatMul", "Conv")
ELEMENTWISE = (
    "Relu", "LeakyRelu", "Sigmoid", "Tanh", "Elu", "Clip", "HardSwish", "Identity", "Dropout", "Gelu", "Softplus",
    "MaxPool", "AveragePool", "GlobalAveragePool",
)  # fmt: skip
FEWEST = 4  # units that stay in a layer


@dataclass(frozen=True, eq=False)
class UnitPair:
    """Two layers and what lies between: arrays of units by name, with the axis on which the units are."""

    arrays: dict[str, int]
    strength: Any


def prune(model: Any, share: float) -> int:
    """Take this share of the units out of every pair of layers; return how many pairs there are."""
    graph = model.graph
    weights = {each.name: each for each in graph.initializer}
    pairs = [found for node in graph.node if (found := _pair(graph, weights, node)) is not None]
    for pair in pairs:
        units = len(pair.strength)
        kept = np.sort(np.argsort(-pair.strength, kind="stable")[: max(FEWEST, units - int(share * units))])
        for name, axis in pair.arrays.items():
            _replace(weights[name], np.take(_array(weights[name]), kept, axis=axis))
    del graph.value_info[:]
    return len(pairs)


def _array(tensor: Any) -> Any:
    from onnx import numpy_helper

    return numpy_helper.to_array(tensor)


def _replace(tensor: Any, array: Any) -> None:
    from onnx import numpy_helper

    tensor.CopyFrom(numpy_helper.from_array(np.ascontiguousarray(array), tensor.name))


def _attribute(node: Any, name: str, default: int) -> int:
    return next((int(each.i) for each in node.attribute if each.name == name), default)


def _axes(node: Any, array: Any) -> tuple[int, int] | None:
    """Return the axes of outputs and inputs of a layer's weights; None where they are not plain."""
    if node.op_type == "Conv":
        return (0, 1) if _attribute(node, "group", 1) == 1 else None
    if array.ndim != 2:
        return None
    return (0, 1) if node.op_type == "Gemm" and _attribute(node, "transB", 0) else (1, 0)


def _pair(graph: Any, weights: dict[str, Any], node: Any) -> UnitPair | None:
    """Return the pair that begins at a node; None where its outputs have another use."""
    if not _prunable(node, weights):
        return None
    first = _array(weights[node.input[1]])
    arrays = {node.input[1]: (_axes(node, first) or (0, 0))[0]}
    if len(node.input) > 2 and node.input[2]:
        arrays[node.input[2]] = 0
    users = _users(graph)
    value = node.output[0]
    while len(after := users.get(value, [])) == 1 and value not in {each.name for each in graph.output}:
        step = after[0]
        if _prunable(step, weights) and step.input[0] == value:
            return _joined(weights, node, step, arrays, users, first)
        if step.op_type == "Add" and _is_bias(step, value, weights, len(first) if node.op_type == "Conv" else 0):
            arrays[next(name for name in step.input if name != value)] = -1 if node.op_type != "Conv" else 0
        elif step.op_type not in ELEMENTWISE or step.input[0] != value:
            return None
        value = step.output[0]
    return None


def _prunable(node: Any, weights: dict[str, Any]) -> bool:
    """Return whether a node is a layer whose weights are given, on its right side."""
    if node.op_type not in LAYERS or len(node.input) < 2 or node.input[1] not in weights:
        return False
    if len(node.input) > 2 and node.input[2] and node.input[2] not in weights:
        return False
    return not _attribute(node, "transA", 0) and _axes(node, _array(weights[node.input[1]])) is not None


def _users(graph: Any) -> dict[str, list[Any]]:
    """Return the nodes that read each value."""
    found: dict[str, list[Any]] = {}
    for node in graph.node:
        for name in node.input:
            found.setdefault(name, []).append(node)
    return found


def _is_bias(step: Any, value: str, weights: dict[str, Any], convolved: int) -> bool:
    """Return whether an addition adds a given number to each unit."""
    other = next((name for name in step.input if name != value), "")
    return other in weights and not convolved and _array(weights[other]).ndim == 1


def _joined(
    weights: dict[str, Any], node: Any, step: Any, arrays: dict[str, int], users: dict[str, list[Any]], first: Any
) -> UnitPair | None:
    """Return the pair of two layers; None where they do not fit, or an array has another use."""
    second = _array(weights[step.input[1]])
    axis, into = arrays[node.input[1]], (_axes(step, second) or (0, 0))[1]
    same = first.shape[axis] == second.shape[into] and (node.op_type == "Conv") == (step.op_type == "Conv")
    sized = all(_array(weights[name]).shape[at] == first.shape[axis] for name, at in arrays.items())
    arrays = {**arrays, step.input[1]: into}
    if not same or not sized or any(len(users[name]) > 1 for name in arrays) or first.shape[axis] <= FEWEST:
        return None
    return UnitPair(arrays, _norm(first, axis) * _norm(second, into))


def _norm(array: Any, axis: int) -> Any:
    return np.sqrt((np.moveaxis(array.astype(float), axis, 0).reshape(array.shape[axis], -1) ** 2).sum(axis=1))
