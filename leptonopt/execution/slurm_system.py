"""Carry plans out on Slurm: submit, move and cancel jobs until the queue says what the plan says.

All is found again by the comment of a job, so that carrying a plan out twice submits nothing twice.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import chain, repeat
from typing import Any

from leptonopt.errors import InputError
from leptonopt.execution.jobs import Job, State, as_planned
from leptonopt.execution.planned import PlannedRun, in_precedence_order, own_runs
from leptonopt.execution.sbatch import PREFIX, UNTIL, comment, dependency, local_time, minutes_of, sbatch_words
from leptonopt.instance import units
from leptonopt.integrations import slurm_values as values
from leptonopt.integrations.imported import json_of
from leptonopt.runtime.child_process import tool_output

WAITING = {"pending", "requeued", "requeue_hold", "special_exit", "suspended"}
RUNNING = {"running", "completing", "configuring", "stage_out", "signaling", "resizing"}
OPEN = ("waiting", "running")
TOLERANCE = 5  # seconds by which the begin of a waiting job may differ from the plan


@dataclass(frozen=True)
class Action:
    """Something that is done to the queue: `submit`, `move`, `cancel`, or `keep`, and what it is done to."""

    what: str
    key: str
    identity: str
    why: str


@dataclass(frozen=True)
class Queue:
    """The queue at the instant `now`: numbers of open jobs by run, those of others, and records by number."""

    numbers: dict[str, str]
    others: frozenset[str]
    records: Mapping[str, Mapping[str, Any]]
    now: datetime


class SlurmSystem:
    """The jobs of one project on the cluster of this machine.

    Parameters
    ----------
    project : the name under which the jobs of a plan are found again.
    folder : where logs go.
    """

    def __init__(self, project: str, folder: str = "") -> None:
        self.project, self.folder = project, folder

    def jobs(self, runs: Sequence[PlannedRun] = ()) -> dict[str, Job]:
        """Return the last job of every run, from the queue and from the accounts.

        Parameters
        ----------
        runs : a plan; its jobs of other people are found by their number, and are done when they are in neither.

        Raises
        ------
        InputError
            When Slurm's programs are not there, or do not answer.
        """
        records = self._accounts() + self._queue()
        found: dict[str, tuple[int, Job]] = {}
        for record in records:
            note = str(record["comment"] or "")
            if not note.startswith(f"{PREFIX}:{self.project}:"):
                continue
            (key, until), number = _key_and_end(note.split(":", 2)[2]), int(record["job_id"])
            if key not in found or number >= found[key][0]:
                found[key] = number, _segment_job(_job(key, record), until)
        return {**{key: job for key, (_, job) in found.items()}, **foreign_jobs(runs, records)}

    def _queue(self) -> list[dict[str, Any]]:
        answer = _answer(("squeue", "--json"))
        return [{**record, "comment": _comment(record.get("comment"))} for record in answer.get("jobs", ())]

    def _accounts(self) -> list[dict[str, Any]]:
        try:
            answer = _answer(("sacct", "--json", "--starttime=now-30days"))
        except InputError:  # a cluster without accounts: what has left the queue is not known any more
            return []
        return [_of_accounts(record) for record in answer.get("jobs", ())]

    def carry_out(self, runs: Sequence[PlannedRun], now: datetime | None = None, dry: bool = False) -> list[Action]:
        """Make the queue say what a plan says, and return what was done.

        What is done or runs is left alone, unless the plan takes it away from where it runs. What waits is moved where
        only its begin differs, or what it waits for, and submitted anew where anything else does. What waits and is not
        planned any more is cancelled. What failed is submitted again. Jobs of other people are waited for, and nothing
        else is done to them.

        Raises
        ------
        InputError
            When Slurm refuses a submission; what was submitted before stays, and another call goes on from there.
        """
        now = now or datetime.now(UTC)
        jobs, actions = self.jobs(runs), []
        queue = Queue(
            {key: job.identity for key, job in jobs.items() if job.identity and job.state in OPEN},
            frozenset(jobs[run.key].identity for run in runs if run.foreign and run.key in jobs),
            {str(record["job_id"]): record for record in self._queue()}, now,
        )  # fmt: skip
        replaced = list[str]()  # cancelled once nothing waits for them: what does would be cancelled, too
        for run in own_runs(in_precedence_order(runs)):
            job = jobs.get(run.key)
            leaves = job is not None and job.state == "running" and run.leaves(job.started)
            if job is not None and job.state in ("running", "done") and not leaves and not job.cut_short(run):
                actions.append(self._left_alone(run, job, dry))
                continue
            action = self._settle(run, job, queue, dry)
            if action.what == "submit" and job is not None and job.state in OPEN:
                replaced.append(job.identity)
            queue.numbers[run.key] = action.identity
            actions.append(action)
        for old in replaced:
            self._tool(("scancel", old), dry)
        return [*actions, *self._cancelled(runs, jobs, dry)]

    def _cancelled(self, runs: Sequence[PlannedRun], jobs: Mapping[str, Job], dry: bool) -> Iterator[Action]:
        """Cancel what waits and is not planned any more, and segments that the plan pauses."""
        planned, cut = {run.key for run in runs}, {run.name for run in runs if run.segment is not None}
        for key, job in jobs.items():
            pauses = job.state == "running" and key.rpartition("/")[0] in cut
            if key not in planned and (job.state == "waiting" or pauses):
                self._tool(("scancel", job.identity), dry)
                yield Action("cancel", key, job.identity, "pauses" if pauses else "is not planned any more")

    def _left_alone(self, run: PlannedRun, job: Job, dry: bool) -> Action:
        """Keep a job that runs or is over; one that runs ends sooner where the plan ends its segment sooner."""
        if job.state != "running" or run.until == job.until:
            return Action("keep", run.key, job.identity, job.state)
        if run.until is None or (job.until is not None and job.until < run.until):
            text = "runs until its earlier end; what is left is submitted by a later call"
            return Action("keep", run.key, job.identity, text)
        minutes = max(1, int((run.until - (job.started or run.start)).total_seconds()) // 60)
        told = (f"TimeLimit={minutes}", f"Comment={comment(self.project, run)}")
        self._tool(("scontrol", "update", f"JobId={job.identity}", *told), dry)
        return Action("move", run.key, job.identity, f"ends {local_time(run.until)}")

    def _settle(self, run: PlannedRun, job: Job | None, queue: Queue, dry: bool) -> Action:
        """Submit, move or keep one run that does not run yet, or no more where it does."""
        run = replace(run, after=tuple(key for key in run.after if key in queue.numbers))
        record = queue.records.get(job.identity, {}) if job is not None else {}
        if job is not None and job.state == "waiting" and _same(record, run) and job.until == run.until:
            told, why, start = list[str](), "waits as planned", max(run.start, queue.now)
            if abs((max(job.begins or queue.now, queue.now) - start).total_seconds()) > TOLERANCE:
                told, why = [f"StartTime={local_time(start)}"], f"begins {local_time(start)}"
            if not _waits_for(record, run, queue):
                told.append(f"Dependency={dependency(run, queue.numbers)}")
                why = why if len(told) > 1 else "waits for other jobs"
            if told:
                self._tool(("scontrol", "update", f"JobId={job.identity}", *told), dry)
            return Action("move" if told else "keep", run.key, job.identity, why)
        command = sbatch_words(run, self.project, queue.numbers, self.folder, queue.now)
        number = "(dry run)" if dry else tool_output(command).strip().split(";")[0]
        reasons = {"waiting": "moves elsewhere", "running": "stops, and moves elsewhere", "failed": "failed before",
                   "done": "goes on"}  # fmt: skip
        begins = f"begins {local_time(run.start)}"
        return Action("submit", run.key, number, reasons.get(job.state, begins) if job else begins)

    def cancel(self, key: str) -> None:
        """Cancel the job of a run, if it has one that is not over."""
        job = self.jobs().get(key)
        if job is not None and job.state in OPEN:
            tool_output(("scancel", job.identity))

    @staticmethod
    def _tool(command: Sequence[str], dry: bool) -> None:
        if not dry:
            tool_output(command)


def foreign_jobs(runs: Sequence[PlannedRun], records: Sequence[Mapping[str, Any]]) -> dict[str, Job]:
    """Return the jobs of other people in a plan, by run.

    Copies of a task are elements of one array. Each that has begun has a record of its own, the others share one.

    Parameters
    ----------
    runs : the plan.
    records : what accounts and queue say, in this order; the last of a job counts.
    """
    wanted: dict[str, list[PlannedRun]] = defaultdict(list)
    for run in runs:
        if run.job:
            wanted[run.job].append(run)
    by_number: dict[str, dict[str, Mapping[str, Any]]] = {number: {} for number in wanted}
    for record in records:
        for number in {str(record["job_id"]), str(values.number(record.get("array_job_id")) or "")} & wanted.keys():
            by_number[number][str(record["job_id"])] = record
    now = datetime.now(UTC)
    found = {run.key: as_planned(run, now) for run in runs if run.job == ""}
    for number, copies in wanted.items():
        found |= _foreign(number, copies, list(by_number[number].values()))
    return found


def _foreign(number: str, copies: Sequence[PlannedRun], records: Sequence[Mapping[str, Any]]) -> dict[str, Job]:
    waiting = [record for record in records if set(values.words(record.get("job_state"))) & WAITING]
    begun = [record for record in records if record not in waiting]
    rest = waiting[0] if waiting else None
    found = {}
    for run, record in zip(copies, chain(begun, repeat(rest)), strict=False):
        gone = Job(run.key, number, "done", note="is in the queue no more")
        found[run.key] = gone if record is None else _job(run.key, record)
    return found


def _same(record: Mapping[str, Any], run: PlannedRun) -> bool:
    """Return whether a waiting job asks for what the plan says, but for its begin."""
    wanted = {**run.target, **(dict(run.run.options) if run.run else {})}
    if wanted.get("partition") and wanted["partition"] not in str(record.get("partition")).split(","):
        return False
    if wanted.get("constraint", "") != (record.get("features") or ""):
        return False
    limit = record.get("time_limit")
    minutes = limit.get("number") if isinstance(limit, dict) else limit
    return int(minutes or 0) == (values.minutes(wanted["time"]) if "time" in wanted else minutes_of(run))


def _waits_for(record: Mapping[str, Any], run: PlannedRun, queue: Queue) -> bool:
    """Return whether a waiting job waits for the jobs of ours that it is to wait for."""
    wanted = {queue.numbers[key] for key in (*run.after, run.follows) if key in queue.numbers}
    said = set(re.findall(r":(\d+)", str(record.get("dependency") or "")))
    return said - queue.others == wanted - queue.others


def _key_and_end(note: str) -> tuple[str, datetime | None]:
    """Return the key of a run, and when it is stopped, from what a comment says behind the project."""
    found = re.fullmatch(rf"(.*){UNTIL}([-0-9]{{10}}T[:0-9]{{8}}Z)", note)
    return (found[1], units.instant(found[2])) if found else (note, None)


def _segment_job(job: Job, until: datetime | None) -> Job:
    """Return the job of a segment; one that Slurm has ended at its time limit is done."""
    if until is not None and job.state == "failed" and job.note.startswith("timeout"):
        return replace(job, until=until, state="done", note="")
    return replace(job, until=until)


def _answer(command: Sequence[str]) -> dict[str, Any]:
    answer = json_of(f"`{' '.join(command)}`", tool_output(command))
    return answer if isinstance(answer, dict) else {}


def _comment(value: Any) -> str:
    """Return the comment of a job: a text in the queue, an object in the accounts."""
    return str(value.get("job") or "") if isinstance(value, dict) else str(value or "")


def _of_accounts(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return a record of `sacct` with the keys of one of `squeue`."""
    time, state = record.get("time", {}), record.get("state", {})
    current = state.get("current") if isinstance(state, dict) else state
    made = {"job_id": record["job_id"], "comment": _comment(record.get("comment")), "job_state": current}
    made["array_job_id"] = (record.get("array") or {}).get("job_id")
    made |= {"start_time": time.get("start"), "end_time": time.get("end"), "nodes": record.get("nodes")}
    code = record.get("exit_code") or {}
    return {**made, "state_reason": f"exit code {_code(code)}" if current == "FAILED" else ""}


def _code(value: Mapping[str, Any]) -> Any:
    found = value.get("return_code")
    return found.get("number") if isinstance(found, dict) else found


def _job(key: str, record: Mapping[str, Any]) -> Job:
    states = set(values.words(record.get("job_state")))
    state: State = "failed"
    if states & WAITING:
        state = "waiting"
    elif states & RUNNING:
        state = "running"
    elif "completed" in states:
        state = "done"
    place = str(record.get("nodes") or "")
    start, end, reason = _at(record.get("start_time")), _at(record.get("end_time")), record.get("state_reason")
    if state == "failed" and place in values.NOWHERE:  # it was cancelled while it waited
        start = None
    return Job(
        key, str(record["job_id"]), state,
        begins=(_at(record.get("eligible_time")) or start) if state == "waiting" else None,  # `start_time`: estimated
        started=None if state == "waiting" else start,
        ended=end if state in ("done", "failed") else None,
        place=place,
        note=" ".join(sorted(states)) + (f", {reason}" if reason not in (None, "", "None") else ""),
    )  # fmt: skip


def _at(value: Any) -> datetime | None:
    seconds = values.moment(value)
    return datetime.fromtimestamp(seconds, UTC) if seconds else None
