"""`leptonopt measure`: speed and quality of a model's variants on this machine."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from leptonopt.cli import options
from leptonopt.cli.common import NATIVE, print_line, print_note, require_ending, require_picture
from leptonopt.io import files

if TYPE_CHECKING:
    from leptonopt.measurement.measure import Measurement

EPILOG = """\b
Examples:
  leptonopt measure model.onnx --data examples.npz
  leptonopt measure model.onnx --data examples.npz -o variants.yaml --plot front.png
  leptonopt measure model.onnx --data examples.npz --batch 1 --rounds 31 -t 60

\b
Variants: full, int8-dynamic, int8-static (calibrated on the data), pruned (structured).
They run in turns; speed is that against the full model, with a range of 95 %. A speed
whose range covers 1 is refused: it may be no speed-up at all. The .npz holds an array
for each input, and `labels` if there are any; without, quality counts agreement with
the full model. Needs the extra `measure`."""

Model = Annotated[Path, options.Argument(metavar="{MODEL}", show_default=False, help="a model in ONNX")]
Data = Annotated[Path, options.Option("--data", metavar="FILE", help="examples: an .npz with an array for each input")]
Variants = Annotated[
    Path | None,
    options.Option("--output", "-o", metavar="FILE", help="write `variants:` of a task: .yaml, .json, .toml"),
]
Picture = Annotated[Path | None, options.Option("--plot", metavar="FILE", help="draw cost against quality")]
Batch = Annotated[int, options.Option(metavar="N", help="examples in a call")]
Threads = Annotated[int, options.Option(metavar="N", help="threads of the runtime")]
Seconds = Annotated[float, options.Option("--time", "-t", metavar="SECONDS", help="for the calls that are timed")]
Rounds = Annotated[int, options.Option(metavar="N", help="turns of each variant, at least 6")]
Pruned = Annotated[float, options.Option(metavar="SHARE", help="units that pruning takes out")]


@dataclass(frozen=True)
class MeasureCommand:
    """The options of `leptonopt measure`."""

    model: Model
    data: Data
    output: Variants = None
    plot: Picture = None
    json: options.Json = False
    batch: Batch = 32
    threads: Threads = 1
    seconds: Seconds = 10.0
    rounds: Rounds = 15
    pruned: Pruned = 0.5


@options.takes(MeasureCommand)
def measure(_: options.Context, given: MeasureCommand) -> int:
    """Measure speed and quality of a model's variants, for `variants:` of a task."""
    from leptonopt.measurement.measure import MeasureOptions
    from leptonopt.measurement.measure import measure as measured

    kind = None if given.output is None else require_ending(given.output, NATIVE, "variants")
    files.writable(given.output)
    require_picture(given.plot)
    files.different(given.output, given.model, given.data, given.plot)
    chosen = MeasureOptions(given.batch, given.threads, given.seconds, given.rounds, given.pruned)
    found = measured(given.model, given.data, chosen)
    if given.output is not None and kind is not None:
        files.write_atomic(given.output, stated(found, kind))
    if given.plot is not None:
        from leptonopt.measurement.plot_variants import draw

        draw(found, given.plot)
    if given.json:
        files.write_atomic("-", files.dumped(found.document()))
    else:
        _print(found)
    return 0


def stated(found: Measurement, kind: str) -> str:
    """Return `variants:` of a task as a file, with ranges and provenance as comments above."""
    from leptonopt.io.native.writer import dumped

    remarks = [f"{name}: {value}" for name, value in _flat(found.document())]
    head = "" if kind == "json" else "".join(f"# {files.printable(line)}\n" for line in remarks)
    return head + dumped({"variants": found.variants_document()}, kind)


def _flat(document: dict[str, Any]) -> list[tuple[str, Any]]:
    """Return provenance and figures, a line each."""
    return [*document["provenance"].items(), *document["variants"].items(), *document["not_made"].items()]


def _print(found: Measurement) -> None:
    """Print a line for each variant, and the reasons for those that are not used."""
    print_line(f"{'variant':14} {'speed against full':26} {'quality':26} {'size':>6}")
    for each in found.variants:
        print_line(f"{each.name:14} {each.speed!s:26} {each.quality!s:26} {each.memory:6.0%}")
    for each in found.variants:
        if each.refused:
            print_note(f"{each.name} is refused: {each.refused}")
    for name, why in found.unmade.items():
        print_note(f"{name} {why}")
    print_line(f"quality: {found.provenance['quality']}; {found.provenance['machine']['processor']}")
