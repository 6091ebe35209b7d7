"""`leptonopt show`: the report, the picture and the page of an existing plan, without solving."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from leptonopt.cli import options
from leptonopt.cli.common import PAGES, load_instance, params_of, plan_of, print_note, require_ending
from leptonopt.errors import InputError, Rejected, UsageError
from leptonopt.io import files

if TYPE_CHECKING:
    from leptonopt.instance import Instance

EPILOG = """\b
Examples:
  leptonopt show plan.json                                 the report, as `solve` prints it
  leptonopt show plan.json -q                              its result line alone
  leptonopt show plan.json --instance week.yaml --plot plan.png
  leptonopt show plan.json --instance week.yaml --html plan.html
  leptonopt show next.json --instance week.yaml --html next.html --against plan.json
  leptonopt show plan.json --instance week.yaml --html plan.html --certificate plan.certificate.json

\b
Nothing is solved, and the plan is not checked; `leptonopt verify` does that. With
the instance, a plot has the capacities, and a page also teams, deadlines and
maintenance. The page is one file that loads nothing."""
SCHEMA_LIMIT = 3  # violations of the plan's schema that are printed

PlanArgument = Annotated[
    Path, options.Argument(metavar="PLAN", show_default=False, help="a plan file, as `solve -o` writes it")
]
InstanceFile = Annotated[
    Path | None, options.Option("--instance", metavar="FILE", help="the instance that the plan is of")
]
EarlierPlan = Annotated[
    Path | None, options.Option("--against", metavar="PLAN", help="an earlier plan; the page lists the changes")
]
Certificate = Annotated[
    Path | None,
    options.Option("--certificate", metavar="FILE", help="its certificate; the page lists its prices"),
]


@dataclass(frozen=True)
class ShowOptions:
    """The options of `leptonopt show`."""

    plan: PlanArgument
    instance: InstanceFile = None
    plot: options.Plot = None
    html: options.HtmlPage = None
    against: EarlierPlan = None
    certificate: Certificate = None
    format: options.Format = None
    param: options.Params = None
    quiet: options.ResultLine = False
    verbose: options.AllTasks = False


@options.takes(ShowOptions)
def show(_: options.Context, given: ShowOptions) -> int:
    """Print the report of an existing plan, and draw it."""
    from leptonopt.plan import report

    _require_writable(given)
    plan, instance = _documents(given)
    if given.plot is not None:
        _draw(given.plot, plan, instance)
    if given.html is not None:
        against = None if given.against is None else checked_plan(given.against)
        write_page(given.html, plan, instance, against, given.certificate)
    if given.quiet:
        report.console().print(report.headline(plan), soft_wrap=True)
    else:
        report.show(plan, report.console(), (), given.verbose, instance)
    return 0


def _documents(given: ShowOptions) -> tuple[dict[str, Any], Instance | None]:
    """Return the plan, and its instance if one is given; a plan in columns needs it."""
    if not files.is_columns(given.plan):
        plan = checked_plan(given.plan)
        return plan, _instance(given, plan)
    from leptonopt.session.columnar_documents import document_of_files

    if given.instance is None or not files.is_columns(given.instance):
        raise UsageError(f"{given.plan}: is a plan in columns; give its instance, in columns, with --instance FILE")
    return document_of_files(given.instance, given.plan)


def checked_plan(file: Path) -> dict[str, Any]:
    """Return the document of a plan file that has the form of a plan; raises `InputError`."""
    plan: dict[str, Any] = json.loads(json.dumps(plan_of(file), default=float))  # the reader gives exact decimals
    require_form(plan, file, "plan")
    return plan


def require_form(plan: Mapping[str, Any], file: Path, schema: str) -> None:
    """Raise `InputError` where a document does not have the form that a schema states."""
    from leptonopt.verify.schema_check import load_schema, schema_violations

    if found := list(schema_violations(plan, load_schema(schema))):
        shown = [f"{files.printable(file)}: {at or 'plan'}: {what}" for at, what in found[:SCHEMA_LIMIT]]
        raise InputError("\n".join(shown))


def _require_writable(given: ShowOptions) -> None:
    """Raise `UsageError` for files that cannot be written, before anything is read."""
    from leptonopt.plan.picture import FORMATS

    if given.plot is not None:
        require_ending(given.plot, FORMATS, "a plot")
    if given.instance is None and (given.format or given.param):
        raise UsageError("--format and --param say how to read an instance; give it with --instance FILE")
    if given.html is not None:
        require_ending(given.html, PAGES, "a page")
    elif given.against or given.certificate:
        raise UsageError("--against and --certificate are parts of a page; say where with --html FILE")
    if given.certificate and given.instance is None:
        raise UsageError("prices need the instance as well; give it with --instance FILE")
    inputs = (given.plan, given.instance, given.against, given.certificate)
    for target, others in ((given.plot, inputs), (given.html, (*inputs, given.plot))):
        files.writable(target)
        files.different(target, *others)


def _instance(given: ShowOptions, plan: Mapping[str, Any]) -> Instance | None:
    """Return the instance, if one is given; a note states that the plan is of another one."""
    if given.instance is None:
        return None
    from leptonopt.verify import fingerprint

    instance = load_instance(given.instance, given.format, params_of(given.param))
    if fingerprint(instance.document()) != plan["instance"]["sha256"]:
        print_note("the plan is of another instance, or of an earlier state of this one")
    return instance


def _draw(path: Path, plan: dict[str, Any], instance: Instance | None) -> None:
    """Draw the plan; a plan file without a plan is a note."""
    from leptonopt.cli.common import print_not_written
    from leptonopt.plan.plot import draw

    if plan["bill"] is None:
        print_not_written(path, "there is no plan to draw")
    else:
        draw(plan, instance, path)


def write_page(
    path: Path,
    plan: Mapping[str, Any],
    instance: Instance | None,
    against: Mapping[str, Any] | None = None,
    certificate: Path | None = None,
) -> None:
    """Write the page of a plan; a plan file without a plan is a note.

    Raises `UsageError` for plans of two currencies, `Rejected` for a certificate that proves nothing.
    """
    from leptonopt.cli.common import print_not_written
    from leptonopt.plan.page import PlanPage

    if plan["bill"] is None:
        print_not_written(path, "there is no plan to show")
        return
    prices = None if certificate is None or instance is None else _price_rows(instance, certificate)
    files.write_atomic(path, PlanPage(plan, instance, against, prices).html())


def _price_rows(instance: Instance, certificate: Path) -> list[tuple[str, ...]]:
    """Return the price book of a certificate that the checker accepts as rows of a page."""
    from leptonopt.decisions.price_book import price_book
    from leptonopt.instance.units import instant_text
    from leptonopt.plan.numbers import money_text
    from leptonopt.verify import proven

    document = plan_of(certificate, "a certificate")
    proof = proven(instance.document(), document)
    if not proof.ok:
        raise Rejected(f"{files.printable(certificate)}: {proof.why}")
    return [
        (
            worth.what,
            *("" if at is None else instant_text(at) for at in (worth.start, worth.end)),
            money_text(worth.price, "up"),
            f"{instance.currency} {worth.unit}",
            money_text(worth.total, "up"),
        )
        for worth in price_book(instance, document)
    ]
