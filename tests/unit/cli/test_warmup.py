"""`warmup`: compiles all kernels."""

from __future__ import annotations

import pytest

from leptonopt.cli import jit_warmup
from tests.helpers.run_cli import called


def test_all_kernels_are_compiled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Once, without output."""
    done: list[object] = []
    monkeypatch.setattr(jit_warmup, "compile_kernels", lambda: done.append(1))
    assert called("warmup") == (0, "", "")
    assert done == [1]
