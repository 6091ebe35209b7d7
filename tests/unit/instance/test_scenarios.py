"""Scenarios of demand: what a file may state, and the instance of each."""

from __future__ import annotations

from typing import Any

import pytest

from leptonopt.errors import InstanceError
from leptonopt.instance import validate
from leptonopt.instance.scenarios import instance_of, read_scenarios
from tests.unit.session.test_scenarios import instance

TWO = [{"id": "a", "weight": 0.75}, {"id": "b", "weight": 0.25}]


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ({"scenarios": []}, "scenarios"),
        ({"scenarios": TWO[:1]}, "the weights sum to 0.75; they sum to 1"),
        ({"scenarios": [TWO[0], {**TWO[1], "id": "a"}]}, "two scenarios have the same id"),
        ({"scenarios": [{**TWO[0], "scale": {"t": 2}}, TWO[1]]}, "scenarios[0].scale.t"),
        ({"scenarios": TWO, "here_and_now": "3d"}, "here_and_now: is longer than the horizon"),
        ({"scenarios": TWO, "cvar": {"level": 1, "weight": 0.5}}, "above 0 and below 1"),
        ({"scenarios": TWO, "cvar": {"weight": 2}}, "cvar.weight"),
        ({"scenarios": TWO, "more": 1}, "more"),
    ],
)
def test_wrong_documents_are_refused(document: dict[str, Any], said: str) -> None:
    with pytest.raises(InstanceError) as caught:
        read_scenarios(document, instance())
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("demand", "scaled"),
    [
        ({"a": 2}, {"a": 3}),
        ({"a": {"daily": {"00:00": 2, "01:00": 4}}}, {"a": {"daily": {"00:00": 3, "01:00": 6}}}),
        ({"rate": 2, "mix": {"a": 1}}, {"rate": 3, "mix": {"a": 1}}),
        ({"quantile": 0.5, "samples": [{"a": 2}]}, {"quantile": 0.5, "samples": [{"a": 3}]}),
    ],
)
def test_scale_multiplies_each_form_of_a_demand(demand: dict[str, Any], scaled: dict[str, Any]) -> None:
    stated = read_scenarios({"scenarios": [{"id": "a", "weight": 1, "scale": {"s": 1.5}}]}, instance())
    expected = validate({**instance(scaled).document(), "name": "unnamed: a"})
    assert instance_of(instance(demand), stated.scenarios[0]) == expected
    other = read_scenarios(
        {"scenarios": [{"id": "a", "weight": 1, "demand": {"s": demand}, "scale": {"s": 1.5}}]}, instance()
    )
    assert instance_of(instance(), other.scenarios[0]) == expected


def test_local_times_are_of_the_zone_of_the_instance() -> None:
    made = validate(
        {**instance().document(), "time": {"start": "2026-11-23T01:00", "horizon": "2h", "zone": "Europe/Berlin"}}
    )
    demand = {"a": {"steps": {"2026-11-23T01:00": 2, "2026-11-23T02:00": 3}}}
    stated = read_scenarios({"scenarios": [{"id": "a", "weight": 1, "demand": {"s": demand}}]}, made)
    utc = {"a": {"steps": {"2026-11-23T00:00Z": 2, "2026-11-23T01:00Z": 3}}}
    assert stated == read_scenarios({"scenarios": [{"id": "a", "weight": 1, "demand": {"s": utc}}]}, made)


def test_an_instance_without_services_has_no_scenarios() -> None:
    option = {"pool": "p", "duration": "1h"}
    bare = {key: value for key, value in instance().document().items() if key != "services"}
    made = validate({**bare, "tasks": [{"id": "t", "options": [option]}]})
    with pytest.raises(InstanceError, match="no services"):
        read_scenarios({"scenarios": TWO}, made)
