"""Common parts of commands: parameters, plan files, endings, lines of output."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from leptonopt.cli.common import (
    current_methods,
    load_instance,
    params_of,
    plan_of,
    print_line,
    print_not_written,
    print_note,
    require_ending,
    write_model,
)
from leptonopt.errors import InputError, UsageError
from tests.helpers.tiny_instances import document


def test_parameters() -> None:
    """Pairs of key and value; a value may hold an equal sign."""
    assert params_of(["a=1", "b=x=y"]) == {"a": "1", "b": "x=y"}
    assert params_of(None) == {}


@pytest.mark.parametrize(
    ("given", "text"),
    [(["a"], "write KEY=VALUE"), (["=1"], "write KEY=VALUE"), (["a=1", "a=2"], "--param a is given twice")],
)
def test_wrong_parameters(given: list[str], text: str) -> None:
    """Without a value, without a key, twice."""
    with pytest.raises(UsageError, match=text):
        params_of(given)


@pytest.mark.parametrize(
    ("name", "text", "error"),
    [
        ("plan.json", "[1]", "plan.json:1: not a plan: no mapping at its top"),
        ("plan.json", "{", "not JSON"),
        ("plan.json", json.dumps(document()), "is an instance, not a plan"),
        ("plan.yaml", "a: 1", "is not a plan; a plan is JSON, as `solve -o` writes it"),
        ("plan.npz", "", "is a file of columns, not a plan"),
    ],
)
def test_what_is_no_plan(tmp_path: Path, name: str, text: str, error: str) -> None:
    """Other trees, other notations, other kinds of documents."""
    (tmp_path / name).write_text(text)
    with pytest.raises(InputError, match=error):
        plan_of(tmp_path / name)


def test_plans_are_json_whatever_their_name(tmp_path: Path) -> None:
    """As `-o` writes them."""
    (tmp_path / "plan").write_text('{"leptonopt_plan": 1}')
    assert plan_of(tmp_path / "plan") == {"leptonopt_plan": 1}
    with pytest.raises(InputError, match="is a plan, not a certificate"):
        plan_of(tmp_path / "plan", "a certificate")


def test_instances_and_models(tmp_path: Path) -> None:
    """The ending of the model states its kind."""
    file = tmp_path / "week.json"
    file.write_text(json.dumps(document()))
    assert load_instance(file, None, {}).tasks[0].id == "t"
    write_model(tmp_path / "model.lp", file, None, {})
    assert (tmp_path / "model.lp").read_text().startswith("\\ objective: 1 is 1 USD")
    write_model(tmp_path / "model", file, None, {}, "mps")
    assert (tmp_path / "model").read_text().startswith(("NAME", "*"))


def test_endings() -> None:
    """In upper case too; others are refused with those that are allowed."""
    assert require_ending(Path("a.LP"), ("lp", "mps"), "a model") == "lp"
    with pytest.raises(UsageError, match=r"a.txt: a model is written as .lp, .mps; choose one"):
        require_ending(Path("a.txt"), ("lp", "mps"), "a model")


def test_former_names_of_methods(capsys: pytest.CaptureFixture[str]) -> None:
    """The present ones, and a note for each."""
    assert current_methods(["greedy", "cheapest-first"]) == ["greedy", "cheapest-option"]
    assert capsys.readouterr().err == "note: method cheapest-first is now called cheapest-option\n"


def test_lines_are_safe_for_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    """One line each; notes go to standard error."""
    print_line("a\nb\x1b")
    print_note("c\nd")
    print_not_written(Path("e\nf"), "there is none")
    out, err = capsys.readouterr()
    assert out == "a\\nb\\x1b\n"
    assert err == "note: c\\nd\nnote: e\\nf is not written: there is none\n"
