"""Name the parts of the format that only some commands support, and refuse them in the others."""

from __future__ import annotations

from collections.abc import Callable

from leptonopt.errors import Unsupported
from leptonopt.instance.instance import Instance
from leptonopt.instance.routes import NOT_TAKEN

ROUTES = "alternative routes"
GREATEST_LAGS = "tasks that follow others within a time (`most` of an after)"
FOREIGN_CUT = "jobs of others that may be cut into segments"

FEATURES: dict[str, Callable[[Instance], bool]] = {
    "services": lambda instance: bool(instance.services),
    "tasks with segments": lambda instance: any(task.is_cut for task in instance.tasks),
    FOREIGN_CUT: lambda instance: any(task.is_cut and task.foreign for task in instance.tasks),
    "data passed on between tasks": lambda instance: any(after.gib for task in instance.tasks for after in task.after),
    GREATEST_LAGS: lambda instance: any(after.most is not None for task in instance.tasks for after in task.after),
    "meters": lambda instance: bool(instance.meters),
    "savings plans": lambda instance: bool(instance.savings),
    ROUTES: lambda instance: any(option.id == NOT_TAKEN for task in instance.tasks for option in task.options),
    "inputs or results of tasks": lambda instance: any(task.inputs or task.results for task in instance.tasks),
}


def has_any(instance: Instance, *features: str) -> bool:
    """Return whether an instance has any of some features."""
    return any(FEATURES[feature](instance) for feature in features)


def refuse(instance: Instance, what: str, *features: str) -> None:
    """Raise `Unsupported` where an instance has a feature; `what` is what does not support it."""
    for feature in features:
        if FEATURES[feature](instance):
            raise Unsupported(f"{what} does not support {feature}; allowed is an instance without")
