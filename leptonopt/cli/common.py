"""Common parts of commands: parameters and plans as arguments, lines of output, early refusals.

Nothing heavy is imported here, since `leptonopt verify` runs on the standard library alone.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from leptonopt.errors import Infeasible, InputError, InstanceError, NoPlan, UsageError
from leptonopt.io import files
from leptonopt.io.load import FORMATS
from leptonopt.runtime.document_kinds import document_kind, wrong_kind_message

if TYPE_CHECKING:
    from leptonopt.instance import Instance
    from leptonopt.simulation.noise import Noise

NATIVE = ("yaml", "json", "toml")
PAGES = ("html", "htm")
MODELS = ("mps", "lp", "dat")
WRITES = {"a certificate": " --certify"}  # options of `solve` beside -o with which it writes such a document
MAX_PLAN_BYTES = 16 * 2**20  # default limit of a plan file; LEPTONOPT_MAX_SIZE raises it
FORMATS_HELP = f"how to read the file: yaml, json, toml, {', '.join(FORMATS)}"


def params_of(given: Sequence[str] | None) -> dict[str, str]:
    """Return ['a=1', 'b=2'] as a dict; raises `UsageError`."""
    found: dict[str, str] = {}
    for item in given or ():
        key, equals, value = item.partition("=")
        if not equals or not key:
            raise UsageError(f"--param {item!r}; write KEY=VALUE")
        if key in found:
            raise UsageError(f"--param {key} is given twice")
        found[key] = value
    return found


def plan_of(file: Path, what: str = "a plan") -> dict[str, Any]:
    """Return the document of a plan or certificate file; raises `InputError`."""
    from leptonopt.io.load import NATIVE as KINDS
    from leptonopt.io.native.text import parse, read_text

    shown = files.printable(file)
    if files.is_columns(file):
        raise InputError(f"{shown}: is a file of columns, not {what}; {what} of an instance in a tree is JSON")
    text, kind = read_text(file, files.most(MAX_PLAN_BYTES)), KINDS.get(file.suffix.lower(), "json")
    try:
        found, _ = parse(text, "json", shown)
    except InputError:
        if kind == "json":
            raise
        found, _ = parse(text, kind, shown)
        wrong = wrong_kind_message(document_kind(found), what) or f"is not {what}"
        raise InputError(f"{shown}: {wrong}; {what} is JSON, as `solve{WRITES.get(what, '')} -o` writes it") from None
    if not isinstance(found, dict):
        raise InputError(f"{shown}:1: not {what}: no mapping at its top")
    if wrong := wrong_kind_message(document_kind(found), what):
        raise InputError(f"{shown}: {wrong}; give {what}, as `solve{WRITES.get(what, '')} -o` writes it")
    return found


def load_instance(file: Path, format: str | None, params: dict[str, str]) -> Instance:
    """Read and validate an instance of either notation; raises `InputError`."""
    if format is None and files.is_columns(file):
        from leptonopt.session.columnar_tree import tree_of

        return tree_of(file, params)
    from leptonopt.io.load import load

    return load(file, format, params)


def noise_of(file: Path | None, instance: Instance) -> Noise:
    """Read the noise of a simulation, which is none without a file; raises `InputError`."""
    from leptonopt.io.load import read_document
    from leptonopt.simulation.noise import read_noise

    try:
        return read_noise({} if file is None else read_document(file), instance)
    except InstanceError as error:
        raise error.within(str(file)) from None


def write_model(path: Path, file: Path, format: str | None, params: dict[str, str], kind: str | None = None) -> None:
    """Write the time-indexed model of an instance; the file's ending states the kind unless it is given."""
    from leptonopt.algorithms.models import export
    from leptonopt.compile.model_names import model_names
    from leptonopt.instance import refuse
    from leptonopt.session.source import TreeSource, open_source

    kind = kind or require_ending(path, MODELS, "a model")
    source = open_source(file, format, params)()
    remarks: Iterable[str] = ()
    if isinstance(source, TreeSource):
        refuse(source.compiled.instance, f"a model in {kind}", "data passed on between tasks")
        remarks = model_names(source.compiled)
    files.write_atomic(path, export.export_model(source.problem, kind, remarks))


def plan_of_solution(solution: Path, file: Path, format: str | None, params: dict[str, str]) -> dict[str, Any]:
    """Return the plan of a solution of the exported model; raises `InputError` with the file's name."""
    from leptonopt.io.native.text import read_text
    from leptonopt.session.foreign_solution import plan_of_solution as plan_of_text

    text = read_text(solution, files.most(MAX_PLAN_BYTES))
    try:
        return plan_of_text(file, text, format, params).document
    except InputError as error:
        raise InputError(f"{files.printable(solution)}: {error}") from None


def require_ending(path: Path, allowed: tuple[str, ...], what: str) -> str:
    """Return the ending of a file to be written; raises `UsageError` where it is not allowed."""
    kind = path.suffix.lower().lstrip(".")
    if kind not in allowed:
        raise UsageError(f"{path}: {what} is written as .{', .'.join(allowed)}; choose one of these endings")
    return kind


def require_plan_ending(path: Path | None) -> None:
    """Refuse to write a plan under the ending of something else.

    `-` and names without an ending are allowed. Raises `UsageError`.
    """
    if path is not None and path.suffix:
        require_ending(path, ("json",), "a plan")


def code_of(status: str) -> int:
    """Return the exit code of a status: that of an error where there is no plan, else 0."""
    return {"infeasible": Infeasible.exit_code, "unknown": NoPlan.exit_code}.get(status, 0)


def require_picture(path: Path | None) -> None:
    """Refuse a picture that cannot be written, before the work is done; raises `UsageError`."""
    from leptonopt.plan.picture import FORMATS

    if path is not None:
        require_ending(path, FORMATS, "a plot")
        files.writable(path)


def current_methods(names: Iterable[str]) -> list[str]:
    """Return the present names of methods, and print a note for each that is given by its former name."""
    from leptonopt.solvers.registry import current_name, renamed_note

    names = list(names)
    for note in filter(None, map(renamed_note, names)):
        print_note(note)
    return [current_name(name) for name in names]


def print_line(line: str) -> None:
    """Print one line on standard output, without line breaks or controls that a terminal would obey."""
    sys.stdout.write(files.printable(line) + "\n")


def print_note(text: str) -> None:
    """Print a note on standard error."""
    sys.stderr.write(f"note: {files.printable(text)}\n")


def print_not_written(path: Path, why: str) -> None:
    """Print a note that a file is not written."""
    print_note(f"{files.printable(path)} is not written: {why}")
