"""The folder in which kernels are kept where numba has none."""

from __future__ import annotations

import tempfile
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
