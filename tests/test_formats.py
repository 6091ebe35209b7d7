"""Formats of the literature: what a small file becomes, what is said of a wrong one, and that all raw data are read."""

from __future__ import annotations

import os
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from leptonopt.errors import InputError, InstanceError, UsageError
from leptonopt.instance import validated
from leptonopt.read import FORMATS, load, read_document

ROOT = Path(__file__).resolve().parent.parent
DATA = Path(os.environ.get("LEPTONOPT_DATA", ROOT.parent / "shared" / "data"))

HOLMBERG = "2 3\n10 100\n20 200.5\n5 6 12\n1 2 3\n4 5 6.25\n"
DELMAIRE = "3 2\n1 4\n2 5\n3 6.25\n5 6 12\n100 200.5\n10 20\n"
JOBS, RATES, PRICES = "2\n1\n2\n", "3\n1.5\n3\n", "5\n5\n-2\n4\n"
RACP = """% a comment
t_max = 8;
n_res = 2;
n_tasks = 3;
cost = [4, 10];
dur = [2, 0, 3];
succ = [{2}, {3}, {}];
rr = [| 1, 5, 2
      | 0, 0, 3 |];
"""
RIP = """{"horizon": 8, "costs": [4, 10],
 "jobs": [
  {"duration": 2, "successors": [1], "requirements": [1, 0]},
  {"duration": 0, "successors": [2], "requirements": [5, 0]},
  {"duration": 3, "successors": [], "requirements": [2, 3]}
]}
"""
MMKP = "\n 2 2 3\n 5 5.5 9\n 1\n 7.25 1 0 2\n 9 2 2 2\n 2\n 4 1 1 1\n 5 0 0 9\n Solutions by HEU\n 1 1 14.00\n"
PSPLIB = """************************************************************************
file with basedata            : mm1_.bas
************************************************************************
projects                      :  1
jobs (incl. supersource/sink ):  4
horizon                       :  9
RESOURCES
  - renewable                 :  2   R
  - nonrenewable              :  2   N
  - doubly constrained        :  0   D
************************************************************************
PRECEDENCE RELATIONS:
jobnr.    #modes  #successors   successors
   1        1          1           2
   2        2          1           3
   3        1          1           4
   4        1          0
************************************************************************
REQUESTS/DURATIONS:
jobnr. mode duration  R 1  R 2  N 1  N 2
------------------------------------------------------------------------
  1      1     0       0    0    0    0
  2      1     3       5    0    4    0
         2     6       0    1    2    0
  3      1     2       1    1    0    0
  4      1     0       0    0    0    0
************************************************************************
RESOURCEAVAILABILITIES:
  R 1  R 2  N 1  N 2
    6    2    3    9
************************************************************************
"""
MMLIB = (
    PSPLIB.replace("REQUESTS/DURATIONS:", "REQUESTS/DURATIONS")
    .replace("RESOURCEAVAILABILITIES:", "\n RESOURCE AVAILABILITIES ")
    .replace("horizon                       :  9\n", "")
    .replace(":  4", ":\t4")
)
ICON = "60\n2\n2\n0 50 1.5 0.5\n10 8\n1 70 2 0\n4 0\n2\n0 3 5 24 142.5\n4 0\n1 1 0 2 10\n5 1\n"
FORECAST = "24\n" + "".join(f"{slot} {0.1 if slot < 12 else -0.2}\n" for slot in range(24))
DEADLINE = {"deadline": "4"}


def written(folder: Path, name: str, text: str) -> Path:
    """A file, with the files that belong beside it."""
    (folder / "Data_e1.txt").write_text(RATES)
    (folder / "Data_c1.txt").write_text(PRICES)
    (folder / "forecast.txt").write_text(FORECAST)
    file = folder / name
    file.write_text(text)
    return file


def read(folder: Path, format: str, text: str, name: str = "file", **params: str) -> dict[str, Any]:
    """The document of a text."""
    return read_document(written(folder, name, text), format=format, params=params)


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
    validated(document)


def test_sscflp_of_equal_counts(tmp_path: Path) -> None:
    """As many facilities as customers: amounts tell the layouts apart, else the parameter."""
    plain = "2 2\n10 100\n20 200\n5 6\n7 8\n2 1\n"
    assert [pool["nodes"]["size"]["units"] for pool in read(tmp_path, "sscflp", plain)["pools"]] == [10, 20]
    both = "2 2\n9 9\n9 9\n9 9\n9 9\n9 9\n"
    with pytest.raises(InstanceError, match=r"file:1: .*layout=holmberg or layout=delmaire"):
        read(tmp_path, "sscflp", both)
    for layout in ("holmberg", "delmaire"):
        validated(read(tmp_path, "sscflp", both, layout=layout))
    with pytest.raises(UsageError, match="holmberg and delmaire"):
        read(tmp_path, "sscflp", both, layout="yang")


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
    validated(document)
    short = read(tmp_path, "green-tou", JOBS, "Data_p1.txt", deadline="2")
    assert short["time"]["horizon"] == "2h"
    assert len(short["pools"][0]["price"]["machine"]["steps"]) == 1
    validated(short)
    for bad in ("5", "0", "x", "-1", "1.5", ""):
        with pytest.raises(UsageError, match="from 1 to 4"):
            read(tmp_path, "green-tou", JOBS, "Data_p1.txt", deadline=bad)


@pytest.mark.parametrize(("format", "text"), [("racp", RACP), ("rip", RIP)])
def test_investment(tmp_path: Path, format: str, text: str) -> None:
    """Units are committed; what takes no time only passes on what it waits for; counts are what can run at once."""
    document = read(tmp_path, format, text)
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
        {"id": "task-3", "after": ["task-1"], "options": [{"pool": "site", "uses": {"r1": 2, "r2": 3}, "duration": "3h"}]},
    ]  # fmt: skip
    validated(document)
    tight = read(tmp_path, format, text.replace("8", "5"))
    assert [kind["count"] for kind in tight["pools"][0]["nodes"]] == [2, 3]
    validated(read(tmp_path, format, text.replace("8", "1")))  # no plan, but an instance


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
    validated(document)


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
    validated(document)
    with pytest.raises(UsageError, match="needs --param deadline=K"):
        read(tmp_path, "psplib-mm", text)
    with pytest.raises(UsageError, match="a whole number from 1"):
        read(tmp_path, "psplib-mm", text, deadline="soon")


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
    validated(document)


def edited(text: str, *changes: tuple[str, str]) -> str:
    """A text with a part of it replaced, which must be there."""
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    return text


BAD: list[tuple[str, str, int, str]] = [
    # format, text, line, what is said
    ("sscflp", "", 1, "the file ends where the number of facilities or customers"),
    ("sscflp", "0 3", 1, "0 stands where the number of facilities"),
    ("sscflp", edited(HOLMBERG, ("4 5 6.25", "4 5")), 1, "12 numbers follow the sizes 2 and 3; 13 (holmberg) or 14 (delmaire)"),
    ("sscflp", edited(HOLMBERG, ("20 200.5", "20 x")), 3, "'x' stands where a fixed cost"),
    ("sscflp", edited(HOLMBERG, ("20 200.5", "-20 200.5")), 3, "-20 stands where a capacity, at least 0"),
    ("sscflp", edited(HOLMBERG, ("5 6 12", "5 0 12")), 4, "a demand of 0"),
    ("sscflp", edited(HOLMBERG, ("5 6 12", "5 6 21")), 4, "customer 2 needs 21; no facility has more than 20"),
    ("sscflp", edited(DELMAIRE, ("5 6 12", "5 6 21")), 5, "customer 2 needs 21; no facility has more than 20"),
    ("sscflp", edited(HOLMBERG, ("6.25", "1e13")), 6, "too large"),
    ("sscflp", edited(HOLMBERG, ("6.25", "0.0123456789")), 6, "too many decimals"),
    ("sscflp", "999999 999999\n1", 1, "numbers follow the sizes"),
    ("green-tou", "", 1, "the file ends where a duration"),
    ("green-tou", "2\n0\n", 2, "0 stands where a duration"),
    ("green-tou", "2\n1.5\n", 2, "1.5 stands where a duration"),
    ("racp", "", 1, "the file ends and t_max is missing"),
    ("racp", edited(RACP, ("t_max = 8;", "")), 9, "t_max is missing"),
    ("racp", edited(RACP, ("t_max = 8", "t_max = 0")), 2, "'0' stands where t_max, a whole number from 1"),
    ("racp", edited(RACP, ("t_max = 8", "t_max 8")), 2, "'8' stands where '=' should"),
    ("racp", edited(RACP, ("t_max", "deadline")), 2, "'deadline' stands where one of t_max"),
    ("racp", edited(RACP, ("n_res", "t_max")), 3, "t_max stands twice"),
    ("racp", edited(RACP, ("[4, 10]", "[4]")), 5, "']' stands where ',' should"),
    ("racp", edited(RACP, ("[2, 0, 3]", "[2, 0, 3, 4]")), 6, "'4' stands where ']' should"),
    ("racp", edited(RACP, ("[2, 0, 3]", "[0, 0, 0]")), 1, "no activity takes any time"),
    ("racp", edited(RACP, ("{2}", "{4}")), 7, "'4' stands where a task of succ, a whole number from 1 to 3"),
    ("racp", edited(RACP, ("{3}", "{1}")), 7, "in a circle, one of them task"),
    ("racp", edited(RACP, ("5, 2", "5, x")), 8, "'x' stands where a number of rr"),
    ("racp", edited(RACP, ("| 0, 0, 3 |]", "|]")), 9, "'|]' stands where '|' should"),
    ("racp", edited(RACP, ("3 |];", "3")), 9, "the file ends where the ; after rr"),
    ("racp", edited(RACP, ("| 1, 5, 2", "| 0, 5, 0"), ("0, 0, 3", "0, 0, 0")), 1, "no activity needs anything"),
    ("rip", "", 1, "not JSON"),
    ("rip", "[]", 1, "not a mapping"),
    ("rip", edited(RIP, ('"horizon": 8, ', "")), 1, "horizon is missing"),
    ("rip", edited(RIP, ('"horizon": 8', '"horizon": "8"')), 1, "horizon: not a whole number"),
    ("rip", edited(RIP, ('"horizon": 8', '"horizon": 8, "n": 3')), 1, "the key 'n' is not known"),
    ("rip", edited(RIP, ('"duration": 3', '"duration": 3.5')), 5, "jobs[2].duration: not a whole number"),
    ("rip", edited(RIP, ('"duration": 0', '"duration": -1')), 4, "jobs[1].duration: -1 is not"),
    ("rip", edited(RIP, ("[1, 0]", "[1]")), 3, "jobs[0].requirements: a list of 1; 2 should be"),
    ("rip", edited(RIP, ('"successors": [1]', '"successors": [3]')), 3, "jobs[0].successors[0]: 3 is not"),
    ("rip", edited(RIP, ('"successors": [2]', '"successors": [0]')), 3, "in a circle, one of them job 0"),
    ("rip", edited(RIP, ('"successors": []', '"successors": 7')), 5, "jobs[2].successors: not a list"),
    ("rip", '{"horizon": 8, "costs": [4],\n "jobs": [7]}', 2, "jobs[0]: not a mapping"),
    ("rip", '{"horizon": 8,\n "horizon": 9}', 2, "stands twice"),
    ("mmkp", "", 1, "the file ends where the number of groups"),
    ("mmkp", edited(MMKP, (" 2\n 4", " 3\n 4")), 7, "group 2 is missing or out of order"),
    ("mmkp", edited(MMKP, ("0 0 9", "0 -1 9")), 9, "-1 stands where a need"),
    ("mmkp", edited(MMKP, (" 5 0 0 9\n", "")), 9, "'Solutions' stands where a value"),
    ("mmkp", "99999 99999 1\n1\n", 1, "options; at most 2,000,000"),
    ("psplib-mm", "", 1, "the line with the number of jobs is missing"),
    ("psplib-mm", edited(PSPLIB, (":  4\n", ":\n")), 5, "'?' stands where the number of jobs"),
    ("psplib-mm", edited(PSPLIB, (":  0   D", ":  1   D")), 10, "1 stands where the number of doubly constrained"),
    ("psplib-mm", edited(PSPLIB, ("PRECEDENCE", "PRECEDENT")), 31, "the section of precedence is missing"),
    ("psplib-mm", edited(PSPLIB, ("   3        1 ", "   5        1 ")), 16, "job 3 is missing or out of order"),
    ("psplib-mm", edited(PSPLIB, ("   4        1          0\n", "")), 16, "the section ends where the number of a job"),
    ("psplib-mm", edited(PSPLIB, ("1           4\n", "1           2\n")), 15, "in a circle, one of them job"),
    ("psplib-mm", edited(PSPLIB, ("1           4\n", "1           9\n")), 16, "9 stands where a successor"),
    ("psplib-mm", edited(PSPLIB, ("         2     6 ", "         3     6 ")), 24, "mode 2 of job 2 is missing"),
    ("psplib-mm", edited(PSPLIB, ("         2     6 ", "         2     0 ")), 23, "job 2 has a mode without duration"),
    ("psplib-mm", edited(PSPLIB, ("    6    2    3    9", "    6    2    3")), 30, "the section ends where an availability"),
    ("psplib-mm", edited(PSPLIB, ("    6    2    3    9", "    6    2    3    9    1")), 30, "1 more numbers"),
    ("icon", edited(ICON, ("1 70 2 0", "0 70 2 0")), 6, "server-0 stands twice"),
    ("icon", edited(ICON, ("1 70 2 0", "1 70 -2 0")), 6, "-2 stands where a start cost"),
    ("icon", edited(ICON, ("\n4 0\n2", "\n0 0\n2")), 7, "server-1 has no capacity at all"),
    ("icon", edited(ICON, ("0 3 5 24", "0 3 5 5")), 9, "task-0 must end at 5"),
    ("icon", edited(ICON, ("\n5 1\n", "\n11 1\n")), 12, "task-1 fits on no server"),
    ("icon", edited(ICON, ("\n5 1\n", "\n0 0\n")), 12, "task-1 needs nothing"),
    ("icon", edited(ICON, ("60\n", "30\n")), 1, "30 minutes a slot do not give the 24 periods"),
    ("icon", "60\n1\n1\n0 0 0 0\n9\n9999999\n", 6, "9999999 stands where the number of tasks"),
]  # fmt: skip


@pytest.mark.parametrize(("format", "text", "line", "said"), BAD, ids=[f"{row[0]}-{at}" for at, row in enumerate(BAD)])
def test_bad_files_are_one_line(tmp_path: Path, format: str, text: str, line: int, said: str) -> None:
    """File, line, what is wrong."""
    name = "Data_p1.txt" if format == "green-tou" else "file"
    with pytest.raises(InstanceError) as error:
        read(tmp_path, format, text, name, **(DEADLINE if format == "psplib-mm" else {}))
    assert said in str(error.value)
    assert str(error.value).startswith(f"{tmp_path / name}:{line}: ")
    assert len(str(error.value).splitlines()) == 1


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


SAMPLES = [
    ("sscflp", HOLMBERG),
    ("sscflp", DELMAIRE),
    ("green-tou", JOBS),
    ("racp", RACP),
    ("rip", RIP),
    ("mmkp", MMKP),
    ("psplib-mm", PSPLIB),
    ("icon", ICON),
]


@pytest.mark.parametrize(("format", "text"), SAMPLES, ids=[sample[0] for sample in SAMPLES])
def test_no_edit_crashes(tmp_path: Path, format: str, text: str) -> None:
    """Whatever a word becomes, and wherever a file breaks off: a valid instance, or one finding with its line."""
    name = "Data_p1.txt" if format == "green-tou" else "file"
    params = DEADLINE if format == "psplib-mm" else {}
    words = list(re.finditer(r"[^\s,]+", text))
    variants = [text[: word.start()] for word in words]
    for word in words:
        for other in ("", "x", "-1", "0", "1.5", "1e999", "nan", "999999999", "1 1", "[", "{}", '"', ";"):
            variants.append(text[: word.start()] + other + text[word.end() :])
    file = written(tmp_path, name, text)
    for variant in variants:
        file.write_text(variant)
        if error := refusal(file, format, params):
            assert re.match(rf"{re.escape(str(file))}:\d+: ", str(error)), error
            assert len(error.findings) == 1


def refusal(file: Path, format: str, params: dict[str, str]) -> InstanceError | None:
    """What the reader says of a file; None of one whose document is valid."""
    try:
        document = read_document(file, format=format, params=params)
    except InstanceError as error:
        return error
    validated(document)
    return None


RAW = {
    "sscflp": ["sscflp/*/p*"],
    "green-tou": ["green_tou/instances/Data_p*.txt"],
    "racp": ["minizinc/racp/*.dzn"],
    "rip": ["rip_xcsp23/*.json"],
    "mmkp": ["mmkp/khan/*"],
    "psplib-mm": ["mmrcpsp/*/*.mm"],
    "icon": ["icon_ecas/sample/*/instance.txt", "icon_ecas/leaderboard/*/instance.txt"],
}
HEAVY = 100_000  # options; more take too long to validate here


@pytest.mark.skipif(not DATA.is_dir(), reason="the raw data are not here; set LEPTONOPT_DATA (see README)")
@pytest.mark.parametrize("format", RAW)
def test_all_raw_data_are_read(format: str) -> None:
    """Every file there becomes an instance; of the heaviest only the document is made."""
    files = sorted(file for pattern in RAW[format] for file in DATA.glob(pattern))
    assert files
    for file in files:
        document = read_document(file, format=format, params={"deadline": "9"} if format == "psplib-mm" else {})
        assert document["name"]
        if sum(len(task["options"]) for task in document["tasks"]) <= HEAVY:
            assert len(validated(document).tasks) == len(document["tasks"])


@pytest.mark.long
@pytest.mark.skipif(not DATA.is_dir(), reason="the raw data are not here; set LEPTONOPT_DATA (see README)")
def test_heavy_raw_data_are_read() -> None:
    """The largest of all is an instance, too."""
    file = DATA / "icon_ecas" / "leaderboard" / "instance45" / "instance.txt"
    assert len(load(file, format="icon").tasks) == 5000


def test_every_format_is_tested() -> None:
    """None is registered without a test here; those of test_literature stand apart."""
    assert set(FORMATS) == {*RAW, "gap", "jain-grossmann"}
