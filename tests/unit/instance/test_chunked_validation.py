"""Long lists and mappings validated in chunks: the same result, and few errors."""

from __future__ import annotations

from typing import Annotated

import pytest
from pydantic import TypeAdapter, ValidationError, WrapValidator

from leptonopt.errors import OutOfTime
from leptonopt.instance.chunked_validation import CHUNK, ENOUGH, in_chunks
from leptonopt.runtime.clock import time_limited
from leptonopt.runtime.deadline import Deadline

LIST = TypeAdapter(Annotated[tuple[int, ...], WrapValidator(in_chunks)])
MAPPING = TypeAdapter(Annotated[dict[str, int], WrapValidator(in_chunks)])


@pytest.mark.parametrize("size", [0, 1, CHUNK, CHUNK + 1, 3 * CHUNK])
def test_the_result_is_that_of_the_whole(size: int) -> None:
    """Lists become tuples, mappings keep their order."""
    assert LIST.validate_python(list(range(size))) == tuple(range(size))
    stated = {str(at): at for at in reversed(range(size))}
    assert list(MAPPING.validate_python(stated).items()) == list(stated.items())


def test_errors_have_their_place_in_the_whole() -> None:
    """The index counts from the beginning of the list."""
    stated: list[object] = list(range(3 * CHUNK))
    stated[5] = stated[2 * CHUNK + 7] = "x"
    with pytest.raises(ValidationError) as error:
        LIST.validate_python(stated)
    assert [each["loc"] for each in error.value.errors()] == [(5,), (2 * CHUNK + 7,)]
    with pytest.raises(ValidationError) as error:
        MAPPING.validate_python({**{str(at): at for at in range(2 * CHUNK)}, "bad": "x"})
    assert [each["loc"] for each in error.value.errors()] == [("bad",)]


def test_no_more_errors_than_are_shown() -> None:
    """One more than the limit says that there are more."""
    with pytest.raises(ValidationError) as error:
        LIST.validate_python(["x"] * 1000)
    assert error.value.error_count() == ENOUGH


def test_the_time_limit_holds() -> None:
    """It is checked for each chunk."""
    with time_limited(Deadline(0), "reading"), pytest.raises(OutOfTime):
        LIST.validate_python([1])
