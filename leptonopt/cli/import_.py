"""`leptonopt import`: a cluster, a price list, a bill or a log of requests, as an instance."""

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
  leptonopt import demand LOG.csv --slot 10m --classes 3 --quantile 0.95 -o demand.yaml

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
    str | None, options.Option(metavar="INSTANT", help="start of the horizon  [default: now, or that of the log]")
]
Classes = Annotated[
    str | None, options.Option(metavar="N", help="demand: classes of requests by tokens; AxB: by input and output")
]
Quantile = Annotated[
    str | None, options.Option(metavar="SHARE", help="demand: quantile of the rate in a slot  [default: 0.95]")
]
Slot = Annotated[str, options.Option(metavar="DURATION", help="length of a slot")]
Horizon = Annotated[
    str | None, options.Option(metavar="DURATION", help="length of the horizon  [default: 7d, or that of the log]")
]
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
    horizon: Horizon = None
    zone: Zone = "UTC"
    classes: Classes = None
    quantile: Quantile = None
    param: options.Params = None
    sources: List = False


@options.takes(ImportOptions)
def import_(_: options.Context, given: ImportOptions) -> int:
    """Read the state of a cluster, a price list, a bill or a log of requests, and write it as an instance."""
    from leptonopt.instance import validate
    from leptonopt.integrations.sources import SOURCES, instance_document, read
    from leptonopt.io.native import writer

    if given.sources or given.source is None:
        for name, entry in SOURCES.items():
            params = f" (--param {', '.join(entry.params)})" if entry.params else ""
            print_line(f"{name:<11} {entry.what}{params}")
        return 0
    if given.output is None and given.source != "demand":
        raise UsageError("say where to write the instance, with -o FILE; - is standard output")
    output = given.output or Path("-")
    kind = "yaml" if str(output) == "-" else require_ending(output, (*NATIVE, "yml"), "an instance")
    files.writable(output)
    places = given.places or []
    files.different(output, given.overlay, *(Path(place) for place in places if "://" not in place))
    grid = _grid(given)
    found = read(given.source, places, _params(given), grid)
    document = instance_document(given.source, places, found, grid, _overlay(given.overlay))
    needed = ("pools",) if "services" in document else ("pools", "tasks")
    if missing := " and no ".join(key for key in needed if not document.get(key)):
        found.notes.append(f"there are no {missing}: this is a part of an instance; --overlay FILE can add them")
    document = {key: value for key, value in document.items() if value or key not in ("pools", "tasks")}
    validate(_completed(document))
    files.write_atomic(output, writer.dumped(document, "yaml" if kind == "yml" else kind))
    for note in found.notes:
        print_note(note)
    return 0


def _params(given: ImportOptions) -> dict[str, str]:
    """Return the parameters of the source, with those that are options of their own."""
    own = {"classes": given.classes, "quantile": given.quantile}
    return {**params_of(given.param), **{name: value for name, value in own.items() if value is not None}}


def _completed(document: dict[str, Any]) -> dict[str, Any]:
    """Return a document with what a part of an instance lacks: pools, a task, demand and ways."""
    services = document.get("services", [])
    held: dict[str, dict[str, str]] = {}
    for way in (way for service in services for way in service.get("replicas", ())):
        held.setdefault(way["pool"], {"-": "unlimited"}).update(dict.fromkeys(way["uses"], "unlimited"))
    held = held or {"-": {"-": "unlimited"}}
    pools = document.get("pools") or [{"id": id, "capacity": capacity} for id, capacity in held.items()]
    more = {"services": [_completed_service(service, pools[0]["id"]) for service in services]} if services else {}
    time = document.get("time", {"start": "2000-01-01T00:00Z", "slot": "1h", "horizon": "1h"})
    bare = {**document, "time": time, "pools": pools}
    return {"tasks": _placeholder(bare), **bare, **more}


def _completed_service(service: dict[str, Any], pool: str) -> dict[str, Any]:
    """Return a service with a way to serve its classes, or with a demand of what its ways serve."""
    demand = service.get("demand") or {name: 0 for way in service["replicas"] for name in way["rate"]}
    classes = demand.get("mix", demand)
    return {"replicas": [{"pool": pool, "rate": dict.fromkeys(classes, 1)}], **service, "demand": demand}


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
        slot, horizon = units.duration(given.slot), units.duration(given.horizon or "7d")
        start = units.instant(given.start) if given.start else None
    except ValueError as error:
        raise UsageError(str(error)) from None
    if slot < 1:
        raise UsageError("--slot is at least 1s")
    stated = frozenset(name for name in ("start", "horizon") if getattr(given, name))
    return Grid(start or aligned_start(datetime.now(UTC), slot), slot, horizon, given.zone, stated)


def _overlay(path: Path | None) -> dict[str, Any] | None:
    """Return an overlay; raises `InputError`."""
    from leptonopt.io.load import read_document

    return None if path is None else read_document(path)
