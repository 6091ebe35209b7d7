"""Define an instance: time grid, pools, tasks, services, quotas and objective, valid once it exists."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from pydantic import Field, ValidationError, field_validator, model_validator
from pydantic_core import PydanticCustomError, PydanticSerializationError

from leptonopt.errors import Finding, InstanceError, Path, UsageError
from leptonopt.instance.cross_checks import cross_findings, tie_findings
from leptonopt.instance.data import Dataset, Link
from leptonopt.instance.data_checks import data_findings
from leptonopt.instance.fields import ByName, Many, Name, NotNegative, StrictModel, empty_mapping
from leptonopt.instance.notation import plain
from leptonopt.instance.pools import Pool, Time
from leptonopt.instance.quotas import Measure, Meter, Quota
from leptonopt.instance.savings import Place, SavingsPlan, covered, savings_findings
from leptonopt.instance.services import Batch, Service
from leptonopt.instance.tasks import Profile, Task

if TYPE_CHECKING:
    from typing import Unpack

    from leptonopt.instance.documents import InstanceDocument, Number, ObjectiveDocument, SeriesDocument, TaskDocument


Noun = TypeVar("Noun", bound=StrictModel)


class Objective(StrictModel):
    """The weighted sum to minimise: `cost` times the money, plus `carbon_kg` times kilograms of CO2."""

    if TYPE_CHECKING:

        def __init__(self, **given: Unpack[ObjectiveDocument]) -> None: ...

    cost: NotNegative = Decimal(1)
    carbon_kg: NotNegative = Field(default=Decimal(0), description="money per kg of CO2")
    ties: Many[Name] = Field(
        default=(),
        description="what is consumed of these, or `ends`, is least among plans of equal objective, the first first",
    )

    @model_validator(mode="after")
    def _something(self) -> Objective:
        if not self.cost and not self.carbon_kg:
            raise ValueError("an objective of nothing; give cost or carbon_kg a weight above 0")
        return self


class Instance(StrictModel):
    """A whole planning problem in the user's own words and units."""

    if TYPE_CHECKING:

        def __init__(self, **given: Unpack[InstanceDocument]) -> None: ...

    leptonopt: Literal[1] = Field(default=1, description="version of the format")
    name: Name = "unnamed"
    description: str = ""
    source: str = Field(default="", description="where the figures come from, and their licence")
    currency: Name = "USD"
    time: Time
    objective: Objective = Objective()
    pools: Many[Pool] = Field(min_length=1)
    profiles: ByName[Profile] = empty_mapping()
    tasks: Many[Task] = Field(default=(), description="at least one where there is no service")
    services: Many[Service] = Field(default=(), description="demands that replicas serve")
    batches: Many[Batch] = Field(default=(), description="offline requests of services")
    quotas: Many[Quota] = ()
    meters: Many[Meter] = Field(default=(), description="prices by tiers of what is used in a period")
    savings: Many[SavingsPlan] = Field(default=(), description="money committed per hour, for lower prices")
    together: Many[Many[Name]] = Field(default=(), description="tasks that share a pool")
    apart: Many[Many[Name]] = Field(default=(), description="tasks on different pools")
    links: Many[Link] = Field(default=(), description="ways for data between regions")
    datasets: Many[Dataset] = ()

    @field_validator("leptonopt", mode="before")
    @classmethod
    def _a_number(cls, value: object) -> object:
        if isinstance(value, bool):  # which equals 1 where it is true
            raise ValueError(f"{str(value).lower()} is not allowed; 1")
        return value

    @model_validator(mode="before")
    @classmethod
    def _in_plain_notation(cls, value: object) -> object:
        try:
            return plain(value).document if isinstance(value, dict) else value
        except InstanceError as error:
            raise PydanticCustomError("references", "references", {"findings": error.findings}) from None

    @model_validator(mode="after")
    def _references(self) -> Instance:
        sets = {"together": self.together, "apart": self.apart}
        parts = (self.time, self.pools, self.profiles, self.tasks, self.quotas, sets, self.services, self.batches)
        if findings := [
            *cross_findings(*parts, meters=self.meters),
            *tie_findings(self.objective.ties, self.tasks),
            *data_findings(self.pools, self.tasks, self.datasets),
            *savings_findings(self.time, self.pools, self.savings),
        ]:
            raise PydanticCustomError("references", "references", {"findings": findings})
        return self

    @property
    def measures(self) -> tuple[Measure, ...]:
        """Return quotas and meters."""
        return (*self.quotas, *self.meters)

    @property
    def metered(self) -> bool:
        """Return True when what is used is priced in sum: by meters or savings plans."""
        return bool(self.meters or self.savings)

    @cached_property
    def saved(self) -> dict[Place, Decimal]:
        """Return the least prices under savings plans [money per unit or node, and hour]."""
        found = sorted(covered(self.savings, self.pools), key=lambda each: -each.saved)
        return {each.place: each.saved for each in found}

    def document(self) -> dict[str, Any]:
        """Return the instance as a plain tree, as a native file states it (numbers as Decimal).

        Raises `InstanceError` for one that was changed to what no file can state.
        """
        try:
            return {"leptonopt": 1, "tasks": [], **_plain(self)}
        except PydanticSerializationError as error:
            raise InstanceError(list(_unstatable(self)) or [Finding(_said(error))]) from None

    def with_task(self, task: Task | TaskDocument) -> Instance:
        """Return the instance with a task added, or in place of the one with its id.

        The other tasks are not read again. Raises `InstanceError` when the result is not valid.
        """
        made = task if isinstance(task, Task) else _read(Task, task)
        at = next((at for at, each in enumerate(self.tasks) if each.id == made.id), len(self.tasks))
        return _read(Instance, _parts(self) | {"tasks": (*self.tasks[:at], made, *self.tasks[at + 1 :])})

    def with_price(self, pool: str, resource: str, price: Number | SeriesDocument) -> Instance:
        """Return the instance with another price of a resource of a pool; only that pool is read again.

        Raises `UsageError` for a pool that is not there, `InstanceError` when the result is not valid.
        """
        known = {each.id: each for each in self.pools}
        if pool not in known:
            raise UsageError(f"there is no pool {pool!r}; known are {', '.join(known)}")
        document = _plain(known[pool])
        made = _read(Pool, {**document, "price": {**document.get("price", {}), resource: price}})
        return _read(
            Instance, _parts(self) | {"pools": tuple(made if each.id == pool else each for each in self.pools)}
        )

    def without(self, path: str) -> Instance:
        """Return the instance without a part, such as `tasks.sweep`, `pools.cloud` or `quotas.budget`.

        What names a removed task or pool elsewhere goes with it. Raises `UsageError` when the path leads nowhere,
        `InstanceError` when what is left is not valid.
        """
        from leptonopt.instance.edits import without

        return _read(Instance, without(self.document(), path))

    def __repr__(self) -> str:
        copies = sum(task.copies for task in self.tasks)
        services = f", {len(self.services)} services" if self.services else ""
        return f"<Instance {self.name!r}: {copies} tasks on {len(self.pools)} pools, {self.time.slots} slots{services}>"

    __str__ = __repr__


def _plain(noun: StrictModel) -> dict[str, Any]:
    return noun.model_dump(by_alias=True, exclude_defaults=True, warnings=False)


def _unstatable(instance: Instance) -> Iterator[Finding]:
    """Yield a finding for every part of an instance that no file can state."""
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
    """Return a new, validated instance with some top-level parts changed.

    Raises `pydantic.ValidationError` when the result is not valid.
    """
    return Instance.model_validate({**_parts(instance), **changes})


def _parts(instance: Instance) -> dict[str, Any]:
    return {name: getattr(instance, name) for name in Instance.model_fields}


def _read(noun: type[Noun], value: object) -> Noun:
    """Return a noun that is validated; raises `InstanceError`."""
    try:
        return noun.model_validate(value)
    except ValidationError as error:
        found: list[Finding] = []
        for item in error.errors(include_url=False):
            known = (item.get("ctx") or {}).get("findings")
            found += [Finding(item["msg"], item["loc"])] if known is None else known
        raise InstanceError(found) from None
