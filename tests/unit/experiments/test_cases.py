"""Cases of a comparison: files, lists, documents, best-known values."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from leptonopt.errors import InputError, UsageError
from leptonopt.experiments.cases import cases
from tests.helpers.tiny_instances import document, instance, task


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with two instances."""
    for name, tasks in (("one", [task()]), ("two", [task(copies=3)])):
        (tmp_path / f"{name}.json").write_text(json.dumps(document(*tasks, name=name)))
    return tmp_path


def test_instances_of_every_kind(folder: Path) -> None:
    """Each content once, in their order."""
    given = [
        folder / "two.json",
        document(task(copies=5), name="stated"),
        instance(task(copies=6)),
        folder / "two.json",
    ]
    found = cases(given, folder / "out")
    assert [case.tasks for case in found] == [3, 5, 6]
    assert [case.name for case in found[:2]] == ["two", "stated"]
    assert len({case.sha256 for case in found}) == 3
    assert all(case.path.is_file() for case in found)


def test_lists(folder: Path) -> None:
    """With names, families and best values."""
    (folder / "all.csv").write_text("file,name,family,best\none.json,first,small,2\ntwo.json,second,,infeasible\n")
    one, two = cases([folder / "all.csv"], folder / "out")
    assert (one.name, one.family, one.best) == ("first", "small", "2")
    assert (two.name, two.best) == ("second", "infeasible")


def test_best_known_values(folder: Path) -> None:
    """Beside the files, or in a file of their own."""
    (folder / "best_known.csv").write_text("instance,best\none,2.5\n")
    assert [case.best for case in cases([folder / "one.json"], folder / "out")] == ["2.5"]
    (folder / "other.csv").write_text("instance,best\none.json,3\n")
    assert [case.best for case in cases([folder / "one.json"], folder / "out", best=folder / "other.csv")] == ["3"]


@pytest.mark.parametrize(
    ("name", "text"),
    [("a.csv", "name\nx\n"), ("a.csv", "file,best\none.json,soon\n"), ("a.csv", "file\nnone.json\n"), ("a.json", "{")],
)
def test_what_is_wrong(folder: Path, name: str, text: str) -> None:
    """Before anything has run."""
    (folder / name).write_text(text)
    with pytest.raises((InputError, UsageError)):
        cases([folder / name], folder / "out")
