"""`leptonopt serve`: settings from options, and calls that are refused before anything listens."""

from __future__ import annotations

from pathlib import Path

import pytest

from leptonopt.cli.serve import ServeOptions, _settings
from tests.helpers.run_cli import said


def test_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """The threads are shared between the jobs; a token of the environment counts."""
    monkeypatch.setenv("LEPTONOPT_TOKEN", "0123456789abcdef")
    found = _settings(ServeOptions(jobs=64, memory="1GB", max_time=5))
    assert (found.jobs, found.threads, found.memory, found.max_seconds) == (64, 1, "1GB", 5)
    assert found.token == "0123456789abcdef"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--host", "0.0.0.0"), "need a token"),
        (("--memory", "much"), "a memory of much"),
        (("--store", "/nowhere/jobs"), "there is no folder"),
        (("--port", "70000"), "--port"),
        (("--token-file", "none"), "cannot be read"),
    ],
)
def test_wrong_calls(words: tuple[str, ...], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One line, exit code 2."""
    monkeypatch.chdir(tmp_path)
    assert message in said("serve", *words, code=2)
