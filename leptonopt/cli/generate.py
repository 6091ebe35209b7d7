"""`leptonopt generate`: a realistic instance of a family, of any size, from a seed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from leptonopt.cli import options
from leptonopt.cli.common import params_of, print_line, require_ending
from leptonopt.errors import UsageError
from leptonopt.io import files

EPILOG = """\b
Examples:
  leptonopt generate                               list the families
  leptonopt generate gaia -o jobs.yaml             100 tasks of one family
  leptonopt generate elasticflow -o jobs.json --tasks 5000 --seed 7 --load 0.9
  leptonopt generate lumpy -o hard.yaml --tasks 60 --slack 1.5 --precedence 0.3
  leptonopt generate gavel -o jobs.npz --tasks 1000000 --preemptible 0.5
  leptonopt generate platform -o week.yaml --load 1 --param nodes=12 --param odd=1
  leptonopt generate regions -o - | head           YAML, to standard output

\b
Every instance has a plan: it is built around one, or has an expensive pool
without limit. The same call writes the same bytes on any machine. The file's
`source` and the documentation of `generate` name the origin of all figures."""


@dataclass(frozen=True)
class GenerateOptions:
    """The options of `leptonopt generate`."""

    family: options.GeneratorFamily = None
    output: options.Generated = None
    tasks: options.Tasks = None
    seed: options.Seed = 0
    load: options.Load = 0.7
    slack: options.Slack = None
    precedence: options.Precedence = None
    optional: options.OptionalTasks = None
    preemptible: options.Preemptible = None
    days: options.Days = None
    param: options.FamilyParams = None
    families: options.ListFamilies = False


@options.takes(GenerateOptions)
def generate(_: options.Context, given: GenerateOptions) -> int:
    """Make a realistic instance of a family, of the size given, from a seed."""
    from leptonopt.experiments.generators import FAMILIES, table, written

    if given.families or given.family is None:
        if given.family is None and given.output is not None:
            raise UsageError(f"-o needs a family to write; allowed are {', '.join(FAMILIES)}")
        for name, entry in FAMILIES.items():
            print_line(f"{name:<13} {entry.what} (slack {entry.slack})")
        return 0
    if given.family in FAMILIES and given.output is None:
        raise UsageError("say where to write the instance, with -o FILE; - is standard output")
    kind = _kind(given.output)
    generated = table(
        given.family,
        tasks=given.tasks,
        seed=given.seed,
        load=given.load,
        slack=given.slack,
        precedence=given.precedence,
        optional=given.optional,
        preemptible=given.preemptible,
        days=given.days,
        params=params_of(given.param),
    )
    files.write_atomic(given.output or "-", written(generated, kind))
    return 0


def _kind(output: Path | None) -> str:
    """Return the format to write; raises `UsageError` where the file cannot be written."""
    from leptonopt.experiments.generators import KINDS

    if output is None or str(output) == "-":
        return "yaml"
    kind = "yaml" if output.suffix.lower() == ".yml" else require_ending(output, KINDS, "a generated instance")
    files.writable(output)
    return kind
