"""Short notation of documents: local times, units of bytes, tasks that repeat."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest

from leptonopt.errors import InstanceError
from leptonopt.instance import Instance, validate
from leptonopt.instance.notation import plain
from tests.helpers.tiny_instances import document, pool, task

BERLIN = {"start": "2026-03-27T00:00", "slot": "1h", "horizon": "4d", "zone": "Europe/Berlin"}
NIGHT = {"from": "22:00", "to": "06:00"}


def using(uses: dict[str, Any], id: str = "t", pool: str = "a", **more: Any) -> dict[str, Any]:
    """Return a task with one option."""
    return {"id": id, "options": [{"pool": pool, "uses": uses, "duration": "1h", **more}]}


def said(stated: dict[str, Any]) -> str:
    """Return what is refused of a document."""
    with pytest.raises(InstanceError) as refused:
        validate(stated)
    return str(refused.value)


def test_local_times_get_their_offset() -> None:
    """In the zone of the file, also in the keys of steps and as TOML writes them; those with an offset stay."""
    steps = {"2026-03-27T00:00": 1, "2026-03-29T12:00": 2, "2026-03-29T12:00Z": 3}
    stated = document(
        task(release=datetime(2026, 3, 28, 9), deadline="2026-03-29T09:00"),
        time=BERLIN,
        pools=[pool(price={"gpu": {"steps": steps}})],
    )
    made = plain(stated).document
    assert made["time"]["start"] == "2026-03-26T23:00:00Z"
    assert (made["tasks"][0]["release"], made["tasks"][0]["deadline"]) == (
        "2026-03-28T08:00:00Z",
        "2026-03-29T07:00:00Z",
    )
    assert list(made["pools"][0]["price"]["gpu"]["steps"]) == [
        "2026-03-26T23:00:00Z", "2026-03-29T10:00:00Z", "2026-03-29T12:00Z",
    ]  # fmt: skip
    assert plain(made).document == made
    assert Instance(**stated) == validate(stated)


@pytest.mark.parametrize(
    ("time", "moment", "words"),
    [
        (BERLIN, "2026-03-29T02:30", "tasks[0].deadline: 2026-03-29T02:30 is skipped by the clock of Europe/Berlin"),
        (
            BERLIN,
            "2026-10-25T02:30",
            "is shown twice by the clock of Europe/Berlin; write 2026-10-25T02:30:00+02:00 or",
        ),
        ({**BERLIN, "start": "2026-03-27T00:00Z", "zone": None}, "2026-03-29T02:30", "has no offset from UTC"),
    ],
)
def test_local_times_that_are_no_instants(time: dict[str, Any], moment: str, words: str) -> None:
    """Skipped, shown twice, or without a zone."""
    time = {key: value for key, value in time.items() if value is not None}
    assert words in said(document(task(deadline=moment), time=time))


@pytest.mark.parametrize(
    ("name", "text", "number"),
    [
        ("memory", "80GiB", Decimal("85.89934592")),
        ("memory", "500 GB", 500),
        ("memory", "1.5TiB", Decimal("1649.267441664")),
        ("memory", "1B", Decimal("0.000000001")),
        ("memory_gib", "2TiB", 2048),
        ("disk_TB", "500GB", Decimal("0.5")),
    ],
)
def test_amounts_with_units(name: str, text: str, number: Decimal | int) -> None:
    """In GB, or in the unit that the name of the resource states."""
    made = validate(document(using({name: text}), pools=[pool(capacity={name: text}, price={})]))
    assert made.pools[0].capacity[name].constant == number
    assert made.tasks[0].options[0].uses[name] == number


@pytest.mark.parametrize(
    ("own", "words"),
    [
        (
            {"memory": 80},
            "tasks[0].options[0].uses.memory: an amount of 'memory' without a unit, where others have one",
        ),
        ({"memory": "80 gigs"}, "'80 gigs' is not a number"),
        ({"memory": "0.5B"}, "'0.5B' has more than 9 decimals in GB, in which 'memory' counts"),
    ],
)
def test_amounts_that_are_none(own: dict[str, Any], words: str) -> None:
    """Mixed with plain numbers, of no known unit, too fine."""
    assert words in said(document(using(own), pools=[pool(capacity={"memory": "1TB"}, price={})]))


def test_units_everywhere() -> None:
    """In series, sizes, quotas, maintenance, work and the memory of devices; 0 and unlimited need none."""
    steps = {"steps": {"2026-01-01T00:00Z": "1TB", "2026-01-06T00:00Z": 0}}
    nodes = {"id": "n", "size": {"gpu": 8, "ram": "2TB"}, "count": 1, "price": 1}
    stated = document(
        {
            "id": "w",
            "work": {
                "hours": 1,
                "speed": {"a": 1},
                "device": "gpu",
                "memory": "60GB",
                "uses": {"ram": "1GB"},
                "per_device": {"disk": "2GB"},
            },
        },
        using({"ram": "1GB"}, "x", "b", consumes={"egress": "3GB"}),
        pools=[
            pool(
                capacity={"gpu": 8, "ram": steps, "disk": "unlimited"},
                device_memory="80GB",
                maintenance=[{"from": "2026-01-05T00:00Z", "to": "2026-01-05T01:00Z", "capacity": {"ram": "500GB"}}],
            ),
            {"id": "b", "nodes": nodes},
        ],
        quotas=[{"id": "q", "of": "egress", "limit": "1TB", "used": "2GB"}],
    )
    made = validate(stated)
    assert made.pools[0].maintenance[0].capacity == {"ram": 500}
    assert (made.pools[0].device_memory, made.pools[1].nodes[0].size["ram"]) == (80, 2000)
    assert (made.quotas[0].limit, made.quotas[0].used) == (1000, 2)
    assert made.tasks[0].work is not None
    assert (made.tasks[0].work.memory, made.tasks[0].work.per_device) == (60, {"disk": 2})


def test_a_task_for_each_night() -> None:
    """From Friday to Sunday night, by the clock; the last night is not whole within the horizon."""
    made = validate(document(task("n", repeat=NIGHT), time=BERLIN))
    assert [(each.id, f"{each.release:%dT%H}", f"{each.deadline:%dT%H}") for each in made.tasks] == [
        ("n 2026-03-27", "27T21", "28T05"),
        ("n 2026-03-28", "28T21", "29T04"),
        ("n 2026-03-29", "29T20", "30T04"),
    ]


def test_days_and_due_dates() -> None:
    """Only on the days that are named; `due` is the next such time after `from`."""
    repeat = {"from": "09:00", "to": "18:00", "due": "12:00", "days": ["sat", "mon"]}
    made = validate(document(task("n", repeat=repeat, late_cost=1), time=BERLIN))
    assert [(each.id, f"{each.due:%dT%H}") for each in made.tasks] == [
        ("n 2026-03-28", "28T11"),
        ("n 2026-03-30", "30T10"),
    ]


def test_who_names_a_task_that_repeats() -> None:
    """Sets, quotas and other tasks mean all days; a task that repeats means its own day."""
    stated = document(
        task("n", repeat=NIGHT),
        task("r", repeat={"from": "22:00", "to": "12:00"}, after=[{"task": "n", "lag": "1h"}]),
        task("s", after=["n"]),
        time=BERLIN,
        together=[["n", "s"]],
        quotas=[{"id": "q", "of": "gpu", "limit": 99, "tasks": ["n"]}],
    )
    made = validate(stated)
    nights = tuple(f"n 2026-03-{day}" for day in (27, 28, 29))
    waits = {each.id: tuple(after.task for after in each.after) for each in made.tasks}
    assert waits["r 2026-03-28"] == ("n 2026-03-28",)
    assert waits["s"] == made.quotas[0].tasks == nights
    assert made.together == ((*nights, "s"),)


@pytest.mark.parametrize(
    ("repeat", "more", "words"),
    [
        ("22:00", {}, "tasks[1].repeat: not a mapping; write {from:"),
        ({"from": "22:00"}, {}, "tasks[1].repeat.to: is missing"),
        ({**NIGHT, "until": 1}, {}, "tasks[1].repeat.until: is not a key that is known here"),
        ({**NIGHT, "to": "25:00"}, {}, "tasks[1].repeat.to: '25:00' is not a time of day"),
        ({**NIGHT, "days": ["monday"]}, {}, "tasks[1].repeat.days: not a list of days; allowed are mon,"),
        ({**NIGHT, "days": ["wed"]}, {}, "tasks[1].repeat: the horizon holds no such day"),
        (NIGHT, {"deadline": "2026-03-28T00:00"}, "tasks[1].deadline: a task that repeats has no deadline of its own"),
        (NIGHT, {"after": ["m"]}, "tasks[1].after[0]: waits for 'm' of 2026-03-28, which there is not"),
        (NIGHT, {"copies": 0}, "tasks[1].copies: is 0; at least 1"),
        (NIGHT, {"after": ["x"]}, "tasks[1].after[0]: there is no task 'x'"),
    ],
)
def test_repetitions_that_are_refused(repeat: Any, more: dict[str, Any], words: str) -> None:
    """Each at its place in the file, once."""
    first = task("m", repeat={**NIGHT, "days": ["fri", "sun"]})
    text = said(document(first, task("n", repeat=repeat, **more), time=BERLIN))
    assert words in text
    assert text.count("\n") == 0 or "2026-03-29" not in text
