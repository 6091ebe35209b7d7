"""Multiple-choice multidimensional knapsacks: files, and wrong ones."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from leptonopt.instance import validate
from tests.helpers.literature_files import MMKP, edited, read, refused


def test_mmkp(tmp_path: Path) -> None:
    """A cost is minus a value; what follows the last group is not read."""
    document = read(tmp_path, "mmkp", MMKP)
    assert document["pools"] == [{"id": "knapsack", "capacity": {"r0": 5, "r1": Decimal("5.5"), "r2": 9}}]
    assert [len(task["options"]) for task in document["tasks"]] == [2, 2]
    assert document["tasks"][0]["options"][0] == {
        "id": "item-0",
        "pool": "knapsack",
        "uses": {"r0": 1, "r2": 2},
        "duration": "1h",
        "cost": Decimal("-7.25"),
    }
    validate(document)


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("", 1, "the file ends where the number of groups"),
        (edited(MMKP, (" 2\n 4", " 3\n 4")), 7, "group 2 is missing or out of order"),
        (edited(MMKP, ("0 0 9", "0 -1 9")), 9, "-1 stands where a need"),
        (edited(MMKP, (" 5 0 0 9\n", "")), 9, "'Solutions' stands where a value"),
        ("99999 99999 1\n1\n", 1, "options; at most 2,000,000"),
    ],
)  # fmt: skip
def test_wrong_files(tmp_path: Path, text: str, line: int, said: str) -> None:
    """One line with the file, the line and what is wrong."""
    refused(tmp_path, "mmkp", text, line, said)
