"""Statistical comparison of two methods: the difference, and how sure it is.

Two methods are compared on the instances both have run on. Of each instance a method has one figure: the mean,
over its seeds, of the primal gap at the end in percent (0 at the best known plan, 100 without a plan), defined
also where costs are zero or below. Their differences are tested by Wilcoxon's signed-rank test (ties as Pratt
1959 treats them), p-values are raised for the number of pairs (Holm 1979), and the mean difference has a
bias-corrected and accelerated bootstrap interval over instances (Efron 1987). "better" is said only where the
raised p-value is below 5 % and the 95 % interval keeps clear of zero.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from statistics import mean

import numpy as np

from leptonopt.errors import UsageError
from leptonopt.experiments.results import Results

LEVEL = 0.05
RESAMPLES = 9_999
EQUAL = 1e-7  # percentage points below which two gaps are equal
FEWEST = 6  # instances below which no test can reach the level after ties


@dataclass(frozen=True)
class Pair:
    """`first` against `second`.

    Attributes
    ----------
    instances : how many both have run on
    wins, ties, losses : instances on which `first` is cheaper, equal, dearer
    difference : mean of second minus first, in percentage points of the primal gap; above 0 speaks for `first`
    low, high : its 95 % interval; None where there are too few instances
    p : raised p-value; None where there are too few instances
    """

    first: str
    second: str
    instances: int
    wins: int
    ties: int
    losses: int
    difference: float
    low: float | None
    high: float | None
    p: float | None

    @property
    def verdict(self) -> str:
        """In words: `better`, `worse`, `equal` or `no difference shown`."""
        if self.p is None or self.low is None or self.high is None:
            return "too few instances"
        if not self.wins and not self.losses:
            return "equal"
        if self.p < LEVEL and (self.low > 0 or self.high < 0):
            return "better" if self.low > 0 else "worse"
        return "no difference shown"


def paired_tests(results: Results, against: str | None = None, limit: float | None = None) -> list[Pair]:
    """Return tests of all pairs of methods, or of one method against the others.

    Parameters
    ----------
    against : the method that is `first` in every pair; all pairs when None.
    limit : only runs with this time limit; the largest when None.

    Raises
    ------
    UsageError
        When `against` has no runs.
    """
    limit = limit or max(results.limits, default=0.0)
    figures = _figures(results, limit)
    if against is not None and against not in figures:
        raise UsageError(f"there are no runs of {against!r}; there are some of {', '.join(figures)}")
    names = list(figures)
    chosen = [(against, name) for name in names if name != against] if against else list(combinations(names, 2))
    found = [_pair(first, second, figures) for first, second in chosen]
    return _raised(found)


def _figures(results: Results, limit: float) -> dict[str, dict[str, float]]:
    """Return the mean final primal gap in percent, per method and instance."""
    gaps: dict[str, dict[str, list[float]]] = {}
    for run in results.runs:
        if run.limit == limit:
            gaps.setdefault(run.method, {}).setdefault(run.content, []).append(100 * run.final)
    return {method: {key: mean(values) for key, values in of.items()} for method, of in gaps.items()}


def _pair(first: str, second: str, figures: dict[str, dict[str, float]]) -> Pair:
    both = [key for key in figures[first] if key in figures[second]]
    ahead = np.array([figures[second][key] - figures[first][key] for key in both])
    ahead[np.abs(ahead) < EQUAL] = 0.0
    wins, losses = int((ahead > 0).sum()), int((ahead < 0).sum())
    difference = float(ahead.mean()) if len(both) else 0.0
    low: float | None = None
    high: float | None = None
    p: float | None = None
    if len(both) >= FEWEST:
        low, high = interval(ahead.tolist())
        p = _wilcoxon(ahead.tolist())
    return Pair(first, second, len(both), wins, len(both) - wins - losses, losses, difference, low, high, p)


def _wilcoxon(ahead: Sequence[float]) -> float:
    from scipy.stats import wilcoxon

    if not any(ahead):
        return 1.0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return float(wilcoxon(ahead, zero_method="pratt").pvalue)


def interval(values: Sequence[float]) -> tuple[float, float]:
    """95 % bootstrap interval of the mean; the same for the same values."""
    from scipy.stats import bootstrap

    if np.ptp(values) == 0:
        return float(values[0]), float(values[0])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = bootstrap(
            (np.asarray(values),), np.mean, n_resamples=RESAMPLES, vectorized=True, rng=np.random.default_rng(0)
        ).confidence_interval
    low, high = float(found.low), float(found.high)
    if np.isnan(low) or np.isnan(high):  # BCa has no answer where all resamples lie on one side
        return float(min(values)), float(max(values))
    return low, high


def _raised(found: Sequence[Pair]) -> list[Pair]:
    """p-values after Holm: the k-th least of m times (m - k + 1), never below one before it."""
    tested = sorted((pair.p, at) for at, pair in enumerate(found) if pair.p is not None)
    raised: dict[int, float] = {}
    least = 0.0
    for rank, (p, at) in enumerate(tested):
        least = max(least, min(1.0, p * (len(tested) - rank)))
        raised[at] = least
    return [replace(pair, p=raised[at]) if at in raised else pair for at, pair in enumerate(found)]
