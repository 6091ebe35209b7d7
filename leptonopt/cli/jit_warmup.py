"""Compile all kernels on small instances, for `leptonopt warmup` and the first run.

Both notations are used, because instances in columns give other array types than instances in a tree.
`tests/system/test_jit_warmup.py` tests that nothing is left to compile.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from leptonopt.compile.columnar import compile_columnar
from leptonopt.compile.compiler import compile_instance
from leptonopt.experiments.generators import table
from leptonopt.experiments.generators.writer import written
from leptonopt.io.columnar import load
from leptonopt.io.load import load as load_tasks
from leptonopt.problem.problem import Problem
from leptonopt.runtime import jit
from leptonopt.solvers import assignment, compiled_search, large_scale

TASKS = 10  # of each instance


def main() -> None:
    """Compile the kernels of the methods that the command line names, or of all."""
    compile_kernels(sys.argv[1:] or jit.PARTS)


def compile_kernels(parts: Sequence[str] = jit.PARTS) -> None:
    """Compile the kernels of some methods, unless another process does, and write their markers."""
    for part in parts:
        with jit.compiling_alone(part):
            if not jit.compiled(part):
                _compile(part)
                jit.write_marker(part)


def _compile(part: str) -> None:
    if part == jit.ASSIGNMENT:
        assignment.run_all_kernels()
    elif part == jit.JOBS:
        compiled_search.run_all_kernels(next(problems()))
    else:
        for problem in problems():
            large_scale.run_all_kernels(problem)


def problems() -> Iterator[Problem]:
    """Yield one small instance, compiled from columns and from a tree."""
    generated = table("gavel", tasks=TASKS, seed=0)
    with tempfile.TemporaryDirectory(prefix="leptonopt-") as folder:
        for kind in ("npz", "json"):
            file, content = Path(folder, f"jobs.{kind}"), written(generated, kind)
            file.write_bytes(content.encode() if isinstance(content, str) else content)
            yield compile_columnar(load(file)).problem if kind == "npz" else compile_instance(load_tasks(file)).problem


if __name__ == "__main__":
    main()
