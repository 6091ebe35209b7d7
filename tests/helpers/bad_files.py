"""A corpus of files that must be refused: small good files, and named edits of them, each with one thing wrong.

`CORPUS` maps a name to a `Bad`; `put` writes it into a folder, with the good files that belong beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from leptonopt.io.native.writer import dumped
from tests.helpers.literature_files import (
    CLOUD,
    CTU,
    DELMAIRE,
    FORECAST,
    HOLMBERG,
    ICON,
    INFERNO,
    JOBS,
    MELANGE,
    MMKP,
    MMLIB,
    PRICES,
    PSPLIB,
    RACP,
    RATES,
    RATES_OF_NET,
    RIP,
    TRACE,
)

NOTATIONS = ("yaml", "json", "toml")
GAP = "2 3\n5 6 7\n8 9 10\n1 2 3\n3 2 1\n4 5\n"
JAIN = "2 2\n5 6\n7 8\n2 3\n3 2\n0 1\n9 8\n"
NET = "throughputs_A100/net.csv"
BESIDE = {"Data_e1.txt": RATES, "Data_c1.txt": PRICES, "forecast.txt": FORECAST, NET: RATES_OF_NET}
# The files that those of a format have beside them.
OF_FORMAT = {"green-tou": ["Data_e1.txt", "Data_c1.txt"], "icon": ["forecast.txt"], "elasticflow": [NET]}
# What each format of the literature looks like when it is right: file name, text, parameters.
GOOD_TEXTS: dict[str, list[tuple[str, str, dict[str, str]]]] = {
    "gap": [("file", GAP, {})],
    "jain-grossmann": [("file", JAIN, {})],
    "sscflp": [("file", HOLMBERG, {}), ("file", DELMAIRE, {})],
    "green-tou": [("Data_p1.txt", JOBS, {})],
    "icon": [("instance.txt", ICON, {})],
    "racp": [("file.dzn", RACP, {})],
    "rip": [("file.json", RIP, {})],
    "mmkp": [("file", MMKP, {})],
    "cloudbalancing": [("file.json", CLOUD, {})],
    "melange": [("file.json", MELANGE, {}), ("file.json", MELANGE, {"routing": "whole"})],
    "inferno": [("file.json", INFERNO, {}), ("file.json", INFERNO, {"routing": "one-way"})],
    "ctu-energy": [("file.json", CTU, {})],
    "elasticflow": [("trace.csv", TRACE, {}), ("trace.csv", TRACE, {"gpus": "own:4@0.06,cloud:16@3.67", "slot": "30"})],
    "psplib-mm": [("file.mm", PSPLIB, {"deadline": "9"}), ("file.mm", MMLIB, {"deadline": "9"})],
}
# A native document with something of everything.
GOOD: dict[str, Any] = {
    "leptonopt": 1,
    "name": "small",
    "currency": "EUR",
    "time": {"start": "2026-03-28T00:00Z", "slot": "1h", "horizon": "2d", "zone": "Europe/Berlin"},
    "objective": {"cost": 1, "carbon_kg": Decimal("0.08")},
    "pools": [
        {
            "id": "own",
            "capacity": {"gpu": 8, "cpu": {"steps": {"2026-03-28T00:00Z": 64, "2026-03-29T00:00Z": 32}}},
            "price": {"gpu": Decimal("0.35"), "power": {"daily": {"00:00": Decimal("0.1"), "08:00": Decimal("0.2")}}},
            "power": {"gpu": Decimal("0.4")},
            "carbon": 200,
            "maintenance": [{"from": "2026-03-28T02:00Z", "to": "2026-03-28T06:00Z", "capacity": {"gpu": 4}}],
            "labels": ["eu", "private"],
            "device_memory": 80,
        },
        {
            "id": "cloud",
            "nodes": [
                {
                    "id": "p4d",
                    "size": {"gpu": 8, "cpu": 96},
                    "count": 4,
                    "price": Decimal("32.77"),
                    "boot": "10m",
                    "commit": {"price": Decimal("19.22"), "max": 2},
                    "reserved": 1,
                }
            ],
            "interruptions": Decimal("0.05"),
            "labels": ["eu"],
            "device_memory": 40,
        },
    ],
    "profiles": {"bert": {"speed": {"own": {"1": 1, "2": Decimal("1.6")}, "cloud": 2}, "devices": {"1": 1, "4": 3}}},
    "tasks": [
        {"id": "prepare", "team": "red", "options": [{"pool": "own", "uses": {"cpu": 8}, "duration": "3h"}]},
        {
            "id": "train",
            "after": ["prepare"],
            "release": "2026-03-28T01:00Z",
            "deadline": "2026-03-30T00:00Z",
            "due": "2026-03-29T00:00Z",
            "late_cost": 40,
            "needs": {"labels": ["eu"], "quality": Decimal("0.98")},
            "checkpoint": {"every": "30m", "cost": "1m", "restart": "5m"},
            "on_time": Decimal("0.9"),
            "work": {
                "profile": "bert",
                "hours": 6,
                "variants": {"bf16": {}, "int8": {"speed": Decimal("1.4"), "quality": Decimal("0.985")}},
            },
        },
        {
            "id": "sweep",
            "copies": 5,
            "value": 12,
            "optional": True,
            "team": "blue",
            "options": [
                {"id": "o", "pools": ["own", "cloud"], "uses": {"gpu": 1}, "duration": "4h", "consumes": {"licence": 1}}
            ],
        },
    ],
    "quotas": [
        {"id": "budget", "of": "money", "limit": 5000, "per": "day"},
        {"id": "licences", "of": "licence", "limit": 9, "teams": ["blue"], "pools": ["own"]},
    ],
    "together": [["prepare", "sweep"]],
}


@dataclass(frozen=True)
class Bad:
    """A file that must be refused: its name, format and content, and what must be said, where."""

    file: str
    content: bytes | Callable[[], bytes] | None  # None: there is no such file
    said: str
    format: str | None = None
    line: int | None = None
    params: Mapping[str, str] = field(default_factory=dict)
    beside: Mapping[str, str | None] = field(default_factory=dict)  # files beside it; None: left out
    usage: bool = False  # the call is wrong, not the file


def put(folder: Path, bad: Bad) -> Path:
    """The file, in a folder that is there, with what belongs beside it."""
    for name, text in {**(BESIDE if bad.format else {}), **bad.beside}.items():
        if text is not None:
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_text(text, encoding="utf-8")
    path = folder / bad.file
    if bad.content is not None:
        path.write_bytes(bad.content if isinstance(bad.content, bytes) else bad.content())
    return path


CORPUS: dict[str, Bad] = {}


def _add(name: str, bad: Bad) -> None:
    assert name not in CORPUS, name
    CORPUS[name] = bad


# --- native: edits of the good document, in all three notations ---------------------------------------------------

CUT = object()
START, END = "2026-03-28T00:00Z", "2026-03-30T00:00Z"
EDITS: list[tuple[str, tuple[str | int, ...], Any, str]] = [
    # name, place, new value, what is said
    ("version 2", ("leptonopt",), 2, "leptonopt: 2 is not allowed; "),
    ("version as text", ("leptonopt",), "1", "leptonopt: '1' is not allowed"),
    ("name as number", ("name",), 7, "name: 7 is not a name; names are texts"),
    ("name of 201 letters", ("name",), "x" * 201, "name: a name has 1 to 200 characters"),
    ("name of a megabyte", ("name",), "x" * 2**20, "name: a name has 1 to 200 characters"),
    ("name with an escape sequence", ("name",), "a\x1b[31mb", "a control character"),
    ("name with a line separator", ("name",), "a\u2028b", "a control character or a line break"),
    ("description as list", ("description",), ["a"], "description: ['a'] is not a text"),
    ("currency empty", ("currency",), "", "currency: a name has 1 to 200"),
    ("no time", ("time",), CUT, "time: is missing"),
    ("time as text", ("time",), "week", "time: 'week' is not a mapping"),
    ("no horizon", ("time", "horizon"), CUT, "time.horizon: is missing"),
    ("start without offset or zone", ("time",), {"start": "2026-03-28T00:00", "horizon": "2d"}, "has no offset from UTC; write"),
    ("start as date", ("time", "start"), "2026-03-28", "not an instant; write"),
    ("start on a day that is not", ("time", "start"), "2026-02-29T00:00Z", "day is out of range for month"),
    ("start at hour 24", ("time", "start"), "2026-03-28T24:00Z", "not an instant"),
    ("start at a leap second", ("time", "start"), "2016-12-31T23:59:60Z", "not an instant"),
    ("start with an offset of 25 hours", ("time", "start"), "2026-03-28T00:00+25:00", "not an instant"),
    ("start with the name of a zone", ("time", "start"), "2026-03-28T00:00 CET", "not an instant"),
    ("start in the year 1", ("time", "start"), "0001-01-01T00:00+09:00", "out of range"),
    ("start in the year 999", ("time", "start"), "0999-01-01T00:00Z", "the years 1000 to 9999 are allowed"),
    ("start in the year 9999", ("time", "start"), "9999-12-31T00:00Z", "at most 9000"),
    ("start as number", ("time", "start"), 1767571200, "time.start: 1767571200 is not an instant; write"),
    ("slot of nothing", ("time", "slot"), "0s", "a duration of zero; more than 0s"),
    ("slot without unit", ("time", "slot"), "60", "'60' is not a duration; write"),
    ("slot as number", ("time", "slot"), 60, "60 is not a duration; write"),
    ("slot of a third of a second", ("time", "slot"), "0.3s", "not a whole number of seconds"),
    ("slot that does not divide", ("time", "slot"), "7h", "not a whole number of slots"),
    ("horizon of 200,001 slots", ("time", "horizon"), "200001h", "200,001 slots; at most 200,000"),
    ("horizon of two hundred years", ("time", "horizon"), "73200d", "from 0s to a hundred years"),
    ("horizon of 10,000 digits", ("time", "horizon"), "9" * 10_000 + "h", "at most 40 characters"),
    ("horizon of ten thousand parts", ("time", "horizon"), "1h" * 10_000, "at most 40 characters"),
    ("horizon negative", ("time", "horizon"), "-1d", "not a duration"),
    ("zone of fancy", ("time", "zone"), "Europe/Atlantis", "not a time zone; write"),
    ("zone as offset", ("time", "zone"), "+01:00", "not a time zone; write"),
    ("zone as folder", ("time", "zone"), "Europe", "not a time zone"),
    ("zone as path", ("time", "zone"), "../../../../etc/passwd", "not a time zone"),
    ("zone as whole path", ("time", "zone"), "/etc/localtime", "not a time zone"),
    ("zone of 100,000 letters", ("time", "zone"), "x" * 100_000, "not a time zone"),
    ("zone as number", ("time", "zone"), 1, "1 is not a time zone"),
    ("objective of nothing", ("objective",), {"cost": 0}, "an objective of nothing"),
    ("objective negative", ("objective", "carbon_kg"), -1, "below zero; at least 0"),
    ("objective of fun", ("objective", "fun"), 1, "allowed are cost, carbon_kg"),
    ("no pools", ("pools",), CUT, "pools: is missing"),
    ("empty pools", ("pools",), [], "pools: is empty; at least one"),
    ("pools as mapping", ("pools",), {"own": {"gpu": 1}}, "is not a list"),
    ("pool as text", ("pools", 0), "own", "pools[0]: 'own' is not a mapping"),
    ("pool without id", ("pools", 0, "id"), CUT, "pools[0].id: is missing"),
    ("pool twice", ("pools", 2), {"id": "own", "capacity": {"gpu": 1, "cpu": 9}}, "the id 'own' stands already at pools[0]; ids are unique"),
    ("pool id as list", ("pools", 0, "id"), [1] * 5000, "is not a name; names are texts"),
    ("pool id of spaces", ("pools", 0, "id"), "  ", "not only spaces"),
    ("pool id with a line break", ("pools", 0, "id"), "a\nb", "control character or a line break"),
    ("pool without resources", ("pools", 0, "capacity"), {}, "give it capacity or nodes"),
    ("pool key misspelt", ("pools", 0, "capcity"), {"gpu": 1}, "did you mean 'capacity'?"),
    ("pool key unknown", ("pools", 0, "colour"), "red", "pools[0].colour: is not a key that is known here"),
    ("pool key of 100,000 letters", ("pools", 0, "k" * 100_000), 1, "allowed are id, capacity"),
    ("pool key with line breaks", ("pools", 0, "a\n\u2028\x85b"), 1, "a\\n\\u2028\\x85b: is not a key"),
    ("capacity negative", ("pools", 0, "capacity", "gpu"), -1, "a capacity below zero; at least 0"),
    ("capacity as text", ("pools", 0, "capacity", "gpu"), "8", "write a number, {steps"),
    ("capacity as truth", ("pools", 0, "capacity", "gpu"), True, "write a number, {steps"),
    ("capacity too large", ("pools", 0, "capacity", "gpu"), 10**13, "too large; at most 1,000,000,000,000"),
    ("capacity too fine", ("pools", 0, "capacity", "gpu"), Decimal("0.0123456789"), "too many decimals; at most 9"),
    ("capacity of a name too long", ("pools", 0, "capacity", "g" * 300), 1, "a name has 1 to 200 characters"),
    ("capacity of a name with an escape", ("pools", 0, "capacity", "a\x1bb"), 1, "a\\x1bb: the name"),
    ("capacity not unlimited", ("pools", 0, "capacity", "gpu"), {"unlimited": False}, "write a number, {steps"),
    ("capacity constant", ("pools", 0, "capacity", "gpu"), {"constant": 4}, "write a number, {steps"),
    ("capacity of both", ("pools", 0, "capacity", "gpu"), {"steps": {START: 1}, "daily": {"00:00": 1}}, "write a number, {steps"),
    ("capacity of no steps", ("pools", 0, "capacity", "gpu"), {"steps": {}}, "an empty table; write"),
    ("steps too late", ("pools", 0, "capacity", "gpu"), {"steps": {END: 1}}, "say what holds before it"),
    ("steps twice at one instant", ("pools", 0, "capacity", "gpu"), {"steps": {START: 1, "2026-03-28T01:00+01:00": 2}}, "each is allowed once"),
    ("steps at a local time that is skipped", ("pools", 0, "capacity", "gpu"), {"steps": {START: 1, "2026-03-29T02:30": 1}}, "is skipped by the clock of"),
    ("steps at no instant", ("pools", 0, "capacity", "gpu"), {"steps": {"monday": 1}}, "not an instant; write"),
    ("steps negative", ("pools", 0, "capacity", "gpu"), {"steps": {START: -1}}, "at least 0"),
    ("steps as text", ("pools", 0, "capacity", "gpu"), {"steps": {START: "x"}}, "'x' is not a number; write"),
    ("clock of hour 24", ("pools", 0, "price", "gpu"), {"daily": {"24:00": 1}}, "not a time of day; write HH:MM"),
    ("clock of minute 60", ("pools", 0, "price", "gpu"), {"daily": {"02:60": 1}}, "not a time of day; write HH:MM"),
    ("clock with a zone", ("pools", 0, "price", "gpu"), {"daily": {"02:30Z": 1}}, "not a time of day; write HH:MM"),
    ("clock of one digit", ("pools", 0, "price", "gpu"), {"daily": {"2:30": 1}}, "not a time of day; write HH:MM"),
    ("price unlimited", ("pools", 0, "price", "gpu"), "unlimited", "a price cannot be unlimited; write a number"),
    ("price of nothing", ("pools", 0, "price", "gpus"), 1, "there is no resource 'gpus'; did you mean 'gpu'?"),
    ("power of power", ("pools", 0, "power", "power"), 1, "name the resources that do"),
    ("carbon negative", ("pools", 0, "carbon"), -1, "below zero; at least 0"),
    ("interruptions negative", ("pools", 1, "interruptions"), -1, "below zero; at least 0"),
    ("sunk negative", ("pools", 0, "sunk"), -1, "-1 is below zero; at least 0"),
    ("labels as text", ("pools", 0, "labels"), "eu", "labels: 'eu' is not a list"),
    ("label as number", ("pools", 0, "labels", 0), 1, "labels[0]: 1 is not a name"),
    ("device memory of zero", ("pools", 0, "device_memory"), 0, "0 is not above zero"),
    ("maintenance backwards", ("pools", 0, "maintenance", 0, "to"), START, "'to' is not after 'from'"),
    ("maintenance in one hour that comes twice", ("pools", 0, "maintenance", 0), {"from": "2026-10-25T02:30+01:00", "to": "2026-10-25T02:30+02:00"}, "'to' is not after 'from'"),
    ("maintenance without end", ("pools", 0, "maintenance", 0, "to"), CUT, "to: is missing"),
    ("maintenance of nothing", ("pools", 0, "maintenance", 0, "capacity"), {"disk": 1}, "there is no resource 'disk'; known are"),
    ("node without size", ("pools", 1, "nodes", 0, "size"), CUT, "nodes[0].size: is missing"),
    ("node of nothing", ("pools", 1, "nodes", 0, "size"), {}, "size: is empty; at least one entry"),
    ("node of power", ("pools", 1, "nodes", 0, "size", "power"), 1, "write `power` beside `size`"),
    ("node of zero gpus", ("pools", 1, "nodes", 0, "size", "gpu"), 0, "0 is not above zero"),
    ("half a node", ("pools", 1, "nodes", 0, "count"), Decimal("1.5"), "whole, from 0 to 100,000"),
    ("nodes too many", ("pools", 1, "nodes", 0, "count"), 100_001, "whole, from 0 to 100,000"),
    ("nodes unlimited", ("pools", 1, "nodes", 0, "count"), "unlimited", "whole, from 0 to 100,000"),
    ("nodes reserved too many", ("pools", 1, "nodes", 0, "reserved"), 10**6, "is 1000000; at most 100,000"),
    ("nodes reserved in part", ("pools", 1, "nodes", 0, "reserved"), Decimal("0.5"), "not a whole number; write"),
    ("boot negative", ("pools", 1, "nodes", 0, "boot"), "-10m", "not a duration; write"),
    ("commit of two prices", ("pools", 1, "nodes", 0, "commit", "total"), 1, "either a price"),
    ("commit of none", ("pools", 1, "nodes", 0, "commit"), {"max": 1}, "either a price"),
    ("commit as text", ("pools", 1, "nodes", 0, "commit"), "cheap", "'cheap' is not a mapping"),
    ("nodes and capacity of one resource", ("pools", 1, "capacity"), {"gpu": 1}, "it is one or the other"),
    ("no tasks", ("tasks",), [], "tasks: is empty; at least one"),
    ("task as number", ("tasks", 0), 7, "tasks[0]: 7 is not a mapping"),
    ("task twice", ("tasks", 3), {"id": "train", "options": [{"pool": "own", "duration": "1h"}]}, "stands already at tasks[1]; ids are unique"),
    ("task without ways", ("tasks", 0, "options"), [], "give it options or work"),
    ("copies of zero", ("tasks", 2, "copies"), 0, "is 0; at least 1"),
    ("copies too many", ("tasks", 2, "copies"), 1_000_001, "is 1000001; at most 1,000,000"),
    ("copies in part", ("tasks", 2, "copies"), Decimal("2.5"), "2.5 is not a whole number; write"),
    ("copies as truth", ("tasks", 2, "copies"), True, "True is not a whole number; write"),
    ("copies as text", ("tasks", 2, "copies"), "5", "'5' is not a whole number; write"),
    ("optional as text", ("tasks", 2, "optional"), "yes", "'yes' is not true or false"),
    ("optional without value", ("tasks", 2, "value"), CUT, "an optional task needs a value"),
    ("deadline before release", ("tasks", 1, "deadline"), START, "the deadline is not after the release"),
    ("deadline in a local hour that is not", ("tasks", 1, "deadline"), "2026-03-29T02:30", "2026-03-29T02:30 is skipped by the clock of Europe/Berlin; write"),
    ("deadline in words", ("tasks", 1, "deadline"), "tomorrow", "not an instant; write"),
    ("deadline with digits of another script", ("tasks", 1, "deadline"), "٢٠٢٦-03-29T02:30Z", "not an instant; write"),
    ("due without cost", ("tasks", 1, "late_cost"), CUT, "due goes together with late_cost or late_penalty or early_cost"),
    ("late cost negative", ("tasks", 1, "late_cost"), -4, "-4 is below zero; at least 0"),
    ("on time for sure", ("tasks", 1, "on_time"), 1, "a probability below 1"),
    ("after nobody", ("tasks", 1, "after"), ["prepair"], "there is no task 'prepair'; did you mean 'prepare'?"),
    ("after oneself", ("tasks", 1, "after"), ["train"], "train after train; no task may wait for itself"),
    ("after each other", ("tasks", 0, "after"), ["train"], "wait for each other in a circle"),
    ("after as text", ("tasks", 1, "after"), "prepare", "'prepare' is not a list"),
    ("after with a negative lag", ("tasks", 1, "after", 0), {"task": "prepare", "lag": "-1h"}, "not a duration; write"),
    ("after with more lag than at most", ("tasks", 1, "after", 0), {"task": "prepare", "lag": "2h", "most": "1h"}, "most: 1h is less than lag, 2h; at least that"),
    ("after with data and at most", ("tasks", 1, "after", 0), {"task": "prepare", "gib": 4, "most": "1h"}, "most: with gib is not supported"),
    ("needs as list", ("tasks", 1, "needs"), ["eu"], "needs: ['eu'] is not a mapping"),
    ("needs something unknown", ("tasks", 1, "needs", "region"), "eu", "allowed are labels, without, quality"),
    ("placement unknown", ("tasks", 1, "placement"), "one-rack", "'one-rack' is not allowed; 'span', 'one-node' or 'packed'"),
    ("checkpoint in words", ("tasks", 1, "checkpoint"), "often", "'often' is not a mapping"),
    ("option nowhere", ("tasks", 0, "options", 0, "pool"), CUT, "either a pool or several pools"),
    ("option on an unknown pool", ("tasks", 0, "options", 0, "pool"), "ours", "there is no pool 'ours'; known are 'cloud', 'own'"),
    ("option on a pool twice", ("tasks", 2, "options", 0, "pools"), ["own", "own"], "names a pool twice"),
    ("option without duration", ("tasks", 0, "options", 0, "duration"), CUT, "options[0].duration: is missing"),
    ("option of an unknown resource", ("tasks", 0, "options", 0, "uses"), {"disk": 1}, "there is no resource 'disk'; known are"),
    ("option with a negative use", ("tasks", 0, "options", 0, "uses", "cpu"), -8, "-8 is below zero; at least 0"),
    ("option with a use in words", ("tasks", 0, "options", 0, "uses", "cpu"), "many", "'many' is not a number; write"),
    ("option cost too large", ("tasks", 0, "options", 0, "cost"), -(10**13), "too large; at most"),
    ("option with whole nodes of none", ("tasks", 0, "options", 0, "nodes"), 1, "which has 0 kinds of nodes"),
    ("option with too many nodes", ("tasks", 0, "options", 0, "nodes"), 1001, "is 1001; at most 1,000"),
    ("work below zero", ("tasks", 1, "work", "hours"), -1, "-1 is below zero; at least 0"),
    ("work without hours", ("tasks", 1, "work", "hours"), CUT, "hours: is missing"),
    ("work of an unknown profile", ("tasks", 1, "work", "profile"), "gpt", "there is no profile 'gpt'; known are 'bert'"),
    ("work elsewhere", ("tasks", 1, "work", "speed"), {"moon": 1}, "there is no pool 'moon'; known are"),
    ("work on half a device", ("tasks", 1, "work", "devices"), {"1.5": 1}, "not a whole number; write"),
    ("work on a device count with a zero before it", ("tasks", 1, "work", "devices"), {"01": 1}, "not a whole number; write"),
    ("work on a device count of 10,000 digits", ("tasks", 1, "work", "devices"), {"9" * 10_000: 1}, "not a whole number; write"),
    ("work on no device", ("tasks", 1, "work", "devices"), {"0": 1}, "at least 1"),
    ("work at a negative speed", ("tasks", 1, "work", "speed"), {"own": -1}, "-1 is not above zero"),
    ("profile as list", ("profiles",), [1], "profiles: [1] is not a mapping"),
    ("profile on an unknown pool", ("profiles", "bert", "speed", "moon"), 1, "there is no pool 'moon'; known are"),
    ("profile with an empty curve", ("profiles", "bert", "speed", "own"), {}, "an empty curve; write a number"),
    ("profile on a device count of 5000 digits", ("profiles", "bert", "speed", "own"), {"9" * 5000: 1}, "whole numbers from 1"),
    ("quota of nothing known", ("quotas", 0, "of"), "mony", "there is no resource 'mony'; did you mean 'money'?"),
    ("quota without limit", ("quotas", 0, "limit"), CUT, "limit: is missing"),
    ("quota twice", ("quotas", 1, "id"), "budget", "stands already at quotas[0]; ids are unique"),
    ("task that repeats without an end", ("tasks", 0, "repeat"), {"from": "22:00"}, "repeat.to: is missing"),
    ("task that repeats on no day", ("tasks", 0, "repeat"), {"from": "22:00", "to": "06:00", "days": ["holiday"]}, "not a list of days"),
    ("quota per fortnight", ("quotas", 0, "per"), "fortnight", "'fortnight' is not allowed; 'horizon', 'slot', 'day', 'week', 'month', 'quarter', 'year' or"),
    ("quota of devices below zero", ("quotas", 1), {"id": "r", "of": "gpu", "limit": -1}, "-1 is below zero; at least 0, except of money"),
    ("quota used at a moment", ("quotas", 1), {"id": "r", "of": "gpu", "limit": 1, "used": 1, "per": "moment"}, "nothing is used before the horizon at any moment"),
    ("quota of an unknown team", ("quotas", 1, "teams"), ["bleu"], "there is no team 'bleu'; did you mean 'blue'?"),
    ("quota of an unknown task", ("quotas", 1, "tasks"), ["nobody"], "there is no task 'nobody'; known are"),
    ("quota of an unknown pool", ("quotas", 1, "pools"), ["moon"], "there is no pool 'moon'; known are"),
    ("quota of money a moment", ("quotas", 0, "per"), "moment", "'money' is not a resource; only of a resource"),
    ("together with nobody", ("together",), [["prepare", "nobody"]], "there is no task 'nobody'; known are"),
    ("together as a flat list", ("together",), ["prepare"], "together[0]: 'prepare' is not a list"),
    ("apart by node of tasks that span", ("apart",), [{"tasks": ["prepare"], "by": "node"}], "may span several; say placement one-node or packed"),
    ("apart by a label that no pool has", ("apart",), [{"tasks": ["prepare"], "by": "rack:"}], "labels that begin with 'rack:'"),
    ("apart as mapping", ("apart",), {"prepare": "train"}, "is not a list"),
    ("top key unknown", ("colour",), "red", "colour: is not a key that is known here; allowed are"),
    ("top key misspelt", ("task",), [], "did you mean 'tasks'?"),
]  # fmt: skip


def edited(place: tuple[str | int, ...], value: Any) -> dict[str, Any]:
    """The good document with another value at a place, or without it."""
    document = deepcopy(GOOD)
    at: Any = document
    for step in place[:-1]:
        at = at[step]
    if value is CUT:
        del at[place[-1]]
    elif isinstance(at, list) and place[-1] == len(at):
        at.append(value)
    else:
        at[place[-1]] = value
    return document


def _dumps(place: tuple[str | int, ...], value: Any, kind: str) -> Callable[[], bytes]:
    return lambda: dumped(edited(place, value), kind).encode("utf-8", "surrogatepass")


for _at, (_name, _place, _value, _said) in enumerate(EDITS):
    _odd = any(
        len(str(step)) > 200 or not str(step).isprintable()
        for step in (*_place, *(_value if isinstance(_value, dict) else ()))
    )
    for _kind in ("json", "toml") if _odd else (NOTATIONS[_at % 3], NOTATIONS[(_at + 1) % 3]):
        _add(f"{_name} ({_kind})", Bad(f"bad.{_kind}", _dumps(_place, _value, _kind), _said))

# --- native: the text itself --------------------------------------------------------------------------------------

YAML, JSON, TOML = (dumped(GOOD, kind) for kind in NOTATIONS)
TASKS = "time: {start: 2026-01-05T00:00Z, horizon: 1d}\npools: [{id: a, capacity: {gpu: 4}}]\ntasks:\n"


def _many(count: int, task: str) -> Callable[[], bytes]:
    """Many tasks; in the text of one, N is its number and M that of the next."""
    option = "options: [{pool: a, uses: {gpu: 1}, duration: 1h}]"
    rows = (task.replace("N", str(at)).replace("M", str((at + 1) % count)) for at in range(count))
    return lambda: (TASKS + "".join(f"  - {{{row}, {option}}}\n" for row in rows)).encode()


DEEP = 100_000
TEXTS: list[tuple[str, str, bytes | Callable[[], bytes], int | None, str]] = [
    # name, ending, content, line, what is said
    ("empty", "yaml", b"", None, "the file is empty; an instance has"),
    ("only spaces", "yaml", b"  \n \n", None, "the file is empty; an instance has"),
    ("only a comment", "yaml", b"# nothing\n", None, "the file is empty; an instance has"),
    ("only a byte order mark", "yaml", b"\xef\xbb\xbf", None, "the file is empty; an instance has"),
    ("null", "yaml", b"~\n", 1, "no mapping of keys to values at its top"),
    ("a number", "yaml", b"7\n", 1, "no mapping of keys to values at its top"),
    ("a list", "yaml", b"- 1\n", 1, "no mapping of keys to values at its top"),
    ("an open bracket", "yaml", b"a: [1, 2\n", 2, "not YAML"),
    ("an open quote", "yaml", b'a: "1\n', 2, "not YAML"),
    ("a tab", "yaml", b"time:\n\tslot: 1h\n", 2, "not YAML"),
    ("bad indentation", "yaml", b"a: 1\n  b: 2\n", 2, "not YAML"),
    ("two colons", "yaml", b"a: b: c\n", 1, "not YAML"),
    ("an unknown directive", "yaml", b"%YAML 9.9\n---\na: 1\n", 1, "not YAML"),
    ("an at sign", "yaml", b"a: @b\n", 1, "not YAML"),
    ("a control character", "yaml", b"a: 1\nb: \x07\n", 2, "control characters are not allowed"),
    ("a byte order mark within", "yaml", YAML.encode().replace(b"time:", b"\xef\xbb\xbftime:", 1), None, "not YAML"),
    ("several documents", "yaml", f"{YAML}---\n{YAML}".encode(), None, "one is allowed"),
    ("a key twice", "yaml", f"{YAML}currency: USD\n".encode(), None, "the key 'currency' stands twice; each is allowed once"),
    ("a list as key", "yaml", f"{YAML}[1, 2]: 3\n".encode(), None, "only plain texts are allowed as keys"),
    ("a merge key", "yaml", f"{YAML}<<: {{a: 1}}\n".encode(), None, "only plain texts are allowed as keys"),
    ("an anchor", "yaml", b"a: &x 1\n", 1, "are not allowed; write the value out"),
    ("an alias of nothing", "yaml", b"a: *x\n", 1, "are not allowed; write the value out"),
    ("a bomb of aliases", "yaml", b"a: &a [x, x]\n" + b"".join(b"%c: &%c [%s]\n" % (n + 1, n + 1, b", ".join([b"*%c" % n] * 9)) for n in range(97, 105)), 1, "are not allowed; write the value out"),
    ("an alias of itself", "yaml", b"&a a: [*a]\n", 1, "are not allowed; write the value out"),
    ("a tag that runs", "yaml", f"{YAML}source: !!python/object/apply:os.system [x]\n".encode(), None, "python/object/apply:os.system' is not allowed; write values without tags"),
    ("a tag with a line break", "yaml", f"{YAML}source: !a%0Ab x\n".encode(), None, "is not allowed; write values without tags"),
    ("a tag of bytes", "yaml", f"{YAML}source: !!binary aGFsbG8=\n".encode(), None, "is not allowed; write values without tags"),
    ("not a number", "yaml", f"{TASKS}  - {{id: t, value: .nan}}\n".encode(), 4, "not a finite number"),
    ("infinity", "yaml", f"{TASKS}  - {{id: t, value: -.inf}}\n".encode(), 4, "not a finite number"),
    ("10,000 digits", "yaml", f"{TASKS}  - {{id: t, value: {'9' * 10_000}}}\n".encode(), 4, "a number of 10000 characters; at most 60"),
    ("10,000 decimals", "yaml", f"{TASKS}  - {{id: t, value: 0.{'3' * 10_000}}}\n".encode(), 4, "a number of 10002 characters; at most 60"),
    ("a huge exponent", "yaml", f"{TASKS}  - {{id: t, value: 1e999}}\n".encode(), 4, "out of range; at most"),
    ("an exponent beyond all", "yaml", f"{TASKS}  - {{id: t, value: 1e99999999999999999999}}\n".encode(), 4, "out of range; at most"),
    ("nought times a huge power", "yaml", f"{TASKS}  - {{id: t, value: 0e999999999}}\n".encode(), 4, "out of range; at most"),
    ("deep in brackets", "yaml", b"[" * DEEP, 1, "nested too deeply; at most 50"),
    ("deep in braces", "yaml", b"a: " + b"[{a: " * DEEP, 1, "nested too deeply; at most 50"),
    ("deep in dashes", "yaml", b"- " * DEEP + b"x\n", 1, "nested too deeply; at most 50"),
    ("deep in wide dashes", "yaml", b"-  " * DEEP + b"x\n", 1, "nested too deeply; at most 50"),
    ("deep in question marks", "yaml", b"? " * DEEP + b"x\n", 1, "nested too deeply; at most 50"),
    ("deep in lines", "yaml", b"a:\n" + b"".join(b" " * n + b"a:\n" for n in range(1, 2000)), 51, "nested too deeply; at most 50"),
    ("cut in the middle", "yaml", YAML.encode()[: len(YAML) // 2], None, ""),
    ("a circle of 1000", "yaml", _many(1000, "id: tN, after: [tM]"), 4, "no task may wait for itself"),
    ("another language", "yaml", b"<?xml version='1.0'?>\n<a/>\n", 1, "no mapping"),
    ("UTF-16", "yaml", YAML.encode("utf-16"), None, "is UTF-16 text; save it as UTF-8"),
    ("Latin-1", "yaml", b"# ok\nname: M\xfcnchen\n", 2, "is not UTF-8 text (byte 0xfc); save it as UTF-8"),
    ("half a character", "yaml", "name: é".encode()[:-1], 1, "is not UTF-8 text"),
    ("a surrogate in UTF-8", "yaml", b"name: \xed\xa0\x80\n", 1, "is not UTF-8 text"),
    ("a NUL", "yaml", b"a: 1\nb: \0\n", 2, "NUL character in it; only text files"),
    ("a program", "yaml", b"\x7fELF\x02\x01\x01\0\0", 1, "only text files"),
    ("a picture", "json", b"\x89PNG\r\n\x1a\n\0\0", 1, "is not UTF-8 text"),
    ("empty", "json", b"", 1, "not JSON"),
    ("null", "json", b"null", 1, "no mapping of keys to values at its top"),
    ("a list", "json", b"[]", 1, "no mapping of keys to values at its top"),
    ("a comment", "json", b"// hello\n{}", 1, "not JSON"),
    ("a comma too many", "json", b'{"a": 1,\n}', 2, "not JSON"),
    ("single quotes", "json", b"{'a': 1}", 1, "not JSON"),
    ("two documents", "json", b"{}\n{}", 2, "not JSON"),
    ("cut in the middle", "json", JSON.encode()[: len(JSON) // 2], None, "not JSON"),
    ("a line break in a text", "json", b'{"a": "b\nc"}', 1, "not JSON"),
    ("a key twice", "json", b'{"a": 1,\n "a": 2}', 2, "the key 'a' stands twice; each is allowed once"),
    ("a deep key twice", "json", b'{"a": [{"b": 1,\n "b": {"c": 1}}]}', 2, "a[0]: the key 'b' stands twice; each is allowed once"),
    ("a long key twice", "json", b'{"%s": 1,\n "%s": 2}' % (b"k" * 9999, b"k" * 9999), 2, "stands twice; each is allowed once"),
    ("a key twice, one escaped", "json", b'{"a": 1,\n "\\u0061": 2}', 2, "the key 'a' stands twice; each is allowed once"),
    ("a key twice among 20,000", "json", lambda: ("{" + ",\n".join(f'"k{n}": {n}' for n in range(20_000)) + ',\n"k7": 1}').encode(), 20_001, "the key 'k7' stands twice"),
    ("not a number", "json", b'{\n"a": NaN}', 2, "not a finite number; write it in digits"),
    ("infinity", "json", b'{\n"a": -Infinity}', 2, "not a finite number; write it in digits"),
    ("10,000 digits", "json", b'{\n"a": ' + b"9" * 10_000 + b"}", 2, "a number of 10000 characters; at most 60"),
    ("an exponent beyond all", "json", b'{\n"a": 1e99999999999999999999}', 2, "out of range; at most"),
    ("a lone surrogate as key", "json", JSON.replace('"name"', '"\\ud800"').encode(), None, "write both halves"),
    ("a lone surrogate as name", "json", JSON.replace('"small"', '"\\ud800"').encode(), None, "write both halves"),
    ("deep in brackets", "json", b"[" * DEEP, 1, "nested too deeply; at most 50"),
    ("deep in braces", "json", b'{"a":\n' * DEEP, 51, "nested too deeply; at most 50"),
    ("just too deep", "json", b'{"a": ' + b"[" * 50 + b"]" * 50 + b"}", 1, "nested too deeply; at most 50"),
    ("an endless text with quotes", "json", b'{"a": "' + b'\\"' * 300_000 + b"[" * 100, 1, "not JSON"),
    ("empty", "toml", b"# nothing\n", None, "the file is empty; an instance has"),
    ("no value", "toml", b"a = 1\nb =\n", 2, "not TOML"),
    ("a bare word", "toml", b"a = yes\n", 1, "not TOML"),
    ("a key twice", "toml", b"a = 1\na = 2\n", 2, "not TOML"),
    ("a table twice", "toml", b"[a]\n[a]\n", 2, "not TOML"),
    ("a long table twice", "toml", b"[%s]\n[%s]\n" % (b"k" * 9999, b"k" * 9999), 2, "not TOML"),
    ("a table over a value", "toml", b"a = 1\n[a]\nb = 2\n", 2, "not TOML"),
    ("cut in the middle", "toml", TOML.encode()[: len(TOML) // 2], None, ""),
    ("an open text", "toml", b'a = 1\nb = """x\n', 3, "not TOML"),
    ("a carriage return", "toml", b"a = 1\rb = 2\n", 1, "not TOML"),
    ("a control character", "toml", b"a = 1\nb = '\x07'\n", 2, "not TOML"),
    ("not a number", "toml", b"a = 1\nb = nan\n", 2, "not a finite number; write it in digits"),
    ("infinity", "toml", b"a = 1\nb = -inf\n", 2, "not a finite number; write it in digits"),
    ("10,000 digits", "toml", b"a = 1\nb = " + b"9" * 10_000 + b"\n", 2, "more than 4000 digits; at most 60"),
    ("4000 digits", "toml", b"a = 1\nb = " + b"9" * 4000 + b"\n", 2, "more than 60 digits; at most 60"),
    ("10,000 decimals", "toml", b"a = 1\nb = 0." + b"3" * 10_000 + b"\n", 2, "a number of 10002 characters; at most 60"),
    ("10,000 digits of sixteen", "toml", b"a = 1\nb = 0x" + b"f" * 10_000 + b"\n", 2, "more than 60 digits; at most 60"),
    ("two million digits of sixteen", "toml", lambda: b"a = 1\nb = 0x" + b"f" * 2_000_000 + b"\n", 2, "more than 60 digits; at most 60"),
    ("an exponent beyond all", "toml", b"a = 1\nb = 1e99999999999999999999\n", 2, "out of range; at most"),
    ("deep in brackets", "toml", b"a = " + b"[" * DEEP, 1, "nested too deeply; at most 50"),
    ("deep in braces", "toml", b"a = " + b"{a=" * DEEP, 1, "nested too deeply; at most 50"),
    ("deep in dots", "toml", b".".join([b"a"] * DEEP) + b" = 1\n", 1, "nested too deeply; at most 50"),
    ("deep in quoted dots", "toml", b"a = 1\n" + b" . ".join([b'"b"'] * DEEP) + b" = 1\n", 2, "nested too deeply; at most 50"),
    ("deep in a table's name", "toml", b"a = 1\n[" + b".".join([b"b"] * DEEP) + b"]\n", 2, "nested too deeply; at most 50"),
    ("deep in table and value", "toml", b"[" + b".".join([b"b"] * 30) + b"]\na = " + b"[" * 30 + b"]" * 30, None, "nested too deeply; at most 50"),
    ("a local date as start", "toml", TOML.replace('"2026-03-28T00:00Z", slot', "2026-03-28, slot").encode(), None, "not an instant; write"),
    ("a local time as start", "toml", TOML.replace('"2026-03-28T00:00Z", slot', "2026-03-29T02:30:00, slot").encode(), None, "is skipped by the clock of Europe/Berlin; write"),
    ("a text that looks like a table", "toml", b"colour = '''\n[" + b" " * 20_000 + b"\n'''\n" + TOML.encode(), 1, "colour: is not a key that is known here"),
    ("a list of 100,000 as id", "yaml", lambda: TASKS.encode() + b"  - {id: [" + b"1," * 100_000 + b"1], " + b"options: [{pool: a, duration: 1h}]}\n", 4, "is not a name; names are texts"),
    ("NUL", "toml", b"a = 1\nb = '\0'\n", 2, "NUL character in it; only text files"),
]  # fmt: skip
for _name, _kind, _content, _line, _said in TEXTS:
    _add(f"text: {_name} ({_kind})", Bad(f"bad.{_kind}", _content, _said, line=_line))

# --- files ------------------------------------------------------------------------------------------------------

for _name, _bad in {
    "not there": Bad("bad.yaml", None, "there is no such file"),
    "not there, with a line break": Bad("a\nb.yaml", None, "a\\nb.yaml: there is no such file"),
    "not there, in a folder that is none": Bad("no/such/bad.yaml", None, "there is no such file"),
    "a name with NUL": Bad("a\0b.yaml", None, "cannot be read"),
    "a name too long": Bad("x" * 5000 + ".yaml", None, "cannot be read"),
    "a name that turns": Bad("a\u202eb.yaml", b"a: [", "a\\u202eb.yaml:2: not YAML"),
    "a name with an escape": Bad("a\x1b[2Jb.json", b"{", "a\\x1b[2Jb.json:1: not JSON"),
    "a name with a line break": Bad("a\nb.toml", b"a", "a\\nb.toml:1: not TOML"),
    "a name with a line separator": Bad("a\u2028b.yaml", b"- 1\n", "a\\u2028b.yaml:1: the file holds no mapping"),
    "a name that is not UTF-8": Bad("a\udcffb.json", b"[]", "b.json:1: the file holds no mapping"),
    "no ending": Bad("week", YAML.encode(), "use .yaml, .json or .toml, or say --format"),
    "another ending": Bad("week.xlsx", YAML.encode(), "the ending '.xlsx' tells no format; use .yaml"),
    "a comment of JSON in YAML": Bad("week.yaml", b"// x\n{}", "no mapping of keys to values", line=1),
    "YAML in JSON's place": Bad("week.json", YAML.encode(), "not JSON", line=1),
    "TOML in YAML's place": Bad("week.yaml", TOML.encode(), "", line=None),
    "a folder": Bad(".", None, "is a folder; give a file's name"),
    "a folder for a format": Bad(".", None, "is a folder; give a file's name", format="gap"),
    "a device": Bad("/dev/null", None, "only ordinary files are read", format="yaml"),
    "an unknown format": Bad("file", b"1", "there is no format 'gapp'; did you mean 'gap'?", format="gapp", usage=True),
    "a parameter of none": Bad("week.yaml", YAML.encode(), "it takes none", params={"deadline": "1"}, usage=True),
    "a parameter with a line break": Bad("file", GAP.encode(), "it takes none", "gap", params={"a\nb": "1"}, usage=True),
    "prices of yesterday": Bad("instance.txt", ICON.encode(), "prices='a\\nb'; allowed are forecast and actual", "icon", params={"prices": "a\nb"}, usage=True),
    "layout unknown": Bad("file", HOLMBERG.encode(), "layout='a\\nb'; allowed are holmberg and delmaire", "sscflp", params={"layout": "a\nb"}, usage=True),
    "deadline with a line break": Bad("Data_p1.txt", JOBS.encode(), "a whole number from 1 to 4 is allowed", "green-tou", params={"deadline": "1\n2"}, usage=True),
    "deadline of digits of another script": Bad("file.mm", PSPLIB.encode(), "a whole number from 1 to 200000 is allowed", "psplib-mm", params={"deadline": "٣"}, usage=True),
    "deadline of 10,000 digits": Bad("file.mm", PSPLIB.encode(), "a whole number from 1 to 200000 is allowed", "psplib-mm", params={"deadline": "9" * 10_000}, usage=True),
    "deadline missing": Bad("file.mm", PSPLIB.encode(), "needs --param deadline=K", "psplib-mm", usage=True),
}.items():  # fmt: skip
    _add(f"file: {_name}", _bad)

# --- formats of the literature ------------------------------------------------------------------------------------

HUGE = "9" * 10_000
LITERATURE: list[tuple[str, str, tuple[str, str], int | None, str]] = [
    # format, name, replaced text and its replacement, line, what is said
    ("gap", "no agents", ("2 3\n", "0 3\n"), 1, "the number of agents, a whole number from 1 to"),
    ("gap", "too many agents", ("2 3\n", "10001 3\n"), 1, "a whole number from 1 to 10000, should"),
    ("gap", "too many options", ("2 3\n", "9999 999999\n"), 1, "options; at most 2,000,000"),
    ("gap", "half a cost", ("7", "7.5"), 2, "7.5 stands where a cost, a whole number"),
    ("gap", "negative need", ("3 2 1", "3 -2 1"), 5, "-2 stands where a need, a whole number from 0"),
    ("gap", "a word", ("10", "ten"), 3, "'ten' stands where a cost, a number, should"),
    ("gap", "a cost of nan", ("10", "nan"), 3, "'nan' stands where a cost, a number"),
    ("gap", "10,000 digits", ("10", HUGE), 3, "stands where a cost, a number, should"),
    ("gap", "a huge exponent", ("10", "1e999"), 3, "too large; at most 1,000,000,000,000"),
    ("gap", "one row less", ("3 2 1\n", ""), 5, "the file ends where a need should stand"),
    ("gap", "a number more", ("4 5", "4 5 6"), 6, "1 more numbers than the sizes at the top say"),
    ("gap", "digits of another script", ("10", "١٠"), 3, "stands where a cost, a number"),
    ("jain-grossmann", "no machines", ("2 2\n", "2 0\n"), 1, "the number of machines, a whole number from 1"),
    ("jain-grossmann", "too many options", ("2 2\n", "99999 9999\n"), 1, "options; at most 2,000,000"),
    ("jain-grossmann", "duration of zero", ("2 3\n3", "0 3\n3"), 4, "0 stands where a duration, a whole number from 1"),
    ("jain-grossmann", "released too late", ("9 8", "9 1"), 7, "not before its deadline 1"),
    ("jain-grossmann", "deadline beyond all", ("9 8", "9 100001"), 7, "a whole number from 1 to 100000, should"),
    ("jain-grossmann", "cut short", ("9 8", "9"), 7, "the file ends where a deadline should stand"),
    ("jain-grossmann", "a bracket", ("7 8", "[7 8]"), 3, "'[7' stands where a cost, a number"),
    ("sscflp", "no facilities", ("2 3\n", "0 3\n"), 1, "a whole number from 1"),
    ("sscflp", "sizes beyond all", ("2 3\n", "999999 999999\n"), 1, "numbers follow the sizes"),
    ("sscflp", "10,000 digits", ("6.25", HUGE), 6, "stands where a cost, a number"),
    ("sscflp", "an infinite cost", ("6.25", "inf"), 6, "'inf' stands where a cost, a number"),
    ("sscflp", "a negative fixed cost", ("10 100", "10 -100"), 2, "-100 stands where a fixed cost, at least 0"),
    ("sscflp", "a demand of nothing", ("5 6 12", "5 0 12"), 4, "a demand of 0; a customer needs something"),
    ("sscflp", "a demand too large", ("5 6 12", "5 6 99"), 4, "no facility has more than 20"),
    ("green-tou", "duration of zero", ("1", "0"), 2, "0 stands where a duration, a whole number from 1"),
    ("green-tou", "duration beyond all", ("1", "200001"), 2, "a whole number from 1 to 200000, should"),
    ("green-tou", "10,000 digits", ("1", HUGE), 2, "stands where a duration, a number"),
    ("green-tou", "half a duration", ("1", "1.5"), 2, "1.5 stands where a duration, a whole number"),
    ("icon", "a day in 7 minutes", ("60\n", "7\n"), 1, "7 minutes a slot do not give the 24 periods"),
    ("icon", "no machines", ("60\n2\n2\n", "60\n2\n0\n"), 3, "the number of machines, a whole number from 1"),
    ("icon", "too many resources", ("60\n2\n", "60\n101\n"), 2, "the number of resources, a whole number from 1 to 100"),
    ("icon", "a machine twice", ("1 70 2 0", "0 70 2 0"), 6, "server-0 stands twice"),
    ("icon", "a negative power", ("0 50 1.5", "0 -50 1.5"), 4, "-50 stands where an idle power, at least 0"),
    ("icon", "a task that is too wide", ("\n5 1\n", "\n11 1\n"), 12, "task-1 fits on no server"),
    ("icon", "a task that ends too early", ("0 3 5 24", "0 3 5 5"), 9, "not after its earliest start 5"),
    ("icon", "a task longer than a day", ("0 3 5 24", "0 25 5 24"), 9, "a duration, a whole number from 1 to 24"),
    ("icon", "10,000 digits", ("142.5", HUGE), 9, "stands where a power, a number"),
    ("racp", "no deadline", ("t_max = 8;", ""), 9, "t_max is missing"),
    ("racp", "deadline beyond all", ("t_max = 8", "t_max = 200001"), 2, "a whole number from 1 to 200000, should"),
    ("racp", "deadline of 10,000 digits", ("t_max = 8", f"t_max = {HUGE}"), 2, "a whole number from 1 to 200000, should"),
    ("racp", "an unknown name", ("t_max", "deadline"), 2, "'deadline' stands where one of t_max"),
    ("racp", "a name twice", ("n_res", "t_max"), 3, "t_max stands twice"),
    ("racp", "an expression", ("t_max = 8", "t_max = 2*4"), 2, "'*' stands where ';' should"),
    ("racp", "a short list", ("[4, 10]", "[4]"), 5, "']' stands where ',' should"),
    ("racp", "a negative cost", ("[4, 10]", "[-4, 10]"), 5, "a whole number from 0"),
    ("racp", "a circle", ("{3}", "{1}"), 7, "in a circle"),
    ("racp", "after nobody", ("{2}", "{7}"), 7, "a task of succ, a whole number from 1 to 3"),
    ("racp", "no end", ("3 |];", "3"), 9, "the file ends where the ; after rr"),
    ("racp", "too many activities", ("n_tasks = 3", "n_tasks = 10001"), 4, "a whole number from 1 to 10000, should"),
    ("rip", "not JSON", ('"costs":', '"costs"'), 1, "not JSON"),
    ("rip", "no horizon", ('"horizon": 8, ', ""), 1, "horizon is missing"),
    ("rip", "a huge horizon", ('"horizon": 8', '"horizon": 1e60'), 1, "horizon: 1E+60 is not a whole number from 1 to"),
    ("rip", "a horizon beyond all", ('"horizon": 8', '"horizon": 1e99999999999999999999'), 1, "out of range; at most"),
    ("rip", "a horizon of nan", ('"horizon": 8', '"horizon": NaN'), 1, "not a finite number"),
    ("rip", "10,000 digits", ('"horizon": 8', f'"horizon": {HUGE}'), 1, "at most 60"),
    ("rip", "a truth", ('"duration": 3', '"duration": true'), 5, "jobs[2].duration: not a whole number from 0"),
    ("rip", "a key twice", ('"duration": 3', '"duration": 3, "duration": 4'), 5, "stands twice"),
    ("rip", "a circle", ('"successors": [2]', '"successors": [0]'), None, "in a circle"),
    ("rip", "after nobody", ('"successors": [2]', '"successors": [9]'), 4, "successors[0]: 9 is not a whole number from 0 to 2"),
    ("rip", "deep", ('"horizon": 8', f'"horizon": {"[" * 9999}'), 1, "nested too deeply; at most 50"),
    ("mmkp", "no groups", ("2 2 3", "0 2 3"), 2, "the number of groups, a whole number from 1"),
    ("mmkp", "too many options", ("2 2 3", "99999 99999 1"), 2, "options; at most 2,000,000"),
    ("mmkp", "a group out of order", (" 2\n 4", " 3\n 4"), 7, "group 2 is missing or out of order"),
    ("mmkp", "a negative need", ("0 0 9", "0 -1 9"), 9, "-1 stands where a need, at least 0"),
    ("mmkp", "10,000 digits", ("7.25", HUGE), 5, "stands where a value, a number"),
    ("mmkp", "too fine", ("7.25", "7.0123456789"), 5, "too many decimals; at most 9"),
    ("psplib-mm", "no jobs", (":  4\n", ":\n"), 5, "the number of jobs"),
    ("psplib-mm", "too many jobs", (":  4\n", ":  10001\n"), 5, "a whole number from 1 to 10000, should"),
    ("cloudbalancing", "a list of computers that is a number", ('"computerList": [', '"computerList": 5, "more": ['), 1, "the key 'more' is not known; known are"),
    ("cloudbalancing", "a computer key misspelt", ('"cost": 660', '"price": 660'), 2, "computerList[0]: the key 'price' is not known; known are"),
    ("cloudbalancing", "a computer without cost", (', "cost": 660', ""), 2, "computerList[0]: cost is missing"),
    ("cloudbalancing", "a computer twice", ('"id": 5', '"id": 4'), 3, "computerList[1].id: computer-4 stands twice"),
    ("cloudbalancing", "a computer of nothing", ('"cpuPower": 8, "memory": 4', '"cpuPower": 0, "memory": 0'), 2, "at least one amount above 0 should be"),
    ("cloudbalancing", "half a computer", ('"cpuPower": 8', '"cpuPower": 7.5'), 2, "computerList[0].cpuPower: not a whole number from 0 to"),
    ("cloudbalancing", "power beyond all", ('"cpuPower": 8', '"cpuPower": 1e50'), 2, "is not a whole number from 0 to"),
    ("cloudbalancing", "power negative", ('"cpuPower": 8', '"cpuPower": -8'), 2, "-8 is not a whole number from 0 to"),
    ("cloudbalancing", "power of nan", ('"cpuPower": 8', '"cpuPower": NaN'), 2, "NaN is not a finite number; write it in digits"),
    ("cloudbalancing", "power as truth", ('"cpuPower": 8', '"cpuPower": true'), 2, "not a whole number from 0 to"),
    ("cloudbalancing", "an id as text", ('"id": 5', '"id": "5"'), 3, "computerList[1].id: not a whole number"),
    ("cloudbalancing", "a process too large", ('requiredCpuPower": 5', 'requiredCpuPower": 25'), 5, "process-0 fits on no computer"),
    ("cloudbalancing", "a process of nothing", ('requiredCpuPower": 5, "requiredMemory": 4', 'requiredCpuPower": 0, "requiredMemory": 0'), 5, "needs nothing of its computer"),
    ("cloudbalancing", "a key twice", ('"id": 5', '"id": 5, "id": 6'), 3, "the key 'id' stands twice; each is allowed once"),
    ("cloudbalancing", "brackets without end", ('"score": null', f'"score": {"[" * 100_000}'), None, "nested too deeply; at most 50"),
    ("melange", "no GPU types", ('"small": {', '"small": 5, "tiny": {'), 2, "gpu_info.small: not a mapping"),
    ("melange", "a table of another size", ("[[0.75, 0.25]]", "[[0.75], [0.25]]"), 2, "not a table of the size of workload_distribution"),
    ("melange", "a rate negative", ("[[3, 7]]", "[[3, -7]]"), 2, "tputs[0][1]: -7 is not a number from 0"),
    ("melange", "a rate in words", ("[[3, 7]]", '[[3, "7"]]'), 2, "tputs[0][1]: not a number from 0"),
    ("melange", "a rate of infinity", ("[[3, 7]]", "[[3, Infinity]]"), 2, "Infinity is not a finite number"),
    ("melange", "a bucket of no GPU", ("[[3, 7]]", "[[3, 0]]"), 4, "no GPU type serves this bucket; a throughput above 0 should be"),
    ("melange", "a cost too fine", ("1.01", "1.0123456789"), 2, "has too many decimals; at most 9"),
    ("melange", "a cost negative", ("1.01", "-1.01"), 2, "gpu_info.small.cost: -1.01 is not a number from 0"),
    ("melange", "no slices", ('"slice_factor": 2', '"slice_factor": 0'), 6, "slice_factor: 0 is not a whole number from 1"),
    ("melange", "slices beyond all", ('"slice_factor": 2', '"slice_factor": 10001'), 6, "10001 is not a whole number from 1 to 10000"),
    ("melange", "no requests", ("[[0.75, 0.25]]", "[[0, 0]]"), 4, "above 0 should be"),
    ("melange", "a share of two", ("[[0.75, 0.25]]", "[[2, 0.25]]"), 4, "2 is not a number from 0 to 1"),
    ("melange", "a rate beyond all", ("10.5", "1e59"), 5, "total_request_rate: 1E+59 is not a number from 0"),
    ("melange", "a name of spaces", ('"small"', '" "'), 1, "is no name of a GPU type; 1 to 200 characters"),
    ("melange", "a name with a line break", ('"small"', '"a\\nb"'), 1, "is no name of a GPU type; 1 to 200 characters"),
    ("melange", "a key unknown", ('"slice_factor"', '"slices"'), 1, "the key 'slices' is not known; known are"),
    ("inferno", "an accelerator unknown", ('"acc": "B"', '"acc": "C"'), 10, "the accelerator C is not known"),
    ("inferno", "an accelerator twice", ('"name": "2xA"', '"name": "A"'), 4, "the accelerator A stands twice"),
    ("inferno", "no model", ('"model": "m", "currentAlloc"', '"model": "x", "currentAlloc"'), 13, "has no targets for the model x"),
    ("inferno", "targets out of reach", ('"slo-itl": 60', '"slo-itl": 1'), 13, "no accelerator serves the model m within the targets"),
    ("inferno", "a rate negative", ('"arrivalRate": 60', '"arrivalRate": -60'), 13, "arrivalRate: -60 is not a number from 0"),
    ("inferno", "no output", ('"AvgOutTokens": 256', '"AvgOutTokens": 0'), 13, "0 is not a whole number from 1"),
    ("inferno", "no time", ('"alpha": 20', '"alpha": 0'), 8, "an iteration takes no time"),
    ("inferno", "a batch beyond all", ('"maxBatchSize": 4', '"maxBatchSize": 99999'), 8, "requests at once; at most"),
    ("inferno", "a limit in words", ('"unlimited": false', '"unlimited": "no"'), 14, "not true or false"),
    ("inferno", "a count negative", ('"count": 6', '"count": -6'), 6, "-6 is not a whole number from 0"),
    ("inferno", "a name of nothing", ('"name": "chat"', '"name": ""'), 13, "is no name; 1 to 200 characters"),
    ("melange", "an empty table", ("[[0.75, 0.25]]", "[]"), 4, "a list of 0; 1 to 10000 should be"),
    ("ctu-energy", "two machines", ('"MachinesCount": 1', '"MachinesCount": 2'), 1, "MachinesCount: 2 is not a whole number from 1 to 1"),
    ("ctu-energy", "another interval", ('"LengthInterval": 1', '"LengthInterval": 15'), 4, "LengthInterval: 15 is not a whole number from 1 to 1"),
    ("ctu-energy", "a job elsewhere", ('"MachineIdx": 0', '"MachineIdx": 1'), 2, "Jobs[0].MachineIdx: 1 is not a whole number from 0 to 0"),
    ("ctu-energy", "a job of nothing", ('"ProcessingTime": 1', '"ProcessingTime": 0'), 2, "Jobs[0].ProcessingTime: 0 is not a whole number from 1 to 12"),
    ("ctu-energy", "jobs that do not fit", ('"ProcessingTime": 1', '"ProcessingTime": 7'), 3, "the jobs take 8, to begin and to end off takes 5"),
    ("ctu-energy", "no jobs", ('"Jobs": [', '"Jobs": [], "Metadata": ['), 2, "Jobs: a list of 0; 1 to 100000 should be"),
    ("ctu-energy", "tables of two lengths", ('"OffOnTime": [2]', '"OffOnTime": [2, 3]'), 5, "OffOnTime: a list of 2; 1 should be"),
    ("ctu-energy", "no way on", ('"OffOnTime": [2]', '"OffOnTime": [null]'), 5, "OffOnTime[0]: not a whole number from"),
    ("ctu-energy", "a time without a power", ('"OffIdleTime": [null]', '"OffIdleTime": [1]'), 6, "OffIdlePowerConsumption[0]: not a whole number from"),
    ("ctu-energy", "a price in words", ("[1, 1, 1, 1, 9", '["1", 1, 1, 1, 9'), 3, "EnergyCosts[0]: not a whole number from"),
    ("ctu-energy", "a price of halves", ("[1, 1, 1, 1, 9", "[1.5, 1, 1, 1, 9"), 3, "EnergyCosts[0]: not a whole number from"),
    ("ctu-energy", "prices too large", ("[1, 1, 1, 1, 9", "[10001, 1, 1, 1, 9"), 3, "10001 is not a whole number from -10000 to 10000"),
    ("ctu-energy", "a power negative", ('"OnPowerConsumption": 4', '"OnPowerConsumption": -4'), 7, "OnPowerConsumption: -4 is not a whole number from 0"),
    ("ctu-energy", "a key unknown", ('"LengthInterval": 1', '"Length": 1'), 1, "the key 'Length' is not known; known are"),
    ("elasticflow", "no deadlines", ("ddl", "deadline"), 1, "the column ddl is missing"),
    ("elasticflow", "a column twice", ("ddl", "job_id"), 1, "a column stands twice"),
    ("elasticflow", "a value too few", ("64,1,36000", "64,36000"), 4, "7 values; the first line names 8 columns"),
    ("elasticflow", "a job twice", ("\nb,", "\na,"), 3, "job a stands twice"),
    ("elasticflow", "a name with a quote", ("\nb,", '\n"b",'), 3, "stands where job_id, of letters, digits"),
    ("elasticflow", "a model upwards", ("net", "../net"), 2, "'../net' stands where model_name, of letters"),
    ("elasticflow", "a model of dots", ("net", ".."), 2, "'..' stands where model_name, of letters"),
    ("elasticflow", "a model without a file", ("net", "other"), 2, "the model other has no file in"),
    ("elasticflow", "a deadline first", (",93700", ",90100"), 3, "'90100' stands where ddl, a whole number from 90101"),
    ("elasticflow", "a submission negative", ("c,200000", "c,-1"), 4, "'-1' stands where submit_time, a whole number"),
    ("elasticflow", "a submission of halves", ("c,200000", "c,2.5"), 4, "'2.5' stands where submit_time, a whole number"),
    ("elasticflow", "a submission of nan", ("c,200000", "c,nan"), 4, "'nan' stands where submit_time, a whole number"),
    ("elasticflow", "a submission of other digits", ("c,200000", "c,٣٣"), 4, "stands where submit_time, a whole number"),
    ("elasticflow", "iterations without end", ("64,1,36000", "64,1,1000000000000"), 4, "hours of work on one GPU; that is too much"),
    ("elasticflow", "iterations of 10,000 digits", ("64,1,36000", f"64,1,{HUGE}"), 4, "stands where iteration, a whole number"),
    ("elasticflow", "a batch that was not measured", ("64,1,36000", "128,1,36000"), 4, "each job needs it"),
    ("elasticflow", "a horizon without end", ("900000", "990000000"), 1, "slots until the last job has ended; at most 200,000"),
    ("psplib-mm", "jobs of 10,000 digits", (":  4\n", f":  {HUGE}\n"), 5, "stands where the number of jobs, a number"),
    ("psplib-mm", "doubly constrained", (":  0   D", ":  1   D"), 10, "a whole number from 0 to 0, should"),
    ("psplib-mm", "no precedence", ("PRECEDENCE", "PRECEDENT"), None, "the section of precedence is missing"),
    ("psplib-mm", "a circle", ("1           4\n", "1           2\n"), 15, "in a circle"),
    ("psplib-mm", "after nobody", ("1           4\n", "1           9\n"), 16, "a successor, a whole number from 1 to 4"),
    ("psplib-mm", "a duration beyond all", ("         2     6 ", "         2     200001 "), 24, "a duration, a whole number from 0 to 200000"),
    ("psplib-mm", "an availability less", ("    6    2    3    9", "    6    2    3"), 30, "the section ends where an availability"),
]  # fmt: skip
for _format, _name, (_old, _new), _line, _said in LITERATURE:
    _file, _text, _params = GOOD_TEXTS[_format][0]
    assert _old in _text, (_format, _name)
    _add(
        f"{_format}: {_name}",
        Bad(_file, _text.replace(_old, _new, 1).encode(), _said, _format, _line, _params),
    )
for _format, ((_file, _text, _params), *_) in GOOD_TEXTS.items():
    _bytes = _text.encode()
    _add(f"{_format}: empty", Bad(_file, b"", "", _format, 1, _params))
    if _format not in ("green-tou", "elasticflow"):  # whose end nothing tells
        _add(
            f"{_format}: cut",
            Bad(
                _file,
                _bytes[: _bytes.rstrip().rfind(b"\n") - 2] if _format != "mmkp" else _bytes[:40],
                "",
                _format,
                None,
                _params,
            ),
        )
    _add(f"{_format}: NUL", Bad(_file, _bytes + b"\0", "NUL character in it; only text files", _format, None, _params))
    _add(f"{_format}: Latin-1", Bad(_file, b"\xe9" + _bytes, "is not UTF-8 text (byte 0xe9)", _format, 1, _params))
    _add(f"{_format}: UTF-16", Bad(_file, _text.encode("utf-16"), "save it as UTF-8", _format, None, _params))
    _add(f"{_format}: a web page", Bad(_file, b"<!DOCTYPE html>\n<title>404</title>\n", "", _format, None, _params))
    _add(f"{_format}: missing", Bad(_file, None, "there is no such file", _format, None, _params))

for _name, _format, _beside, _said in (
    ("no rates", "green-tou", {"Data_e1.txt": None, "Data_c1.txt": PRICES}, "Data_e1.txt: there is no such file"),
    ("empty rates", "green-tou", {"Data_e1.txt": ""}, "Data_e1.txt:1: the file ends where a rate should stand"),
    ("a negative rate", "green-tou", {"Data_e1.txt": "3\n-1\n"}, "Data_e1.txt:2: -1 stands where a rate, at least 0"),
    ("a fine price", "green-tou", {"Data_c1.txt": "3\n0.00001\n"}, "Data_c1.txt:2: 0.00001 stands where a price, of at most 4"),
    ("a price of nan", "green-tou", {"Data_c1.txt": "3\nnan\n"}, "Data_c1.txt:2: 'nan' stands where a price, a number"),
    ("too many slots", "green-tou", {"Data_c1.txt": "1\n" * 200_001}, "200,001 slots at 2 rates; at most"),
    ("no forecast", "icon", {"forecast.txt": None}, "forecast.txt: there is no such file"),
    ("an empty forecast", "icon", {"forecast.txt": ""}, "forecast.txt:1: the file ends where the number of periods"),
    ("a period out of order", "icon", {"forecast.txt": "2\n0 1\n2 1\n"}, "forecast.txt:3: period 1 is missing or out of order"),
    ("a forecast of half a day", "icon", {"forecast.txt": "12\n" + "".join(f"{n} 1\n" for n in range(12))}, "do not give the 12 periods"),
    ("no throughputs", "elasticflow", {NET: None}, "no folder throughputs_A100 beside it or its folder; say --param"),
    ("empty throughputs", "elasticflow", {NET: ""}, "net.csv:1: the column global_batch_size is missing"),
    ("throughputs on half a GPU", "elasticflow", {NET: RATES_OF_NET.replace("1,2", "0.5,2")}, "net.csv:1: '0.5' stands where a number of GPUs should"),
    ("a throughput negative", "elasticflow", {NET: RATES_OF_NET.replace("1.8", "-1.8")}, "net.csv:2: '-1.8' stands where a throughput, 0 or from"),
    ("a throughput of inf", "elasticflow", {NET: RATES_OF_NET.replace("1.8", "inf")}, "net.csv:2: 'inf' stands where a throughput"),
    ("a throughput next to none", "elasticflow", {NET: RATES_OF_NET.replace("1.0,", "0.0000000001,")}, "net.csv:2: '0.0000000001' stands where"),
    ("a batch size twice", "elasticflow", {NET: RATES_OF_NET.replace("128", "64")}, "net.csv:3: batch size 64 stands twice"),
    ("a throughput too few", "elasticflow", {NET: RATES_OF_NET.replace("1.8,", "")}, "net.csv:2: 4 values; the first line names 5"),
    ("a price of inf", "icon", {"forecast.txt": "1\n0 inf\n"}, "forecast.txt:2: 'inf' stands where a price, a number"),
):  # fmt: skip
    _file, _text, _params = GOOD_TEXTS[_format][0]
    _rest = {name: text for name, text in BESIDE.items() if name not in _beside}
    _add(f"{_format}: {_name}", Bad(_file, _text.encode(), _said, _format, None, _params, {**_rest, **_beside}))
_add("green-tou: another name", Bad("jobs.txt", JOBS.encode(), "is not called Data_pN.txt", "green-tou"))
_add(
    "green-tou: too many options",
    Bad(
        "Data_p1.txt", "\n".join(map(str, range(1, 2002))).encode(), "options; at most 2,000,000", "green-tou",
        beside={"Data_e1.txt": "\n".join(map(str, range(1, 1002)))},
    ),
)  # fmt: skip
