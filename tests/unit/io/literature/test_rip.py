"""Resource investment in JSON: files, and wrong ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from leptonopt.instance import validate
from tests.helpers.literature_files import RIP, edited, read, refused


def test_investment(tmp_path: Path) -> None:
    """Units are committed; what takes no time only passes on what it waits for; counts are what can run at once."""
    document = read(tmp_path, "rip", RIP)
    assert document["time"]["horizon"] == "8h"
    assert document["pools"] == [
        {
            "id": "site",
            "nodes": [
                {"id": "r1", "size": {"r1": 1}, "count": 3, "commit": {"total": 4, "max": 3}},
                {"id": "r2", "size": {"r2": 1}, "count": 3, "commit": {"total": 10, "max": 3}},
            ],
        }
    ]
    assert document["tasks"] == [
        {"id": "task-1", "options": [{"pool": "site", "uses": {"r1": 1}, "duration": "2h"}]},
        {"id": "task-3", "after": ["task-1"], "options": [{"pool": "site", "uses": {"r1": 2, "r2": 3}, "duration":
        "3h"}]},
    ]  # fmt: skip
    validate(document)
    tight = read(tmp_path, "rip", RIP.replace("8", "5"))
    assert [kind["count"] for kind in tight["pools"][0]["nodes"]] == [2, 3]
    validate(read(tmp_path, "rip", RIP.replace("8", "1")))  # no plan, but an instance


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("", 1, "not JSON"),
        ("[]", 1, "not a mapping"),
        (edited(RIP, ('"horizon": 8, ', "")), 1, "horizon is missing"),
        (edited(RIP, ('"horizon": 8', '"horizon": "8"')), 1, "horizon: not a whole number"),
        (edited(RIP, ('"horizon": 8', '"horizon": 8, "n": 3')), 1, "the key 'n' is not known"),
        (edited(RIP, ('"duration": 3', '"duration": 3.5')), 5, "jobs[2].duration: not a whole number"),
        (edited(RIP, ('"duration": 0', '"duration": -1')), 4, "jobs[1].duration: -1 is not"),
        (edited(RIP, ("[1, 0]", "[1]")), 3, "jobs[0].requirements: a list of 1; 2 should be"),
        (edited(RIP, ('"successors": [1]', '"successors": [3]')), 3, "jobs[0].successors[0]: 3 is not"),
        (edited(RIP, ('"successors": [2]', '"successors": [0]')), 3, "in a circle, one of them job 0"),
        (edited(RIP, ('"successors": []', '"successors": 7')), 5, "jobs[2].successors: not a list"),
        ('{"horizon": 8, "costs": [4],\n "jobs": [7]}', 2, "jobs[0]: not a mapping"),
        ('{"horizon": 8,\n "horizon": 9}', 2, "stands twice"),
    ],
)  # fmt: skip
def test_wrong_files(tmp_path: Path, text: str, line: int, said: str) -> None:
    """One line with the file, the line and what is wrong."""
    refused(tmp_path, "rip", text, line, said)
