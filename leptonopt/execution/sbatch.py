"""Submissions to Slurm: the words of `sbatch` for each run of a plan."""

from __future__ import annotations

import math
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from leptonopt.errors import InputError
from leptonopt.execution.planned import PlannedRun, in_precedence_order, own_runs
from leptonopt.instance import units

PREFIX = "leptonopt"
UNTIL = " until "  # in a comment, before the instant at which a segment is stopped
# What `target: {slurm: ...}` of a pool and `run: {options: ...}` of a task may say; `gpu` is the type of GPUs.
OPTIONS = ("account", "constraint", "gpu", "nodelist", "partition", "qos", "reservation", "exclude", "licenses", "nice",
           "time")  # fmt: skip


def comment(project: str, run: PlannedRun) -> str:
    """Return the comment by which a job is found again."""
    return f"{PREFIX}:{project}:{run.key}" + (f"{UNTIL}{units.instant_text(run.until)}" if run.until else "")


def local_time(moment: datetime) -> str:
    """Return an instant as Slurm reads it: local time of this machine, which must be the cluster's."""
    return moment.astimezone().strftime("%Y-%m-%dT%H:%M:%S")


def sbatch_words(
    run: PlannedRun, project: str, jobs: Mapping[str, str], folder: str = "", earliest: datetime | None = None
) -> list[str]:
    """Return the command that submits a run.

    Parameters
    ----------
    run : the run.
    project : the name of the plan's jobs.
    jobs : the job of each run it comes after: a number, or a variable of the shell such as `$JOB_1`.
    folder : where logs go; the current folder when empty.
    earliest : the run begins at its planned start, or here where that is later.

    Raises
    ------
    InputError
        When the pool's target or the task's options say what `sbatch` is not told.
    """
    target = {**run.target, **(dict(run.run.options) if run.run else {})}
    if unknown := sorted(set(target) - set(OPTIONS)):
        raise InputError(f"{run.task}: {unknown[0]!r} is no option for Slurm; allowed are {', '.join(OPTIONS)}")
    begin = max(run.start, earliest) if earliest else run.start
    words = ["sbatch", "--parsable", f"--job-name={run.slug}", f"--comment={comment(project, run)}"]
    minutes = minutes_of(run)
    words += [f"--begin={local_time(begin)}", f"--time={target.pop('time', minutes)}"]
    if run.until:  # a late start must not wait until after a reservation that begins where the segment ends
        words.append(f"--time-min={max(1, minutes - min(10, -(-minutes // 10)))}")
    words += [f"--output={folder + '/' if folder else ''}{run.slug}-%j.log"]
    words += [f"--{name}={target[name]}" for name in OPTIONS if name in target and name != "gpu"]
    words += _resources(run, target.get("gpu", ""))
    waits = dependency(run, jobs)
    words += [f"--dependency={waits}", "--kill-on-invalid-dep=yes"] if waits else []
    if run.run and run.run.directory:
        words += [f"--chdir={run.run.directory}"]
    return [*words, f"--wrap={_command(run)}"]


def minutes_of(run: PlannedRun) -> int:
    """Return the time limit of a run as planned [minutes], at least one."""
    return max(1, -(-run.seconds // 60))


def dependency(run: PlannedRun, jobs: Mapping[str, str]) -> str:
    """Return what a run waits for, as Slurm reads it; empty where it waits for nothing."""
    waits = [f"afterok:{':'.join(dict.fromkeys(jobs[key] for key in run.after))}"] if run.after else []
    waits += [f"afterany:{jobs[run.follows]}"] if run.follows and run.follows in jobs else []
    return ",".join(waits)


def _command(run: PlannedRun) -> str:
    """Return the command below its variables; `--export` would end a value at its first comma."""
    exports = (f"export {name}={shlex.quote(value)}" for name, value in run.environment().items())
    return "\n".join([*exports, run.command()])


def _resources(run: PlannedRun, gpu_type: str) -> list[str]:
    """Return the words for nodes, GPUs, CPUs and memory."""
    kind = f"{gpu_type}:" if gpu_type else ""
    gpus, cpus, memory = math.ceil(run.amount("gpu")), math.ceil(run.amount("cpu")), run.memory_mib()
    if run.whole:
        each = [f"--gres=gpu:{kind}{gpus // run.whole}"] if gpus else []
        return [f"--nodes={run.whole}", "--exclusive", *each]
    words = ["--nodes=1", "--ntasks=1"] if run.on_node or not gpus else ["--ntasks=1"]
    if gpus:
        words.append(f"--gres=gpu:{kind}{gpus}" if run.on_node else f"--gpus={kind}{gpus}")
    words += [f"--cpus-per-task={cpus}"] if cpus else []
    return words + ([f"--mem={memory}M"] if memory else [])


def script(runs: Sequence[PlannedRun], project: str) -> str:
    """Return a shell script that submits all runs of ours, each after those that it comes after."""
    lines = ["#!/bin/sh", f"# Submits the plan {shlex.quote(project)} to Slurm. Times are local times of this machine."]
    lines += ["set -e"]
    names = {run.key: f"JOB_{at}" for at, run in enumerate(runs, 1)}
    jobs = {run.key: run.job or f"${names[run.key]}" for run in runs if run.job != ""}
    for run in own_runs(in_precedence_order(runs)):
        waits = replace(run, after=tuple(key for key in run.after if key in jobs))
        words = sbatch_words(waits, project, jobs)
        lines.append(f"{names[run.key]}=$({' '.join(map(_quoted, words))})")
    return "\n".join(lines) + "\n"


def _quoted(word: str) -> str:
    """Return a word for the shell; numbers of jobs are variables, all else stands as it is."""
    return f'"{word}"' if word.startswith("--dependency=") else shlex.quote(word)
