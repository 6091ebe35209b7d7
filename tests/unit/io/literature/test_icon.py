"""Energy-cost aware scheduling of servers: files, and wrong ones."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from leptonopt.instance import validate
from tests.helpers.literature_files import ICON, edited, read, refused


def test_icon(tmp_path: Path) -> None:
    """A server is one node that is switched on and off; a task is not offered a server it does not fit on."""
    document = read(tmp_path, "icon", ICON, "instance.txt")
    price = {"power": {"steps": {"2000-01-01T00:00:00Z": Decimal("0.1"), "2000-01-01T12:00:00Z": Decimal("-0.2")}}}
    first = {"count": 1, "size": {"r0": 10, "r1": 8}, "price": 0, "startup": Decimal("1.5"), "shutdown": Decimal("0.5"), "power": 50}  # fmt: skip
    second = {"count": 1, "size": {"r0": 4}, "price": 0, "startup": 2, "shutdown": 0, "power": 70}
    assert document["pools"] == [
        {"id": "server-0", "nodes": first, "price": price},
        {"id": "server-1", "nodes": second, "price": price},
    ]
    wide, narrow = document["tasks"]
    uses = {"r0": 4, "power": Decimal("142.5")}
    assert wide["options"] == [{"pools": ["server-0", "server-1"], "uses": uses, "duration": "180m"}]
    assert [option["pools"] for option in narrow["options"]] == [["server-0"]]
    assert (narrow["release"], narrow["deadline"]) == ("2000-01-01T00:00:00Z", "2000-01-01T02:00:00Z")
    validate(document)


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        (edited(ICON, ("1 70 2 0", "0 70 2 0")), 6, "server-0 stands twice"),
        (edited(ICON, ("1 70 2 0", "1 70 -2 0")), 6, "-2 stands where a start cost"),
        (edited(ICON, ("\n4 0\n2", "\n0 0\n2")), 7, "server-1 has no capacity at all"),
        (edited(ICON, ("0 3 5 24", "0 3 5 5")), 9, "task-0 must end at 5"),
        (edited(ICON, ("\n5 1\n", "\n11 1\n")), 12, "task-1 fits on no server"),
        (edited(ICON, ("\n5 1\n", "\n0 0\n")), 12, "task-1 needs nothing"),
        (edited(ICON, ("60\n", "30\n")), 1, "30 minutes a slot do not give the 24 periods"),
        ("60\n1\n1\n0 0 0 0\n9\n9999999\n", 6, "9999999 stands where the number of tasks"),
    ],
)  # fmt: skip
def test_wrong_files(tmp_path: Path, text: str, line: int, said: str) -> None:
    """One line with the file, the line and what is wrong."""
    refused(tmp_path, "icon", text, line, said)
