"""Compile all kernels on small instances, so that they are kept on disk; `leptonopt warmup` and a first run call it.

Both notations are used, because instances in columns give other array types than instances in a tree.
`tests/system/test_jit_warmup.py` tests that nothing is left to compile.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

from leptonopt.compile.columnar import compile_columnar
from leptonopt.compile.compiler import compile_instance
from leptonopt.experiments.generators import table
from leptonopt.experiments.generators.writer import written
from leptonopt.io.columnar import load
from leptonopt.io.load import load as load_tasks
from leptonopt.problem.problem import Problem
from leptonopt.runtime import jit
from leptonopt.solvers.large_scale import run_all_kernels

TASKS = 10  # of each instance


def main() -> None:
    """Compile all kernels, and write the marker that they are compiled."""
    for problem in problems():
        run_all_kernels(problem)
    jit.write_marker()


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
