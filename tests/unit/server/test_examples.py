"""Examples are valid instances."""

from __future__ import annotations

import pytest

from leptonopt.io.load import load_text
from leptonopt.server.examples import EXAMPLES, example_text


@pytest.mark.parametrize("name", EXAMPLES)
def test_examples(name: str) -> None:
    """Each has as many tasks as it states."""
    instance, _ = load_text(example_text(name), "yaml")
    assert sum(task.copies for task in instance.tasks) == EXAMPLES[name].tasks
