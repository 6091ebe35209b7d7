"""Cloud balancing: files, and wrong ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from leptonopt.instance import validate
from tests.helpers.literature_files import CLOUD, edited, read, refused


def test_cloudbalancing(tmp_path: Path) -> None:
    """A computer is one node at its cost; a process is not offered a computer it does not fit on."""
    document = read(tmp_path, "cloudbalancing", CLOUD)
    assert document["pools"] == [
        {"id": "computer-4", "nodes": {"count": 1, "size": {"cpu": 8, "memory": 4}, "price": 660}},
        {"id": "computer-5", "nodes": {"count": 1, "size": {"cpu": 24, "memory": 96, "network": 16}, "price": 4800}},
    ]
    assert [task["options"] for task in document["tasks"]] == [
        [{"pools": ["computer-4", "computer-5"], "uses": {"cpu": 5, "memory": 4}, "duration": "1h"}],
        [{"pools": ["computer-5"], "uses": {"cpu": 1, "memory": 1, "network": 2}, "duration": "1h"}],
    ]
    validate(document)


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("", 1, "not JSON"),
        ("7", 1, "not a mapping"),
        (edited(CLOUD, ('"cost": 660', '"price": 660')), 2, "computerList[0]: the key 'price' is not known"),
        (edited(CLOUD, (', "cost": 660', "")), 2, "computerList[0]: cost is missing"),
        (edited(CLOUD, ('"id": 5', '"id": 4')), 3, "computerList[1].id: computer-4 stands twice"),
        (edited(CLOUD, ('"cpuPower": 8, "memory": 4', '"cpuPower": 0, "memory": 0')), 2, "computer-4 offers nothing"),
        (edited(CLOUD, ('requiredCpuPower": 5', 'requiredCpuPower": 25')), 5, "processList[0]: process-0 fits on no computer"),
        (edited(CLOUD, ('requiredCpuPower": 5', 'requiredCpuPower": "5"')), 5, "processList[0].requiredCpuPower: not a whole number"),
        (edited(CLOUD, ('requiredCpuPower": 5, "requiredMemory": 4', 'requiredCpuPower": 0, "requiredMemory": 0')), 5, "process-0 needs nothing"),
    ],
)  # fmt: skip
def test_wrong_files(tmp_path: Path, text: str, line: int, said: str) -> None:
    """One line with the file, the line and what is wrong."""
    refused(tmp_path, "cloudbalancing", text, line, said)
