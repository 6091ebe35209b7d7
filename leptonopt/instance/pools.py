"""Define the time grid and the pools of an instance with their nodes."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING, Annotated

from pydantic import Field, field_validator, model_validator

from leptonopt.instance import units
from leptonopt.instance.fields import (
    MAX_NODES,
    ByName,
    Capacity,
    Count,
    Duration,
    Instant,
    Lag,
    Many,
    Name,
    NotNegative,
    Positive,
    Price,
    Rate,
    StrictModel,
    Text,
    Zone,
    empty_mapping,
)

if TYPE_CHECKING:
    from typing import Unpack

    from leptonopt.instance.documents import (
        CommitDocument,
        MaintenanceDocument,
        NodeKindDocument,
        PoolDocument,
        TimeDocument,
    )

MAX_SLOTS = 200_000
MAX_YEAR = 9000  # the latest year in which a horizon starts; its end must have a date too
MARK = "apart:"  # how the resources begin of which a task kept apart by node holds one
POWER = "power"  # the resource of pools that draw electricity, in kW


class Time(StrictModel):
    """The time grid: `horizon` cut into slots of equal length; all of it computed in UTC."""

    if TYPE_CHECKING:

        def __init__(self, **given: Unpack[TimeDocument]) -> None: ...

    start: Instant
    slot: Duration = 3600
    horizon: Duration
    zone: Zone = Field(default="UTC", description="zone of daily tariffs and of the report")

    @property
    def slots(self) -> int:
        """Return the number of slots in the horizon."""
        return self.horizon // self.slot

    def whole_slots(self, seconds: int) -> int:
        """Return a duration in slots, rounded up, and cut at the horizon: nothing depends on more."""
        return min(self.slots, -(-seconds // self.slot))

    def text(self, slot: int) -> str:
        """Return the instant at which a slot begins, as plans and messages state it."""
        return units.instant_text(self.start + timedelta(seconds=slot * self.slot))

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


class Billing(StrictModel):
    """The bill of runs by started units of time, with a minimum."""

    unit: Duration = Field(default=1, description="time is rounded up to so much")
    minimum: Lag = Field(default=0, description="a run pays at least so much time")


class Maintenance(StrictModel):
    """A window with less capacity: none, or `capacity` of the resources that it names."""

    if TYPE_CHECKING:

        def __init__(self, **given: Unpack[MaintenanceDocument]) -> None: ...

    from_: Instant = Field(alias="from")
    to: Instant
    capacity: ByName[NotNegative] | None = Field(default=None, description="what is left; nothing when absent")

    @model_validator(mode="after")
    def _some_window(self) -> Maintenance:
        if self.to <= self.from_:
            raise ValueError("'to' is not after 'from'")
        return self


class Commit(StrictModel):
    """Nodes committed for the whole horizon at their own price; the solver decides how many."""

    if TYPE_CHECKING:

        def __init__(self, **given: Unpack[CommitDocument]) -> None: ...

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
    """Nodes of one size that are rented whole: machines, or single units of a resource."""

    if TYPE_CHECKING:

        def __init__(self, **given: Unpack[NodeKindDocument]) -> None: ...

    id: Name | None = None
    size: ByName[Positive] = Field(min_length=1, description="what a node offers of each resource")
    count: Count = Field(description="greatest number of nodes on at a time, committed, reserved or on demand")
    price: Rate | None = Field(
        default=None, description="money per node and hour on demand; none on demand when absent"
    )
    startup: NotNegative = Field(default=Decimal(0), description="money for switching a node on")
    shutdown: NotNegative = Field(default=Decimal(0), description="money for switching a node off")
    boot: Lag = Field(default=0, description="from switched on to usable")
    minimum: Lag = Field(default=0, description="a node that is switched on stays on, and is paid, at least so long")
    minimum_off: Lag = Field(default=0, description="a node that is switched off stays off at least so long")
    minimum_load: ByName[NotNegative] = empty_mapping("what is in use of a usable node at least, by resource")
    power: NotNegative = Field(default=Decimal(0), description="kW that a node draws while it is on, idle or not")
    commit: Commit | None = None
    reserved: Annotated[int, Field(strict=True, ge=0, le=MAX_NODES)] = Field(
        default=0, description="nodes that are paid already"
    )
    running: Annotated[int, Field(strict=True, ge=0, le=MAX_NODES)] = Field(
        default=0, description="nodes that are on, and usable, when the horizon begins"
    )
    since: Many[Instant] = Field(
        default=(), description="when running nodes were switched on; `minimum` counts on from it"
    )

    @model_validator(mode="after")
    def _existing_nodes(self) -> NodeKind:
        if self.running > self.most:
            raise ValueError(f"running is {self.running}; at most {self.most}, the largest number that count takes")
        if len(self.since) > self.running:
            raise ValueError(f"since is of {len(self.since)} nodes, and {self.running} are running")
        if self.boot and any(self.minimum_load.values()):
            raise ValueError("minimum_load with boot is not supported; leave one of them out")
        for name, amount in self.minimum_load.items():
            if amount > self.size.get(name, Decimal(0)):
                raise ValueError(f"minimum_load of {name!r} is {amount}; at most what a node holds of it")
        return self

    @property
    def restrained(self) -> bool:
        """Return True where a time off, a least load, or the rest of a minimum time is asked."""
        return bool(self.minimum_off or any(self.minimum_load.values()) or self.since)

    @property
    def most(self) -> int:
        """Return the greatest number of nodes at any time."""
        return int(max(self.count.numbers()))

    @property
    def commit_max(self) -> int:
        """Return the greatest number of nodes that can be committed."""
        if self.commit is None:
            return 0
        return self.most if self.commit.max is None else self.commit.max


class Pool(StrictModel):
    """Resources that are bought, owned or rented together, at one place and one price list."""

    if TYPE_CHECKING:

        def __init__(self, **given: Unpack[PoolDocument]) -> None: ...

    id: Name
    capacity: ByName[Capacity] = empty_mapping("units of each resource that is not in nodes")
    nodes: Many[NodeKind] = Field(default=(), description="nodes rented whole, by kind")
    price: ByName[Price] = empty_mapping("money per unit and hour; of power per kWh")
    billing: Billing | None = Field(default=None, description="runs pay started units of time; slots when absent")
    charge: ByName[Rate] | None = Field(
        default=None, description="money per unit and hour that tasks are charged for resources of nodes"
    )
    power: ByName[NotNegative] = empty_mapping("kW that a unit of a resource draws in use")
    carbon: Rate | None = Field(default=None, description="grams of CO2 per kWh")
    sunk: NotNegative = Field(default=Decimal(0), description="money per hour that is spent whatever the plan")
    interruptions: Rate | None = Field(default=None, description="expected interruptions per hour of a running task")
    maintenance: Many[Maintenance] = ()
    labels: Many[Name] = ()
    device_memory: Positive | None = Field(default=None, description="memory of one device, for `work.memory`")
    target: ByName[ByName[Text]] = empty_mapping("where the pool is found in a real system, by system")

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
        """Return the kinds of nodes with their names."""
        many = len(self.nodes) > 1
        return [(kind.id or (f"{self.id}-{at}" if many else self.id), kind) for at, kind in enumerate(self.nodes, 1)]

    @cached_property
    def resources(self) -> tuple[str, ...]:
        """Return the names of all resources: of capacity, of nodes, then power where it counts."""
        names = dict.fromkeys([*self.capacity, *self.of_nodes])
        if self.powered:
            names.setdefault(POWER)
        return tuple(names)

    @cached_property
    def of_nodes(self) -> tuple[str, ...]:
        """Return the names of the resources that nodes hold, also where the count of nodes is zero."""
        return tuple(dict.fromkeys(name for kind in self.nodes for name in kind.size))

    @cached_property
    def charged(self) -> tuple[str, ...]:
        """Return the resources of nodes for which tasks are charged: as stated, or gpu, or the only one."""
        if self.charge is not None:
            return tuple(self.charge)
        held = tuple(name for name in self.of_nodes if not name.startswith(MARK))
        usual = ("gpu",) if "gpu" in held else held if len(held) == 1 else ()
        return tuple(name for name in usual if any(name in kind.size for kind in self._priced))

    @property
    def uncharged(self) -> bool:
        """Return True when nodes have a price, and nothing says what of it tasks are charged."""
        return self.charge is None and not all(set(self.charged) & set(kind.size) for kind in self._priced)

    @property
    def _priced(self) -> list[NodeKind]:
        return [kind for kind in self.nodes if kind.price is not None or kind.commit is not None]

    @cached_property
    def powered(self) -> bool:
        """Return True when the power drawn in the pool counts."""
        stated = POWER in self.price or POWER in self.capacity or bool(self.power) or self.carbon is not None
        return stated or any(kind.power for kind in self.nodes)
