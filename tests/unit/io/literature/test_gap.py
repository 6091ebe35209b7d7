"""Generalised assignment: a file, and wrong ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from leptonopt.instance import validate
from tests.helpers.literature_files import read, refused


def test_a_file(tmp_path: Path) -> None:
    """Agents are pools, jobs tasks of one slot, needs the demand, costs fixed costs."""
    document = read(tmp_path, "gap", "2 3\n5 6 7\n8 9 10\n1 2 3\n4 5 6\n11 12\n")
    assert document["pools"] == [
        {"id": "agent-0", "capacity": {"units": 11}},
        {"id": "agent-1", "capacity": {"units": 12}},
    ]
    assert document["tasks"][2] == {
        "id": "job-2",
        "options": [
            {"pool": "agent-0", "uses": {"units": 3}, "duration": "1h", "cost": 7},
            {"pool": "agent-1", "uses": {"units": 6}, "duration": "1h", "cost": 10},
        ],
    }
    assert (document["name"], document["time"]["horizon"], len(document["tasks"])) == ("file", "1h", 3)
    validate(document)


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("", 1, "the file ends where the number of agents should stand"),
        ("2 2\n1 2\n3 x\n", 3, "'x' stands where a cost"),
        ("1 1\n5\n1\n9 9\n", 4, "1 more numbers"),
        ("0 3", 1, "0 stands where the number of agents"),
        ("1 1\n5\n-1\n9\n", 3, "-1 stands where a need"),
        ("9999 999999\n1", 1, "the sizes make 9,998,990,001 options"),
    ],
)
def test_wrong_files(tmp_path: Path, text: str, line: int, said: str) -> None:
    """One line with the file, the line and what is wrong."""
    refused(tmp_path, "gap", text, line, said)
