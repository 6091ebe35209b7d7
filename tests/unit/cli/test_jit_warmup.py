"""The program that compiles kernels: which parts, their markers, the instances it uses."""

from __future__ import annotations

import sys

import pytest

from leptonopt.cli import jit_warmup
from leptonopt.runtime import jit


@pytest.fixture
def compiled(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Have nothing compiled; return what would be."""
    done: list[str] = []
    monkeypatch.setattr(jit, "compiled", lambda part: f"marker of {part}" in done)
    monkeypatch.setattr(jit_warmup.assignment, "run_all_kernels", lambda: done.append("assignment"))
    monkeypatch.setattr(jit_warmup.large_scale, "run_all_kernels", lambda problem: done.append("large_scale"))
    monkeypatch.setattr(jit, "write_marker", lambda part: done.append(f"marker of {part}"))
    return done


def test_all_parts_by_default(compiled: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Each is marked once its kernels are compiled, for both notations."""
    monkeypatch.setattr(sys, "argv", ["program"])
    jit_warmup.main()
    parts = ["large_scale", "large_scale", "marker of large_scale", "assignment", "marker of assignment"]
    assert compiled == [*parts, "marker of jobs"]


def test_only_the_parts_that_are_named(compiled: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """On the command line."""
    monkeypatch.setattr(sys, "argv", ["program", jit.ASSIGNMENT])
    jit_warmup.main()
    assert compiled == ["assignment", "marker of assignment"]


def test_what_is_compiled_is_not_compiled_again(compiled: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Another process may have been at it; the marker tells."""
    monkeypatch.setattr(sys, "argv", ["program", jit.ASSIGNMENT, jit.ASSIGNMENT])
    jit_warmup.main()
    assert compiled == ["assignment", "marker of assignment"]


def test_both_notations_are_one_instance() -> None:
    """The same numbers; only their types may differ."""
    columns, tree = jit_warmup.problems()
    assert columns.slots == tree.slots
    assert sorted(columns.copies.tolist()) == sorted(tree.copies.tolist())
    assert columns.options == tree.options > 0
