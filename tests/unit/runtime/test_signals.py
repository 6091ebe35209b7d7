"""Signals while a solve runs: caught, delivered again, handlers put back."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator
from types import FrameType

import pytest

from leptonopt.errors import OutOfTime
from leptonopt.runtime.clock import check_time
from leptonopt.runtime.deadline import Deadline
from leptonopt.runtime.signals import Signals, interruptible_until

HEARD: list[int] = []


def listen(number: int, frame: FrameType | None) -> None:
    """Note a signal."""
    HEARD.append(number)


@pytest.fixture(autouse=True)
def _own_handlers() -> Iterator[None]:
    """Have a handler of the program for both signals, and put back what was there."""
    HEARD.clear()
    before = {number: signal.signal(number, listen) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_first_signal_is_caught(number: signal.Signals) -> None:
    """The program's own handler hears it afterwards, and is in its place again."""
    with Signals() as signals:
        signal.raise_signal(number)
        assert (signals.number, HEARD) == (number, [])
    assert [number] == HEARD
    assert signal.getsignal(number) is listen


def test_default_actions_do_not_end_a_program_with_a_result() -> None:
    """A signal that Python would turn into an exception stays in the result alone."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    with Signals() as signals:
        signal.raise_signal(signal.SIGINT)
    assert signals.number == signal.SIGINT


def test_without_a_result_the_signal_is_not_lost() -> None:
    """It is delivered again after an error."""
    signal.signal(signal.SIGINT, signal.default_int_handler)

    def fail() -> None:
        with Signals():
            signal.raise_signal(signal.SIGINT)
            raise ValueError

    with pytest.raises(KeyboardInterrupt):
        fail()


def test_ignored_signals_stay_ignored() -> None:
    """As under nohup."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with Signals() as signals:
        signal.raise_signal(signal.SIGINT)
    assert signals.number is None


def test_nothing_is_handled_without_a_request() -> None:
    """Neither without `handle` nor in another thread."""
    with Signals(handle=False) as signals:
        signal.raise_signal(signal.SIGTERM)
    assert (signals.number, HEARD) == (None, [signal.SIGTERM])
    seen: list[object] = []

    def work() -> None:
        with Signals():
            seen.append(signal.getsignal(signal.SIGTERM))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [listen]


def test_nested_solves_end_together() -> None:
    """What the outer one has caught ends the inner one too."""
    with Signals() as outer:
        signal.raise_signal(signal.SIGTERM)
        with Signals() as inner:
            assert inner.number == signal.SIGTERM
        assert outer.number == signal.SIGTERM


def test_reading_ends_by_deadline_and_signal() -> None:
    """`check_time` raises an error that says which."""
    with Signals() as signals:
        with interruptible_until(Deadline(time.monotonic() - 1), signals), pytest.raises(OutOfTime, match="time limit"):
            check_time()
        with interruptible_until(Deadline.after(99), signals):
            check_time()
            signal.raise_signal(signal.SIGTERM)
            with pytest.raises(OutOfTime, match="interrupted while the instance was read"):
                check_time()
