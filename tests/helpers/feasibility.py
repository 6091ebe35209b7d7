"""Whether a document has a plan: one function, on which the judgement of `explain` rests.

Nothing of the compiled problem is trusted here. The second reading tries everything; where that is too much, the second
model, built from the checker's reading, is solved.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from fractions import Fraction
from pathlib import Path
from typing import Any

from leptonopt.confirm import Question
from leptonopt.confirm.solve import confirm
from leptonopt.instance import validate
from leptonopt.problem.protocol import Limits
from tests.second_reading.brute import Search, TooLarge
from tests.second_reading.documents import load
from tests.second_reading.random_documents import text
from tests.second_reading.reading import Instance

BUDGET = 50_000
JUDGES: Counter[str] = Counter()
"""How often each of the two has judged."""


class Undecided(Exception):
    """Raised where neither judge can tell; the message says why."""


def read_again(document: dict[str, Any]) -> Instance:
    """Return a valid document as the second reading reads it."""
    validate(document)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "judged.json"
        path.write_text(text(document), encoding="utf-8")
        return Instance(load(path))


def least_cost(document: dict[str, Any], budget: int = BUDGET) -> Fraction | None:
    """Return the least cost by trying everything, None without a plan; raises `TooLarge`, `InstanceError`."""
    return Search(read_again(document), budget).least()


def has_plan(document: dict[str, Any], budget: int = BUDGET) -> bool:
    """Tell whether a plan exists."""
    try:
        found = Search(read_again(document), budget).exists()
    except TooLarge:
        answer = confirm(Question(document, None), Limits(60))
        if answer.agrees is None:
            raise Undecided(answer.note) from None
        JUDGES["second model"] += 1
        return not answer.agrees
    JUDGES["second reading"] += 1
    return found
