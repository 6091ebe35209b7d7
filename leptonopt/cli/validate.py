"""`leptonopt validate`: every fault of instance files with its line, or a summary of a valid one."""

from __future__ import annotations

import sys
from contextlib import suppress
from pathlib import Path

from leptonopt.cli import options
from leptonopt.cli.common import load_instance, params_of, print_line
from leptonopt.errors import InputError
from leptonopt.io import files

EPILOG = """\b
Example: leptonopt validate instances/*.yaml

\b
Faults go to standard error, one line each, as file:line: place: what is
wrong; what is allowed. Exit code 0 when all files are valid, 3 otherwise."""


def validate(paths: options.Files, format: options.Format = None, param: options.Params = None) -> int:
    """List every fault of instance files with its line, or summarise a valid file."""
    code, params = 0, params_of(param)
    for path in paths:
        try:
            lines = _summary(path, format, params)
        except InputError as error:
            with suppress(OSError):  # standard error may be closed
                for line in str(error).splitlines():
                    sys.stderr.write(f"error: {files.printable(line)}\n")
            code = error.exit_code
        else:
            print_line(f"{path}: {lines[0]}")
            for line in lines[1:]:
                print_line(f"  {line}")
    return code


def _summary(file: Path, format: str | None, params: dict[str, str]) -> list[str]:
    """Return the contents of an instance in a few lines; raises `InputError`."""
    if format is None and files.is_columns(file):
        from leptonopt.io.columnar import load

        return [load(file).summary()]
    from leptonopt.compile.compiler import compile_instance
    from leptonopt.compile.node_form import first_form
    from leptonopt.plan.report import summary

    instance = load_instance(file, format, params)
    return summary(compile_instance(instance, first_form(instance)))
