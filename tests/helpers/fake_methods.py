"""Fixtures that put the bad methods of `fakes/` in place of real ones; `tests/conftest.py` offers them to all tests."""

from __future__ import annotations

import sys
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from leptonopt import solvers
from leptonopt.runtime import child_process as children
from leptonopt.solvers import registry as methods
from tests.helpers import traces


@pytest.fixture
def room(tmp_path: Path) -> Path:
    """Make a folder for temporary files whose name is not a plain word."""
    made = tmp_path / "räume & more"
    made.mkdir()
    return made


@pytest.fixture
def fakes(room: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., str]]:
    """Put fakes into the table, here and in children; nothing of what they start may be left at the end."""
    mark = uuid.uuid4().hex

    def put(**instead: str) -> str:
        pairs = ",".join(f"{name}={fake}" for name, fake in instead.items())
        for name, value in traces.environment(room, mark, pairs).items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(methods, "TABLE", dict(methods.TABLE))
        monkeypatch.setattr(solvers, "__path__", list(solvers.__path__))
        monkeypatch.setattr(children, "PATHS", children.PATHS)
        monkeypatch.syspath_prepend(str(traces.HELPERS / "fakes"))
        sys.modules.pop("sitecustomize", None)
        __import__("sitecustomize")
        return mark

    yield put
    assert not traces.left(mark, room)
