"""Write files atomically, and escape texts that could harm a terminal."""

from __future__ import annotations

import contextlib
import json
import os
import re
import secrets
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from leptonopt.errors import InputError, UsageError

PREFIX = ".leptonopt-"  # of what is not yet in its place
# Controls, line breaks, marks that turn the direction of writing, halves of letters, and what is no letter at all.
_HARMFUL = re.compile(
    "[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufdd0-\ufdef"
    + "".join(chr(plane * 0x10000 + end) for plane in range(17) for end in (0xFFFE, 0xFFFF))
    + "]"
)
STDOUT = ("-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1")  # names of standard output
ALLOWED = "LEPTONOPT_MAX_SIZE"  # in the environment: the size up to which files are read


def write_atomic(path: str | os.PathLike[str], content: str | bytes) -> None:
    """Write a file, whole or not at all; `-` is standard output.

    Texts are UTF-8 whatever the locale. Devices and pipes are written to directly, links are followed.

    Raises
    ------
    UsageError
        When the place cannot be written to; nothing is left behind then.
    """
    # A lone surrogate (from a file name that is not UTF-8) becomes \\udc80, which JSON reads back.
    data = content.encode("utf-8", "backslashreplace") if isinstance(content, str) else content
    if str(path) in STDOUT:
        sys.stdout.flush()
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
        return
    target = Path(os.path.realpath(path))
    try:
        if target.exists() and not target.is_file() and not target.is_dir():
            target.write_bytes(data)
        else:
            _replace(target, data)
    except (OSError, ValueError) as error:
        raise UsageError(f"{path}: cannot be written: {getattr(error, 'strerror', None) or error}") from None


def _replace(target: Path, data: bytes) -> None:
    """Move a complete file to its place atomically."""
    if _linked(target, data):
        return
    handle, temporary = tempfile.mkstemp(prefix=PREFIX, dir=target.parent)
    with _gone_if_not_done(temporary):
        with os.fdopen(handle, "wb") as file:
            _fill(file, data, target)
        os.replace(temporary, target)


def _linked(target: Path, data: bytes) -> bool:
    """Write through a nameless file, so that no kill leaves an incomplete file behind.

    False where there are no such files: elsewhere than on Linux, and on a few file systems.
    """
    if sys.platform != "linux":
        return False
    try:
        handle = os.open(target.parent, os.O_TMPFILE | os.O_WRONLY, 0o600)
    except OSError:
        return False
    with os.fdopen(handle, "wb") as file:
        _fill(file, data, target)
        try:
            _named(handle, target)
        except FileExistsError:
            # Only a file with a name can take another's place: it has one of its own between these two calls.
            temporary = target.with_name(PREFIX + secrets.token_hex(8))
            with _gone_if_not_done(temporary):
                _named(handle, temporary)
                os.replace(temporary, target)
        except OSError:
            return False
    return True


def _named(handle: int, path: Path) -> None:
    """Give a name to an open nameless file; raises `FileExistsError` where it is taken."""
    # Any folder will do for an absolute path; without one, Python calls link(2), which follows no links.
    os.link(f"/proc/self/fd/{handle}", path, src_dir_fd=handle, follow_symlinks=True)


def _fill(file: BinaryIO, data: bytes, target: Path) -> None:
    """Write all data to the disk, with the permissions that the target has or will have."""
    file.write(data)
    file.flush()
    os.fsync(file.fileno())
    os.fchmod(file.fileno(), _mode(target))


@contextlib.contextmanager
def _gone_if_not_done(temporary: str | Path) -> Iterator[None]:
    try:
        yield
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise


def _mode(target: Path) -> int:
    """Return the permissions of the existing file, or those that the umask leaves to a new one."""
    with contextlib.suppress(OSError):
        return target.stat().st_mode & 0o777
    umask = os.umask(0o022)
    os.umask(umask)
    return 0o666 & ~umask


def dumped(document: dict[str, Any]) -> str:
    """Return a document as JSON text."""
    return json_text(document, indent=1) + "\n"


def writable(path: str | os.PathLike[str] | None) -> None:
    """Refuse a place that cannot be written to, before the work is done.

    Raises `UsageError`.
    """
    if path is None or str(path) == "-":
        return
    target = Path(path)
    if target.is_dir():
        raise UsageError(f"{path}: is a folder; give a file's name")
    if not target.parent.is_dir():
        raise UsageError(f"{path}: there is no folder {str(target.parent)!r}")
    if not os.access(target if target.exists() else target.parent, os.W_OK):
        raise UsageError(f"{path}: cannot be written: permission denied")


def different(path: Path | None, *others: Path | None) -> None:
    """Refuse to overwrite an input, or to write to one place twice.

    Raises `UsageError`.
    """
    for other in others if path is not None and str(path) != "-" else ():
        if other is not None and str(other) != "-" and _same(path, other):  # type: ignore[arg-type]
            raise UsageError(f"{path}: is written over {other}; give another name")


def _same(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except (OSError, ValueError):
        return os.path.abspath(one) == os.path.abspath(other)


def most(default: int) -> int:
    """Return the size limit of a file [bytes]: the given one, or `LEPTONOPT_MAX_SIZE` if greater.

    Raises `UsageError` when it is no size.
    """
    stated = os.environ.get(ALLOWED, "").strip()
    if not stated:
        return default
    found = re.fullmatch(r"([0-9]{1,9})\s*([kmg]?)(i?)b?", stated.lower())
    if not found:
        raise UsageError(f"{ALLOWED}={printable(stated)[:40]}; allowed is a size such as 64MiB or 2GB")
    power = ("", "k", "m", "g").index(found[2])
    return max(default, int(found[1]) * int((1024 if found[3] else 1000) ** power))


def too_large(path: str | os.PathLike[str], size: int, limit: int) -> InputError:
    """Return the error for a file above the size limit."""
    shown = f"{size / 2**20:,.0f} MiB; at most {limit / 2**20:,.0f} MiB are read"
    return InputError(f"{printable(path)}: {shown}; set {ALLOWED} to allow more")


def is_columns(path: Path) -> bool:
    """Return True for the name of a columnar instance: an `.npz`, or a folder with a `head.json`."""
    with contextlib.suppress(OSError, ValueError):  # a name too long, say
        return path.suffix.lower() == ".npz" or (path / "head.json").is_file()
    return False


def printable(text: object) -> str:
    """Return a text with escapes for all that moves the cursor, colours or turns a terminal line.

    >>> printable("a\\x1b[31mb")
    'a\\\\x1b[31mb'
    """
    return _HARMFUL.sub(lambda found: _escaped(found[0]), str(text))


def first_line(error: BaseException) -> str:
    """Return the first line of an error, 200 characters of it at most; its class where it says nothing."""
    return (str(error).splitlines() or [type(error).__name__])[0][:200]


def printable_lines(text: str) -> str:
    """Return a text of several lines for a terminal; line feeds and tabs stay."""
    return re.sub(r"[^\n\t]+", lambda found: printable(found[0]), text)


def json_text(value: Any, indent: int | None = None) -> str:
    """Return a value as JSON with the escapes of `printable` as JSON escapes."""
    text = json.dumps(value, indent=indent, ensure_ascii=False, allow_nan=False)
    # JSON itself has escaped all controls but DEL and those above it; the line feeds left are between values.
    return _HARMFUL.sub(lambda found: found[0] if found[0] in "\n" or found[0] > "\uffff" else _code(found[0]), text)


def _escaped(letter: str) -> str:
    return letter.encode("ascii", "backslashreplace").decode() if ord(letter) > 127 else repr(letter)[1:-1]


def _code(letter: str) -> str:
    return f"\\u{ord(letter):04x}"
