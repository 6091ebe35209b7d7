"""The command line called within this process: exit code, standard output, standard error."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from typing import Any

import pytest

from leptonopt import __main__ as program


class _Standard(io.TextIOWrapper):
    """Standard output that keeps what was written."""

    def __init__(self) -> None:
        super().__init__(io.BytesIO(), encoding="utf-8", errors="backslashreplace", write_through=True)

    def text(self) -> str:
        """What was written."""
        self.flush()
        assert isinstance(self.buffer, io.BytesIO)
        return self.buffer.getvalue().decode()


def called(*words: object) -> tuple[int, str, str]:
    """What a command ends with and says."""
    out, err, before = _Standard(), _Standard(), sys.argv
    sys.argv = ["leptonopt", *map(str, words)]
    try:
        with redirect_stdout(out), redirect_stderr(err):
            code = program._run()
    finally:
        sys.argv = before
    assert isinstance(code, int | None), code
    return code or 0, out.text(), err.text()


def said(*words: object, code: int, lines: int = 1) -> str:
    """The complaint of a command that must end with this code, say so much, and nothing on standard output."""
    found, out, err = called(*words)
    assert found == code, (found, out, err)
    assert out == "", out
    assert 1 <= len(err.splitlines()) <= lines, err
    assert all(line.startswith("error: ") for line in err.splitlines()), err
    assert "unexpected" not in err, err
    return err


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Callable[..., tuple[Any, str, str]]:
    """Runs the command line in this process: (exit code, standard output, standard error)."""

    def call(*words: object) -> tuple[Any, str, str]:
        monkeypatch.setattr(sys, "argv", ["leptonopt", *map(str, words)])
        code = program._run()
        sys.stdout.flush()
        return code, *capfd.readouterr()

    return call
