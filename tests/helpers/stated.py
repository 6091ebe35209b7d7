"""Instances as the checker reads them, and plans to be judged."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

from leptonopt.compile.decode import decode
from leptonopt.plan.document import plan_document
from leptonopt.problem.schedule import Schedule, node_schedule_of
from leptonopt.verify.instance_reader import StatedInstance
from tests.helpers.plans import outcome
from tests.helpers.tiny_instances import compiled, document


def stated(*tasks: dict[str, Any], **more: Any) -> StatedInstance:
    """Return an instance as the checker reads it."""
    return StatedInstance(json.loads(json.dumps(document(*tasks, **more)), parse_float=Decimal))


def judged(schedule: Schedule, *tasks: dict[str, Any], **more: Any) -> tuple[StatedInstance, dict[str, Any]]:
    """Return an instance as the checker reads it, and the plan document of a schedule, as a file states it."""
    made = compiled(*tasks, **more)
    runs, left = decode(made, schedule)
    plan = plan_document(made, outcome(made), runs, left, node_schedule_of(made.problem, schedule))
    return stated(*tasks, **more), json.loads(json.dumps(plan), parse_float=Decimal)
