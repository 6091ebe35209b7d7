"""The registry of methods: present and former names, and the errors for unknown ones."""

from __future__ import annotations

import pytest

from leptonopt import solve
from leptonopt.errors import UsageError
from leptonopt.solvers.registry import FORMER_NAMES, TABLE, load_method, lookup, renamed_note
from tests.helpers.tiny_instances import power_plants


def test_scip_has_a_short_name() -> None:
    """It is the solver of PuLP, and no former name."""
    assert lookup("scip") == lookup("pulp:SCIP_PY")
    assert renamed_note("scip") == ""


@pytest.mark.parametrize(("former", "name"), FORMER_NAMES.items())
def test_a_former_name_finds_the_method(former: str, name: str) -> None:
    """Every former name leads to the function of its present name, and is not a name itself."""
    assert former not in TABLE
    assert lookup(former) is TABLE[name]
    assert load_method(former) is load_method(name)
    assert renamed_note(former) == f"method {former} is now called {name}"
    assert renamed_note(name) == ""


def test_every_function_exists() -> None:
    """Every entry of the table can be loaded, under the name it has in the table."""
    for name, entry in TABLE.items():
        assert (entry.name, callable(load_method(name))) == (name, True)


def test_an_unknown_name_is_refused() -> None:
    """The error lists the present names."""
    with pytest.raises(UsageError, match=r"no method 'gredy'; did you mean 'greedy'"):
        lookup("gredy")


def test_a_solve_by_a_former_name_states_the_present_one() -> None:
    """The result has the present name, and one note."""
    result = solve("instances/edge.yaml", method="cheapest-first", time_limit=10)
    assert result.document["method"] == "cheapest-option"
    assert [note for note in result.notes if "now called" in note] == [
        "method cheapest-first is now called cheapest-option"
    ]


@pytest.mark.parametrize("method", ["auto", "cpsat"])
def test_exact_methods_commit_units(method: str) -> None:
    """The published optimum: coal off for two hours, because 800 MW are too little for it."""
    result = solve(power_plants(), method=method, time_limit=20)
    assert (result.status, result.cost) == ("optimal", 491_025)


@pytest.mark.parametrize("method", ["greedy", "lns", "branch-and-bound", "cpsat-intervals"])
def test_other_methods_refuse_units_by_name(method: str) -> None:
    """A plan without these rules would be none."""
    result = solve(power_plants(), method=method, time_limit=10)
    assert result.status == "unknown"
    assert any("cannot express a least load or a time off of nodes" in line for line in result.notes)
