"""State an instance: time grid, pools, tasks with their options, services; valid once it exists.

This package is the one place that says what an instance may contain. Reading (`leptonopt.io.load`) adds
lines to the errors, `leptonopt schema` prints the JSON Schema made from these classes, and
`docs/reference/format.md` explains them. Instances are built in Python exactly as they are written:

>>> from leptonopt import Instance
>>> week = Instance(
...     time={"start": "2026-11-23T00:00Z", "slot": "1h", "horizon": "7d"},
...     pools=[{"id": "a100", "capacity": {"gpu": 8}, "price": {"gpu": 1.2}}],
...     tasks=[{"id": "train", "options": [{"pool": "a100", "uses": {"gpu": 4}, "duration": "6h"}]}],
... )
>>> week.tasks[0].options[0].duration
21600
"""

from leptonopt.instance.cross_checks import ENDS
from leptonopt.instance.features import has_any, refuse
from leptonopt.instance.fields import Series
from leptonopt.instance.instance import Instance, Objective, replace
from leptonopt.instance.pools import POWER, Billing, Commit, Maintenance, NodeKind, Pool, Time
from leptonopt.instance.quotas import Measure, Meter, Quota
from leptonopt.instance.savings import Covered, SavingsPlan, covered, savings_groups
from leptonopt.instance.schema import instance_schema
from leptonopt.instance.services import Batch, Demand, Service, Way
from leptonopt.instance.tasks import Checkpoint, Option, Segments, Task, Variant, merged_work
from leptonopt.instance.validation import stated, validate

__all__ = [
    "ENDS",
    "POWER",
    "Batch",
    "Billing",
    "Checkpoint",
    "Commit",
    "Covered",
    "Demand",
    "Instance",
    "Maintenance",
    "Measure",
    "Meter",
    "NodeKind",
    "Objective",
    "Option",
    "Pool",
    "Quota",
    "SavingsPlan",
    "Segments",
    "Series",
    "Service",
    "Task",
    "Time",
    "Variant",
    "Way",
    "covered",
    "has_any",
    "instance_schema",
    "merged_work",
    "refuse",
    "replace",
    "savings_groups",
    "stated",
    "validate",
]
