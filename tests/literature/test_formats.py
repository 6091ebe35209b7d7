"""All formats of the literature: no edit of a small file crashes a reader, and all raw data are read."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from leptonopt.errors import InstanceError
from leptonopt.instance import validate
from leptonopt.io.load import FORMATS, load, read_document
from tests.helpers.literature_files import (
    CLOUD,
    CTU,
    DEADLINE,
    DELMAIRE,
    HOLMBERG,
    ICON,
    INFERNO,
    JOBS,
    MELANGE,
    MMKP,
    PSPLIB,
    RACP,
    RIP,
    TRACE,
    written,
)
from tests.helpers.marks import CI

ROOT = Path(__file__).resolve().parents[2]
DATA = Path(os.environ.get("LEPTONOPT_DATA", ROOT.parent / "shared" / "data"))

SAMPLES = [
    ("sscflp", HOLMBERG),
    ("sscflp", DELMAIRE),
    ("green-tou", JOBS),
    ("racp", RACP),
    ("rip", RIP),
    ("mmkp", MMKP),
    ("psplib-mm", PSPLIB),
    ("icon", ICON),
    ("cloudbalancing", CLOUD),
    ("melange", MELANGE),
    ("inferno", INFERNO),
    ("ctu-energy", CTU),
    ("elasticflow", TRACE),
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
    validate(document)
    return None


RAW = {
    "sscflp": ["sscflp/*/p*"],
    "green-tou": ["green_tou/instances/Data_p*.txt"],
    "racp": ["minizinc/racp/*.dzn"],
    "rip": ["rip_xcsp23/*.json"],
    "mmkp": ["mmkp/khan/*"],
    "psplib-mm": ["mmrcpsp/*/*.mm"],
    "icon": ["icon_ecas/sample/*/instance.txt", "icon_ecas/leaderboard/*/instance.txt"],
    "cloudbalancing": ["cloudbalancing/*.json"],
    "melange": ["melange_example/*.json"],
    "inferno": ["services/inferno/*/server-data.json", "services/inferno/*/system-data.json"],
    "ctu-energy": ["ctu_energy_states/*/*.json"],
    "elasticflow": ["elasticflow/traces/*.csv"],
}
HEAVY = 100_000  # options; more take too long to validate here


@pytest.mark.skipif(not DATA.is_dir(), reason="the raw data are not here; set LEPTONOPT_DATA (see README)")
@pytest.mark.parametrize("format", RAW)
@pytest.mark.parametrize("every", [3, pytest.param(1, marks=CI)])
def test_all_raw_data_are_read(format: str, every: int) -> None:
    """Every file there, or one in three, becomes an instance; of the heaviest only the document is made."""
    files = sorted(file for pattern in RAW[format] for file in DATA.glob(pattern))
    assert files
    for file in files[::every]:
        document = read_document(file, format=format, params={"deadline": "9"} if format == "psplib-mm" else {})
        assert document["name"]
        tasks = document.get("tasks", ())
        if sum(len(task.get("options", ())) for task in tasks) <= HEAVY:
            assert len(validate(document).tasks) == len(tasks)


@pytest.mark.long
@pytest.mark.skipif(not DATA.is_dir(), reason="the raw data are not here; set LEPTONOPT_DATA (see README)")
def test_heavy_raw_data_are_read() -> None:
    """The largest of all is an instance, too."""
    file = DATA / "icon_ecas" / "leaderboard" / "instance45" / "instance.txt"
    assert len(load(file, format="icon").tasks) == 5000


def test_every_format_is_tested() -> None:
    """None is registered without a test here; those of test_literature stand apart."""
    assert set(FORMATS) == {*RAW, "gap", "jain-grossmann"}
