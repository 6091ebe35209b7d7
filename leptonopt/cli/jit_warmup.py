"""Runs every compiled loop once, on the smallest jobs there are, so that they are kept on disk: `python -m` this.

Both ways of reading an instance come up, for what is read from columns is of other types than what is compiled from
tasks. `tests/test_rehearsal.py` sees to it that nothing is left to compile.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from leptonopt.algorithms.lagrangian.class_pricing import ClassPricer
from leptonopt.algorithms.large_scale.ejection_search import EjectionSearch
from leptonopt.algorithms.large_scale.staged_construction import Assignment
from leptonopt.compile.columnar import compile_columnar
from leptonopt.compile.compiler import compile_instance
from leptonopt.experiments.generators import table
from leptonopt.experiments.generators.writer import written
from leptonopt.io.columnar import load
from leptonopt.io.load import load as load_tasks
from leptonopt.problem.problem import Problem
from leptonopt.problem.protocol import Limits, NullMonitor
from leptonopt.runtime import jit
from leptonopt.runtime.jit_cache import JitWarmup
from leptonopt.solvers import large_scale as scale

TASKS = 10
LIMITS = Limits(time_limit=600.0, threads=1, deterministic=True)


def main() -> None:
    """Compile, and leave the mark."""
    for problem in problems():
        scale.run(problem, LIMITS, NullMonitor(), "all", JitWarmup(here=True))
        nothing = Assignment.empty(problem, np.zeros(problem.capacity.shape))
        EjectionSearch(problem, nothing, ClassPricer(problem), nothing.price).repair(lambda: False)
    jit.write_marker()


def problems() -> Iterator[Problem]:
    """The same few jobs, from columns and from a file of tasks."""
    made = table("gavel", tasks=TASKS, seed=0)
    with tempfile.TemporaryDirectory(prefix="leptonopt-") as folder:
        for kind in ("npz", "json"):
            file, content = Path(folder, f"jobs.{kind}"), written(made, kind)
            file.write_bytes(content.encode() if isinstance(content, str) else content)
            yield compile_columnar(load(file)).problem if kind == "npz" else compile_instance(load_tasks(file)).problem


if __name__ == "__main__":
    main()
