"""Tables of results, in each notation."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest

from leptonopt.errors import UsageError
from leptonopt.experiments.statistics import paired_tests
from leptonopt.experiments.tables import Table, certainties, summary, written
from tests.helpers.runs import line, results

TABLE = Table("T", ("method", "cost"), (("a|b", "1"), ("=c", "-2")), ("a note",))


@pytest.mark.parametrize("by", ["method", "family", "instance"])
def test_summaries(tmp_path: Path, by: str) -> None:
    """A row for each method, by family or instance as well."""
    found = results(tmp_path, line("a", cost="12"), line("b", cost="10", bound="10"), line("b", "j", cost="9"))
    table = summary(found, by)
    assert all(len(row) == len(table.heads) for row in table.rows)
    assert len(table.rows) == (3 if by == "instance" else 2)
    assert "method" in table.heads


def test_other_summaries_are_refused(tmp_path: Path) -> None:
    """The error lists those that exist."""
    with pytest.raises(UsageError, match="method"):
        summary(results(tmp_path, line()), "colour")
    with pytest.raises(UsageError, match="markdown"):
        written([TABLE], "xml")


def test_certainties(tmp_path: Path) -> None:
    """A row for each pair."""
    table = certainties(paired_tests(results(tmp_path, line("a"), line("b"))))
    assert len(table.rows) == 1
    assert "too few instances" in table.rows[0]


def test_csv_holds_texts_as_they_are() -> None:
    """A formula becomes a text, a number below zero stays one."""
    rows = list(csv.reader(io.StringIO(written([TABLE], "csv"))))
    assert rows[0] == ["method", "cost"]
    assert rows[1:] == [["a|b", "1"], ["'=c", "-2"]]


def test_markdown_and_latex_escape() -> None:
    """A row is a line."""
    markdown = written([TABLE], "markdown")
    assert r"a\|b" in markdown
    latex = written([Table("T", ("method",), (("50% & $x_1$",),))], "latex")
    assert r"50\% \& \$x\_1\$" in latex
