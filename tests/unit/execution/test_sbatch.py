"""Words of sbatch, and the script, which a real shell reads."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from leptonopt.errors import InputError
from leptonopt.execution.sbatch import local_time, sbatch_words, script
from tests.unit.execution.samples import cut_runs, runs, runs_beside_others


def test_words_of_a_task_within_a_node() -> None:
    """Partition, constraint, GPUs of the pool's type, CPUs rounded up, dependency and options of the task."""
    found = runs()
    words = sbatch_words(found["train"], "night-run", {"prep": "17"}, "/logs")
    assert words == [
        "sbatch", "--parsable", "--job-name=train", "--comment=leptonopt:night-run:train",
        f"--begin={local_time(found['train'].start)}", "--time=120", "--output=/logs/train-%j.log",
        "--constraint=a100&eu", "--partition=gpu", "--qos=high", "--nodes=1", "--ntasks=1", "--gres=gpu:a100:4",
        "--cpus-per-task=8", "--mem=4096M", "--dependency=afterok:17", "--kill-on-invalid-dep=yes", "--chdir=/data",
        "--wrap=export A='1, 2'\ntrain",
    ]  # fmt: skip


def test_whole_nodes_and_sums_over_nodes() -> None:
    """Whole nodes are exclusive, with their GPUs each; what may span nodes asks for GPUs of the job."""
    found = runs()
    assert {"--nodes=2", "--exclusive", "--gres=gpu:a100:8"} <= set(sbatch_words(found["big"], "p", {}))
    assert "--gpus=a100:4" in sbatch_words(replace(found["train"], on_node=False), "p", {"prep": "1"})


def test_what_is_late_begins_now() -> None:
    """A start that has passed is not asked for."""
    now = datetime(2026, 12, 1, tzinfo=UTC)
    assert f"--begin={local_time(now)}" in sbatch_words(runs()["prep"], "p", {}, earliest=now)


def test_unknown_options() -> None:
    """A target that sbatch is not told is refused, with what it may say."""
    with pytest.raises(InputError, match="'colour' is no option for Slurm"):
        sbatch_words(replace(runs()["prep"], target={"colour": "red"}), "p", {})


def test_script(tmp_path: Path) -> None:
    """The shell hands on every word as it is, and the number of each job to those that follow it."""
    (tmp_path / "sbatch").write_text(
        '#!/bin/sh\nfor word; do printf "%s\\n" "$word"; done >> words; echo >> words\n'
        'n=$(cat count 2>/dev/null || echo 0); n=$((n + 1)); echo $n > count; echo "$n"\n',
        encoding="utf-8",
    )
    (tmp_path / "sbatch").chmod(0o755)
    text = script(list(runs().values()), "night-run")
    done = subprocess.run(
        ["/bin/sh", "-c", text],
        cwd=tmp_path,
        env={"PATH": f"{tmp_path}:/usr/bin:/bin"},
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    calls = [call.split("\n") for call in (tmp_path / "words").read_text(encoding="utf-8").strip().split("\n\n")]
    names = [next(word for word in call if word.startswith("--job-name")) for call in calls]
    number = {name.partition("=")[2]: at for at, name in enumerate(names, 1)}
    by_name = dict(zip(number, calls, strict=True))
    assert "--wrap=echo it's $HOME" in by_name["prep"]
    assert f"--dependency=afterok:{number['prep']}" in by_name["train"]
    assert f"--dependency=afterok:{number['train']}" in by_name["sweep--3"]


def test_jobs_of_others_are_waited_for() -> None:
    """The script submits nothing for them; what follows them depends on their number."""
    text = script(list(runs_beside_others().values()), "p")
    assert "--job-name=prep" not in text
    assert '"--dependency=afterok:15"' in text
    assert "dependency=afterok:15" not in script(list(runs_beside_others("").values()), "p")


def test_segments_are_jobs_of_their_own() -> None:
    """Each waits for the end of the one before, however it went, and what follows the task for the last."""
    found = cut_runs()
    first = sbatch_words(found["train/1"], "p", {})
    assert "--comment=leptonopt:p:train/1 until 2026-11-30T10:00:00Z" in first
    assert {"--time=240", "--time-min=230"} <= set(first)
    wrapped = first[-1].removeprefix("--wrap=").split("\n")
    assert wrapped[:3] == [
        "export LEPTONOPT_TASK=train", "export LEPTONOPT_SEGMENT=1", "export LEPTONOPT_UNTIL=2026-11-30T10:00:00Z",
    ]  # fmt: skip
    second = sbatch_words(found["train/2"], "p", {"train/1": "7"})
    assert {"--comment=leptonopt:p:train/2", "--dependency=afterany:7"} <= set(second)
    assert not any(word.startswith("--time-min") for word in second)
    assert second[-1] == "--wrap=export LEPTONOPT_TASK=train\nexport LEPTONOPT_SEGMENT=2\ntrain"
    assert "--dependency=afterok:8" in sbatch_words(found["test"], "p", {"train/2": "8"})
    text = script(list(found.values()), "p")
    assert '"--dependency=afterany:$JOB_1"' in text
    assert '"--dependency=afterok:$JOB_2"' in text
    assert "afterany" not in script(list(cut_runs((0, 9), option="gpu", number=2, paused=True).values()), "p")
