"""Plans in columns against each other, and against the differences of the same plans as trees."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from leptonopt.errors import InputError, UsageError
from leptonopt.plan.columnar import read_summarised_plan, write_plan
from leptonopt.plan.columnar_diff import columnar_diff
from leptonopt.plan.diff_report import result_line

SUMMARY = {"currency": "USD", "cost_exact": "8"}


def columns(*rows: tuple[int, int, int, int]) -> dict[str, Any]:
    """Return columns of rows (task, option, start, count)."""
    return dict(zip(("task", "option", "start", "count"), np.array(rows, np.int32).reshape(-1, 4).T, strict=True))


def test_counts_by_hand() -> None:
    """Of five copies two stay, one starts later, one has another option, one goes; one task is new."""
    old, new = columns((0, 0, 3, 5)), columns((0, 0, 3, 2), (0, 0, 4, 1), (0, 1, 3, 1), (1, 2, 0, 1))
    found = columnar_diff((SUMMARY, old), ({**SUMMARY, "cost_exact": "9"}, new))
    assert found.kept == 2
    assert found.counts() == {"moved": 1, "shifted": 1, "new": 1, "gone": 1}
    assert result_line(found) == "1 moved, 1 shifted, 1 new, 1 gone, 2 kept; cost 8 -> 9 USD (+1)"
    assert "changes" not in found.document()


@pytest.mark.parametrize("seed", range(5))
def test_counts_add_up(seed: int) -> None:
    """Kept, shifted, moved and gone copies are those of the earlier plan; with new ones those of the later."""
    rng = np.random.default_rng(seed)
    sides = [columns(*map(tuple, rng.integers(0, 4, (20, 4)).tolist())) for _ in range(2)]
    found = columnar_diff((SUMMARY, sides[0]), (SUMMARY, sides[1]))
    sums = found.counts()
    totals = [int(side["count"].sum()) for side in sides]
    same = found.kept + sums["moved"] + sums["shifted"]
    assert totals == [same + sums["gone"], same + sums["new"]]
    places = [Counter[tuple[int, ...]]() for _ in sides]
    for counter, side in zip(places, sides, strict=True):
        for *place, count in zip(*side.values(), strict=True):
            counter[tuple(map(int, place))] += int(count)
    assert found.kept == (places[0] & places[1]).total()


def test_two_currencies() -> None:
    with pytest.raises(UsageError, match="plans of one currency"):
        columnar_diff((SUMMARY, columns()), ({**SUMMARY, "currency": "EUR"}, columns()))


@pytest.mark.parametrize("name", ["plan.npz", "plan.csv"])
def test_files(tmp_path: Path, name: str) -> None:
    """The summary is in the file, or beside the table."""
    write_plan(tmp_path / name, SUMMARY, columns((0, 0, 3, 5)))
    summary, read = read_summarised_plan(tmp_path / name)
    assert (summary, int(read["count"][0])) == (SUMMARY, 5)


def test_what_is_no_plan(tmp_path: Path) -> None:
    np.savez(tmp_path / "x.npz", task=np.zeros(2, np.int32))
    with pytest.raises(InputError, match="has no summary"):
        read_summarised_plan(tmp_path / "x.npz")
    write_plan(tmp_path / "y.npz", SUMMARY, {"task": np.zeros(2, np.int32)})
    with pytest.raises(InputError, match="option: is no column"):
        read_summarised_plan(tmp_path / "y.npz")
