"""Who has proven what: the engines behind a status, and which other one could confirm it."""

from __future__ import annotations

from dataclasses import dataclass, field

# Exact engines that share no code, in the order in which they are asked to confirm another's proof.
SECOND = ("cpsat", "highs", "cbc")


@dataclass
class ProofLedger:
    """What was claimed in the course of a solve.

    Attributes
    ----------
    bounds : the best bound of each method, in money units
    denials : methods that say that no schedule exists
    confirmed : engines that looked for something better, or for anything at all, and proved that there is nothing
    second : whether one of them did so on a model of its own, built by the checker's reading of the instance
    """

    bounds: dict[str, int] = field(default_factory=dict)
    denials: list[str] = field(default_factory=list)
    confirmed: list[str] = field(default_factory=list)
    second: bool = False

    def bound(self, method: str, value: int) -> None:
        """A method claims a bound."""
        if value > self.bounds.get(method, value - 1):
            self.bounds[method] = value

    def deny(self, method: str) -> None:
        """A method claims that there is no schedule."""
        if method not in self.denials:
            self.denials.append(method)

    @property
    def confirmation(self) -> str | None:
        """What the confirmation stands on; None without one."""
        if not self.confirmed:
            return None
        return "second model" if self.second else "same model"

    def behind(self, value: int | None) -> list[str]:
        """The methods whose own bound reaches a value; all that deny where it is None."""
        if value is None:
            return list(self.denials)
        return [method for method, bound in self.bounds.items() if bound >= value]

    def others(self, value: int | None) -> list[str]:
        """Engines that have not proven it yet, in the order in which to ask them."""
        by = self.behind(value)
        return [engine for engine in SECOND if engine not in by]
