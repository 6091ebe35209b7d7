"""leptonopt plans AI workloads at the lowest cost that can be proven.

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
    from leptonopt.conductor import solve
    from leptonopt.errors import LeptonoptError
    from leptonopt.explaining import Explanation, explain
    from leptonopt.families import generate
    from leptonopt.instance import Instance
    from leptonopt.plan import Plan
    from leptonopt.read import load
    from leptonopt.research.campaign import compare
    from leptonopt.result import Progress, Result

__all__ = [
    "Explanation",
    "Instance",
    "LeptonoptError",
    "Plan",
    "Progress",
    "Result",
    "__version__",
    "compare",
    "explain",
    "generate",
    "load",
    "solve",
]

_HOME = {
    "Explanation": "explaining",
    "compare": "research.campaign",
    "explain": "explaining",
    "generate": "families",
    "Instance": "instance",
    "LeptonoptError": "errors",
    "Plan": "plan",
    "Progress": "result",
    "Result": "result",
    "load": "read",
    "solve": "conductor",
}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'leptonopt' has no attribute {name!r}")
    value = getattr(import_module(f"leptonopt.{_HOME[name]}"), name)
    globals()[name] = value
    return value
