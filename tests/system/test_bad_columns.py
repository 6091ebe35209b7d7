"""Bad files in columns: instances for `solve`, `validate` and `verify`, plans and certificates for `verify`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.helpers import bad_columns as columns
from tests.helpers import mutants
from tests.helpers.bad_columns import (
    BAD_CERTIFICATES,
    BAD_CSV,
    BAD_NPZ,
    BAD_PLANS,
    CERTIFICATE,
    CSV,
    INSTANCE,
    PLAN,
    packed,
)
from tests.helpers.run_cli import called, said


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """With a good instance, plan and certificate."""
    for name, arrays in (("good", INSTANCE), ("plan", PLAN), ("proof", CERTIFICATE)):
        (tmp_path / f"{name}.npz").write_bytes(packed(arrays))
    return tmp_path


def test_the_good_columns_are_good(folder: Path) -> None:
    """As `.npz` and as CSV, with their plan and certificate."""
    code, out, err = called("verify", folder / "good.npz", folder / "plan.npz", "--certificate", folder / "proof.npz")
    assert (code, err) == (0, ""), out
    for name, content in CSV.items():
        (folder / name).write_bytes(content)
    for path in (folder / "good.npz", folder):
        code, out, err = called("validate", path)
        assert (code, err) == (0, "")
        assert "3 tasks, 4 options, 2 pools, 24 slots" in out


def refused(path: Path, folder: Path, words: str) -> None:
    """By `solve`, `validate` and `verify`: one line, nothing written, and by `verify` at most an objection."""
    before = sorted(folder.rglob("*"))
    for command in (("solve", path, "-t", 5, "-o", folder / "made.npz"), ("validate", path)):
        line = said(*command, code=3)
        assert line.startswith(f"error: {path}"), line
        assert words in line, line
        assert len(line) < 700, line
    code, out, err = called("verify", path, folder / "plan.npz")
    assert "unexpected" not in err
    assert code in (0, 3, 6), (out, err)  # what the checker need not know is no fault of the plan
    if code == 3:
        assert len(err.splitlines()) == 1
        assert err.startswith(f"error: {path}"), err
    assert sorted(folder.rglob("*")) == before


@pytest.mark.parametrize("name", BAD_NPZ)
def test_bad_npz_is_refused_in_one_line(folder: Path, name: str) -> None:
    """What no zip is, bombs, pickles, headers that lie, wrong types and shapes, pointers, numbers, heads."""
    content, words = BAD_NPZ[name]
    path = folder / "bad.npz"
    path.write_bytes(content())
    refused(path, folder, words)


@pytest.mark.parametrize("name", BAD_CSV)
def test_bad_csv_is_refused_in_one_line(folder: Path, name: str) -> None:
    """A folder of tables with one thing wrong."""
    wrong, content, words = BAD_CSV[name]
    made = folder / "columns"
    made.mkdir()
    files = {**{name: each for name, each in CSV.items() if name.split(".")[0] != wrong.split(".")[0]}, wrong: content}
    for file, each in files.items():
        if each is not None:
            (made / file).write_bytes(each)
    refused(made, folder, words)


def test_parquet_is_looked_at_before_it_is_read(folder: Path) -> None:
    """A table of very many equal numbers is a small file; columns of texts are refused."""
    pyarrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    made = folder / "columns"
    made.mkdir()
    for name in ("head.json", "options.csv"):
        (made / name).write_bytes(CSV[name])
    zeros = pyarrow.array(columns.np.zeros(2**22, columns.np.int64))
    many = pyarrow.table({f"c{at}": zeros for at in range(11)})
    parquet.write_table(many, made / "tasks.parquet")
    refused(made, folder, "352 MiB; at most 320 MiB are read")
    parquet.write_table(pyarrow.table({"release": ["a"] * 3, "deadline": [24] * 3}), made / "tasks.parquet")
    refused(made, folder, "whole numbers are allowed")
    parquet.write_table(pyarrow.table({"release": [None, 1, 2], "deadline": [24, 24, 24]}), made / "tasks.parquet")
    refused(made, folder, "numbers of float64; whole numbers are allowed")


@pytest.mark.parametrize("name", BAD_PLANS)
def test_bad_plan_in_columns_is_refused(folder: Path, name: str) -> None:
    """3 where it is no plan at all, 6 with the rule where it is one that does not hold."""
    content, code, words = BAD_PLANS[name]
    path = folder / "plan.npz"
    path.write_bytes(content())
    found, out, err = called("verify", folder / "good.npz", path)
    assert (found, words in out + err) == (code, True), (found, out, err)
    assert "unexpected" not in err
    if code == 3:
        assert (out, len(err.splitlines())) == ("", 1)
        assert err.startswith(f"error: {path}"), err
    else:
        assert err == ""
        assert len(out) < 2000


def test_bad_csv_plans_are_refused(folder: Path) -> None:
    """The table, and the summary beside it."""
    path = folder / "plan.csv"
    path.write_text("task,option,start,count\n0,0,0,1\n1,2,0,1\n2,3,2,x\n")
    assert "plan.json: cannot be read: No such file" in said("verify", folder / "good.npz", path, code=3)
    (folder / "plan.json").write_bytes(columns.text(columns.SUMMARY).tobytes())
    assert "plan.csv:4: '2,3,2,x': whole numbers" in said("verify", folder / "good.npz", path, code=3)
    path.write_bytes(b"task,option\n\xe9,1\n")
    assert "plan.csv: cannot be read" in said("verify", folder / "good.npz", path, code=3)
    path.write_text("task,task\n0,0\n")
    assert "plan.csv:1: a column stands twice" in said("verify", folder / "good.npz", path, code=3)


@pytest.mark.parametrize("name", BAD_CERTIFICATES)
def test_bad_certificate_in_columns_is_refused(folder: Path, name: str) -> None:
    """3 where it is no certificate at all, 6 where it does not prove what it states."""
    content, code, words = BAD_CERTIFICATES[name]
    path = folder / "proof.npz"
    path.write_bytes(content())
    found, out, err = called("verify", folder / "good.npz", folder / "plan.npz", "--certificate", path)
    assert (found, words in out + err) == (code, True), (found, out, err)
    assert (len(err.splitlines()), out == "") == ((1, True) if code == 3 else (0, False))


# --- random edits -------------------------------------------------------------------------------------------------


def campaign(folder: Path, seeds: range) -> int:
    """How many mutants were refused or objected to, each in lines; what is read is read by both."""
    refused = 0
    for seed in seeds:
        place = folder / str(seed)
        for name, content in mutants.packed_mutant(seed).items():
            (place / name).parent.mkdir(parents=True, exist_ok=True)
            (place / name).write_bytes(content)
        instance = place / "folder" if (place / "folder").is_dir() else place / "good.npz"
        if (place / "folder").is_dir() and not (place / "folder" / "head.json").is_file():
            continue
        code, _, err = called("validate", instance)
        assert code in (0, 3), (seed, err)
        read = code == 0
        assert all(line.startswith("error: ") and len(line) < 1500 for line in err.splitlines()), (seed, err)
        code, _, err = called("verify", instance, place / "plan.npz", "--certificate", place / "proof.npz")
        assert code in (0, 3, 6), (seed, err)
        assert "unexpected" not in err, (seed, err)
        assert len(err.splitlines()) == (code == 3), (seed, err)
        assert not (read and code == 3 and f"{instance}" in err), (seed, err)
        refused += code != 0 or not read
    return refused


@pytest.mark.parametrize("part", range(2))
def test_mutants_are_read_or_refused(tmp_path: Path, part: int) -> None:
    """200 of them; most are bad. What the reader takes, the checker can read."""
    assert campaign(tmp_path, range(100 * part, 100 * (part + 1))) > 50


@pytest.mark.long
@pytest.mark.parametrize("part", range(6))
def test_many_mutants_are_read_or_refused(tmp_path: Path, part: int) -> None:
    """6,000 of them."""
    assert campaign(tmp_path, range(1000 * (part + 1), 1000 * (part + 2))) > 500
