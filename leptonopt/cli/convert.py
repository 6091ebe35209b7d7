"""`leptonopt convert`: an instance in another format, or its model for other solvers."""

from __future__ import annotations

from leptonopt.cli import options
from leptonopt.cli.common import MODELS, NATIVE, load_instance, params_of, write_model
from leptonopt.errors import UsageError
from leptonopt.io import files

EPILOG = """\b
Examples:
  leptonopt convert week.yaml -o week.json
  leptonopt convert d05100 --format gap -o d05100.yaml
  leptonopt convert week.yaml -o week.mps          the model, for any other solver
  leptonopt convert week.yaml --to lp -o -         to standard output"""


def convert(
    file: options.File,
    output: options.Converted,
    to: options.To = None,
    format: options.Format = None,
    param: options.Params = None,
) -> int:
    """Write an instance as YAML, JSON or TOML, or its model as MPS, LP or GNU MathProg data."""
    kind = to or output.suffix.lower().lstrip(".")
    kind = {"yml": "yaml"}.get(kind, kind)
    if kind not in NATIVE + MODELS:
        what = f"{kind!r} is no format to write" if kind else f"{output}: no ending tells the format; say --to NAME"
        raise UsageError(f"{what}; allowed are {', '.join(NATIVE + MODELS)}")
    files.writable(output)
    files.different(output, file)
    params = params_of(param)
    if kind in MODELS:
        write_model(output, file, format, params, kind)
    else:
        from leptonopt.io.native import writer

        files.write_atomic(output, writer.dumped(load_instance(file, format, params).document(), kind))
    return 0
