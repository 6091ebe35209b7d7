"""`leptonopt explain`: the reasons why an instance has no plan, and repairs with their costs."""

from __future__ import annotations

import sys

from leptonopt.cli import options
from leptonopt.cli.common import NATIVE, code_of, params_of, require_ending
from leptonopt.io import files

EPILOG = """\b
Examples:
  leptonopt explain week.yaml                      why there is no plan, what would help
  leptonopt explain week.yaml -o repaired.yaml     and the first repair, applied

\b
A conflict lists tasks and requirements that cannot hold together; without any
one of them the rest can. A repair is one change after which a plan exists. Each
repair shown has been applied, solved and checked; its cost is that of the plan.

Exit codes: 0 a plan exists; 4 none does, explained; 5 not known in time."""


def explain(
    context: options.Context,
    file: options.File,
    time_limit: options.Seconds = 60.0,
    format: options.Format = None,
    param: options.Params = None,
    as_json: options.Json = False,
    output: options.RepairedFile = None,
    quiet: options.Quiet = False,
) -> int:
    """Show why an instance has no plan, and what would help."""
    from leptonopt.infeasibility.explain import explain as run
    from leptonopt.io.native import writer
    from leptonopt.session.request import make_limits

    if output is not None:
        kind = require_ending(output, NATIVE, "an instance")
        files.writable(output)
        files.different(output, file)
    make_limits(time_limit=time_limit)
    on_progress = None if quiet or not sys.stderr.isatty() else _print_progress
    params = params_of(param)
    found = run(file, time_limit=time_limit, format=format, params=params, on_progress=on_progress, begun=context.obj)
    if output is not None and found.repairs:
        files.write_atomic(output, writer.dumped(found.repairs[0].instance, kind))
    if as_json:
        files.write_atomic("-", files.dumped(found.document()))
    else:
        from leptonopt.plan import report
        from leptonopt.plan.report_explanation import explained

        explained(found.document(), report.console())
    return code_of(found.status)


def _print_progress(line: str) -> None:
    sys.stderr.write(f"... {line}\n")
