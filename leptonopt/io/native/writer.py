"""Write native documents as YAML, JSON or TOML, with exact numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from leptonopt.errors import UsageError
from leptonopt.io.files import json_text

_BARE = re.compile(r"[A-Za-z0-9_-]+", re.ASCII)


def dumped(document: Mapping[str, Any], kind: str) -> str:
    """Return the text of a document in `yaml`, `json` or `toml`.

    Raises `UsageError` for any other kind.
    """
    if kind == "json":
        return "".join(_json(document, 0)) + "\n"
    if kind == "yaml":
        return "\n".join(_yaml(document, 0)) + "\n"
    if kind == "toml":
        return "\n".join(_toml(document, ())).lstrip("\n") + "\n"
    raise UsageError(f"{kind!r} is no native format; allowed are yaml, json and toml")


def _number(value: int | float | Decimal) -> str:
    """Return the shortest plain decimal text that is exactly this number."""
    exact = Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
    text = format(exact, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)


def _scalar(value: Any) -> str:
    """Return a scalar as JSON writes it; YAML and TOML read it alike."""
    return _number(value) if _is_number(value) else _quoted(value)


def _quoted(value: Any) -> str:
    """Return a text in double quotes, valid in all three notations."""
    return json_text(value).replace("\ufeff", "\\ufeff")


def _json(value: Any, depth: int) -> Iterator[str]:
    pad, close = "\n" + "  " * (depth + 1), "\n" + "  " * depth
    if isinstance(value, Mapping):
        if not any(isinstance(child, Mapping | list | tuple) for child in value.values()):
            yield _inline(value, ": ")
            return
        for at, (key, child) in enumerate(value.items()):
            yield ("," if at else "{") + pad + _quoted(str(key)) + ": "
            yield from _json(child, depth + 1)
        yield close + "}"
    elif isinstance(value, list | tuple) and value:
        for at, child in enumerate(value):
            yield ("," if at else "[") + pad
            yield from _json(child, depth + 1)
        yield close + "]"
    else:
        yield "[]" if isinstance(value, list | tuple) else _scalar(value)


def _inline(value: Any, colon: str) -> str:
    """Return a value on one line; `colon` stands between key and value."""
    if isinstance(value, Mapping):
        inner = ", ".join(f"{_key(key, colon)}{colon}{_inline(child, colon)}" for key, child in value.items())
        return "{" + inner + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_inline(child, colon) for child in value) + "]"
    return _scalar(value)


def _key(key: Any, colon: str) -> str:
    bare = colon == " = " and _BARE.fullmatch(str(key))
    return str(key) if bare else _quoted(str(key))


def _yaml(value: Any, depth: int, dash: bool = False) -> Iterator[str]:
    """Yield blocks for long values and one line for short ones; the first may follow a dash."""
    pad = "  " * depth
    if isinstance(value, Mapping):
        for at, (key, child) in enumerate(value.items()):
            head = ("" if dash and not at else pad) + _yaml_key(str(key)) + ":"
            if _fits(child, depth):
                yield f"{head} {_yaml_flow(child)}"
            else:
                yield head
                yield from _yaml(child, depth + 1)
        return
    for child in value:
        if _fits(child, depth):
            yield f"{pad}- {_yaml_flow(child)}"
        else:
            first, *rest = _yaml(child, depth + 1, dash=True)
            yield f"{pad}- {first}"
            yield from rest


def _fits(value: Any, depth: int) -> bool:
    if not isinstance(value, Mapping | list | tuple) or not value:
        return True
    children = value.values() if isinstance(value, Mapping) else value
    deep = any(
        isinstance(child, list | tuple) and any(isinstance(item, Mapping) for item in child) for child in children
    )
    return not deep and len(_yaml_flow(value)) + 2 * depth < 100


def _yaml_flow(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_yaml_key(str(key))}: {_yaml_flow(child)}" for key, child in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_yaml_flow(child) for child in value) + "]"
    return _yaml_text(value) if isinstance(value, str) else _scalar(value)


def _yaml_key(text: str) -> str:
    """Return a YAML key; keys are always texts, so whole numbers need no quotes."""
    return text if text.isascii() and text.isdigit() else _yaml_text(text)


def _yaml_text(text: str) -> str:
    """Return a plain text where it is unambiguous, else one in double quotes."""
    plain = re.fullmatch(r"[A-Za-z](?:[A-Za-z0-9./_ -]*[A-Za-z0-9._/-])?", text) and text.lower() not in _RESERVED
    plain = plain or (
        re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:]+Z|(\d+[wdhms])+|\d\d:\d\d|[1-9]\d{0,8}", text) and not text.isdigit()
    )
    return text if plain else _quoted(text)


_RESERVED = {"true", "false", "null", "yes", "no", "on", "off", "y", "n", "nan", "inf", "infinity"}


def _toml(table: Mapping[str, Any], path: tuple[str, ...]) -> Iterator[str]:
    """Yield plain keys first, then tables, then lists of tables; short values stay inline."""
    later = []
    for key, value in table.items():
        many = isinstance(value, list | tuple) and value and all(isinstance(child, Mapping) for child in value)
        short = len(_inline(value, " = ")) < 90
        if (isinstance(value, Mapping) and not short) or (many and not (path and short)):
            later.append((key, value))
        else:
            yield f"{_key(key, ' = ')} = {_inline(value, ' = ')}"
    for key, value in later:
        name = ".".join(_key(step, " = ") for step in (*path, key))
        if isinstance(value, Mapping):
            yield f"\n[{name}]"
            yield from _toml(value, (*path, key))
        else:
            for child in value:
                yield f"\n[[{name}]]"
                yield from _toml(child, (*path, key))
