"""The options of `leptonopt export`; what is written is tested beside the writers."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from tests.helpers.run_cli import called, said
from tests.unit.execution.samples import DOCUMENT, PLAN


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    """Write the sample instance and its plan."""
    (tmp_path / "i.yaml").write_text(yaml.safe_dump(DOCUMENT), encoding="utf-8")
    (tmp_path / "p.json").write_text(json.dumps(PLAN), encoding="utf-8")
    return tmp_path / "i.yaml", tmp_path / "p.json"


@pytest.mark.parametrize(
    ("words", "begins"),
    [(("-o", "{}/a.sh"), "#!/bin/sh"), (("-o", "{}/a.csv"), "task,copy"), (("-o", "{}/a.ics"), "BEGIN:VCALENDAR")],
)
def test_endings_name_the_kind(files: tuple[Path, Path], tmp_path: Path, words: tuple[str, ...], begins: str) -> None:
    """Endings of scripts, tables and calendars need no `--to`."""
    out = Path(words[1].format(tmp_path))
    assert called("export", *files, "-o", out)[0] == 0
    assert out.read_text(encoding="utf-8").startswith(begins)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((), "-o FILE"),
        (("-o", "a.foo"), "its ending tells no kind"),
        (("--to", "lsf", "-o", "-"), "there is no 'lsf' to write"),
        (("--to", "kubernetes", "-o", "-"), "'big' has no `run`"),
    ],
)
def test_wrong_calls(files: tuple[Path, Path], words: tuple[str, ...], message: str) -> None:
    """One line, exit code 2."""
    assert message in said("export", *files, *words, code=2)
