"""Any value anywhere in a document: it is read, or findings name places that are in it; nothing else is raised."""

from __future__ import annotations

from copy import deepcopy
from decimal import Decimal
from typing import Any

import pytest

from leptonopt.errors import Finding, InstanceError
from leptonopt.instance import validate
from leptonopt.instance.stated import existing
from leptonopt.io.files import printable
from tests.helpers.bad_files import GOOD
from tests.helpers.feature_instances import FEATURES
from tests.helpers.marks import first
from tests.helpers.notations import SERVED_SHORT, SHORT
from tests.helpers.places import places, put

DOCUMENTS = {**FEATURES, "short": SHORT, "short, with services": SERVED_SHORT, "good": GOOD}
VALUES: list[Any] = [
    None, 7, "x", [], {}, ["x"], {"x": 5}, "", True, [5], -1, [[]], {"id": None}, Decimal("0.5"), 10**13, [None],
    {"tasks": ["zz"]}, "own", 0,
]  # fmt: skip


def findings(document: Any) -> tuple[Finding, ...]:
    """Return what is wrong."""
    try:
        validate(deepcopy(document))
    except InstanceError as error:
        return error.findings
    return ()


def is_clear(document: Any, finding: Finding) -> bool:
    """Tell whether a finding is one line, and its place is in a document, or a missing key of a mapping that is."""
    return existing(document, finding.path) == finding.path and str(finding) == printable(str(finding))


@pytest.mark.parametrize("offset", first(2, range(len(VALUES)), ci=6))
def test_any_value_anywhere_is_judged(offset: int) -> None:
    """Another one at each place."""
    for name, document in DOCUMENTS.items():
        for number, place in enumerate(places(document)[1:]):
            changed = put(document, place, VALUES[(number + offset) % len(VALUES)])
            assert all(is_clear(changed, finding) for finding in findings(changed)), (name, place)


def test_the_documents_are_good() -> None:
    assert not any(findings(document) for document in DOCUMENTS.values())
