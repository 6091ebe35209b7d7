"""`validate`: a summary, or every fault with its line."""

from __future__ import annotations

import json
from pathlib import Path

from tests.helpers.columnar_files import saved, tiny
from tests.helpers.run_cli import called
from tests.helpers.tiny_instances import document, task


def test_valid_and_wrong_files(tmp_path: Path) -> None:
    """Each file on its own; the code is 3 where one is wrong."""
    good, bad = tmp_path / "good.json", tmp_path / "bad.json"
    good.write_text(json.dumps(document()))
    bad.write_text(json.dumps(document(task(copies=0), task("u", pool="b")), indent=1))
    code, out, _ = called("validate", good)
    assert (code, out) == (0, f"{good}: valid; 1 task, 1 group, 1 option, 1 pool, 4 slots, 4 columns\n")
    code, out, err = called("validate", bad, good, tmp_path / "none.json")
    assert code == 3
    assert str(good) in out
    lines = err.splitlines()
    assert len(lines) == 3
    assert all(line.startswith("error: ") for line in lines)
    assert "bad.json:" in lines[0]
    assert "there is no such file" in lines[2]


def test_columns_in_one_line(tmp_path: Path) -> None:
    """Their sizes."""
    code, out, _ = called("validate", saved(tmp_path, tiny(3)))
    assert code == 0
    assert out.endswith("in columns\n")
