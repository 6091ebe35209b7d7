"""Text of a file to a plain tree, and the line of every place in it.

The tree holds dicts with text keys, lists, texts, bools, None, ints and Decimals: numbers exactly as
written. What people are surprised by is refused: duplicate keys, anchors and aliases, tags, merge keys,
several documents, numbers that are not finite.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from leptonopt.errors import Finding, InputError, InstanceError
from leptonopt.errors import Path as Place

MAX_BYTES = 64 * 2**20
MAX_DEPTH = 50
_INT = re.compile(r"[-+]?[0-9]+", re.ASCII)
_DECIMAL = re.compile(r"[-+]?([0-9]+\.[0-9]*|\.[0-9]+|[0-9]+)([eE][-+]?[0-9]+)?", re.ASCII)
_NOT_FINITE = re.compile(r"[-+]?\.?(inf|infinity|nan)", re.IGNORECASE)
_WORDS = {"true": True, "True": True, "false": False, "False": False, "null": None, "Null": None, "~": None, "": None}

Lines = Callable[[Place], int | None]


def text_of(path: Path, limit: int = MAX_BYTES) -> str:
    """The text of a file.

    Raises `InputError` in one line when it cannot be read, is too large, or is not UTF-8 text.
    """
    try:
        if not path.is_file():
            raise InputError(f"{path}: {'is a folder' if path.is_dir() else 'there is no such file'}")
        if (size := path.stat().st_size) > limit:
            raise InputError(f"{path}: {size / 2**20:,.0f} MiB; at most {limit / 2**20:,.0f} MiB are read")
        data = path.read_bytes()
    except (OSError, ValueError) as error:
        raise InputError(f"{str(path)!r}: cannot be read: {getattr(error, 'strerror', None) or error}") from None
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise InputError(f"{path}: is UTF-16 text; save it as UTF-8")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise InputError(f"{path}:{line}: is not UTF-8 text (byte 0x{data[error.start]:02x})") from None
    if "\0" in text:
        raise InputError(
            f"{path}:{text.count(chr(10), 0, text.index(chr(0))) + 1}: has a NUL character in it; not a text file"
        )
    return text


def tree(text: str, kind: str, file: str) -> tuple[Any, Lines]:
    """The tree of a text of kind `yaml`, `json` or `toml`, and the line of each place in it.

    Raises `InstanceError` with the line where the text itself is wrong.
    """
    try:
        return {"yaml": _yaml, "json": _json, "toml": _toml}[kind](text, file)
    except RecursionError:
        raise _wrong(f"is nested too deeply; at most {MAX_DEPTH} levels", None, file) from None


def _wrong(message: str, line: int | None, file: str, path: Place = ()) -> InstanceError:
    return InstanceError([Finding(message, path, line, file)])


def _number(text: str) -> int | Decimal:
    """A number as written; what is absurdly long or large stays out of exact arithmetic."""
    if len(text) > 60:
        raise ValueError(f"{text[:20]}… is a number of {len(text)} characters; at most 60")
    if _INT.fullmatch(text):
        return int(text)
    value = Decimal(text)
    if value and abs(value.adjusted()) > 60:
        raise ValueError(f"{text} is out of range")
    return value


# --- YAML -----------------------------------------------------------------------------------------


def _yaml(text: str, file: str) -> tuple[Any, Lines]:
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    marks: dict[Place, int] = {}
    _shallow(text, file)
    try:
        for event in yaml.parse(text, Loader=loader):
            if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
                line = getattr(event.start_mark, "line", -1) + 1
                raise _wrong("anchors and aliases (&, *) are not allowed; write the value out", line or None, file)
        nodes = list(yaml.compose_all(text, Loader=loader))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise _wrong(f"not YAML: {error.problem or error.context}", mark.line + 1 if mark else None, file) from None
    except yaml.YAMLError as error:
        raise _wrong(f"not YAML: {str(error).splitlines()[0]}", None, file) from None
    if len(nodes) > 1:
        line = getattr(nodes[1].start_mark, "line", -1) + 1
        raise _wrong("several YAML documents in one file; one is allowed", line or None, file)
    if not nodes or nodes[0] is None:
        raise _wrong("the file is empty", None, file)
    found: list[Finding] = []

    def value(node: Any, path: Place, depth: int) -> Any:
        marks[path] = line = node.start_mark.line + 1
        if depth > MAX_DEPTH:
            raise _wrong(f"is nested too deeply; at most {MAX_DEPTH} levels", line, file)
        if node.tag.removeprefix("tag:yaml.org,2002:") not in _KINDS:
            found.append(Finding(f"the tag {node.tag} is not allowed", path, line, file))
            return None
        if isinstance(node, yaml.SequenceNode):
            return [value(child, (*path, at), depth + 1) for at, child in enumerate(node.value)]
        if isinstance(node, yaml.MappingNode):
            return mapping(node, path, depth)
        try:
            return _scalar(node.value, node.style)
        except ValueError as error:
            found.append(Finding(str(error), path, line, file))
            return None

    def mapping(node: Any, path: Place, depth: int) -> dict[str, Any]:
        made: dict[str, Any] = {}
        for key_node, child in node.value:
            line = key_node.start_mark.line + 1
            if not isinstance(key_node, yaml.ScalarNode) or (key_node.value == "<<" and not key_node.style):
                found.append(Finding("only plain texts are allowed as keys", path, line, file))
                continue
            if key_node.value in made:
                found.append(Finding(f"the key {key_node.value!r} stands twice", path, line, file))
                continue
            made[key_node.value] = value(child, (*path, key_node.value), depth + 1)
            marks[*path, key_node.value] = line
        return made

    made = value(nodes[0], (), 0)
    if found:
        raise InstanceError(found)
    return made, lambda place: _nearest(marks, place)


_KINDS = {"map", "seq", "str", "int", "float", "bool", "null", "timestamp", "value", "merge"}


def _shallow(text: str, file: str) -> None:
    """Refuse depth before a recursive parser sees it: by brackets, and by indentation."""
    depth = 0
    for letter in re.findall(r"[\[\]{}]", text):
        depth += 1 if letter in "[{" else -1
        if depth > 4 * MAX_DEPTH:
            raise _wrong(f"is nested too deeply; at most {MAX_DEPTH} levels", None, file)
    for number, line in enumerate(text.split("\n"), 1):
        body = line.lstrip(" ")
        if len(body) > 100 and re.match(r"(- ){50}", body):
            raise _wrong(f"is nested too deeply; at most {MAX_DEPTH} levels", number, file)


def _scalar(text: str, style: str | None) -> Any:
    if style:
        return text
    if text in _WORDS:
        return _WORDS[text]
    if _NOT_FINITE.fullmatch(text):
        raise ValueError(f"{text} is not a finite number")
    return _number(text) if _DECIMAL.fullmatch(text) else text


def _nearest(marks: dict[Place, int], place: Place) -> int | None:
    while place and place not in marks:
        place = place[:-1]
    return marks.get(place)


# --- JSON -----------------------------------------------------------------------------------------


def _json(text: str, file: str) -> tuple[Any, Lines]:
    twice: list[str] = []
    _shallow(re.sub(r'"(\\.|[^"\\])*"', '""', text) if text.count("[") + text.count("{") > 4 * MAX_DEPTH else "", file)

    def pairs(items: list[tuple[str, Any]]) -> dict[str, Any]:
        made = dict(items)
        if len(made) < len(items):
            keys = [key for key, _ in items]
            twice.extend({key for key in keys if keys.count(key) > 1})
        return made

    def constant(word: str) -> Any:
        raise ValueError(f"{word} is not a finite number")

    try:
        made = json.loads(
            text, object_pairs_hook=pairs, parse_float=_number, parse_int=_number, parse_constant=constant
        )
    except json.JSONDecodeError as error:
        raise _wrong(
            f"not JSON: {error.msg[0].lower()}{error.msg[1:]} (column {error.colno})", error.lineno, file
        ) from None
    except ValueError as error:
        word = str(error).split(" ")[0].rstrip("…")
        line = text.count("\n", 0, text.find(word)) + 1 if word in text else None
        raise _wrong(str(error), line, file) from None
    if twice:
        findings = []
        for key in sorted(twice):
            at = [
                match.start() for match in re.finditer(re.escape(json.dumps(key, ensure_ascii=False)) + r"\s*:", text)
            ]
            line = text.count("\n", 0, at[-1]) + 1 if at else None
            findings.append(Finding(f"the key {key!r} stands twice", (), line, file))
        raise InstanceError(findings)
    marks: dict[Place, int] = {}

    def lines(place: Place) -> int | None:
        if not marks:
            marks.update(_json_lines(text))
        return _nearest(marks, place)

    return made, lines


_TOKEN = re.compile(r'"(?:\\.|[^"\\])*"|[\[\]{},:]|[^\s\[\]{},:"]+')


def _json_lines(text: str) -> Iterator[tuple[Place, int]]:
    """The line of every place of a JSON text that is known to be well formed."""
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
        if stack and stack[-1][0] and stack[-1][2]:
            stack[-1][1:] = [json.loads(word), False]
        yield tuple(step[1] for step in stack), line
        if word in "[{":
            stack.append([word == "{", "" if word == "{" else 0, word == "{"])


# --- TOML -----------------------------------------------------------------------------------------


def _toml(text: str, file: str) -> tuple[Any, Lines]:
    import tomllib

    try:
        made = tomllib.loads(text, parse_float=_toml_float)
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"\(at line (\d+)", str(error))
        message = re.sub(r" \(at .*\)$", "", str(error))
        raise _wrong(f"not TOML: {message[0].lower()}{message[1:]}", int(found[1]) if found else None, file) from None
    except ValueError as error:
        raise _wrong(str(error), None, file) from None
    marks = dict(_toml_lines(text))
    return _toml_plain(made), lambda place: _nearest(marks, place)


def _toml_float(text: str) -> int | Decimal:
    if _NOT_FINITE.fullmatch(text):
        raise ValueError(f"{text} is not a finite number")
    return _number(text.replace("_", ""))


def _toml_plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _toml_plain(child) for key, child in value.items()}
    if isinstance(value, list):
        return [_toml_plain(child) for child in value]
    if isinstance(value, datetime):
        return value.isoformat()
    return value if isinstance(value, bool | int | Decimal | str) else str(value)


_TOML_HEAD = re.compile(r"^\s*(\[\[?)\s*([^\]]+?)\s*\]")
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
