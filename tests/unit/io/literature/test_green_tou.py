"""Machines at tariffs by time of use: files, the files beside them, and wrong ones."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from leptonopt.errors import InputError, UsageError
from leptonopt.instance import validate
from leptonopt.io.load import read_document
from tests.helpers.literature_files import JOBS, read, refused, written


def test_green_tou(tmp_path: Path) -> None:
    """Equal rates are one pool, equal durations copies; the deadline cuts the horizon."""
    document = read(tmp_path, "green-tou", JOBS, "Data_p1.txt")
    assert document["time"]["horizon"] == "4h"
    assert [(pool["id"], pool["capacity"]) for pool in document["pools"]] == [
        ("rate-1.5", {"machine": 1}),
        ("rate-3", {"machine": 2}),
    ]
    assert document["pools"][0]["price"]["machine"] == {
        "steps": {"2000-01-01T00:00:00Z": Decimal("7.5"), "2000-01-01T02:00:00Z": -3, "2000-01-01T03:00:00Z": 6}
    }
    assert [(task["copies"], task["options"][1]["duration"]) for task in document["tasks"]] == [(2, "2h"), (1, "1h")]
    validate(document)
    short = read(tmp_path, "green-tou", JOBS, "Data_p1.txt", deadline="2")
    assert short["time"]["horizon"] == "2h"
    assert len(short["pools"][0]["price"]["machine"]["steps"]) == 1
    validate(short)
    for bad in ("5", "0", "x", "-1", "1.5", ""):
        with pytest.raises(UsageError, match="from 1 to 4"):
            read(tmp_path, "green-tou", JOBS, "Data_p1.txt", deadline=bad)


@pytest.mark.parametrize(
    ("beside", "text", "said"),
    [
        ("Data_e1.txt", "3\n-1\n", r"Data_e1.txt:2: -1 stands where a rate"),
        ("Data_c1.txt", "3\n0.00001\n", r"Data_c1.txt:2: .* of at most 4 decimals"),
        ("Data_c1.txt", "", r"Data_c1.txt:1: the file ends where a price"),
        ("Data_c1.txt", None, r"Data_c1.txt: there is no such file"),
    ],
)
def test_green_tou_files_beside(tmp_path: Path, beside: str, text: str | None, said: str) -> None:
    """What is wrong with the rates and the prices; and a name that tells of none."""
    file = written(tmp_path, "Data_p1.txt", JOBS)
    (tmp_path / beside).unlink() if text is None else (tmp_path / beside).write_text(text)
    with pytest.raises(InputError, match=said):
        read_document(file, format="green-tou")
    with pytest.raises(InputError, match="is not called Data_pN"):
        read(tmp_path, "green-tou", JOBS, "jobs.txt")


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("", 1, "the file ends where a duration"),
        ("2\n0\n", 2, "0 stands where a duration"),
        ("2\n1.5\n", 2, "1.5 stands where a duration"),
    ],
)  # fmt: skip
def test_wrong_files(tmp_path: Path, text: str, line: int, said: str) -> None:
    """One line with the file, the line and what is wrong."""
    refused(tmp_path, "green-tou", text, line, said, "Data_p1.txt")
