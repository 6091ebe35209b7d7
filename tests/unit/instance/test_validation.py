"""Documents validated: all findings at once, each at its place and in plain words."""

from __future__ import annotations

from typing import Any

import pytest

from leptonopt.errors import InstanceError
from leptonopt.instance import stated, validate
from leptonopt.instance.cross_checks import MAX_FINDINGS
from tests.helpers.tiny_instances import document, instance, pool, task


def findings(given: Any) -> list[str]:
    """Return what is said of a document."""
    with pytest.raises(InstanceError) as error:
        validate(given)
    return [str(finding) for finding in error.value.findings]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (document(task(copiesx=2)), "tasks[0].copiesx: is not a key that is known here; did you mean 'copies'?"),
        (document(task(qqq=2)), "tasks[0].qqq: is not a key that is known here; allowed are id, copies"),
        (document(task(optional="yes")), "tasks[0].optional: 'yes' is not true or false"),
        (document(task(copies=1.5)), "tasks[0].copies: 1.5 is not a whole number"),
        (document(task(placement="x")), "tasks[0].placement: 'x' is not allowed; 'span', 'one-node' or 'packed'"),
        (document(tasks={}), "tasks: {} is not a list"),
        (document(tasks=[5]), "tasks[0]: 5 is not a mapping of keys to values"),
        (document(tasks=[]), "tasks: is empty; at least one entry"),
        (document(description=5), "description: 5 is not a text"),
        (
            document(pools=[pool(price={"gpu": True})]),
            "pools[0].price.gpu: True is not a number that may change over time",
        ),
        ({}, "time: is missing"),
    ],
)
def test_messages(given: Any, said: str) -> None:
    """Place, value, and what is allowed."""
    assert any(line.startswith(said) for line in findings(given)), findings(given)


def test_all_findings_at_once() -> None:
    """Of the parts and between them."""
    found = findings(document(task("x", copies=0), task("y", pool="none"), task("y"), extra=1))
    assert [line.split(":")[0] for line in found] == [
        "tasks[0].copies",
        "extra",
        "tasks[2].id",
        "tasks[1].options[0].pool",
    ]


def test_a_hundred_findings_are_shown() -> None:
    """And a line that there are more."""
    found = findings(document(*(task(str(at), copies=0) for at in range(300))))
    assert len(found) == MAX_FINDINGS + 1
    assert found[-1] == "and more; of all findings the first 100 are shown"


def test_other_documents_are_named() -> None:
    """A plan in place of an instance."""
    assert findings({"leptonopt_plan": 1}) == ["is a plan, not an instance; give the document of the instance itself"]


def test_an_instance_is_validated_in_its_present_state() -> None:
    """It comes with its document; one that was changed since is refused."""
    made = instance()
    again, text = stated(made)
    assert (again, text) == (made, made.document())
    object.__setattr__(made.tasks[0], "copies", 0)
    with pytest.raises(InstanceError, match="copies"):
        stated(made)
