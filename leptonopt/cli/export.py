"""`leptonopt export`: a plan as scripts, manifests, tables or a calendar."""

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

EPILOG = """\b
Examples:
  leptonopt export week.yaml plan.json --to sbatch -o submit.sh       a script for Slurm
  leptonopt export week.yaml plan.json --to kubernetes -o jobs.yaml   suspended Jobs
  leptonopt export week.yaml plan.json --to kueue -o jobs.yaml        the same in Kueue's queues
  leptonopt export week.yaml plan.json --to skypilot -o tasks.yaml
  leptonopt export week.yaml plan.json --to csv -o -
  leptonopt export week.yaml plan.json -o plan.xlsx                   also .csv, .ics, .sh

\b
Tasks say what to start with `run`, pools where they are found with `target`: see
the instance format. Nothing is submitted; `leptonopt execute` does that."""

# What is written, by name: the system whose `target` is meant, and endings that name it.
KINDS = {
    "sbatch": ("slurm", ".sh"),
    "kubernetes": ("kubernetes", ""),
    "kueue": ("kubernetes", ""),
    "skypilot": ("skypilot", ""),
    "csv": ("", ".csv"),
    "xlsx": ("", ".xlsx"),
    "ics": ("", ".ics"),
}
PlanFile = Annotated[
    Path, options.Argument(metavar="PLAN", show_default=False, help="its plan, as `solve -o` writes it")
]
Kind = Annotated[
    str | None, options.Option(metavar="NAME", help=f"{', '.join(KINDS)}  [default: the ending of the file]")
]
Output = Annotated[
    Path | None, options.Option("--output", "-o", metavar="FILE", help="file to write; - for standard output")
]


@dataclass(frozen=True)
class ExportOptions:
    """The options of `leptonopt export`."""

    file: options.File
    plan: PlanFile
    to: Kind = None
    output: Output = None
    format: options.Format = None
    param: options.Params = None


@options.takes(ExportOptions)
def export(_: options.Context, given: ExportOptions) -> int:
    """Write a plan for another system: Slurm, Kubernetes, Kueue, SkyPilot, spreadsheets, calendars."""
    from leptonopt.cli.common import params_of
    from leptonopt.execution.planned import missing_commands, planned_runs, project_name

    if given.output is None:
        raise UsageError("say where to write, with -o FILE")
    kind = given.to or next((n for n, (_, end) in KINDS.items() if end and end == given.output.suffix.lower()), "")
    if kind not in KINDS:
        what = f"there is no {kind!r} to write" if kind else f"{given.output}: its ending tells no kind; say --to NAME"
        raise UsageError(f"{what}; allowed are {', '.join(KINDS)}")
    files.writable(given.output)
    files.different(given.output, given.file, given.plan)
    instance = load_instance(given.file, given.format, params_of(given.param))
    plan = plan_of(given.plan)
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
    from leptonopt.execution.tables import HEAD, rows, workbook

    bill = plan.get("bill", {})
    sums = [("what", plan.get("currency", ""))]
    sums += [(name, float(value)) for name, value in bill.items() if isinstance(value, int | float)]
    return workbook({"tasks": [HEAD, *rows(runs, plan)], "bill": sums})


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
