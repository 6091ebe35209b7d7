"""Messages on documents that cannot be read: whose keys are allowed where."""

from __future__ import annotations

from typing import Any

import pytest

from leptonopt.errors import InstanceError
from leptonopt.instance.instance import Instance
from leptonopt.instance.messages import validated
from leptonopt.replanning.state import State
from tests.helpers.tiny_instances import document, pool, task


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"nodees": []}, "nodees: is not a key that is known here; did you mean 'nodes'?"),
        ({"qqq": []}, "qqq: is not a key that is known here; allowed are leptonopt_state, now, done, running"),
        (
            {"running": [{"task": "t", "zzz": 1}]},
            "running[0].zzz: is not a key that is known here; allowed are task, copy",
        ),
        ({"move": {"price": 1}}, "move.price: is not a key that is known here; allowed are cost, restart"),
    ],
)
def test_keys_of_a_state(given: dict[str, Any], said: str) -> None:
    """Those of the noun at their place, and not those of an instance."""
    with pytest.raises(InstanceError) as error:
        validated(State, {"now": "2026-01-05T00:00Z"} | given)
    assert str(error.value).startswith(said)


def test_keys_deep_within_an_instance() -> None:
    """Of the noun in a list, in a mapping by name, and under a short form."""
    stated = document(
        task(work={"hours": 1, "variants": {"x": {"sped": 1}}}),
        pools=[pool(nodes={"size": {"x": 1}, "count": 1, "commit": {"maxi": 1}})],
        savings=[{"id": "s", "rates": [], "commit": {"max": 1, "steps": 1}}],
    )
    with pytest.raises(InstanceError) as error:
        validated(Instance, stated)
    said = str(error.value)
    assert "variants.x.sped: is not a key that is known here; did you mean 'speed'?" in said
    assert "commit.maxi: is not a key that is known here; did you mean 'max'?" in said
    assert "savings[0].commit.steps: is not a key that is known here; did you mean 'step'?" in said
