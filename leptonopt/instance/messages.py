"""Return what pydantic says of a document as findings, in plain words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, TypeVar, get_args

from pydantic import ValidationError

from leptonopt.errors import Finding, InstanceError, Path, did_you_mean
from leptonopt.instance.cross_checks import MAX_FINDINGS
from leptonopt.instance.fields import StrictModel, quoted

Model = TypeVar("Model", bound=StrictModel)

# Steps of pydantic's places that are ours, not the user's: a series written as a bare number, keys of mappings,
# a demand by class.
_INNER = {"constant", "unlimited", "[key]", "[classes]"}


def validated(noun: type[Model], document: Mapping[str, Any]) -> Model:
    """Return what a document says; raises `InstanceError` with every finding."""
    try:
        return noun.model_validate(document)
    except ValidationError as error:
        raise InstanceError(findings_of(error, noun)) from None


def findings_of(error: ValidationError, noun: type[StrictModel]) -> list[Finding]:
    """Return the findings of an error in reading a document as a noun."""
    found: list[Finding] = []
    # A list counts as empty when none of its entries is valid; only the entries' own errors help then.
    items = [item for item in error.errors(include_url=False) if item["type"] != "too_short" or not item.get("input")]
    for item in items[: MAX_FINDINGS + 1]:
        if "findings" in (context := item.get("ctx") or {}):
            found += context["findings"]
        else:
            path = tuple(step for step in item["loc"] if step not in _INNER)
            found.append(Finding(_message(item, path, noun), path))
    return found


def _message(item: Any, path: Path, noun: type[StrictModel]) -> str:
    kind, value = item["type"], quoted(item.get("input"))
    match kind:
        case "missing":
            return "is missing"
        case "extra_forbidden":
            return _unknown_key(path, noun)
        case "value_error":
            return str(item["ctx"]["error"])
        case "literal_error":
            return f"{value} is not allowed; {item['ctx']['expected']}"
        case "bool_type":
            return f"{value} is not true or false"
        case "string_type":
            return f"{value} is not a text"
        case "string_unicode":
            return f"{value} holds half a character (a lone surrogate); only whole ones are allowed"
        case "tuple_type":
            return f"{value} is not a list; write entries in brackets, such as [a, b]"
        case "dict_type" | "model_type" | "model_attributes_type":
            return f"{value} is not a mapping of keys to values; write them in braces, such as {{gpu: 8}}"
        case "int_type" | "int_from_float" | "int_parsing_size":
            return f"{value} is not a whole number; write it plainly, such as 4"
        case "too_short":
            return "is empty; at least one entry"
        case "greater_than_equal":
            return f"is {value}; at least {item['ctx']['ge']:,}"
        case "less_than_equal":
            return f"is {value}; at most {item['ctx']['le']:,}"
    return f"{item['msg'][0].lower()}{item['msg'][1:]} (not {value})"


def _unknown_key(path: Path, noun: type[StrictModel]) -> str:
    *above, key = path
    for step in above:
        noun = _noun_under(noun, step) or noun
    keys = list(_fields(noun))
    return f"is not a key that is known here; {did_you_mean(str(key), keys) or 'allowed are ' + ', '.join(keys)}"


def _fields(noun: type[StrictModel]) -> dict[str, Any]:
    """Return the types of the keys of a noun."""
    return {field.alias or name: field.annotation for name, field in noun.model_fields.items()}


def _noun_under(noun: type[StrictModel], step: str | int) -> type[StrictModel] | None:
    """Return the noun that stands under a key, also in a list or by name; None for what is none."""
    return next(_nouns(_fields(noun).get(str(step))), None)


def _nouns(annotation: Any) -> Iterator[type[StrictModel]]:
    if isinstance(annotation, type) and issubclass(annotation, StrictModel):
        yield annotation
    for part in get_args(annotation):
        yield from _nouns(part)
