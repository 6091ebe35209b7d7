"""Common parts of amounts."""

from __future__ import annotations

from fractions import Fraction

from leptonopt.verify.instance_reader import StatedInstance
from leptonopt.verify.multiples import common_parts, used_up
from tests.helpers.tiny_instances import document


def test_what_is_used_up() -> None:
    """Fours and sixes leave one of seven; what has no part is used up as it is."""
    task = {"id": "a", "options": [{"id": str(n), "pool": "p", "uses": {"gpu": n}, "duration": "1h"} for n in (4, 6)]}
    stated = StatedInstance(document(task, pools=[{"id": "p", "capacity": {"gpu": 9}}]))
    parts = common_parts(stated.ways("a").values())
    assert parts == {("p", "gpu"): 2}
    assert used_up(Fraction(7), parts["p", "gpu"]) == 6
    assert used_up(Fraction(7), Fraction(0)) == 7
