"""Changes by task, counted and shown."""

from __future__ import annotations

from leptonopt.replanning.changes import changes_of, counted, shown
from leptonopt.replanning.document import Replanned, old_placements
from tests.unit.replanning.worlds import PLAN, line


def test_every_kind() -> None:
    """Stays, kept, shifted, moved, new and gone."""
    names = {name: (name, 1) for name in ("a", "b", "c", "d", "e", "f")}
    placed = old_placements({"tasks": [line(name, "own", 8, 1) for name in "abcdf"]})
    found = Replanned({}, names, placed)
    plan = {
        "tasks": [
            line("a", "own", 4, 1) | {"option": "own (stays)"},
            line("b", "own", 8, 1) | {"option": "own (kept)"},
            line("c", "own", 9, 1),
            line("d", "cloud", 8, 1),
            line("e", "own", 5, 1),
        ]
    }
    changes = {change.task: change for change in changes_of(found, plan)}
    kinds = {task: change.what for task, change in changes.items()}
    assert kinds == {"a": "stays", "b": "kept", "c": "shifted", "d": "moved", "e": "new", "f": "gone"}
    assert counted(list(changes.values())) == 2
    assert shown(changes["d"]) == "moved    d  own 2026-11-30T08:00:00Z -> cloud 2026-11-30T08:00:00Z"
    assert shown(changes["e"]) == "new      e  does not run -> own 2026-11-30T05:00:00Z"
    assert shown(changes["f"]).endswith("-> does not run")


def test_an_old_plan_has_copies() -> None:
    """Entries of several copies are told apart."""
    assert [key for key in old_placements(PLAN) if key[0] == "sweep"] == [("sweep", 1), ("sweep", 2), ("sweep", 3)]


def test_another_option_of_a_pool() -> None:
    """Another device count on the same pool is moved, not shifted."""
    found = Replanned({}, {"a": ("a", 1)}, old_placements({"tasks": [line("a", "own", 8, 1)]}))
    assert changes_of(found, {"tasks": [line("a", "own", 8, 1) | {"option": "own x8"}]})[0].what == "moved"
