"""Jobs on dissimilar machines: a file, and wrong ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from leptonopt.instance import validate
from tests.helpers.literature_files import read, refused


def test_a_file(tmp_path: Path) -> None:
    """A machine is a pool of one unit; times are hours, the horizon ends with the last deadline."""
    document = read(tmp_path, "jain-grossmann", "2 2\n10 20\n30 40\n1 2\n3 4\n0 5\n9 12\n")
    assert document["time"]["horizon"] == "12h"
    assert document["pools"] == [{"id": f"machine-{m}", "capacity": {"machine": 1}} for m in range(2)]
    assert document["tasks"][1] == {
        "id": "job-1",
        "release": "2000-01-01T05:00:00Z",
        "deadline": "2000-01-01T12:00:00Z",
        "options": [
            {"pool": "machine-0", "uses": {"machine": 1}, "duration": "3h", "cost": 30},
            {"pool": "machine-1", "uses": {"machine": 1}, "duration": "4h", "cost": 40},
        ],
    }
    validate(document)


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("1 1\n5\n0\n0\n3", 3, "0 stands where a duration"),
        ("1 1\n5\n2\n7\n3\n", 5, "job 0 is released at 7, not before its deadline 3"),
        ("1 1\n5\n2\n", 3, "the file ends where a release date"),
        ("99999 9999\n", 1, "options; at most 2,000,000"),
    ],
)
def test_wrong_files(tmp_path: Path, text: str, line: int, said: str) -> None:
    """One line with the file, the line and what is wrong."""
    refused(tmp_path, "jain-grossmann", text, line, said)
