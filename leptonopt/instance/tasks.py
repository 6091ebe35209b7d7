"""Define the tasks of an instance: their options, or the work from which options are made."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field, GetJsonSchemaHandler, field_validator, model_validator

from leptonopt.instance.data import Results
from leptonopt.instance.fields import (
    Amount,
    ByName,
    Curve,
    Duration,
    Instant,
    Lag,
    Many,
    Name,
    Names,
    NotNegative,
    Positive,
    SomeByName,
    Speed,
    StrictModel,
    Text,
    empty_mapping,
)

if TYPE_CHECKING:
    from typing import Unpack

    from leptonopt.instance.documents import (
        AfterDocument,
        BegunDocument,
        CheckpointDocument,
        NeedsDocument,
        OptionDocument,
        ProfileDocument,
        RunDocument,
        SegmentsDocument,
        TaskDocument,
        VariantDocument,
        WorkDocument,
    )

MAX_COPIES = 1_000_000
MAX_SEGMENTS = 100


class After(StrictModel):
    """A task that must have ended, `lag` and at most `most` earlier, before this one starts."""

    if TYPE_CHECKING:

        def __init__(self, **given: Unpack[AfterDocument]) -> None: ...

    task: Name
    lag: Lag = 0
    most: Lag | None = Field(default=None, description="greatest time from its end to the start of this one")
    gib: NotNegative = Field(default=Decimal(0), description="data taken from it in GiB, moved between regions")

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
    """Labels and quality that a pool or an option must have, or must not have, for a task."""

    if TYPE_CHECKING:

        def __init__(self, **given: Unpack[NeedsDocument]) -> None: ...

    labels: Many[Name] = ()
    without: Many[Name] = Field(default=(), description="labels the pool must not have")
    quality: NotNegative = Decimal(0)


class Checkpoint(StrictModel):
    """Checkpoints of a task: their interval and cost, and the time to restart."""

    if TYPE_CHECKING:

        def __init__(self, **given: Unpack[CheckpointDocument]) -> None: ...

    every: Duration | None = Field(
        default=None, description="work between two checkpoints; Young's interval when absent"
    )
    cost: Lag = Field(default=0, description="time that one checkpoint takes")
    restart: Lag = Field(default=0, description="time from an interruption until work goes on")


class Begun(StrictModel):
    """State what copies of a task with segments have done before the horizon."""

    if TYPE_CHECKING:

        def __init__(self, **given: Unpack[BegunDocument]) -> None: ...

    option: Name = Field(description="in which the last segment so far runs, or ran")
    left: Duration | None = Field(default=None, description="work left, as time in that option; all when absent")
    paused: bool = Field(default=False, description="none runs when the horizon begins")
    shortest: Duration | None = Field(default=None, description="what runs goes on at least so long")
    number: Annotated[int, Field(strict=True, ge=1)] = Field(
        default=1, description="segments so far; names those that follow, planned is nothing of it"
    )

    @model_validator(mode="after")
    def _consistent(self) -> Begun:
        if self.paused and self.shortest is not None:
            raise ValueError("shortest is of a segment that runs; leave it out, or paused")
        return self

    def goes_on_in(self, option: str, at_start: bool) -> bool:
        """Return whether a first segment is what runs already; it begins `at_start` of the horizon, or later."""
        return not self.paused and at_start and option == self.option


class Segments(StrictModel):
    """Limits on cutting a task: how many segments, how short, what going on costs, what may change."""

    if TYPE_CHECKING:

        def __init__(self, **given: Unpack[SegmentsDocument]) -> None: ...

    most: Annotated[int, Field(strict=True, ge=1, le=MAX_SEGMENTS)] = Field(
        default=4, description="segments of each copy at most; 1 for a whole task"
    )
    shortest: Duration | None = Field(default=None, description="least length of a segment; one slot when absent")
    restart: Lag | None = Field(
        default=None, description="time that each later segment loses; checkpoint.restart when absent"
    )
    cost: NotNegative = Field(default=Decimal(0), description="money for each later segment")
    move: bool = Field(default=False, description="segments may run on different pools")
    resize: bool = Field(default=False, description="segments may hold different amounts")
    begun: Begun | None = Field(default=None, description="what each copy has done before the horizon")

    @model_validator(mode="before")
    @classmethod
    def _from_yes(cls, value: object) -> object:
        if value is False:
            raise ValueError("false is not allowed; a task without this key runs as a whole")
        return {} if value is True else value

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: Any, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {
            "anyOf": [
                {"type": "boolean", "const": True, "description": "with the defaults"},
                handler.resolve_ref_schema(handler(core_schema)),
            ]
        }


class Option(StrictModel):
    """One way to run a task (a mode): where, on what, for how long, at what fixed cost.

    With `pools` it is a way on each of them, all alike.
    """

    if TYPE_CHECKING:

        def __init__(self, **given: Unpack[OptionDocument]) -> None: ...

    id: Name | None = None
    pool: Name | None = None
    pools: Names = Field(default=(), description="several pools, instead of pool")
    uses: ByName[NotNegative] = empty_mapping()
    nodes: Annotated[int, Field(strict=True, ge=1, le=1000)] | None = Field(
        default=None, description="whole nodes, for this task alone"
    )
    consumes: ByName[NotNegative] = empty_mapping("amounts used up once, for quotas")
    duration: Lag = Field(description="0s for a milestone, which holds nothing")
    cost: Amount = Field(default=Decimal(0), description="fixed cost, in addition to the price of its uses")
    variant: Name | None = None
    quality: NotNegative = Decimal(1)
    not_before: Instant | None = Field(default=None, description="in this option it starts not before")
    not_after: Instant | None = Field(default=None, description="in this option it starts not after")

    @property
    def where(self) -> tuple[str, ...]:
        """Return the pools."""
        return self.pools if self.pool is None else (self.pool,)

    @model_validator(mode="after")
    def _somewhere(self) -> Option:
        if (self.pool is None) == (not self.pools):
            raise ValueError("an option has either a pool or several pools")
        if len(set(self.pools)) < len(self.pools):
            raise ValueError("an option names a pool twice")
        if self.not_before is not None and self.not_after is not None and self.not_after < self.not_before:
            raise ValueError("not_after is before not_before")
        return self


class Variant(StrictModel):
    """A form of the model (full, quantised, pruned): factors on speed and memory, and its quality."""

    if TYPE_CHECKING:

        def __init__(self, **given: Unpack[VariantDocument]) -> None: ...

    speed: Positive = Decimal(1)
    quality: NotNegative = Decimal(1)
    memory: Positive = Decimal(1)


class Profile(StrictModel):
    """Scaling of a kind of work: shared through `work.profile`, or written in `work` itself.

    `speed` says per pool how fast one device is against the reference device (1.0), or gives the
    whole curve {devices: speed}; `devices` is the scaling curve for pools with a single number.
    """

    if TYPE_CHECKING:

        def __init__(self, **given: Unpack[ProfileDocument]) -> None: ...

    speed: SomeByName[Speed] | None = None
    devices: Curve | None = None
    device: Name | None = Field(default=None, description="the resource that is counted; gpu when absent")
    per_device: ByName[NotNegative] | None = Field(default=None, description="other resources for each device")
    uses: ByName[NotNegative] | None = Field(default=None, description="resources whatever the device count")
    variants: SomeByName[Variant] | None = None
    memory: Positive | None = Field(default=None, description="device memory the model needs in all, before variants")


class Work(Profile):
    """An amount of work from which the options are made: variant x pool x device count."""

    if TYPE_CHECKING:

        def __init__(self, **given: Unpack[WorkDocument]) -> None: ...

    hours: NotNegative = Field(description="on one reference device (speed 1.0)")
    profile: Name | None = None
    cost: Amount = Field(default=Decimal(0), description="fixed cost of every option made")
    consumes: ByName[NotNegative] = empty_mapping("amounts used up once by every option made, for quotas")


class Run(StrictModel):
    """The command that carries a task out; nothing that is planned depends on it."""

    if TYPE_CHECKING:

        def __init__(self, **given: Unpack[RunDocument]) -> None: ...

    command: Text = Field(description="a line for a POSIX shell")
    image: Text | None = Field(default=None, description="container image, for Kubernetes and SkyPilot")
    directory: Text | None = Field(default=None, description="working directory")
    environment: ByName[Text] = empty_mapping("variables of the environment")
    options: ByName[Text] = empty_mapping("further options of the submission, such as sbatch's `qos`")

    @model_validator(mode="before")
    @classmethod
    def _from_text(cls, value: object) -> object:
        return {"command": value} if isinstance(value, str) else value

    @field_validator("environment")
    @classmethod
    def _names_of_variables(cls, value: Mapping[str, str]) -> Mapping[str, str]:
        for name in value:
            if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name):
                raise ValueError(f"{name!r} is no variable; allowed are letters, digits and _, no digit first")
        return value

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: Any, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {
            "anyOf": [
                {"type": "string", "description": "the command"},
                handler.resolve_ref_schema(handler(core_schema)),
            ]
        }


class Task(StrictModel):
    """A task that runs once (or `copies` times), in exactly one of its options."""

    if TYPE_CHECKING:

        def __init__(self, **given: Unpack[TaskDocument]) -> None: ...

    id: Name
    copies: Annotated[int, Field(strict=True, ge=1, le=MAX_COPIES)] = 1
    team: Name | None = None
    release: Instant | None = None
    deadline: Instant | None = Field(default=None, description="hard: no plan ends the task later")
    due: Instant | None = Field(default=None, description="soft: past it late_cost and late_penalty are paid")
    late_cost: NotNegative | None = Field(default=None, description="money per hour late")
    late_penalty: NotNegative | None = Field(default=None, description="money, once, for being late at all")
    early_cost: NotNegative | None = Field(default=None, description="money per hour that it ends before due")
    on_time: Positive | None = Field(default=None, description="probability of meeting the deadline, on spot pools")
    value: Amount | None = Field(default=None, description="money earned by running it (each copy)")
    optional: bool = Field(default=False, description="may be left out; its value is then not earned")
    after: Many[After] = ()
    inputs: Many[Name] = Field(default=(), description="datasets that it fetches to its region before it runs")
    results: Results | None = Field(default=None, description="what it writes to a region before it ends")
    needs: Needs = Needs()
    confidential: bool = Field(default=False, description="runs only on pools labelled `confidential`")
    placement: Literal["span", "one-node", "packed"] = Field(
        default="span", description="one-node: within a single node; packed: within one, or on whole nodes"
    )
    checkpoint: Checkpoint | None = None
    segments: Segments | None = Field(default=None, description="may pause and go on; true for the defaults")
    options: Many[Option] = ()
    work: Work | None = None
    run: Run | None = Field(default=None, description="the command that carries the task out; planned is nothing of it")
    job: ByName[Text] = empty_mapping("the job of another that carries it out, by system; left alone")

    @property
    def foreign(self) -> bool:
        """Return whether a job of somebody else carries the task out; with a command of its own, none does."""
        return bool(self.job) and self.run is None

    @property
    def is_cut(self) -> bool:
        """Return whether the task may run in more than one segment, or has run in some."""
        return self.segments is not None and (self.segments.most > 1 or self.segments.begun is not None)

    @property
    def restart(self) -> int:
        """Return the time that each segment after the first loses [s]."""
        if self.segments is not None and self.segments.restart is not None:
            return self.segments.restart
        return 0 if self.checkpoint is None else self.checkpoint.restart

    @model_validator(mode="after")
    def _consistent(self) -> Task:
        if not self.options and self.work is None:
            raise ValueError("no way to run the task; give it options or work")
        if (self.due is None) != all(each is None for each in (self.late_cost, self.late_penalty, self.early_cost)):
            raise ValueError("due goes together with late_cost or late_penalty or early_cost; one of them is missing")
        if self.is_cut and self.early_cost is not None:
            raise ValueError("segments with early_cost are not supported; leave one of them out")
        if self.optional and self.value is None:
            raise ValueError("an optional task needs a value; without one it would never run")
        if self.release is not None and self.deadline is not None and self.deadline <= self.release:
            raise ValueError("the deadline is not after the release")
        if self.on_time is not None and (self.deadline is None or self.on_time >= 1):
            raise ValueError("on_time is a probability below 1, of meeting the deadline that the task must then have")
        if self.is_cut and self.on_time is not None:
            raise ValueError("segments with on_time are not supported; leave one of them out")
        return self


def merged_work(work: Work, profiles: dict[str, Profile]) -> Work:
    """Return the work completed by its profile; keys that the work states itself take precedence."""
    if work.profile is None:
        return work
    base = profiles[work.profile]
    return work.model_copy(
        update={name: getattr(base, name) for name in Profile.model_fields if getattr(work, name) is None}
    )
