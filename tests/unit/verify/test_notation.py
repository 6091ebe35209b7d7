"""The checker's own reading of short notation."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from leptonopt.instance import notation, validate
from leptonopt.verify.exact import Malformed
from leptonopt.verify.fingerprints import fingerprint
from leptonopt.verify.notation import plain, without_routes, without_slo
from tests.helpers.notations import SERVED_SHORT, SHORT
from tests.helpers.tiny_instances import document, pool, task

BERLIN = {"start": "2026-03-27T00:00", "slot": "1h", "horizon": "4d", "zone": "Europe/Berlin"}


def test_instants_and_amounts() -> None:
    """Offsets of the zone, and numbers in GB or in the unit of the name; keys that are names are left."""
    capacity = {"from": "1TB", "ram_gib": {"steps": {"2026-03-27T00:00": "2TiB"}}}
    stated = document(task(deadline="2026-03-29T09:00"), time=BERLIN, pools=[pool(capacity=capacity)])
    made = plain(stated)
    assert made["time"]["start"] == "2026-03-26T23:00:00+00:00"
    assert made["tasks"][0]["deadline"] == "2026-03-29T07:00:00+00:00"
    assert made["pools"][0]["capacity"] == {
        "from": 1000,
        "ram_gib": {"steps": {"2026-03-26T23:00:00+00:00": Decimal(2048)}},
    }


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"deadline": "2026-03-29T02:30"}, "is shown never by the clock"),
        ({"deadline": "2026-10-25T02:30"}, "is shown twice by the clock"),
        ({"options": [{"pool": "a", "uses": {"gpu": "0.1B"}}]}, "has more than 9 decimals"),
    ],
)
def test_what_has_no_plain_form(more: dict[str, Any], words: str) -> None:
    """Times that are skipped or shown twice, and amounts that are too fine."""
    with pytest.raises(Malformed, match=words):
        plain(document({**task(), **more}, time=BERLIN))


def test_a_day_that_is_skipped_ends_no_search_for_occurrences() -> None:
    """Apia went from 29 to 31 December 2011; the horizon of less than a day holds a window of the latter."""
    apia = {"start": "2011-12-30T08:42Z", "slot": "30m", "horizon": "4h", "zone": "Pacific/Apia"}
    made = plain(document(task("n", repeat={"from": "00:12", "to": "01:42"}), time=apia))
    assert {each["release"]: each["id"][2:] for each in made["tasks"]}["2011-12-30T10:12:00+00:00"] == "2011-12-31"


def test_nights_across_a_change_of_the_clock() -> None:
    """Each from 22:00 to 06:00; what names the task means all of them, a task of the same day that day."""
    repeat = {"from": "22:00", "to": "06:00", "days": ["fri", "sat"]}
    stated = document(
        task("n", repeat=repeat), task("r", repeat=repeat, after=["n"]), task("s", after=[{"task": "n", "lag": "1h"}]),
        time=BERLIN, apart=[["n", "s"]], quotas=[{"id": "q", "of": "gpu", "limit": 9, "tasks": ["n"]}],
    )  # fmt: skip
    made = plain(stated)
    ids = ["n 2026-03-27", "n 2026-03-28"]
    assert [each["id"] for each in made["tasks"]] == [*ids, "r 2026-03-27", "r 2026-03-28", "s"]
    assert [each.get("release", "")[:13] for each in made["tasks"][:2]] == ["2026-03-27T21", "2026-03-28T21"]
    assert made["tasks"][1]["deadline"] == "2026-03-29T04:00:00+00:00"
    assert [each["task"] for each in made["tasks"][3]["after"]] == ["n 2026-03-28"]
    assert [each["task"] for each in made["tasks"][4]["after"]] == ids
    assert (made["apart"], made["quotas"][0]["tasks"]) == ([[*ids, "s"]], ids)
    assert fingerprint(stated) == fingerprint(made)


@pytest.mark.parametrize("stated", [SHORT, SERVED_SHORT])
def test_all_shorter_notations_are_read_as_the_instance_reads_them(stated: dict[str, Any]) -> None:
    """By another code, to the same instance."""
    assert validate(dict(plain(stated))) == validate(stated)


def test_rates_of_runs() -> None:
    way = {"pool": "p", "runs": [{"class": "a", "rate": 2, "tpot": "9ms"}, {"class": "a", "rate": 3, "tpot": "11ms"}]}
    document = {"services": [{"id": "s", "slo": {"tpot": "10ms"}, "replicas": [way, {"rate": {"a": 1}}]}]}
    found = without_slo(document)["services"]
    assert found == [{"id": "s", "replicas": [{"pool": "p", "rate": {"a": 2}}, {"rate": {"a": 1}}]}]
    assert without_slo(found_in := {"services": found}) is found_in


def test_what_is_no_time() -> None:
    for text in ("10", "xs", 4):
        with pytest.raises(Malformed, match="is no time"):
            without_slo({"services": [{"slo": {"tpot": text}, "replicas": []}]})


def test_both_readings_agree() -> None:
    """Options, names and limits are those that the solver reads, in any order."""
    needs = {"labels": ["eu"], "without": ["spot"], "quality": 1}
    tasks = [task(id, pool="p") | {"needs": needs} for id in "abcd"]
    tasks[2] = {"id": "c", "work": {"hours": 1, "speed": {"p": 1}, "consumes": {"x": 1}}}
    pools = [
        {"id": id, "labels": labels, "capacity": {"gpu": 1}} for id, labels in (("o", ["eu", "spot"]), ("p", ["eu"]))
    ]
    stated = document(*tasks, pools=pools, routes=[[["a", "b"], ["c", "d"]]])
    mine, other = without_routes(stated), notation.plain(stated).document
    assert [each["options"][-1] for each in mine["tasks"]] == [each["options"][-1] for each in other["tasks"]]
    assert mine["tasks"][2]["work"] == other["tasks"][2]["work"]
    assert {quota["id"]: quota for quota in mine["quotas"]} == {quota["id"]: quota for quota in other["quotas"]}
    assert mine["tasks"][0]["options"][-1]["pool"] == "p"
    assert without_routes({"tasks": []}) == {"tasks": []}
