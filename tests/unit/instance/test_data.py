"""Links, datasets and regions as they are stated."""

from __future__ import annotations

from leptonopt.instance import validate
from leptonopt.instance.data import region_of
from tests.helpers.regions import chain
from tests.helpers.tiny_instances import document, pool


def test_the_region_is_a_label() -> None:
    """The label `region:NAME`; a pool may have none."""
    made = validate(document(pools=[pool(labels=["eu", "region:east coast"]), pool("b")]))
    assert [region_of(each) for each in made.pools] == ["east coast", None]


def test_it_is_written_as_it_is_read() -> None:
    """What a document states of data comes back."""
    stated = chain() | {"datasets": [{"id": "d", "gib": 3, "at": ["east"]}]}
    stated["tasks"][0] |= {"inputs": ["d"], "results": {"gib": 1, "to": "west"}}
    made = validate(stated)
    assert validate(made.document()) == made
    assert made.tasks[0].inputs == ("d",)
    assert made.tasks[1].after[0].gib == 4
