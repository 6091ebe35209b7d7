"""`leptonopt export`: a plan as scripts, manifests, tables, a calendar, or schedules of replicas."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from leptonopt.cli import options
from leptonopt.cli.common import load_instance, plan_of, print_note
from leptonopt.errors import UsageError
from leptonopt.io import files

if TYPE_CHECKING:
    from leptonopt.execution.planned import PlannedRun
    from leptonopt.instance import Instance

EPILOG = """\b
Examples:
  leptonopt export week.yaml plan.json --to sbatch -o submit.sh       a script for Slurm
  leptonopt export week.yaml plan.json --to kubernetes -o jobs.yaml   suspended Jobs
  leptonopt export week.yaml plan.json --to kueue -o jobs.yaml        the same in Kueue's queues
  leptonopt export week.yaml plan.json --to skypilot -o tasks.yaml
  leptonopt export week.yaml plan.json --to csv -o -
  leptonopt export week.yaml plan.json -o plan.xlsx                   also .csv, .ics, .sh
  leptonopt export week.yaml plan.json --to keda --repeat weekly -o scaled.yaml
  leptonopt export week.yaml plan.json --to envelope --ceiling high.json -o bounds.csv
  leptonopt export week.yaml plan.json --to service-costs --tokens short:384,long:3072 -o -

\b
Tasks say what to start with `run`, pools where they are found with `target`: see
the instance format. Nothing is submitted; `leptonopt execute` does that. Services
are written as keda, crontab, envelope, routing and service-costs."""

# What is written, by name: the system whose `target` is meant, and endings that name it.
KINDS = {
    "sbatch": ("slurm", ".sh"),
    "kubernetes": ("kubernetes", ""),
    "kueue": ("kubernetes", ""),
    "skypilot": ("skypilot", ""),
    "csv": ("", ".csv"),
    "xlsx": ("", ".xlsx"),
    "ics": ("", ".ics"),
    "html": ("", ".html"),
}
# What is written of services, by name: the options that belong to it.
SERVICE_KINDS: dict[str, set[str]] = {
    "keda": {"repeat"},
    "crontab": {"repeat"},
    "envelope": {"ceiling"},
    "routing": set(),
    "service-costs": {"tokens"},
}
PlanFile = Annotated[
    Path, options.Argument(metavar="PLAN", show_default=False, help="its plan, as `solve -o` writes it")
]
Kind = Annotated[
    str | None, options.Option(metavar="NAME", help=f"{', '.join((*KINDS, *SERVICE_KINDS))}  [default: by the ending]")
]
Output = Annotated[
    Path | None, options.Option("--output", "-o", metavar="FILE", help="file to write; - for standard output")
]

Repeat = Annotated[
    str | None, options.Option(metavar="PERIOD", help="keda, crontab: daily or weekly, where the horizon is one such")
]
Ceiling = Annotated[
    Path | None, options.Option(metavar="PLAN", help="envelope: a plan for a higher quantile of the demand")
]
Tokens = Annotated[
    str | None, options.Option(metavar="CLASS:N,…", help="service-costs: tokens of a request of each class")
]


@dataclass(frozen=True)
class ExportOptions:
    """The options of `leptonopt export`."""

    file: options.File
    plan: PlanFile
    to: Kind = None
    output: Output = None
    repeat: Repeat = None
    ceiling: Ceiling = None
    tokens: Tokens = None
    format: options.Format = None
    param: options.Params = None


@options.takes(ExportOptions)
def export(_: options.Context, given: ExportOptions) -> int:
    """Write a plan for another system: Slurm, Kubernetes, KEDA, SkyPilot, spreadsheets, calendars."""
    from leptonopt.cli.common import params_of
    from leptonopt.execution.planned import missing_commands, planned_runs, project_name

    if given.output is None:
        raise UsageError("say where to write, with -o FILE; - is standard output")
    kind = given.to or next((n for n, (_, end) in KINDS.items() if end and end == given.output.suffix.lower()), "")
    if kind not in KINDS and kind not in SERVICE_KINDS:
        what = f"there is no {kind!r} to write" if kind else f"{given.output}: its ending tells no kind; say --to NAME"
        raise UsageError(f"{what}; allowed are {', '.join((*KINDS, *SERVICE_KINDS))}")
    for name in ("repeat", "ceiling", "tokens"):
        if getattr(given, name) is not None and name not in SERVICE_KINDS.get(kind, ()):
            raise UsageError(f"--{name} does not belong to --to {kind}; `leptonopt export -h` has examples")
    files.writable(given.output)
    files.different(given.output, given.file, given.plan, given.ceiling)
    instance = load_instance(given.file, given.format, params_of(given.param))
    plan = plan_of(given.plan)
    if kind == "html":
        from leptonopt.cli.show import write_page

        write_page(given.output, plan, instance)
        return 0
    if kind in SERVICE_KINDS:
        files.write_atomic(given.output, _SERVICE_WRITERS[kind](instance, plan, given))
        return 0
    runs = planned_runs(instance, plan, KINDS[kind][0])
    data = _WRITERS[kind](runs, project_name(instance), plan)
    files.write_atomic(given.output, data)
    if kind == "sbatch" and (missing := missing_commands(runs)):
        print_note(f"{len(missing)} tasks have no `run` and would start `true`: {missing[0]} and others")
    return 0


def _sbatch(runs: Sequence[PlannedRun], project: str, plan: Any) -> str:
    from leptonopt.execution.sbatch import script

    return script(runs, project)


def _manifests(name: str, queues: bool = False) -> Callable[[Sequence[PlannedRun], str, Any], str]:
    def write(runs: Sequence[PlannedRun], project: str, plan: Any) -> str:
        from leptonopt.execution.manifests import kubernetes_documents, manifest_text, sky_documents

        made = kubernetes_documents(runs, project, queues) if name == "kubernetes" else sky_documents(runs, project)
        return manifest_text(made)

    return write


def _csv(runs: Sequence[PlannedRun], project: str, plan: Any) -> str:
    from leptonopt.execution.tables import csv_text, rows

    return csv_text(rows(runs, plan))


def _xlsx(runs: Sequence[PlannedRun], project: str, plan: Any) -> bytes:
    from leptonopt.execution.tables import HEAD, plan_sheets, rows, workbook

    return workbook({"tasks": [HEAD, *rows(runs, plan)], **plan_sheets(plan)})


def _ics(runs: Sequence[PlannedRun], project: str, plan: Any) -> bytes:
    from leptonopt.execution.tables import calendar_text

    return calendar_text(runs, project, datetime.now(UTC).replace(microsecond=0))


_WRITERS: dict[str, Callable[[Sequence[PlannedRun], str, Any], str | bytes]] = {
    "sbatch": _sbatch,
    "kubernetes": _manifests("kubernetes"),
    "kueue": _manifests("kubernetes", queues=True),
    "skypilot": _manifests("skypilot"),
    "csv": _csv,
    "xlsx": _xlsx,
    "ics": _ics,
}


def _keda(instance: Instance, plan: Any, given: ExportOptions) -> str:
    from leptonopt.execution.manifests import manifest_text
    from leptonopt.execution.replicas import clock_of, keda_documents, replica_counts

    return manifest_text(keda_documents(replica_counts(instance, plan), clock_of(instance, given.repeat)))


def _crontab(instance: Instance, plan: Any, given: ExportOptions) -> str:
    from leptonopt.execution.replicas import clock_of, crontab_text, replica_counts

    return crontab_text(replica_counts(instance, plan), clock_of(instance, given.repeat))


def _envelope(instance: Instance, plan: Any, given: ExportOptions) -> str:
    from leptonopt.execution.replicas import ENVELOPE_HEAD, envelope_rows, replica_counts
    from leptonopt.execution.tables import csv_text

    ceiling = None if given.ceiling is None else replica_counts(instance, plan_of(given.ceiling))
    return csv_text(envelope_rows(replica_counts(instance, plan), ceiling), ENVELOPE_HEAD)


def _routing(instance: Instance, plan: Any, given: ExportOptions) -> str:
    from leptonopt.execution.replicas import ROUTING_HEAD, replica_counts, routing_rows
    from leptonopt.execution.tables import csv_text

    replica_counts(instance, plan)  # refuses a plan without services, or of others
    return csv_text(routing_rows(plan), ROUTING_HEAD)


def _service_costs(instance: Instance, plan: Any, given: ExportOptions) -> str:
    from leptonopt.execution.replicas import replica_counts
    from leptonopt.execution.tables import csv_text
    from leptonopt.plan.hourly_costs import COST_HEAD, cost_rows, tokens_by_class

    replica_counts(instance, plan)
    tokens = tokens_by_class(given.tokens, instance) if given.tokens is not None else None
    return csv_text(cost_rows(plan, instance, tokens), COST_HEAD)


_SERVICE_WRITERS: dict[str, Callable[[Instance, Any, ExportOptions], str]] = {
    "keda": _keda,
    "crontab": _crontab,
    "envelope": _envelope,
    "routing": _routing,
    "service-costs": _service_costs,
}
