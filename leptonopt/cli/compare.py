"""`leptonopt compare`: run methods on instances, each pair in a process of its own; resumable."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from leptonopt.cli import options
from leptonopt.cli.common import current_methods, params_of
from leptonopt.cli.results import print_tables
from leptonopt.io import files

if TYPE_CHECKING:
    from leptonopt.experiments.campaign import Step

EPILOG = """\b
Examples:
  leptonopt compare instances/*.yaml -m greedy,auto -o results
  leptonopt compare d*.yaml -m auto,cpsat,highs -t 30 --seeds 3 -o results
  leptonopt compare gap.csv -m auto,mine.py:solve -o results
  leptonopt compare gap.csv -m auto --cluster tcp://10.0.0.5:8786 -o results
  leptonopt results page results -o report.html

\b
Every run is a process of its own, and a line in results/runs.jsonl as soon as
it has ended. The same call again goes on where it was stopped; a run is done
anew only when the instance, the options or a version has changed. A .csv is a
list of instances with the columns file, name, family, format, params, best.

A method of your own is FILE.py:NAME, a function over Problem; see
docs/how-to/compare-methods.md."""


@dataclass(frozen=True)
class CompareOptions:
    """The options of `leptonopt compare`."""

    instances: options.Instances
    output: options.ResultFolder
    methods: options.Methods = "greedy,auto"
    time_limit: options.RunSeconds = 60.0
    seeds: options.Seeds = 1
    gap: options.Gap = 0.0
    threads: options.RunThreads = 1
    deterministic: options.Deterministic = False
    jobs: options.Jobs = None
    cluster: options.RunCluster = None
    format: options.Format = None
    param: options.Params = None
    best: options.BestKnown = None
    quiet: options.NoProgress = False


@options.takes(CompareOptions)
def compare(_: options.Context, given: CompareOptions) -> int:
    """Run methods on instances, each pair in a process of its own; resumable."""
    from leptonopt.experiments.campaign import compare as run
    from leptonopt.experiments.tables import summary
    from leptonopt.runtime.dask import dask_executor

    methods = current_methods(name.strip() for name in given.methods.split(",") if name.strip())
    with dask_executor(given.cluster) if given.cluster else nullcontext() as workers:
        found = run(
            given.instances,
            methods,
            output=given.output,
            time_limit=given.time_limit,
            seeds=given.seeds,
            gap=given.gap,
            threads=given.threads,
            deterministic=given.deterministic,
            jobs=given.jobs,
            format=given.format,
            params=params_of(given.param),
            best=given.best,
            executor=workers,
            on_step=None if given.quiet else _progress(),
        )
    print_tables([summary(found)], "terminal", None)
    return 0


def _progress() -> Callable[[Step], None]:
    """Return what prints a live line on a terminal, and a line per run elsewhere."""
    from leptonopt.experiments.campaign import clock

    live = sys.stderr.isatty()

    def show(step: Step) -> None:
        left = "" if step.left is None else f", about {clock(step.left)} to go"
        text = f"{step.done} of {step.total} runs{left}"
        if step.line is not None:
            line = step.line
            cost = "" if line.get("cost") is None else f" {float(Fraction(line['cost'])):,.2f}"
            cost = line.get("error") or f"{line['status']}{cost}"
            text += f": {line['instance']['name']} by {line['method']}: {cost}"
        text = files.printable(text)
        end = "\n" if not live or step.done == step.total else ""
        sys.stderr.write(f"\r\x1b[K{text[:110]}{end}" if live else f"{text}\n")
        sys.stderr.flush()

    return show
