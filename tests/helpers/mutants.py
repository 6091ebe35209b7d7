"""Random edits of good files: of bytes, words, lines and, where there is a tree, of its structure. Seeded."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator
from copy import deepcopy
from decimal import Decimal
from typing import Any

import numpy as np

from leptonopt.io.native.writer import dumped
from tests.helpers.bad_columns import CERTIFICATE, CSV, INSTANCE, PLAN, packed
from tests.helpers.bad_files import BESIDE, GOOD, GOOD_TEXTS, NOTATIONS, OF_FORMAT, Bad

WORDS = [
    b"", b" ", b"0", b"-1", b"1", b"1.5", b"1e9", b"1e999", b"1e99999999999999999999", b"0e99999", b"-0", b"nan",
    b".inf",
    b"999999", b"999999999999", b"9" * 70, b"9" * 5000, b"0x" + b"f" * 200, b"007", b"1_000", b"~", b"null", b"true",
    b"yes",
    b"[", b"]", b"{", b"}", b"[]", b"{}", b"[[]]", b"{a: 1}", b"- ", b": ", b", ", b";", b"|", b"[|", b"|]", b"? ",
    b"& ", b"&a", b"*a",
    b"!t ", b"!!int ", b"<<: ", b"%", b"@", b"`", b"#", b"'", b'"', b'"""', b"'''", b"\\", b"\\u0000", b"\\ud800", b"\n", b"\r", b"\r\n",
    b"\t", b"\0", b"\x1b[2J", b"\x7f", b"\xff", b"\xc3", b"\xc3\xa9", b"\xef\xbb\xbf", b"\xe2\x80\xa8", b"\xc2\x85",
    b"\xed\xa0\x80", b"\xd9\xa3",
    b"1h", b"0s", b"9999999d", b"2026-03-29T02:30", b"0001-01-01T00:00Z", b"9999-12-31T23:59:59-12:00",
    b"2026-03-29T02:30+25:00",
    b"24:00", b"Europe/Berlin", b"own", b"gpu", b"power", b"money", b"unlimited", b"steps", b"daily", b"---", b"...", b"***", b"=", b".",
]  # fmt: skip
VALUES: list[Any] = [
    0, -1, 1, 2, 10**6, 10**12, 10**13, 10**59, Decimal("0.5"), Decimal("1E+40"), Decimal("1E-12"), True, False, "", " ", "x", "x" * 300,
    "gpu", "own", "cloud", "train", "power", "money", "licence", "unlimited", "a\nb", "\x1b[2J", "\u2028", "\u202e",
    "é中🚀", "~", "null", "1", "0s",
    "1h", "36600d", "-1h", "2026-03-28T00:00Z", "9999-12-31T23:59Z", "1000-01-01T00:00+14:00", "2026-03-29T02:30",
    "02:30", "UTC",
    "America/Lima", [], {}, [[]], [{}], [1], ["own"], {"gpu": 1}, {"steps": {}}, {"daily": {"02:30": 1}},
    {"unlimited": True},
    {"constant": 1}, {"steps": {"2026-03-28T00:00Z": 1}}, {"from": 1}, {"1": 1}, {"": 1}, {"a\nb": 1},
]  # fmt: skip


def mutant(seed: int) -> Bad:
    """A good file after one to four random edits, which is bad more often than not."""
    dice = random.Random(seed)
    which = dice.randrange(len(NOTATIONS) * 4 + sum(map(len, GOOD_TEXTS.values())))
    if which < len(NOTATIONS) * 4:
        kind = NOTATIONS[which % len(NOTATIONS)]
        document = deepcopy(GOOD)
        if dice.random() < 0.5:
            for _ in range(dice.randint(1, 3)):
                _edit(document, dice)
        content = _stirred(dumped(document, kind).encode(), dice, 0 if document != GOOD else 1)
        return Bad(f"mutant.{kind}", content, "")
    format, file, text, params = dice.choice(
        [(format, *each) for format, several in GOOD_TEXTS.items() for each in several]
    )
    beside = {}
    if format in OF_FORMAT and dice.random() < 0.4:
        name = dice.choice(OF_FORMAT[format])
        beside[name] = _stirred(BESIDE[name].encode(), dice, 1).decode("utf-8", "ignore")
    return Bad(file, _stirred(text.encode(), dice, 0 if beside else 1), "", format, None, params, beside)


def _stirred(data: bytes, dice: random.Random, least: int) -> bytes:
    """After some edits of the text, at least so many."""
    for _ in range(least + dice.choice((0, 0, 1, 3)) if least else dice.choice((0, 0, 0, 1))):
        data = dice.choice(_TEXT)(data, dice)[:200_000]
    return data


def _place(data: bytes, dice: random.Random) -> tuple[int, int]:
    """A short span."""
    start = dice.randint(0, len(data))
    return start, min(len(data), start + dice.choice((0, 1, 1, 2, 5, 40)))


def _byte(data: bytes, dice: random.Random) -> bytes:
    if not data:
        return bytes([dice.randrange(256)])
    at = dice.randrange(len(data))
    return data[:at] + bytes([data[at] ^ 1 << dice.randrange(8)]) + data[at + 1 :]


def _span(data: bytes, dice: random.Random) -> bytes:
    start, end = _place(data, dice)
    return data[:start] + dice.choice(WORDS) + data[end:]


def _word(data: bytes, dice: random.Random) -> bytes:
    words = list(re.finditer(rb"[^\s,\[\]{}:=]+", data))
    if not words:
        return _span(data, dice)
    word = dice.choice(words)
    new = dice.choice(WORDS) if dice.random() < 0.7 else dice.choice(words)[0]
    return data[: word.start()] + new + data[word.end() :]


def _cut(data: bytes, dice: random.Random) -> bytes:
    return data[: dice.randint(0, len(data))]


def _again(data: bytes, dice: random.Random) -> bytes:
    start, end = sorted(dice.randint(0, len(data)) for _ in range(2))
    return data[:end] + data[start:end] * dice.choice((1, 1, 2, 100)) + data[end:]


def _deep(data: bytes, dice: random.Random) -> bytes:
    at = dice.randint(0, len(data))
    return (
        data[:at]
        + dice.choice((b"[", b"{", b"- ", b"? ", b"{a: ", b'{"a":', b"a.", b"\n ")) * dice.choice((9, 60, 3000))
        + data[at:]
    )


def _lines(data: bytes, dice: random.Random) -> bytes:
    lines = data.split(b"\n")
    one, two = dice.randrange(len(lines)), dice.randrange(len(lines))
    what = dice.randrange(4)
    if what == 0:
        lines[one], lines[two] = lines[two], lines[one]
    elif what == 1:
        del lines[one]
    elif what == 2:
        lines.insert(two, lines[one])
    else:
        lines[one] = dice.choice((b" ", b"  ", b"\t", b"#")) + lines[one]
    return b"\n".join(lines)


_TEXT: list[Callable[[bytes, random.Random], bytes]] = [_byte, _span, _word, _word, _word, _cut, _again, _deep, _lines]


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every mapping or list of a tree with each of its keys or indexes."""
    for key, child in list(value.items() if isinstance(value, dict) else enumerate(value)):
        yield value, key
        if isinstance(child, dict | list):
            yield from _places(child)


def _edit(document: dict[str, Any], dice: random.Random) -> None:
    """One change of the structure: a value replaced, cut, moved, doubled, or a key renamed."""
    places = list(_places(document))
    if not places:
        return
    holder, key = dice.choice(places)
    what = dice.randrange(6)
    if what == 0:
        del holder[key]
    elif what == 1:
        other, at = dice.choice(places)
        holder[key] = deepcopy(other[at]) if at in (other if isinstance(other, dict) else range(len(other))) else 1
    elif what == 2 and isinstance(holder, dict):
        holder[dice.choice([value for value in VALUES if isinstance(value, str)])] = holder.pop(key)
    elif what == 3 and isinstance(holder, list):
        holder.append(deepcopy(holder[key]))
    else:
        holder[key] = deepcopy(dice.choice(VALUES))


# --- columns, plans and certificates -------------------------------------------------------------------------------

NUMBERS = [0, 1, -1, 2, 23, 24, 25, 127, -128, 2**15, 2**31 - 1, -(2**31), 10**13, 2**62, 2**63 - 1, -(2**63)]
KINDS = ["i1", "u1", "i2", "i4", ">i4", "u8", "i8", "f8", "?", "c16", "S4", "M8[s]"]


def packed_mutant(seed: int) -> dict[str, bytes]:
    """Files in columns of which one is a mutant: an instance, a plan and a certificate, packed; or a folder of tables.

    By their names beneath a folder.
    """
    dice = random.Random(seed)
    good = {"good.npz": INSTANCE, "plan.npz": PLAN, "proof.npz": CERTIFICATE}
    files = {name: packed(arrays) for name, arrays in good.items()}
    which = dice.choice(("good.npz", "good.npz", "plan.npz", "proof.npz", "folder"))
    if which == "folder":
        files |= {f"folder/{name}": content for name, content in CSV.items()}
        name = dice.choice(sorted(CSV))
        files[f"folder/{name}"] = _stirred(CSV[name], dice, 1)
    elif dice.random() < 0.4:
        files[which] = _stirred(files[which], dice, 1)
    else:
        arrays = dict(good[which])
        for _ in range(dice.choice((1, 1, 2))):
            _edit_array(arrays, dice)
        files[which] = packed(arrays)
    return files


def _edit_array(arrays: dict[str, Any], dice: random.Random) -> None:
    """Another number, type, length or shape; or a document within it stirred."""
    name = dice.choice(sorted(arrays))
    array = arrays[name]
    what = dice.randrange(7)
    if name in ("head", "summary") and what < 5:
        arrays[name] = np.frombuffer(_stirred(array.tobytes(), dice, 1), np.uint8)
    elif what < 3:
        wide = array.astype(np.int64).reshape(-1)
        if wide.size:
            wide[dice.randrange(wide.size)] = dice.choice(NUMBERS)
        arrays[name] = wide.reshape(array.shape)
    elif what == 3:
        with np.errstate(all="ignore"):
            arrays[name] = array.astype(dice.choice(KINDS))
    elif what == 4:
        arrays[name] = array[: dice.randrange(len(array) + 1)]
    elif what == 5:
        arrays[name] = array[None] if dice.random() < 0.5 else array.reshape(-1, 1)
    elif dice.random() < 0.5:
        del arrays[name]
    else:
        arrays[dice.choice(("task_after", "task_colour", "option_cost", "task"))] = array


def document_mutant(seed: int, document: dict[str, Any]) -> bytes:
    """A plan or a certificate after some edits of its structure and its text."""
    dice = random.Random(seed)
    made = deepcopy(document)
    for _ in range(dice.randint(0, 2)):
        _edit(made, dice)
    return _stirred(dumped(made, "json").encode(), dice, 0 if made != document else 1)
