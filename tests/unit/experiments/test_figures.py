"""Figures of results: profiles, times, incumbents."""

from __future__ import annotations

from pathlib import Path

import pytest

from leptonopt.errors import UsageError
from leptonopt.experiments import figures
from leptonopt.experiments.figures import PANELS
from leptonopt.experiments.results import Results
from tests.helpers.runs import line, results


@pytest.fixture
def found(tmp_path: Path) -> Results:
    """Return runs of two methods on two instances, one without a plan."""
    return results(
        tmp_path,
        line("a", cost="12"),
        line("b", cost="10", bound="9"),
        line("a", "j", cost=None),
        line("b", "j", cost="7"),
    )


def names(figure: object) -> set[str]:
    """Return the methods in the legends of a figure."""
    legends = [*figure.legends, *(ax.get_legend() for ax in figure.axes if ax.get_legend())]  # type: ignore[attr-defined]
    return {text.get_text().strip() for legend in legends for text in legend.get_texts()}


@pytest.mark.parametrize("of", ["cost", "time"])
def test_profiles(found: Results, of: str) -> None:
    """A line for each method, up to the share of instances that it solves."""
    figure = figures.profile(found, of)
    assert {"a", "b"} <= names(figure)
    with pytest.raises(UsageError):
        figures.profile(found, "colour")


def test_times(found: Results) -> None:
    """A line for each method."""
    assert {"a", "b"} <= names(figures.times(found))


def test_incumbents(tmp_path: Path, found: Results) -> None:
    """A panel for each instance, up to a number of them."""
    assert len([ax for ax in figures.incumbents(found).axes if ax.lines]) == 2
    many = results(tmp_path, *(line("a", f"i{at}") for at in range(PANELS + 3)))
    assert len([ax for ax in figures.incumbents(many).axes if ax.lines]) <= PANELS
