"""Texts of files: size, encoding, and the notation by its name."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from leptonopt.errors import InputError, InstanceError
from leptonopt.io.native import text as native
from leptonopt.io.native.text import parse, read_text


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"\xff\xfea\x00", "is UTF-16 text; save it as UTF-8"),
        (b"a\nb\xe4", r":2: is not UTF-8 text \(byte 0xe4\)"),
        (b"a\n\x00", ":2: has a NUL character in it"),
        (b"12345678901", "0 MiB; at most 0 MiB are read"),
    ],
)
def test_files_that_are_refused(tmp_path: Path, data: bytes, said: str) -> None:
    """One line, with the line in the file where there is one."""
    file = tmp_path / "file"
    file.write_bytes(data)
    with pytest.raises(InputError, match=said):
        read_text(file, 10)


def test_places_that_are_no_files(tmp_path: Path) -> None:
    """Folders, pipes, and files that do not exist."""
    os.mkfifo(tmp_path / "pipe")
    for place, said in (
        (tmp_path, "is a folder"),
        (tmp_path / "pipe", "is a pipe or a device"),
        (tmp_path / "no", "no such file"),
    ):
        with pytest.raises(InputError, match=said):
            read_text(place)


def test_a_byte_order_mark_is_no_text(tmp_path: Path) -> None:
    """UTF-8 with and without it."""
    (tmp_path / "file").write_bytes(b"\xef\xbb\xbfa\r\n")
    assert read_text(tmp_path / "file") == "a\r\n"


@pytest.mark.parametrize(("kind", "text"), [("yaml", "a: [1, 2]"), ("json", '{"a": [1, 2]}'), ("toml", "a = [1, 2]")])
def test_the_three_notations(kind: str, text: str) -> None:
    """The same tree, and lines of its places."""
    tree, lines = parse(text, kind, "f")
    assert tree == {"a": [1, 2]}
    assert lines([("a",)]) == {("a",): 1}


def test_a_small_file_may_hold_as_much_as_the_largest(monkeypatch: pytest.MonkeyPatch) -> None:
    """The number of values is limited by the size that is allowed."""
    monkeypatch.setattr(native, "MAX_BYTES", 160)
    parse("[1, 2, 3, 4, 5]", "json", "f")
    with pytest.raises(InstanceError, match="holds more than 10 values"):
        parse(str(list(range(12))), "json", "f")
