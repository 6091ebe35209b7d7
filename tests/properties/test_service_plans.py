"""Property of plans with services: what the rules of the problem allow passes the checker, at the same cost."""

from __future__ import annotations

import json
from decimal import Decimal
from fractions import Fraction

import pytest

from leptonopt.compile.compiler import compile_instance
from leptonopt.compile.node_form import COUNTED
from leptonopt.instance import validate
from leptonopt.problem.schedule import objective
from leptonopt.verify import verify
from tests.helpers.marks import first
from tests.helpers.service_documents import plan_of, random_document, some_schedule


@pytest.mark.parametrize("seed", first(25, range(300), ci=120))
def test_plans_of_schedules_pass_the_checker(seed: int) -> None:
    document = random_document(seed)
    made = compile_instance(validate(document), COUNTED)
    if (schedule := some_schedule(made, seed)) is None:
        pytest.skip("no schedule of replicas is found at random")
    plan = plan_of(made, schedule)
    stated, written = (json.loads(json.dumps(tree), parse_float=Decimal) for tree in (document, plan))
    assert verify(stated, written).violations == ()
    assert Fraction(plan["cost_exact"]) == objective(made.problem, schedule) * made.unit
