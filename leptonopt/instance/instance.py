"""The nouns of an instance: time grid, pools with their nodes, tasks with their options, quotas.

Valid once they exist, never mutated. What no single noun can see (references between them) is checked
by `leptonopt.instance.cross_checks`.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import Field, GetJsonSchemaHandler, field_validator, model_validator
from pydantic_core import PydanticCustomError, PydanticSerializationError

from leptonopt.errors import Finding, InstanceError, Path
from leptonopt.instance import units
from leptonopt.instance.fields import (
    MAX_NODES,
    Amount,
    ByName,
    Capacity,
    Count,
    Curve,
    Duration,
    Instant,
    Lag,
    Many,
    Name,
    NotNegative,
    Positive,
    Price,
    Rate,
    SomeByName,
    Speed,
    StrictModel,
    Zone,
)

MAX_SLOTS = 200_000
MAX_COPIES = 1_000_000
MAX_YEAR = 9000  # in which a horizon begins; its end has a date, too
POWER = "power"  # the resource of pools that draw electricity, in kW


def nothing(description: str | None = None) -> Any:
    """A mapping that is empty unless told; made anew each time, which is quicker than copying one."""
    return Field(default_factory=dict, description=description, json_schema_extra={"default": {}})


class Time(StrictModel):
    """The time grid: `horizon` cut into slots of equal length; all of it computed in UTC."""

    start: Instant
    slot: Duration = 3600
    horizon: Duration
    zone: Zone = Field(default="UTC", description="zone of daily tariffs and of the report")

    @property
    def slots(self) -> int:
        """Number of slots in the horizon."""
        return self.horizon // self.slot

    @field_validator("start")
    @classmethod
    def _room_for_a_horizon(cls, start: datetime) -> datetime:
        if start.year > MAX_YEAR:
            raise ValueError(f"a start in the year {start.year}; at most {MAX_YEAR}")
        return start

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


class Maintenance(StrictModel):
    """A window in which a pool has less capacity: none, or what `capacity` leaves of the resources it names."""

    from_: Instant = Field(alias="from")
    to: Instant
    capacity: ByName[NotNegative] | None = Field(default=None, description="what is left; nothing when absent")

    @model_validator(mode="after")
    def _some_window(self) -> Maintenance:
        if self.to <= self.from_:
            raise ValueError("'to' is not after 'from'")
        return self


class Commit(StrictModel):
    """Nodes taken for the whole horizon, used or not, at a price of their own; how many is decided by the solver."""

    price: NotNegative | None = Field(default=None, description="money per node and hour of the horizon")
    total: NotNegative | None = Field(default=None, description="money per node for the whole horizon")
    max: Annotated[int, Field(strict=True, ge=0, le=MAX_NODES)] | None = Field(
        default=None, description="how many at most; as many as there are nodes when absent"
    )

    @model_validator(mode="before")
    @classmethod
    def _from_number(cls, value: object) -> object:
        return {"price": value} if isinstance(value, int | float | Decimal) and not isinstance(value, bool) else value

    @model_validator(mode="after")
    def _one_price(self) -> Commit:
        if (self.price is None) == (self.total is None):
            raise ValueError("a commitment has either a price (per node-hour) or a total (for the whole horizon)")
        return self


class NodeKind(StrictModel):
    """Nodes of a size that are rented whole: machines, or single units of a resource."""

    id: Name | None = None
    size: ByName[Positive] = Field(min_length=1, description="what a node offers of each resource")
    count: Count = Field(description="nodes there can be on at a time, whoever pays for them")
    price: Rate | None = Field(
        default=None, description="money per node and hour on demand; none on demand when absent"
    )
    startup: NotNegative = Field(default=Decimal(0), description="money for switching a node on")
    shutdown: NotNegative = Field(default=Decimal(0), description="money for switching a node off")
    boot: Lag = Field(default=0, description="from switched on to usable")
    minimum: Lag = Field(default=0, description="a node that is switched on stays on, and is paid, at least so long")
    power: NotNegative = Field(default=Decimal(0), description="kW that a node draws while it is on, idle or not")
    commit: Commit | None = None
    reserved: Annotated[int, Field(strict=True, ge=0, le=MAX_NODES)] = Field(
        default=0, description="nodes that are paid already"
    )

    @property
    def most(self) -> int:
        """The greatest number of nodes there are at any time."""
        return int(max(self.count.numbers()))

    @property
    def commit_max(self) -> int:
        """How many nodes can be committed."""
        if self.commit is None:
            return 0
        return self.most if self.commit.max is None else self.commit.max


class Pool(StrictModel):
    """Resources that are bought, owned or rented together, at one place and one price list."""

    id: Name
    capacity: ByName[Capacity] = nothing("units of each resource that is not in nodes")
    nodes: Many[NodeKind] = Field(default=(), description="nodes rented whole, by kind")
    price: ByName[Price] = nothing("money per unit and hour; of power per kWh")
    power: ByName[NotNegative] = nothing("kW that a unit of a resource draws in use")
    carbon: Rate | None = Field(default=None, description="grams of CO2 per kWh")
    sunk: NotNegative = Field(default=Decimal(0), description="money per hour that is spent whatever the plan")
    interruptions: Rate | None = Field(default=None, description="expected interruptions per hour of a running task")
    maintenance: Many[Maintenance] = ()
    labels: Many[Name] = ()
    device_memory: Positive | None = Field(default=None, description="memory of one device, for `work.memory`")

    @field_validator("nodes", mode="before")
    @classmethod
    def _one_or_more(cls, value: object) -> object:
        return [value] if isinstance(value, dict | NodeKind) else value

    @model_validator(mode="after")
    def _some_resource(self) -> Pool:
        if not self.capacity and not self.nodes:
            raise ValueError("a pool without resources; give it capacity or nodes")
        twice = sorted(set(self.capacity) & {name for kind in self.nodes for name in kind.size})
        if twice:
            raise ValueError(
                f"the resource {twice[0]!r} stands in capacity and in the size of nodes; it is one or the other"
            )
        names = [name for name, _ in self.kinds]
        if len(set(names)) < len(names):
            raise ValueError("two kinds of nodes have the same id")
        return self

    @property
    def kinds(self) -> list[tuple[str, NodeKind]]:
        """The kinds of nodes with their names."""
        many = len(self.nodes) > 1
        return [(kind.id or (f"{self.id}-{at}" if many else self.id), kind) for at, kind in enumerate(self.nodes, 1)]

    @cached_property
    def resources(self) -> tuple[str, ...]:
        """Names of all resources: of the capacity, then of nodes, then power where it counts."""
        names = dict.fromkeys([*self.capacity, *self.of_nodes])
        if self.powered:
            names.setdefault(POWER)
        return tuple(names)

    @cached_property
    def of_nodes(self) -> tuple[str, ...]:
        """Names of the resources that nodes hold, if there are any nodes or none."""
        return tuple(dict.fromkeys(name for kind in self.nodes for name in kind.size))

    @cached_property
    def powered(self) -> bool:
        """Whether what the pool draws counts."""
        stated = POWER in self.price or POWER in self.capacity or bool(self.power) or self.carbon is not None
        return stated or any(kind.power for kind in self.nodes)


class After(StrictModel):
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


class Needs(StrictModel):
    """What a pool or an option must have, or must not, to be allowed for a task."""

    labels: Many[Name] = ()
    without: Many[Name] = Field(default=(), description="labels the pool must not have")
    quality: NotNegative = Decimal(0)


class Checkpoint(StrictModel):
    """How a task saves its progress against interruptions."""

    every: Duration | None = Field(
        default=None, description="work between two checkpoints; Young's interval when absent"
    )
    cost: Lag = Field(default=0, description="time that one checkpoint takes")
    restart: Lag = Field(default=0, description="time from an interruption until work goes on")


class Option(StrictModel):
    """One way to run a task (a mode): where, on what, for how long, at what fixed cost.

    With `pools` it is a way on each of them, all alike.
    """

    id: Name | None = None
    pool: Name | None = None
    pools: Many[Name] = Field(default=(), description="several pools, instead of pool")
    uses: ByName[NotNegative] = nothing()
    nodes: Annotated[int, Field(strict=True, ge=1, le=1000)] | None = Field(
        default=None, description="whole nodes, for this task alone"
    )
    consumes: ByName[NotNegative] = nothing("amounts used up once, for quotas")
    duration: Duration
    cost: Amount = Field(default=Decimal(0), description="fixed cost, beside the price of what it uses")
    variant: Name | None = None
    quality: NotNegative = Decimal(1)

    @property
    def where(self) -> tuple[str, ...]:
        """The pools."""
        return self.pools if self.pool is None else (self.pool,)

    @model_validator(mode="after")
    def _somewhere(self) -> Option:
        if (self.pool is None) == (not self.pools):
            raise ValueError("an option has either a pool or several pools")
        if len(set(self.pools)) < len(self.pools):
            raise ValueError("an option names a pool twice")
        return self


class Variant(StrictModel):
    """A form of the model (full, quantised, pruned): factors on speed and memory, and its quality."""

    speed: Positive = Decimal(1)
    quality: NotNegative = Decimal(1)
    memory: Positive = Decimal(1)


class Profile(StrictModel):
    """How a kind of work runs: shared by tasks through `work.profile`, or written in `work` itself.

    `speed` says per pool how fast one device is against the reference device (1.0), or gives the
    whole curve {devices: speed}; `devices` is the scaling curve for pools with a single number.
    """

    speed: SomeByName[Speed] | None = None
    devices: Curve | None = None
    device: Name | None = Field(default=None, description="the resource that is counted; gpu unless told")
    per_device: ByName[NotNegative] | None = Field(default=None, description="other resources for each device")
    uses: ByName[NotNegative] | None = Field(default=None, description="resources whatever the device count")
    variants: SomeByName[Variant] | None = None
    memory: Positive | None = Field(default=None, description="device memory the model needs in all, before variants")


class Work(Profile):
    """An amount of work from which the options are made: variant x pool x device count."""

    hours: Positive = Field(description="on one reference device (speed 1.0)")
    profile: Name | None = None
    cost: Amount = Field(default=Decimal(0), description="fixed cost of every option made")


class Task(StrictModel):
    """Something to run once (or `copies` times), in exactly one of its options."""

    id: Name
    copies: Annotated[int, Field(strict=True, ge=1, le=MAX_COPIES)] = 1
    team: Name | None = None
    release: Instant | None = None
    deadline: Instant | None = Field(default=None, description="hard: no plan ends the task later")
    due: Instant | None = Field(default=None, description="soft: past it late_cost and late_penalty are paid")
    late_cost: NotNegative | None = Field(default=None, description="money per hour late")
    late_penalty: NotNegative | None = Field(default=None, description="money, once, for being late at all")
    on_time: Positive | None = Field(default=None, description="probability of meeting the deadline, on spot pools")
    value: Amount | None = Field(default=None, description="money earned by running it (each copy)")
    optional: bool = Field(default=False, description="may be left out; its value is then not earned")
    after: Many[After] = ()
    needs: Needs = Needs()
    confidential: bool = Field(default=False, description="runs only on pools labelled `confidential`")
    placement: Literal["span", "one-node"] = Field(default="span", description="one-node: within a single node")
    checkpoint: Checkpoint | None = None
    options: Many[Option] = ()
    work: Work | None = None

    @model_validator(mode="after")
    def _consistent(self) -> Task:
        if not self.options and self.work is None:
            raise ValueError("no way to run the task; give it options or work")
        if (self.due is None) != (self.late_cost is None and self.late_penalty is None):
            raise ValueError("due goes together with late_cost or late_penalty; one of them is missing")
        if self.optional and self.value is None:
            raise ValueError("an optional task needs a value; without one it would never run")
        if self.release is not None and self.deadline is not None and self.deadline <= self.release:
            raise ValueError("the deadline is not after the release")
        if self.on_time is not None and (self.deadline is None or self.on_time >= 1):
            raise ValueError("on_time is a probability below 1, of meeting the deadline that the task must then have")
        return self


class Objective(StrictModel):
    """What is minimised: `cost` times the money, plus `carbon_kg` times the kilograms of CO2."""

    cost: NotNegative = Decimal(1)
    carbon_kg: NotNegative = Field(default=Decimal(0), description="money per kg of CO2")

    @model_validator(mode="after")
    def _something(self) -> Objective:
        if not self.cost and not self.carbon_kg:
            raise ValueError("an objective of nothing; give cost or carbon_kg a weight above 0")
        return self


class Quota(StrictModel):
    """A limit on what some tasks use on some pools: over the horizon, on every day, or at any moment."""

    id: Name
    of: Name = Field(description="money, energy (kWh), carbon (kg), a resource (unit-hours), or what options consume")
    limit: NotNegative
    per: Literal["horizon", "day", "moment"] = "horizon"
    tasks: Many[Name] | None = Field(default=None, description="ids; all tasks when absent")
    teams: Many[Name] | None = None
    pools: Many[Name] | None = None

    def covers(self, task: Task) -> bool:
        """Whether a task counts."""
        return (self.tasks is None or task.id in self.tasks) and (self.teams is None or task.team in self.teams)

    @property
    def whole(self) -> bool:
        """Whether all tasks count, so that what they share counts as well."""
        return self.tasks is None and self.teams is None


class Instance(StrictModel):
    """A whole planning problem in the user's own words and units."""

    leptonopt: Literal[1] = Field(default=1, description="version of the format")
    name: Name = "unnamed"
    description: str = ""
    source: str = Field(default="", description="where the figures come from, and their licence")
    currency: Name = "USD"
    time: Time
    objective: Objective = Objective()
    pools: Many[Pool] = Field(min_length=1)
    profiles: ByName[Profile] = nothing()
    tasks: Many[Task] = Field(min_length=1)
    quotas: Many[Quota] = ()
    together: Many[Many[Name]] = Field(default=(), description="tasks that share a pool")
    apart: Many[Many[Name]] = Field(default=(), description="tasks on different pools")

    @field_validator("leptonopt", mode="before")
    @classmethod
    def _a_number(cls, value: object) -> object:
        if isinstance(value, bool):  # which equals 1 where it is true
            raise ValueError(f"{str(value).lower()} is not allowed; 1")
        return value

    @model_validator(mode="after")
    def _references(self) -> Instance:
        from leptonopt.instance.cross_checks import cross_findings

        sets = {"together": self.together, "apart": self.apart}
        if findings := cross_findings(self.time, self.pools, self.profiles, self.tasks, self.quotas, sets):
            raise PydanticCustomError("references", "references", {"findings": findings})
        return self

    def document(self) -> dict[str, Any]:
        """The instance as a plain tree, as a native file would state it (numbers as Decimal).

        Raises `InstanceError` for one that was changed to what no file can state.
        """
        try:
            return {"leptonopt": 1, **_plain(self)}
        except PydanticSerializationError as error:
            raise InstanceError(list(_unstatable(self)) or [Finding(_said(error))]) from None


def _plain(noun: StrictModel) -> dict[str, Any]:
    return noun.model_dump(by_alias=True, exclude_defaults=True, warnings=False)


def _unstatable(instance: Instance) -> Iterator[Finding]:
    """The parts of an instance that no file can state."""
    for key in Instance.model_fields:
        value = getattr(instance, key, None)
        parts: dict[Path, object] = {(key,): value}
        if isinstance(value, list | tuple):
            parts = {(key, at): part for at, part in enumerate(value)}
        for place, part in parts.items():
            if isinstance(part, StrictModel):
                try:
                    _plain(part)
                except PydanticSerializationError as error:
                    yield Finding(_said(error), place)


def _said(error: PydanticSerializationError) -> str:
    return f"was changed to what no file can state ({str(error)[:100]}); build an instance anew instead"


def replace(instance: Instance, **changes: Any) -> Instance:
    """A new, validated instance with some top-level parts changed.

    Raises `pydantic.ValidationError` when the result is not valid.
    """
    return Instance.model_validate({**{name: getattr(instance, name) for name in Instance.model_fields}, **changes})


def merged_work(work: Work, profiles: dict[str, Profile]) -> Work:
    """The work with what its profile adds; what the work states itself wins, key by key."""
    if work.profile is None:
        return work
    base = profiles[work.profile]
    return work.model_copy(
        update={name: getattr(base, name) for name in Profile.model_fields if getattr(work, name) is None}
    )
