"""Settings of the service: its limits, and who may call it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path

from leptonopt.errors import UsageError

LOOPBACK_NAMES = ("localhost", "127.0.0.1", "[::1]")
TOKEN = "LEPTONOPT_TOKEN"  # in the environment
SHORTEST_TOKEN = 16  # characters
MAX_BODY = 24 * 2**20  # bytes: an instance of 8 MiB and a plan of 16 MiB


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Limits of the service; beyond them a request is refused with the reason.

    Attributes
    ----------
    jobs : solves at a time.
    waiting : jobs that wait, at most.
    readers : instances that are read and validated at a time.
    streams : event streams that are open at a time.
    threads : of each solve.
    memory : of each engine, as of `solve`.
    max_seconds : longest time limit of a job [s].
    max_body : largest request [bytes].
    spare_memory : memory that the machine must have left for a new job [bytes].
    kept : jobs that have ended and are kept, the newest.
    token : callers state it; None where the service is reached from this machine alone.
    """

    jobs: int = 1
    waiting: int = 20
    readers: int = 2
    streams: int = 50
    threads: int = field(default_factory=lambda: os.cpu_count() or 1)
    memory: str | None = None
    max_seconds: float = 3600.0
    max_body: int = MAX_BODY
    spare_memory: int = 512 * 10**6
    kept: int = 200
    token: str | None = None


def is_loopback(host: str) -> bool:
    """Return whether only this machine reaches an address or name."""
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def token_of(host: str, file: Path | None, environment: Mapping[str, str] = os.environ) -> str | None:
    """Return the token that callers must state, from a file or the environment.

    Raises
    ------
    UsageError
        When other machines reach the host and there is none, or it is too short.
    """
    try:
        token = environment.get(TOKEN) if file is None else file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"--token-file {file}: cannot be read: {error}") from None
    if token is None and not is_loopback(host):
        raise UsageError(
            f"--host {host}: other machines reach it, so callers need a token; give one with --token-file or {TOKEN}"
        )
    if token is not None and (len(token) < SHORTEST_TOKEN or not token.isascii() or not token.isprintable()):
        raise UsageError(f"the token: at least {SHORTEST_TOKEN} printable ASCII characters are allowed")
    return token


def free_memory() -> int | None:
    """Return how many bytes of memory the machine has left; None where it does not tell."""
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    found = [int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable:")]
    return found[0] if found else None
