"""The queue: limits that shed load, a restart, an end that keeps plans."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from leptonopt.decisions.questions import CostOf, WhatIf, WhyNot
from leptonopt.server import runner as module
from leptonopt.server.errors import Refusal
from leptonopt.server.messages import Job, JobState, SolveOptions
from leptonopt.server.runner import Runner, asked_text
from leptonopt.server.settings import Settings
from leptonopt.server.store import JobStore
from tests.helpers.serving import client, ended, long_text, tiny, with_plan

LONG = SolveOptions(time_limit=60)


def test_load_is_shed(tmp_path: Path) -> None:
    """Beyond the jobs that may wait a request is refused, and told when to come again; the others are served."""
    with client(tmp_path / "jobs.sqlite", waiting=2) as service:
        body = {"instance": long_text(), "options": {"time_limit": 60}}
        running = service.post("/v1/jobs", json=body).json()
        while service.get("/v1/health").json()["running"] == 0:
            time.sleep(0.02)
        answers = [service.post("/v1/jobs", json={"instance": tiny()}) for _ in range(4)]
        assert [answer.status_code for answer in answers] == [202, 202, 429, 429]
        assert answers[-1].json()["error"] == "Busy"
        assert int(answers[-1].headers["retry-after"]) > 0
        service.post(f"/v1/jobs/{running['id']}/cancel")
        assert [ended(service, answer.json())["status"] for answer in answers[:2]] == ["optimal"] * 2


def test_memory_is_left(tmp_path: Path) -> None:
    """Where little memory is left no job is taken."""
    with client(tmp_path / "jobs.sqlite", spare_memory=2**60) as service:
        answer = service.post("/v1/jobs", json={"instance": tiny()})
        assert answer.status_code == 429
        assert "memory" in answer.json()["message"]


def test_streams_are_limited(tmp_path: Path) -> None:
    """Only so many event streams are open at a time."""
    with client(tmp_path / "jobs.sqlite", streams=0) as service:
        job = ended(service, service.post("/v1/jobs", json={"instance": tiny()}).json())
        assert job["state"] == "done"
        assert service.get(f"/v1/jobs/{job['id']}/events").status_code == 429


def test_the_end_keeps_plans(tmp_path: Path) -> None:
    """When the service ends, what runs is interrupted with its plan, and what waits runs in the next one."""
    path = tmp_path / "jobs.sqlite"
    with client(path) as service:
        first = service.post("/v1/jobs", json={"instance": long_text(), "options": {"time_limit": 60}}).json()
        second = service.post("/v1/jobs", json={"instance": tiny(2)}).json()
        with_plan(service, first)
    with client(path) as service:
        job = service.get(f"/v1/jobs/{first['id']}").json()
        assert (job["state"], job["status"]) == ("interrupted", "feasible")
        assert job["bound"] <= job["cost"]
        assert service.get(f"/v1/jobs/{first['id']}/plan").json()["cost"] == job["cost"]
        assert ended(service, second)["cost"] == 5


def test_a_job_that_was_killed(tmp_path: Path) -> None:
    """A job that ran when the last service was killed is interrupted, and its events say so."""
    store = JobStore(tmp_path / "jobs.sqlite")
    job = Job(id="a", kind="solve", name="n", state=JobState.RUNNING, options=LONG, created=1.0)
    store.add(job, {"instance": "{}", "plan": '{"cost": 5}'})
    runner = Runner(Settings(threads=1), store)
    found = store.job("a")
    assert found is not None
    assert found.state is JobState.INTERRUPTED
    assert store.document("a", "plan") == '{"cost": 5}'
    assert store.events("a")[-1][1] == "job"
    runner.close()
    with pytest.raises(Refusal, match="ending"):
        runner.solve("n", tiny(), LONG)


def test_failures_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An error within a job ends that job alone, with its class."""

    def broken(*_: object, **__: object) -> None:
        raise ValueError("out of order")

    with client(tmp_path / "jobs.sqlite") as service:
        monkeypatch.setattr(module, "start", broken)
        job = ended(service, service.post("/v1/jobs", json={"instance": tiny()}).json())
        assert (job["state"], job["fault"]["error"]) == ("failed", "ValueError")
        monkeypatch.undo()
        assert ended(service, service.post("/v1/jobs", json={"instance": tiny()}).json())["state"] == "done"


def test_old_jobs_go(tmp_path: Path) -> None:
    """Of the jobs that have ended the newest are kept."""
    with client(tmp_path / "jobs.sqlite", kept=2) as service:
        jobs = [ended(service, service.post("/v1/jobs", json={"instance": tiny()}).json()) for _ in range(4)]
        until = time.monotonic() + 10
        while len(service.get("/v1/jobs").json()) > 2 and time.monotonic() < until:
            time.sleep(0.02)
        assert [each["id"] for each in service.get("/v1/jobs").json()] == [jobs[3]["id"], jobs[2]["id"]]


def test_questions_in_words() -> None:
    """One line, as on the command line."""
    assert asked_text(WhatIf(sets=["a.b=1"], losses=["own.gpu=2"])) == "set a.b=1, lose own.gpu=2"
    assert asked_text(WhatIf(adds=[{}])) == "add (a part of an instance)"
    assert asked_text(WhyNot("x", pool="rent")) == "task x, pool rent"
    assert asked_text(CostOf("team:red")) == "subject team:red"
