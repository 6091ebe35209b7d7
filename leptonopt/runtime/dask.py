"""Provide an executor whose workers may be on other machines; no other module uses Dask.

`distributed.Client.get_executor` is a `concurrent.futures.Executor`; nothing above this module knows more of it. Dask
sends what a lost worker had to do to another one by itself.
"""

from __future__ import annotations

import logging
import platform
import re
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import Any

from leptonopt.errors import UsageError
from leptonopt.runtime.child_process import run_command

PATIENCE = 10.0  # seconds for a scheduler to answer, and for its first worker
CLOSING = 2.0  # seconds to take leave of a scheduler
LOGGERS = ("distributed", "distributed.client", "distributed.core")
ADDRESS = re.compile(r"(tcp|tls)://([^\s/:\[\]]+|\[[0-9a-fA-F:.]+\]):(\d{1,5})")


@contextmanager
def dask_executor(address: str, patience: float = PATIENCE) -> Iterator[Executor]:
    """Provide the workers of the Dask scheduler at an address as an executor; close it at the end.

    The address is `tcp://HOST:PORT`.

    What is still out then is dropped: the scheduler forgets it, and workers end what they have begun.

    Raises
    ------
    UsageError
        When the extra is not installed, the address is none, nobody answers there in time, there is no worker, or
        a worker has another version of leptonopt or Python.
    """
    with dask_client(address, patience) as client:
        pool = client.get_executor(pure=False)
        pool.width = _counted(client)
        yield pool


@contextmanager
def dask_client(address: str, patience: float = PATIENCE) -> Iterator[Any]:
    """Provide a client of the Dask scheduler at an address; raises as `dask_executor` does."""
    distributed = _package()
    found = ADDRESS.fullmatch(address)
    if not found or not 0 < int(found[3]) < 2**16:
        raise UsageError(
            f"{address!r} is no address of a Dask scheduler; allowed is tcp://HOST:PORT, or tls://HOST:PORT"
        )
    with _silent():
        _greet(distributed, address, patience)
        client = distributed.Client(address, timeout=patience, set_as_default=False)
        try:
            _fit(client, address, patience)
            yield client
        finally:
            with suppress(Exception):  # the scheduler may be gone, and what was computed must not be lost for that
                client.close(timeout=CLOSING)


def run_published(name: str, command: str, directory: str | None, environment: Mapping[str, str]) -> tuple[int, bytes]:
    """Run a command on a worker as `run_command` does, once its name is among the published datasets.

    A driver that was killed before it had published the name so leaves nothing that runs. Raises `RuntimeError`.
    """
    client, until = _package().get_client(), time.monotonic() + PATIENCE
    while name not in client.list_datasets():
        if time.monotonic() > until:
            raise RuntimeError(f"{name} has not been published within {PATIENCE:g} seconds")
        time.sleep(0.05)
    return run_command(command, directory, environment)


def _counted(client: Any) -> Callable[[], int]:
    """Return a function that counts the threads of the workers; it keeps the last known number."""
    last = [1]

    def count() -> int:
        with suppress(Exception):
            last[0] = sum(client.nthreads().values())
        return last[0]

    return count


@contextmanager
def _silent() -> Iterator[None]:
    """Silence Dask's log: lost workers are handled here."""
    loggers = [logging.getLogger(name) for name in LOGGERS]
    before = [logger.level for logger in loggers]
    try:
        for logger in loggers:
            logger.setLevel(logging.CRITICAL)
        yield
    finally:
        for logger, level in zip(loggers, before, strict=True):
            logger.setLevel(level)


def _package() -> Any:
    try:
        import distributed
    except ImportError:
        raise UsageError("a cluster needs Dask, which is not installed: pip install 'leptonopt[cluster]'") from None
    return distributed


def _greet(distributed: Any, address: str, patience: float) -> None:
    """Ask for a scheduler before a client is made; one without a scheduler cannot be closed in time."""
    import asyncio  # which takes long to load

    async def ask() -> Any:
        secret = distributed.Security().get_connection_args("client")
        scheduler = distributed.rpc(address, timeout=patience, connection_args=secret)
        try:
            return await scheduler.identity()
        finally:
            await scheduler.close_rpc()

    try:
        with ThreadPoolExecutor(1) as aside:  # a notebook has a loop of its own at work in this thread
            aside.submit(lambda: asyncio.run(asyncio.wait_for(ask(), patience))).result()
    except Exception as error:
        why = f" ({type(error).__name__})" if isinstance(error, TypeError | ValueError) else ""
        raise UsageError(f"no Dask scheduler answers at {address} within {patience:g} seconds{why}") from None


def _fit(client: Any, address: str, patience: float) -> None:
    """Wait for a worker; refuse workers with other versions."""
    try:
        client.wait_for_workers(1, timeout=patience)
    except TimeoutError:
        raise UsageError(f"{address} has no worker; start some there with `dask worker {address}`") from None
    here = versions()
    for worker, found in client.run(versions, on_error="return").items():
        if isinstance(found, BaseException):
            raise UsageError(f"the worker at {worker} cannot run leptonopt: {type(found).__name__}: {found}")
        if found != here:
            raise UsageError(f"the worker at {worker} has {found}, this machine has {here}; install the same there")


def versions() -> str:
    """Return the versions that must be equal on all machines."""
    from leptonopt import __version__

    return f"leptonopt {__version__} on Python {'.'.join(platform.python_version_tuple()[:2])}"
