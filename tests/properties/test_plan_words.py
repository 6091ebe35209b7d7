"""Every word of a plan: real plans, each key dropped, doubled with a typo, of another type, of another value."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import pytest

import leptonopt
from leptonopt.errors import InstanceError, UsageError
from leptonopt.instance import validate
from leptonopt.io.native import writer as write
from leptonopt.solvers.registry import FORMER_NAMES, TABLE
from leptonopt.verify import claims, fingerprint, proven, verify
from leptonopt.verify import exact as words
from leptonopt.verify import schema_check as form
from tests.helpers import random_instances
from tests.helpers.feature_instances import FEATURES
from tests.helpers.marks import CI
from tests.helpers.run_cli import called

DAY = "2026-01-05T"
WEEK: dict[str, Any] = {
    "leptonopt": 1,
    "name": "two racks",
    "currency": "EUR",
    "time": {"start": f"{DAY}00:00Z", "slot": "1h", "horizon": "8h"},
    "objective": {"cost": 1, "carbon_kg": 2},
    "pools": [
        {"id": "own", "capacity": {"gpu": 2}, "price": {"gpu": 1, "power": 3}, "power": {"gpu": 1}, "carbon": 500},
        {"id": "rack", "nodes": {"size": {"gpu": 2}, "count": 2, "price": 4, "boot": "1h", "commit": {"price": 1}}},
        {"id": "rest", "capacity": {"gpu": "unlimited"}, "price": {"gpu": 20}, "sunk": 1},
    ],
    "tasks": [
        {"id": "a", "copies": 2, "due": f"{DAY}01:00Z", "late_cost": 5, "late_penalty": 1,
         "options": [{"pool": "own", "uses": {"gpu": 2}, "duration": "1h", "cost": 1, "variant": "int8"}]},
        {"id": "b", "after": ["a"], "options": [{"pool": "own", "uses": {"gpu": 1}, "duration": "90m", "quality":
        0.875}]},
        {"id": "c", "placement": "one-node", "deadline": f"{DAY}06:00Z",
         "options": [{"pool": "rack", "uses": {"gpu": 2}, "duration": "2h"}, {"pool": "rest", "uses": {"gpu": 2},
         "duration": "2h"}]},
        {"id": "d", "optional": True, "value": 1, "copies": 2, "options": [{"pool": "rest", "uses": {"gpu": 1},
        "duration": "3h"}]},
    ],
    "quotas": [{"id": "q", "of": "gpu", "limit": 12}, {"id": "m", "of": "gpu", "limit": 5, "per": "moment"}],
}  # fmt: skip

# What only the solve knew; changed within its type and range it contradicts nothing else. docs/explanation/checker.md lists these.
TOLD = {
    "instance.file", "instance.format", "method", "proof.by[]", "proof.confirmed_by[]", "proof.confirmation",
    "proof.certified",
    "made.leptonopt", "made.python", "made.engines.*", "made.seed", "made.limits.time_limit", "made.limits.gap",
    "made.limits.threads", "made.limits.deterministic", "made.seconds.*", "made.money_loss", "trace[].seconds",
    "trace[].cost", "trace[].bound", "why[]",
}  # fmt: skip
ANOTHER = {"batches[].done[].to"}  # the same requests over more slots: another plan, which keeps every rule
OPEN = {"made.engines", "made.seconds"}  # mappings whose keys are the solve's own


@cache
def solved(kind: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """An instance and a plan of it, as their files hold them."""
    if kind in FEATURES:
        return _written(FEATURES[kind], "optimal", threads=1, method="highs" if kind == "cut" else "auto")
    given, more = copy.deepcopy(WEEK), dict[str, Any](method="cpsat", confirm=True, certify=True)
    if kind == "feasible":
        more = {"method": "greedy", "certify": True}
    elif kind == "infeasible":
        given["quotas"][0]["limit"] = 5
    elif kind == "unknown":
        given["quotas"][0]["limit"], more = 7, {"method": "greedy"}
    return _written(given, kind, **more)


def _written(given: dict[str, Any], status: str, **more: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """Solve an instance; return it and its plan as their files hold them."""
    result = leptonopt.solve(given, isolate=False, time_limit=60, **more)
    assert result.status == status
    plan: dict[str, Any] = json.loads(json.dumps(result.document))
    return json.loads(json.dumps(given)), plan


KINDS = ("optimal", "feasible", "infeasible", "unknown", *FEATURES)
SOME = [kind if kind not in FEATURES else pytest.param(kind, marks=CI) for kind in KINDS]
FEW = ["infeasible", *(pytest.param(kind, marks=CI) for kind in KINDS if kind != "infeasible")]


def leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Paths to all values, mappings and lists included."""
    if path:
        yield path
    if isinstance(value, dict):
        for key, child in value.items():
            yield from leaves(child, (*path, key))
    elif isinstance(value, list):
        for at, child in enumerate(value):
            yield from leaves(child, (*path, at))


def at(document: Any, path: tuple[Any, ...]) -> Any:
    """What is there."""
    for key in path:
        document = document[key]
    return document


def kinds_of_places(plan: dict[str, Any]) -> Iterator[tuple[Any, ...]]:
    """Paths to the first and the last value of each name and type."""
    alike: dict[tuple[str, type], list[tuple[Any, ...]]] = {}
    for path in leaves(plan):
        alike.setdefault((named(path), type(at(plan, path))), []).append(path)
    for paths in alike.values():
        yield from dict.fromkeys((paths[0], paths[-1]))


def changed(plan: dict[str, Any], path: tuple[Any, ...], change: Callable[[Any, Any], Any]) -> dict[str, Any]:
    """A copy with a change to the mapping or list that holds a place."""
    made = holder = copy.copy(plan)
    for key in path[:-1]:
        holder[key] = copy.copy(holder[key])
        holder = holder[key]
    change(holder, path[-1])
    return made


def named(path: tuple[Any, ...]) -> str:
    """`tasks[].start` for any task; keys that are names as `*`."""
    text = ""
    for key in path:
        if isinstance(key, int):
            text += "[]"
        else:
            text += ("." if text else "") + ("*" if text in OPEN else key)
    return text


def others(value: Any) -> list[Any]:
    """Values of the same type that are not this one."""
    if isinstance(value, bool):
        return [not value]
    if isinstance(value, int | float):
        return [value + 1, value - 1, value + 0.00001, -value - 7]
    if isinstance(value, str):
        return [
            value + "x", "", "0", "cpsat", "rest", "infeasible", "gap", f"{DAY}00:00:00Z", f"{DAY}02:00:00Z",
            f"{DAY}01:00:30Z"
        ]  # fmt: skip
    return []


@pytest.mark.parametrize("kind", SOME)
def test_a_real_plan_passes(kind: str) -> None:
    """The checker and jsonschema have nothing against it, also as it is read from a file."""
    given, plan = solved(kind)
    assert verify(given, plan).violations == ()
    jsonschema.validate(plan, form.load_schema("plan"))


@pytest.mark.parametrize("kind", SOME)
def test_every_key_counts(kind: str) -> None:
    """Without a key, or with one that is misspelt beside it, the checker objects."""
    given, plan = solved(kind)
    for path in leaves(plan):
        if isinstance(path[-1], int) or named(path[:-1]) in OPEN:
            continue
        if named(path) not in {"tasks[].copy", "left_out[].copy"} or at(plan, path) != 1:  # which is copy 1 without it
            assert not verify(given, changed(plan, path, lambda holder, key: holder.pop(key))).ok, path
        twin = changed(plan, path, lambda holder, key: holder.update({f"{key}s": holder[key]}))
        if named(path) != "tasks[].uses":
            assert not verify(given, twin).ok, path


NEUTRAL = {  # said without need, and true: one copy, no hour late
    "tasks[].copy": 1, "tasks[].copies": 1, "left_out[].copy": 1, "left_out[].copies": 1, "tasks[].late_hours": 0,
    "tasks[].parts.carbon": 0, "zone": "UTC",
}  # fmt: skip


def absent(value: Any, rule: dict[str, Any], path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """Paths of the keys that the schema knows and a plan does not have, each with some values for it."""
    rule = resolved(rule)
    if isinstance(value, dict):
        for key, inner in rule.get("properties", {}).items():
            if key in value:
                yield from absent(value[key], inner, (*path, key))
            else:
                yield from (((*path, key), each) for each in samples(inner))
    elif isinstance(value, list):
        for number, child in enumerate(value):
            yield from absent(child, rule["items"], (*path, number))


def resolved(rule: dict[str, Any]) -> dict[str, Any]:
    """A rule of the schema, looked up where it is named."""
    return form.load_schema("plan")["$defs"][rule["$ref"].split("/")[-1]] if "$ref" in rule else rule


def samples(rule: dict[str, Any]) -> list[Any]:
    """Values that a rule of the schema allows."""
    rule = resolved(rule)
    if "const" in rule or "enum" in rule:
        return rule.get("enum") or [rule["const"]]
    kinds = [rule["type"]] if isinstance(rule["type"], str) else rule["type"]
    some = {
        "string": ["x", "1/2", f"{DAY}01:00:00Z", "UTC"],
        "number": [0, 1, 2.5],
        "integer": [1, 2, 0],
        "null": [None],
    }
    found = [each for kind in kinds for each in some.get(kind, ())]
    if "array" in kinds:
        found += [[], *([each] for each in samples(rule["items"])[:2])]
    if "object" in kinds:
        needed = rule.get("required", ())
        found.append({key: samples(inner)[0] for key, inner in rule.get("properties", {}).items() if key in needed})
    return found


@pytest.mark.parametrize("kind", ["optimal", *(pytest.param(kind, marks=CI) for kind in KINDS if kind != "optimal")])
def test_no_known_key_is_ignored(kind: str) -> None:
    """A key of the schema where the plan has none is noticed, unless it says what holds without it."""
    given, plan = solved(kind)
    for path, value in absent(plan, form.load_schema("plan")):
        neutral = value in ([], {}, NEUTRAL.get(named(path)))
        if not (neutral or (path[-1] == "last" and at(plan, path[:-1]).get("node") == value)):  # of one node only
            put = changed(plan, path, lambda holder, key, put=value: holder.__setitem__(key, put))
            assert not verify(given, put).ok, (path, value)


@pytest.mark.parametrize("kind", FEW)
def test_every_type_counts(kind: str) -> None:
    """Of another type, not a number, or without end, no value passes."""
    given, plan = solved(kind)
    wrong = [None, True, "x", [], {"x": 1}, float("nan"), float("inf")]
    for path in kinds_of_places(plan):
        value = at(plan, path)
        for other in wrong:
            if type(other) is type(value) and not isinstance(other, float):
                continue
            if named(path) in TOLD and (other is None or named(path) == "instance.file"):
                continue
            if isinstance(other, int) and isinstance(value, float) and named(path) in TOLD:
                continue
            assert not verify(
                given, changed(plan, path, lambda holder, key, put=other: holder.__setitem__(key, put))
            ).ok, (
                path,
                other,
            )


@pytest.mark.parametrize("kind", FEW)
def test_every_value_counts(kind: str) -> None:
    """Of another value of the same type no word passes, but for those that only the solve knew."""
    given, plan = solved(kind)
    passed = set()
    for path in kinds_of_places(plan):
        value = at(plan, path)
        for other in others(value):
            if (
                other != value
                and verify(given, changed(plan, path, lambda holder, key, put=other: holder.__setitem__(key, put))).ok
            ):
                passed.add(named(path))
    assert passed <= TOLD | ANOTHER


@pytest.mark.parametrize("kind", FEW)
def test_what_the_schema_rejects_the_checker_rejects(kind: str) -> None:
    """jsonschema and the checker's own reading of the schema agree on what is no plan document."""
    _, plan = solved(kind)
    judge = jsonschema.Draft202012Validator(form.load_schema("plan"))
    for path in kinds_of_places(plan):
        for other in (None, True, -1, 0.5, "x", "1/2", [], {}, [None]):
            spoilt = changed(plan, path, lambda holder, key, put=other: holder.__setitem__(key, put))
            if not judge.is_valid(spoilt):
                assert list(form.schema_violations(spoilt, form.load_schema("plan"))), (path, other)


@pytest.mark.parametrize("kind", ["optimal", *(pytest.param(kind, marks=CI) for kind in FEATURES)])
def test_entries_doubled_or_dropped_are_noticed(kind: str) -> None:
    """A line of any list, twice or not at all."""
    given, plan = solved(kind)
    for path in leaves(plan):
        if isinstance(path[-1], int) and named(path) not in {"trace[]", "tasks[].nodes[]", "nodes[].on[]"}:
            assert not verify(given, changed(plan, path, lambda holder, key: holder.append(holder[key]))).ok, path
            if named(path) in TOLD and len(at(plan, path[:-1])) > 1:
                continue  # of several who proved it, one may be missing
            assert not verify(given, changed(plan, path, lambda holder, key: holder.pop(key))).ok, path


def test_methods_that_may_stand_behind_a_proof_are_those_there_are() -> None:
    """The checker lists them for itself."""
    assert {*TABLE, *FORMER_NAMES, "auto"} == claims.METHODS


def test_a_certificate_proves_what_the_plan_says_of_it() -> None:
    """`proof.certified` is at most the bound of the certificate that is given beside the plan."""
    result = leptonopt.solve(WEEK, method="cpsat", isolate=False, certify=True, time_limit=60)
    assert result.certificate is not None
    found = words.Findings()
    claims.against_certificate(result.document, proven(WEEK, result.certificate), found)
    assert not found.found
    weaker = {key: [] if isinstance(value, list) else value for key, value in result.certificate.items()} | {
        "bound": None
    }
    assert proven(WEEK, weaker).bound != Fraction(result.document["proof"]["certified"])
    claims.against_certificate(result.document, proven(WEEK, weaker), found)
    assert [each.witness for each in found.found] == ["proof.certified"]


# --- whose plan it is ---------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(40))
def test_the_fingerprint_is_of_what_is_said(seed: int) -> None:
    """A file, what is made of it, and its conversions to YAML, JSON and TOML have the same; another number has not."""
    document = random_instances.instance(seed)
    instance = validate(document)
    own = fingerprint(document)
    assert fingerprint(instance.document()) == own
    assert fingerprint({**document, "description": "for people"}) == own
    time = document["time"]
    for other in (
        {"time": {**time, "zone": "Asia/Tokyo"}},
        {"currency": "EUR"},
        {"tasks": document["tasks"][::-1] * 2},
    ):
        assert fingerprint({**document, **other}) != own


def test_a_plan_of_another_instance_is_refused_in_one_line(tmp_path: Path) -> None:
    """One violation that says so, whatever else is wrong; an option asks for the check all the same."""
    given, plan = solved("optimal")
    other = copy.deepcopy(given)
    other["name"], other["quotas"][0]["limit"] = "another", 9
    verdict = verify(other, plan)
    assert [each.rule for each in verdict.violations] == ["form"]
    assert "for another instance ('two racks', not 'another')" in verdict.violations[0].message
    assert "quota" in {each.rule for each in verify(other, plan, any_instance=True).violations}
    instance, file = tmp_path / "other.json", tmp_path / "plan.json"
    instance.write_text(json.dumps(other))
    file.write_text(json.dumps(plan))
    code, out, err = called("verify", instance, file)
    assert (code, err, len(out.splitlines())) == (6, "", 2)
    assert "quota" in called("verify", instance, file, "--any-instance")[1]


def test_a_converted_file_keeps_its_plan(tmp_path: Path) -> None:
    """A plan of an instance is one of what `convert` makes of it."""
    _, plan = solved("optimal")
    file = tmp_path / "plan.json"
    file.write_text(json.dumps(plan))
    for kind in ("yaml", "json", "toml"):
        other = tmp_path / f"other.{kind}"
        other.write_text(write.dumped(validate(WEEK).document(), kind))
        code, out, _ = called("verify", other, file)
        assert code == 0, out


def test_one_thing_given_for_another_is_named_in_one_line(tmp_path: Path) -> None:
    """An instance for a plan and the other way round, in every command that takes them: exit code 3."""
    given, plan = solved("optimal")
    instance, file, yaml = tmp_path / "instance.json", tmp_path / "plan.json", tmp_path / "instance.yaml"
    instance.write_text(json.dumps(given))
    yaml.write_text(write.dumped(validate(WEEK).document(), "yaml"))
    file.write_text(json.dumps(plan))
    for call in (
        ("verify", file, instance), ("verify", file, file), ("solve", file), ("explain", file), ("validate", file),
        ("convert", file, "-o", tmp_path / "x.yaml"),
    ):  # fmt: skip
        code, out, err = called(*call)
        assert (code, out, len(err.splitlines())) == (3, "", 1), call
        assert f"{file}: is a plan, not an instance" in err
    for call in (
        ("verify", instance, instance), ("verify", instance, yaml), ("solve", instance, "--warm-start", instance),
        ("solve", instance, "--warm-start", yaml),
    ):  # fmt: skip
        code, out, err = called(*call)
        assert (code, out, len(err.splitlines())) == (3, "", 1), call
        assert "is an instance, not a plan" in err
    code, out, err = called("verify", instance, file, "--certificate", file)
    assert (code, out) == (3, "")
    assert "is a plan, not a certificate" in err
    with pytest.raises(UsageError, match="is an instance, not a plan"):
        leptonopt.solve(given, warm_start=given, time_limit=5)
    with pytest.raises(InstanceError, match="is a plan, not an instance"):
        leptonopt.solve(plan, time_limit=5)
