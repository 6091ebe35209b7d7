"""Small instances whose plans have nearly every key of a plan document."""

from __future__ import annotations

from typing import Any

DAY = "2026-01-05T"

SERVED: dict[str, Any] = {
    "time": {"start": f"{DAY}00:00Z", "horizon": "3h"},
    "objective": {"cost": 1, "carbon_kg": 0.5},
    "pools": [
        {"id": "p", "labels": ["zone:p"], "capacity": {"gpu": 5}, "price": {"gpu": 1}, "power": {"gpu": 1}, "carbon":
        200},
        {"id": "q", "labels": ["zone:q"], "nodes": {"id": "k", "size": {"gpu": 2}, "count": 4, "price": 3, "startup":
        1}},
    ],
    "services": [
        {"id": "s", "team": "red", "demand": {"a": 1, "b": {"steps": {f"{DAY}00:00Z": 1, f"{DAY}01:00Z": 9}}},
         "headroom": 0.1, "start": {"takes": "1h", "cost": 2}, "missed": {"cost": 0.00001},
         "replicas": [
             {"pool": "p", "uses": {"gpu": 1}, "rate": {"a": 2, "b": 3}, "limit": 3, "running": 2, "variant": "fp8"},
             {"pool": "q", "uses": {"gpu": 1}, "rate": {"b": 4}, "limit": 4, "running": 1}]},
        {"id": "z", "demand": {"c": 1}, "spread": {"label": "zone:"},
         "replicas": [{"pool": name, "uses": {"gpu": 1}, "rate": {"c": 2}} for name in "pq"]},
        {"id": "w", "demand": {"c": 1}, "spare": 1,
         "replicas": [{"pool": "p", "uses": {"gpu": 1}, "rate": {"c": 2}, "offline_rate": {"c": 3}, "limit": 3}]},
    ],
    "batches": [
        {"id": "n", "service": "w", "amount": {"c": 5400}, "deadline": f"{DAY}02:00Z"},
        {"id": "o", "service": "w", "amount": {"c": 99000}, "optional": True, "value": 1},
    ],
    "tasks": [{"id": "t", "team": "blue", "options": [{"pool": "q", "uses": {"gpu": 1}, "duration": "1h"}]}],
    "quotas": [{"id": "red", "of": "gpu", "limit": 40, "teams": ["red"]}],
}  # fmt: skip
"""Services: replicas that boot, missed requests, zones and replicas that may be gone, batches done and left out."""

CUT: dict[str, Any] = {
    "time": {"start": f"{DAY}00:00Z", "horizon": "7h", "zone": "Europe/Berlin"},
    "pools": [
        {"id": "a", "capacity": {"gpu": 2},
         "price": {"gpu": {"steps": {f"{DAY}00:00Z": 1, f"{DAY}02:00Z": 9, f"{DAY}04:00Z": 1}}}},
        {"id": "b", "capacity": {"gpu": 2}, "price": {"gpu": 2}},
    ],
    "tasks": [
        {"id": "cut", "team": "red", "segments": {"most": 3, "restart": "10m", "cost": 0.5},
         "options": [{"pool": "a", "uses": {"gpu": 2}, "duration": "200m"}]},
        {"id": "late", "team": "blue", "due": f"{DAY}01:00Z", "late_cost": 1, "late_penalty": 2,
         "segments": {"most": 2, "move": True, "resize": True},
         "options": [
             {"pool": "a", "uses": {"gpu": 1}, "duration": "3h", "consumes": {"tokens": 2}},
             {"pool": "b", "uses": {"gpu": 1}, "duration": "4h", "consumes": {"tokens": 2}}]},
    ],
    "quotas": [{"id": "q", "of": "gpu", "limit": 40, "per": "day"}, {"id": "t", "of": "tokens", "limit": 9}],
}  # fmt: skip
"""Segments: a task that pauses while it is dear, and one that moves."""

MOVED: dict[str, Any] = {
    "time": {"start": f"{DAY}00:00Z", "horizon": "4h", "zone": "Europe/Berlin"},
    "pools": [
        {"id": "a", "labels": ["region:east"], "capacity": {"gpu": 2}, "price": {"gpu": 1}},
        {"id": "b", "labels": ["region:west"], "capacity": {"gpu": 2}, "price": {"gpu": 2}},
    ],
    "links": [{"from": "east", "to": "west", "price": 0.02, "gbit": 10}, {"from": "*", "to": "*", "price": 0.1}],
    "datasets": [{"id": "d", "gib": 100, "at": ["east"]}],
    "tasks": [
        {"id": "first", "team": "blue", "inputs": ["d"],
         "options": [{"pool": "b", "uses": {"gpu": 1}, "duration": "50m", "consumes": {"tokens": 3}}]},
        {"id": "next", "after": [{"task": "first", "gib": 10}], "results": {"gib": 5, "to": "west"},
         "options": [
             {"pool": "a", "uses": {"gpu": 1}, "duration": "30m"},
             {"pool": "b", "uses": {"gpu": 1}, "duration": "150m"}]},
    ],
    "meters": [
        {"id": "m", "of": "tokens", "used": 1, "tiers": [{"price": 1}, {"from": 2, "price": 0.5}]},
        {"id": "n", "of": "gpu", "per": "day", "tiers": [{"price": 0}, {"from": 1, "price": 0.25}]},
    ],
    "savings": [
        {"id": "plan", "committed": 0.2, "commit": {"max": 1, "step": 0.5},
         "rates": [{"pool": "b", "resource": "gpu", "price": 1.2}]},
    ],
}  # fmt: skip
"""Data that move between regions, meters, and a savings plan."""

GANGS: dict[str, Any] = {
    "time": {"start": f"{DAY}00:00Z", "horizon": "4h"},
    "pools": [
        {"id": "r", "capacity": {"ram": 9}, "price": {"ram": 0.5}, "charge": {"gpu": 1.5},
         "nodes": {"id": "k", "size": {"gpu": 8}, "count": 3, "price": 10, "startup": 1, "shutdown": 0.5, "running": 1,
                   "reserved": 1, "commit": {"price": 6, "max": 1}}},
        {"id": "o", "nodes": [
            {"id": "x", "size": {"gpu": 8}, "count": 1, "price": 12,
             "commit": [{"total": 20, "max": 1, "term": "2h", "start": [f"{DAY}01:00Z", f"{DAY}02:00Z"]}]}]},
        {"id": "b", "capacity": {"gpu": 4}, "price": {"gpu": 3}, "billing": {"unit": "1m", "minimum": "10m"}},
        {"id": "spot", "capacity": {"gpu": 4}, "price": {"gpu": 1}, "interruptions": 0.1},
        {"id": "server", "nodes": {"id": "h", "size": {"tpu": 2}, "count": 1, "price": 1,
                                   "setups": {"llama": {"takes": "1h", "cost": 0.5}}}},
    ],
    "tasks": [
        {"id": "gang", "team": "red", "options": [{"pool": "r", "nodes": 2, "uses": {"ram": 1}, "duration": "2h"}]},
        {"id": "packed", "team": "red", "placement": "packed", "copies": 2,
         "options": [{"pool": "r", "uses": {"gpu": 4, "ram": 1}, "duration": "90m"}]},
        {"id": "one", "placement": "one-node", "release": f"{DAY}01:00Z",
         "options": [{"pool": "o", "uses": {"gpu": 6}, "duration": "2h"}]},
        {"id": "billed", "due": f"{DAY}02:00Z", "early_cost": 0.5, "options": [{"pool": "b", "uses": {"gpu": 2}, "duration": "5m"}]},
        {"id": "asked", "setup": "llama", "options": [{"pool": "server", "uses": {"tpu": 1}, "duration": "1h"}]},
        {"id": "mile", "after": ["gang", "billed"], "options": [{"pool": "b", "duration": "0s", "cost": 1}]},
        {"id": "chance", "on_time": 0.8, "deadline": f"{DAY}04:00Z", "checkpoint": {"every": "30m", "cost": "1m"},
         "options": [{"pool": "spot", "uses": {"gpu": 1}, "duration": "1h"}]},
        {"id": "out", "copies": 2, "optional": True, "value": 1,
         "options": [{"pool": "b", "uses": {"gpu": 4}, "duration": "2h"}]},
    ],
    "apart": [{"tasks": ["packed"], "by": "node"}],
    "quotas": [
        {"id": "q", "of": "money", "limit": 200, "teams": ["red"], "per": "day", "used": 3},
        {"id": "e", "of": "gpu", "limit": 70, "used": 1},
    ],
}  # fmt: skip
"""Gangs and packed tasks on nodes told apart, offers, setups, billing, a milestone, spot, early and left out tasks."""

FEATURES = {"served": SERVED, "cut": CUT, "moved": MOVED, "gangs": GANGS}
