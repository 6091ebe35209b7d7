"""The field types of an instance: what each accepts, refuses, and writes."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any

import pytest
from pydantic import TypeAdapter, ValidationError, WrapValidator

from leptonopt.errors import OutOfTime
from leptonopt.instance import fields
from leptonopt.instance.fields import CHUNK, ENOUGH, Series, StrictModel, in_chunks, quoted
from leptonopt.runtime.clock import time_limited
from leptonopt.runtime.deadline import Deadline


def read(kind: Any, value: Any) -> Any:
    """Return a value as a type of field reads it."""
    return TypeAdapter(kind).validate_python(value)


def refused(kind: Any, value: Any) -> str:
    """Return what a type of field says of a value."""
    with pytest.raises(ValidationError) as error:
        read(kind, value)
    return str(error.value.errors()[0]["msg"])


@pytest.mark.parametrize("name", ["a", "two words", "é\U0001f600", "x" * 200])
def test_names(name: str) -> None:
    """Any letters on one line."""
    assert read(fields.Name, name) == name


@pytest.mark.parametrize(
    ("name", "said"),
    [
        (5, "is not a name"),
        ("", "1 to 200"),
        ("  ", "1 to 200"),
        ("x" * 201, "1 to 200"),
        ("a\nb", "line break"),
        ("\u2028", "1 to 200"),
    ],
)
def test_what_is_no_name(name: object, said: str) -> None:
    """Numbers, nothing, too many letters, controls."""
    assert said in refused(fields.Name, name)


@pytest.mark.parametrize(
    ("kind", "good", "bad", "said"),
    [
        (fields.NotNegative, 0, -1, "-1 is below zero; at least 0"),
        (fields.Positive, 0.5, 0, "0 is not above zero"),
        (fields.Duration, "1h", "0s", "a duration of zero"),
        (fields.Lag, "0s", "1 parsec", "is not a duration"),
        (fields.Zone, "Europe/Berlin", "Europe/Nowhere", "is not a time zone"),
        (fields.Instant, "2026-01-01T00:00Z", "0999-01-01T00:00Z", "the years 1000 to 9999 are allowed"),
        (fields.Clock, "08:00", "8", "is not a time of day"),
        (fields.Devices, 1, 0, "greater than or equal to 1"),
        (fields.Curve, {"2": 1.5}, {}, "is empty"),
        (fields.SomeByName[int], {"a": 1}, {}, "is empty"),
        (fields.Speed, {1: 1, "2": 1.8}, {"x": 1}, "is not a number of devices"),
        (fields.Speed, 2, 0, "0 is not above zero"),
        (fields.Capacity, "unlimited", -1, "a capacity below zero"),
        (fields.Price, -1, "unlimited", "a price cannot be unlimited"),
        (fields.Rate, 0, -0.5, "below zero; at least 0"),
        (fields.Count, 3, 1.5, "a count is whole"),
    ],
)
def test_limits_of_each_type(kind: Any, good: Any, bad: Any, said: str) -> None:
    """One value that is allowed, one that is not."""
    read(kind, good)
    assert said in refused(kind, bad)


def test_curves_have_counts_as_keys() -> None:
    """Texts of whole numbers become numbers."""
    assert read(fields.Curve, {"1": 1, 4: 2.5}) == {1: 1, 4: Decimal("2.5")}


@pytest.mark.parametrize(
    ("stated", "written", "numbers"),
    [
        (1.5, Decimal("1.5"), ["1.5"]),
        ("unlimited", "unlimited", []),
        (
            {"steps": {"2026-01-01T01:00+01:00": 2}},
            {"steps": {"2026-01-01T00:00:00Z": 2}},
            ["2"],
        ),
        ({"daily": {"00:00": 1, "08:00": 2}}, {"daily": {"00:00": 1, "08:00": 2}}, ["1", "2"]),
        ({"weekly": {"sat 08:00": 3}}, {"weekly": {"sat 08:00": 3}}, ["3"]),
    ],
)
def test_series(stated: Any, written: Any, numbers: list[str]) -> None:
    """Each form is read, written as it was stated, and lists its numbers."""
    series = Series.model_validate(stated)
    assert series.model_dump() == written
    assert [str(number) for number in series.numbers()] == numbers
    assert Series.model_validate(series) == series


@pytest.mark.parametrize(
    ("stated", "said"),
    [
        (True, "not a number that may change over time"),
        ({"hourly": {}}, "not a number that may change"),
        ("80gib", "units of bytes are those of 80GiB and 500GB"),
        (None, "is empty; write a number"),
        ({"daily": {}}, "an empty table"),
        ({"steps": {"2026-01-01T00:00Z": 1, "2026-01-01T01:00+01:00": 2}}, "an instant stands twice"),
    ],
)
def test_what_is_no_series(stated: Any, said: str) -> None:
    """Other types, other keys, nothing, one instant at two offsets."""
    assert said in refused(Series, stated)


class Noun(StrictModel):
    """A part with one key."""

    a: int = 0


def test_models_are_strict() -> None:
    """Immutable; unknown keys are refused, of many only so many as are shown."""
    noun = Noun(a=1)
    with pytest.raises(ValidationError, match="frozen"):
        noun.a = 2
    with pytest.raises(ValidationError) as error:
        Noun.model_validate({f"k{at}": 1 for at in range(1000)})
    assert error.value.error_count() == 101


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("a", "'a'"),
        (Decimal("1.0"), "1.0"),
        ("x" * 99, "'" + "x" * 56 + "..."),
        (10**60, "a number of more than 60 digits"),
        ([1] * 99, "[1, 1, 1, 1, 1, 1, ...]"),
    ],
)
def test_quoted_values_are_short(value: object, text: str) -> None:
    """On one line, cut where they are long."""
    assert quoted(value) == text


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
