"""`leptonopt convert`: an instance in another format, or its model for other solvers."""

from __future__ import annotations

from pathlib import Path

from leptonopt.cli import options
from leptonopt.cli.common import MODELS, NATIVE, load_instance, params_of, plan_of_solution, require_ending, write_model
from leptonopt.errors import UsageError
from leptonopt.io import files

EPILOG = """\b
Examples:
  leptonopt convert week.yaml -o week.json
  leptonopt convert d05100 --format gap -o d05100.yaml
  leptonopt convert week.yaml -o week.mps          the model, for any other solver
  leptonopt convert week.yaml --to lp -o -         to standard output
  leptonopt convert week.yaml --solution week.sol -o plan.json    what that solver found,
                                                   as a plan that is checked"""


def convert(
    file: options.File,
    output: options.Converted,
    to: options.To = None,
    format: options.Format = None,
    param: options.Params = None,
    solution: options.SolutionFile = None,
) -> int:
    """Write an instance as YAML, JSON or TOML, or its model as MPS, LP or GNU MathProg data."""
    if solution is not None:
        return _write_plan(solution, file, output, format, params_of(param))
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


def _write_plan(solution: Path, file: Path, output: Path, format: str | None, params: dict[str, str]) -> int:
    """Write the plan of a solution of the exported model."""
    require_ending(output, ("json",), "a plan")
    files.writable(output)
    files.different(output, file, solution)
    files.write_atomic(output, files.dumped(plan_of_solution(solution, file, format, params)))
    return 0
