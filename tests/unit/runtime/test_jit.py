"""The folder in which kernels are kept where numba has none."""

from __future__ import annotations

import tempfile
import threading
from pathlib import Path

import pytest

from leptonopt.runtime import jit


def test_the_private_folder_is_the_users_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is made for this user, found again, and refused when others can write to it or when it is a link."""
    monkeypatch.setattr(tempfile, "gettempdir", lambda: str(tmp_path))
    folder = Path(jit._private_folder())
    assert folder.parent == tmp_path
    assert folder.stat().st_mode & 0o077 == 0
    assert jit._private_folder() == str(folder)
    folder.chmod(0o777)
    with pytest.raises(PermissionError, match="others can write"):
        jit._private_folder()
    folder.rmdir()
    (tmp_path / "elsewhere").mkdir()
    folder.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(PermissionError, match="another user"):
        jit._private_folder()


def test_markers_are_of_one_state() -> None:
    """Each part has a marker of its own."""
    markers = [jit.cache_marker(part) for part in jit.PARTS]
    assert None not in markers
    assert len(set(markers)) == len(markers)


def test_one_process_at_a_time_compiles_a_part(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another waits until the first is done; other parts are free."""
    monkeypatch.setattr(jit, "cache_marker", lambda part: tmp_path / "cache" / f"{part}.compiled")
    done: list[str] = []

    def compile_too() -> None:
        with jit.compiling_alone(jit.JOBS):
            done.append("second")

    second = threading.Thread(target=compile_too)
    with jit.compiling_alone(jit.JOBS):
        second.start()
        with jit.compiling_alone(jit.ASSIGNMENT):
            done.append("other part")
        second.join(0.05)
        done.append("first")
    second.join()
    assert done == ["other part", "first", "second"]


def test_without_a_folder_for_kernels_nobody_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is shared then."""
    monkeypatch.setattr(jit, "cache_marker", lambda part: None)
    with jit.compiling_alone(jit.JOBS), jit.compiling_alone(jit.JOBS):
        pass
