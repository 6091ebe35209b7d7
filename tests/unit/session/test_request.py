"""The parts of a call: limits, the instance, the warm start."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from leptonopt.errors import InstanceError, UsageError
from leptonopt.session.request import SolveRequest, decode_warm_start, make_limits, resolve_instance
from tests.helpers.columnar_files import saved, tiny
from tests.helpers.tiny_instances import compiled, document, instance, task


def test_limits() -> None:
    """As stated; all cores by default."""
    made = make_limits(5, gap=0.1, threads=3, seed=7, deterministic=True)
    assert (made.time_limit, made.gap, made.threads, made.seed, made.deterministic) == (5.0, 0.1, 3, 7, True)
    assert make_limits(1).threads >= 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"time_limit": 0},
        {"time_limit": float("nan")},
        {"gap": -1},
        {"gap": 10**6},
        {"threads": 0},
        {"threads": 2000},
        {"seed": -1},
        {"seed": 2**31},
    ],
)
def test_limits_out_of_range(wrong: dict[str, Any]) -> None:
    """The error states what is allowed."""
    with pytest.raises(UsageError, match="allowed is"):
        make_limits(**{"time_limit": 1, **wrong})


@pytest.mark.parametrize("kind", ["document", "object", "file", "columns"])
def test_instances_of_every_kind(tmp_path: Path, kind: str) -> None:
    """With the reference that a plan states."""
    given: Any = {"document": document(), "object": instance(), "file": tmp_path / "week.json"}.get(kind)
    if kind == "file":
        given.write_text(json.dumps(document()))
    if kind == "columns":
        given = saved(tmp_path, tiny(3))
    found, stated, origin = resolve_instance(given, None, None)
    assert stated["time"]
    assert (origin["name"], origin["format"], len(origin["sha256"])) == (found.name, "native", 64)
    assert origin["file"] == (Path(given).name if kind in ("file", "columns") else None)


def test_a_wrong_instance_is_refused() -> None:
    """Before anything else."""
    with pytest.raises(InstanceError):
        resolve_instance({"time": 1}, None, None)


def line(**more: Any) -> dict[str, Any]:
    """Return an entry of a plan."""
    return {"id": "t", "option": "a", "start": "2026-01-05T02:00:00Z", **more}


def test_a_warm_start_of_a_plan() -> None:
    """Entries that do not fit the grid or the names are dropped."""
    made = compiled(task(copies=9))
    lines = [line(copies=2), line(id="unknown"), line(start="2026-01-05T02:30:00Z"), line(option="unknown")]
    assert list(decode_warm_start(made, {"tasks": lines})) == [(0, 2, 2)]


@pytest.mark.parametrize(
    ("plan", "said"),
    [
        (document(), "the warm start is an instance, not a plan"),
        ({}, "is not a plan document"),
        ({"tasks": [{}]}, "is not a plan document"),
        ({"tasks": [line(copies=0)]}, "a whole number from 1 on is allowed"),
        ({"tasks": [line(copies=10**7)]}, "at most 1,000,000 are allowed"),
        ({"tasks": [line(start="soon")]}, "is not an instant"),
    ],
)
def test_what_is_no_warm_start(plan: dict[str, Any], said: str) -> None:
    """One line with the reason."""
    with pytest.raises(UsageError, match=said):
        decode_warm_start(compiled(), plan)


def test_the_name_of_the_method() -> None:
    """Of a function, its own."""
    rest: tuple[Any, ...] = (None, False, False)
    assert SolveRequest("x", None, None, "cpsat", *rest).method_name == "cpsat"
    assert SolveRequest("x", None, None, make_limits, *rest).method_name == "make_limits"  # type: ignore[arg-type]
