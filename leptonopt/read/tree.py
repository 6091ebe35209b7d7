"""Text of a file to a plain tree, and the line of every place in it.

The tree holds dicts with text keys, lists, texts, bools, None, ints and Decimals: numbers exactly as
written. What people are surprised by is refused: duplicate keys, anchors and aliases, tags, merge keys,
several documents, numbers that are not finite.
"""

from __future__ import annotations

import json
import re
import stat
from collections.abc import Callable, Iterator
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from leptonopt.errors import Finding, InputError, InstanceError
from leptonopt.errors import Path as Place
from leptonopt.files import printable

MAX_BYTES = 64 * 2**20
MAX_DEPTH = 50
EMPTY = "the file is empty; an instance has time, pools and tasks"
_INT = re.compile(r"[-+]?[0-9]+", re.ASCII)
_DECIMAL = re.compile(r"[-+]?([0-9]+\.[0-9]*|\.[0-9]+|[0-9]+)([eE][-+]?[0-9]+)?", re.ASCII)
_NOT_FINITE = re.compile(r"[-+]?\.?(inf|infinity|nan)", re.IGNORECASE)
_WORDS = {"true": True, "True": True, "false": False, "False": False, "null": None, "Null": None, "~": None, "": None}

Lines = Callable[[Place], int | None]


def text_of(path: Path, limit: int = MAX_BYTES) -> str:
    """The text of a file.

    Raises `InputError` in one line when it cannot be read, is too large, or is not UTF-8 text.
    """
    shown = printable(path)
    try:
        found = path.stat()
        if stat.S_ISDIR(found.st_mode):
            raise InputError(f"{shown}: is a folder; give a file's name")
        if not stat.S_ISREG(found.st_mode):
            raise InputError(f"{shown}: is a pipe or a device; only ordinary files are read")
        if found.st_size > limit:
            raise InputError(f"{shown}: {found.st_size / 2**20:,.0f} MiB; at most {limit / 2**20:,.0f} MiB are read")
        data = path.read_bytes()
    except FileNotFoundError:
        raise InputError(f"{shown}: there is no such file") from None
    except (OSError, ValueError) as error:
        raise InputError(f"{shown}: cannot be read: {getattr(error, 'strerror', None) or error}") from None
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise InputError(f"{shown}: is UTF-16 text; save it as UTF-8")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise InputError(
            f"{shown}:{line}: is not UTF-8 text (byte 0x{data[error.start]:02x}); save it as UTF-8"
        ) from None
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise InputError(f"{shown}:{line}: has a NUL character in it; only text files are read")
    return text


def tree(text: str, kind: str, file: str) -> tuple[Any, Lines]:
    """The tree of a text of kind `yaml`, `json` or `toml`, and the line of each place in it.

    Raises `InstanceError` with the line where the text itself is wrong.
    """
    try:
        return {"yaml": _yaml, "json": _json, "toml": _toml}[kind](text, file)
    except RecursionError:
        raise _too_deep(None, file) from None


def _too_deep(line: int | None, file: str) -> InstanceError:
    return _wrong(f"is nested too deeply; at most {MAX_DEPTH} levels", line, file)


def _wrong(message: str, line: int | None, file: str, path: Place = ()) -> InstanceError:
    return InstanceError([Finding(message, path, line, file)])


def _number(text: str) -> int | Decimal:
    """A number as written; what is absurdly long or large stays out of exact arithmetic."""
    if len(text) > 60:
        raise ValueError(f"{text[:20]}… is a number of {len(text)} characters; at most 60")
    if _INT.fullmatch(text):
        return int(text)
    power = re.search(r"[eE][-+]?0*([0-9]+)$", text)
    if power and (len(power[1]) > 3 or abs(Decimal(text).adjusted()) > 60):
        raise ValueError(f"{text} is out of range; at most 10^60 either way")
    return Decimal(text)


def _quoted(text: str) -> str:
    return repr(text if len(text) <= 60 else text[:57] + "...")


# --- YAML -----------------------------------------------------------------------------------------


def _yaml(text: str, file: str) -> tuple[Any, Lines]:
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    marks: dict[Place, int] = {}
    depth = 0
    try:
        for event in yaml.parse(text, Loader=loader):  # depth is refused before a recursive parser sees it
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            line = getattr(event.start_mark, "line", -1) + 1
            if depth > MAX_DEPTH:
                raise _too_deep(line or None, file)
            if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
                raise _wrong("anchors and aliases (&, *) are not allowed; write the value out", line or None, file)
        nodes = list(yaml.compose_all(text, Loader=loader))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        if "nesting depth" in (error.problem or ""):
            raise _too_deep(mark.line + 1 if mark else None, file) from None
        raise _wrong(f"not YAML: {error.problem or error.context}", mark.line + 1 if mark else None, file) from None
    except yaml.YAMLError as error:
        at = yaml.reader.Reader.NON_PRINTABLE.search(text)
        line = text.count("\n", 0, at.start()) + 1 if at else None
        raise _wrong(f"not YAML: {str(error).splitlines()[0]}", line, file) from None
    if len(nodes) > 1:
        line = getattr(nodes[1].start_mark, "line", -1) + 1
        raise _wrong("several YAML documents in one file; one is allowed", line or None, file)
    if not nodes or nodes[0] is None:
        raise _wrong(EMPTY, None, file)
    found: list[Finding] = []

    def value(node: Any, path: Place) -> Any:
        marks[path] = line = node.start_mark.line + 1
        if node.tag.removeprefix("tag:yaml.org,2002:") not in _KINDS:
            found.append(
                Finding(f"the tag {_quoted(node.tag)} is not allowed; write values without tags", path, line, file)
            )
            return None
        if isinstance(node, yaml.SequenceNode):
            return [value(child, (*path, at)) for at, child in enumerate(node.value)]
        if isinstance(node, yaml.MappingNode):
            return mapping(node, path)
        try:
            return _scalar(node.value, node.style)
        except ValueError as error:
            found.append(Finding(str(error), path, line, file))
            return None

    def mapping(node: Any, path: Place) -> dict[str, Any]:
        made: dict[str, Any] = {}
        for key_node, child in node.value:
            line = key_node.start_mark.line + 1
            if not isinstance(key_node, yaml.ScalarNode) or (key_node.value == "<<" and not key_node.style):
                found.append(Finding("only plain texts are allowed as keys", path, line, file))
                continue
            if key_node.value in made:
                found.append(_twice(key_node.value, path, line, file))
                continue
            made[key_node.value] = value(child, (*path, key_node.value))
            marks[*path, key_node.value] = line
        return made

    made = value(nodes[0], ())
    if found:
        raise InstanceError(found)
    return made, lambda place: _nearest(marks, place)


_KINDS = {"map", "seq", "str", "int", "float", "bool", "null", "timestamp", "value", "merge"}


def _twice(key: str, path: Place, line: int, file: str) -> Finding:
    return Finding(f"the key {_quoted(key)} stands twice; each is allowed once", path, line, file)


def _scalar(text: str, style: str | None) -> Any:
    if style:
        return text
    if text in _WORDS:
        return _WORDS[text]
    if _NOT_FINITE.fullmatch(text):
        raise ValueError(f"{text} is not a finite number; write it in digits")
    return _number(text) if _DECIMAL.fullmatch(text) else text


def _nearest(marks: dict[Place, int], place: Place) -> int | None:
    while place and place not in marks:
        place = place[:-1]
    return marks.get(place)


# --- JSON -----------------------------------------------------------------------------------------


def _json(text: str, file: str) -> tuple[Any, Lines]:
    twice = False
    _shallow(text, _JSON_DEPTH, file)

    def pairs(items: list[tuple[str, Any]]) -> dict[str, Any]:
        nonlocal twice
        made = dict(items)
        twice = twice or len(made) < len(items)
        return made

    def constant(word: str) -> Any:
        raise ValueError(f"{word} is not a finite number; write it in digits")

    try:
        made = json.loads(
            text, object_pairs_hook=pairs, parse_float=_number, parse_int=_number, parse_constant=constant
        )
    except json.JSONDecodeError as error:
        raise _wrong(
            f"not JSON: {error.msg[0].lower()}{error.msg[1:]} (column {error.colno})", error.lineno, file
        ) from None
    except ValueError as error:
        raise _wrong(str(error), _line_of_word(text, str(error)), file) from None
    if twice:
        raise InstanceError(list(_json_twice(text, file)))
    if re.search(r"\\u[dD][89a-fA-F]", text):
        _whole_characters(text, file)
    marks: dict[Place, int] = {}

    def lines(place: Place) -> int | None:
        if not marks:
            marks.update((place, line) for place, line, _ in _json_lines(text))
        return _nearest(marks, place)

    return made, lines


def _line_of_word(text: str, message: str) -> int | None:
    """The line of the word that a complaint begins with."""
    word = message.split(" ")[0].rstrip("…")
    return text.count("\n", 0, text.find(word)) + 1 if word in text else None


def _whole_characters(text: str, file: str) -> None:
    """Refuse a lone surrogate, half of a character, which no file can hold but as an escape."""
    for token in _TOKEN.finditer(text):
        if token[0].startswith('"'):
            try:
                json.loads(token[0]).encode()
            except UnicodeEncodeError:
                line = text.count("\n", 0, token.start()) + 1
                what = _quoted(token[0])
                raise _wrong(
                    f"{what} holds half a character (a lone surrogate); write both halves", line, file
                ) from None


_JSON_DEPTH = re.compile(r'"(?:[^"\\]|\\.)*+"?|[\[\]{}]', re.DOTALL)


def _shallow(text: str, tokens: re.Pattern[str], file: str) -> None:
    """Refuse depth before a recursive parser sees it: brackets within brackets, and steps of a dotted key."""
    depth = dots = 0
    for token in tokens.finditer(text):
        word = token[0]
        if word in "[{":
            depth += 1
        elif word in "]}":
            depth -= 1
        dots = dots + 1 if word == "." else dots if word[0] in "\"'" else 0
        if depth > MAX_DEPTH or dots > MAX_DEPTH:
            raise _too_deep(text.count("\n", 0, token.start()) + 1, file)


def _json_twice(text: str, file: str) -> Iterator[Finding]:
    """The keys that stand twice; what stands below one of them is passed over."""
    seen: set[Place] = set()
    again: set[Place] = set()
    for place, line, is_key in _json_lines(text):
        if not is_key:
            continue
        if place in seen:
            if place[:-1] not in again:
                yield _twice(str(place[-1]), place[:-1], line, file)
            again.add(place)
        seen.add(place)


_TOKEN = re.compile(r'"(?:\\.|[^"\\])*"|[\[\]{},:]|[^\s\[\]{},:"]+')


def _json_lines(text: str) -> Iterator[tuple[Place, int, bool]]:
    """The line of every place of a JSON text that is known to be well formed, and whether it is of a key."""
    line, at = 1, 0
    stack: list[list[Any]] = []  # [is a mapping, key or index now, whether a key comes next]
    for token in _TOKEN.finditer(text):
        line += text.count("\n", at, token.start())
        at, word = token.start(), token[0]
        if word in ",:]}":
            if word == ",":
                stack[-1][1:] = ["", True] if stack[-1][0] else [stack[-1][1] + 1, False]
            elif word != ":":
                stack.pop()
            continue
        is_key = bool(stack and stack[-1][0] and stack[-1][2])
        if is_key:
            stack[-1][1:] = [json.loads(word), False]
        yield tuple(step[1] for step in stack), line, is_key
        if word in "[{":
            stack.append([word == "{", "" if word == "{" else 0, word == "{"])


# --- TOML -----------------------------------------------------------------------------------------


def _toml(text: str, file: str) -> tuple[Any, Lines]:
    import tomllib

    _shallow(text, _TOML_DEPTH, file)
    try:
        made = tomllib.loads(text, parse_float=_toml_float)
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"\(at line (\d+)", str(error))
        message = re.sub(r" \(at .*\)$", "", str(error))
        message = message if len(message) <= 120 else message[:117] + "..."
        line = int(found[1]) if found else text.count("\n") + 1
        raise _wrong(f"not TOML: {message[0].lower()}{message[1:]}", line, file) from None
    except ValueError as error:
        message = str(error)
        if message.startswith("Exceeds the limit") and (long := re.search(r"[0-9][0-9_]{4000}", text)):
            message = f"{long[0][:20]}… is a number of more than 4000 digits; at most 60"
        raise _wrong(message, _line_of_word(text, message), file) from None
    if not made:
        raise _wrong(EMPTY, None, file)
    marks = dict(_toml_lines(text))

    def plain(value: Any, path: Place) -> Any:
        if len(path) > MAX_DEPTH:
            raise _too_deep(_nearest(marks, path), file)
        if isinstance(value, dict):
            return {key: plain(child, (*path, key)) for key, child in value.items()}
        if isinstance(value, list):
            return [plain(child, (*path, at)) for at, child in enumerate(value)]
        if isinstance(value, datetime):
            return value.isoformat()
        if isinstance(value, int) and abs(value) >= 10**60:
            raise _wrong("is a number of more than 60 digits; at most 60", _nearest(marks, path), file, path)
        return value if isinstance(value, bool | int | Decimal | str) else str(value)

    return plain(made, ()), lambda place: _nearest(marks, place)


_TOML_DEPTH = re.compile(
    r'''"""(?:(?!""")(?:[^\\]|\\.))*+(?:""")?'''  # texts of several lines
    r"|'''(?:(?!''').)*+(?:''')?"
    r"""|"(?:[^"\\\n]|\\.)*+"?|'[^'\n]*+'?"""  # texts of one line
    r"|\#[^\n]*|[\[\]{}.,=\n]",
    re.DOTALL,
)


def _toml_float(text: str) -> int | Decimal:
    if _NOT_FINITE.fullmatch(text):
        raise ValueError(f"{text} is not a finite number; write it in digits")
    return _number(text.replace("_", ""))


_TOML_HEAD = re.compile(r"^\s*(\[\[?)([^\]]+)\]")
_TOML_KEY = re.compile(r"""^\s*((?:"[^"]*"|'[^']*'|[\w-]+)(?:\s*\.\s*(?:"[^"]*"|'[^']*'|[\w-]+))*)\s*=""")


def _toml_lines(text: str) -> Iterator[tuple[Place, int]]:
    """Lines of tables and of keys at the beginning of a line; places inside inline tables take their key's."""

    def names(dotted: str) -> list[str]:
        return [next(filter(None, found), "") for found in re.findall(r""""([^"]*)"|'([^']*)'|([\w-]+)""", dotted)]

    counts: dict[Place, int] = {}
    prefix: Place = ()

    def located(steps: list[str]) -> Place:
        place: Place = ()
        for step in steps:
            place = (*place, step)
            if place in counts:
                place = (*place, counts[place])
        return place

    for number, line in enumerate(text.split("\n"), 1):
        if head := _TOML_HEAD.match(line):
            steps = names(head[2])
            if head[1] == "[[":
                place = (*located(steps[:-1]), steps[-1])
                counts[place] = counts.get(place, -1) + 1
                prefix = (*place, counts[place])
            else:
                prefix = located(steps)
            yield prefix, number
        elif key := _TOML_KEY.match(line):
            yield (*prefix, *names(key[1])), number
