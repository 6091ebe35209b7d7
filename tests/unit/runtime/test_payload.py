"""Payloads that a process keeps by their token."""

from __future__ import annotations

import pytest

from leptonopt.runtime import payload
from leptonopt.runtime.payload import KEPT, CachedPayload


@pytest.fixture(autouse=True)
def _nothing_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(payload, "_known", {})


def test_equal_things_have_one_token() -> None:
    """The token follows from the content."""
    one, same, other = CachedPayload.of([1, 2]), CachedPayload.of([1, 2]), CachedPayload.of([2, 1])
    assert one.token == same.token != other.token
    assert one.bare() == CachedPayload(one.token, None)


def test_content_is_opened_once() -> None:
    """What was made of it is found again by the token alone."""
    made: list[object] = []
    sent = CachedPayload.of({"a": 1})

    def make(thing: object) -> list[object]:
        made.append(thing)
        return [thing]

    first = sent.opened(make)
    assert sent.opened(make) is sent.bare().opened(make) is first
    assert made == [{"a": 1}]


def test_an_unknown_token_gives_none() -> None:
    """The sender then sends the content."""
    assert CachedPayload.of(1).bare().opened(lambda thing: thing) is None


def test_the_oldest_is_forgotten() -> None:
    """A process keeps so many."""
    sent = [CachedPayload.of(number) for number in range(KEPT + 1)]
    for each in sent:
        each.opened(str)
    assert [each.bare().opened(str) for each in sent] == [None, *map(str, range(1, KEPT + 1))]
