"""An instance as an object: its document, changes, and what no file can state."""

from __future__ import annotations

from decimal import Decimal

import pytest
from pydantic import ValidationError

from leptonopt.errors import InstanceError
from leptonopt.instance import Instance, Objective, replace, validate
from tests.helpers.tiny_instances import document, instance, pool, task


def test_the_document_states_what_is_not_default() -> None:
    """It is read back to the same instance, numbers exact."""
    made = instance(task(value=0.1), pools=[pool(price={"gpu": {"daily": {"00:00": 1, "08:00": 2.5}}})])
    stated = made.document()
    assert stated["leptonopt"] == 1
    assert stated["tasks"][0]["value"] == Decimal("0.1")
    assert "currency" not in stated
    assert validate(stated) == made


def test_parts_can_be_replaced() -> None:
    """The result is validated as a whole."""
    made = instance(task("x"), task("y", after=["x"]))
    assert replace(made, name="other").name == "other"
    with pytest.raises(ValidationError):
        replace(made, tasks=made.tasks[1:])


def test_a_broken_part_is_named() -> None:
    """An instance that was changed past validation states no document."""
    made = instance(task("x"), task("y"))
    object.__setattr__(made.tasks[1], "release", 5)
    with pytest.raises(InstanceError, match=r"^tasks\[1\]: was changed to what no file can state"):
        made.document()


def test_an_objective_has_a_weight() -> None:
    """Nothing to minimise is refused."""
    assert Objective.model_validate({"cost": 0, "carbon_kg": 2}).carbon_kg == 2
    with pytest.raises(ValidationError, match="an objective of nothing"):
        Objective.model_validate({"cost": 0})


@pytest.mark.parametrize("version", [True, 2, "1"])
def test_other_versions_are_refused(version: object) -> None:
    """Also true, which equals 1 in Python."""
    with pytest.raises(InstanceError, match="leptonopt: "):
        validate(document(leptonopt=version))


@pytest.mark.parametrize("key", ["time", "pools", "tasks"])
def test_parts_that_must_be_there(key: str) -> None:
    """Time, pools and tasks (or services)."""
    stated = document()
    del stated[key]
    with pytest.raises(InstanceError, match=f"{key}: is (missing|empty; at least one entry)"):
        validate(stated)
    with pytest.raises(ValidationError):
        Instance.model_validate(stated)
