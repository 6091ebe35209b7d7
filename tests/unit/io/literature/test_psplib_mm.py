"""Multi-mode projects: files of PSPLIB and MMLIB, and wrong ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from leptonopt.errors import UsageError
from leptonopt.instance import validate
from tests.helpers.literature_files import MMLIB, PSPLIB, edited, read, refused


@pytest.mark.parametrize("text", [PSPLIB, MMLIB])
def test_psplib_mm(tmp_path: Path, text: str) -> None:
    """Modes are options, what is used up stands in quotas, source and sink are gone."""
    document = read(tmp_path, "psplib-mm", text, deadline="8")
    assert document["time"]["horizon"] == "8h"
    assert document["pools"] == [{"id": "project", "capacity": {"R1": 6, "R2": 2}}]
    assert document["quotas"] == [{"id": "N1", "of": "N1", "limit": 3}]
    assert [(task["id"], task.get("after")) for task in document["tasks"]] == [("task-2", None), ("task-3", ["task-2"])]
    assert document["tasks"][0]["options"][0] == {
        "id": "mode-1",
        "pool": "project",
        "uses": {"R1": 5},
        "duration": "3h",
        "consumes": {"N1": 4},
    }
    validate(document)
    with pytest.raises(UsageError, match="needs --param deadline=K"):
        read(tmp_path, "psplib-mm", text)
    with pytest.raises(UsageError, match="a whole number from 1"):
        read(tmp_path, "psplib-mm", text, deadline="soon")


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("", 1, "the line with the number of jobs is missing"),
        (edited(PSPLIB, (":  4\n", ":\n")), 5, "'?' stands where the number of jobs"),
        (edited(PSPLIB, (":  0   D", ":  1   D")), 10, "1 stands where the number of doubly constrained"),
        (edited(PSPLIB, ("PRECEDENCE", "PRECEDENT")), 31, "the section of precedence is missing"),
        (edited(PSPLIB, ("   3        1 ", "   5        1 ")), 16, "job 3 is missing or out of order"),
        (edited(PSPLIB, ("   4        1          0\n", "")), 16, "the section ends where the number of a job"),
        (edited(PSPLIB, ("1           4\n", "1           2\n")), 15, "in a circle, one of them job"),
        (edited(PSPLIB, ("1           4\n", "1           9\n")), 16, "9 stands where a successor"),
        (edited(PSPLIB, ("         2     6 ", "         3     6 ")), 24, "mode 2 of job 2 is missing"),
        (edited(PSPLIB, ("         2     6 ", "         2     0 ")), 23, "job 2 has a mode without duration"),
        (edited(PSPLIB, ("    6    2    3    9", "    6    2    3")), 30, "the section ends where an availability"),
        (edited(PSPLIB, ("    6    2    3    9", "    6    2    3    9    1")), 30, "1 more numbers"),
    ],
)  # fmt: skip
def test_wrong_files(tmp_path: Path, text: str, line: int, said: str) -> None:
    """One line with the file, the line and what is wrong."""
    refused(tmp_path, "psplib-mm", text, line, said, deadline="4")
