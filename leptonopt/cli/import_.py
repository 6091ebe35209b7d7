"""`leptonopt import`: the state of a cluster, a price list or a bill, as an instance."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

from leptonopt.cli import options
from leptonopt.cli.common import NATIVE, params_of, print_line, print_note, require_ending
from leptonopt.errors import UsageError
from leptonopt.io import files

EPILOG = """\b
Examples:
  leptonopt import --list                                what can be read
  leptonopt import slurm -o cluster.yaml                 asks sinfo, squeue and scontrol here
  leptonopt import slurm sinfo.json squeue.json -o cluster.yaml --overlay prices.yaml
  leptonopt import kubernetes objects.json -o cluster.yaml --param default_duration=4h
  leptonopt import nvidia-smi node1.xml node2.xml -o gpus.yaml
  leptonopt import prometheus http://localhost:9090 --param query='sum(gpus_used)' \\
      --param pool=onprem --param capacity=64 -o taken.yaml
  leptonopt import prices aws.csv --param accelerator=A100:8 --param region=us-east-1 -o rent.yaml
  leptonopt import focus bill.csv -o paid.yaml

\b
An overlay is a part of an instance in YAML, JSON or TOML: prices, labels, deadlines.
It is laid over what is read, entry by entry of equal id, so that importing again
changes nothing that it says. Notes on standard error say what was left out."""

Source = Annotated[
    str | None, options.Argument(metavar="[WHAT]", show_default=False, help="a name from `leptonopt import --list`")
]
Places = Annotated[
    list[str] | None,
    options.Argument(metavar="[FILE...]", show_default=False, help="files, or the address of a Prometheus server"),
]
Output = Annotated[
    Path | None,
    options.Option("--output", "-o", metavar="FILE", help="instance to write: .yaml, .json, .toml; - for stdout"),
]
Overlay = Annotated[
    Path | None, options.Option(metavar="FILE", help="a part of an instance that is laid over what is read")
]
Start = Annotated[
    str | None, options.Option(metavar="INSTANT", help="start of the horizon  [default: now, at a whole slot]")
]
Slot = Annotated[str, options.Option(metavar="DURATION", help="length of a slot")]
Horizon = Annotated[str, options.Option(metavar="DURATION", help="length of the horizon")]
Zone = Annotated[str, options.Option(metavar="NAME", help="time zone of daily series, such as Europe/Berlin")]
List = Annotated[bool, options.Option("--list", help="list what can be read, and its parameters, and end")]


@dataclass(frozen=True)
class ImportOptions:
    """The options of `leptonopt import`."""

    source: Source = None
    places: Places = None
    output: Output = None
    overlay: Overlay = None
    start: Start = None
    slot: Slot = "1h"
    horizon: Horizon = "7d"
    zone: Zone = "UTC"
    param: options.Params = None
    sources: List = False


@options.takes(ImportOptions)
def import_(_: options.Context, given: ImportOptions) -> int:
    """Read the state of a cluster, a price list or a bill, and write it as an instance."""
    from leptonopt.instance import validate
    from leptonopt.integrations.sources import SOURCES, instance_document, read
    from leptonopt.io.native import writer

    if given.sources or given.source is None:
        for name, entry in SOURCES.items():
            params = f" (--param {', '.join(entry.params)})" if entry.params else ""
            print_line(f"{name:<11} {entry.what}{params}")
        return 0
    if given.output is None:
        raise UsageError("say where to write the instance, with -o FILE")
    kind = "yaml" if str(given.output) == "-" else require_ending(given.output, (*NATIVE, "yml"), "an instance")
    files.writable(given.output)
    places = given.places or []
    files.different(given.output, given.overlay, *(Path(place) for place in places if "://" not in place))
    grid = _grid(given)
    found = read(given.source, places, params_of(given.param), grid)
    document = instance_document(given.source, places, found, grid, _overlay(given.overlay))
    if not document["tasks"]:
        del document["tasks"]
        found.notes.append("there are no tasks: this is a part of an instance; --overlay FILE can add them")
    validate({"tasks": _placeholder(document), **document})
    files.write_atomic(given.output, writer.dumped(document, "yaml" if kind == "yml" else kind))
    for note in found.notes:
        print_note(note)
    return 0


def _placeholder(document: dict[str, Any]) -> list[dict[str, Any]]:
    """Return a task that fits anywhere, in place of those that a part of an instance lacks."""
    return [
        {
            "id": "-",
            "options": [{"pool": pool["id"], "duration": document["time"]["slot"]} for pool in document["pools"]],
        }
    ]


def _grid(given: ImportOptions) -> Any:
    """Return the time grid of the options; raises `UsageError`."""
    from leptonopt.instance import units
    from leptonopt.integrations.imported import Grid, aligned_start

    try:
        slot, horizon = units.duration(given.slot), units.duration(given.horizon)
        start = units.instant(given.start) if given.start else None
    except ValueError as error:
        raise UsageError(str(error)) from None
    if slot < 1:
        raise UsageError("--slot is at least 1s")
    return Grid(start or aligned_start(datetime.now(UTC), slot), slot, horizon, given.zone)


def _overlay(path: Path | None) -> dict[str, Any] | None:
    """Return an overlay; raises `InputError`."""
    from leptonopt.io.load import read_document

    return None if path is None else read_document(path)
