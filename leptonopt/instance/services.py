"""Define services: a demand, the ways to run a replica that serves it, and offline requests."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import AfterValidator, Field, GetJsonSchemaHandler, PlainValidator, model_serializer, model_validator

from leptonopt.instance import units
from leptonopt.instance.fields import (
    MAX_NODES,
    ByName,
    Count,
    Instant,
    Lag,
    Many,
    Name,
    NotNegative,
    Rate,
    Series,
    SomeByName,
    StrictModel,
    empty_mapping,
)
from leptonopt.instance.tasks import Needs

if TYPE_CHECKING:
    from typing import Unpack

    from leptonopt.instance.documents import (
        BatchDocument,
        DemandDocument,
        MissedDocument,
        ServiceDocument,
        SpreadDocument,
        StartDocument,
        WayDocument,
    )


def _share(value: Decimal) -> Decimal:
    if not 0 <= value < 1:
        raise ValueError(f"{value} is not a share; at least 0 and below 1")
    return value


_SHARE_SCHEMA = {"type": "number", "minimum": 0, "exclusiveMaximum": 1}
Share = Annotated[Decimal, PlainValidator(units.amount), AfterValidator(_share), Field(json_schema_extra=_SHARE_SCHEMA)]
Replicas = Annotated[int, Field(strict=True, ge=0, le=MAX_NODES)]


def _quantile(value: Decimal) -> Decimal:
    if not 0 < value <= 1:
        raise ValueError(f"{value} is not a quantile; above 0 and at most 1")
    return value


_QUANTILE_SCHEMA = {"type": "number", "exclusiveMinimum": 0, "maximum": 1}
Quantile = Annotated[
    Decimal, PlainValidator(units.amount), AfterValidator(_quantile), Field(json_schema_extra=_QUANTILE_SCHEMA)
]
MAX_SAMPLES = 1000
MAX_SPARE = 10


class Demand(StrictModel):
    """Requests per second by class, a rate and the mix of classes, or a quantile of samples.

    In a file it is either `{CLASS: number that may change over time}`, or `{rate: such a number, mix: {CLASS: share}}`,
    whose shares may change over time and sum to 1 at every instant, or `{quantile: share, samples: [demand, ...]}`.
    """

    if TYPE_CHECKING:

        def __init__(self, **given: Unpack[DemandDocument]) -> None: ...

    classes: SomeByName[Rate] | None = Field(default=None, alias="[classes]")  # no key of its own in a file
    rate: Rate | None = None
    mix: SomeByName[Rate] | None = None
    quantile: Quantile | None = None
    samples: Many[Demand] | None = None

    @model_validator(mode="before")
    @classmethod
    def _either(cls, value: object) -> object:
        if isinstance(value, Demand):
            return {field.alias or name: getattr(value, name) for name, field in cls.model_fields.items()}
        if not isinstance(value, dict):
            return value
        for pair in (("rate", "mix"), ("quantile", "samples")):
            stated = [key for key in pair if key in value]
            if len(stated) == 1:
                other = next(key for key in pair if key not in stated)
                whole = f"{{{pair[0]}: …, {pair[1]}: …}}"
                raise ValueError(f"{stated[0]!r} without {other!r}; write {whole} or {{CLASS: number}}")
            if stated:
                return value
        return {"[classes]": value}

    @model_validator(mode="after")
    def _samples_of_demands(self) -> Demand:
        if self.samples is None:
            return self
        if not 1 <= len(self.samples) <= MAX_SAMPLES:
            raise ValueError(f"{len(self.samples):,} samples; 1 to {MAX_SAMPLES:,} are allowed")
        if any(sample.samples is not None for sample in self.samples):
            raise ValueError("a sample has samples of its own; {CLASS: number} or {rate: …, mix: …} are allowed")
        if self.mix is not None:
            raise ValueError("both 'samples' and 'mix'; either is allowed")
        return self

    @model_serializer
    def _as_written(self) -> Any:
        if self.samples is not None:
            return {"quantile": self.quantile, "samples": self.samples}
        return self.classes if self.mix is None else {"rate": self.rate, "mix": self.mix}

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: Any, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        fields = handler.resolve_ref_schema(handler(core_schema))["properties"]
        rate, mix, classes = (_only(fields[name]) for name in ("rate", "mix", "[classes]"))
        both = {"type": "object", "properties": {"rate": rate, "mix": mix}, "required": ["rate", "mix"]}
        quantile, samples = (_only(fields[name]) for name in ("quantile", "samples"))
        of: dict[str, Any] = {"type": "object", "required": ["quantile", "samples"], "additionalProperties": False}
        of["properties"] = {"quantile": quantile, "samples": {**samples, "minItems": 1}}
        neither = {"not": {"anyOf": [{"required": [name]} for name in ("rate", "mix", "quantile", "samples")]}}
        return {
            "description": "requests per second by class, a rate and the mix of classes, or a quantile of samples",
            "anyOf": [{**both, "additionalProperties": False}, of, {**classes, **neither}],
        }

    @property
    def names(self) -> tuple[str, ...]:
        """Return the classes."""
        of_samples = dict.fromkeys(name for sample in self.samples or () for name in sample.names)
        return tuple(self.classes or self.mix or of_samples)

    def of_class(self, name: str) -> Iterator[tuple[tuple[str | int, ...], Series]]:
        """Yield the series that a class has of its own, each with its place below `demand`."""
        for at, sample in enumerate(self.samples or ()):
            yield from ((("samples", at, *below), stated) for below, stated in sample.of_class(name))
        for place, table in (((), self.classes), (("mix",), self.mix)):
            if table is not None and name in table:
                yield (*place, name), table[name]

    def series(self) -> Iterator[tuple[tuple[str | int, ...], Series]]:
        """Yield every series with its place below `demand`."""
        for at, sample in enumerate(self.samples or ()):
            yield from ((("samples", at, *below), stated) for below, stated in sample.series())
        if self.rate is not None:
            yield ("rate",), self.rate
        for name, stated in (self.mix or {}).items():
            yield ("mix", name), stated
        for name, stated in (self.classes or {}).items():
            yield (name,), stated


def _only(schema: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of an optional field without null."""
    kept: dict[str, Any] = next(part for part in schema["anyOf"] if part.get("type") != "null")
    return kept


class Start(StrictModel):
    """Switching a replica on: time until it is usable, and money."""

    if TYPE_CHECKING:

        def __init__(self, **given: Unpack[StartDocument]) -> None: ...

    takes: Lag = Field(default=0, description="from switched on, holding and paid, to usable")
    cost: NotNegative = Field(default=Decimal(0), description="money, once")


class Spread(StrictModel):
    """Zones, told by a label of each pool, of which some may be gone while what is left still serves."""

    if TYPE_CHECKING:

        def __init__(self, **given: Unpack[SpreadDocument]) -> None: ...

    label: Name = Field(description="beginning of the label that names a pool's zone, such as `zone:`")
    survive: Annotated[int, Field(strict=True, ge=1, le=10)] = Field(default=1, description="zones gone at once")


class Missed(StrictModel):
    """The price of requests that are not served."""

    if TYPE_CHECKING:

        def __init__(self, **given: Unpack[MissedDocument]) -> None: ...

    cost: NotNegative = Field(description="money per request")


class Way(StrictModel):
    """A way to run a replica: where, on what, and how many requests per second of each class it serves."""

    if TYPE_CHECKING:

        def __init__(self, **given: Unpack[WayDocument]) -> None: ...

    id: Name | None = None
    pool: Name
    uses: ByName[NotNegative] = empty_mapping("what a replica holds while it is on")
    variant: Name | None = None
    quality: NotNegative = Decimal(1)
    rate: SomeByName[NotNegative] = Field(description="requests per second of a replica that serves only that class")
    offline_rate: SomeByName[NotNegative] | None = Field(
        default=None, description="the same for requests of batches; `rate` when absent"
    )
    headroom: Share | None = Field(default=None, description="as of the service")
    start: Start | None = Field(default=None, description="as of the service")
    stay: Lag | None = Field(default=None, description="as of the service")
    limit: Count | None = Field(default=None, description="greatest number of replicas on, in this way")
    minimum: Replicas = Field(default=0, description="least number of usable replicas, in this way")
    running: Replicas | None = Field(
        default=None,
        description="replicas on, and usable, before the horizon begins; as many as the plan wants, which pay their "
        "start, when absent",
    )

    @property
    def offline(self) -> dict[str, Decimal]:
        """Return the rates for batches."""
        return self.rate if self.offline_rate is None else self.offline_rate


class Service(StrictModel):
    """A demand over time, and the ways to run the replicas that serve it."""

    if TYPE_CHECKING:

        def __init__(self, **given: Unpack[ServiceDocument]) -> None: ...

    id: Name
    team: Name | None = None
    demand: Demand
    replicas: Many[Way] = Field(min_length=1, description="ways to run a replica")
    routing: Literal["split", "whole", "one-way"] = Field(
        default="split",
        description="split: a class may be split over ways; whole: in a slot one way serves a class; "
        "one-way: all replicas are of one way",
    )
    headroom: Share = Field(default=Decimal(0), description="share of a replica's rate that is not planned")
    minimum: Replicas = Field(default=0, description="least number of usable replicas, over all ways")
    limit: Count | None = Field(default=None, description="greatest number of replicas on, over all ways")
    start: Start = Start()
    stay: Lag = Field(default=0, description="a replica that is switched on stays on at least so long")
    spread: Spread | None = None
    spare: Annotated[int, Field(strict=True, ge=0, le=MAX_SPARE)] = Field(
        default=0, description="usable replicas that may fail at once, whichever they are, while what is left serves"
    )
    missed: Missed | None = Field(default=None, description="all requests are served when absent")
    fill: bool = Field(default=True, description="whether batches may use the headroom")
    needs: Needs = Needs()
    confidential: bool = Field(default=False, description="only on pools labelled `confidential`")


class Batch(StrictModel):
    """Offline requests of a service, done at any time between release and deadline."""

    if TYPE_CHECKING:

        def __init__(self, **given: Unpack[BatchDocument]) -> None: ...

    id: Name
    service: Name
    amount: SomeByName[NotNegative] = Field(description="requests by class")
    release: Instant | None = None
    deadline: Instant | None = None
    value: NotNegative | None = Field(default=None, description="money earned by doing it")
    optional: bool = Field(default=False, description="may be left out; its value is then not earned")

    @model_validator(mode="after")
    def _consistent(self) -> Batch:
        if self.optional and self.value is None:
            raise ValueError("an optional batch needs a value; without one it would never be done")
        if self.release is not None and self.deadline is not None and self.deadline <= self.release:
            raise ValueError("the deadline is not after the release")
        return self
