"""Names that replanning adds, and takes off again."""

from __future__ import annotations

import pytest

from leptonopt.replanning.names import stated_copy


@pytest.mark.parametrize(
    ("key", "copy"), [(("a#2", 1), ("a", 2)), (("a", 2), ("a", 2)), (("#a", 1), ("#a", 1)), (("a#2#3", 1), ("a#2", 3))]
)
def test_the_copy_that_a_task_stands_for(key: tuple[str, int], copy: tuple[str, int]) -> None:
    """Only a number behind the last # is that of a copy."""
    assert stated_copy(key) == copy
