"""Finished runs: figures of each, and folders of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from leptonopt.errors import InputError
from leptonopt.experiments.results import RunRecord, lines_of
from tests.helpers.runs import line, results


def test_figures_of_a_run() -> None:
    """Gap, distance to the published value, first and last plan, primal integral."""
    trace = [[1.0, 20.0, 5.0], [3.0, 20.0, 8.0], [4.0, 10.0, 8.0]]
    run = RunRecord(line(cost="10", bound="8", trace=trace, best_known="8"), best=RunRecord(line(cost="10")).cost)
    assert (run.cost, run.bound, run.gap, run.off) == (10, 8, 0.2, 0.25)
    assert (run.costs, run.bounds) == ([(1.0, 20.0), (4.0, 10.0)], [(1.0, 5.0), (3.0, 8.0)])
    assert (run.first, run.last, run.final) == (1.0, 4.0, 0.0)
    assert run.integral == pytest.approx((1 * 1.0 + 3 * 0.5 + 6 * 0) / 10)
    assert (run.reached(0.5), run.reached(0.1), run.reached(-1)) == (1.0, 4.0, None)


@pytest.mark.parametrize(
    ("cost", "best", "gap"),
    [("10", "10", 0.0), ("20", "10", 0.5), ("-5", "10", 1.0), (None, "10", 1.0), ("0", "0", 0.0)],
)
def test_primal_gaps(cost: str | None, best: str, gap: float) -> None:
    """Between 0 and 1, also for costs of other signs."""
    run = RunRecord(line(cost=cost), best=RunRecord(line(cost=best)).cost)
    assert run.final == gap


@pytest.mark.parametrize(
    ("status", "best_known", "contradicts"),
    [
        ("feasible", "infeasible", True),
        ("infeasible", "5", True),
        ("infeasible", "infeasible", False),
        ("feasible", "5", False),
    ],
)
def test_contradictions_to_published_values(status: str, best_known: str, contradicts: bool) -> None:
    """A plan where none exists, or none where there is one."""
    made = line(cost=None if status == "infeasible" else "10", best_known=best_known) | {"status": status}
    assert RunRecord(made).contradicts is contradicts


def test_a_folder_of_runs(tmp_path: Path) -> None:
    """The best value known is the least of all methods and the published one; choices keep it."""
    found = results(
        tmp_path, line("a", cost="12"), line("b", cost="10"), line("a", "j", cost=None), line("b", "j", cost="7")
    )
    assert (found.methods, found.families, found.limits) == (["a", "b"], ["f"], [10.0])
    assert [(run.method, run.instance, run.best) for run in found.runs] == [
        ("a", "i", 10),
        ("b", "i", 10),
        ("a", "j", 7),
        ("b", "j", 7),
    ]
    some = found.where(lambda run: run.method == "a")
    assert [run.best for run in some.runs] == [10, 7]
    assert list(found.grouped(lambda run: run.instance)) == ["i", "j"]
    assert found.rows()[0]["cost"] == 12.0
    assert found.plan(found.runs[0]) is None


def test_half_a_line_is_ignored(tmp_path: Path) -> None:
    """As a killed comparison leaves it; a line of something else is refused with its number."""
    results(tmp_path, line("a"))
    file = tmp_path / "runs.jsonl"
    file.write_text(file.read_text() + '{"key": "x')
    assert len(lines_of(tmp_path)) == 1
    file.write_text(file.read_text() + "\n")
    with pytest.raises(InputError, match="runs.jsonl:2: is no line of a run".replace(".", r"\.")):
        lines_of(tmp_path)
    assert lines_of(tmp_path / "none") == []
