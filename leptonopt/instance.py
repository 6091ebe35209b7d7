"""What a user states: time grid, pools, tasks with their options. Valid once it exists, never mutated.

This file is the one place that says what an instance may contain. Reading (`leptonopt.read`) adds
lines to the errors, `leptonopt schema` prints the JSON Schema made from these classes, and
`docs/format.md` explains them. Instances are built in Python exactly as they are written:

>>> from leptonopt import Instance
>>> week = Instance(
...     time={"start": "2026-11-23T00:00Z", "slot": "1h", "horizon": "7d"},
...     pools=[{"id": "a100", "capacity": {"gpu": 8}, "price": {"gpu": 1.2}}],
...     tasks=[{"id": "train", "options": [{"pool": "a100", "uses": {"gpu": 4}, "duration": "6h"}]}],
... )
>>> week.tasks[0].options[0].duration
21600
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal
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
    WithJsonSchema,
    model_serializer,
    model_validator,
)
from pydantic_core import PydanticCustomError

from leptonopt import units
from leptonopt.errors import Finding, InstanceError, Path

MAX_SLOTS = 200_000
MAX_COPIES = 1_000_000


def _name(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{value!r} is not a name; names are texts, put it in quotes")
    if not value.strip() or len(value) > 200:
        raise ValueError("a name has 1 to 200 characters, not only spaces")
    if any(unicodedata.category(letter) in ("Cc", "Cs", "Zl", "Zp") for letter in value):
        raise ValueError(f"the name {value!r} has a control character or a line break in it")
    return value


def _zone(value: object) -> str:
    try:
        if not isinstance(value, str):
            raise ValueError
        ZoneInfo(value)
    except Exception:
        raise ValueError(f"{value!r} is not a time zone; write one such as Europe/Berlin or UTC") from None
    return value


def _not_negative(value: Decimal) -> Decimal:
    if value < 0:
        raise ValueError(f"{value} is below zero; at least 0")
    return value


def _positive(value: Decimal) -> Decimal:
    if value <= 0:
        raise ValueError(f"{value} is not above zero")
    return value


def _some_time(seconds: int) -> int:
    if seconds == 0:
        raise ValueError("a duration of zero; more than 0s")
    return seconds


_NUMBER = {"type": "number"}
Name = Annotated[str, PlainValidator(_name), WithJsonSchema({"type": "string", "minLength": 1, "maxLength": 200})]
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
Duration = Annotated[int, PlainValidator(units.duration), AfterValidator(_some_time), _duration_text, _duration_schema]
Lag = Annotated[int, PlainValidator(units.duration), _duration_text, _duration_schema]
Instant = Annotated[
    datetime,
    PlainValidator(units.instant),
    PlainSerializer(units.instant_text),
    WithJsonSchema(
        {"type": "string", "format": "date-time", "examples": ["2026-11-23T09:00Z", "2026-11-23T09:00+01:00"]}
    ),
]
Clock = Annotated[
    int,
    PlainValidator(units.clock),
    PlainSerializer(units.clock_text),
    WithJsonSchema({"type": "string", "pattern": "^([01][0-9]|2[0-3]):[0-5][0-9]$"}),
]
Zone = Annotated[str, PlainValidator(_zone), WithJsonSchema({"type": "string", "examples": ["UTC", "Europe/Berlin"]})]
Devices = Annotated[int, Field(strict=True, ge=1, le=1_000_000)]


def _device_key(value: object) -> object:
    """Keys of a mapping arrive as text from files; a device count is a whole number."""
    return int(value) if isinstance(value, str) and value.isascii() and value.isdigit() else value


DeviceKey = Annotated[Devices, BeforeValidator(_device_key)]
Curve = dict[DeviceKey, Positive]


def _speed(value: object) -> Decimal | dict[int, Decimal]:
    """A number, or a curve {devices: number}."""
    if not isinstance(value, dict):
        return _positive(units.amount(value))
    if not value:
        raise ValueError("an empty curve; write a number or {devices: number}")
    curve = {}
    for key, speed in value.items():
        devices = _device_key(key)
        if isinstance(devices, bool) or not isinstance(devices, int) or not 1 <= devices <= 1_000_000:
            raise ValueError(f"{key!r} is not a number of devices; write {{devices: speed}} with whole numbers from 1")
        curve[devices] = _positive(units.amount(speed))
    return curve


_CURVE = {"type": "object", "minProperties": 1, "additionalProperties": {**_NUMBER, "exclusiveMinimum": 0}}
Speed = Annotated[
    Decimal | dict[int, Decimal],
    PlainValidator(_speed),
    WithJsonSchema({"anyOf": [{**_NUMBER, "exclusiveMinimum": 0}, _CURVE]}),
]


class Noun(BaseModel):
    """Base of all nouns: immutable, and nothing unknown is ignored."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


class Time(Noun):
    """The time grid: `horizon` cut into slots of equal length; all of it computed in UTC."""

    start: Instant
    slot: Duration = 3600
    horizon: Duration
    zone: Zone = Field(default="UTC", description="zone of daily tariffs and of the report")

    @property
    def slots(self) -> int:
        """Number of slots in the horizon."""
        return self.horizon // self.slot

    @model_validator(mode="after")
    def _whole_slots(self) -> Time:
        if self.horizon % self.slot:
            raise ValueError(
                f"the horizon of {units.duration_text(self.horizon)} is not a whole number of slots "
                f"of {units.duration_text(self.slot)}"
            )
        if self.slots > MAX_SLOTS:
            raise ValueError(f"{self.slots:,} slots; at most {MAX_SLOTS:,}: take longer slots or a shorter horizon")
        return self


class Series(Noun):
    """A number that may change over time.

    In a file it is one of: a number; `unlimited`; `{steps: {INSTANT: number, ...}}`, each holding
    from its instant to the next; `{daily: {HH:MM: number, ...}}` on the wall clock of `time.zone`,
    the last of a day holding until the first of the next.
    """

    constant: Amount | None = None
    unlimited: bool = False
    steps: dict[Instant, Amount] | None = None
    daily: dict[Clock, Amount] | None = None

    @model_validator(mode="before")
    @classmethod
    def _from_scalar(cls, value: object) -> object:
        allowed = "write a number, {steps: {INSTANT: number}} or {daily: {HH:MM: number}}"
        if isinstance(value, Series):
            return value.model_dump()
        if value == "unlimited":
            return {"unlimited": True}
        if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
            return {"constant": value}
        if not isinstance(value, dict) or len(value) != 1 or not set(value) <= set(cls.model_fields):
            raise ValueError(f"not a number that may change over time; {allowed}")
        if not all(isinstance(table, bool) or table for table in value.values()):
            raise ValueError(f"an empty table; {allowed}")
        return value

    @model_serializer
    def _to_scalar(self) -> Any:
        if self.unlimited:
            return "unlimited"
        if self.constant is not None:
            return self.constant
        if self.steps is not None:
            return {"steps": {units.instant_text(at): value for at, value in self.steps.items()}}
        assert self.daily is not None
        return {"daily": {units.clock_text(at): value for at, value in self.daily.items()}}

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
                    for kind in ("steps", "daily")
                ),
            ],
        }

    def numbers(self) -> Iterator[Decimal]:
        """Every number the series can take."""
        if self.constant is not None:
            yield self.constant
        yield from (self.steps or {}).values()
        yield from (self.daily or {}).values()


def _series_at_least_zero(value: Series) -> Series:
    if any(number < 0 for number in value.numbers()):
        raise ValueError("a capacity below zero; at least 0")
    return value


def _series_limited(value: Series) -> Series:
    if value.unlimited:
        raise ValueError("a price cannot be unlimited; write a number")
    return value


Capacity = Annotated[Series, AfterValidator(_series_at_least_zero)]
Price = Annotated[Series, AfterValidator(_series_limited)]


class Maintenance(Noun):
    """A window in which a pool has less capacity: none, or what `capacity` leaves of the resources it names."""

    from_: Instant = Field(alias="from")
    to: Instant
    capacity: dict[Name, NotNegative] | None = Field(default=None, description="what is left; nothing when absent")

    @model_validator(mode="after")
    def _some_window(self) -> Maintenance:
        if self.to <= self.from_:
            raise ValueError("'to' is not after 'from'")
        return self


class Pool(Noun):
    """Resources that are bought, owned or rented together, at one place and one price list."""

    id: Name
    capacity: dict[Name, Capacity] = Field(min_length=1, description="units of each resource")
    price: dict[Name, Price] = Field(default={}, description="money per unit and hour")
    maintenance: tuple[Maintenance, ...] = Field(default=(), strict=False)
    labels: tuple[Name, ...] = Field(default=(), strict=False)
    device_memory: Positive | None = Field(default=None, description="memory of one device, for `work.memory`")


class After(Noun):
    """A task that must have ended, `lag` earlier, before this one starts."""

    task: Name
    lag: Lag = 0

    @model_validator(mode="before")
    @classmethod
    def _from_name(cls, value: object) -> object:
        return {"task": value} if isinstance(value, str) else value

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: Any, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {
            "anyOf": [
                {"type": "string", "description": "the task's id"},
                handler.resolve_ref_schema(handler(core_schema)),
            ]
        }


class Needs(Noun):
    """What a pool or an option must have to be allowed for a task."""

    labels: tuple[Name, ...] = Field(default=(), strict=False)
    quality: NotNegative = Decimal(0)


class Option(Noun):
    """One way to run a task (a mode): where, on what, for how long, at what fixed cost."""

    id: Name | None = None
    pool: Name
    uses: dict[Name, NotNegative] = {}
    duration: Duration
    cost: Amount = Field(default=Decimal(0), description="fixed cost, beside the price of what it uses")
    variant: Name | None = None
    quality: NotNegative = Decimal(1)


class Variant(Noun):
    """A form of the model (full, quantised, pruned): factors on speed and memory, and its quality."""

    speed: Positive = Decimal(1)
    quality: NotNegative = Decimal(1)
    memory: Positive = Decimal(1)


class Profile(Noun):
    """How a kind of work runs: shared by tasks through `work.profile`, or written in `work` itself.

    `speed` says per pool how fast one device is against the reference device (1.0), or gives the
    whole curve {devices: speed}; `devices` is the scaling curve for pools with a single number.
    """

    speed: dict[Name, Speed] | None = None
    devices: Curve | None = None
    device: Name | None = Field(default=None, description="the resource that is counted; gpu unless told")
    per_device: dict[Name, NotNegative] | None = Field(default=None, description="other resources for each device")
    uses: dict[Name, NotNegative] | None = Field(default=None, description="resources whatever the device count")
    variants: dict[Name, Variant] | None = None
    memory: Positive | None = Field(default=None, description="device memory the model needs in all, before variants")


class Work(Profile):
    """An amount of work from which the options are made: variant x pool x device count."""

    hours: Positive = Field(description="on one reference device (speed 1.0)")
    profile: Name | None = None
    cost: Amount = Field(default=Decimal(0), description="fixed cost of every option made")


class Task(Noun):
    """Something to run once (or `copies` times), in exactly one of its options."""

    id: Name
    copies: Annotated[int, Field(strict=True, ge=1, le=MAX_COPIES)] = 1
    release: Instant | None = None
    deadline: Instant | None = Field(default=None, description="hard: no plan ends the task later")
    due: Instant | None = Field(default=None, description="soft: each hour past it costs late_cost")
    late_cost: NotNegative | None = Field(default=None, description="money per hour late")
    value: Amount | None = Field(default=None, description="money earned by running it (each copy)")
    optional: bool = Field(default=False, description="may be left out; its value is then not earned")
    after: tuple[After, ...] = Field(default=(), strict=False)
    needs: Needs = Needs()
    options: tuple[Option, ...] = Field(default=(), strict=False)
    work: Work | None = None

    @model_validator(mode="after")
    def _consistent(self) -> Task:
        if not self.options and self.work is None:
            raise ValueError("no way to run the task; give it options or work")
        if (self.due is None) != (self.late_cost is None):
            raise ValueError("due and late_cost go together; one of them is missing")
        if self.optional and self.value is None:
            raise ValueError("an optional task needs a value; without one it would never run")
        if self.release is not None and self.deadline is not None and self.deadline <= self.release:
            raise ValueError("the deadline is not after the release")
        return self


class Instance(Noun):
    """A whole planning problem in the user's own words and units."""

    leptonopt: Literal[1] = Field(default=1, description="version of the format")
    name: Name = "unnamed"
    description: str = ""
    source: str = Field(default="", description="where the figures come from, and their licence")
    currency: Name = "USD"
    time: Time
    pools: tuple[Pool, ...] = Field(min_length=1, strict=False)
    profiles: dict[Name, Profile] = {}
    tasks: tuple[Task, ...] = Field(min_length=1, strict=False)

    @model_validator(mode="after")
    def _references(self) -> Instance:
        if findings := cross_findings(self.time, self.pools, self.profiles, self.tasks):
            raise PydanticCustomError("references", "references", {"findings": findings})
        return self

    def document(self) -> dict[str, Any]:
        """The instance as a plain tree, as a native file would state it (numbers as Decimal)."""
        return {"leptonopt": 1, **self.model_dump(by_alias=True, exclude_defaults=True)}


def replace(instance: Instance, **changes: Any) -> Instance:
    """A new, validated instance with some top-level parts changed.

    Raises `pydantic.ValidationError` when the result is not valid.
    """
    return Instance.model_validate({**{name: getattr(instance, name) for name in Instance.model_fields}, **changes})


# --- what no single noun can see: names that must be unique, references, cycles, the time grid ----


def cross_findings(
    time: Time | None, pools: Sequence[Pool | None], profiles: dict[str, Profile], tasks: Sequence[Task | None]
) -> list[Finding]:
    """Everything wrong between the parts; parts that are None were wrong in themselves and are passed over."""
    known_pools = {pool.id: pool for pool in pools if pool}
    whole = None not in pools
    found = [*_duplicates("pools", pools), *_duplicates("tasks", tasks)]
    for at, pool in enumerate(pools):
        if pool:
            found += _pool_findings(("pools", at), pool, time)
    for name, profile in profiles.items():
        found += _work_findings(("profiles", name), profile, known_pools if whole else None)
    known_tasks = {task.id for task in tasks if task} if None not in tasks else None
    for at, task in enumerate(tasks):
        if task:
            found += _task_findings(("tasks", at), task, known_pools if whole else None, profiles, known_tasks)
    return found or _cycles([task for task in tasks if task])


def _duplicates(kind: str, nouns: Sequence[Pool | Task | None]) -> Iterator[Finding]:
    first: dict[str, int] = {}
    for at, noun in enumerate(nouns):
        if noun and (before := first.setdefault(noun.id, at)) != at:
            yield Finding(f"the id {noun.id!r} stands already at {kind}[{before}]; ids are unique", (kind, at, "id"))


def _unknown(kind: str, name: str, known: Iterable[str]) -> str:
    from difflib import get_close_matches

    names = sorted(known)
    if close := get_close_matches(name, names, 1):
        return f"there is no {kind} {name!r}; did you mean {close[0]!r}?"
    shown = ", ".join(repr(other) for other in names[:8]) + (", …" if len(names) > 8 else "")
    return f"there is no {kind} {name!r}; known are {shown or 'none'}"


def _pool_findings(path: Path, pool: Pool, time: Time | None) -> Iterator[Finding]:
    for key in ("capacity", "price"):
        for name, series in getattr(pool, key).items():
            if name not in pool.capacity:
                yield Finding(_unknown("resource", name, pool.capacity), (*path, key, name))
            if time and series.steps and min(series.steps) > time.start:
                yield Finding(
                    f"the first step is after the start of the horizon, {units.instant_text(time.start)}; "
                    "say what holds before it",
                    (*path, key, name, "steps"),
                )
    for at, window in enumerate(pool.maintenance):
        for name in window.capacity or ():
            if name not in pool.capacity:
                yield Finding(_unknown("resource", name, pool.capacity), (*path, "maintenance", at, "capacity", name))


def _task_findings(
    path: Path, task: Task, pools: dict[str, Pool] | None, profiles: dict[str, Profile], tasks: set[str] | None
) -> Iterator[Finding]:
    for at, after in enumerate(task.after):
        if tasks is not None and after.task not in tasks:
            yield Finding(_unknown("task", after.task, tasks), (*path, "after", at))
    ids: set[str] = set()
    for at, option in enumerate(task.options):
        place = (*path, "options", at)
        if option.id is not None and option.id in ids:
            yield Finding(f"the option id {option.id!r} stands twice in this task", (*place, "id"))
        ids.add(option.id or "")
        if pools is None:
            continue
        if option.pool not in pools:
            yield Finding(_unknown("pool", option.pool, pools), (*place, "pool"))
            continue
        for name in option.uses:
            if name not in pools[option.pool].capacity:
                yield Finding(_unknown("resource", name, pools[option.pool].capacity), (*place, "uses", name))
    if task.work:
        yield from _work_findings((*path, "work"), task.work, pools)
        yield from _whole_work((*path, "work"), task.work, profiles, pools)


def _work_findings(path: Path, work: Profile, pools: dict[str, Pool] | None) -> Iterator[Finding]:
    for pool in work.speed or () if pools is not None else ():
        if pool not in pools:  # type: ignore[operator]
            yield Finding(_unknown("pool", pool, pools or ()), (*path, "speed", pool))


def _whole_work(
    path: Path, work: Work, profiles: dict[str, Profile], pools: dict[str, Pool] | None
) -> Iterator[Finding]:
    if work.profile is not None and work.profile not in profiles:
        yield Finding(_unknown("profile", work.profile, profiles), (*path, "profile"))
        return
    whole = merged_work(work, profiles)
    if not whole.speed:
        yield Finding("no speed; say per pool how fast one device is", (*path, "speed"))
    for pool in whole.speed or () if pools is not None else ():
        if pool not in pools:  # type: ignore[operator]
            continue
        resources = {whole.device or "gpu", *(whole.per_device or ()), *(whole.uses or ())}
        for name in sorted(resources - set(pools[pool].capacity)):  # type: ignore[index]
            yield Finding(f"pool {pool!r} has no resource {name!r}, which this work uses there", path)


def merged_work(work: Work, profiles: dict[str, Profile]) -> Work:
    """The work with what its profile adds; what the work states itself wins, key by key."""
    if work.profile is None:
        return work
    base = profiles[work.profile]
    return work.model_copy(
        update={name: getattr(base, name) for name in Profile.model_fields if getattr(work, name) is None}
    )


def _cycles(tasks: Sequence[Task]) -> list[Finding]:
    from graphlib import CycleError, TopologicalSorter

    graph = {task.id: [after.task for after in task.after] for task in tasks}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        ring = list(reversed(error.args[1]))
        index = {task.id: at for at, task in enumerate(tasks)}
        return [
            Finding(
                f"the tasks wait for each other in a circle: {' after '.join(ring)}", ("tasks", index[ring[0]], "after")
            )
        ]
    return []


def findings_of(error: Any) -> list[Finding]:
    """The findings of a `pydantic.ValidationError`, in this project's words."""
    found: list[Finding] = []
    items = error.errors(include_url=False)
    # A list counts as empty when none of its entries is valid; only the entries' own errors help then.
    items = [item for item in items if item["type"] != "too_short" or not item.get("input")]
    for item in items:
        if "findings" in (context := item.get("ctx") or {}):
            found += context["findings"]
        else:
            path = tuple(step for step in item["loc"] if step not in _INNER)
            found.append(Finding(_message(item), path))
    return found


# Steps of pydantic's places that are ours, not the user's: a series written as a bare number, keys of mappings.
_INNER = {"constant", "unlimited", "[key]"}


# Where a noun stands in a document: the key that holds it, and the class whose keys are allowed there.
_AT: dict[str | int, type[Noun]] = {
    "time": Time, "pools": Pool, "tasks": Task, "options": Option, "work": Work, "variants": Variant, "after": After,
    "needs": Needs, "maintenance": Maintenance, "profiles": Profile,
}  # fmt: skip


def _unknown_key(place: Path) -> str:
    from difflib import get_close_matches

    *above, key = place
    noun: type[Noun] = next((_AT[step] for step in reversed(above) if step in _AT), Instance)
    keys = [field.alias or name for name, field in noun.model_fields.items()]
    close = get_close_matches(str(key), keys, 1)
    return "is not a key that is known here; " + (
        f"did you mean {close[0]!r}?" if close else f"allowed are {', '.join(keys)}"
    )


def _message(item: Any) -> str:
    kind, value = item["type"], item.get("input")
    shown = repr(value) if len(repr(value)) <= 60 else repr(value)[:57] + "..."
    match kind:
        case "missing":
            return "is missing"
        case "extra_forbidden":
            return _unknown_key(item["loc"])
        case "value_error":
            return str(item["ctx"]["error"])
        case "literal_error":
            return f"{shown} is not allowed; {item['ctx']['expected']}"
        case "bool_type":
            return f"{shown} is not true or false"
        case "string_type":
            return f"{shown} is not a text"
        case "tuple_type":
            return f"{shown} is not a list"
        case "dict_type" | "model_type" | "model_attributes_type":
            return f"{shown} is not a mapping of keys to values"
        case "int_type" | "int_from_float":
            return f"{shown} is not a whole number"
        case "too_short":
            return "is empty; at least one entry"
    return f"{item['msg'][0].lower()}{item['msg'][1:]} (not {shown})"


def validated(document: dict[str, Any]) -> Instance:
    """An instance from a plain tree; all findings at once.

    Raises
    ------
    InstanceError
        With every finding, each at its path (lines are added by `leptonopt.read`).
    """
    from pydantic import ValidationError

    try:
        return Instance.model_validate(document)
    except ValidationError as error:
        found = findings_of(error)
        if not any("findings" in (item.get("ctx") or {}) for item in error.errors(include_url=False)):
            found += _cross_of_partial(document)
        raise InstanceError(found) from None


def _cross_of_partial(document: Any) -> list[Finding]:
    """Cross findings of a document some of whose parts are wrong in themselves."""
    from pydantic import ValidationError

    def each(kind: type[Noun], values: Any) -> list[Any]:
        return [one(kind, value) for value in values] if isinstance(values, list | tuple) else [None]

    def one(kind: type[Noun], value: Any) -> Any:
        try:
            return kind.model_validate(value)
        except ValidationError:
            return None

    if not isinstance(document, dict):
        return []
    given = document.get("profiles")
    profiles = {name: one(Profile, value) for name, value in given.items()} if isinstance(given, dict) else {}
    if None in profiles.values():
        return []
    return cross_findings(
        one(Time, document.get("time")), each(Pool, document.get("pools")), profiles, each(Task, document.get("tasks"))
    )


def instance_schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of native instance files."""
    import warnings

    with warnings.catch_warnings():
        # pydantic warns that defaults are written as texts; `_as_written` puts that right.
        warnings.simplefilter("ignore", UserWarning)
        schema = Instance.model_json_schema(by_alias=True)
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "leptonopt instance"}
    return {**head, **_as_written(schema), "title": "leptonopt instance"}


def _as_written(schema: Any) -> Any:
    """Defaults as a file would state them: durations as texts, numbers as numbers; no generated titles."""
    if isinstance(schema, list):
        return [_as_written(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    made = {key: _as_written(part) for key, part in schema.items() if key != "title" or isinstance(part, dict)}
    if made.get("type") == "string" and isinstance(made.get("default"), int):
        made["default"] = units.duration_text(made["default"])
    elif made.get("type") == "number" and isinstance(made.get("default"), str):
        made["default"] = int(made["default"])
    return made
