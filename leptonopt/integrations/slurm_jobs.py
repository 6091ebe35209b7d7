"""Jobs of Slurm as tasks: what runs is pinned until its end, what waits is planned."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from leptonopt.instance import units
from leptonopt.integrations import slurm_values as values
from leptonopt.integrations.imported import Document, Grid, Imported, default_duration, listed

if TYPE_CHECKING:
    from leptonopt.integrations.slurm_cluster import Cluster, Node, Places

RUNNING = {"running", "completing", "configuring", "suspended", "stage_out", "signaling", "resizing"}
WAITING = {"pending", "requeued", "requeue_hold", "special_exit"}
FAILED = {"failed", "cancelled", "timeout", "node_fail", "deadline", "out_of_memory", "boot_fail", "preempted"}


class Jobs:
    """The jobs of a cluster as tasks of an instance."""

    def __init__(self, cluster: Cluster, places: Places, found: Imported, grid: Grid, default: int | None) -> None:
        self.cluster, self.places, self.found, self.grid, self.default = cluster, places, found, grid, default
        self.left: dict[str, list[str]] = {}
        self.made: set[int] = set()

    def leave(self, why: str, record: Document) -> None:
        """Note that a job is left out or approximated."""
        self.left.setdefault(why, []).append(str(record.get("job_id")))

    def add_running(self, record: Document) -> None:
        """Add a task that starts now, on the pool where it runs, and lasts as long as its time limit allows."""
        on = values.node_names(record.get("nodes"))
        pool = next((name for name, nodes in self.places.pools.items() if {n.name for n in nodes} & set(on)), None)
        end = values.moment(record.get("end_time"))
        if pool is None or record.get("resv_name"):
            self.leave("run on nodes that take no new work, or in a reservation, and are left out", record)
            ends = {} if end is None else {"ends": _instant(end)}
            self.found.outside.append({"task": self._id(record), "outside": True, **ends})
            return
        left = self.grid.horizon if end is None else end - int(self.grid.start.timestamp())
        slots = min(self.grid.slots, max(1, self.grid.slots_until(left)))
        if end is None:
            self.leave("run without a time limit, and hold their place over the whole horizon", record)
        uses = known(self._uses(record), self.places.pools[pool])
        option = {"pool": pool, "uses": uses, "duration": self._lasts(slots)}
        task = {"id": self._id(record), "deadline": self.grid.instant(slots), **self._common(record)}
        self.found.running.append({"task": task["id"], "pool": pool, "ends": task["deadline"]})
        self._append(record, task, [option])

    def add_waiting(self, record: Document) -> None:
        """Add a task for a job, or an array of jobs, that waits."""
        if "held" in str(record.get("state_reason", "")).lower():
            self.leave("are held by a user or an administrator, and are left out", record)
            return
        limit = values.number(record.get("time_limit"))
        seconds = limit * 60 if limit else self.default
        if not seconds:
            self.leave("wait without a time limit, and are left out (--param default_duration=4h gives one)", record)
            return
        options = [
            {"pool": pool, "uses": known(self._uses(record), nodes), "duration": units.duration_text(seconds)}
            for pool, nodes in self.places.pools.items()
            if self._runs_on(record, nodes)
        ]
        if not options:
            self.leave("fit on no pool that takes new work, and are left out", record)
            return
        task = {"id": self._id(record), **self._waiting_times(record), **self._common(record)}
        if (copies := self._copies(record)) > 1:
            task["copies"] = copies
        self._append(record, task, options)
        self._limit_array(record, task)

    def _append(self, record: Document, task: Document, options: list[Document]) -> None:
        per_node = values.number(record.get("node_count")) or 1
        if per_node == 1:
            task["placement"] = "one-node"
        else:
            self.leave("need several nodes at once, of which only the sum is asked for", record)
        self.made.add(int(record["job_id"]))
        self.found.tasks.append({**task, "job": {"slurm": str(record["job_id"])}, "options": options})

    def _id(self, record: Document) -> str:
        """Return the task in the comment of a job, `leptonopt:PLAN:TASK`, or else a name by its number."""
        comment = re.fullmatch(r"leptonopt:(?:[^:]*:)?([^:=;]+)", _text(record.get("comment")))
        return comment[1] if comment else f"job-{record['job_id']}"

    def _common(self, record: Document) -> Document:
        return {"team": str(record["account"])} if record.get("account") else {}

    def _lasts(self, slots: int) -> str:
        return units.duration_text(slots * self.grid.slot)

    def _waiting_times(self, record: Document) -> Document:
        start = int(self.grid.start.timestamp())
        found: Document = {}
        begin = values.moment(record.get("eligible_time"))
        if begin is not None and begin > start and not record.get("dependency"):
            found["release"] = self.grid.instant(0) if begin < start else _instant(begin)
        if deadline := values.moment(record.get("deadline")):
            found["deadline"] = _instant(deadline)
        return found

    def _uses(self, record: Document) -> Document:
        """Return what all nodes of a job hold together."""
        asked = values.tres(record.get("tres_alloc_str") or record.get("tres_req_str"))
        nodes = values.number(record.get("node_count")) or 1
        gpus = sum(values.gpus(record.get("tres_alloc_str") or record.get("tres_req_str")).values())
        gpus = gpus or sum(values.gpus(record.get("tres_per_node")).values()) * nodes
        cpu = int(asked.get("cpu") or values.number(record.get("cpus")) or 0)
        found = {"gpu": gpus, "cpu": cpu, "memory_mib": values.mebibytes(asked.get("mem", "0"))}
        return {name: amount for name, amount in found.items() if amount}

    def _runs_on(self, record: Document, nodes: Sequence[Node]) -> bool:
        """Return whether a pool has the partition, features, GPU type and size that a job asks for."""
        wanted = values.names(record.get("partition"))
        if wanted and not set(wanted) & set(nodes[0].partitions):
            return False
        if not has_features(_text(record.get("features")), set(nodes[0].features)):
            return False
        types = set(values.gpus(record.get("tres_per_node")) or values.gpus(record.get("tres_req_str"))) - {""}
        if types and not types <= {kind.lower() for kind in nodes[0].gpus}:
            return False
        count = values.number(record.get("node_count")) or 1
        each = {name: -(-amount // count) for name, amount in self._uses(record).items()}
        if not any(node.memory for node in nodes):  # it is not configured
            each.pop("memory_mib", None)
        fitting = [node for node in nodes if all(node.size.get(name, 0) >= amount for name, amount in each.items())]
        return len(fitting) >= count

    def _copies(self, record: Document) -> int:
        text = _text(record.get("array_task_string"))
        return max(1, sum(map(_range_length, filter(None, text.partition("%")[0].split(",")))))

    def _limit_array(self, record: Document, task: Document) -> None:
        """Limit how many of an array run at a time, by the resource they hold most of."""
        most = values.number(record.get("array_max_tasks")) or 0
        text = _text(record.get("array_task_string"))
        most = most or int((re.search(r"%(\d+)$", text) or [0, 0])[1])
        uses: Mapping[str, Any] = task and self._uses(record)
        resource = next((name for name in ("gpu", "cpu") if uses.get(name)), None)
        if most and resource and task.get("copies", 1) > most:
            limit = {"of": resource, "per": "moment", "limit": most * uses[resource], "tasks": [task["id"]]}
            self.found.quotas.append({"id": f"at a time of {task['id']}", **limit})

    def link(self, record: Document) -> None:
        """Add the dependencies of a waiting job that are not fulfilled."""
        task = next(task for task in self.found.tasks if task["id"] == self._id(record))
        after = []
        for word in re.split(r"[,?]", _text(record.get("dependency"))):
            kind, _, rest = word.partition(":")
            for one in filter(None, rest.split(":")):
                number = int((re.match(r"\d+", one) or ["0"])[0])
                if kind in ("afterok", "afterany", "afternotok", "after", "aftercorr") and number in self.made:
                    after.append(self._id(self.cluster.jobs[number]))
                elif kind == "afterok" and _state(self.cluster.jobs.get(number, {})) & FAILED:
                    self.leave("depend on a job that failed, and are planned without it", record)
            if word and kind not in ("afterok", "afterany", "aftercorr"):
                self.leave("have dependencies that are planned as `afterany`, or not at all", record)
        if after:
            task["after"] = sorted(set(after))


def known(uses: Document, nodes: Sequence[Node]) -> Document:
    """Return what a job holds of the resources that some of the nodes have."""
    return {name: amount for name, amount in uses.items() if any(node.size.get(name) for node in nodes)}


def add_jobs(cluster: Cluster, places: Places, found: Imported, grid: Grid, params: Mapping[str, str]) -> None:
    """Add all running and waiting jobs as tasks.

    Raises
    ------
    UsageError
        When `default_duration` is no duration.
    """
    jobs = Jobs(cluster, places, found, grid, default_duration(params))
    own = f"leptonopt:{params['project']}:" if "project" in params else None
    for record in cluster.jobs.values():
        if own is not None and _text(record.get("comment")).startswith(own):
            continue
        state = _state(record)
        if state & RUNNING:
            jobs.add_running(record)
        elif state & WAITING:
            jobs.add_waiting(record)
    for number in sorted(jobs.made):
        if _state(cluster.jobs[number]) & WAITING and cluster.jobs[number].get("dependency"):
            jobs.link(cluster.jobs[number])
    _add_licences(cluster, jobs)
    found.notes += [f"{len(ids)} jobs {why}: {listed(ids)}" for why, ids in jobs.left.items()]


def _add_licences(cluster: Cluster, jobs: Jobs) -> None:
    """Add a quota at every moment for each licence that a job holds."""
    used: set[str] = set()
    for number in jobs.made:
        asked = _text(cluster.jobs[number].get("licenses"))
        task = next(task for task in jobs.found.tasks if task["id"] == jobs._id(cluster.jobs[number]))
        for word in filter(None, re.split(r"[,;|]", asked)):
            name, _, amount = re.sub(r"@[^:]*", "", word).partition(":")
            used.add(name)
            for option in task["options"]:
                option["uses"][f"licence {name}"] = int(amount or 1)
    for name in sorted(used):
        if name not in cluster.licences:
            jobs.found.notes.append(f"the number of licences {name} is not known; give `scontrol -o show lic`")
            continue
        limit = {"of": f"licence {name}", "per": "moment", "limit": cluster.licences[name]}
        jobs.found.quotas.append({"id": f"licences {name}", **limit})
    for pool in jobs.found.pools if used else ():
        pool["capacity"] = {f"licence {name}": "unlimited" for name in sorted(used)}


def has_features(wanted: str, features: set[str]) -> bool:
    """Return whether features meet a constraint such as `a100&eu`, `[a100|h100]` or `(a|b)&!c`.

    Counts (`a100*2`) ask for the feature alone. What is written otherwise is not met.

    >>> has_features("(a100|h100)&eu", {"h100", "eu"})
    True
    """
    text = re.sub(r"\*\d+", "", wanted.replace("[", "(").replace("]", ")").replace(",", "&"))
    tokens = re.findall(r"[()&|!]|[^()&|!\s]+", text)
    if not tokens:
        return True
    try:
        met, at = _either(tokens, 0, features)
    except IndexError:
        return False
    return met and at == len(tokens)


def _either(tokens: Sequence[str], at: int, features: set[str]) -> tuple[bool, int]:
    met, at = _both(tokens, at, features)
    while at < len(tokens) and tokens[at] == "|":
        other, at = _both(tokens, at + 1, features)
        met = met or other
    return met, at


def _both(tokens: Sequence[str], at: int, features: set[str]) -> tuple[bool, int]:
    met, at = _one(tokens, at, features)
    while at < len(tokens) and tokens[at] == "&":
        other, at = _one(tokens, at + 1, features)
        met = met and other
    return met, at


def _one(tokens: Sequence[str], at: int, features: set[str]) -> tuple[bool, int]:
    if tokens[at] == "!":
        met, at = _one(tokens, at + 1, features)
        return not met, at
    if tokens[at] == "(":
        met, at = _either(tokens, at + 1, features)
        return (met, at + 1) if tokens[at] == ")" else (False, at)
    return tokens[at] in features, at + 1


def _range_length(part: str) -> int:
    """Return how many numbers a part of an array names: 5, 0-3 or 0-10:2."""
    text, _, step = part.partition(":")
    low, _, high = text.partition("-")
    if not low.isdigit() or not (high or low).isdigit():
        return 0
    return len(range(int(low), int(high or low) + 1, int(step) if step.isdigit() else 1))


def _state(record: Mapping[str, Any]) -> set[str]:
    return set(values.words(record.get("job_state")))


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _instant(seconds: int) -> str:
    from datetime import UTC, datetime

    return units.instant_text(datetime.fromtimestamp(seconds, UTC))
