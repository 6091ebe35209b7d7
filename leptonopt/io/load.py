"""Load instances from files: native YAML, JSON and TOML, and formats of the literature."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from leptonopt.errors import Finding, InputError, InstanceError, UsageError, did_you_mean
from leptonopt.errors import Path as Place
from leptonopt.io import files
from leptonopt.io.native.line_numbers import Lines
from leptonopt.io.native.text import MAX_BYTES, parse, read_text
from leptonopt.runtime.clock import gc_disabled
from leptonopt.runtime.document_kinds import document_kind, wrong_kind_message

if TYPE_CHECKING:
    from leptonopt.instance import Instance

MAX_FINDINGS = 100  # as many as `leptonopt.instance` shows, which is not imported here
NATIVE = {".yaml": "yaml", ".yml": "yaml", ".json": "json", ".toml": "toml"}


@dataclass(frozen=True)
class Format:
    """A format of the literature: its reader module, its description and its parameters."""

    module: str
    what: str
    params: tuple[str, ...] = ()

    def document(self, text: str, path: Path, params: Mapping[str, str]) -> dict[str, Any]:
        """Return the native document equivalent to a file of this format."""
        read: Callable[[str, Path, Mapping[str, str]], dict[str, Any]] = import_module(
            f"leptonopt.io.literature.{self.module}"
        ).document
        return read(text, path, params)


FORMATS = {
    "gap": Format("gap", "generalised assignment (OR-Library): m agents, n jobs, costs, needs, capacities"),
    "jain-grossmann": Format(
        "jain_grossmann", "dissimilar machines with release dates and deadlines, least assignment cost"
    ),
    "icon": Format(
        "icon",
        "ICON challenge 2014: data-centre scheduling; forecast.txt beside it (--param prices=actual: actual.txt)",
        ("prices",),
    ),
    "sscflp": Format(
        "sscflp",
        "single-source facility location (Holmberg, OR-Library, Yang, Delmaire), each recognised by its numbers "
        "(--param layout=holmberg or delmaire where they fit both)",
        ("layout",),
    ),
    "green-tou": Format(
        "green_tou",
        "identical machines at time-of-use prices: Data_pN.txt with Data_eN.txt and Data_cN.txt beside it "
        "(--param deadline=K: all jobs end by slot K)",
        ("deadline",),
    ),
    "racp": Format("racp", "resource availability cost (MiniZinc Challenge, .dzn): least capacity for a deadline"),
    "rip": Format("rip", "resource investment (XCSP3 competition 2023, JSON): least capacity for a deadline"),
    "mmkp": Format("mmkp", "multiple-choice multidimensional knapsack (Khan): the cost is minus the value"),
    "psplib-mm": Format(
        "psplib_mm", "multi-mode project scheduling (PSPLIB, MMLIB), with --param deadline=K", ("deadline",)
    ),
    "cloudbalancing": Format(
        "cloudbalancing", "processes on computers, each computer used is paid (OptaPlanner, JSON)"
    ),
    "melange": Format(
        "melange",
        "GPU types bought whole for a rate of requests in buckets (Melange, JSON); --param routing=whole: a slice of a "
        "bucket is on one type",
        ("routing",),
    ),
    "inferno": Format(
        "inferno",
        "models served on limited accelerators within latency targets (inferno): server-data.json with the other files "
        "beside it, or system-data.json (--param routing=one-way: one accelerator a service)",
        ("routing",),
    ),
    "ctu-energy": Format("ctu_energy", "one machine, prices by interval, off and standby states (CTU, JSON)"),
    "elasticflow": Format(
        "elasticflow",
        "deep-learning jobs with deadlines: a trace (.csv), with a folder throughputs_A100 beside it or its folder "
        "(--param gpus=128, or pools such as gpus=owned:16@0.0624,cloud:64@3.67; jobs, day, within, slot, late, "
        "throughputs)",
        ("gpus", "jobs", "day", "within", "slot", "late", "throughputs"),
    ),
}


def load(
    path: str | os.PathLike[str],
    format: str | None = None,
    params: Mapping[str, str] | None = None,
    max_bytes: int | None = None,
) -> Instance:
    """Return the instance of a file.

    Parameters
    ----------
    path : a native file by its ending (.yaml, .yml, .json, .toml), or any other with its `format`.
    format : a name of `FORMATS`, or `yaml`, `json`, `toml`; recognised by the ending when None.
    params : parameters of the format.
    max_bytes : larger files are refused; 8 MiB, or what `LEPTONOPT_MAX_SIZE` says, when None.

    Raises
    ------
    InstanceError
        With everything wrong with it, each finding at its line.
    InputError
        When the file cannot be read as text.
    UsageError
        When the format or a parameter is not known.
    """
    return load_with_document(path, format, params, max_bytes)[0]


def load_with_document(
    path: str | os.PathLike[str],
    format: str | None = None,
    params: Mapping[str, str] | None = None,
    max_bytes: int | None = None,
) -> tuple[Instance, dict[str, Any]]:
    """Return the instance of a file and its native document; raises as `load` does."""
    from leptonopt.instance import validate  # not above: the checker reads documents without pydantic

    with gc_disabled():
        return _validated(*_read(path, format, params, max_bytes), validate)


def load_text(text: str, kind: str, name: str = "text") -> tuple[Instance, dict[str, Any]]:
    """Return the instance of a text of kind `yaml`, `json` or `toml`, and its document.

    `name` stands for the file in errors. Raises as `load` does.
    """
    from leptonopt.instance import validate

    if len(text) > (limit := files.most(MAX_BYTES)):
        raise InputError(f"{name}: has {len(text):,} characters; at most {limit:,} are read")
    with gc_disabled():
        return _validated(*_parsed(text, kind, name), validate)


def _validated(
    document: dict[str, Any], lines: Lines, file: str, validated: Callable[[dict[str, Any]], Instance]
) -> tuple[Instance, dict[str, Any]]:
    """Return the instance of a document, and the document."""
    try:
        return validated(document), document
    except InstanceError as error:
        shown = error.findings[:MAX_FINDINGS]
        line = lines([item.path for item in shown])
        found = [located(item, file, item.line or line.get(item.path)) for item in shown]
        more = [located(item, file, None) for item in error.findings[MAX_FINDINGS:]]
        raise InstanceError([*sorted(found, key=lambda item: item.line or 0), *more]) from None


def read_document(
    path: str | os.PathLike[str],
    format: str | None = None,
    params: Mapping[str, str] | None = None,
    max_bytes: int | None = None,
) -> dict[str, Any]:
    """Return the native document of a file as a plain tree, not validated; raises as `load` does."""
    return _read(path, format, params, max_bytes)[0]


def _read(
    path: str | os.PathLike[str], format: str | None, params: Mapping[str, str] | None, max_bytes: int | None
) -> tuple[dict[str, Any], Lines, str]:
    path, params = Path(path), dict(params or {})
    kind = format or NATIVE.get(path.suffix.lower())
    known = FORMATS[kind].params if kind in FORMATS else ()
    if kind is not None and kind not in FORMATS and kind not in NATIVE.values():
        names = ("yaml", "json", "toml", *FORMATS)
        raise UsageError(f"there is no format {kind!r}; {did_you_mean(kind, names) or 'known are ' + ', '.join(names)}")
    if unknown := sorted(set(params) - set(known)):
        allowed = f"it takes {', '.join(known)}" if known else "it takes none"
        raise UsageError(f"the format {kind or 'of this file'} has no parameter {unknown[0]!r}; {allowed}")
    text, file = read_text(path, max_bytes), files.printable(path)
    if kind is None:
        raise InputError(
            f"{file}: the ending {path.suffix or '(none)'!r} tells no format; use .yaml, .json or .toml, "
            f"or say --format with one of {', '.join(FORMATS)}"
        )
    try:
        if kind in FORMATS:
            return FORMATS[kind].document(text, path, params), lambda places: {}, file
    except InstanceError as error:
        raise _cut(error, file) from None
    return _parsed(text, kind, file)


def _parsed(text: str, kind: str, file: str) -> tuple[dict[str, Any], Lines, str]:
    """Return the native document of a text, the finder of its lines, and the name of its file."""
    try:
        document, lines = parse(text, kind, file)
    except InstanceError as error:
        raise _cut(error, file) from None
    if not isinstance(document, dict):
        raise InstanceError([Finding("the file holds no mapping of keys to values at its top", (), 1, file)])
    if wrong := wrong_kind_message(document_kind(document), "an instance"):
        raise InputError(f"{file}: {wrong}; give the file of the instance itself")
    return document, lines, file


def _cut(error: InstanceError, file: str) -> InstanceError:
    """Return an error with the first findings, each with its file."""
    found = [located(item, item.file or file, item.line) for item in error.findings[:MAX_FINDINGS]]
    if len(error.findings) > MAX_FINDINGS:
        found.append(Finding(f"and more; of all findings the first {MAX_FINDINGS} are shown", file=file))
    return InstanceError(found)


def located(finding: Finding, file: str, line: int | None) -> Finding:
    """Return a finding with file and line, on one line; long keys are cut."""
    path: Place = tuple(
        step if isinstance(step, int) else files.printable(step if len(step) <= 200 else f"{step[:197]}...")
        for step in finding.path
    )
    return Finding(finding.message, path, line, files.printable(file))
