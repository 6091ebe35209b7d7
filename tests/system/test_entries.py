"""Instances at the entries of the package: validated whenever they come, whoever has changed or made them."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

import leptonopt
from leptonopt import Instance
from leptonopt.errors import InstanceError
from leptonopt.instance import Option, Task, validate
from leptonopt.plan.plot import draw
from tests.helpers import traces


def changed(change: Callable[[Any], Any]) -> Instance:
    """An instance after a change that no validation has seen."""
    instance = validate(traces.crowded())
    made = change(instance)
    return made if isinstance(made, Instance) else instance


def with_task(task: Any) -> Callable[[Instance], Instance]:
    """The instance with one more task, passed over by validation."""
    return lambda instance: instance.model_copy(update={"tasks": (*instance.tasks, task)})


CHANGES: dict[str, tuple[Callable[[Any], Any], str]] = {
    "a demand below zero": (
        lambda i: dict.update(i.tasks[0].options[0].uses, gpu=Decimal(-5)),
        "tasks[0].options[0].uses.gpu: -5",
    ),
    "a demand that is no number": (
        lambda i: dict.update(i.tasks[3].options[1].uses, gpu="many"),
        "tasks[3].options[1].uses.gpu",
    ),
    "a resource that is not there": (lambda i: dict.update(i.tasks[0].options[0].uses, tpu=Decimal(1)), "'tpu'"),
    "a capacity taken away": (lambda i: dict.clear(i.pools[0].capacity), "pools[0]"),
    "a price of another type": (lambda i: dict.update(i.pools[0].price, gpu=3), "pools[0]: was changed"),
    "a duration below zero": (
        lambda i: i.tasks[1].options[0].__dict__.update(duration=-1),
        "tasks[1].options[0].duration",
    ),
    "an id twice": (lambda i: object.__setattr__(i.tasks[1], "__dict__", {**i.tasks[1].__dict__, "id": "t0"}), "'t0'"),
    "a copy with other tasks": (lambda i: i.model_copy(update={"tasks": ()}), "tasks"),
    "a start that is none": (lambda i: i.time.__dict__.update(start="never"), "time: was changed"),
    "a task that waits for itself": (
        with_task(
            Task.model_construct(id="t", after=({"task": "t"},), options=validate(traces.crowded()).tasks[0].options)
        ),
        "circle",
    ),
    "a task without a way": (with_task(Task.model_construct(id="none", options=())), "tasks[12]"),
    "an option made by hand": (
        with_task(
            Task(id="t", options=[Option.model_construct(pool="a", uses={"gpu": Decimal("NaN")}, duration=3600)])
        ),
        "tasks[12].options[0].uses.gpu",
    ),
    "nothing at all": (lambda i: Instance.model_construct(), "time: is missing"),
    "parts of other types": (lambda i: Instance.model_construct(time=5, pools=[1], tasks="none"), "time: 5 is not"),
}


@pytest.mark.parametrize("what", CHANGES)
def test_what_was_changed_is_validated_again(what: str, tmp_path: Path) -> None:
    """Every public function that takes an `Instance` says what is wrong with it, in place of an answer or a hang."""
    change, said = CHANGES[what]
    instance = changed(change)
    entries: list[Callable[[], Any]] = [
        lambda: leptonopt.solve(instance, method="greedy", time_limit=5),
        lambda: leptonopt.explain(instance, time_limit=5),
        lambda: leptonopt.compare([instance], ["greedy"], output=tmp_path / "out", time_limit=1),
        lambda: draw(leptonopt.solve(traces.crowded(), method="greedy", time_limit=5).document, instance),
    ]
    for entry in entries:
        with pytest.raises(InstanceError) as caught:
            entry()
        assert said in str(caught.value)


def test_a_change_is_refused() -> None:
    """All of an instance is frozen, mappings too: only what goes past that, as here above, can change it."""
    instance = validate(traces.crowded())
    with pytest.raises(TypeError, match="an instance does not change"):
        instance.tasks[0].options[0].uses["gpu"] = Decimal(-5)


def test_a_change_that_is_valid_counts() -> None:
    """What an instance says when it is solved is what is solved, and what the plan is checked against."""
    instance = validate(traces.crowded())
    for task in instance.tasks:
        for option in task.options:
            dict.update(option.uses, gpu=Decimal(1))
    result = leptonopt.solve(instance, method="greedy", time_limit=20)
    assert result.verdict.ok
    assert (
        result.document["instance"]["sha256"]
        == leptonopt.solve(validate(instance.document()), method="greedy").document["instance"]["sha256"]
    )
    assert result.cost != leptonopt.solve(traces.crowded(), method="greedy", time_limit=20).cost
