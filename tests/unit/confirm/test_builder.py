"""Columns of the second model: starts, and replicas that are no starts."""

from __future__ import annotations

from leptonopt.confirm.model import Model
from leptonopt.verify.instance_reader import StatedInstance
from tests.helpers.stated_services import instance
from tests.helpers.tiny_instances import task


def test_replicas_use_what_they_hold_and_are_no_starts() -> None:
    """They count for capacity and quotas; the lines of a plan are tasks alone."""
    model = Model(StatedInstance(instance(1, tasks=[task(pool="p", duration="1h")])))
    columns = [model.columns[at] for at in model.users()]
    assert {(each.task, each.service) for each in columns} == {("t", ""), ("", "s")}
    assert model.lines(dict.fromkeys(model.columns, 1)) == (("t", "p", 0, ()),)
