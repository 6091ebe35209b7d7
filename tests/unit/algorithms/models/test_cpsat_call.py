"""The only call of CP-SAT on small models: work limits and versions."""

from __future__ import annotations

from importlib.metadata import version as installed

from leptonopt.algorithms.models.cpsat_call import new_model, solve_cp_model, version


def test_a_small_model() -> None:
    """Solved to a proof by one worker."""
    model = new_model()
    x = model.new_int_var(0, 10, "x")
    model.add(x >= 3)
    model.minimize(2 * x)
    values, found, spent = solve_cp_model(model, 1.0, 10.0, seed=1, linearization=1)
    assert found
    assert values[x.index] == 3
    assert spent >= 0


def test_a_model_without_a_solution() -> None:
    """Nothing is found."""
    model = new_model()
    x = model.new_int_var(0, 1, "x")
    model.add(x >= 2)
    assert solve_cp_model(model, 1.0, 10.0, seed=1, linearization=1)[1] is False


def test_the_version() -> None:
    """Of the package that is installed."""
    assert installed("ortools") in version()
