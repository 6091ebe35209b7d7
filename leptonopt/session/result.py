"""Progress and result of a solve."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

from leptonopt.errors import Infeasible, NoPlan
from leptonopt.io import files
from leptonopt.plan.plan import Plan
from leptonopt.problem.protocol import Status, Stop
from leptonopt.verify import Verdict


@dataclass(frozen=True)
class Progress:
    """The state of a solve at a moment; money as exact fractions, None while unknown."""

    seconds: float
    cost: Fraction | None
    bound: Fraction | None
    gap: float | None
    phase: str
    best: Callable[[], Plan | None] = field(default=lambda: None, repr=False, compare=False)

    @property
    def plan(self) -> Plan | None:
        """The best plan so far, decoded and checked when asked for; None before the first."""
        return self.best()


@dataclass(frozen=True, repr=False)
class Result:
    """The result of a solve; its plan has passed the checker and its bound is valid.

    `plan` is None when there is none; `document` is the plan file either way. `cost` and `bound` are
    exact, in the instance's currency. `signal` is the signal that interrupted, if one did. `certificate`,
    where one was asked for, is a document from which `leptonopt.verify.proven` computes a bound on its own.
    """

    status: Status
    stop: Stop
    cost: Fraction | None
    bound: Fraction | None
    gap: float | None
    plan: Plan | None
    document: dict[str, Any] = field(repr=False)
    trace: tuple[tuple[float, Fraction | None, Fraction | None], ...] = field(repr=False)
    verdict: Verdict = field(repr=False)
    notes: tuple[str, ...] = ()
    log: str = field(default="", repr=False)
    signal: int | None = None
    certificate: dict[str, Any] | None = field(default=None, repr=False)

    def __repr__(self) -> str:
        money = "" if self.cost is None else f", cost {float(self.cost):.6g}"
        bound = "" if self.bound is None else f", bound {float(self.bound):.6g}"
        return f"<Result {self.status}{money}{bound}, stopped by {self.stop}>"

    def _repr_html_(self) -> str | None:
        """Return the page of the plan for notebooks; None without a plan."""
        return None if self.plan is None else self.plan._repr_html_()

    def save(self, path: Path) -> bool:
        """Write the plan file, which states reasons where there is no plan; return True.

        Raises `UsageError` where it cannot be written.
        """
        files.write_atomic(path, files.dumped(self.document))
        return True

    def save_certificate(self, path: Path) -> bool:
        """Write the certificate, if any; return True when it is written. Raises `UsageError`."""
        if self.certificate is not None:
            files.write_atomic(path, files.dumped(self.certificate))
        return self.certificate is not None

    def require_plan(self) -> Plan:
        """Return the plan.

        Raises
        ------
        Infeasible
            When it is proven that there is none.
        NoPlan
            When none was found.
        """
        if self.plan is not None:
            return self.plan
        why = "; ".join(self.document["why"])
        if self.status is Status.INFEASIBLE:
            raise Infeasible(f"no plan exists{': ' + why if why else ''}")
        raise NoPlan(f"no plan was found within the limits{': ' + why if why else ''}")
