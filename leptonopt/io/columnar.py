"""Read columnar instances: one `.npz`, or a folder of `head.json` with CSV or Parquet tables.

Nothing is read row by row. Each error is one line: file, column, row, value, what is allowed.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from leptonopt.errors import Finding, InputError, InstanceError, UsageError
from leptonopt.instance import Instance, validate
from leptonopt.instance.columnar import OPTION, TASK, VERSION, ColumnarInstance
from leptonopt.io.files import most, printable, too_large, write_atomic
from leptonopt.io.load import located
from leptonopt.io.native.text import parse
from leptonopt.io.native.writer import dumped
from leptonopt.io.npz import MAX_BYTES, npz_bytes, read_npz_safely
from leptonopt.runtime.document_kinds import kind_of_columns, wrong_kind_message

REFUSED = {
    "tasks": "tasks are columns here",
    "profiles": "options are written out in columns",
    "services": "services have no columns; write YAML or JSON",
    "batches": "batches have no columns; write YAML or JSON",
    "quotas": "the rule quota has no columns; write YAML or JSON",
    "meters": "meters have no columns; write YAML or JSON",
    "savings": "savings plans have no columns; write YAML or JSON",
    "together": "the rule affinity has no columns; write YAML or JSON",
    "apart": "the rule affinity has no columns; write YAML or JSON",
    "objective": "columns are of money alone; write YAML or JSON to weigh carbon",
}
POOLS = {
    "billing": "billing by started units has no columns; write YAML or JSON",
    "nodes": "the rule nodes has no columns; write YAML or JSON",
    "power": "energy has no columns; write YAML or JSON",
    "carbon": "carbon has no columns; write YAML or JSON",
}
IGNORED = {"home", "spot"}
MOST = {"copies": 10**7, "value": 10**13, "late_cost": 10**11, "cost": 10**13, "uses": 2**31 - 1, "of": 2**31 - 1}
HEAD_BYTES = 8 * 2**20
TABLE_BYTES = 32 * 2**20  # of each table of a folder; numbers take more once they are read
Arrays = dict[str, NDArray[Any]]


def load(path: Path) -> ColumnarInstance:
    """Return the instance in a columnar file or folder.

    Raises
    ------
    InputError
        When a file cannot be read as columns.
    InstanceError
        With everything that is wrong, a line each.
    """
    try:
        arrays, files, sha256 = _of_folder(path) if path.is_dir() else _of_npz(path)
    except OSError as error:
        raise InputError(f"{error.filename or path}: cannot be read: {error.strerror or error}") from None
    head = _document(arrays.pop("head"), files["head"])
    resources = _resources(head.pop("resources", ()), files["head"])
    instance = _instance(head, files["head"])
    findings = list(_shapes(arrays, files, instance, resources))
    if not findings:
        findings = list(_values(arrays, files, instance, resources))
    if findings:
        raise InstanceError(findings)
    return ColumnarInstance(
        name=path.name,
        head=head,
        instance=instance,
        resources=resources,
        task={name: arrays.get(f"task_{name}") for name in TASK},
        option={name: arrays.get(f"option_{name}") for name in OPTION},
        ptr=arrays["option_ptr"].astype(np.int64, copy=False),
        uses=arrays["option_uses"],
        sha256=sha256,
    )


def save(path: Path, sheets: ColumnarInstance) -> None:
    """Write an instance in columns as `.npz`; the inverse of `load`."""
    head = {"columns": VERSION, "resources": list(sheets.resources), **sheets.head}
    arrays: Arrays = {"head": np.frombuffer(dumped(head, "json").encode(), np.uint8)}
    arrays |= {"option_ptr": sheets.ptr, "option_uses": sheets.uses}
    for kind, columns in (("task", sheets.task), ("option", sheets.option)):
        arrays |= {f"{kind}_{name}": column for name, column in columns.items() if column is not None}
    write_atomic(path, npz_bytes(arrays))


def refuse_params(params: Mapping[str, str] | None) -> None:
    """Raise `UsageError` for parameters of a format; columnar instances have none."""
    if params:
        raise UsageError("--param: columns have no parameters; they are for files with --format")


# --- files ----------------------------------------------------------------------------------------


def _of_npz(path: Path) -> tuple[Arrays, dict[str, str], str]:
    digest = hashlib.sha256()
    arrays = read_npz_safely(path)
    if wrong := wrong_kind_message(kind_of_columns(arrays), "an instance in columns"):
        raise InputError(f"{path}: {wrong}; give the file of the instance itself")
    with path.open("rb") as file:
        while block := file.read(1 << 22):
            digest.update(block)
    for name in ("head", "option_ptr"):
        if name not in arrays:
            raise InputError(f"{path}: has no array {name!r}; docs/reference/columns.md lists those there must be")
    if arrays["head"].dtype != np.uint8:
        raise InputError(f"{path}: head: numbers of {arrays['head'].dtype}; JSON in UTF-8 as uint8 is allowed")
    return arrays, dict.fromkeys(("head", "task", "option"), str(path)), digest.hexdigest()


def _of_folder(path: Path) -> tuple[Arrays, dict[str, str], str]:
    digest = hashlib.sha256()
    head = path / "head.json"
    files = {"head": str(head)}
    content = _content(head, HEAD_BYTES)
    arrays: Arrays = {"head": np.frombuffer(content, np.uint8)}
    digest.update(content)
    resources = list(_resources(_document(arrays["head"], str(head)).get("resources", ()), str(head)))
    for kind in ("task", "option"):
        found = next(
            (path / f"{kind}s.{end}" for end in ("csv", "parquet") if (path / f"{kind}s.{end}").is_file()), None
        )
        if found is None:
            raise InputError(f"{path}: has neither {kind}s.csv nor {kind}s.parquet; one of them is needed")
        files[kind] = str(found)
        content = _content(found, TABLE_BYTES)
        digest.update(content)
        table = _csv(content, str(found)) if found.suffix == ".csv" else _parquet(content, str(found))
        if not len(next(iter(table.values()), ())):
            raise InputError(f"{found}:2: no {kind}s; at least one line of numbers is needed")
        if kind == "option":
            arrays |= _uses(table, resources, str(found))
            arrays |= _pointers(table.pop("task", None), arrays, str(found))
        arrays |= {f"{kind}_{name}": column for name, column in table.items()}
    return arrays, files, digest.hexdigest()


def read_csv(path: Path) -> Arrays:
    """Return the columns of a table; raises `InputError`."""
    try:
        return _csv(_content(path, TABLE_BYTES), str(path))
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror or error}") from None


def _content(path: Path, limit: int) -> bytes:
    limit, size = most(limit), path.stat().st_size
    if size > limit:
        raise too_large(path, size, limit)
    return path.read_bytes()


def _csv(content: bytes, file: str) -> Arrays:
    """Return a table of whole numbers with the names of its columns in the first line."""
    first, _, rest = content.partition(b"\n")
    names = first.decode("utf-8-sig", "replace").rstrip("\r").split(",")
    _different(names, f"{file}:1")
    if not rest.strip():
        return {name: np.zeros(0, np.int64) for name in names}
    try:
        table = np.loadtxt(io.BytesIO(rest), np.int64, delimiter=",", ndmin=2, comments=None, encoding="utf-8")
    except (ValueError, OverflowError) as error:
        reason = str(error).split("; use `usecols`")[0]
        raise InputError(f"{file}: after the first line: {reason}; whole numbers are allowed") from None
    if table.shape[1] != len(names):
        raise InputError(
            f"{file}: {len(names)} names in the first line, {table.shape[1]} numbers in the others; as many are needed"
        )
    return {name: np.ascontiguousarray(table[:, at]) for at, name in enumerate(names)}


def _different(names: list[str], where: str) -> None:
    if len(set(names)) < len(names):
        raise InputError(f"{where}: a column stands twice; each is allowed once")


def _parquet(content: bytes, file: str) -> Arrays:
    try:
        from pyarrow import parquet
    except ImportError:
        raise InputError(
            f"{file}: Parquet is read with pyarrow, which is not installed; CSV and .npz need nothing"
        ) from None
    try:
        opened = parquet.ParquetFile(io.BytesIO(content))
        size = opened.metadata.num_rows * opened.metadata.num_columns * 8
    except Exception as error:  # pyarrow has a tree of errors of its own
        raise InputError(f"{file}: not a Parquet file: {str(error)[:200]}") from None
    if size > (limit := most(MAX_BYTES)):
        raise too_large(file, size, limit)
    _different(list(opened.schema_arrow.names), file)
    try:
        table = opened.read()
        return {name: table.column(name).to_numpy() for name in table.column_names}
    except Exception as error:
        raise InputError(f"{file}: not a Parquet file: {str(error)[:200]}") from None


def _uses(table: Arrays, resources: list[str], file: str) -> Arrays:
    """Return the columns named as the resources, side by side."""
    if odd := [name for name in resources if name in table and table[name].dtype.kind not in "iub"]:
        raise InputError(f"{file}: {odd[0]!r}: numbers of {table[odd[0]].dtype}; whole numbers are allowed")
    if missing := [name for name in resources if name not in table]:
        raise InputError(f"{file}: has no column {missing[0]!r}, a resource of head.json")
    return {"option_uses": np.stack([table.pop(name) for name in resources], axis=1)} if resources else {}


def _pointers(task: NDArray[Any] | None, arrays: Arrays, file: str) -> Arrays:
    """Return the first option of each task, from the task of every option, which must ascend."""
    if task is None:
        raise InputError(f"{file}: has no column 'task', the position of each option's task")
    if task.dtype.kind not in "iu":
        raise InputError(f"{file}: task: numbers of {task.dtype}; whole numbers are allowed")
    tasks = len(next((column for name, column in arrays.items() if name.startswith("task_")), ()))
    wrong = np.flatnonzero((task < 0) | (task >= tasks) | (np.concatenate([[False], task[1:] < task[:-1]])))
    if len(wrong):
        row = int(wrong[0])
        raise InputError(
            f"{file}:{row + 2}: task: {task[row]}; positions from 0 to {tasks - 1}, ascending, are allowed"
        )
    return {"option_ptr": np.searchsorted(task, np.arange(tasks + 1)).astype(np.int64)}


def _document(content: NDArray[Any], file: str) -> dict[str, Any]:
    """Return the head, read like any JSON document."""
    try:
        text = content.tobytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InputError(f"{file}: head: not UTF-8 text; JSON in UTF-8 is allowed") from None
    found, _ = parse(text, "json", f"{file}: head")
    if not isinstance(found, dict):
        raise InputError(f"{file}: head: no mapping at its top; a document without tasks is needed")
    return found


def _resources(names: Any, file: str) -> tuple[str, ...]:
    if not isinstance(names, list | tuple) or not all(isinstance(name, str) for name in names):
        raise InputError(f"{file}: head: resources: {str(names)[:60]!r}; a list of names is allowed")
    if len(set(names)) < len(names):
        raise InputError(f"{file}: head: resources: a name stands twice; each is allowed once")
    return tuple(names)


def _instance(head: dict[str, Any], file: str) -> Instance:
    """Return the head as an instance, with one task that stands for all."""
    version = head.pop("columns", None)
    if version != VERSION:
        raise InputError(f"{file}: head: columns: {version!r}; version {VERSION} of the format is allowed")
    refused = [f"{file}: head: {key}: {why}" for key, why in REFUSED.items() if head.get(key)]
    pools = head.get("pools")
    pools = [pool for pool in pools if isinstance(pool, Mapping)] if isinstance(pools, list) else []
    refused += [
        f"{file}: head: pools: {pool.get('id')}: {key}: {why}"
        for pool in pools
        for key, why in POOLS.items()
        if pool.get(key)
    ]
    if refused:
        raise InputError("\n".join(refused))
    first = pools[0].get("id") if pools else None
    one = {"id": "columns", "options": [{"pool": first, "duration": "1s"}]}
    try:
        return validate({**head, "tasks": [one]})
    except InstanceError as error:
        stated = [found for found in error.findings if found.path[:1] != ("tasks",)]  # a task that stands for all
        raise InstanceError([located(found, f"{file}: head", None) for found in stated or error.findings]) from None


# --- checks ---------------------------------------------------------------------------------------


def _shapes(arrays: Arrays, files: dict[str, str], instance: Instance, resources: tuple[str, ...]) -> Iterator[Finding]:
    """Check that all columns exist, hold whole numbers, and have one length."""
    known = {*(f"task_{name}" for name in (*TASK, *IGNORED)), *(f"option_{name}" for name in (*OPTION, "uses", "ptr"))}
    needed = [f"task_{name}" for name, other in TASK.items() if other is None]
    needed += ["option_ptr", "option_uses", *(f"option_{name}" for name, other in OPTION.items() if other is None)]
    for name in needed:
        if name not in arrays:
            yield Finding(f"has no column {name!r}", file=files[name.partition("_")[0]])
            return
    tasks, options = len(arrays["task_release"]), len(arrays["option_pool"])
    shapes = {"option_ptr": (tasks + 1,), "option_uses": (options, len(resources))}
    for name, column in arrays.items():
        kind = name.partition("_")[0]
        file = files.get(kind, files["head"])
        if name not in known:
            yield Finding(
                f"{printable(name)[:40]}: there is no such column; known are {', '.join(sorted(known))}", file=file
            )
        elif column.dtype.kind not in "iub":
            yield Finding(f"{name}: numbers of {column.dtype}; whole numbers are allowed", file=file)
        elif column.shape != (shape := shapes.get(name, (tasks if kind == "task" else options,))):
            yield Finding(f"{name}: shape {column.shape}; {shape} is what the other columns have", file=file)
    if not tasks:
        yield Finding("no tasks; at least one is needed", file=files["task"])


def _values(arrays: Arrays, files: dict[str, str], instance: Instance, resources: tuple[str, ...]) -> Iterator[Finding]:
    """Check that all numbers are in range and refer to existing entries."""
    slots, tasks, options = instance.time.slots, len(arrays["task_release"]), len(arrays["option_pool"])
    pools = len(instance.pools)
    ptr = arrays["option_ptr"]
    if ptr[0] != 0 or ptr[-1] != options or (ptr[1:] < ptr[:-1]).any():
        text = f"option_ptr: begins at {ptr[0]} and ends at {ptr[-1]}; it ascends from 0 to {options}, the options"
        yield Finding(text, file=files["option"])
        return
    ranges = {
        "task_release": (0, slots - 1), "task_deadline": (1, slots), "task_copies": (1, MOST["copies"]),
        "task_value": (-1, MOST["value"]), "task_after": (-1, tasks - 1), "task_due": (-1, slots),
        "task_late_cost": (0, MOST["late_cost"]),
        "task_of": (-1, MOST["of"]), "option_of": (-1, MOST["of"]),
        "option_pool": (0, pools - 1), "option_slots": (0, 10**6),
        "option_cost": (0, MOST["cost"]), "option_uses": (0, MOST["uses"]),
    }  # fmt: skip
    for name, (low, high) in ranges.items():
        if name in arrays:
            column = arrays[name]
            bad = (column < low) | (column > high)
            yield from _first(name, column, bad, f"{low} to {high} is allowed", files)
    release, deadline = arrays["task_release"], arrays["task_deadline"]
    wrong = (deadline <= release) & (deadline > 0) & (release < slots)
    yield from _first("task_deadline", deadline, wrong, "it must come after the release", files)
    if "task_after" in arrays:
        after = arrays["task_after"]
        yield from _first("task_after", after, after >= 0, "the rule precedence is not solved from columns yet", files)
    pool = np.clip(arrays["option_pool"], 0, pools - 1)
    known = pool == arrays["option_pool"]
    spot = np.array([each.interruptions is not None for each in instance.pools])
    if spot.any():
        text = "the pool has interruptions, which are not solved from columns yet"
        yield from _first("option_pool", arrays["option_pool"], spot[pool], text, files)
    has = np.array([[name in each.resources for name in resources] for each in instance.pools], bool).reshape(pools, -1)
    if not has.all():
        lacks = known & ((arrays["option_uses"] > 0) & ~has[pool]).any(axis=1)
        yield from _first("option_uses", arrays["option_uses"], lacks, "the pool has no such resource", files)


def _first(
    name: str, column: NDArray[Any], bad: NDArray[np.bool_], allowed: str, files: dict[str, str]
) -> Iterator[Finding]:
    """Return the first row that is wrong, and the number of wrong rows."""
    rows = np.flatnonzero(bad if bad.ndim == 1 else bad.any(axis=1))
    if not len(rows):
        return
    row, kind = int(rows[0]), name.partition("_")[0]
    file, shown = files[kind], column[row].tolist()
    also = f" ({len(rows):,} such rows)" if len(rows) > 1 else ""
    if file.endswith(".csv"):
        yield Finding(f"{name.partition('_')[2]}: {shown}; {allowed}{also}", (), row + 2, file)
    else:
        yield Finding(f"{name}[{row}]: {shown}; {allowed}{also}", (), None, file)
