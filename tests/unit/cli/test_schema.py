"""`schema`: JSON Schemas of instances and plans."""

from __future__ import annotations

import json

import jsonschema
import pytest

from tests.helpers import plans
from tests.helpers.run_cli import called, said
from tests.helpers.tiny_instances import document


@pytest.mark.parametrize(
    ("words", "valid"),
    [((), document()), (("instance",), document()), (("plan",), plans.plan(plans.task("x", "a", 0, 1)))],
)
def test_documents_are_valid_under_their_schema(words: tuple[str, ...], valid: dict[str, object]) -> None:
    """Instances by default."""
    code, out, _ = called("schema", *words)
    assert code == 0
    jsonschema.validate(valid, json.loads(out))


def test_other_kinds_are_refused() -> None:
    """The line lists those that exist."""
    assert "there is no schema 'bill'; allowed are instance and plan" in said("schema", "bill", code=2)
