"""The keys of a plan's document and the types of their values, for type checkers.

A test compares them with the JSON schema of plans.
"""

from __future__ import annotations

from typing import Literal, NotRequired, TypedDict


class InstanceReference(TypedDict):
    """The instance that a plan is of."""

    name: str
    sha256: str
    file: str | None
    format: str


class ObjectiveWeights(TypedDict):
    """The weights of money and of carbon."""

    cost: float
    carbon_kg: float


class ProofClaims(TypedDict):
    """The methods behind status and bound."""

    by: list[str]
    confirmed_by: list[str]
    confirmation: Literal["second model", "same model"] | None
    certified: str | None


class MadeLimits(TypedDict):
    """The limits of a solve."""

    time_limit: float
    gap: float
    threads: int
    deterministic: bool


class MadeBy(TypedDict):
    """The versions, limits and seconds of a solve."""

    leptonopt: str
    python: str
    engines: dict[str, str]
    seed: int
    limits: MadeLimits
    seconds: dict[str, float]
    money_loss: str


PlanTaskData = TypedDict(
    "PlanTaskData",
    {
        "what": Literal["input", "results", "task"],
        "name": str,
        "from": str,
        "to": str,
        "gib": float,
        "cost": float,
        "seconds": float,
    },
)


class PlanTaskParts(TypedDict):
    """The cost of a copy by part."""

    running: float
    fixed: float
    late: float
    early: NotRequired[float]
    carbon: NotRequired[float]


class PlanTask(TypedDict):
    """Equal copies of a task: where and when they run, and what each costs."""

    id: str
    copy: NotRequired[int]
    copies: NotRequired[int]
    segment: NotRequired[int]
    work: NotRequired[float]
    option: str
    pool: str
    nodes: NotRequired[list[str]]
    variant: NotRequired[str]
    quality: float
    uses: dict[str, float]
    start: str
    end: str
    cost: float
    late_hours: NotRequired[float]
    energy_kwh: NotRequired[float]
    carbon_kg: NotRequired[float]
    data: NotRequired[list[PlanTaskData]]
    charged: NotRequired[float]
    metered: NotRequired[float]
    parts: PlanTaskParts


class LeftOut(TypedDict):
    """Copies that do not run."""

    id: str
    copy: NotRequired[int]
    copies: NotRequired[int]
    value: float


NodeUseOn = TypedDict(
    "NodeUseOn",
    {"from": str, "count": int},
)


class NodeUse(TypedDict):
    """The use of a kind of nodes."""

    pool: str
    kind: str
    node: NotRequired[int]
    last: NotRequired[int]
    committed: int
    on: list[NodeUseOn]
    node_hours: float
    on_demand_hours: float
    starts: int
    rent: float
    startup: float
    shutdown: float
    commit: float
    idle: float
    cost: float


WayUseOn = TypedDict(
    "WayUseOn",
    {"from": str, "count": int},
)


class WayUseParts(TypedDict):
    """The cost of replicas by part."""

    running: float
    fixed: float
    carbon: NotRequired[float]


class WayUse(TypedDict):
    """The use of a way to run replicas."""

    way: str
    pool: str
    variant: NotRequired[str]
    on: list[WayUseOn]
    starts: int
    replica_hours: float
    energy_kwh: NotRequired[float]
    carbon_kg: NotRequired[float]
    cost: float
    parts: WayUseParts


ServiceUseRouting = TypedDict(
    "ServiceUseRouting",
    {
        "from": str,
        "to": str,
        "class": str,
        "without": NotRequired[list[str]],
        "failed": NotRequired[dict[str, int | None]],
        "shares": dict[str, str | None],
    },
)


ServiceUseMissed = TypedDict(
    "ServiceUseMissed",
    {"from": str, "to": str, "class": str, "requests_per_second": str | None},
)


class ServiceUse(TypedDict):
    """The replicas and routing of a service."""

    id: str
    ways: list[WayUse]
    routing: list[ServiceUseRouting]
    missed: list[ServiceUseMissed]
    missed_cost: float
    cost: float


BatchShare = TypedDict(
    "BatchShare",
    {"from": str, "to": str, "class": str, "way": str, "requests": str | None},
)


class BatchUse(TypedDict):
    """A batch that is done or left out."""

    id: str
    service: str
    left_out: NotRequired[Literal[True]]
    value: NotRequired[float]
    done: NotRequired[list[BatchShare]]


QuotaUse = TypedDict(
    "QuotaUse",
    {"id": str, "from": str, "to": str, "used": float, "limit": float},
)


MeterUse = TypedDict(
    "MeterUse",
    {"id": str, "from": str, "to": str, "used": float, "cost": float},
)


class SavingsPurchase(TypedDict):
    """Money per hour committed from a start on."""

    start: str
    commit: float


class SavingsUse(TypedDict):
    """A savings plan: money per hour committed by the plan, and money of the horizon."""

    id: str
    commit: float
    bought: NotRequired[list[SavingsPurchase]]
    paid: float
    covered: float
    lost: float
    cost: float


class ResourceBill(TypedDict):
    """The bill of a resource."""

    resource: str
    unit_hours: float
    cost: float


class PoolBill(TypedDict):
    """The bill of a pool."""

    pool: str
    running: float
    fixed: float
    nodes: float
    total: float
    sunk: float
    energy_kwh: float
    carbon_kg: float
    tasks: int
    resources: list[ResourceBill]


class BillTeams(TypedDict):
    """The bill of a team."""

    team: str | None
    tasks: int
    own: float
    charged: float
    metered: NotRequired[float]
    total: float


class Bill(TypedDict):
    """The bill of a plan."""

    total: float
    running: float
    fixed: float
    nodes: float
    late: float
    early: NotRequired[float]
    missed: NotRequired[float]
    metered: NotRequired[float]
    forgone: float
    sunk: float
    whole: float
    energy_kwh: float
    carbon_kg: float
    teams: NotRequired[list[BillTeams]]
    uncharged: NotRequired[float]
    pools: list[PoolBill]


class Utilisation(TypedDict):
    """The use of a resource of a pool."""

    pool: str
    resource: str
    used_hours: float
    capacity_hours: float | None
    utilisation: float | None
    peak: float


class Figures(TypedDict):
    """The figures of a plan."""

    utilisation: float | None
    hours_per_resource: float
    total_cost: float
    total_profit: float
    cost_profit_ratio: float | None
    net_benefit: float


class TracePoint(TypedDict):
    """Cost and bound at a moment."""

    seconds: float
    cost: float | None
    bound: float | None


class PlanDocument(TypedDict):
    """The document of a plan, as a plan file holds it."""

    leptonopt_plan: Literal[1]
    instance: InstanceReference
    currency: str
    zone: NotRequired[str]
    objective: NotRequired[ObjectiveWeights]
    status: Literal["optimal", "feasible", "infeasible", "unknown"]
    stop: Literal["proof", "gap", "limit", "interrupt", "done", "failed"]
    cost: float | None
    cost_exact: str | None
    bound: float | None
    bound_exact: str | None
    gap: float | None
    method: str
    proof: ProofClaims
    made: MadeBy
    tasks: list[PlanTask]
    left_out: list[LeftOut]
    nodes: list[NodeUse]
    services: NotRequired[list[ServiceUse]]
    batches: NotRequired[list[BatchUse]]
    quotas: list[QuotaUse]
    meters: NotRequired[list[MeterUse]]
    savings: NotRequired[list[SavingsUse]]
    bill: Bill | None
    utilisation: list[Utilisation]
    figures: Figures | None
    why: list[str]
    trace: list[TracePoint]
