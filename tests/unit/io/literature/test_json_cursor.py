"""Values of a JSON file by their place, and the place in every error."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from leptonopt.errors import InstanceError
from leptonopt.io.literature.json_cursor import Places

TEXT = """{"a": {"b": 1.25, "c": 3.0},
 "list": [1, null],
 "yes": true}"""


@pytest.fixture
def places() -> Places:
    """Return the places of the text."""
    return Places(TEXT, Path("f.json"))


def test_values(places: Places) -> None:
    """Numbers exact, whole numbers, nulls, lengths and keys."""
    assert places.number(("a", "b"), 0, 2) == places.amount(("a", "b"), 0, 2) == Decimal("1.25")
    assert places.whole(("a", "c"), 0, 9) == 3
    assert (places.none(("list", 1)), places.none(("list", 0))) == (True, False)
    assert (places.length(("list",), 2, 2), places.names(("a",))) == (2, ["b", "c"])
    places.keys(("a",), {"b", "c", "d"})


@pytest.mark.parametrize(
    ("read", "said"),
    [
        (lambda all: all.number(("yes",), 0, 1), "3: yes: not a number from 0 to 1"),
        (lambda all: all.number(("a", "b"), 2, 3), "1: a.b: 1.25 is not a number from 2 to 3"),
        (lambda all: all.whole(("a", "b"), 0, 3), "1: a.b: not a whole number from 0 to 3"),
        (lambda all: all.whole(("list", 0), 2, 3), r"2: list\[0\]: 1 is not a whole number from 2 to 3"),
        (lambda all: all.length(("list",), 3, 3), "2: list: a list of 2; 3 should be"),
        (lambda all: all.length(("list",), 3, 4), "2: list: a list of 2; 3 to 4 should be"),
        (lambda all: all.length(("a",), 0, 9), "1: a: not a list"),
        (lambda all: all.keys(("a",), {"b"}), "1: a: the key 'c' is not known; known are b"),
        (lambda all: all.names(("list",)), "2: list: not a mapping"),
        (lambda all: all.whole(("none",), 0, 1), "1: none is missing"),
        (lambda all: all.whole(("yes", "x"), 0, 1), "3: yes: not a mapping"),
    ],
)
def test_wrong_places(places: Places, read: Callable[[Places], object], said: str) -> None:
    """File, line, place, and what is allowed."""
    with pytest.raises(InstanceError, match=f"^f.json:{said}"):
        read(places)


def test_amounts_have_as_many_decimals_as_an_instance_allows() -> None:
    """A number may have more."""
    fine = Places('{"a": 0.1234567891}', Path("f.json"))
    assert fine.number(("a",), 0, 1) == Decimal("0.1234567891")
    with pytest.raises(InstanceError, match="too many decimals"):
        fine.amount(("a",), 0, 1)
