"""Requests and responses of the service, as OpenAPI describes them."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from leptonopt.decisions.questions import CostOf, WhatIf, WhyNot

MAX_TEXTS = 100  # edits of a question
MAX_TEXT = 1_000  # characters of each


class Message(BaseModel):
    """Base of all messages; unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class JobState(StrEnum):
    """The state of a job; the last four are final.

    `interrupted`: the service ended during the solve; the plan of that moment is kept.
    """

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    CANCELLED = "cancelled"
    INTERRUPTED = "interrupted"
    FAILED = "failed"

    @property
    def final(self) -> bool:
        """Return whether nothing changes any more."""
        return self not in (JobState.QUEUED, JobState.RUNNING)


class FindingMessage(Message):
    """A fault of an instance: its place and line, what is wrong, and what is allowed."""

    path: str
    message: str
    line: int | None = None


class ErrorMessage(Message):
    """Reason why a request or a job failed.

    `error` is the name of a class of docs/reference/errors.md, or one of `NotFound`, `NotReady`, `Unauthorized`,
    `Forbidden`, `TooLarge`, `Busy`, `Ending`.
    """

    error: str
    message: str
    findings: list[FindingMessage] = []


Text = Annotated[str, Field(max_length=MAX_TEXT)]
Texts = Annotated[list[Text], Field(max_length=MAX_TEXTS)]


class SolveOptions(Message):
    """Options of a solve, as of `leptonopt solve`."""

    method: Annotated[str, Field(max_length=MAX_TEXT)] = "auto"
    time_limit: Annotated[float, Field(gt=0, description="seconds")] = 60.0
    gap: Annotated[float, Field(ge=0, description="stop once (cost - bound) / cost is at most this")] = 0.0
    seed: Annotated[int, Field(ge=0, lt=2**31)] = 0
    certify: bool = False


class JobRequest(Message):
    """An instance to solve.

    `instance` is a document, or its text as YAML, JSON or TOML; `warm_start` the document of a plan.
    """

    instance: dict[str, Any] | str
    format: Literal["yaml", "json", "toml"] = "yaml"
    options: SolveOptions = SolveOptions()
    warm_start: dict[str, Any] | None = None


class WhatIfRequest(Message):
    """Ask what changes would cost or save."""

    kind: Literal["whatif"]
    add: Annotated[list[dict[str, Any]], Field(max_length=MAX_TEXTS)] = []
    set: Texts = []
    remove: Texts = []
    lose: Texts = []

    def question(self) -> WhatIf:
        """Return the question."""
        return WhatIf(self.add, self.set, self.remove, self.lose)


class WhyNotRequest(Message):
    """Ask what it would cost to run a task otherwise, and what stands against it."""

    kind: Literal["why-not"]
    task: Text
    pool: Text | None = None
    option: Text | None = None
    start: Text | None = None
    before: Text | None = None

    def question(self) -> WhyNot:
        """Return the question."""
        return WhyNot(self.task, self.pool, self.option, self.start, self.before)


class CostOfRequest(Message):
    """Ask what a task, `team:NAME` or `deadline:TASK` costs."""

    kind: Literal["cost-of"]
    subject: Text

    def question(self) -> CostOf:
        """Return the question."""
        return CostOf(self.subject)


class QuestionRequest(Message):
    """A question about a job that has a plan."""

    question: Annotated[WhatIfRequest | WhyNotRequest | CostOfRequest, Field(discriminator="kind")]
    options: SolveOptions = SolveOptions(time_limit=30.0)


class Job(Message):
    """A job: what is asked, its state, and what is known of the least cost.

    Money is in `currency`, also as exact fractions; instants are seconds since 1970.
    """

    id: str
    kind: Literal["solve", "whatif", "why-not", "cost-of"]
    name: str
    asked: str = ""
    parent: str | None = None
    state: JobState
    options: SolveOptions
    created: float
    started: float | None = None
    ended: float | None = None
    seconds: float | None = None
    currency: str = "USD"
    status: str | None = None
    stop: str | None = None
    cost: float | None = None
    cost_exact: str | None = None
    bound: float | None = None
    bound_exact: str | None = None
    gap: float | None = None
    phase: str = ""
    notes: list[str] = []
    fault: ErrorMessage | None = None


class ProgressMessage(Message):
    """A moment of a solve: cost of the best plan and bound, each None while unknown."""

    seconds: float
    cost: float | None
    bound: float | None
    gap: float | None
    phase: str


class Example(Message):
    """An instance to begin with."""

    name: str
    what: str


class Health(Message):
    """The load of the service."""

    version: str
    running: int
    waiting: int
    ending: bool
