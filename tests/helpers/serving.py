"""Services for tests: in this process, or as a program on a free port."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import uvicorn

from leptonopt.experiments.generators import table, written
from leptonopt.server.app import make_app
from leptonopt.server.settings import Settings
from leptonopt.server.store import JobStore

FINAL = ("done", "cancelled", "interrupted", "failed")


def tiny(gpus: int = 3) -> dict[str, Any]:
    """Return three tasks of an hour; own devices are free, others cost 5 an hour."""
    option = {"uses": {"gpu": 1}, "duration": "1h"}
    return {
        "name": "tiny",
        "time": {"start": "2026-01-05T00:00Z", "slot": "1h", "horizon": "1h"},
        "pools": [
            {"id": "own", "capacity": {"gpu": gpus}, "price": {"gpu": 0}},
            {"id": "rent", "capacity": {"gpu": 9}, "price": {"gpu": 5}},
        ],
        "tasks": [{"id": name, "options": [{"pool": pool, **option} for pool in ("own", "rent")]} for name in "xyz"],
    }


def long_text() -> str:
    """Return an instance that is not proven within seconds, as JSON."""
    return written(table("regions", tasks=400, seed=3), "json").decode()


@contextmanager
def client(store: Path, **settings: Any) -> Iterator[httpx.Client]:
    """Give a client of a service in a thread of this process."""
    app = make_app(Settings(threads=1, **settings), JobStore(store))
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error", timeout_graceful_shutdown=5))
    thread = threading.Thread(target=server.run, name="service")
    thread.start()
    try:
        while not server.started and thread.is_alive():
            time.sleep(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as made:
            yield made
    finally:
        server.should_exit = True
        thread.join()


def ended(client: httpx.Client, job: dict[str, Any], seconds: float = 60) -> dict[str, Any]:
    """Return a job once it has ended."""
    until = time.monotonic() + seconds
    while job["state"] not in FINAL:
        assert time.monotonic() < until, job
        time.sleep(0.05)
        job = client.get(f"/v1/jobs/{job['id']}").json()
    return job


def with_plan(client: httpx.Client, job: dict[str, Any], seconds: float = 60) -> None:
    """Wait until the plan of a job that runs is stored."""
    until = time.monotonic() + seconds
    while client.get(f"/v1/jobs/{job['id']}/plan").status_code != 200:
        assert time.monotonic() < until, job
        time.sleep(0.1)


@contextmanager
def program(store: Path, *words: str, **environment: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Give the process of `leptonopt serve` and its address; it is killed if it has not ended."""
    call = [sys.executable, "-m", "leptonopt", "serve", "--port", "0", "--store", str(store), *words]
    process = subprocess.Popen(
        call, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True, env={**os.environ, **environment}
    )
    try:
        assert process.stderr is not None
        line = process.stderr.readline()
        found = re.search(r"http://(\S+);", line)
        assert found, line + process.stderr.read()
        yield process, f"http://127.0.0.1:{found[1].rpartition(':')[2]}"
    finally:
        process.kill()
        process.communicate()
