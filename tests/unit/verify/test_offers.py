"""The checker's own reading of offers."""

from __future__ import annotations

from leptonopt.verify.offers import without_offers
from tests.helpers.tiny_instances import document, task


def test_kinds_of_offers() -> None:
    """The kind itself, and one for each start with its money and its time."""
    offers = [{"price": 2, "max": 3, "term": "90m", "start": ["2026-01-05T01:00Z", "2026-01-05T01:00Z"]}, {"total": 9}]
    kind = {"size": {"gpu": 2}, "count": 1, "startup": 4, "running": 1, "commit": offers}
    made = without_offers(document(task(pool="n"), pools=[{"id": "n", "nodes": kind}]))["pools"][0]["nodes"]
    assert [each["id"] for each in made] == ["n", "n from 2026-01-05T01:00:00Z", "n from 2026-01-05T01:00:00Z#2"]
    assert [each["commit"] for each in made] == [{"total": 9}, *[{"total": 3, "max": 3}] * 2]
    assert list(made[1]["count"]["steps"].items()) == [
        ("2026-01-05T00:00:00+00:00", 0), ("2026-01-05T01:00:00+00:00", 3), ("2026-01-05T02:30:00+00:00", 0),
    ]  # fmt: skip
    assert {each["startup"] for each in made} == {4}
    assert [each.get("running") for each in made] == [1, None, None]
