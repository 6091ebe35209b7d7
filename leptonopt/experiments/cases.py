"""Cases of a comparison: instances, each with its family and the best value known of it."""

from __future__ import annotations

import csv
import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from leptonopt.errors import InputError, UsageError
from leptonopt.instance import Instance, stated
from leptonopt.io import files
from leptonopt.io.load import load_with_document
from leptonopt.io.native.writer import dumped
from leptonopt.plan.numbers import rational
from leptonopt.verify import fingerprint

if TYPE_CHECKING:
    from _typeshed import StrPath

INFEASIBLE = "infeasible"
BESIDE = "best_known.csv"  # read where it has the columns `instance` and `best`
COLUMNS = ("file", "name", "family", "format", "params", "best")


@dataclass(frozen=True)
class Case:
    """An instance to solve.

    Attributes
    ----------
    path, format, params : as `leptonopt.io.load.load` takes them
    name, family : what it is called in tables, and under what it is summed up
    sha256 : the content of the instance, however it is written
    tasks : how many, copies counted
    best : the best value published, as a number's text, or `infeasible`; None where nothing is
    """

    path: Path
    name: str
    family: str
    sha256: str
    tasks: int
    format: str | None = None
    params: tuple[tuple[str, str], ...] = ()
    best: str | None = None


def cases(
    instances: Iterable[StrPath | Mapping[str, Any] | Instance],
    folder: Path,
    format: str | None = None,
    params: Mapping[str, str] | None = None,
    best: StrPath | None = None,
) -> list[Case]:
    """All cases that are named, in their order, each content once.

    Parameters
    ----------
    instances : files, lists of files (.csv; see docs/how-to/compare-methods.md), plain documents or `Instance` objects.
    folder : where what is not in a file is written to.
    format, params : how to read files that are not native and stand in no list.
    best : a .csv with columns `instance` (a name or file name) and `best`; else `best_known.csv` beside a file.

    Raises
    ------
    UsageError, InputError, InstanceError
        When a file or a list is wrong, before anything has run.
    """
    given = None if best is None else _best(Path(best), must=True)
    found: dict[tuple[str, str], Case] = {}
    for item in instances:
        for case in _of(item, folder, format, dict(params or {}), given):
            found.setdefault((case.sha256, case.name), case)
    if not found:
        raise UsageError("there is no instance to compare on")
    return list(found.values())


def _of(
    item: Any, folder: Path, format: str | None, params: dict[str, str], best: Mapping[str, str] | None
) -> Iterator[Case]:
    if isinstance(item, Instance | Mapping):
        document = stated(item)[1] if isinstance(item, Instance) else item
        text = dumped(document, "json")
        path = folder / f"{hashlib.sha256(text.encode()).hexdigest()[:16]}.json"
        folder.mkdir(parents=True, exist_ok=True)
        files.write_atomic(path, text)
        yield _case(path, str(document.get("name") or path.stem), "given", None, {}, best or {})
        return
    path = Path(os.fspath(item))
    if path.suffix.lower() == ".csv" and format is None:
        yield from _listed(path, best)
        return
    yield _case(path, path.stem if format is None else path.name, _folder(path), format, params, best)


def _listed(path: Path, best: Mapping[str, str] | None) -> Iterator[Case]:
    """Yield the cases of a list."""
    for number, row in enumerate(_rows(path), 2):
        if unknown := sorted(set(row) - {*COLUMNS, None}, key=str):
            raise InputError(f"{path}:1: an unknown column {unknown[0]!r}; allowed are {', '.join(COLUMNS)}")
        if not row.get("file"):
            raise InputError(f"{path}:{number}: no file is named; the column `file` is needed")
        words = [word.partition("=") for word in (row.get("params") or "").split()]
        if any(not mark for _, mark, _ in words):
            raise InputError(f"{path}:{number}: params {row['params']!r}; allowed is key=value, separated by spaces")
        if "\0" in row["file"]:
            raise InputError(f"{path}:{number}: file: a NUL character; a file's name is needed")
        file = path.parent / row["file"]
        name = row.get("name") or file.name
        known = {name: row["best"]} if row.get("best") else best
        family = row.get("family") or path.stem
        case = _case(file, name, family, row.get("format") or None, {key: value for key, _, value in words}, known)
        _number(case.best, f"{path}:{number}")
        yield case


def _case(
    path: Path, name: str, family: str, format: str | None, params: dict[str, str], best: Mapping[str, str] | None
) -> Case:
    instance, document = load_with_document(path, format, params)
    known = _best(path.with_name(BESIDE)) if best is None else best
    value = next((known[key] for key in (name, path.name, path.stem) if key in known), None)
    tasks = sum(task.copies for task in instance.tasks)
    sha256 = fingerprint(document)
    return Case(path, name, family, sha256, tasks, format, tuple(sorted(params.items())), value)


def _folder(path: Path) -> str:
    return path.resolve().parent.name


def _best(path: Path, must: bool = False) -> dict[str, str]:
    """Return best-known values by name; none where the file is missing or has other columns."""
    if not must and not path.is_file():
        return {}
    rows = _rows(path)
    if rows and not {"instance", "best"} <= set(rows[0]):
        if must:
            raise InputError(f"{path}:1: the columns `instance` and `best` are needed")
        return {}
    for number, row in enumerate(rows, 2):
        _number(row["best"], f"{path}:{number}")
    return {row["instance"]: row["best"] for row in rows if row["best"]}


def _number(text: str | None, place: str) -> None:
    if text and text != INFEASIBLE:
        try:
            rational(text)
        except ValueError:
            raise InputError(
                f"{place}: best {text[:40]!r} is no number; allowed are numbers and {INFEASIBLE}"
            ) from None


def _rows(path: Path) -> list[dict[str, str]]:
    try:
        with path.open(newline="", encoding="utf-8-sig") as lines:
            rows = csv.DictReader(lines)
            found, names = list(rows), list(rows.fieldnames or ())
    except (OSError, ValueError) as error:
        if isinstance(error, UnicodeError):
            raise InputError(f"{path}: is no CSV text: {error}") from None
        raise InputError(f"{path}: cannot be read: {getattr(error, 'strerror', None) or error}") from None
    except csv.Error as error:
        raise InputError(f"{path}: is no CSV text: {error}") from None
    if len(set(names)) < len(names):
        raise InputError(f"{path}:1: a column stands twice; each is allowed once")
    for number, row in enumerate(found, 2):
        if None in row or None in row.values():
            raise InputError(f"{path}:{number}: more or fewer values than the {len(names)} names in the first line")
    return found


def digest(content: Mapping[str, Any]) -> str:
    """Return a key of the content: equal content, equal key."""
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:24]
