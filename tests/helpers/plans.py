"""Plan documents made by hand, and a fake of what a solve returns, for tests of what is shown."""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any

import leptonopt
from leptonopt.compile.compiler import CompiledInstance
from leptonopt.plan.document import Outcome
from leptonopt.plan.plan import Plan
from leptonopt.problem.protocol import Status, Stop
from leptonopt.session.result import Result
from leptonopt.verify import Verdict, fingerprint

START = datetime(2026, 11, 23, tzinfo=UTC)
EXTRA = {"nodes": 0, "sunk": 0, "energy_kwh": 0, "carbon_kg": 0}


def task(id: str, pool: str, start: float, hours: float, cost: float = 1, **more: Any) -> dict[str, Any]:
    """An entry of `tasks`; `start` in hours after the horizon's beginning."""
    low = START + timedelta(hours=start)
    moments = {
        key: at.strftime("%Y-%m-%dT%H:%M:%SZ") for key, at in (("start", low), ("end", low + timedelta(hours=hours)))
    }
    parts = {"running": cost, "fixed": 0, "late": 0}
    return {
        "id": id,
        "option": f"{pool} x1",
        "pool": pool,
        "quality": 1,
        "uses": {"gpu": 1},
        **moments,
        "cost": cost,
        "parts": parts,
    } | more


MADE = {
    "leptonopt": "0.1.0", "python": "3.11.0", "engines": {}, "seed": 0,
    "limits": {"time_limit": 60.0, "gap": 0.0, "threads": 1, "deterministic": False}, "seconds": {}, "money_loss": "0",
}  # fmt: skip


def outcome(made: CompiledInstance, status: str = "feasible", bound: Fraction | None = None, **more: Any) -> Outcome:
    """What a solve by hand knows at its end, all that a plan document says of itself."""
    proven = status in ("optimal", "infeasible")
    origin = {
        "name": made.instance.name,
        "sha256": fingerprint(made.instance.document()),
        "file": None,
        "format": "native",
    }
    proof = {"by": ["cpsat"] if proven or bound is not None else [], "confirmed_by": [], "confirmation": None}
    why = ("by hand",) if status == "infeasible" else ()
    given = {"why": why, "proof": proof | {"certified": None}} | more
    return Outcome(
        status, "proof" if proven else "done", "cpsat", bound, {**MADE, "money_loss": str(made.loss)}, origin, **given
    )


def plan(*tasks: dict[str, Any], status: str = "optimal", pools: tuple[str, ...] = (), **more: Any) -> dict[str, Any]:
    """A plan document whose bill follows from its tasks; 48 hours of horizon, 4 gpus to a pool."""
    names = pools or tuple(dict.fromkeys(line["pool"] for line in tasks))
    bill, use = [], []
    for name in names:
        mine = [line for line in tasks if line["pool"] == name]
        spent, hours = sum(line["cost"] for line in mine), sum(line["uses"]["gpu"] for line in mine)
        lines = [{"resource": "gpu", "unit_hours": hours, "cost": spent}]
        bill.append(
            {"pool": name, "running": spent, "fixed": 0, "total": spent, "tasks": len(mine), "resources": lines} | EXTRA
        )
        use.append(
            {
                "pool": name,
                "resource": "gpu",
                "used_hours": hours,
                "capacity_hours": 192,
                "utilisation": hours / 192,
                "peak": 1,
            }
        )
    total = sum(line["cost"] for line in tasks)
    return {
        "leptonopt_plan": 1, "instance": {"name": "by hand", "sha256": "0" * 64, "file": None, "format": "native"},
        "currency": "USD", "status": status, "stop": "proof", "cost": total, "cost_exact": str(Fraction(repr(total))), "bound": total,
        "bound_exact": None, "gap": 0, "method": "auto", "proof": {"by": [], "confirmed_by": [], "confirmation":
        None, "certified": None}, "made": MADE | {"seconds": {"total": 1.25}},
        "tasks": sorted(tasks, key=lambda line: line["start"]), "left_out": [],
        "nodes": [], "quotas": [],
        "bill": {"total": total, "running": total, "fixed": 0, "late": 0, "forgone": 0, "whole": total, "pools":
        bill} | EXTRA, "utilisation": use,
        "figures": {"utilisation": 0.25, "hours_per_resource": 6.25, "total_cost": total, "total_profit": 0,
        "cost_profit_ratio": None, "net_benefit": -total},
        "why": [], "trace": [],
    } | more  # fmt: skip


def none(status: str = "infeasible", *why: str) -> dict[str, Any]:
    """The document of a solve without a plan."""
    nothing = dict.fromkeys(("cost", "cost_exact", "bound", "bound_exact", "gap", "bill", "figures"))
    return (
        plan(pools=("a",))
        | nothing
        | {"status": status, "stop": "proof" if why else "limit", "utilisation": [], "why": list(why)}
    )


def crowd(tasks: int, pools: int, seed: int = 1) -> dict[str, Any]:
    """Many tasks at random, some of them late."""
    rng = random.Random(seed)
    names = tuple(f"pool-{number}" for number in range(pools))
    lines = (
        task(
            f"task-{at}",
            rng.choice(names),
            rng.randrange(40),
            rng.randint(1, 8),
            rng.randint(1, 30),
            **({"late_hours": 2} if at % 9 == 0 else {}),
        )
        for at in range(tasks)
    )
    return plan(*lines, pools=names)


def result(document: dict[str, Any], signal: int | None = None, notes: tuple[str, ...] = ()) -> Result:
    """What `leptonopt.session.solve.solve` returns, with a document made by hand."""
    made = None if document["cost"] is None else Plan(document)
    status, stop = Status(document["status"]), Stop(document["stop"])
    money = (None if document["cost"] is None else Fraction(document["cost"]), None, None)
    return Result(status, stop, *money, made, document, (), Verdict(True, (), None), notes, "the log", signal)


def one_by_one(plan: dict[str, Any]) -> dict[str, Any]:
    """The plan with an entry for every copy, as plans were written once."""
    return plan | {
        key: [
            {name: value for name, value in line.items() if name != "copies"}
            | ({"copy": line["copy"] + more} if "copy" in line else {})
            for line in plan[key]
            for more in range(line.get("copies", 1))
        ]
        for key in ("tasks", "left_out")
    }


def entry(plan: dict[str, Any], id: str) -> dict[str, Any]:
    """The entry of a task."""
    return next(line for line in plan["tasks"] if line["id"] == id)


INSTANCE: dict[str, Any] = {
    "leptonopt": 1,
    "name": "by hand",
    "time": {"start": "2026-11-23T00:00Z", "slot": "1h", "horizon": "2d"},
    "pools": [
        {
            "id": "a",
            "capacity": {"gpu": 4},
            "price": {"gpu": 1},
            "maintenance": [{"from": "2026-11-23T20:00Z", "to": "2026-11-24T02:00Z"}],
        },
        {"id": "b", "capacity": {"gpu": "unlimited"}, "price": {"gpu": 2}},
    ],
    "tasks": [
        {"id": "train", "options": [{"pool": "a", "uses": {"gpu": 4}, "duration": "90m"}]},
        {
            "id": "test",
            "after": ["train"],
            "options": [{"pool": pool, "uses": {"gpu": 1}, "duration": "1h"} for pool in ("a", "b")],
        },
    ],
}


def solved_document(instance: dict[str, Any]) -> dict[str, Any]:
    """An optimal plan of an instance, as its file holds it."""
    result = leptonopt.solve(instance, method="cpsat", isolate=False)
    assert result.status == "optimal"
    document: dict[str, Any] = json.loads(json.dumps(result.document))
    return document
