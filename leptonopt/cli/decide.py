"""`leptonopt whatif`, `why-not`, `cost-of` and `prices`: questions with proven answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from leptonopt.cli import options
from leptonopt.cli.common import load_instance, params_of, plan_of, print_line, print_note
from leptonopt.errors import Rejected, UsageError
from leptonopt.io import files

if TYPE_CHECKING:
    from leptonopt.decisions.answer import Answer

WHATIF_EPILOG = """\b
Examples:
  leptonopt whatif week.yaml --plan plan.json --set pools.cloud.price.gpu=1.50
  leptonopt whatif week.yaml --plan plan.json --lose own.gpu=2
  leptonopt whatif week.yaml --remove tasks.sweep --remove quotas.budget
  leptonopt whatif week.yaml --add new-task.yaml -o plan.json

\b
The difference of the least costs is an interval that is proven: without a proof of
both, its ends are as far apart as the gaps are. A step of a path is a key or an id."""
WHY_NOT_EPILOG = """\b
Examples:
  leptonopt why-not week.yaml train --plan plan.json --pool cloud
  leptonopt why-not week.yaml train --plan plan.json --start 2026-11-30T09:00Z
  leptonopt why-not week.yaml train --plan plan.json --before 2026-11-30T12:00Z

\b
All copies of the task run so; the answer says what that costs, and what else moves."""
COST_OF_EPILOG = """\b
Examples:
  leptonopt cost-of week.yaml train --plan plan.json
  leptonopt cost-of week.yaml team:vision --plan plan.json
  leptonopt cost-of week.yaml deadline:train --plan plan.json

\b
What the least cost would be less without it. Costs of tasks do not add up to the
bill: what several share is saved only when all of them go."""
PRICES_EPILOG = """\b
Examples:
  leptonopt solve week.yaml --certify -o plan.json
  leptonopt prices week.yaml plan.certificate.json

\b
What one more unit would save, at most: prices of a bound overstate."""

Plan = Annotated[Path | None, options.Option("--plan", metavar="FILE", help="the plan at hand  [default: solve first]")]
Sets = Annotated[list[str] | None, options.Option("--set", metavar="PATH=VALUE", help="a value; may be repeated")]
Adds = Annotated[list[Path] | None, options.Option("--add", metavar="FILE", help="a part of an instance to lay over")]
Removes = Annotated[list[str] | None, options.Option("--remove", metavar="PATH", help="a task, pool, quota or key")]
Losses = Annotated[list[str] | None, options.Option("--lose", metavar="POOL.NAME=N", help="units or nodes of a pool")]
Task = Annotated[str, options.Argument(metavar="TASK", show_default=False, help="the id of a task")]
Subject = Annotated[
    str, options.Argument(metavar="WHAT", show_default=False, help="a task, team:NAME, or deadline:TASK")
]
Certificate = Annotated[
    Path, options.Argument(metavar="CERTIFICATE", show_default=False, help="as `solve --certify` writes it")
]
Pool = Annotated[str | None, options.Option(metavar="NAME", help="on this pool")]
OptionName = Annotated[str | None, options.Option("--option", metavar="NAME", help="in this option")]
Start = Annotated[str | None, options.Option(metavar="INSTANT", help="started then")]
Before = Annotated[str | None, options.Option(metavar="INSTANT", help="started by then")]


@dataclass(frozen=True, kw_only=True)
class _Asked:
    """The options that all questions share."""

    file: options.File
    plan: Plan = None
    output: options.PlanFile = None
    json: options.Json = False
    method: options.Method = "auto"
    time_limit: options.Seconds = 60.0
    threads: options.Threads = None
    format: options.Format = None
    param: options.Params = None


@dataclass(frozen=True, kw_only=True)
class WhatIfOptions(_Asked):
    """The options of `leptonopt whatif`."""

    sets: Sets = None
    adds: Adds = None
    removes: Removes = None
    losses: Losses = None


@dataclass(frozen=True, kw_only=True)
class WhyNotOptions(_Asked):
    """The options of `leptonopt why-not`."""

    task: Task
    pool: Pool = None
    option: OptionName = None
    start: Start = None
    before: Before = None


@dataclass(frozen=True, kw_only=True)
class CostOfOptions(_Asked):
    """The options of `leptonopt cost-of`."""

    subject: Subject


@options.takes(WhatIfOptions)
def whatif(_: options.Context, given: WhatIfOptions) -> int:
    """Say what a change of prices, capacity, tasks or rules would cost or save."""
    from leptonopt.decisions import edits
    from leptonopt.instance.overlay import merged
    from leptonopt.io.load import read_document

    document = _document(given)
    changed = document
    for path in given.adds or ():
        changed = merged(edits.plain(changed), read_document(path))
    for text in given.sets or ():
        place, equals, value = text.partition("=")
        if not equals:
            raise UsageError(f"--set {text}; write PATH=VALUE, such as pools.own.price.gpu=2")
        changed = edits.with_value(changed, place, value)
    for path_text in given.removes or ():
        changed = edits.without(changed, path_text)
    for text in given.losses or ():
        changed = edits.with_loss(changed, text)
    if changed is document:
        raise UsageError("nothing is changed; say --set, --add, --remove or --lose")
    return _tell(given, _answer(given, document, changed))


@options.takes(WhyNotOptions)
def why_not(_: options.Context, given: WhyNotOptions) -> int:
    """Say what it would cost to run a task elsewhere, otherwise or earlier, and what stands against it."""
    from leptonopt.decisions import edits
    from leptonopt.decisions.why_not import options_asked_for
    from leptonopt.instance import units

    if given.pool is None and given.option is None and given.start is None and given.before is None:
        raise UsageError("say how it is to run: --pool, --option, --start or --before")
    try:
        start, before = (None if text is None else units.instant(text) for text in (given.start, given.before))
    except ValueError as error:
        raise UsageError(str(error)) from None
    instance = load_instance(given.file, given.format, params_of(given.param))
    asked = options_asked_for(instance, given.task, given.pool, given.option, start, before)
    document = edits.plain(instance.document())
    return _tell(given, _answer(given, document, edits.forced(document, given.task, asked)))


@options.takes(CostOfOptions)
def cost_of(_: options.Context, given: CostOfOptions) -> int:
    """Say what a task, a team or a deadline costs: what the least cost would be less without it."""
    from leptonopt.decisions import edits

    document = _document(given)
    kind, colon, name = given.subject.partition(":")
    tasks = {task["id"]: task for task in document["tasks"]}
    if colon and kind == "deadline":
        if "deadline" not in tasks.get(name, {}):
            raise UsageError(f"{given.subject}: there is no such task with a deadline")
        changed = edits.with_value(document, f"tasks.{name}.deadline", "null")
        changed = edits.with_value(changed, f"tasks.{name}.on_time", "null")
    else:
        of_team = [id for id, task in tasks.items() if colon and kind == "team" and task.get("team") == name]
        gone = of_team or ([given.subject] if given.subject in tasks else [])
        if not gone:
            raise UsageError(f"{given.subject}: there is no such task or team; write TASK, team:NAME or deadline:TASK")
        changed = document
        for id in gone:
            changed = edits.without(changed, f"tasks.{id}")
        _drop_idle_teams(changed)
    return _tell(given, _answer(given, document, changed), saved=True)


def prices(
    file: options.File, certificate: Certificate, format: options.Format = None, param: options.Params = None
) -> int:
    """Print what one more unit of capacity or of a quota would save at most, by pool and time."""
    from leptonopt.decisions.price_book import price_book
    from leptonopt.instance.units import instant_text
    from leptonopt.verify import proven

    instance = load_instance(file, format, params_of(param))
    document = plan_of(certificate, "a certificate")
    proof = proven(instance.document(), document)
    if not proof.ok:
        raise Rejected(f"{files.printable(certificate)}: {proof.why}")
    found = price_book(instance, document)
    if not found:
        print_line("nothing is scarce: one more unit of anything saves nothing")
    for worth in found:
        span = (
            ""
            if worth.start is None or worth.end is None
            else (f"  {instant_text(worth.start)} to {instant_text(worth.end)}, {float(worth.total):,.6g} in all")
        )
        print_line(f"{worth.what}: at most {float(worth.price):,.6g} {instance.currency} {worth.unit}{span}")
    if proof.bound is not None:
        print_line(f"by a bound of {float(proof.bound):,.6g} {instance.currency}")
    return 0


def _document(given: Any) -> dict[str, Any]:
    from leptonopt.decisions.edits import plain

    made: dict[str, Any] = plain(load_instance(given.file, given.format, params_of(given.param)).document())
    return made


def _drop_idle_teams(document: dict[str, Any]) -> None:
    """Take teams without tasks out of quotas, and quotas of names that nothing consumes."""
    teams = {task.get("team") for task in document["tasks"]}
    for quota in document.get("quotas", ()):
        if "teams" in quota:
            quota["teams"] = [team for team in quota["teams"] if team in teams]


def _answer(given: Any, document: Mapping[str, Any], changed: Mapping[str, Any]) -> Answer:
    """Return the answer that the plan at hand and one after the change give; half of the time is for each."""
    from leptonopt.decisions.answer import answered
    from leptonopt.instance import validate

    validate(dict(changed))
    seconds = given.time_limit
    if given.plan is not None:
        plan = plan_of(given.plan)
    else:
        seconds /= 2
        plan = _solved(given, document, None, seconds).document
    if plan.get("cost_exact") is None:
        raise UsageError("there is no plan of the instance as it is; `leptonopt explain` says why")
    result = _solved(given, changed, plan, seconds)
    for note in result.notes:
        if "warm start" not in note:
            print_note(note)
    return answered(plan, result.document)


def _solved(given: Any, document: Mapping[str, Any], warm_start: Any, seconds: float) -> Any:
    from leptonopt.session.solve import solve

    return solve(
        document, method=given.method, time_limit=seconds, threads=given.threads, warm_start=warm_start,
        handle_signals=True,
    )  # fmt: skip


def _tell(given: Any, answer: Answer, saved: bool = False) -> int:
    """Print an answer, and write the plan after the change."""
    from leptonopt.plan.diff_report import change_text

    currency = str(answer.document["currency"])
    if given.output is not None:
        files.write_atomic(given.output, files.dumped(dict(answer.document)))
    difference = answer.before - answer.after if saved else answer.difference
    if given.json:
        files.write_atomic("-", files.dumped(_as_document(answer, difference, currency)))
        return 0
    if answer.after.high is None:
        print_line(f"there is no plan then: {answer.status}")
        for why in answer.document.get("why", ()):
            print_note(why)
        return 4 if answer.status == "infeasible" else 5
    for moved in answer.moved:
        print_line(f"{change_text(moved)}  {float(moved.difference):+,.6g} {currency}")
    print_line(f"{sum(each.copies for each in answer.moved)} tasks run otherwise")
    print_line(f"now {answer.before.text(currency)}; then {answer.after.text(currency)}")
    print_line(f"difference: {difference.text(currency, signed=True)}")
    return 0


def _as_document(answer: Answer, difference: Any, currency: str) -> dict[str, Any]:
    from leptonopt.plan.diff import change_document

    def ends(interval: Any) -> list[str | None]:
        return [None if value is None else str(value) for value in (interval.low, interval.high)]

    moved = [{**change_document(each), "difference": str(each.difference)} for each in answer.moved]
    spans = {"before": ends(answer.before), "after": ends(answer.after), "difference": ends(difference)}
    return {"leptonopt_answer": 1, "currency": currency, "status": answer.status, **spans, "moved": moved}
