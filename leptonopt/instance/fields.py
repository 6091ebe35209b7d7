"""Define the field types of an instance: names, amounts, durations, instants, series."""

from __future__ import annotations

import re
import reprlib
import unicodedata
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from itertools import islice
from typing import Annotated, Any, TypeVar
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    PlainSerializer,
    PlainValidator,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WithJsonSchema,
    WrapValidator,
    field_validator,
    model_serializer,
    model_validator,
)
from pydantic_core import InitErrorDetails

from leptonopt.instance import units
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


MAX_TEXT = 10_000  # characters of a command
MAX_NODES = 100_000
YEARS = range(1000, 10000)  # of four digits


def quoted(value: object) -> str:
    """Return a value as findings quote it: on one line, truncated when it is long."""
    if isinstance(value, int) and abs(value) >= 10**60:  # beyond some length Python refuses to write them out
        return "a number of more than 60 digits"
    if isinstance(value, dict | list | tuple):
        text = reprlib.repr(value)  # of a large one only the beginning is written out
    else:
        text = str(value) if isinstance(value, Decimal) else repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _name(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{quoted(value)} is not a name; names are texts, put it in quotes")
    if not value.strip() or len(value) > 200:
        raise ValueError("a name has 1 to 200 characters, not only spaces")
    if value.isascii() and value.isprintable():
        return value
    if any(unicodedata.category(letter) in ("Cc", "Cs", "Zl", "Zp") for letter in value):
        raise ValueError(f"the name {quoted(value)} has a control character or a line break in it; allowed is one line")
    return value


@lru_cache(256)
def _are_names(values: tuple[object, ...]) -> bool:
    """Return whether all values are names; cached because many options have the same pools."""
    try:
        return all(_name(value) == value for value in values)
    except ValueError:
        return False


def _known_names(value: object, validate: ValidatorFunctionWrapHandler) -> Any:
    """Return several names as they are; have anything else judged one by one."""
    if isinstance(value, list | tuple) and all(type(each) is str for each in value) and _are_names(tuple(value)):
        return tuple(value)
    return validate(value)


def _zone(value: object) -> str:
    try:
        if not isinstance(value, str):
            raise ValueError
        ZoneInfo(value)
    except Exception:
        raise ValueError(f"{quoted(value)} is not a time zone; write one such as Europe/Berlin or UTC") from None
    return value


def _not_negative(value: Decimal) -> Decimal:
    if value < 0:
        raise ValueError(f"{value} is below zero; at least 0")
    return value


def _positive(value: Decimal) -> Decimal:
    if value <= 0:
        raise ValueError(f"{value} is not above zero")
    return value


def _duration(value: object) -> int:
    if isinstance(value, str) and len(value) > 40:
        raise ValueError(f"{quoted(value)} is not a duration; write one of at most 40 characters, such as '1h30m'")
    return units.duration(value)


def _instant(value: object) -> datetime:
    allowed = f"the years {YEARS[0]} to {YEARS[-1]} are allowed"
    try:
        moment = units.instant(value)
    except ValueError as error:
        raise ValueError(f"{error}; {allowed}" if str(error).endswith("out of range") else str(error)) from None
    if moment.year not in YEARS:
        raise ValueError(f"{quoted(value)} is out of range; {allowed}")
    return moment


def _some_time(seconds: int) -> int:
    if seconds == 0:
        raise ValueError("a duration of zero; more than 0s is allowed")
    return seconds


def _text(value: object) -> str:
    if not isinstance(value, str) or not value or len(value) > MAX_TEXT:
        raise ValueError(f"{quoted(value)} is not a text of 1 to {MAX_TEXT:,} characters")
    if "\0" in value:
        raise ValueError("holds a character of code 0, which no command and no file can hold")
    return value


_NUMBER = {"type": "number"}
Name = Annotated[str, PlainValidator(_name), WithJsonSchema({"type": "string", "minLength": 1, "maxLength": 200})]
Text = Annotated[str, PlainValidator(_text), WithJsonSchema({"type": "string", "minLength": 1, "maxLength": MAX_TEXT})]
Amount = Annotated[Decimal, PlainValidator(units.amount), WithJsonSchema(_NUMBER)]
NotNegative = Annotated[
    Decimal, PlainValidator(units.amount), AfterValidator(_not_negative), WithJsonSchema({**_NUMBER, "minimum": 0})
]
Positive = Annotated[
    Decimal, PlainValidator(units.amount), AfterValidator(_positive), WithJsonSchema({**_NUMBER, "exclusiveMinimum": 0})
]
_duration_text = PlainSerializer(units.duration_text)
_duration_schema = WithJsonSchema(
    {"type": "string", "pattern": r"^(\d+(\.\d+)?\s*(w|d|h|min|m|s))+$", "examples": ["90m", "1h30m", "7d"]}
)
Duration = Annotated[int, PlainValidator(_duration), AfterValidator(_some_time), _duration_text, _duration_schema]
Lag = Annotated[int, PlainValidator(_duration), _duration_text, _duration_schema]  # 0s is allowed
Instant = Annotated[
    datetime,
    PlainValidator(_instant),
    PlainSerializer(units.instant_text),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": r"^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(:\d\d)?([Zz]|[+-]\d\d:\d\d)?$",
            "description": "without an offset it is a local time in time.zone",
            "examples": ["2026-11-23T09:00Z", "2026-11-23T09:00+01:00"],
        }
    ),
]
Clock = Annotated[
    int,
    PlainValidator(units.clock),
    PlainSerializer(units.clock_text),
    WithJsonSchema({"type": "string", "pattern": "^([01][0-9]|2[0-3]):[0-5][0-9]$"}),
]
Weekly = Annotated[
    int,
    PlainValidator(units.week_clock),
    PlainSerializer(units.week_clock_text),
    WithJsonSchema({"type": "string", "pattern": "^(mon|tue|wed|thu|fri|sat|sun) ([01][0-9]|2[0-3]):[0-5][0-9]$"}),
]
Zone = Annotated[str, PlainValidator(_zone), WithJsonSchema({"type": "string", "examples": ["UTC", "Europe/Berlin"]})]
Devices = Annotated[int, Field(strict=True, ge=1, le=1_000_000)]


def _device_key(value: object) -> object:
    """Return the device count that a text key of a mapping states; other keys unchanged."""
    return int(value) if isinstance(value, str) and re.fullmatch(r"0|[1-9][0-9]{0,9}", value) else value


def _not_empty(value: Any) -> Any:
    if not value:
        raise ValueError("is empty; at least one entry, or no such key, is allowed")
    return value


def empty_mapping(description: str | None = None) -> Any:
    """Return the field of a mapping that is empty by default; a factory is faster than copying a default."""
    return Field(default_factory=FrozenDict, description=description, json_schema_extra={"default": {}})


_T = TypeVar("_T")
_some = Field(json_schema_extra={"minProperties": 1})
Many = Annotated[tuple[_T, ...], Field(strict=False), WrapValidator(in_chunks)]
Names = Annotated[Many[Name], WrapValidator(_known_names)]
ByName = Annotated[dict[Name, _T], WrapValidator(in_chunks)]
DeviceKey = Annotated[Devices, BeforeValidator(_device_key)]
Curve = Annotated[dict[DeviceKey, Positive], WrapValidator(in_chunks), AfterValidator(_not_empty), _some]
SomeByName = Annotated[dict[Name, _T], WrapValidator(in_chunks), AfterValidator(_not_empty), _some]


def _speed(value: object) -> Decimal | dict[int, Decimal]:
    """Return a speed as a number, or as a curve {devices: number}."""
    if not isinstance(value, dict):
        return _positive(units.amount(value))
    if not value:
        raise ValueError("an empty curve; write a number or {devices: number}")
    curve = {}
    for key, speed in value.items():
        devices = _device_key(key)
        if isinstance(devices, bool) or not isinstance(devices, int) or not 1 <= devices <= 1_000_000:
            raise ValueError(
                f"{quoted(key)} is not a number of devices; write {{devices: speed}} with whole numbers from 1"
            )
        curve[devices] = _positive(units.amount(speed))
    return FrozenDict(curve)


_CURVE = {"type": "object", "minProperties": 1, "additionalProperties": {**_NUMBER, "exclusiveMinimum": 0}}
Speed = Annotated[
    Decimal | dict[int, Decimal],
    PlainValidator(_speed),
    WithJsonSchema({"anyOf": [{**_NUMBER, "exclusiveMinimum": 0}, _CURVE]}),
]


class StrictModel(BaseModel):
    """Base of all parts of an instance: immutable, unknown keys are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False, defer_build=True)

    @model_validator(mode="before")
    @classmethod
    def _few_unknown(cls, value: object) -> object:
        """Drop unknown keys beyond the number of findings that is shown."""
        if not isinstance(value, dict) or len(value) <= CHUNK:
            return value
        known = {field.alias or name for name, field in cls.model_fields.items()}
        unknown = islice((key for key in value if key not in known), ENOUGH)
        return {key: value[key] for key in [*(key for key in value if key in known), *unknown]}


SERIES = {"steps", "daily", "weekly"}  # how a number may change over time


class Series(StrictModel):
    """A number that may change over time.

    In a file it is one of: a number; `unlimited`; `{steps: {INSTANT: number, ...}}`, each holding
    from its instant to the next; `{daily: {HH:MM: number, ...}}` or `{weekly: {DAY HH:MM: number, ...}}`
    on the wall clock of `time.zone`, the last of a day or week holding until the first of the next.
    """

    constant: Amount | None = None
    unlimited: bool = False
    steps: Annotated[dict[Instant, Amount], WrapValidator(in_chunks)] | None = None
    daily: Annotated[dict[Clock, Amount], WrapValidator(in_chunks)] | None = None
    weekly: Annotated[dict[Weekly, Amount], WrapValidator(in_chunks)] | None = None

    @model_validator(mode="before")
    @classmethod
    def _from_scalar(cls, value: object) -> object:
        allowed = "a number, {steps: {INSTANT: number}}, {daily: {HH:MM: number}} or {weekly: {DAY HH:MM: number}}"
        if isinstance(value, Series):
            return value.model_dump()
        if value == "unlimited":
            return {"unlimited": True}
        if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
            return {"constant": value}
        if not isinstance(value, dict) or len(value) != 1 or not set(value) <= SERIES:
            byte = "; units of bytes are those of 80GiB and 500GB" if str(value).lower().endswith("b") else ""
            what = "is empty" if value is None else f"{quoted(value)} is not a number that may change over time"
            raise ValueError(f"{what}; write {allowed}{byte}")
        if not all(value.values()):
            raise ValueError(f"an empty table; write {allowed}")
        return value

    @field_validator("steps", mode="wrap")
    @classmethod
    def _no_instant_twice(cls, value: object, handler: ValidatorFunctionWrapHandler) -> object:
        made = handler(value)
        if isinstance(value, dict) and len(made) < len(value):
            raise ValueError("an instant stands twice, at different offsets from UTC; each is allowed once")
        return made

    @model_serializer
    def _to_scalar(self) -> Any:
        if self.unlimited:
            return "unlimited"
        if self.constant is not None:
            return self.constant
        if self.steps is not None:
            return {"steps": {units.instant_text(at): value for at, value in self.steps.items()}}
        if self.daily is not None:
            return {"daily": {units.clock_text(at): value for at, value in self.daily.items()}}
        assert self.weekly is not None
        return {"weekly": {units.week_clock_text(at): value for at, value in self.weekly.items()}}

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: Any, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        table = {"type": "object", "minProperties": 1, "additionalProperties": _NUMBER}
        return {
            "description": "a number that may change over time",
            "anyOf": [
                _NUMBER,
                {"const": "unlimited"},
                *(
                    {"type": "object", "properties": {kind: table}, "required": [kind], "additionalProperties": False}
                    for kind in ("steps", "daily", "weekly")
                ),
            ],
        }

    def numbers(self) -> Iterator[Decimal]:
        """Yield every number that the series can take."""
        if self.constant is not None:
            yield self.constant
        yield from (self.steps or {}).values()
        yield from (self.daily or {}).values()
        yield from (self.weekly or {}).values()


def _series_at_least_zero(value: Series) -> Series:
    if any(number < 0 for number in value.numbers()):
        raise ValueError("a capacity below zero; at least 0")
    return value


def _series_limited(value: Series) -> Series:
    if value.unlimited:
        raise ValueError("a price cannot be unlimited; write a number")
    return value


def _series_of_counts(value: Series) -> Series:
    if value.unlimited or any(number != int(number) or not 0 <= number <= MAX_NODES for number in value.numbers()):
        raise ValueError(f"a count is whole, from 0 to {MAX_NODES:,}")
    return value


def _price_at_least_zero(value: Series) -> Series:
    if any(number < 0 for number in value.numbers()):
        raise ValueError("below zero; at least 0")
    return value


Capacity = Annotated[Series, AfterValidator(_series_at_least_zero)]
Price = Annotated[Series, AfterValidator(_series_limited)]
Rate = Annotated[Series, AfterValidator(_series_limited), AfterValidator(_price_at_least_zero)]
Count = Annotated[Series, AfterValidator(_series_of_counts)]
