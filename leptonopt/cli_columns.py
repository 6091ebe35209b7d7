"""`leptonopt solve` on columns: what is asked, refused, written and shown."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

from leptonopt import files
from leptonopt.checking import dumped, say
from leptonopt.errors import Infeasible, NoPlan, UsageError

if TYPE_CHECKING:
    from leptonopt.problem import Limits


def solve(
    file: Path,
    output: Path | None,
    limits: Limits,
    *,
    method: str,
    certify: bool,
    as_json: bool,
    quiet: bool,
    verbose: bool,
    refused: Sequence[str],
    cluster: str | None = None,
    begun: float | None = None,
) -> int:
    """Solve columns and show the result; the exit code. `refused` are options that were given and mean nothing here."""
    if refused:
        raise UsageError(f"{refused[0]} is not there for instances in columns")
    if output is not None and output.suffix.lower() not in (".npz", ".csv"):
        raise UsageError(f"{output}: a plan in columns is written as .npz or .csv; choose one of these endings")
    if certify and output is None:
        raise UsageError("--certify writes the certificate beside the plan; say where with -o FILE")
    files.writable(output)
    files.different(output, file)
    certificate = output.with_name(f"{output.stem}.certificate.npz") if certify and output is not None else None
    from leptonopt.bulk import solve_columns
    from leptonopt.cluster import executor
    from leptonopt.progress import Shown
    from leptonopt.signals import Signals

    with executor(cluster) if cluster else nullcontext() as workers, Signals():
        with Shown() as shown:
            watch = shown if not quiet and (shown.live or verbose) else None
            result = solve_columns(
                file,
                output,
                method=method,
                limits=limits,
                certificate=certificate,
                on_progress=watch,
                executor=workers,
                handle_signals=True,
                begun=begun,
            )
        if as_json:
            files.write("-", dumped(result.summary))
        else:
            for line in _lines(result, quiet):
                say(line)
    if result.signal is not None:
        return 128 + result.signal
    if result.cost is not None:
        return 0
    return Infeasible.exit_code if result.status == "infeasible" else NoPlan.exit_code


def summary(path: Path) -> str:
    """What an instance in columns holds; raises `InputError`."""
    from leptonopt.columnar.reading import load

    sheets = load(path)
    pools, slots = len(sheets.instance.pools), sheets.instance.time.slots
    return f"{sheets.tasks:,} tasks, {sheets.options:,} options, {pools} pools, {slots:,} slots, in columns"


def _lines(result: Any, quiet: bool) -> list[str]:
    """The result in a few lines."""
    summary = result.summary
    head = f"{result.status} ({result.stop})"
    if summary["cost"] is not None:
        head += f": {summary['cost']:,} {summary['currency']}"
    if summary["bound"] is not None:
        head += f"; no plan costs less than {summary['bound']:,}"
    if result.gap is not None:
        head += f"; gap {100 * result.gap:.3f} %"
    if quiet:
        return [head]
    tasks = f"{summary['tasks']:,} tasks, {summary['options']:,} options"
    if summary["cost"] is not None:
        tasks += f"; {summary['running']:,} run, {summary['left_out']:,} are left out; checked"
    seconds = ", ".join(f"{name} {value:.1f}" for name, value in result.seconds.items())
    return [head, tasks, *summary["why"], f"seconds: {seconds}", *(f"note: {note}" for note in result.notes)]
