"""Write tables as text (JSON or YAML, a task a line) or as columns (arrays for numpy).

docs/how-to/generate-instances.md describes the files.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from leptonopt.errors import UsageError
from leptonopt.experiments.generators.table import Table

KINDS = ("json", "yaml", "npz")
COLUMNS_VERSION = 1
LISTS = ("pools", "services", "batches")  # written an entry a line
_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9._]*(-[A-Za-z0-9._]+)*|\d{4}-\d\d-\d\dT\d\d:\d\dZ|\d+[dhms]")


def written(table: Table, kind: str) -> bytes:
    """The file's content in `json`, `yaml` or `npz`.

    Raises `UsageError` for any other kind.
    """
    if kind == "npz":
        buffer, arrays = io.BytesIO(), cast(dict[str, Any], columns(table))
        # Not compressed: what zlib makes of the same bytes differs between its versions.
        np.savez(buffer, **arrays)
        return buffer.getvalue()
    if kind not in KINDS:
        raise UsageError(f"{kind!r} is no format to generate; allowed are {', '.join(KINDS)}")
    return "".join(_json(table) if kind == "json" else _yaml(table)).encode()


def columns(table: Table) -> dict[str, NDArray[Any]]:
    """The arrays of the columns format, by name."""
    if "services" in table.head:
        raise UsageError("an instance with services cannot be written as .npz; allowed are .json, .yaml")
    options = table.options
    head = {**table.head, "columns": COLUMNS_VERSION, "resources": list(table.resources)}
    small = {"release": table.release, "deadline": table.deadline, "copies": table.copies, "after": table.after}
    return {
        "head": np.frombuffer(_flow(head, False).encode(), np.uint8),
        **{f"task_{name}": column.astype(np.int32) for name, column in small.items()},
        "task_value": table.value,
        "task_spot": table.spot,
        "task_home": table.home.astype(np.int32),
        "option_ptr": options.ptr,
        "option_pool": options.pool,
        "option_uses": options.uses,
        "option_slots": options.slots,
    }


def _json(table: Table) -> Iterator[str]:
    yield "{\n"
    for key, value in {**table.head, **table.shared()}.items():
        if key in (*LISTS, "profiles"):
            lines = [_flow(child, False) for child in value]
            if isinstance(value, dict):
                lines = [f"{line}: {_flow(child, False)}" for line, child in zip(lines, value.values(), strict=True)]
            yield f'  "{key}": {"[{"[isinstance(value, dict)]}\n    ' + ",\n    ".join(lines)
            yield f"\n  {']}'[isinstance(value, dict)]},\n"
        else:
            yield f'  "{key}": {_flow(value, False)},\n'
    yield '  "tasks": ['
    for at, task in enumerate(table.tasks()):
        yield (",\n    " if at else "\n    ") + _flow(task, False)
    yield "\n  ]\n}\n"


def _yaml(table: Table) -> Iterator[str]:
    for key, value in {**table.head, **table.shared()}.items():
        if key in LISTS:
            yield f"{key}:\n" + "".join(f"  - {_flow(pool, True)}\n" for pool in value)
        elif key == "profiles":
            yield "profiles:\n" + "".join(f"  {_text(name, True)}: {_flow(p, True)}\n" for name, p in value.items())
        else:
            yield f"{key}: {_flow(value, True)}\n"
    yield "tasks:\n" if len(table.release) else ""
    for task in table.tasks():
        yield f"  - {_flow(task, True)}\n"


def _flow(value: Any, yaml: bool) -> str:
    """A value on one line."""
    if isinstance(value, str):
        return _text(value, yaml)
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_text(str(key), yaml)}: {_flow(child, yaml)}" for key, child in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_flow(child, yaml) for child in value) + "]"
    if isinstance(value, bool):
        return "true" if value else "false"
    return format(value, "f") if isinstance(value, Decimal) else str(value)


def _text(text: str, yaml: bool) -> str:
    """A text, plain in YAML where nobody can misread it; device counts as keys are such."""
    return text if yaml and (_PLAIN.fullmatch(text) or text.isdigit()) else json.dumps(text)
