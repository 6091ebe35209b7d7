"""Ledger of proofs: the engines behind a status, and which other engine could confirm it."""

from __future__ import annotations

from dataclasses import dataclass, field

# Exact engines that share no code, in the order in which they confirm the proof of another.
SECOND = ("cpsat", "highs", "cbc")


@dataclass
class ProofLedger:
    """Claims made in the course of a solve.

    Attributes
    ----------
    bounds : the best bound of each method, in money units
    denials : methods that claim infeasibility
    confirmed : engines that repeated the proof
    second : whether the proof was repeated on the second model, built from the checker's reading
    """

    bounds: dict[str, int] = field(default_factory=dict)
    denials: list[str] = field(default_factory=list)
    confirmed: list[str] = field(default_factory=list)
    second: bool = False

    def bound(self, method: str, value: int) -> None:
        """Record the bound of a method."""
        if value > self.bounds.get(method, value - 1):
            self.bounds[method] = value

    def claim_infeasible(self, method: str) -> None:
        """Record that a method claims infeasibility."""
        if method not in self.denials:
            self.denials.append(method)

    @property
    def confirmation(self) -> str | None:
        """Return the model on which the proof was confirmed; None without a confirmation."""
        if not self.confirmed:
            return None
        return "second model" if self.second else "same model"

    def provers_of(self, value: int | None) -> list[str]:
        """Return the methods whose own bound reaches a value; for None, all that claim infeasibility."""
        if value is None:
            return list(self.denials)
        return [method for method, bound in self.bounds.items() if bound >= value]

    def others(self, value: int | None) -> list[str]:
        """Return the engines that have not proven a value, in the order in which they confirm."""
        by = self.provers_of(value)
        return [engine for engine in SECOND if engine not in by]
