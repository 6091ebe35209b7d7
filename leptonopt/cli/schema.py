"""`leptonopt schema`: the JSON Schema of instance and plan files."""

from __future__ import annotations

import json
from importlib import resources

from leptonopt.cli import options
from leptonopt.errors import UsageError
from leptonopt.io import files


def schema(kind: options.SchemaKind = "instance") -> int:
    """Print the JSON Schema of instance files or of plan files."""
    if kind == "instance":
        from leptonopt.instance import instance_schema

        found = instance_schema()
    elif kind == "plan":
        text = resources.files("leptonopt.verify").joinpath("plan.schema.json").read_text(encoding="utf-8")
        found = json.loads(text)
    else:
        raise UsageError(f"there is no schema {kind!r}; allowed are instance and plan")
    files.write_atomic("-", json.dumps(found, indent=2, ensure_ascii=False) + "\n")
    return 0
