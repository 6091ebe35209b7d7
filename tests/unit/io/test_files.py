"""Files written whole or not at all, and texts that cannot harm a terminal."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest

from leptonopt.errors import UsageError
from leptonopt.io import files
from leptonopt.io.files import (
    different,
    dumped,
    is_columns,
    json_text,
    most,
    printable,
    printable_lines,
    too_large,
    writable,
    write_atomic,
)


@pytest.mark.parametrize("linked", [True, False])
def test_a_file_is_written_whole(tmp_path: Path, linked: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """With nameless files and without: new, then in place of the old one, which keeps its permissions."""
    if not linked:
        monkeypatch.setattr(files, "_linked", lambda target, data: False)
    file = tmp_path / "file"
    write_atomic(file, "é")
    assert file.read_bytes() == "é".encode()
    assert stat.S_IMODE(file.stat().st_mode) == 0o666 & ~_umask()
    file.chmod(0o600)
    write_atomic(file, b"\x00")
    assert file.read_bytes() == b"\x00"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [each.name for each in tmp_path.iterdir()] == ["file"]


def _umask() -> int:
    umask = os.umask(0o022)
    os.umask(umask)
    return umask


def test_links_are_followed(tmp_path: Path) -> None:
    """The file behind the link is written."""
    (tmp_path / "link").symlink_to(tmp_path / "file")
    write_atomic(tmp_path / "link", "a")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "file").read_text() == "a"


def test_a_place_that_cannot_be_written_to(tmp_path: Path) -> None:
    """One error, and nothing left behind."""
    for place in (tmp_path, tmp_path / "no" / "file"):
        with pytest.raises(UsageError, match="cannot be written"):
            write_atomic(place, "a")
    assert list(tmp_path.iterdir()) == []


def test_standard_output(capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    """A dash; lone surrogates become escapes."""
    write_atomic("-", "a\udc80")
    assert capsysbinary.readouterr().out == b"a\\udc80"


def test_places_are_checked_before_work(tmp_path: Path) -> None:
    """Folders, and folders that do not exist; a dash and nothing at all are fine."""
    for good in (None, "-", tmp_path / "new"):
        writable(good)
    for bad, said in ((tmp_path, "is a folder"), (tmp_path / "no" / "file", "there is no folder")):
        with pytest.raises(UsageError, match=said):
            writable(bad)


def test_no_file_is_written_over_another(tmp_path: Path) -> None:
    """The same file by another name too; standard output is no file."""
    one, link = tmp_path / "one", tmp_path / "link"
    one.write_text("")
    link.symlink_to(one)
    different(one, tmp_path / "two", None)
    different(Path("-"), Path("-"))
    different(None, one)
    for other in (one, link):
        with pytest.raises(UsageError, match="is written over"):
            different(one, other)
    with pytest.raises(UsageError, match="is written over"):
        different(tmp_path / "new", tmp_path / "." / "new")


@pytest.mark.parametrize(
    ("stated", "size"),
    [("", 100), ("50", 100), ("200", 200), ("2k", 2000), ("2KiB", 2048), ("3 GB", 3 * 10**9), ("1MiB", 2**20)],
)
def test_sizes_from_the_environment(stated: str, size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only greater ones than the given one count."""
    monkeypatch.setenv(files.ALLOWED, stated)
    assert most(100) == size


@pytest.mark.parametrize("stated", ["x", "-1", "1.5G", "1TB", "9" * 10])
def test_what_is_no_size(stated: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error gives an example."""
    monkeypatch.setenv(files.ALLOWED, stated)
    with pytest.raises(UsageError, match="allowed is a size such as 64MiB or 2GB"):
        most(100)


def test_a_large_file_is_described() -> None:
    """Its size, the limit, and the way to allow more."""
    error = too_large("f", 3 * 2**30, 2**20)
    assert str(error) == "f: 3,072 MiB; at most 1 MiB are read; set LEPTONOPT_MAX_SIZE to allow more"


def test_columns_by_their_name(tmp_path: Path) -> None:
    """An `.npz`, or a folder with a head."""
    assert is_columns(tmp_path / "A.NPZ")
    assert not is_columns(tmp_path)
    (tmp_path / "head.json").write_text("{}")
    assert is_columns(tmp_path)
    assert not is_columns(Path("x" * 5000))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain é", "plain é"),
        ("a\x1b[31mb", "a\\x1b[31mb"),
        ("a\nb\tc", "a\\nb\\tc"),
        ("\u202eabc", "\\u202eabc"),
        ("\udc80", "\\udc80"),
        ("\ufffe", "\\ufffe"),
        ("\U0001ffff", "\\U0001ffff"),
    ],
)
def test_harmful_letters_become_escapes(text: str, shown: str) -> None:
    """Controls, line breaks, direction marks, halves of letters, and what is no letter."""
    assert printable(text) == shown
    assert json.loads(json_text(text)) == text


def test_texts_of_several_lines_keep_their_lines() -> None:
    """Line feeds and tabs stay."""
    assert printable_lines("a\n\tb\x07\r\n") == "a\n\tb\\x07\\r\n"


def test_json_documents() -> None:
    """Indented by one, ended by a line feed; letters as they are."""
    assert dumped({"a": ["é", "\x7f"]}) == '{\n "a": [\n  "é",\n  "\\u007f"\n ]\n}\n'
    with pytest.raises(ValueError, match="not JSON compliant"):
        json_text(float("nan"))


def test_the_first_line_of_an_error() -> None:
    """Say one line at most, and the class of what says nothing."""
    assert files.first_line(ValueError("one\ntwo")) == "one"
    assert files.first_line(ValueError()) == "ValueError"
    assert len(files.first_line(ValueError("x" * 300))) == 200
