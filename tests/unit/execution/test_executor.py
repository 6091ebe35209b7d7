"""The embedded executor: with a launcher that only remembers, and with real processes that outlive a kill."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
import yaml

from leptonopt.errors import UsageError
from leptonopt.execution.executor import NEVER, Executor, LocalLauncher, capacity_of
from leptonopt.execution.jobs import Job
from leptonopt.execution.planned import PlannedRun
from leptonopt.execution.store import Store
from leptonopt.instance.tasks import Run
from leptonopt.runtime import child_process
from tests.helpers.run_cli import called
from tests.unit.execution.samples import INSTANCE, cut_runs, moved_runs, runs, runs_beside_others

HOUR = timedelta(hours=1)


class Remembered:
    """A launcher whose runs end when the test says so."""

    def __init__(self) -> None:
        self.started: list[str] = []
        self.stopped: list[str] = []
        self.codes: dict[str, int] = {}
        self.keys: dict[str, str] = {}

    def start(self, run: PlannedRun, identity: str, log: Path) -> None:
        """Remember a run."""
        self.started.append(run.key)
        self.keys[identity] = run.key

    def ended(self, job: Job, log: Path) -> int | None:
        """Return the code that the test has set."""
        return self.codes.get(job.key)

    def stop(self, identity: str, log: Path) -> None:
        """Remember what is told to stop."""
        self.stopped.append(self.keys[identity])

    def forget(self, identity: str, log: Path) -> None:
        """Keep what is remembered."""


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """Yield an empty store."""
    made = Store(tmp_path / "runs.sqlite")
    yield made
    made.close()


def test_starts_follow_the_plan(store: Store, tmp_path: Path) -> None:
    """A run starts at its instant, after what it follows, and never twice."""
    launcher, found = Remembered(), list(runs().values())
    executor = Executor(found, capacity_of(INSTANCE), store, launcher, tmp_path)
    start = found[0].start
    assert executor.step(start - HOUR) == 6
    assert launcher.started == []
    executor.step(start)
    executor.step(start)
    assert launcher.started == ["big", "prep"]
    executor.step(start + 2 * HOUR)  # train is due, but prep has not ended
    launcher.codes["prep"] = 0
    executor.step(start + 2 * HOUR)
    assert launcher.started == ["big", "prep", "train"]
    launcher.codes |= {"train": 0, "big": 0}
    executor.step(start + 3 * HOUR)
    assert launcher.started[3:] == ["sweep#1", "sweep#2"]
    launcher.codes |= {"sweep#1": 0, "sweep#2": 0, "sweep#3": 0}
    executor.step(start + 4 * HOUR)
    assert executor.step(start + 4 * HOUR) == 0


def test_what_follows_a_failure_fails(store: Store, tmp_path: Path) -> None:
    """An exit code other than 0 is named, and all that follow are failed without being started."""
    launcher, found = Remembered(), list(runs().values())
    executor = Executor(found, capacity_of(INSTANCE), store, launcher, tmp_path)
    start = found[0].start
    executor.step(start)
    launcher.codes |= {"prep": 3, "big": 0}
    executor.step(start + HOUR)
    assert executor.step(start + HOUR) == 0
    jobs = store.jobs()
    assert (jobs["prep"].state, jobs["prep"].note) == ("failed", "exit code 3")
    assert jobs["train"].note == "prep failed"
    assert jobs["sweep#1"].note == "train failed"
    assert launcher.started == ["big", "prep"]


def test_pools_are_never_overfull(store: Store, tmp_path: Path) -> None:
    """A run that is due waits while one that takes longer than planned holds its room."""
    launcher = Remembered()
    first, second = (replace(runs()["train"], key=key, after=(), uses={"gpu": Decimal(20)}) for key in ("a", "b"))
    executor = Executor([first, second], capacity_of(INSTANCE), store, launcher, tmp_path)
    executor.step(first.start)
    assert launcher.started == ["a"]
    launcher.codes["a"] = 0
    executor.step(first.end)
    assert launcher.started == ["a", "b"]


def test_capacity() -> None:
    """Nodes count with all that they hold; unlimited is no limit."""
    found = capacity_of(INSTANCE)
    assert found["gpu"]["gpu"] == 32
    assert found["cpu"] == {"cpu": 32, "memory_gib": Decimal("12.5"), "disk": None}


def test_processes(store: Store, tmp_path: Path) -> None:
    """Real commands: the log, the environment and the exit code; a program that is not there is a failure."""
    now = datetime.now(UTC).replace(microsecond=0)
    base = replace(runs()["train"], after=(), start=now, end=now + HOUR)
    environment = {"A": "x y", "PATH": "/nowhere"}
    good = replace(base, key="good", run=Run(command="echo $LEPTONOPT_TASK $LEPTONOPT_GPU $A", environment=environment))
    bad = replace(base, key="bad", run=Run(command="no-such-program"))
    lost = replace(base, key="lost", run=Run(command="true", directory=str(tmp_path / "gone")))
    executor = Executor([good, bad, lost], capacity_of(INSTANCE), store, LocalLauncher(), tmp_path)
    assert executor.drive(lambda: False)
    jobs = store.jobs()
    assert [jobs[key].state for key in ("good", "bad", "lost")] == ["done", "failed", "failed"]
    assert (tmp_path / "good.log").read_text(encoding="utf-8") == "good 4 x y\n"
    assert jobs["bad"].note == "exit code 127"
    assert "No such file" in jobs["lost"].note


def test_jobs_of_others_hold_their_place(store: Store, tmp_path: Path) -> None:
    """Nothing is started for them; what follows them waits until their planned end, and so does what lacks room."""
    found = {**runs_beside_others("local")}
    launcher, start = Remembered(), found["prep"].start
    crowd = replace(found["sweep#1"], key="crowd", uses={"cpu": Decimal(30)}, after=(), start=start)
    executor = Executor([*found.values(), crowd], capacity_of(INSTANCE), store, launcher, tmp_path)
    assert executor.step(start) == 6
    assert launcher.started == ["big"]
    executor.step(start + HOUR)
    assert launcher.started == ["big", "train", "crowd"]


class Killed(BaseException):
    """The executor is killed."""


@pytest.mark.parametrize("begun", [False, True])
def test_killed_around_a_start(store: Store, tmp_path: Path, begun: bool) -> None:
    """A kill just before or after the command begins: it runs once."""

    class Dying(LocalLauncher):
        def start(self, run: PlannedRun, identity: str, log: Path) -> None:
            if begun:
                super().start(run, identity, log)
                claim = log.with_name(f"{identity}.claim")
                while not claim.exists() or not claim.stat().st_size:
                    time.sleep(0.01)
            raise Killed

    now = datetime.now(UTC).replace(microsecond=0)
    run = replace(runs()["train"], key="one", after=(), start=now, end=now + HOUR,
                  run=Run(command=f"echo once >> {tmp_path}/once"))  # fmt: skip
    with pytest.raises(Killed):
        Executor([run], capacity_of(INSTANCE), store, Dying(), tmp_path).drive(lambda: False)
    children = list(child_process._detached.values())
    child_process._detached.clear()  # another process has not started it
    assert Executor([run], capacity_of(INSTANCE), store, LocalLauncher(), tmp_path).drive(lambda: False)
    assert (tmp_path / "once").read_text(encoding="utf-8") == "once\n"
    assert not list(tmp_path.glob("one-*.exit"))
    assert not any(child.wait() for child in children)


@pytest.mark.parametrize("opened", [False, True])
def test_what_never_began_begins_no_more(tmp_path: Path, opened: bool) -> None:
    """A command that was found not to have begun does not begin late, also where it had opened its claim by then."""
    claim, log = tmp_path / "x.claim", tmp_path / "x.log"
    launcher, job = LocalLauncher(), Job("x", "x", "running")
    if opened:
        claim.touch()
    assert launcher.ended(job, log) == NEVER
    child_process.start_detached("echo late", log, tmp_path / "x.exit", claim, None, {})
    child_process._detached.pop(claim).wait()
    assert not log.exists()
    assert launcher.ended(job, log) == NEVER


def test_one_executor_at_a_time(store: Store, tmp_path: Path) -> None:
    """A second one would start everything twice."""
    store.hold()
    other = Store(store.path)
    with pytest.raises(UsageError, match="another process carries this plan out"):
        other.hold()
    store.close()
    other.hold()
    other.close()


def test_a_killed_executor_goes_on(tmp_path: Path) -> None:
    """After SIGKILL the run goes on; the same call finds its end, and starts nothing twice."""
    start = datetime.now(UTC).replace(microsecond=0) - timedelta(seconds=1)
    document = {
        "leptonopt": 1, "name": "night", "time": {"start": f"{start:%Y-%m-%dT%H:%M:%SZ}", "slot": "1s", "horizon": "10m"},
        "pools": [{"id": "p", "capacity": {"cpu": 1}}],
        "tasks": [
            {"id": "one", "run": f"echo once >> {tmp_path}/once; sleep 2", "options": [{"pool": "p", "uses": {"cpu": 1}, "duration": "3s"}]},
            {"id": "two", "after": ["one"], "run": "echo two", "options": [{"pool": "p", "uses": {"cpu": 1}, "duration": "1s"}]},
        ],
    }  # fmt: skip
    (tmp_path / "i.yaml").write_text(yaml.safe_dump(document), encoding="utf-8")
    assert called("solve", tmp_path / "i.yaml", "-m", "greedy", "-q", "-o", tmp_path / "p.json")[0] == 0
    words = ["execute", str(tmp_path / "i.yaml"), str(tmp_path / "p.json"), "--folder", str(tmp_path / "runs")]
    driver = subprocess.Popen([sys.executable, "-m", "leptonopt", *words], stdout=subprocess.DEVNULL)
    until = time.monotonic() + 60
    while not (tmp_path / "once").exists() and time.monotonic() < until:
        time.sleep(0.05)
    os.kill(driver.pid, signal.SIGKILL)
    driver.wait()
    code, out, err = called(*words)
    assert code == 0, err
    assert (tmp_path / "once").read_text(encoding="utf-8") == "once\n"
    assert "done     one" in out
    assert "done     two" in out
    code, out, _ = called("follow", *words[1:3], "--folder", tmp_path / "runs", "--state", tmp_path / "state.json")
    assert out.splitlines()[-1].startswith("2 done of 2 runs")
    assert (tmp_path / "state.json").exists()


def cut_executor(
    store: Store, launcher: Remembered, folder: Path, *spans: tuple[int, int], **begun: object
) -> Executor:
    """Return an executor of a training in segments."""
    return Executor(list(cut_runs(*spans, system="local", **begun).values()), {}, store, launcher, folder)


def test_segments_follow_each_other(store: Store, tmp_path: Path) -> None:
    """Each starts at its instant; one that failed is followed by the next, which goes on from what was saved."""
    launcher = Remembered()
    executor, start = cut_executor(store, launcher, tmp_path), INSTANCE.time.start
    executor.step(start)
    executor.step(start + 7 * HOUR)
    assert launcher.started == ["train/1"]  # still saving
    launcher.codes["train/1"] = 1
    executor.step(start + 7 * HOUR)
    assert launcher.started == ["train/1", "train/2"]
    launcher.codes["train/2"] = 0
    executor.step(start + 14 * HOUR)
    assert launcher.started == ["train/1", "train/2", "test"]


def test_a_new_plan_pauses_what_runs(store: Store, tmp_path: Path) -> None:
    """A segment that ends sooner by it, or is none of it, is told to stop once; the next starts when it has ended."""
    launcher, start = Remembered(), INSTANCE.time.start
    cut_executor(store, launcher, tmp_path, (0, 10)).step(start)
    sooner = cut_executor(store, launcher, tmp_path, (0, 2), (6, 15), option="gpu")
    sooner.step(start + HOUR)
    assert launcher.stopped == []
    for _ in range(2):
        sooner.step(start + 2 * HOUR)
    assert launcher.stopped == ["train/1"]
    assert store.jobs()["train/1"].until == start + 2 * HOUR
    launcher.codes["train/1"] = -1
    sooner.step(start + 2 * HOUR)
    assert store.jobs()["train/1"].state == "done"
    sooner.step(start + 6 * HOUR)
    paused = cut_executor(store, launcher, tmp_path, (8, 15), option="gpu", number=2)
    paused.step(start + 7 * HOUR)
    assert launcher.stopped == ["train/1", "train/2"]
    paused.step(start + 8 * HOUR)
    assert launcher.started == ["train/1", "train/2"]
    launcher.codes["train/2"] = 0
    paused.step(start + 8 * HOUR)
    assert launcher.started == ["train/1", "train/2", "train/3"]


def test_a_new_plan_goes_on(store: Store, tmp_path: Path) -> None:
    """A segment that an earlier plan has stopped, and that this one goes on with, is started again."""
    launcher, start = Remembered(), INSTANCE.time.start
    cut_executor(store, launcher, tmp_path, (0, 2), (6, 15)).step(start)
    longer = cut_executor(store, launcher, tmp_path, (0, 11), option="gpu")
    launcher.codes["train/1"] = 0
    longer.step(start + 2 * HOUR)
    assert launcher.started == ["train/1", "train/1"]
    assert store.jobs()["train/1"].until is None


@pytest.mark.parametrize("notice", [None, 1])
def test_a_process_is_told_to_stop(store: Store, tmp_path: Path, notice: int | None) -> None:
    """A real command saves on SIGTERM, once, whether it was started with an end or not, and is done."""
    now, said = datetime.now(UTC).replace(microsecond=0), tmp_path / "said"
    command = f"trap 'echo saved >> {said}; exit 9' TERM; echo begun >> {said}; while :; do sleep 0.05; done"
    last = cut_runs(system="local")["train/2"]
    assert last.segment is not None
    segment = replace(last.segment, notice=notice)
    run = replace(last, start=now, end=now + HOUR, run=Run(command=command), segment=segment)
    Executor([run], {}, store, LocalLauncher(), tmp_path).step(now)
    until = time.monotonic() + 60
    while not said.exists() and time.monotonic() < until:
        time.sleep(0.02)
    paused = Executor([replace(run, key="train/3", start=now + HOUR)], {}, store, LocalLauncher(), tmp_path)
    paused.drive(lambda: store.jobs()["train/2"].state == "done" or time.monotonic() > until)
    assert said.read_text(encoding="utf-8") == "begun\nsaved\n"
    assert store.jobs()["train/2"].until is not None


def test_a_new_plan_starts_again_what_failed(store: Store, tmp_path: Path) -> None:
    """What failed before a plan that has it again starts again, and so does what it was followed by; others do not."""
    launcher, found = Remembered(), [run for run in runs().values() if run.key in ("prep", "train")]
    launcher.codes["prep"] = 1
    start = found[0].start
    old = Executor(found, capacity_of(INSTANCE), store, launcher, tmp_path)
    assert [old.step(start + at * HOUR / 4) for at in (0, 1, 2)] == [2, 0, 0]
    later = [replace(run, start=run.start + HOUR, end=run.end + HOUR) for run in found]
    new = Executor(later, capacity_of(INSTANCE), store, launcher, tmp_path)
    assert new.step(start + HOUR / 2) == 2
    launcher.codes["prep"] = 0
    new.step(start + HOUR)
    new.step(start + 2 * HOUR)
    assert launcher.started == ["prep", "prep", "train"]


def test_a_new_plan_moves_what_runs(store: Store, tmp_path: Path) -> None:
    """It is told to stop once, and starts again at its new start; one that ends by itself before is done."""
    found = moved_runs()["train"]
    for code, ended in ((143, "absent"), (0, "done")):
        launcher = Remembered()
        store.put(Job("train", "old", "running", started=found.start - 2 * HOUR))
        launcher.keys["old"] = "train"
        executor = Executor([found], capacity_of(INSTANCE), store, launcher, tmp_path)
        executor.step(found.start - HOUR)
        executor.step(found.start - HOUR)
        assert launcher.stopped == ["train"]
        launcher.codes["train"] = code
        executor.step(found.start - HOUR)
        assert store.jobs()["train"].state == ended
        del launcher.codes["train"]
        executor.step(found.start)
        executor.step(found.start)
        assert launcher.started == ["train"] * (ended == "absent")
        assert launcher.stopped == ["train"]
