"""The keys of an instance's document and the types of their values, for type checkers.

`Instance(...)` and the other nouns take these, or nouns in their place; a test compares them with the JSON schema.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Literal, NotRequired, TypedDict

from leptonopt.instance.fields import StrictModel as Noun

Number = int | float | Decimal | str  # texts carry a unit of bytes, such as `80GiB`, or are `unlimited`
Instant = str | datetime
Duration = str | timedelta
DeviceCount = int | str


class SeriesDocument(TypedDict, total=False):
    """A number that changes over time: one of these keys."""

    steps: Mapping[Any, Number]
    daily: Mapping[Any, Number]
    weekly: Mapping[Any, Number]


Series = Number | SeriesDocument | Noun


class BillingDocument(TypedDict):
    """The way in which a provider bills."""

    unit: NotRequired[Duration]
    minimum: NotRequired[Duration]


class TimeDocument(TypedDict):
    """The time grid."""

    start: Instant
    slot: NotRequired[Duration]
    horizon: Duration
    zone: NotRequired[str]


class ObjectiveDocument(TypedDict):
    """The weights of what is minimised."""

    cost: NotRequired[Number]
    carbon_kg: NotRequired[Number]
    ties: NotRequired[Sequence[str]]


class CommitDocument(TypedDict):
    """An offer to commit nodes for the whole horizon."""

    price: NotRequired[Number | None]
    total: NotRequired[Number | None]
    max: NotRequired[int | None]


class NodeKindDocument(TypedDict):
    """A kind of nodes of a pool."""

    id: NotRequired[str | None]
    size: Mapping[str, Number]
    count: Series
    price: NotRequired[Series | None]
    startup: NotRequired[Number]
    shutdown: NotRequired[Number]
    boot: NotRequired[Duration]
    minimum: NotRequired[Duration]
    minimum_off: NotRequired[Duration]
    since: NotRequired[Sequence[Instant]]
    minimum_load: NotRequired[Mapping[str, Number]]
    power: NotRequired[Number]
    commit: NotRequired[CommitDocument | Noun | Number | Sequence[Mapping[str, Any]] | None]
    reserved: NotRequired[int]
    running: NotRequired[int]
    setups: NotRequired[Mapping[str, Mapping[str, Any]]]


MaintenanceDocument = TypedDict(  # a time in which a pool has less capacity
    "MaintenanceDocument",
    {
        "from": Instant,
        "to": Instant,
        "capacity": NotRequired[Mapping[str, Number] | None],
    },
)


class PoolDocument(TypedDict):
    """A pool of resources."""

    id: str
    capacity: NotRequired[Mapping[str, Series]]
    nodes: NotRequired[NodeKindDocument | Noun | Sequence[NodeKindDocument | Noun]]
    price: NotRequired[Mapping[str, Series]]
    billing: NotRequired[BillingDocument | Noun | None]
    charge: NotRequired[Mapping[str, Series] | None]
    power: NotRequired[Mapping[str, Number]]
    carbon: NotRequired[Series | None]
    sunk: NotRequired[Number]
    interruptions: NotRequired[Series | None]
    maintenance: NotRequired[Sequence[MaintenanceDocument | Noun]]
    labels: NotRequired[Sequence[str]]
    device_memory: NotRequired[Number | None]
    target: NotRequired[Mapping[str, Mapping[str, str]]]


class VariantDocument(TypedDict):
    """A variant of a model."""

    speed: NotRequired[Number]
    quality: NotRequired[Number]
    memory: NotRequired[Number]


class ProfileDocument(TypedDict):
    """Speeds and needs that several tasks share."""

    speed: NotRequired[Mapping[str, Number | Mapping[DeviceCount, Number]] | None]
    devices: NotRequired[Mapping[DeviceCount, Number] | None]
    device: NotRequired[str | None]
    per_device: NotRequired[Mapping[str, Number] | None]
    uses: NotRequired[Mapping[str, Number] | None]
    variants: NotRequired[Mapping[str, VariantDocument | Noun] | None]
    memory: NotRequired[Number | None]


class WorkDocument(TypedDict):
    """Work from which options are made."""

    speed: NotRequired[Mapping[str, Number | Mapping[DeviceCount, Number]] | None]
    devices: NotRequired[Mapping[DeviceCount, Number] | None]
    device: NotRequired[str | None]
    per_device: NotRequired[Mapping[str, Number] | None]
    uses: NotRequired[Mapping[str, Number] | None]
    variants: NotRequired[Mapping[str, VariantDocument | Noun] | None]
    memory: NotRequired[Number | None]
    hours: Number
    profile: NotRequired[str | None]
    cost: NotRequired[Number]
    consumes: NotRequired[Mapping[str, Number]]


class AfterDocument(TypedDict):
    """A task that must have ended before."""

    task: str
    lag: NotRequired[Duration]
    most: NotRequired[Duration]
    gib: NotRequired[Number]


class NeedsDocument(TypedDict):
    """Demands on pools and options."""

    labels: NotRequired[Sequence[str]]
    without: NotRequired[Sequence[str]]
    quality: NotRequired[Number]


class CheckpointDocument(TypedDict):
    """Checkpoints on spot pools."""

    every: NotRequired[Duration | None]
    cost: NotRequired[Duration]
    restart: NotRequired[Duration]


class BegunDocument(TypedDict):
    """State what copies with segments have done before the horizon."""

    option: str
    left: NotRequired[Duration | None]
    paused: NotRequired[bool]
    shortest: NotRequired[Duration | None]
    number: NotRequired[int]


class SegmentsDocument(TypedDict):
    """The ways in which a task may be cut."""

    most: NotRequired[int]
    shortest: NotRequired[Duration | None]
    restart: NotRequired[Duration | None]
    cost: NotRequired[Number]
    move: NotRequired[bool]
    resize: NotRequired[bool]
    begun: NotRequired[BegunDocument | Noun | None]


class ResultsDocument(TypedDict):
    """Data that a task leaves."""

    gib: Number
    to: str


class OptionDocument(TypedDict):
    """A way to run a task."""

    id: NotRequired[str | None]
    pool: NotRequired[str | None]
    pools: NotRequired[Sequence[str]]
    uses: NotRequired[Mapping[str, Number]]
    nodes: NotRequired[int | None]
    consumes: NotRequired[Mapping[str, Number]]
    duration: Duration
    cost: NotRequired[Number]
    variant: NotRequired[str | None]
    quality: NotRequired[Number]
    not_before: NotRequired[Instant | None]
    not_after: NotRequired[Instant | None]


class RunDocument(TypedDict):
    """The command of a task."""

    command: str
    image: NotRequired[str | None]
    directory: NotRequired[str | None]
    environment: NotRequired[Mapping[str, str]]
    options: NotRequired[Mapping[str, str]]


class TaskDocument(TypedDict):
    """A task, or equal copies of one."""

    id: str
    copies: NotRequired[int]
    team: NotRequired[str | None]
    release: NotRequired[Instant | None]
    deadline: NotRequired[Instant | None]
    due: NotRequired[Instant | None]
    late_cost: NotRequired[Number | None]
    late_penalty: NotRequired[Number | None]
    early_cost: NotRequired[Number | None]
    setup: NotRequired[str | None]
    on_time: NotRequired[Number | None]
    value: NotRequired[Number | None]
    optional: NotRequired[bool]
    after: NotRequired[Sequence[str | AfterDocument | Noun]]
    inputs: NotRequired[Sequence[str]]
    results: NotRequired[ResultsDocument | Noun | None]
    needs: NotRequired[NeedsDocument | Noun]
    confidential: NotRequired[bool]
    placement: NotRequired[Literal["span", "one-node", "packed"]]
    checkpoint: NotRequired[CheckpointDocument | Noun | None]
    segments: NotRequired[bool | int | SegmentsDocument | Noun | None]
    options: NotRequired[Sequence[OptionDocument | Noun]]
    work: NotRequired[WorkDocument | Noun | None]
    run: NotRequired[str | RunDocument | Noun | None]
    job: NotRequired[Mapping[str, str]]
    repeat: NotRequired[Mapping[str, Any] | None]


class DemandDocument(TypedDict):
    """Requests per second as a rate and a mix of classes."""

    rate: Series
    mix: Mapping[str, Series]


class StartDocument(TypedDict):
    """The time and cost of starting a replica."""

    takes: NotRequired[Duration]
    cost: NotRequired[Number]


class SpreadDocument(TypedDict):
    """Replicas spread over a label."""

    label: str
    survive: NotRequired[int]


class MissedDocument(TypedDict):
    """The price of missed requests."""

    cost: Number


class SloDocument(TypedDict):
    """Targets of latency."""

    ttft: NotRequired[str]
    tpot: NotRequired[str]


class WayDocument(TypedDict):
    """A way to run replicas."""

    id: NotRequired[str | None]
    pool: str
    uses: NotRequired[Mapping[str, Number]]
    variant: NotRequired[str | None]
    quality: NotRequired[Number]
    rate: NotRequired[Mapping[str, Number]]
    runs: NotRequired[Sequence[Mapping[str, Any]] | None]
    offline_rate: NotRequired[Mapping[str, Number] | None]
    headroom: NotRequired[Number | None]
    start: NotRequired[StartDocument | Noun | None]
    stay: NotRequired[Duration | None]
    limit: NotRequired[Series | None]
    minimum: NotRequired[int]
    running: NotRequired[int | None]


class ServiceDocument(TypedDict):
    """A service with a demand over time."""

    id: str
    team: NotRequired[str | None]
    demand: DemandDocument | Mapping[str, Series] | Noun
    replicas: Sequence[WayDocument | Noun]
    routing: NotRequired[Literal["split", "whole", "one-way"]]
    headroom: NotRequired[Number]
    minimum: NotRequired[int]
    limit: NotRequired[Series | None]
    start: NotRequired[StartDocument | Noun]
    stay: NotRequired[Duration]
    spread: NotRequired[SpreadDocument | Noun | None]
    spare: NotRequired[int]
    slo: NotRequired[SloDocument | Noun | None]
    missed: NotRequired[MissedDocument | Noun | None]
    fill: NotRequired[bool]
    needs: NotRequired[NeedsDocument | Noun]
    confidential: NotRequired[bool]


class BatchDocument(TypedDict):
    """Offline requests of a service."""

    id: str
    service: str
    amount: Mapping[str, Number]
    release: NotRequired[Instant | None]
    deadline: NotRequired[Instant | None]
    value: NotRequired[Number | None]
    optional: NotRequired[bool]


TierDocument = TypedDict("TierDocument", {"from": NotRequired[Number], "price": Number})


class MeterDocument(TypedDict):
    """A price by tiers of what tasks use."""

    id: str
    of: str
    tiers: Sequence[TierDocument | Noun]
    minimum: NotRequired[Number]
    used: NotRequired[Number]
    per: NotRequired[Literal["horizon", "slot", "day", "week", "month", "quarter", "year"]]
    tasks: NotRequired[Sequence[str] | None]
    teams: NotRequired[Sequence[str] | None]
    pools: NotRequired[Sequence[str] | None]


class SavingsRateDocument(TypedDict):
    """The price under a savings plan of a resource of a pool, or of a kind of its nodes."""

    pool: str
    resource: NotRequired[str | None]
    kind: NotRequired[str | None]
    price: Number


class SavingsCommitDocument(TypedDict):
    """Money per hour that the solver may commit."""

    max: Number
    step: NotRequired[Number]
    term: NotRequired[Duration | None]
    start: NotRequired[Sequence[Instant]]


class SavingsPlanDocument(TypedDict):
    """Money committed per hour, for lower prices."""

    id: str
    committed: NotRequired[Number | SeriesDocument | None]
    commit: NotRequired[SavingsCommitDocument | Noun | None]
    order: NotRequired[int]
    rates: Sequence[SavingsRateDocument | Noun]


class QuotaDocument(TypedDict):
    """A limit on what tasks use."""

    id: str
    of: str
    limit: Number
    used: NotRequired[Number]
    per: NotRequired[Literal["horizon", "slot", "day", "week", "month", "quarter", "year", "moment"]]
    tasks: NotRequired[Sequence[str] | None]
    teams: NotRequired[Sequence[str] | None]
    pools: NotRequired[Sequence[str] | None]


LinkDocument = TypedDict(  # a way for data between regions
    "LinkDocument",
    {
        "from": str,
        "to": str,
        "price": NotRequired[Number],
        "gbit": NotRequired[Number | None],
        "setup": NotRequired[Duration],
    },
)


class DatasetDocument(TypedDict):
    """Data at places."""

    id: str
    gib: Number
    at: Sequence[str]


class InstanceDocument(TypedDict):
    """A whole instance."""

    leptonopt: NotRequired[Literal[1]]
    name: NotRequired[str]
    description: NotRequired[str]
    source: NotRequired[str]
    currency: NotRequired[str]
    time: TimeDocument | Noun
    objective: NotRequired[ObjectiveDocument | Noun]
    pools: Sequence[PoolDocument | Noun]
    profiles: NotRequired[Mapping[str, ProfileDocument | Noun]]
    tasks: NotRequired[Sequence[TaskDocument | Noun]]
    services: NotRequired[Sequence[ServiceDocument | Noun]]
    batches: NotRequired[Sequence[BatchDocument | Noun]]
    placement: NotRequired[Literal["span", "one-node", "packed"] | None]
    quotas: NotRequired[Sequence[QuotaDocument | Noun]]
    meters: NotRequired[Sequence[MeterDocument | Noun]]
    savings: NotRequired[Sequence[SavingsPlanDocument | Noun]]
    together: NotRequired[Sequence[Sequence[str]]]
    apart: NotRequired[Sequence[Sequence[str] | Mapping[str, Any]]]
    routes: NotRequired[Sequence[Sequence[Sequence[str]]]]
    links: NotRequired[Sequence[LinkDocument | Noun]]
    datasets: NotRequired[Sequence[DatasetDocument | Noun]]
