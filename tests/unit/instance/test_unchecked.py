"""Tests of reading documents that nobody has validated."""

from __future__ import annotations

from leptonopt.instance.unchecked import are_texts, entries, kinds, texts


def test_entries() -> None:
    """Entries keep their places; what is no mapping is empty, and what is no list has none."""
    assert entries({"tasks": [{"id": "a"}, 5, {}]}, "tasks") == [{"id": "a"}, {}, {}]
    assert entries({"tasks": 5}, "tasks") == entries({}, "tasks") == []


def test_kinds() -> None:
    """One kind or a list; none of what is neither."""
    assert kinds({"nodes": {"count": 1}}) == [{"count": 1}]
    assert kinds({"nodes": ({"count": 1}, 5)}) == [{"count": 1}, 5]
    assert kinds({"nodes": 5}) == kinds({}) == kinds(5) == []


def test_texts() -> None:
    """The texts of a list; nothing of what is none."""
    assert texts(["a", 1, None, ["b"], "c"]) == {"a", "c"}
    assert texts("ab") == texts(None) == set()


def test_are_texts() -> None:
    """A list of nothing else."""
    assert are_texts(["a"])
    assert are_texts(())
    assert not are_texts("a")
    assert not are_texts(["a", ["b"]])
