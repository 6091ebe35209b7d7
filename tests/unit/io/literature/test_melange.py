"""GPU types for serving: files, loads in parts of a GPU, and wrong files."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest

import leptonopt
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


def test_slices_are_classes_of_their_own(tmp_path: Path) -> None:
    """Each slice of a bucket is served by one GPU type, as in the program of Melange."""
    (service,) = read(tmp_path, "melange", MELANGE, routing="whole")["services"]
    assert service["routing"] == "whole"
    assert service["demand"] == {
        "0-0 #1": Decimal("3.9375"),
        "0-0 #2": Decimal("3.9375"),
        "0-1 #1": Decimal("1.3125"),
        "0-1 #2": Decimal("1.3125"),
    }


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
