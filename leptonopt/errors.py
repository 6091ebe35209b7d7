"""Define all errors of the package as one tree, each with its exit code.

    LeptonoptError                      1
    ├── UsageError                      2   the call itself is wrong: unknown method, option, format
    ├── InputError                      3   a file or an instance that cannot be read or is not valid
    │   └── InstanceError               3   … with a list of findings, each at its line and place
    ├── NoPlan                          5   require_plan() on a result without one
    │   ├── Infeasible                  4   … because it is proven that none exists
    │   └── OutOfTime                   5   the time limit ended before there was anything to give
    ├── Unsupported                     2   a method was asked for something it cannot express
    ├── EngineError                     5   a solver crashed, hung or answered nonsense
    ├── Rejected                        6   the checker objects to a plan or a certificate
    └── Alarm                           7   the checker rejects our own plan, or two proofs contradict each other

Infeasible and unknown are *results* of `solve`; only `Result.require_plan()` raises for them.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any


class LeptonoptError(Exception):
    """Base of every error that this package raises on purpose."""

    exit_code = 1


class UsageError(LeptonoptError):
    """The call is wrong: an unknown method, a limit below zero, an option that does not exist."""

    exit_code = 2


class Unsupported(UsageError):
    """A method was asked for a rule of the model that it cannot express; it never skips one."""


class InputError(LeptonoptError):
    """A file that cannot be read as the kind it is given as."""

    exit_code = 3


MAX_COMPARED = 1000  # known names up to which a similar one is suggested

Step = str | int
Path = tuple[Step, ...]


def dotted(path: Path) -> str:
    """Return a path as text: ('tasks', 3, 'deadline') -> 'tasks[3].deadline'."""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else (f".{step}" if text else step)
    return text


def did_you_mean(name: str, known: Collection[str]) -> str:
    """Return the question for a similar name of several.

    It is empty where none is similar, or more than `MAX_COMPARED` are known.
    """
    from difflib import get_close_matches

    close = get_close_matches(name, known, 1) if len(known) <= MAX_COMPARED else []
    return f"did you mean {close[0]!r}?" if close else ""


@dataclass(frozen=True, slots=True)
class Finding:
    """A fault of an input: its place, what is wrong, what is allowed."""

    message: str
    path: Path = ()
    line: int | None = None
    file: str | None = None

    def __str__(self) -> str:
        place = ":".join(str(part) for part in (self.file, self.line) if part is not None)
        return ": ".join(part for part in (place, dotted(self.path), self.message) if part)


class InstanceError(InputError):
    """An instance that is not valid; `findings` lists every fault."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        self.findings = tuple(findings)
        super().__init__("\n".join(str(finding) for finding in self.findings))

    def within(self, file: str) -> InstanceError:
        """Return the error with the file of every finding that names none."""
        return InstanceError([replace(each, file=each.file or file) for each in self.findings])


class NoPlan(LeptonoptError):
    """No plan was found within the limits."""

    exit_code = 5


class Infeasible(NoPlan):
    """No plan exists, and this is proven."""

    exit_code = 4


class OutOfTime(NoPlan):
    """The time limit ended, or a signal came, before there was anything to give."""


class EngineError(LeptonoptError):
    """A solver engine crashed, hung, or returned an invalid answer."""

    exit_code = 5


class Rejected(LeptonoptError):
    """The checker objects to a plan or a certificate that it was given."""

    exit_code = 6


class Alarm(LeptonoptError):
    """The checker rejected a plan of this package, or a plan beats a claimed bound: code is wrong.

    `evidence` is a document of what was known at that moment.
    """

    exit_code = 7

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.evidence: dict[str, Any] = {}
