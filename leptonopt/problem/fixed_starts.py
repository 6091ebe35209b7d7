"""Fix the starts of a problem: what is left to decide is which of alike options each run takes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from leptonopt.problem.arrays import Ints
from leptonopt.problem.problem import Problem, Quota
from leptonopt.problem.restrict import option_arrays

FixedRun = tuple[Sequence[int], int, int]  # options to choose from, of one group; start; copies


def fix_starts(problem: Problem, runs: Sequence[FixedRun]) -> tuple[Problem, Ints]:
    """Return the problem with each run as a group at its start, and its options in the original.

    The costs of columns stay. Precedence and affinity are dropped: they depend on starts and pools, which the options
    of a run have in common.
    """
    option = np.array([each for options, _, _ in runs for each in options], np.int64)
    of = np.repeat(np.arange(len(runs)), [len(options) for options, _, _ in runs])
    start = np.array([start for _, start, _ in runs], np.int64)[of]
    group = problem.group[[options[0] for options, _, _ in runs]] if runs else np.zeros(0, np.int64)
    none = np.zeros(0, np.int64)
    found = replace(
        problem,
        copies=np.array([copies for _, _, copies in runs], np.int64),
        optional=np.zeros(len(runs), bool),
        value=np.zeros(len(runs), np.int64),
        late_slope=problem.late_slope[group],
        late_base=problem.late_base[group],
        late_once=problem.late_once[group],
        late_after=problem.late_after[group],
        early_slope=problem.early_slope[group],
        early_base=problem.early_base[group],
        **option_arrays(problem, option, of, len(runs)) | {"first": start, "last": start},
        before=none,
        after=none,
        lag=none,
        quotas=tuple(renumbered(quota, option) for quota in problem.quotas),
        meters=tuple(replace(meter, use=renumbered(meter.use, option)) for meter in problem.meters),
        together=(),
        apart=(),
        chains=(),
    )
    return found, option


def renumbered(quota: Quota, option: Ints) -> Quota:
    """Return the quota with its one-time use by the new numbers of options."""
    kept = [(at, quota.once_of[old]) for at, old in enumerate(option.tolist()) if old in quota.once_of]
    table = np.array(kept, np.int64).reshape(-1, 2)
    return replace(quota, options=table[:, 0], once=table[:, 1])
