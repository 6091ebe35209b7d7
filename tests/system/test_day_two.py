"""The tutorial of day two, word for word: its files, its commands and what they print."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.helpers.run_cli import called

PAGE = Path(__file__).resolve().parents[2] / "docs" / "tutorials" / "day-two.md"


def _blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)


def test_tutorial(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each command prints what the page shows of it, and what runs is not moved."""
    monkeypatch.chdir(tmp_path)
    platform, more, state = _blocks("yaml")
    commands = re.findall(r"^    leptonopt (.*)$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    Path("platform.yaml").write_text(platform)
    Path("state.yaml").write_text(state)
    for number, (command, shown) in enumerate(zip(commands, _blocks("text"), strict=True)):
        code, out, _ = called(*command.split())
        assert code == 0
        assert shown in out, command
        if not number:
            Path("platform.yaml").write_text(platform + more)
