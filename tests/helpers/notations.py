"""Documents that say everything shorter that can be: local times, bytes, tasks that repeat, routes, setups, offers."""

from __future__ import annotations

from typing import Any

SHORT: dict[str, Any] = {
    "leptonopt": 1,
    "name": "short",
    "time": {"start": "2026-03-27T00:00", "slot": "1h", "horizon": "3d", "zone": "Europe/Berlin"},
    "placement": "one-node",
    "pools": [
        {
            "id": "own",
            "labels": ["zone:a", "region:east"],
            "device_memory": "80GiB",
            "nodes": [
                {"id": "dgx", "size": {"gpu": 8, "ram": "2TiB"}, "count": 2, "price": 3,
                 "commit": [{"price": 2, "max": 1},
                            {"total": 30, "max": 1, "term": "1d", "start": ["2026-03-28T00:00"]}]},
                {"id": "hgx", "size": {"gpu": 4, "ram": "1TiB"}, "count": {"daily": {"00:00": 1, "08:00": 2}},
                 "commit": 1},
            ],
            "maintenance": [{"from": "2026-03-28T08:00", "to": "2026-03-28T09:00"}],
        },
        {"id": "set", "labels": ["zone:b"], "nodes": {"size": {"tpu": 4}, "count": 2, "price": 1,
                                                      "setups": {"llama": {"takes": "1h", "cost": 1, "running": 1}}}},
        {"id": "kept", "nodes": {"size": {"fpga": 1}, "count": 2, "price": 2, "running": 1, "minimum": "2h",
                                 "since": ["2026-03-26T23:00"],
                                 "commit": [{"total": 9, "max": 1, "term": "5h", "start": ["2026-03-27T02:00"]}]}},
        {"id": "spot", "labels": ["zone:b", "region:west"], "capacity": {"gpu": 4, "ram": "64GiB"},
         "price": {"gpu": {"steps": {"2026-03-27T00:00": 1, "2026-03-28T00:00": 2}}}},
    ],
    "profiles": {"p": {"speed": {"own": {1: 1, "2": 1.9}}, "variants": {"fp8": {"speed": 2, "memory": 0.5}},
                       "uses": {"ram": "1GiB"}, "memory": "40GB"}},
    "links": [{"from": "east", "to": "west", "price": 0.02, "gbit": 10, "setup": "1m"}],
    "datasets": [{"id": "d", "gib": 100, "at": ["east"]}],
    "tasks": [
        {"id": "night", "team": "red", "repeat": {"from": "22:00", "to": "06:00", "days": ["fri", "sat"], "due": "04:00"},
         "late_cost": 1, "options": [{"pool": "spot", "uses": {"gpu": 1}, "duration": "2h", "consumes": {"tokens": 2}}]},
        {"id": "work", "deadline": "2026-03-29T12:00", "work": {"hours": 4, "profile": "p", "consumes": {"tokens": 1}}},
        {"id": "next", "after": ["night", {"task": "work", "lag": "30m", "gib": 1}], "inputs": ["d"],
         "options": [{"pools": ["own", "spot"], "uses": {"gpu": 1, "ram": "16GiB"}, "duration": "1h"}]},
        {"id": "asked", "setup": "llama", "options": [{"pool": "set", "uses": {"tpu": 1}, "duration": "1h"}]},
        {"id": "short", "options": [{"pool": "spot", "uses": {"gpu": 1}, "duration": "1h"}]},
        {"id": "long", "options": [{"pool": "spot", "uses": {"gpu": 1}, "duration": "3h"}]},
        {"id": "last", "release": "2026-03-27T10:00", "options": [{"pool": "own", "uses": {"gpu": 2}, "duration": "1h"}]},
    ],
    "routes": [[["short"], ["long"]]],
    "apart": [{"tasks": ["last", "work"], "by": "node"}, {"tasks": ["last", "asked"], "by": "zone:"}, ["last", "asked"]],
    "together": [["last", "work"], ["night", "next"]],
    "quotas": [{"id": "q", "of": "tokens", "limit": 40, "tasks": ["night", "work"]},
               {"id": "m", "of": "ram", "limit": "9TiB", "per": "moment", "teams": ["red"]}],
    "meters": [{"id": "t", "of": "tokens", "used": 1, "tiers": [{"price": 1}, {"from": 2, "price": 0.5}],
                "tasks": ["night"]}],
}  # fmt: skip

SERVED_SHORT: dict[str, Any] = {
    "time": {"start": "2026-01-05T00:00", "horizon": "4h", "zone": "Asia/Tokyo"},
    "pools": [{"id": "p", "labels": ["zone:p"], "capacity": {"gpu": 9, "ram": "1TiB"}}],
    "services": [
        {"id": "s", "demand": {"rate": {"steps": {"2026-01-05T00:00": 1, "2026-01-05T02:00": 3}},
                               "mix": {"a": 0.5, "b": 0.5}},
         "slo": {"ttft": "500ms", "tpot": "40ms"},
         "replicas": [{"pool": "p", "uses": {"gpu": 1, "ram": "80GiB"}, "running": 1,
                       "runs": [{"class": "a", "rate": 2, "ttft": "300ms", "tpot": "30ms"},
                                {"class": "b", "rate": 3, "ttft": "0.4s", "tpot": "30ms"}]}]},
        {"id": "w", "demand": {"samples": [{"a": 1}, {"a": 2}], "quantile": 0.9}, "needs": {"labels": ["zone:p"]},
         "replicas": [{"pool": "p", "uses": {"gpu": 1}, "rate": {"a": 2}, "offline_rate": {"a": 3},
                       "start": {"takes": "30m", "cost": 1}, "stay": "1h"}]},
    ],
    "batches": [{"id": "n", "service": "w", "amount": {"a": 5400}, "deadline": "2026-01-05T03:00"}],
    "tasks": [{"id": "seg", "team": "x",
               "options": [{"pool": "p", "uses": {"gpu": 1}, "duration": "2h", "not_before": "2026-01-05T01:00"}]}],
}  # fmt: skip
"""A service within targets of latency, samples of demand, and local times."""
