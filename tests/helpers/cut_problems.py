"""Problems with chains, compiled from small documents."""

from __future__ import annotations

from typing import Any

from leptonopt.compile.compiler import compile_instance
from leptonopt.instance import Instance
from leptonopt.problem.problem import Problem
from tests.second_reading.cut_documents import cut_document


def cut_problem(task: dict[str, Any], horizon: int = 8, price: Any = 1, **pool: Any) -> Problem:
    """Return the problem of one task of three hours on a pool of two GPUs, over slots of an hour."""
    stated = {"id": "t", "options": [{"pool": "a", "uses": {"gpu": 1}, "duration": "3h"}], **task}
    document = {
        "time": {"start": "2026-01-05T00:00Z", "slot": "1h", "horizon": f"{horizon}h"},
        "pools": [{"id": "a", "capacity": {"gpu": 2}, "price": {"gpu": price}, **pool}],
        "tasks": [stated],
    }
    return compile_instance(Instance.model_validate(document)).problem


def hourly(*prices: float) -> dict[str, Any]:
    """Return prices hour by hour."""
    return {"steps": {f"2026-01-05T{hour:02}:00Z": price for hour, price in enumerate(prices)}}


def drawn_problems(seeds: range) -> list[Problem]:
    """Return the problems of drawn documents that have chains."""
    found = []
    for seed in seeds:
        problem = compile_instance(Instance.model_validate(cut_document(seed))).problem
        if problem.chains:
            found.append(problem)
    return found
