"""Parts of the format that only some commands take."""

from __future__ import annotations

import pytest

from leptonopt.errors import UsageError
from leptonopt.instance import validate
from leptonopt.instance.features import FEATURES, refuse
from tests.helpers.regions import chain
from tests.helpers.tiny_instances import instance, task


def test_a_feature_is_refused_by_name() -> None:
    """In one line, which also says what is allowed."""
    with pytest.raises(UsageError, match="explain does not support data passed on between tasks; allowed is an"):
        refuse(validate(chain()), "explain", "data passed on between tasks")


def test_a_greatest_lag_is_a_feature() -> None:
    """Plan again does not know when the limit began to run."""
    with pytest.raises(UsageError, match="replan does not support tasks that follow others within a time"):
        refuse(instance(task("x"), task("y", after=[{"task": "x", "most": "1h"}])), "replan", *FEATURES)


def test_other_instances_pass() -> None:
    """An amount of 0 is no data."""
    refuse(validate(chain(gib=0)), "explain", *FEATURES)
    refuse(instance(task()), "explain", *FEATURES)
