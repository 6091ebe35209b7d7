"""The table of systems that can be read, and the one way to read each."""

from __future__ import annotations

import gzip
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from leptonopt.errors import InputError, UsageError, did_you_mean
from leptonopt.instance.overlay import merged
from leptonopt.integrations.imported import Document, Grid, Imported
from leptonopt.io import files
from leptonopt.runtime.child_process import tool_output

MAX_BYTES = 256 * 2**20


@dataclass(frozen=True)
class Source:
    """A system that can be read: its module, what is read, and its parameters."""

    module: str
    what: str
    params: tuple[str, ...] = ()


SOURCES = {
    "slurm": Source(
        "slurm",
        "nodes, jobs and reservations: sinfo --json, squeue --json, slurmrestd, scontrol -o show (asked when no FILE)",
        ("default_duration", "project"),
    ),
    "kubernetes": Source(
        "kubernetes",
        "nodes, pods, jobs and Kueue's queues: kubectl get ... -o json (asked when no FILE)",
        ("default_duration",),
    ),
    "nvidia-smi": Source("nvidia_smi", "the GPUs of a machine: nvidia-smi -q -x (asked when no FILE)", ("pool",)),
    "prometheus": Source(
        "prometheus",
        "capacity taken by others, power, or how long a task takes, from a server's address with --param query, or "
        "answers of query_range",
        ("query", "pool", "resource", "capacity", "power", "duration", "uses"),
    ),
    "prices": Source(
        "price_lists",
        "nodes to rent, from the catalogue CSV of SkyPilot (.csv, .csv.gz) or the CSV of gpuhunt",
        ("accelerator", "region", "instance", "spot", "nodes"),
    ),
    "demand": Source(
        "demand",
        "requests per second of services by class and slot, from a log of requests (CSV of the Azure traces, BurstGPT, "
        "ServeGen or others)",
        ("classes", "sizes", "quantile", "bin", "period", "by", "service", "time", "input", "output", "unit"),
    ),
    "rates": Source(
        "benchmark_rates",
        "what replicas serve within targets of latency, from a table of benchmarks (CSV or JSON of llm-d-planner) or "
        "fitted delays (JSON of inferno)",
        ("model", "ttft", "tpot", "percentile", "service", "pools", "sizes"),
    ),
    "focus": Source("focus_bill", "what node-hours cost in fact, from a bill in the FOCUS format (CSV)"),
}


def read(source: str, places: Sequence[str], params: Mapping[str, str], grid: Grid) -> Imported:
    """Return what a system says.

    Parameters
    ----------
    source : a name of `SOURCES`.
    places : files, `-` for standard input, or the address of a server; the system itself is asked where none is
        given and its tools are at hand.
    params : parameters of the source.
    grid : the time grid of the instance.

    Raises
    ------
    UsageError
        When the source or a parameter is not known.
    InputError
        When a file cannot be read, or a tool or server does not answer.
    """
    if source not in SOURCES:
        raise UsageError(
            f"there is no source {source!r}; {did_you_mean(source, SOURCES) or 'known are ' + ', '.join(SOURCES)}"
        )
    entry = SOURCES[source]
    if unknown := sorted(set(params) - set(entry.params)):
        allowed = f"it takes {', '.join(entry.params)}" if entry.params else "it takes none"
        raise UsageError(f"{source} has no parameter {unknown[0]!r}; {allowed}")
    module = import_module(f"leptonopt.integrations.{entry.module}")
    texts = [_text(place, module, params, grid) for place in places]
    if not texts:
        texts = [(" ".join(words), tool_output(words)) for words in getattr(module, "COMMANDS", ())]
    if not texts:
        raise UsageError(f"{source} needs a FILE; `leptonopt import -h` has examples")
    try:
        found: Imported = module.read(texts, params, grid)
    except (KeyError, TypeError, AttributeError, IndexError) as error:
        # Documents of other programs: a missing key is a fault of the file, not of this package.
        raise InputError(f"{places[0] if places else source}: lacks or twists {error}; is it complete?") from error
    return found


def _text(place: str, module: object, params: Mapping[str, str], grid: Grid) -> tuple[str, str]:
    """Return the name and the text of a file, or what a server answers."""
    if place.startswith(("http://", "https://")):
        fetch = getattr(module, "fetch", None)
        if fetch is None or "query" not in params:
            raise UsageError(f"{place}: an address is read by prometheus alone, with --param query=PROMQL")
        return place, fetch(place, params["query"], grid)
    path, limit = Path(place), files.most(MAX_BYTES)
    try:
        if path.stat().st_size > limit:
            raise files.too_large(path, path.stat().st_size, limit)
        data = path.read_bytes()
        if data[:2] == b"\x1f\x8b":
            with gzip.GzipFile(fileobj=io.BytesIO(data)) as unpacked:
                data = unpacked.read(limit + 1)
            if len(data) > limit:
                raise files.too_large(path, len(data), limit)
        return files.printable(place), data.decode("utf-8-sig")
    except OSError as error:
        raise InputError(f"{files.printable(place)}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise InputError(f"{files.printable(place)}: is not text in UTF-8") from None


def instance_document(
    source: str, places: Sequence[str], found: Imported, grid: Grid, overlay: Mapping[str, object] | None = None
) -> Document:
    """Return the instance of what was found, with the user's overlay laid over it."""
    origin = " ".join(["leptonopt import", source, *(Path(place).name for place in places)])
    document = found.document(f"imported from {source}", origin, grid)
    laid: Document = merged(document, overlay) if overlay else document
    return laid
