"""An exported model says what its unit and its numbers mean."""

from __future__ import annotations

from leptonopt.compile.compiler import compile_instance
from leptonopt.compile.model_names import model_names
from leptonopt.instance import validate
from tests.helpers.service_documents import random_document


def test_unit_offset_and_every_number() -> None:
    """Groups with their tasks and options, rows, kinds, ways."""
    document = {
        "time": {"start": "2026-11-23T08:00Z", "slot": "1h", "horizon": "6h"},
        "pools": [
            {"id": "own", "capacity": {"gpu": 4}, "price": {"gpu": 0.35}},
            {"id": "rent", "nodes": {"count": 2, "size": {"gpu": 8}, "price": 3}},
        ],
        "tasks": [
            {"id": name, "options": [{"pools": ["own", "rent"], "uses": {"gpu": 2}, "duration": "2h"}]} for name in "ab"
        ],
    }
    lines = list(model_names(compile_instance(validate(document))))
    assert lines[0].startswith("objective: 1 is 1/")
    assert lines[0].endswith("USD; offset 0")
    assert lines[1] == "slot 0: begins 2026-11-23T08:00:00Z; each takes 1h"
    assert {"group 0: a x1, b x1", "option 0: group 0, own on pool own", "row 0: pool own, gpu; 1 is 1/1"} <= {*lines}
    assert any(line.startswith("kind 0: nodes ") and line.endswith("of pool rent") for line in lines)


def test_ways_of_services_have_their_numbers() -> None:
    lines = list(model_names(compile_instance(validate(random_document(1)))))
    assert any(line.startswith("way 0: service ") for line in lines)
