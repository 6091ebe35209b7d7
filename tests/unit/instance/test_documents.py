"""The types of documents have the keys of the JSON schema, and the documented construction passes a type checker."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_type_hints

import pytest

from leptonopt.instance import documents
from leptonopt.instance.schema import instance_schema
from tests.helpers.typed_keys import required

ROOT = Path(__file__).resolve().parents[3]
SCHEMA = instance_schema()
APART = {"Series", "Amounts"}  # numbers, not nouns


def keys(noun: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the part of a schema that lists the keys of a noun."""
    if "properties" in noun:
        return noun
    return next(part for part in noun["anyOf"] if "properties" in part)


@pytest.mark.parametrize("name", ["Instance", *sorted(set(SCHEMA["$defs"]) - APART)])
def test_the_keys_are_those_of_the_schema(name: str) -> None:
    """A key that is added to the format is added to `leptonopt/instance/documents.py` as well."""
    noun = keys(SCHEMA if name == "Instance" else SCHEMA["$defs"][name])
    typed = getattr(documents, f"{name}Document")
    assert set(get_type_hints(typed)) == set(noun["properties"]), "add the keys to leptonopt/instance/documents.py"
    assert required(typed) == set(noun.get("required", ()))


WRONG = {
    'Instance(time={"start": "2026-01-05T00:00Z", "horizon": "1d"}, pools=[], tsks=[])': "tsks",
    'Instance(time={"start": "2026-01-05T00:00Z"}, pools=[])': "horizon",
    'Instance(time={"start": "2026-01-05T00:00Z", "horizon": "1d"}, pools=[{"id": "a", "prize": {}}])': "prize",
    'solve("week.yaml", time_limt=5)': "time_limt",
    'solve("week.yaml").require_plan().tasks[0]["start_at"]': "start_at",
    'WhatIf(loses=["own.gpu=2"])': "loses",
}


def test_documented_construction_is_typed(tmp_path: Path) -> None:
    """The blocks of the guide pass `mypy --strict`, nouns as well as documents; what is wrong is found."""
    api = pytest.importorskip("mypy.api")
    page = (ROOT / "docs" / "how-to" / "python.md").read_text(encoding="utf-8")
    guide = "\n".join(re.findall(r"```python\n(.*?)```", page, re.DOTALL))
    nouns = """
from leptonopt.instance import Instance, Option, Pool, Task, Time

Instance(
    time=Time(start="2026-11-23T00:00Z", slot="1h", horizon="2d"),
    pools=(Pool(id="a", capacity={"gpu": 8}, price={"gpu": 1.0}),),
    tasks=(Task(id="t", options=(Option(pool="a", uses={"gpu": 1}, duration="2h"),)),),
)
"""
    (tmp_path / "guide.py").write_text(guide, encoding="utf-8")
    (tmp_path / "nouns.py").write_text(nouns, encoding="utf-8")
    wrong = "from leptonopt import Instance, WhatIf, solve\n\n" + "\n".join(WRONG) + "\n"
    (tmp_path / "wrong.py").write_text(wrong, encoding="utf-8")
    files = [str(tmp_path / name) for name in ("guide.py", "nouns.py", "wrong.py")]
    options = [
        "--strict",
        "--no-error-summary",
        "--config-file",
        str(ROOT / "pyproject.toml"),
        "--follow-imports=silent",
    ]
    cache = ["--cache-dir", str(ROOT / ".mypy_cache"), "--python-executable", sys.executable]
    out, err, _ = api.run([*options, *cache, *files])
    assert err == ""
    lines = [line for line in out.splitlines() if ": error: " in line]
    found = {int(re.sub(r".*wrong.py:(\d+):.*", r"\1", line)) for line in lines if "wrong.py" in line}
    assert found == set(range(3, 3 + len(WRONG))), out
    assert [line for line in lines if "wrong.py" not in line] == [], out
