"""Start runs on the workers of a Dask cluster; each pool is a resource of its workers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from leptonopt.execution.executor import GONE, NEVER, STARTING
from leptonopt.execution.jobs import Job
from leptonopt.execution.planned import PlannedRun
from leptonopt.runtime.dask import dask_client, run_published

PREFIX = "leptonopt-run-"


class DaskLauncher:
    """Commands on workers of a Dask cluster.

    A worker belongs to a pool when it is started with `--resources "POOL=1000000"`; where no worker has a resource of
    the pool's name, any worker may run it. Results are published under the name of the run, so that a driver that was
    killed finds them again.
    """

    def __init__(self, client: Any) -> None:
        self._client = client
        info = client.scheduler_info()["workers"].values()
        self._pools = {name for worker in info for name in worker.get("resources", {})}
        self._seen: dict[str, Any] = {}

    def start(self, run: PlannedRun, identity: str, log: Path) -> None:
        """Submit the command of a run; it begins once its name is published."""
        name = PREFIX + identity
        resources = {run.pool: 1} if run.pool in self._pools else None
        future = self._client.submit(
            run_published, name, *run.invocation(), key=name, pure=False, resources=resources, retries=0
        )
        self._client.publish_dataset(future, name=name)
        self._seen[identity] = future

    def ended(self, job: Job, log: Path) -> int | None:
        """Return the exit code of a run that has ended, after its output is written to the log."""
        name, future = PREFIX + job.identity, self._seen.get(job.identity)
        if future is None:
            if name not in self._client.list_datasets():  # the scheduler has lost it, or never had it
                return NEVER if job.note == STARTING else GONE
            future = self._seen[job.identity] = self._client.get_dataset(name)
        if not future.done():
            return None
        if future.status != "finished":
            log.write_text(f"{future.exception()}\n", encoding="utf-8")
            return GONE
        code, output = future.result()
        log.write_bytes(output)
        return int(code)

    def stop(self, identity: str, log: Path) -> None:
        """Leave a run: a worker cannot be told, and it ends as it was started to."""

    def forget(self, identity: str, log: Path) -> None:
        """Let the scheduler forget a run."""
        self._client.unpublish_dataset(PREFIX + identity)
        self._seen.pop(identity, None)


@contextmanager
def dask_launcher(address: str) -> Iterator[DaskLauncher]:
    """Provide a launcher on the scheduler at an address; raises as `dask_client` does."""
    with dask_client(address) as client:
        yield DaskLauncher(client)
