"""`leptonopt whatif`, `why-not`, `cost-of` and `prices`: questions with proven answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from leptonopt.cli import options
from leptonopt.cli.common import code_of, load_instance, params_of, plan_of, print_line, print_note
from leptonopt.errors import Rejected, UsageError
from leptonopt.io import files
from leptonopt.plan.numbers import money_text, nothing_scarce
from leptonopt.runtime.deadline import Stopwatch

if TYPE_CHECKING:
    from leptonopt.decisions.answer import Answer
    from leptonopt.decisions.one_more import OneMore
    from leptonopt.decisions.price_book import Worth
    from leptonopt.decisions.questions import Question
    from leptonopt.instance import Instance

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
  leptonopt prices week.yaml plan.certificate.json --plan plan.json --exact 3
  leptonopt prices week.yaml plan.certificate.json --plan plan.json --exact own:gpu+2

\b
What one more unit would save, at most: prices of a bound overstate. --exact solves
again with one more of each of the dearest, and says what that saves."""

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
Counted = Annotated[
    Path | None,
    options.Option("--certificate", metavar="FILE", help="say first what it costs at least, by these prices"),
]
Exact = Annotated[
    str | None,
    options.Option(metavar="N|MORE", help="solve again for the N dearest lines, or for POOL:RESOURCE@START/END+UNITS"),
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
    certificate: Counted = None


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

    question = WhyNot(given.task, given.pool, given.option, given.start, given.before)
    if given.certificate is not None:
        _print_least(given, given.certificate, question)
    return _tell(given, question)


def _print_least(given: WhyNotOptions, certificate: Path, question: Question) -> None:
    """Print what the answer is at least, by reduced costs at the prices of a certificate."""
    from leptonopt.decisions.ask import require_plan_of
    from leptonopt.decisions.one_more import least_difference

    if given.plan is None:
        raise UsageError("--certificate needs --plan, whose cost the prices are compared with")
    instance, plan = load_instance(given.file, given.format, params_of(given.param)), _plan_at_hand(given)
    assert plan is not None
    require_plan_of(instance.document(), plan)
    prices = plan_of(certificate, "a certificate")
    least = least_difference(instance.document(), question, prices, Fraction(plan["cost_exact"]))
    if least is not None:
        print_note(f"by prices alone, before solving: at least {money_text(least, 'down', True)} {instance.currency}")


@options.takes(CostOfOptions)
def cost_of(_: options.Context, given: CostOfOptions) -> int:
    """Say what a task, a team or a deadline costs: what the least cost would be less without it."""
    from leptonopt.decisions.questions import CostOf

    return _tell(given, CostOf(given.subject))


@dataclass(frozen=True)
class PricesOptions:
    """The options of `leptonopt prices`."""

    file: options.File
    certificate: Certificate
    exact: Exact = None
    plan: Plan = None
    time_limit: options.Seconds = 60.0
    format: options.Format = None
    param: options.Params = None


@options.takes(PricesOptions)
def prices(_: options.Context, given: PricesOptions) -> int:
    """Print what one more unit of capacity or of a quota, or a later deadline, would save."""
    from leptonopt.decisions.ask import require_plan_of
    from leptonopt.decisions.one_more import deadline_worths
    from leptonopt.decisions.price_book import price_book
    from leptonopt.verify import proven

    instance = load_instance(given.file, given.format, params_of(given.param))
    document = plan_of(given.certificate, "a certificate")
    plan = None if given.plan is None else plan_of(given.plan)
    if plan is not None:
        require_plan_of(instance.document(), plan)
    proof = proven(instance.document(), document)
    if not proof.ok:
        raise Rejected(f"{files.printable(given.certificate)}: {proof.why}")
    found = [*price_book(instance, document), *deadline_worths(instance, document)]
    found.sort(key=lambda each: -each.total)
    gap = _gap(proof.bound, plan or document.get("plan") or {})
    if not found:
        print_line(nothing_scarce(gap, instance.currency))
    asked = _asked_again(given, instance, found)
    exact = _exact_worths(given, instance, asked, plan)
    for worth in found:
        _print_worth(worth, exact.get(worth, ""), instance.currency)
    for question in asked:
        if question.worth not in found and question.worth in exact:
            print_line(f"{question.units} more {question.worth.what}: saves {exact[question.worth]}")
    if proof.bound is not None:
        print_line(_by_bound(proof.bound, gap, instance.currency))
    return 0


def _gap(bound: Fraction | None, plan: Mapping[str, Any]) -> Fraction:
    """Return what a plan costs more than a bound; 0 where one of them is not known."""
    known = bound is not None and plan.get("cost_exact") is not None
    return Fraction(plan["cost_exact"]) - (bound or 0) if known else Fraction(0)


def _by_bound(bound: Fraction, gap: Fraction, currency: str) -> str:
    """Return the last line of the price book: its bound, and what a gap to the plan adds to each line."""
    costs = f"the plan costs {money_text(gap, 'up')} {currency} more" if gap > 0 else ""
    more = f"; {costs}, and a line may save so much more" if costs else ""
    return f"by a bound of {money_text(bound, 'down')} {currency}{more}"


def _asked_again(given: PricesOptions, instance: Instance, found: list[Worth]) -> list[OneMore]:
    """Return what is solved again: one more of each of the dearest lines, or what `--exact` states."""
    from leptonopt.decisions.one_more import OneMore, is_number, more_of

    exact = given.exact or "0"
    if not exact.isdecimal():
        return [more_of(exact, instance)]
    return [OneMore(worth) for worth in found if is_number(worth, instance)][: int(exact)]


def _exact_worths(
    given: PricesOptions, instance: Instance, asked: list[OneMore], plan: Mapping[str, Any] | None
) -> dict[Worth, str]:
    """Return what more of each saves, by solving with it; a note where that is no change of a number."""
    from leptonopt.decisions.ask import ask
    from leptonopt.session.warm_workers import warm_workers

    found, seconds = {}, given.time_limit / max(1, len(asked))
    with warm_workers():
        for question in asked:
            try:
                answer = ask(instance, question, plan, time_limit=seconds, handle_signals=True)
                found[question.worth] = answer.difference.text(instance.currency)
            except UsageError as error:
                print_note(str(error))
    return found


def _print_worth(worth: Worth, exact: str, currency: str) -> None:
    """Print a line of the price book: what it is worth at most and, where it was asked, what it saves."""
    from leptonopt.instance.units import instant_text

    span = ""
    if worth.start is not None and worth.end is not None:
        span = f"  {instant_text(worth.start)} to {instant_text(worth.end)}, {money_text(worth.total, 'up')} in all"
    saves = f"; one more saves {exact}" if exact else ""
    print_line(f"{worth.what}: at most {money_text(worth.price, 'up')} {currency} {worth.unit}{span}{saves}")


def _plan_at_hand(given: Any) -> Mapping[str, Any] | None:
    """Return the plan that an option names, if it does; one in columns is written out."""
    if given.plan is None or not files.is_columns(given.plan):
        return None if given.plan is None else plan_of(given.plan)
    from leptonopt.session.columnar_documents import document_of_files

    return document_of_files(given.file, given.plan)[0]


def _tell(given: Any, question: Question) -> int:
    """Print the answer to a question, and write the plan after the change."""
    from leptonopt.decisions.ask import ask
    from leptonopt.plan.report import console
    from leptonopt.plan.report_explanation import print_conflicts

    watch = Stopwatch()
    plan = _plan_at_hand(given)
    answer = ask(
        given.file, question, plan, time_limit=given.time_limit, method=given.method, threads=given.threads,
        format=given.format, params=params_of(given.param), handle_signals=True,
    )  # fmt: skip
    for note in answer.notes:
        print_note(note)
    if given.output is not None:
        files.write_atomic(given.output, files.dumped(dict(answer.document)))
    conflicts = _conflicts(given, question, watch) if answer.status == "infeasible" else []
    if given.json:
        told = {"conflicts": conflicts} if conflicts else {}
        files.write_atomic("-", files.dumped(answer.as_document() | told))
    else:
        _print_answer(answer)
        print_conflicts(conflicts, console())
    return code_of(answer.status)


def _conflicts(given: Any, question: Question, watch: Stopwatch) -> list[dict[str, Any]]:
    """Return what cannot hold together after the change, as `explain` finds it in the time that is left."""
    from leptonopt.infeasibility.explain import explain
    from leptonopt.session.request import resolve_instance

    changed = question.changed(resolve_instance(given.file, given.format, params_of(given.param))[1])
    seconds = given.time_limit - watch.seconds()
    if seconds <= 0:
        return []
    found: list[dict[str, Any]] = explain(changed, time_limit=seconds, repairs=False).document()["conflicts"]
    return found


def _print_answer(answer: Answer) -> None:
    """Print the tasks and replicas that run otherwise, both least costs, and their difference."""
    from leptonopt.plan.diff_report import change_text, replicas_text
    from leptonopt.plan.report import known_zone

    currency, zone = str(answer.document["currency"]), known_zone(answer.document.get("zone"))
    if answer.after.high is None:
        print_line(f"there is no plan then: {answer.status}")
        for why in answer.document.get("why", ()):
            print_note(why)
        return
    for moved in answer.moved:
        print_line(f"{change_text(moved, zone)}  {money_text(moved.difference, signed=True)} {currency}")
    for change in answer.replicas:
        print_line(replicas_text(change))
    print_line(f"{answer.changes_text()}{f'; starts in {zone}' if answer.moved else ''}")
    print_line(f"now {answer.before.text(currency)}; then {answer.after.text(currency)}")
    print_line(f"difference: {answer.difference.text(currency, signed=True)}")
