"""The stages of one lane of the portfolio: which comes next follows from what each has gained.

A stage gives way to the next one when it has gained next to nothing for its patience, or when its share of the time is
over and it does not gain much. When all have had their turn, those that did not end by themselves come again, the one
that gained most per second first, with twice the patience: a suspended search goes on where it was. A gain is a
cheaper plan or a better bound, relative to the cost of the plan.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from leptonopt.problem.protocol import Stop
from leptonopt.session.stages import Stage

OVER = (Stop.DONE, Stop.PROOF, Stop.FAILED)  # a stage that ends like this would do the same again


@dataclass(frozen=True)
class LaneSettings:
    """When a stage gives way.

    Attributes
    ----------
    patience, patience_share : seconds without a gain, at least, and as a share of the time limit
    factors : factors on the patience by method: trees gain late, large neighbourhoods take two seconds to
        begin, and annealing shows its gains at the end
    small : gain within the patience that counts as none, relative to the cost
    large : recent gain for which a stage goes on beyond its share
    recent : seconds that count as recent, as a part of the share
    elastic : methods that may go on beyond their share, as they do not plan their time
    lasting : methods that report as they go; they are suspended when they give way, and lose nothing
    suspended_nonzeros : size of the time-indexed model up to which suspended engines may keep their memory
    least, least_share : seconds of a free core that methods have at least, and the share of the time limit that this
        may take: the first bound under due dates takes one second
    slowest : factor on the patience on a busy machine at most
    shortest : seconds that have to be left for a stage that comes again; one that ended sooner without a gain does not
    """

    patience: float = 4.0
    patience_share: float = 0.1
    factors: tuple[tuple[str, float], ...] = (
        ("lns", 1.5),
        ("cpsat", 3.0),
        ("cpsat-intervals", 2.0),
        ("highs", 3.0),
        ("sos-branching", 3.0),
        ("cbc", 3.0),
        ("assignment", 3.0),
        ("large-scale", math.inf),
        ("ruin-and-recreate", math.inf),
        ("penalty-search", math.inf),
    )
    small: float = 1e-4
    large: float = 5e-3
    recent: float = 0.5
    elastic: tuple[str, ...] = ("lagrangian", "lns", "cpsat", "cpsat-intervals", "highs", "sos-branching")
    lasting: tuple[str, ...] = ("lns", "cpsat", "cpsat-intervals", "highs", "sos-branching")
    suspended_nonzeros: int = 3_000_000
    least: tuple[tuple[str, float], ...] = (("lagrangian", 2.5),)
    least_share: float = 0.3
    slowest: float = 4.0
    shortest: float = 3.0

    def seconds(self, method: str, time_limit: float) -> float:
        """Return the patience with a method in the first round [s]."""
        return dict(self.factors).get(method, 1.0) * max(self.patience, self.patience_share * time_limit)


SETTINGS = LaneSettings()


@dataclass
class Turn:
    """A stage at work: moments of `time.monotonic`, the end of its share, and gains with their moments."""

    stage: Stage
    begun: float
    until: float = math.inf
    gains: list[tuple[float, float]] = field(default_factory=list)
    seconds: float = 0.0

    def gain_since(self, moment: float) -> float:
        """Return the gains after a moment."""
        return sum(gain for at, gain in self.gains if at > moment)

    @property
    def rate(self) -> float:
        """Return the gain per second."""
        return sum(gain for _, gain in self.gains) / max(1e-3, self.seconds)


class Lane:
    """The stages of a lane, in order; `adaptive` where the clock may decide.

    Attributes
    ----------
    waiting : stages to come
    begun : methods that had a turn
    turn : the stage at work; None between two
    asked : whether the stage at work was asked to give way
    """

    def __init__(
        self, stages: Sequence[Stage], time_limit: float, adaptive: bool = True, slowness: float = 1.0
    ) -> None:
        self.waiting, self.adaptive, self.asked = list(stages), adaptive, False
        self._slowness, self._load = min(slowness, SETTINGS.slowest), slowness
        self.turn: Turn | None = None
        self.begun = set[str]()
        self._past: list[Turn] = []  # turns that may go on in another round
        self._time_limit, self._rounds = time_limit, 1

    def __bool__(self) -> bool:
        return bool(self.waiting or self._past)

    def next_stage(self, left: float) -> Stage | None:
        """Return the next stage, if any; another round begins only where so many seconds are left."""
        if not self.waiting and self._past:
            self._past, past = [], self._past
            if left > SETTINGS.shortest:
                again = sorted(past, key=lambda turn: -turn.rate)
                self.waiting = [replace(turn.stage, share=1.0) for turn in again]
                self._rounds += 1
        return self.waiting.pop(0) if self.waiting else None

    def is_elastic(self, stage: Stage) -> bool:
        """Return whether a stage may go on beyond its share."""
        return self.adaptive and stage.share < 1 and stage.method in SETTINGS.elastic

    def awaits(self, method: str) -> bool:
        """Return whether a method is at work, or its first turn is to come."""
        to_come = method not in self.begun and any(stage.method == method for stage in self.waiting)
        return to_come or (self.turn is not None and self.turn.stage.method == method)

    def begin(self, stage: Stage, now: float, until: float = math.inf) -> None:
        """Note that a stage begins, and the end of its share."""
        self.turn, self.asked = Turn(stage, now, until), False
        self.begun.add(stage.method)

    def gained(self, gain: float, now: float) -> None:
        """Note a gain of the stage at work."""
        if self.turn is not None and gain > 0:
            self.turn.gains.append((now, gain))

    def gives_way(self, now: float, left: float) -> bool:
        """Return whether the stage at work gains too little, and another one could go on instead."""
        if self.turn is None or not self.adaptive or left < SETTINGS.shortest or not self:
            return False
        patience = self._slowness * 2 ** (self._rounds - 1) * SETTINGS.seconds(self.turn.stage.method, self._time_limit)
        gain = self.turn.gain_since(now - patience)
        # Beyond its share what counts is recent: a first plan is worth much, and says nothing of what is to come.
        least = dict(SETTINGS.least).get(self.turn.stage.method, 0.0)
        least = min(self._load * least, SETTINGS.least_share * self._time_limit)
        recent = min(patience, SETTINGS.recent * max(least, self.turn.until - self.turn.begun))
        over = now > max(self.turn.until, self.turn.begun + least)
        if over and self.turn.gain_since(now - recent) < SETTINGS.large:
            return True
        return now - self.turn.begun > patience and gain < SETTINGS.small

    def end(self, stop: Stop, now: float) -> None:
        """Note that the stage at work has ended, and why."""
        if self.turn is None:
            return
        self.turn.seconds = now - self.turn.begun
        fruitful = self.turn.seconds > SETTINGS.shortest or self.turn.rate > 0
        if self.adaptive and stop not in OVER and fruitful:
            self._past.append(self.turn)
        self.turn = None


def relative_gain(before: tuple[int | None, int | None], after: tuple[int | None, int | None]) -> float:
    """Return the gain between two pairs of cost and bound, relative to the cost, at most 2.

    A first plan counts 1, and so does a first bound on a known cost. Without a plan a bound is no gain.

    >>> relative_gain((200, 100), (150, 110))
    0.4
    """
    (old_cost, old_bound), (cost, bound) = before, after
    if cost is None:
        return 0.0
    size, gain = max(1, abs(cost)), 0.0
    if old_cost is None or cost < old_cost:
        gain += 1.0 if old_cost is None else min(1.0, (old_cost - cost) / size)
    if bound is not None and (old_bound is None or bound > old_bound):
        gain += 1.0 if old_bound is None else min(1.0, (bound - old_bound) / size)
    return round(gain, 12)
