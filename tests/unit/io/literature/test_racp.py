"""Resource investment in MiniZinc data: files, and wrong ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from leptonopt.instance import validate
from tests.helpers.literature_files import RACP, edited, read, refused


def test_investment(tmp_path: Path) -> None:
    """Units are committed; what takes no time only passes on what it waits for; counts are what can run at once."""
    document = read(tmp_path, "racp", RACP)
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
    tight = read(tmp_path, "racp", RACP.replace("8", "5"))
    assert [kind["count"] for kind in tight["pools"][0]["nodes"]] == [2, 3]
    validate(read(tmp_path, "racp", RACP.replace("8", "1")))  # no plan, but an instance


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("", 1, "the file ends and t_max is missing"),
        (edited(RACP, ("t_max = 8;", "")), 9, "t_max is missing"),
        (edited(RACP, ("t_max = 8", "t_max = 0")), 2, "'0' stands where t_max, a whole number from 1"),
        (edited(RACP, ("t_max = 8", "t_max 8")), 2, "'8' stands where '=' should"),
        (edited(RACP, ("t_max", "deadline")), 2, "'deadline' stands where one of t_max"),
        (edited(RACP, ("n_res", "t_max")), 3, "t_max stands twice"),
        (edited(RACP, ("[4, 10]", "[4]")), 5, "']' stands where ',' should"),
        (edited(RACP, ("[2, 0, 3]", "[2, 0, 3, 4]")), 6, "'4' stands where ']' should"),
        (edited(RACP, ("[2, 0, 3]", "[0, 0, 0]")), 1, "no activity takes any time"),
        (edited(RACP, ("{2}", "{4}")), 7, "'4' stands where a task of succ, a whole number from 1 to 3"),
        (edited(RACP, ("{3}", "{1}")), 7, "in a circle, one of them task"),
        (edited(RACP, ("5, 2", "5, x")), 8, "'x' stands where a number of rr"),
        (edited(RACP, ("| 0, 0, 3 |]", "|]")), 9, "'|]' stands where '|' should"),
        (edited(RACP, ("3 |];", "3")), 9, "the file ends where the ; after rr"),
        (edited(RACP, ("| 1, 5, 2", "| 0, 5, 0"), ("0, 0, 3", "0, 0, 0")), 1, "no activity needs anything"),
    ],
)  # fmt: skip
def test_wrong_files(tmp_path: Path, text: str, line: int, said: str) -> None:
    """One line with the file, the line and what is wrong."""
    refused(tmp_path, "racp", text, line, said)
