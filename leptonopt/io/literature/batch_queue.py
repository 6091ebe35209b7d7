"""Compute the rate of requests that a batching replica serves within targets of latency.

A replica serves up to a number of requests at once, and slows with each: a birth-death queue whose rate of service
depends on its state. Parameters are those of inferno (llm-inferno, 2024), and so is the formula of its published
solutions: an iteration takes alpha + beta * (tokens processed) + gamma * (tokens of all caches).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, floor

import numpy as np

CHUNK = 8192  # tokens of a prompt that one iteration processes
QUEUE = 10  # requests that wait at most, for each that is served at once
LEAST, MOST = 0.001, 0.999  # rates looked at, of the rates of service of one request, and of all at once
STEPS = 60  # of the bisection
STABLE = 0.9  # of the rate of service, where the target is tokens per second


@dataclass(frozen=True)
class Delays:
    """Fitted delays of a model on an accelerator, in milliseconds."""

    alpha: float
    beta: float
    gamma: float


@dataclass(frozen=True)
class Targets:
    """Targets in milliseconds to the first token and between tokens; infinite where there is none."""

    first_token: float
    between_tokens: float


@dataclass(frozen=True)
class Requests:
    """Requests of equal size.

    Attributes
    ----------
    input, output : tokens; `output` at least 1
    at_once : requests that a replica serves at once, at least 1
    """

    input: int
    output: int
    at_once: int

    @property
    def chunks(self) -> int:
        """The iterations that process the prompt."""
        return ceil(self.input / CHUNK)


def requests_at_once(batch: int, at_tokens: int, output: int) -> int:
    """Return how many requests run at once, of a batch size measured at another number of output tokens."""
    return max(1, floor(batch * at_tokens / output))


@dataclass(frozen=True)
class _Queue:
    """A replica as a queue.

    Attributes
    ----------
    service : float64, shape (at_once,): requests served in a millisecond while 1, 2, ... run
    alpha, each : milliseconds of an iteration: without requests, and more for each request that runs
    prompt : milliseconds that a prompt takes itself
    """

    requests: Requests
    service: np.ndarray
    alpha: float
    each: float
    prompt: float

    def latencies(self, rate: float) -> tuple[float, float]:
        """Return the mean times to the first token and between tokens [ms] at a rate [requests per ms]."""
        at_once, output = len(self.service), self.requests.output
        states = np.arange(at_once * (1 + QUEUE) + 1)
        served = np.log(self.service[np.minimum(states[1:], at_once) - 1])
        weight = states * np.log(rate) - np.concatenate([[0.0], np.cumsum(served)])
        share = np.exp(weight - weight.max())
        share /= share.sum()
        accepted = rate * (1 - share[-1])
        running = float(np.minimum(states, at_once) @ share)
        waiting = (float(states @ share) - running) / accepted
        prefill = self.requests.chunks * max(0.0, self.alpha + (running - 1) * self.each) + self.prompt
        between = (running / accepted - prefill) / output
        return waiting + prefill + between, between


def _queue(delays: Delays, requests: Requests) -> _Queue:
    chunks, output = requests.chunks, requests.output
    prompt = (delays.beta + delays.gamma * (chunks + 1) / 2) * requests.input
    tokens = delays.beta * output + delays.gamma * output * (requests.input + (output + 1) / 2)
    each = (prompt + tokens) / (chunks + output)
    running = np.arange(1, requests.at_once + 1)
    service = running / ((chunks + output) * (delays.alpha + (running + 1) * each))
    return _Queue(requests, service, delays.alpha, each, prompt)


def largest_rate(delays: Delays, requests: Requests, targets: Targets, stable: bool = False) -> float:
    """Return the largest rate of requests [1/s] that meets the targets on average; 0 where none does.

    `stable` keeps a tenth of the rate of service free, as inferno does for targets of tokens per second.
    """
    queue = _queue(delays, requests)

    def meets(rate: float) -> bool:
        first, between = queue.latencies(rate)
        return first <= targets.first_token and between <= targets.between_tokens

    low, high = LEAST * float(queue.service[0]), MOST * float(queue.service[-1])
    high = STABLE * high if stable else high
    if not meets(low):
        return 0.0
    if meets(high):
        return 1000 * high
    for _ in range(STEPS):
        middle = (low + high) / 2
        low, high = (middle, high) if meets(middle) else (low, middle)
    return 1000 * low
