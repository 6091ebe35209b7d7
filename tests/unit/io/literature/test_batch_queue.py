"""The rate of requests that a batching replica serves within targets of latency."""

from __future__ import annotations

from dataclasses import replace
from math import inf

import numpy as np
import pytest

from leptonopt.io.literature.batch_queue import (
    QUEUE,
    Delays,
    Requests,
    Targets,
    _queue,
    largest_rate,
    requests_at_once,
)

DELAYS = Delays(alpha=20.58, beta=0.041, gamma=0.00128125)
REQUESTS = Requests(input=128, output=1024, at_once=32)
TARGETS = Targets(first_token=1000, between_tokens=40)


def test_published_rate() -> None:
    """granite_13b on A100 in inferno's sample data: 0.499448 requests per second within 1000 and 40 ms."""
    assert requests_at_once(64, 512, 1024) == 32
    assert largest_rate(DELAYS, REQUESTS, TARGETS) == pytest.approx(0.499448, abs=1e-6)


def test_a_batch_of_one_is_a_classical_queue() -> None:
    """One request at once: the chain is M/M/1/K with K = 1 + QUEUE, whose waiting time has a closed form."""
    queue = _queue(DELAYS, replace(REQUESTS, at_once=1))
    service = float(queue.service[0])
    load, places = 0.7, 1 + QUEUE
    share = load ** np.arange(places + 1)
    share /= share.sum()
    accepted = load * service * (1 - share[-1])
    waiting = float(np.arange(places + 1) @ share) / accepted - 1 / service
    first, between = queue.latencies(load * service)
    running = 1 - share[0]
    prefill = max(0.0, DELAYS.alpha + (running - 1) * queue.each) + queue.prompt
    assert between == pytest.approx((1 / service - prefill) / REQUESTS.output)
    assert first == pytest.approx(waiting + prefill + between)


def test_rates_follow_targets() -> None:
    """Looser targets never lower the rate; impossible ones give none; none at all gives the most."""
    rates = [largest_rate(DELAYS, REQUESTS, Targets(first, 40)) for first in (100, 500, 1000, 2000, inf)]
    assert rates == sorted(rates)
    assert largest_rate(DELAYS, REQUESTS, Targets(1000, 1)) == 0
    most = largest_rate(DELAYS, REQUESTS, Targets(inf, inf))
    assert most == pytest.approx(999 * float(_queue(DELAYS, REQUESTS).service[-1]))
    assert largest_rate(DELAYS, REQUESTS, Targets(inf, inf), stable=True) == pytest.approx(0.9 * most)


def test_the_rate_meets_the_targets_and_no_more_does() -> None:
    """At the rate the targets are met; a little above they are not."""
    queue, rate = _queue(DELAYS, REQUESTS), largest_rate(DELAYS, REQUESTS, TARGETS) / 1000
    first, between = queue.latencies(rate)
    assert first <= TARGETS.first_token
    assert between <= TARGETS.between_tokens
    first, between = queue.latencies(rate * 1.001)
    assert first > TARGETS.first_token or between > TARGETS.between_tokens
