"""`leptonopt serve` as a program: signals, a kill, a token, and more callers than it serves."""

from __future__ import annotations

import signal
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from leptonopt.verify import verify
from tests.helpers.run_cli import said
from tests.helpers.serving import ended, long_text, program, tiny, with_plan

pytestmark = [pytest.mark.ci, pytest.mark.long]
TOKEN = "0123456789abcdef0123"
LONG = {"instance": long_text(), "options": {"time_limit": 120}}


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_jobs_survive(tmp_path: Path, number: signal.Signals) -> None:
    """After a signal, and after a kill, the job that ran is interrupted with its plan, and the one that waited runs."""
    store = tmp_path / "jobs.sqlite"
    with program(store) as (process, address), httpx.Client(base_url=address, timeout=30) as service:
        first = service.post("/v1/jobs", json=LONG).json()
        second = service.post("/v1/jobs", json={"instance": tiny(2)}).json()
        with_plan(service, first)
        begun = time.monotonic()
        process.send_signal(number)
        assert process.wait(30) in (0, 128 + number, -number)
        assert time.monotonic() - begun < 15
    with program(store) as (_, address), httpx.Client(base_url=address, timeout=30) as service:
        job = service.get(f"/v1/jobs/{first['id']}").json()
        assert (job["state"], job["status"]) == ("interrupted", "feasible")
        plan = service.get(f"/v1/jobs/{first['id']}/plan").json()
        assert verify(service.get(f"/v1/jobs/{first['id']}/instance").json(), plan).ok
        assert ended(service, second)["cost"] == 5


def test_an_open_stream_does_not_delay_the_end(tmp_path: Path) -> None:
    """Streams end with the service."""
    with program(tmp_path / "jobs.sqlite") as (process, address), httpx.Client(base_url=address, timeout=30) as service:
        job = service.post("/v1/jobs", json=LONG).json()
        with service.stream("GET", f"/v1/jobs/{job['id']}/events") as stream:
            lines = stream.iter_lines()
            assert next(lines) == "event: job"
            process.send_signal(signal.SIGINT)
            assert [line for line in lines if line.startswith("event")]
        process.wait(15)


def test_token(tmp_path: Path) -> None:
    """Beyond loopback a token is needed, and then asked for."""
    assert "need a token" in said("serve", "--host", "0.0.0.0", "--store", tmp_path / "no.sqlite", code=2)
    with program(tmp_path / "jobs.sqlite", "--host", "0.0.0.0", LEPTONOPT_TOKEN=TOKEN) as (_, address):
        assert httpx.get(f"{address}/v1/health").status_code == 401
        assert httpx.get(f"{address}/v1/health", headers={"Authorization": f"Bearer {TOKEN}"}).status_code == 200


def test_one_service_a_store(tmp_path: Path) -> None:
    """A second service on the same database is refused in one line."""
    with program(tmp_path / "jobs.sqlite"):
        assert "locked" in said("serve", "--port", "0", "--store", tmp_path / "jobs.sqlite", code=2)


def test_more_callers_than_are_served(tmp_path: Path) -> None:
    """Of sixty jobs at once each is done or refused with a time to come again; nothing else happens, and it goes on."""

    def call(at: int) -> httpx.Response:
        return httpx.post(f"{address}/v1/jobs", json={"instance": tiny(at % 3 + 1)}, timeout=60)

    with program(tmp_path / "jobs.sqlite", "--waiting", "8", "--jobs", "2") as (_, address):
        with ThreadPoolExecutor(20) as callers:
            answers = list(callers.map(call, range(60)))
        codes = {answer.status_code for answer in answers}
        assert codes == {202, 429}
        assert all("retry-after" in answer.headers for answer in answers if answer.status_code == 429)
        with httpx.Client(base_url=address, timeout=60) as service:
            for answer in answers:
                if answer.status_code == 202:
                    job: dict[str, Any] = ended(service, answer.json())
                    assert job["status"] == "optimal"
            assert service.get("/v1/health").json()["waiting"] == 0
