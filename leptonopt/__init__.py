"""Plan AI workloads at the lowest cost that can be proven.

>>> import leptonopt
>>> result = leptonopt.solve("instances/article.yaml", time_limit=10)   # doctest: +SKIP
>>> print(result.require_plan())                                        # doctest: +SKIP

Importing this package loads nothing heavy; what is named below is loaded when first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from leptonopt.decisions.answer import Answer
    from leptonopt.decisions.ask import ask
    from leptonopt.decisions.front import Front, front
    from leptonopt.decisions.questions import CostOf, WhatIf, WhyNot
    from leptonopt.errors import LeptonoptError
    from leptonopt.experiments.campaign import compare
    from leptonopt.experiments.generators import generate
    from leptonopt.infeasibility.explain import Explanation, explain
    from leptonopt.instance import Instance
    from leptonopt.io.load import load
    from leptonopt.plan.plan import Plan
    from leptonopt.session.handle import Handle, solve_many, start
    from leptonopt.session.result import Progress, Result
    from leptonopt.session.solve import solve

__all__ = [
    "Answer",
    "CostOf",
    "Explanation",
    "Front",
    "Handle",
    "Instance",
    "LeptonoptError",
    "Plan",
    "Progress",
    "Result",
    "WhatIf",
    "WhyNot",
    "__version__",
    "ask",
    "compare",
    "explain",
    "front",
    "generate",
    "load",
    "solve",
    "solve_many",
    "start",
]

_HOME = {
    "Answer": "decisions.answer",
    "CostOf": "decisions.questions",
    "WhatIf": "decisions.questions",
    "WhyNot": "decisions.questions",
    "Front": "decisions.front",
    "ask": "decisions.ask",
    "front": "decisions.front",
    "Explanation": "infeasibility.explain",
    "compare": "experiments.campaign",
    "explain": "infeasibility.explain",
    "generate": "experiments.generators",
    "Instance": "instance",
    "LeptonoptError": "errors",
    "Plan": "plan.plan",
    "Progress": "session.result",
    "Result": "session.result",
    "load": "io.load",
    "Handle": "session.handle",
    "solve": "session.solve",
    "solve_many": "session.handle",
    "start": "session.handle",
}


def __dir__() -> list[str]:
    public = ("errors", "instance", "problem")  # modules, once they are loaded
    return sorted({*__all__, *(name for name in globals() if name.startswith("__") or name in public)})


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'leptonopt' has no attribute {name!r}")
    value = getattr(import_module(f"leptonopt.{_HOME[name]}"), name)
    globals()[name] = value
    return value
