"""Capacitated facility location: both layouts of single-source files, and wrong files."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from leptonopt.errors import InstanceError, UsageError
from leptonopt.instance import validate
from tests.helpers.literature_files import DELMAIRE, HOLMBERG, edited, read, refused


@pytest.mark.parametrize("text", [HOLMBERG, DELMAIRE])
def test_sscflp(tmp_path: Path, text: str) -> None:
    """Both layouts say the same; who does not fit at a facility has no option there."""
    document = read(tmp_path, "sscflp", text)
    assert document["pools"] == [
        {"id": "facility-0", "nodes": {"count": 1, "size": {"units": 10}, "price": 100}},
        {"id": "facility-1", "nodes": {"count": 1, "size": {"units": 20}, "price": Decimal("200.5")}},
    ]
    assert [option["cost"] for task in document["tasks"] for option in task["options"]] == [1, 4, 2, 5, Decimal("6.25")]
    assert document["tasks"][2]["options"][0]["pool"] == "facility-1"
    assert document["tasks"][2]["options"][0]["uses"] == {"units": 12}
    validate(document)


def test_sscflp_of_equal_counts(tmp_path: Path) -> None:
    """As many facilities as customers: amounts tell the layouts apart, else the parameter."""
    plain = "2 2\n10 100\n20 200\n5 6\n7 8\n2 1\n"
    assert [pool["nodes"]["size"]["units"] for pool in read(tmp_path, "sscflp", plain)["pools"]] == [10, 20]
    both = "2 2\n9 9\n9 9\n9 9\n9 9\n9 9\n"
    with pytest.raises(InstanceError, match=r"file:1: .*layout=holmberg or layout=delmaire"):
        read(tmp_path, "sscflp", both)
    for layout in ("holmberg", "delmaire"):
        validate(read(tmp_path, "sscflp", both, layout=layout))
    with pytest.raises(UsageError, match="holmberg and delmaire"):
        read(tmp_path, "sscflp", both, layout="yang")


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("", 1, "the file ends where the number of facilities or customers"),
        ("0 3", 1, "0 stands where the number of facilities"),
        (edited(HOLMBERG, ("4 5 6.25", "4 5")), 1, "12 numbers follow the sizes 2 and 3; 13 (holmberg) or 14 (delmaire)"),
        (edited(HOLMBERG, ("20 200.5", "20 x")), 3, "'x' stands where a fixed cost"),
        (edited(HOLMBERG, ("20 200.5", "-20 200.5")), 3, "-20 stands where a capacity, at least 0"),
        (edited(HOLMBERG, ("5 6 12", "5 0 12")), 4, "a demand of 0"),
        (edited(HOLMBERG, ("5 6 12", "5 6 21")), 4, "customer 2 needs 21; no facility has more than 20"),
        (edited(DELMAIRE, ("5 6 12", "5 6 21")), 5, "customer 2 needs 21; no facility has more than 20"),
        (edited(HOLMBERG, ("6.25", "1e13")), 6, "too large"),
        (edited(HOLMBERG, ("6.25", "0.0123456789")), 6, "too many decimals"),
        ("999999 999999\n1", 1, "numbers follow the sizes"),
    ],
)  # fmt: skip
def test_wrong_files(tmp_path: Path, text: str, line: int, said: str) -> None:
    """One line with the file, the line and what is wrong."""
    refused(tmp_path, "sscflp", text, line, said)
