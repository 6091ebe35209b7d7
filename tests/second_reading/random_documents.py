"""Draw tiny instance documents, wilder than any that people write; numbers are ints and Decimals."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

# A zone, and a moment near which its clock changes.
CHANGES = [
    ("Europe/Berlin", "2026-03-29T01:00Z"),
    ("Europe/Berlin", "2026-10-25T01:00Z"),
    ("America/New_York", "2026-03-08T07:00Z"),
    ("America/New_York", "2026-11-01T06:00Z"),
    ("America/St_Johns", "2026-03-08T05:30Z"),
    ("America/St_Johns", "2026-11-01T04:30Z"),
    ("America/St_Johns", "2010-11-07T02:31Z"),  # back over midnight, at one minute past
    ("Australia/Lord_Howe", "2026-10-03T15:30Z"),  # by half an hour
    ("Australia/Lord_Howe", "2026-04-04T15:00Z"),
    ("Pacific/Apia", "2011-12-30T10:00Z"),  # a day is missing
    ("America/Sao_Paulo", "2018-11-04T03:00Z"),  # midnight is skipped
    ("America/Sao_Paulo", "2018-02-18T02:00Z"),  # back over midnight
    ("Asia/Beirut", "2026-03-28T22:00Z"),  # midnight is skipped
    ("Asia/Beirut", "2026-10-24T21:00Z"),
    ("Africa/Casablanca", "2026-02-15T02:00Z"),
    ("Africa/Casablanca", "2026-03-22T02:00Z"),
    ("Asia/Kathmandu", "1985-12-31T18:30Z"),  # by a quarter of an hour
    ("Pacific/Chatham", "2026-09-26T14:00Z"),
    ("Pacific/Chatham", "2026-04-04T14:00Z"),
    ("UTC", "2026-01-05T00:00Z"),
]
SLOTS = [7, 13, 15, 30, 60, 60, 60, 90, 1440]  # minutes
WILD = ["0.000000001", "0.000000003", "1000000000000", "123456789012", "123456789.123456789"]
RESOURCES = ["gpu", "cpu", "energy", "money", "carbon", "power"]
NAMES = ["a", "a b", "b"]
DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


def text(document: dict[str, Any]) -> str:
    """Return a document as JSON, with its decimals as they are."""
    return json.dumps(_plain(document), indent=1).replace('"<', "").replace('>"', "")


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return f"<{value:f}>" if isinstance(value, Decimal) else value


def document(seed: int) -> dict[str, Any]:
    """Return the instance of a seed."""
    return Draw(seed).document()


class Draw:
    """The choices of one seed."""

    def __init__(self, seed: int):
        self.seed, self.rng = seed, Random(f"second reading {seed}")
        rng = self.rng
        self.slot = rng.choice(SLOTS)
        self.slots = rng.choice([2, 3, 3, 4, 4, 5, 6])
        zone, change = rng.choice(CHANGES)
        before = rng.randrange(self.slots * self.slot)
        self.start = datetime.fromisoformat(change).astimezone(UTC) - timedelta(minutes=before)
        if self.slot >= 30 and self.may(0.5):  # days begin on slots more often
            self.start -= timedelta(minutes=self.start.minute % 30)
        if self.slot == 1440 and self.may(0.7):
            self.start = self.start.replace(hour=0, minute=0)
        self.zone = zone
        # What is drawn often in one instance is not in another: features meet, and instances stay tiny.
        self.often = {
            name: rng.choice([0, 0, 0.2, 0.6])
            for name in ("nodes", "one", "spot", "power", "quota", "late", "optional", "after", "affinity", "work")
        }
        self.dice = Random(f"starts {seed}")  # apart, so that all else is drawn as it was before options had windows
        self.windows = self.dice.choice([0, 0, 0.3])
        self.lags = Random(f"most {seed}")
        self.wild = rng.choice([[], [], [], [], WILD[:2], WILD[2:4], WILD])
        self.pools: list[dict[str, Any]] = []

    def may(self, chance: float | str) -> bool:
        """Draw a yes, with a chance or as often as a feature has it."""
        return self.rng.random() < (self.often[chance] if isinstance(chance, str) else chance)

    def minutes(self, count: float) -> str:
        """Return the duration of so many slots, off by a little at times."""
        seconds = int(count * self.slot * 60)
        if self.may(0.2):
            seconds = max(1, seconds + self.rng.choice([-61, -1, 1, 30]))
        return f"{seconds}s" if seconds % 60 else f"{seconds // 60}m"

    def instant(self, slot: float) -> str:
        """Return the instant at so many slots, written in some offset."""
        at = self.start + timedelta(seconds=int(slot * self.slot * 60))
        if self.may(0.1):
            at += timedelta(seconds=self.rng.choice([-60, -1, 1, 420]))
        if self.may(0.2):
            shifted = at + timedelta(hours=5, minutes=45)
            return shifted.strftime("%Y-%m-%dT%H:%M:%S+05:45")
        return at.strftime("%Y-%m-%dT%H:%M:%SZ")

    def money(self, negative: bool = True) -> int | Decimal:
        """Return a price."""
        rng = self.rng
        if self.wild and self.may(0.2):
            value = Decimal(rng.choice(self.wild))
        else:
            value = Decimal(rng.choice([0, 1, 2, 3, 5, 7, "0.5", "1.25", "0.1", 10, 20]))
        if negative and self.may(0.12):
            value = -value
        return int(value) if value == int(value) and self.may(0.7) else value

    def series(self, draw: Any) -> Any:
        """Return a number, or one that changes over time."""
        kind, rng = self.rng.random(), self.rng
        if kind < 0.55:
            return draw()
        if kind < 0.7:
            keys = sorted({0.0, *(rng.choice([1, 2, 0.5, 1.5, 2.25]) for _ in range(rng.randint(1, 2)))})
            tree = {}
            for key in keys:
                at = self.start + timedelta(seconds=int(key * self.slot * 60))
                tree[(at - timedelta(days=1) if key == 0 else at).strftime("%Y-%m-%dT%H:%M:%SZ")] = draw()
            return {"steps": tree}
        keys = {
            self._near() if self.may(0.7) else f"{rng.randrange(24):02}:{rng.choice([0, 30, 45, 59]):02}"
            for _ in range(rng.randint(1, 4))
        }
        if kind < 0.93:
            return {"daily": {key: draw() for key in sorted(keys)}}
        around = self.start.weekday()
        return {"weekly": {f"{DAYS[(around + rng.choice([-1, 0, 0, 1])) % 7]} {key}": draw() for key in sorted(keys)}}

    def _near(self) -> str:
        """Return a time of day close to the hours at which clocks change."""
        hour, minute = self.rng.choice([0, 0, 1, 2, 2, 3, 23]), self.rng.choice([0, 0, 15, 30, 45, 1])
        return f"{hour:02}:{minute:02}"

    def document(self) -> dict[str, Any]:
        """Draw everything."""
        rng = self.rng
        self.pools = [self.pool(f"p{n}") for n in range(rng.choice([1, 1, 2, 2, 3]))]
        self.charges()
        self.offers()
        tasks = [self.task(n) for n in range(rng.choice([1, 2, 2, 3]))]
        self.milestones(tasks)
        self.restrain(tasks)
        tree: dict[str, Any] = {
            "name": "drawn",
            "time": {
                "start": self.start.strftime("%Y-%m-%dT%H:%MZ"),
                "slot": f"{self.slot}m",
                "horizon": f"{self.slot * self.slots}m",
                "zone": self.zone,
            },
            "pools": self.pools,
            "tasks": tasks,
        }
        if self.may(0.2):
            weights = {"cost": rng.choice([1, 1, 2, Decimal("0.5")]), "carbon_kg": rng.choice([0, Decimal("0.08"), 3])}
            tree["objective"] = {key: value for key, value in weights.items() if self.may(0.8)}
            if self.may(0.1):
                tree["objective"] = {"cost": 0, "carbon_kg": 1}
        self.billing(tree)
        if any("profile" in task.get("work", {}) for task in tasks):
            tree["profiles"] = {"common": self.profile()}
        quotas = [quota for n in range(2) if self.may("quota") for quota in [self.quota(n, tasks)] if quota]
        if quotas:
            tree["quotas"] = quotas
        for key in ("together", "apart"):
            if self.may("affinity") and (len(self.pools) > 1 or self.may(0.2)):
                group = [task["id"] for task in tasks if self.may(0.7)]
                tree[key] = [group] if group else [[]]
        return tree

    def pool(self, name: str) -> dict[str, Any]:
        """Draw a pool."""
        rng = self.rng
        pool: dict[str, Any] = {"id": name}
        names = [rng.choice(RESOURCES[:2]), *(r for r in RESOURCES[2:5] if self.may(0.1))]
        if self.may("nodes"):
            kinds = [self.kind(names) for _ in range(1 if self.may(0.75) else 2)]
            for kind, label in zip(kinds, rng.sample(NAMES, 2), strict=False):
                kind["id"] = label
            pool["nodes"] = kinds if len(kinds) > 1 or self.may(0.5) else kinds[0]
        held = {what for kind in self.kinds(pool) for what in kind["size"]}
        own = [what for what in {*names, *(["ram"] if self.may(0.3) else [])} if what not in held]
        pool["capacity"] = {
            what: "unlimited"
            if self.may(0.2)
            else self.series(lambda: 0 if self.may(0.05) else rng.choice([1, 2, 2, 3, 4, 8, Decimal("1.5")]))
            for what in sorted(own)
        }
        resources = sorted({*own, *held})
        pool["price"] = {what: self.series(self.money) for what in resources if self.may(0.7)}
        if self.may("power"):
            pool["power"] = {what: rng.choice([1, 2, Decimal("0.4"), 0]) for what in resources if self.may(0.7)}
            pool["power"] = pool["power"] or {resources[0]: 1}
            if self.may(0.7):
                pool["price"]["power"] = self.series(self.money)
            if self.may(0.5):
                pool["carbon"] = self.series(lambda: rng.choice([0, 100, 240, Decimal("33.3")]))
            if self.may(0.2):
                pool["capacity"]["power"] = self.series(lambda: rng.choice([1, 2, 4, 0]))
        if self.may("spot"):
            pool["interruptions"] = self.series(
                lambda: rng.choice([0, 1, Decimal("0.1"), Decimal("2.5"), Decimal("0.003")])
            )
        if self.may(0.15):
            window = {"from": self.instant(rng.randint(-1, 2)), "to": self.instant(rng.randint(3, 5) + 0.5)}
            if self.may(0.5):
                left = {what: rng.choice([0, 1, 2]) for what in pool["capacity"] if self.may(0.6)}
                window["capacity"] = left
            pool["maintenance"] = [window]
        if self.may(0.3):
            pool["labels"] = [label for label in ("eu", "shared", "confidential") if self.may(0.5)]
        if self.may(0.2):
            pool["sunk"] = rng.choice([1, Decimal("0.3")])
        if self.may(0.2):
            pool["device_memory"] = rng.choice([1, 2, 80])
        return pool

    def kind(self, names: list[str]) -> dict[str, Any]:
        """Draw a kind of nodes."""
        rng = self.rng
        size = {what: rng.choice([1, 2, 2, 3, Decimal("0.5")]) for what in names if self.may(0.7)} or {names[0]: 2}
        kind: dict[str, Any] = {
            "size": size,
            "count": self.series(lambda: 5 if self.may(0.03) else rng.choice([0, 1, 1, 1, 2, 2, 2, 3])),
        }
        if self.may(0.75):
            kind["price"] = self.series(lambda: self.money(negative=False))
        if "price" not in kind or self.may(0.3):
            price = self.money(negative=False)
            kind["commit"] = rng.choice(
                [
                    price,
                    {"price": price},
                    {"total": price},
                    {"price": price, "max": rng.randrange(3)},
                    {"total": price, "max": 1},
                ]
            )
        if self.may(0.25):
            kind["reserved"] = rng.choice([0, 1, 1, 2])
        if self.may(0.2):
            kind["running"] = rng.choice([0, 1, 1, 2])  # now and then more than there are: refused
        for key in ("startup", "shutdown"):
            if self.may(0.35):
                kind[key] = self.money(negative=False)
        for key in ("boot", "minimum"):
            if self.may(0.3):
                kind[key] = self.minutes(rng.choice([0, 0.5, 1, 1.5, 2]))
        if self.may("power"):
            kind["power"] = rng.choice([1, Decimal("1.2"), 0])
        return kind

    def restrain(self, tasks: list[dict[str, Any]]) -> None:
        """Give some kinds a time off and a least load, where nodes are not told apart; by draws of their own."""
        rng = Random(f"restrained {self.seed}")
        if any("placement" in task for task in tasks) or rng.random() > 0.3:
            return
        for kind in (kind for pool in self.pools for kind in self.kinds(pool)):
            if rng.random() < 0.5:
                kind["minimum_off"] = f"{int(rng.choice([1, 1.5, 2, 3]) * self.slot * 60)}s"
            if rng.random() < 0.4:
                kind["running"] = kind.get("running") or 1
                back = timedelta(minutes=self.slot * rng.choice([0, 0.5, 1, 1.5]))
                kind["since"] = [f"{self.start - back:%Y-%m-%dT%H:%M:%SZ}"] * rng.choice([1, kind["running"]])
            if rng.random() < 0.6 and "boot" not in kind:
                loaded = [what for what in kind["size"] if rng.random() < 0.7]
                kind["minimum_load"] = {what: kind["size"][what] * rng.choice([1, Decimal("0.5")]) for what in loaded}

    @staticmethod
    def kinds(pool: dict[str, Any]) -> list[dict[str, Any]]:
        """Return the kinds of nodes of a pool."""
        kinds = pool.get("nodes", [])
        return [kinds] if isinstance(kinds, dict) else kinds

    def resources(self, pool: dict[str, Any]) -> list[str]:
        """Return the resources that a task can use in a pool."""
        held = {what for kind in self.kinds(pool) for what in kind["size"]}
        counted = any(key in pool for key in ("power", "carbon")) or "power" in pool["price"]
        counted = counted or any(kind.get("power") for kind in self.kinds(pool))
        return sorted({*held, *pool["capacity"], *(["power"] if counted and self.may(0.15) else [])})

    def task(self, n: int) -> dict[str, Any]:
        """Draw a task."""
        rng = self.rng
        task: dict[str, Any] = {"id": f"t{n}"}
        if self.may(0.25):
            task["copies"] = rng.choice([1, 2, 2, 3])
        if self.may(0.2):
            task["release"] = self.instant(rng.choice([-1, 0, 1, 1.5]))
        if self.may(0.2):
            task["deadline"] = self.instant(rng.choice([2, 3, 3.5, self.slots, self.slots + 1]))
        if self.may("late"):
            task["due"] = self.instant(rng.choice([-1, 1, 1.5, 2, 9]))
            for key in rng.choice([["late_cost"], ["late_penalty"], ["late_cost", "late_penalty"]]):
                task[key] = self.money(negative=False)
            if self.lags.random() < 0.4:
                task["early_cost"] = self.lags.choice([1, 2, Decimal("0.5")])
        if self.may("optional"):
            task["optional"] = True
        if self.may(0.3) or "optional" in task:
            task["value"] = self.money()
        if n and self.may("after"):
            other = f"t{rng.randrange(n)}"
            task["after"] = [other if self.may(0.5) else {"task": other, "lag": self.minutes(rng.choice([0, 0.5, 1]))}]
            if self.lags.random() < 0.4:
                edge = {"task": other} if task["after"] == [other] else task["after"][0]
                task["after"] = [{**edge, "most": f"{self.lags.choice([1, 1.5, 2, 3]) * self.slot * 60 + 61:.0f}s"}]
        if self.may(0.2):
            needs = {
                "labels": [label for label in ("eu",) if self.may(0.2)],
                "without": [label for label in ("shared",) if self.may(0.5)],
            }
            if self.may(0.3):
                needs["quality"] = Decimal("0.95")
            task["needs"] = needs
        if self.may(0.03):
            task["confidential"] = True
        if self.may("one"):
            task["placement"] = "one-node"
        if self.may(0.5):
            task["team"] = rng.choice(["red", "blue"])
        if self.may("spot"):
            task["checkpoint"] = self.checkpoint()
        if "deadline" in task and self.may("spot"):
            task["on_time"] = rng.choice([Decimal("0.5"), Decimal("0.9"), Decimal("0.999")])
        works = self.may("work")
        if works:
            task["work"] = self.work()
        if not works or self.may(0.3):
            task["options"] = [self.option(m) for m in range(rng.choice([1, 1, 2]))]
        return task

    def milestones(self, tasks: list[dict[str, Any]]) -> None:
        """Let some options of one seed in four take no time; by draws of their own, so that all else stays."""
        rng = Random(f"milestones {self.seed}")
        often = rng.choice([0, 0, 0, 0.5])
        for task in tasks:
            for option in task.get("options", []):
                if rng.random() < often:
                    option["duration"] = "0s"
            if "work" in task and rng.random() < often / 2:
                task["work"]["hours"] = 0

    def checkpoint(self) -> dict[str, Any]:
        """Draw how progress is saved."""
        every = {"every": self.minutes(self.rng.choice([0.25, 0.5, 1, 3]))} if self.may(0.6) else {}
        cost = {"cost": self.rng.choice(["0s", "30s", "1m", "7m"])} if self.may(0.8) else {}
        return {**every, **cost, **({"restart": self.rng.choice(["0s", "5m", "45s"])} if self.may(0.7) else {})}

    def option(self, m: int) -> dict[str, Any]:
        """Draw a written option."""
        rng = self.rng
        option: dict[str, Any] = {}
        chosen = rng.choice(self.pools)
        alike = [
            pool for pool in self.pools if set(chosen["capacity"]) <= set(self.resources(pool)) and pool is not chosen
        ]
        shared = []
        if alike and self.may(0.3):
            option["pools"] = [chosen["id"], alike[0]["id"]]
            shared = sorted(set(self.resources(chosen)) & set(self.resources(alike[0])))
        else:
            option["pool"] = chosen["id"]
            shared = self.resources(chosen)
        kinds = self.kinds(chosen)
        if "pool" in option and len(kinds) == 1 and self.may(0.35):
            option["nodes"] = rng.choice([1, 1, 2])
            shared = [what for what in shared if what not in kinds[0]["size"] and self.may(0.3)]
        uses = {what: rng.choice([1, 1, 1, 1, 1, 2, 2, 3, 0, Decimal("0.5")]) for what in shared if self.may(0.8)}
        if uses or self.may(0.5):
            option["uses"] = uses
        option["duration"] = self.minutes(rng.choice([0.3, 1, 1, 1, 1.5, 2, 2, 3]))
        if self.may(0.4):
            option["cost"] = self.money()
        if self.dice.random() < self.windows:
            option["not_before"] = self.instant(self.dice.choice([-1, 0, 0.5, 1]))
        if self.dice.random() < self.windows:
            option["not_after"] = self.instant(self.dice.choice([1, 1.5, 2, 3]))
        if self.may(0.3):
            option["quality"] = rng.choice([1, Decimal("0.9"), Decimal("0.99")])
        if self.may(0.3):
            option["variant"] = rng.choice(["int8", "bf16"])
        if self.may("quota"):
            option["consumes"] = {
                rng.choice(["licence", "licence", "gpu", "energy", "carbon", "money"]): rng.choice(
                    [1, 2, Decimal("0.5")]
                )
            }
        if m or self.may(0.5):
            option["id"] = f"o{m}"
        return option

    def profile(self) -> dict[str, Any]:
        """Draw what tasks share of their work."""
        pools = [pool for pool in self.pools if {"gpu", "cpu"} & set(self.resources(pool))]
        return (
            {
                "devices": {"1": 1, "2": Decimal("1.8")},
                "variants": {"v": {}, "w": {"speed": 2, "quality": Decimal("0.9")}},
            }
            if pools
            else {}
        )

    def work(self) -> dict[str, Any]:
        """Draw an amount of work on pools that all have one resource."""
        rng = self.rng
        chosen = rng.choice(self.pools)
        there = self.resources(chosen)
        if not there:
            chosen["capacity"]["gpu"] = 2
            there = ["gpu"]
        device = rng.choice(there)
        work: dict[str, Any] = {"hours": Decimal(self.slot * rng.choice([1, 2, 3])) / 60, "speed": {}}
        work["hours"] = work["hours"].quantize(Decimal("0.000001"))
        if device != "gpu":
            work["device"] = device
        for pool in self.pools:
            if device in self.resources(pool) and (pool is chosen or self.may(0.6)):
                work["speed"][pool["id"]] = rng.choice([1, 2, Decimal("0.7"), {"1": 1, "2": Decimal("1.5")}])
        if self.may(0.4):
            work["profile"] = "common"
        if self.may(0.4):
            work["devices"] = {"1": 1, rng.choice(["2", "3"]): Decimal("1.9")}
        if self.may(0.4):
            work["variants"] = {
                "bf16": {},
                "int8": {"speed": Decimal("1.5"), "quality": Decimal("0.94"), "memory": Decimal("0.6")},
            }
        if self.may(0.3):
            work["memory"] = rng.choice([1, 3])
        if self.may(0.3):
            work["cost"] = self.money()
        others = [
            what for what in there if what != device and all(what in self.resources(self.by(p)) for p in work["speed"])
        ]
        if others and self.may(0.5):
            work["per_device" if self.may(0.5) else "uses"] = {others[0]: rng.choice([1, Decimal("0.5")])}
        return work

    def by(self, name: str) -> dict[str, Any]:
        """Return the pool of a name."""
        return next(pool for pool in self.pools if pool["id"] == name)

    def quota(self, n: int, tasks: list[dict[str, Any]]) -> dict[str, Any] | None:
        """Draw a quota of something that there is."""
        rng = self.rng
        resources = sorted({what for pool in self.pools for what in self.resources(pool)})
        consumed = {what for task in tasks for option in task.get("options", []) for what in option.get("consumes", {})}
        what = rng.choice([*resources, *sorted(consumed), "money", "money", "energy", "carbon"])
        quota: dict[str, Any] = {"id": f"q{n}", "of": what}
        quota["limit"] = rng.choice([0, 1, 2, 3, 5, 10, 10, 40, 100, Decimal("0.5")])
        quota["per"] = rng.choice(["horizon", "horizon", "day", *(["moment"] if what in resources else [])])
        shared = what == "money" and self.may(0.8) and any(self.kinds(pool) for pool in self.pools)
        if self.may(0.3) and not shared:
            quota["tasks"] = [task["id"] for task in tasks if self.may(0.6)]
        teams = sorted({task["team"] for task in tasks if "team" in task})
        if teams and self.may(0.3) and not shared:
            quota["teams"] = [team for team in teams if self.may(0.6)]
        if self.may(0.3):
            quota["pools"] = [pool["id"] for pool in self.pools if self.may(0.6)]
        self.calendar(quota, tasks)
        if quota["per"] == "day" and self.lags.random() < 0.5:
            quota["per"] = "slot"
        return quota

    def billing(self, tree: dict[str, Any]) -> None:
        """Let some pools bill by started units; by draws of their own."""
        rng = Random(f"billing {self.seed}")
        for pool in self.pools:
            constant = not any(isinstance(price, dict) for what, price in pool["price"].items() if what != "power")
            if constant and "interruptions" not in pool and rng.random() < 0.5:
                unit = {"unit": rng.choice(["1s", "1m", "1h", "7m"])} if rng.random() < 0.7 else {}
                pool["billing"] = {
                    **unit,
                    **({"minimum": rng.choice(["0s", "10m", "3h"])} if rng.random() < 0.6 else {}),
                }

    def offers(self) -> None:
        """Let some kinds of nodes be offered for a term; by draws of their own."""
        rng = Random(f"offers {self.seed}")
        for pool in self.pools:
            for kind in self.kinds(pool):
                if rng.random() < 0.15:
                    own = [kind["commit"]] if isinstance(kind.get("commit"), dict) else []
                    start = [
                        f"{self.start + timedelta(minutes=int(self.slot * rng.choice([-1, 0, 1, 1.5]))):%Y-%m-%dT%H:%MZ}"
                        for _ in range(rng.choice([1, 1, 2]))
                    ]
                    money = {rng.choice(["total", "price"]): rng.choice([0, 1, 2, 6])}
                    offer = {
                        **money,
                        "max": rng.choice([1, 1, 2]),
                        "term": f"{self.slot * rng.choice([1, 2, 2])}m",
                        "start": start,
                    }
                    kind["commit"] = [*own, offer]

    def charges(self) -> None:
        """Let some pools with nodes say what tasks are charged; by draws of their own."""
        rng = Random(f"charges {self.seed}")
        for pool in self.pools:
            held = sorted({what for kind in self.kinds(pool) for what in kind["size"]})
            if held and rng.random() < 0.4:
                pool["charge"] = {what: rng.choice([0, 1, Decimal("2.5")]) for what in held if rng.random() < 0.7}

    def calendar(self, quota: dict[str, Any], tasks: list[dict[str, Any]]) -> None:
        """Let some quotas be per week or longer, be used before, or have a limit below zero; by draws of their own."""
        rng = Random(f"calendar {self.seed} {quota['id']}")
        if quota["per"] == "day" and rng.random() < 0.5:
            quota["per"] = rng.choice(["week", "month", "quarter", "year"])
        if quota["per"] != "moment" and rng.random() < 0.3:
            quota["used"] = rng.choice([0, 1, 2, Decimal("0.5"), *([-1] if quota["of"] == "money" else [])])
        if quota["of"] == "money" and rng.random() < 0.3:
            quota["tasks"] = [f"t{n}" for n in range(len(tasks)) if rng.random() < 0.7]
        if quota["of"] == "money" and quota["per"] != "moment" and rng.random() < 0.3:
            quota["limit"] = rng.choice([-1, -2, Decimal("-0.5"), -5])
