"""GPU types for serving: files, loads in parts of a GPU, and wrong files."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest

import leptonopt
from leptonopt.errors import UsageError
from leptonopt.instance import validate
from tests.helpers.literature_files import MELANGE, edited, read, refused


def test_melange(tmp_path: Path) -> None:
    """GPU types are pools of nodes, the requests a service, buckets classes; a throughput of 0 serves none."""
    document = read(tmp_path, "melange", MELANGE)
    assert document["pools"] == [
        {"id": "small", "nodes": {"count": 4, "size": {"gpu": 1}, "price": Decimal("1.01")}},
        {"id": "large", "nodes": {"count": 1, "size": {"gpu": 1}, "price": Decimal("3.67")}},
    ]
    (service,) = document["services"]
    assert service["demand"] == {"0-0": Decimal("7.875"), "0-1": Decimal("2.625")}
    assert [way["rate"] for way in service["replicas"]] == [{"0-0": 3, "0-1": 7}, {"0-0": 20}]
    validate(document)
    # 7.875 / 3 + 2.625 / 7 = 3 small GPUs
    result = leptonopt.solve(tmp_path / "file", format="melange", time_limit=10, isolate=False)
    assert (result.status, result.cost) == ("optimal", 3 * Fraction("1.01"))


def test_slices_are_copies(tmp_path: Path) -> None:
    """With whole slices, loads are exact in parts of a GPU; a throughput of 0 is no option."""
    document = read(tmp_path, "melange", MELANGE, routing="whole")
    # a slice of the first bucket has 3.9375 requests/s: 21/16 of a small GPU, 63/320 of a large one
    assert document["pools"] == [
        {"id": "small", "nodes": {"count": 3, "size": {"load": 16}, "price": Decimal("1.01")}},
        {"id": "large", "nodes": {"count": 1, "size": {"load": 320}, "price": Decimal("3.67")}},
    ]
    first, second = document["tasks"]
    assert first["copies"] == 2
    assert [(option["pool"], option["uses"]["load"]) for option in first["options"]] == [("small", 21), ("large", 63)]
    assert [(option["pool"], option["uses"]["load"]) for option in second["options"]] == [("small", 3)]
    assert "description" not in document
    validate(document)
    whole = {"routing": "whole"}
    result = leptonopt.solve(tmp_path / "file", method="cpsat", format="melange", params=whole, isolate=False)
    assert result.cost == 3 * Fraction("1.01")


def test_loads_that_are_too_fine_are_rounded_up(tmp_path: Path) -> None:
    """Measured throughputs with many digits: a load is never less than it is, and the description says so."""
    many = edited(MELANGE, ("[[3, 7]]", "[[3.1415926535897, 7]]"))
    document = read(tmp_path, "melange", many, routing="whole")
    loads = [task["options"][0]["uses"]["load"] for task in document["tasks"]]
    truth = [Fraction("3.9375") / Fraction("3.1415926535897"), Fraction("1.3125") / 7]
    assert document["pools"][0]["nodes"]["size"] == {"load": 10**9}
    assert all(0 <= load - exact * 10**9 < 1 for load, exact in zip(loads, truth, strict=True))
    assert document["description"] == "Loads on small are rounded up to 1/1000000000 of a GPU."
    validate(document)


def test_rates_are_rounded_to_the_safe_side(tmp_path: Path) -> None:
    """Measured throughputs with many digits are rounded down, demands up, to a millionth."""
    many = edited(MELANGE, ("[[3, 7]]", "[[3.1415926535897, 7]]"), ("10.5", "10.000001"))
    (service,) = read(tmp_path, "melange", many)["services"]
    assert service["replicas"][0]["rate"]["0-0"] == Decimal("3.141592")
    assert service["demand"]["0-0"] == Decimal("7.500001")


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("{}", 1, "total_request_rate is missing"),
        (edited(MELANGE, ("[[0.75, 0.25]]", "[[0.75], [0.25]]")), 2, "gpu_info.small.tputs: not a table of the size"),
        (edited(MELANGE, ("[[3, 7]]", "[[3, -7]]")), 2, "gpu_info.small.tputs[0][1]: -7 is not a number from 0"),
        (edited(MELANGE, ("[[3, 7]]", "[[3, 0]]")), 4, "workload_distribution[0][1]: no GPU type serves this bucket"),
        (edited(MELANGE, ("1.01", "1.0123456789")), 2, "gpu_info.small.cost: "),
        (edited(MELANGE, ('"slice_factor": 2', '"slice_factor": 0')), 6, "slice_factor: 0 is not a whole number"),
        (edited(MELANGE, ("[[0.75, 0.25]]", "[[0, 0]]")), 4, "no requests at all"),
        (edited(MELANGE, ('"small"', '" "')), 1, "' ' is no name of a GPU type"),
    ],
)  # fmt: skip
def test_wrong_files(tmp_path: Path, text: str, line: int, said: str) -> None:
    """One line with the file, the line and what is wrong."""
    refused(tmp_path, "melange", text, line, said)


def test_wrong_routing(tmp_path: Path) -> None:
    """Ways of routing that are not known are refused."""
    with pytest.raises(UsageError, match="routing='one-way'; allowed are split, whole"):
        read(tmp_path, "melange", MELANGE, routing="one-way")
