"""`leptonopt whatif`, `why-not`, `cost-of` and `prices`: questions with proven answers."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from leptonopt.cli import options
from leptonopt.cli.common import load_instance, params_of, plan_of, print_line, print_note
from leptonopt.errors import Rejected
from leptonopt.io import files

if TYPE_CHECKING:
    from leptonopt.decisions.answer import Answer
    from leptonopt.decisions.questions import Question

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
    from leptonopt.decisions.questions import WhatIf
    from leptonopt.io.load import read_document

    adds = tuple(read_document(path) for path in given.adds or ())
    return _tell(given, WhatIf(adds, given.sets or (), given.removes or (), given.losses or ()))


@options.takes(WhyNotOptions)
def why_not(_: options.Context, given: WhyNotOptions) -> int:
    """Say what it would cost to run a task elsewhere, otherwise or earlier, and what stands against it."""
    from leptonopt.decisions.questions import WhyNot

    return _tell(given, WhyNot(given.task, given.pool, given.option, given.start, given.before))


@options.takes(CostOfOptions)
def cost_of(_: options.Context, given: CostOfOptions) -> int:
    """Say what a task, a team or a deadline costs: what the least cost would be less without it."""
    from leptonopt.decisions.questions import CostOf

    return _tell(given, CostOf(given.subject))


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


def _tell(given: Any, question: Question) -> int:
    """Print the answer to a question, and write the plan after the change."""
    from leptonopt.decisions.ask import ask

    plan = None if given.plan is None else plan_of(given.plan)
    instance = load_instance(given.file, given.format, params_of(given.param))
    answer = ask(
        instance, question, plan, time_limit=given.time_limit, method=given.method, threads=given.threads,
        handle_signals=True,
    )  # fmt: skip
    for note in answer.notes:
        print_note(note)
    if given.output is not None:
        files.write_atomic(given.output, files.dumped(dict(answer.document)))
    if given.json:
        files.write_atomic("-", files.dumped(answer.as_document()))
        return 0
    return _print_answer(answer)


def _print_answer(answer: Answer) -> int:
    """Print the tasks that run otherwise, both least costs, and their difference."""
    from leptonopt.plan.diff_report import change_text

    currency = str(answer.document["currency"])
    if answer.after.high is None:
        print_line(f"there is no plan then: {answer.status}")
        for why in answer.document.get("why", ()):
            print_note(why)
        return 4 if answer.status == "infeasible" else 5
    for moved in answer.moved:
        print_line(f"{change_text(moved)}  {float(moved.difference):+,.6g} {currency}")
    print_line(f"{sum(each.copies for each in answer.moved)} tasks run otherwise")
    print_line(f"now {answer.before.text(currency)}; then {answer.after.text(currency)}")
    print_line(f"difference: {answer.difference.text(currency, signed=True)}")
    return 0
