"""Short notation means what the plain one does: to the validation, the checker, and the second reading."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from random import Random
from typing import Any

import pytest

from leptonopt.errors import InstanceError
from leptonopt.instance import documents, notation, validate
from leptonopt.verify import notation as checked
from leptonopt.verify.exact import Malformed
from tests.helpers.marks import first
from tests.second_reading import notation as third
from tests.second_reading.documents import DAYS, Refused
from tests.second_reading.random_documents import CHANGES

Document = dict[str, Any]


def drawn(seed: int) -> Document:
    """Draw a document about a change of the clock, with local times, units, and tasks that repeat."""
    rng = Random(f"short notation {seed}")
    zone, change = rng.choice(CHANGES)
    about = datetime.fromisoformat(change).astimezone(UTC)
    start = (about - timedelta(hours=rng.choice([20, 40, 60]))).strftime("%Y-%m-%dT%H:%MZ")

    def local() -> str:
        moment = about + timedelta(minutes=rng.choice([-1500, -90, -60, -45, -30, -15, 0, 15, 30, 45, 90, 1500]))
        return moment.replace(tzinfo=UTC).astimezone(notation.ZoneInfo(zone)).strftime("%Y-%m-%dT%H:%M")

    def clock() -> str:
        return f"{rng.choice([0, 1, 2, 2, 3, 9, 22, 23]):02}:{rng.choice([0, 15, 30, 59]):02}"

    name = rng.choice(["ram", "ram_gib", "ram_tb"])
    amount = [f"{rng.choice(['1', '80', '0.5'])}{rng.choice(['GB', 'GiB', 'TiB', 'MB'])}" for _ in range(2)]
    option = {"pool": "p", "uses": {name: amount[0]}, "duration": "30m"}
    repeat = {"from": clock(), "to": clock(), "days": rng.sample(DAYS, rng.choice([1, 4, 7, 7]))}
    if rng.random() < 0.5:
        repeat["due"] = clock()
    late = {"late_cost": 1} if "due" in repeat else {}
    apart = {"tasks": rng.sample(["n", "m"], 2), "by": rng.choice(["node", "node", "zone:", "pool"])}
    nodes = {"id": "k", "size": {name: "2TiB"}, "count": 2, "price": 1}
    second = {
        "id": "q",
        "labels": ["zone:a"],
        **({"nodes": nodes} if rng.random() < 0.7 else {"capacity": {name: "1TB"}}),
    }
    if apart["by"] != "pool":
        option = {**option, "pools": ["p", "q"]}
        del option["pool"]
    return {
        **({"apart": [[], apart]} if rng.random() < 0.5 else {}),
        "profiles": {"w": {"speed": {"q": 1}, "device": name, "uses": {name: "1GB"}}},
        "time": {"start": start, "slot": "15m", "horizon": "5d", "zone": zone},
        "pools": [
            {"id": "p", "labels": ["zone:a"], "capacity": {name: {"steps": {start: amount[1], local(): "1GB"}}}},
            second,
        ],
        "tasks": [
            {"id": "n", "placement": "packed", "repeat": repeat, "options": [option], **late},
            {
                "id": "m", "placement": rng.choice(["one-node", "one-node", "span"]),
                "after": [{"task": "n", "lag": "15m"}], "options": [{**option, "not_after": local()}],
                **({"work": {"hours": 1, "profile": "w"}} if rng.random() < 0.5 else {}),
            },
            {"id": "r", "repeat": {**repeat, "from": "00:00", "to": "23:00"}, "after": ["n"], "options": [option], **late},
        ][: rng.choice([2, 2, 3])],
    }  # fmt: skip


def normal(value: Any) -> Any:
    """Return a document with instants and numbers by value."""
    if isinstance(value, dict):
        if waits := value.get("after"):
            value = {**value, "after": [each if isinstance(each, dict) else {"task": each} for each in waits]}
        if isinstance(nodes := value.get("nodes"), dict):
            value = {**value, "nodes": [nodes]}
        return {normal(key): normal(each) for key, each in value.items() if each not in ([], {})}
    if isinstance(value, list | tuple):
        return [normal(each) for each in value]
    try:
        return datetime.fromisoformat(value).astimezone(UTC)
    except (TypeError, ValueError):
        pass
    try:
        return Fraction(str(value))
    except ValueError:
        return value


def has_no_window(task: Document) -> bool:
    """Return whether a day of a task ends before it begins, as the clock jumps."""
    return "deadline" in task and bool(task["deadline"] <= task["release"])


@pytest.mark.parametrize("seed", first(60, range(600)))
def test_three_readings_agree(seed: int) -> None:
    """All refuse a document, or all read the same; the plain form is read as itself."""
    stated, found = drawn(seed), []
    for read, refusal in (
        (notation.plain, InstanceError),
        (checked.plain, (Malformed, KeyError)),
        (third.plain, Refused),
    ):
        try:
            made = read(stated)
        except refusal:
            found.append(None)
            continue
        found.append(normal(made.document if isinstance(made, notation.Plain) else made))
    if found[0] is None and found[1] is not None and len(found[1]["tasks"]) < len(stated["tasks"]):
        found[1] = None  # the checker need not refuse a task that has no day
    if found[0] is None and found[1] is not None and any(map(has_no_window, found[1]["tasks"])):
        return  # validated before parts are joined; the others refuse it later
    assert found[0] == found[1] == found[2] or (found[0] is found[2] is None)
    if found[0] is not None:
        plain = notation.plain(stated).document
        assert notation.plain(plain).document == plain


def everywhere(first: str, second: str) -> Document:
    """Return a document with these two instants wherever the format has one, or a number that changes over time."""
    steps = {"steps": {first: 1, second: 2}}
    named = {"gpu": steps, "steps": steps}
    dates = {"release": first, "deadline": second}
    nodes = {
        "size": {"gpu": 1}, "count": steps, "price": steps, "since": [first, second],
        "commit": [{"total": 1, "max": 1, "term": "1d", "start": [first, second]}],
    }  # fmt: skip
    pool = {
        "id": "p", "capacity": named, "price": named, "charge": named, "carbon": steps, "interruptions": steps,
        "maintenance": [{"from": first, "to": second}],
    }  # fmt: skip
    option = {"pool": "p", "duration": "1h", "not_before": first, "not_after": second}
    way = {"pool": "p", "rate": {"a": 1}, "limit": steps}
    demands = [{"a": steps}, {"rate": steps, "mix": {"a": steps}}, {"quantile": 1, "samples": [{"a": steps}]}]
    return {
        "time": {"start": first, "slot": "1h", "horizon": "7d", "zone": "Europe/Berlin"},
        "pools": [pool, {"id": "q", "nodes": [{**nodes, "id": "k"}]}, {"id": "r", "nodes": nodes}],
        "tasks": [{"id": "t", **dates, "due": second, "late_cost": 1, "options": [option]}],
        "services": [
            {"id": f"s{at}", "demand": each, "limit": steps, "replicas": [way]} for at, each in enumerate(demands)
        ],
        "batches": [{"id": "b", "service": "s0", "amount": {"a": 1}, **dates}],
        "savings": [{"id": "c", "committed": steps, "rates": []}],
    }


def keys_with(moment: str, value: Any, *around: str) -> set[str]:
    """Return the keys around an instant in a document."""
    if isinstance(value, dict):
        parts = [*value.items(), *((key, key) for key in value)]
        return set().union(*(keys_with(moment, each, *around, key) for key, each in parts))
    if isinstance(value, list):
        return set().union(*(keys_with(moment, each, *around) for each in value))
    return set(around) if value == moment else set()


def test_local_times_are_read_wherever_an_instant_is_allowed() -> None:
    """No key of the format that holds instants is forgotten by one of the readings."""
    local = ("2026-03-28T12:00", "2026-03-30T12:00")
    stated, meant = everywhere(*local), everywhere("2026-03-28T11:00Z", "2026-03-30T10:00Z")
    for part in vars(documents).values():
        for key, kind in getattr(part, "__annotations__", {}).items():
            if re.search(r"\b(Instant|Series\w*)\b", str(kind)) and key not in ("daily", "weekly"):
                assert key in keys_with(local[0], stated) | keys_with(local[1], stated), key
    assert normal(notation.plain(stated).document) == normal(notation.plain(meant).document)
    assert normal(checked.plain(stated)) == normal(checked.plain(meant))
    served = ("services", "batches")  # the second reading reads their instants as numbers at once
    stated, meant = ({key: part for key, part in each.items() if key not in served} for each in (stated, meant))
    assert normal(third.plain(stated)) == normal(third.plain(meant))


def test_both_outcomes_are_drawn() -> None:
    """Documents that are read, and ones that are refused."""
    outcomes = set()
    for seed in range(60):
        try:
            validate(drawn(seed))
            outcomes.add("read")
        except InstanceError:
            outcomes.add("refused")
    assert outcomes == {"read", "refused"}
