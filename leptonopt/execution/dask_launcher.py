"""Start runs on the workers of a Dask cluster; each pool is a resource of its workers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from leptonopt.execution.planned import PlannedRun
from leptonopt.runtime.dask import dask_client
from leptonopt.runtime.shell import run_command

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

    def start(self, run: PlannedRun, log: Path) -> str:
        """Submit the command of a run."""
        identity = f"{PREFIX}{run.slug}-{int(run.start.timestamp())}"
        resources = {run.pool: 1} if run.pool in self._pools else None
        future = self._client.submit(
            run_command, *run.invocation(), key=identity, pure=False, resources=resources, retries=0
        )
        self._client.unpublish_dataset(identity)
        self._client.publish_dataset(future, name=identity)
        self._seen[identity] = future
        return identity

    def ended(self, identity: str, log: Path) -> int | None:
        """Return the exit code of a run that has ended, after its output is written to the log."""
        future = self._seen.get(identity)
        if future is None:
            if identity not in self._client.list_datasets():
                return -1
            future = self._seen[identity] = self._client.get_dataset(identity)
        if not future.done():
            return None
        if future.status != "finished":
            log.write_text(f"{future.exception()}\n", encoding="utf-8")
            return -1
        code, output = future.result()
        log.write_bytes(output)
        self._client.unpublish_dataset(identity)
        return int(code)

    def cancel(self, identity: str) -> None:
        """Cancel a run; one that has begun on a worker goes on there."""
        future = self._seen.get(identity) or self._client.get_dataset(identity, default=None)
        if future is not None:
            future.cancel()


@contextmanager
def dask_launcher(address: str) -> Iterator[DaskLauncher]:
    """Provide a launcher on the scheduler at an address; raises as `dask_client` does."""
    with dask_client(address) as client:
        yield DaskLauncher(client)
