"""Questions: the instance that each leads to, and those that name nothing."""

from __future__ import annotations

import pytest

from leptonopt.decisions.questions import CostOf, Question, WhatIf, WhyNot, options_asked_for
from leptonopt.errors import UsageError
from leptonopt.instance import units, validate
from tests.helpers.tiny_instances import service_document
from tests.unit.decisions.test_answer import instance


def test_changes_in_order() -> None:
    """Parts are laid over first, then values, removals and losses."""
    asked = WhatIf([{"name": "n"}], ["pools.own.capacity.gpu=7"], ["tasks.x"], ["own.gpu=2"])
    made = asked.changed(instance(3))
    assert (made["name"], made["pools"][0]["capacity"]["gpu"]) == ("n", 5)
    assert [task["id"] for task in made["tasks"]] == ["y", "z"]


def test_teams_and_deadlines() -> None:
    """A team goes with its tasks, and out of quotas; a deadline goes alone."""
    document = instance(3)
    document["tasks"][0] |= {"team": "red", "deadline": "2026-01-05T01:00Z"}
    document["quotas"] = [{"id": "q", "of": "gpu", "teams": ["red"], "limit": 1}]
    made = CostOf("team:red").changed(document)
    assert [task["id"] for task in made["tasks"]] == ["y", "z"]
    assert made["quotas"][0]["teams"] == []
    assert "deadline" not in CostOf("deadline:x").changed(document)["tasks"][0]


def test_nothing_is_left() -> None:
    """Where all tasks are gone a milestone stands for them, so that the rest still has a cost."""
    document = instance(1)
    document["tasks"] = [{**document["tasks"][0], "team": "red"}]
    for asked in (CostOf("x"), CostOf("team:red"), WhatIf(removes=["tasks.x"])):
        made = asked.changed(document)
        assert made["tasks"] == [{"id": "nothing", "options": [{"pool": "own", "duration": "0s"}]}]


def test_what_need_not_run_is_asked_to() -> None:
    """An optional task, or one on a route, may be asked for without saying how."""
    document = instance(3)
    document["tasks"][0] |= {"optional": True, "value": 0}
    assert "optional" not in WhyNot("x").changed(document)["tasks"][0]
    document["routes"] = [[["y"], ["z"]]]
    options = WhyNot("z").changed(document)["tasks"][2]["options"]
    assert options
    assert all(option["id"] != "not taken" for option in options)


def test_services_go_with_their_batches_and_teams() -> None:
    """A service is named as a task is; what is left may be services alone."""
    document = service_document(team="red") | {"tasks": [], "quotas": [{"id": "q", "of": "gpu", "limit": 1}]}
    document["quotas"][0]["teams"] = ["red"]
    document["services"] += service_document(id="code")["services"]
    document["batches"] = [{"id": "n", "service": "chat", "amount": {"long": 1}}]
    for subject in ("chat", "team:red"):
        made = CostOf(subject).changed(document)
        assert [each["id"] for each in made["services"]] == ["code"]
        assert (made["batches"], made["quotas"][0]["teams"]) == ([], [])


def test_questions_speak_of_what_is_written() -> None:
    """Of a task that repeats as a whole, and of each of its days; of nodes with setups; of documents without tasks."""
    nightly = {"id": "x", "repeat": {"from": "00:00", "to": "12:00"}}
    document = {**instance(3), "time": {"start": "2026-01-05T00:00Z", "slot": "1h", "horizon": "2d"}}
    document["tasks"] = [{**document["tasks"][0], **nightly}, *document["tasks"][1:]]
    assert [task["id"] for task in CostOf("x").changed(document)["tasks"]] == ["y", "z"]
    assert [task["id"] for task in CostOf("x 2026-01-06").changed(document)["tasks"]] == ["x 2026-01-05", "y", "z"]
    servers = {"id": "s", "nodes": {"id": "n", "size": {"gpu": 1}, "count": 4, "setups": {"a": {"running": 2}}}}
    lost = WhatIf(losses=["s.n=1"]).changed({**document, "pools": [*document["pools"], servers]})
    assert (lost["pools"][2]["nodes"]["count"], "setups" in lost["pools"][2]["nodes"]) == (3, True)
    served = {key: value for key, value in service_document(id="code").items() if key != "tasks"}
    assert WhatIf(sets=["name=n"]).changed(served)["name"] == "n"


def test_amounts_with_units_are_lost_in_numbers() -> None:
    """In plain notation, where amounts are numbers."""
    document = instance(3)
    document["pools"][0]["capacity"]["memory"] = "640GB"
    assert WhatIf(losses=["own.memory=40"]).changed(document)["pools"][0]["capacity"]["memory"] == 600


def test_a_task_of_a_route_is_forced_to_run() -> None:
    """Not taken is no way to run."""
    document = {**instance(3), "routes": [[["x"], ["y"]]]}
    made = WhyNot("x", pool="own").changed(document)
    assert [option["id"] for option in made["tasks"][0]["options"]] == ["own"]


@pytest.mark.parametrize(
    ("question", "message"),
    [
        (WhatIf(), "nothing is changed"),
        (WhatIf(sets=["x"]), "write PATH=VALUE"),
        (WhyNot("x"), "say how it is to run"),
        (WhyNot("x", start="noon"), "is not an instant"),
        (CostOf("nobody"), "no such task, service or team"),
        (CostOf("deadline:x"), "no such task with a deadline"),
    ],
)
def test_wrong_questions(question: Question, message: str) -> None:
    """Each is told in one line."""
    with pytest.raises(UsageError, match=message):
        question.changed(instance(3))


INSTANCE = validate(
    {
        "time": {"start": "2026-01-05T00:00Z", "slot": "1h", "horizon": "4h"},
        "pools": [{"id": "a", "capacity": {"gpu": 4}}, {"id": "b", "capacity": {"gpu": 4}, "labels": ["eu"]}],
        "tasks": [
            {
                "id": "t",
                "needs": {"labels": ["eu"]},
                "work": {"hours": 4, "speed": {"a": 1, "b": 2}, "devices": {"1": 1, "2": 2}},
            }
        ],
    }
)


def test_work_is_written_out() -> None:
    """By pool, by name, and within times."""
    found = options_asked_for(INSTANCE, "t", pool="b")
    assert [(each["id"], each["duration"]) for each in found] == [("b x1", "2h"), ("b x2", "1h")]
    moment = units.instant("2026-01-05T01:00Z")
    (one,) = options_asked_for(INSTANCE, "t", option="b x2", start=moment)
    assert one["not_before"] == one["not_after"] == "2026-01-05T01:00:00Z"
    (early, _) = options_asked_for(INSTANCE, "t", before=moment)
    assert "not_before" not in early
    assert early["not_after"] == "2026-01-05T01:00:00Z"


@pytest.mark.parametrize(
    ("task", "pool", "message"),
    [
        ("z", None, "there is no task 'z'; known are t"),
        ("t", "c", "has no such option; it has"),
        ("t", "a", "lacks the label 'eu'"),
    ],
)
def test_what_cannot_be(task: str, pool: str | None, message: str) -> None:
    """Tasks and options that are not there, and those that are not allowed, with the reason."""
    with pytest.raises(UsageError, match=message):
        options_asked_for(INSTANCE, task, pool=pool)


def test_windows_of_options_hold() -> None:
    """An option starts within its own window alone; the options that cannot start then are left out."""
    hours = {"a": ("00", "01"), "b": ("02", "03")}
    options = [
        {
            "id": id,
            "pool": id,
            "duration": "1h",
            "not_before": f"2026-01-05T{low}:00Z",
            "not_after": f"2026-01-05T{high}:00Z",
        }
        for id, (low, high) in hours.items()
    ]
    instance = validate({**INSTANCE.document(), "tasks": [{"id": "t", "options": options}]})
    moment = units.instant("2026-01-05T02:00Z")
    (one,) = options_asked_for(instance, "t", start=moment)
    assert (one["id"], one["not_before"], one["not_after"]) == ("b", "2026-01-05T02:00:00Z", "2026-01-05T02:00:00Z")
    with pytest.raises(UsageError, match="'t' may not start then: b starts from 2026-01-05T02:00:00Z to 2026-01-05T03"):
        options_asked_for(instance, "t", option="b", before=units.instant("2026-01-05T01:00Z"))


def test_the_option_of_a_task_that_has_begun_stays() -> None:
    """Its segments so far ran in it."""
    options = [{"id": id, "pool": "a", "uses": {"gpu": 1}, "duration": "2h"} for id in ("x", "y")]
    begun = {"id": "t", "options": options, "segments": {"begun": {"option": "x", "left": "1h"}}}
    instance = validate({**INSTANCE.document(), "tasks": [begun]})
    assert [each["id"] for each in options_asked_for(instance, "t", option="x")] == ["x"]
    with pytest.raises(UsageError, match="'t' has begun in 'x'"):
        options_asked_for(instance, "t", option="y")
