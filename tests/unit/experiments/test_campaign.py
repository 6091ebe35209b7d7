"""Campaigns: every pair once, resumed, one at a time."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from leptonopt.errors import UsageError
from leptonopt.experiments.campaign import Step, clock, compare
from tests.helpers.tiny_instances import document, task


@pytest.mark.parametrize(("seconds", "text"), [(40, "40 s"), (89.4, "89 s"), (200, "3 min"), (7500, "2 h 05 min")])
def test_seconds_in_words(seconds: float, text: str) -> None:
    """Rounded to what matters."""
    assert clock(seconds) == text


def test_every_pair_once_and_never_again(tmp_path: Path) -> None:
    """A second call runs only what is new; steps are reported."""
    files = []
    for at in range(2):
        files.append(tmp_path / f"i{at}.json")
        files[-1].write_text(json.dumps(document(task(copies=1 + at))))
    steps: list[Step] = []
    found = compare(files[:1], ["greedy"], output=tmp_path / "out", time_limit=20, jobs=1, on_step=steps.append)
    assert (len(found.runs), steps[-1].done, steps[-1].total) == (1, 1, 1)
    steps.clear()
    found = compare(files, ["greedy"], output=tmp_path / "out", time_limit=20, jobs=1, on_step=steps.append)
    assert len(found.runs) == 2
    assert [step.line["instance"]["name"] for step in steps if step.line] == ["i1"]


@pytest.mark.parametrize("wrong", [{"time_limit": 0}, {"seeds": 0}, {"jobs": 0}, {"threads": 0}])
def test_wrong_calls(tmp_path: Path, wrong: dict[str, object]) -> None:
    """Before anything runs."""
    with pytest.raises(UsageError):
        compare([document()], ["greedy"], output=tmp_path, **wrong)  # type: ignore[arg-type]


def test_methods_have_names_of_their_own(tmp_path: Path) -> None:
    """None is there twice, and there is one at least."""
    for names in (["greedy", "greedy"], []):
        with pytest.raises(UsageError):
            compare([document()], names, output=tmp_path)
