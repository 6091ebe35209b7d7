"""Validate long lists and mappings in chunks, so that the errors of a bad file fit into memory."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

from pydantic import ValidationError, ValidatorFunctionWrapHandler
from pydantic_core import InitErrorDetails

from leptonopt.instance.frozen import FrozenDict
from leptonopt.runtime.clock import check_time

CHUNK = 100
ENOUGH = 101  # errors; one more than are shown


def in_chunks(value: Any, validate: ValidatorFunctionWrapHandler) -> Any:
    """Validate a long list or mapping chunk by chunk, up to the hundredth error.

    An error takes more memory than the value it is about, so that a large file of nothing else would take too much.
    """
    check_time()
    if not isinstance(value, list | tuple | dict) or len(value) <= CHUNK:
        few = validate(value)
        return FrozenDict(few) if isinstance(few, dict) else few
    made: list[Any] = []
    errors: list[InitErrorDetails] = []
    entries = iter(value.items() if isinstance(value, dict) else value)
    for start in range(0, len(value), CHUNK):
        check_time()
        piece = list(islice(entries, CHUNK))
        try:
            found = validate(dict(piece) if isinstance(value, dict) else piece)
            made += found.items() if isinstance(value, dict) else found
        except ValidationError as error:
            errors += _moved(error, 0 if isinstance(value, dict) else start)
        if len(errors) >= ENOUGH:
            break
    if errors:
        raise ValidationError.from_exception_data("many", errors[:ENOUGH])
    return FrozenDict(made) if isinstance(value, dict) else tuple(made)


def _moved(error: ValidationError, by: int) -> Iterator[InitErrorDetails]:
    """Yield the errors of a chunk at their places in the whole list, without `too_short`."""
    for item in error.errors(include_url=False):
        first, *rest = item["loc"] or (0,)
        if item["type"] != "too_short":
            place = (first + by if isinstance(first, int) else first, *rest)
            yield {"type": item["type"], "loc": place, "input": item["input"], "ctx": item.get("ctx", {})}
