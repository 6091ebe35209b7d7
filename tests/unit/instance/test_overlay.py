"""Overlays on documents."""

from __future__ import annotations

from leptonopt.instance.overlay import merged


def test_overlay() -> None:
    """Mappings merge by key and lists by id; null removes, and anything else replaces."""
    below = {"pools": [{"id": "a", "labels": ["x"], "nodes": [{"id": "k", "count": 2}]}, {"id": "b"}], "name": "n"}
    above = {
        "pools": [{"id": "a", "labels": ["y"], "nodes": [{"id": "k", "price": 3}]}, {"id": "c", "capacity": {"g": 1}}],
        "name": None,
    }
    assert merged(below, above) == {
        "pools": [
            {"id": "a", "labels": ["y"], "nodes": [{"id": "k", "count": 2, "price": 3}]},
            {"id": "b"},
            {"id": "c", "capacity": {"g": 1}},
        ]
    }
    assert merged(below, {}) == below
    assert below["name"] == "n"


def test_services_are_laid_over_by_id() -> None:
    """Keys of a service are merged; its ways without ids are replaced as a whole."""
    below = {"services": [{"id": "chat", "headroom": 0.1, "replicas": [{"pool": "a", "limit": 2}, {"pool": "b"}]}]}
    above = {"services": [{"id": "chat", "minimum": 2, "replicas": [{"pool": "c"}]}, {"id": "code"}]}
    assert merged(below, above)["services"] == [
        {"id": "chat", "headroom": 0.1, "minimum": 2, "replicas": [{"pool": "c"}]},
        {"id": "code"},
    ]
