"""`leptonopt serve`: the planning service and its page."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from leptonopt.cli import options
from leptonopt.cli.common import print_note
from leptonopt.errors import UsageError
from leptonopt.io import files

if TYPE_CHECKING:
    from leptonopt.server.settings import Settings

EPILOG = """\b
Examples:
  leptonopt serve                                  http://127.0.0.1:8765, for this machine alone
  leptonopt serve --jobs 2 --memory 4GB --max-time 600
  LEPTONOPT_TOKEN=... leptonopt serve --host 0.0.0.0

\b
The page shows bound and incumbent while they meet, the plan, and asks what-if and
why-not. /v1/openapi.json describes the interface. Jobs survive a restart: those that
wait go on, one that ran keeps its plan. Other machines need a token, and a proxy
that encrypts."""

Host = Annotated[str, options.Option(metavar="ADDRESS", help="address to listen on; a token is needed beyond loopback")]
Port = Annotated[int, options.Option(metavar="N", min=0, max=65535, help="port to listen on; 0: a free one")]
Store = Annotated[Path, options.Option(metavar="FILE", help="database of the jobs")]
TokenFile = Annotated[
    Path | None, options.Option(metavar="FILE", help="file of the token  [default: LEPTONOPT_TOKEN, if it is set]")
]
JobsAtATime = Annotated[int, options.Option(metavar="N", min=1, max=64, help="solves at a time")]
Waiting = Annotated[int, options.Option(metavar="N", min=0, help="jobs that may wait; more are refused")]
MaxTime = Annotated[float, options.Option(metavar="SECONDS", min=0.1, help="longest time limit of a job")]
Kept = Annotated[int, options.Option(metavar="N", min=1, help="jobs that are kept after their end")]
MOST_CONNECTIONS = 200


@dataclass(frozen=True)
class ServeOptions:
    """The options of `leptonopt serve`."""

    host: Host = "127.0.0.1"
    port: Port = 8765
    store: Store = Path("leptonopt-jobs.sqlite")
    token_file: TokenFile = None
    jobs: JobsAtATime = 1
    waiting: Waiting = 20
    threads: options.Threads = None
    memory: options.Memory = None
    max_time: MaxTime = 3600.0
    kept: Kept = 200


@options.takes(ServeOptions)
def serve(_: options.Context, given: ServeOptions) -> int:
    """Serve plans over HTTP, with a page to work with."""
    settings = _settings(given)
    files.writable(given.store)
    try:
        import uvicorn

        from leptonopt.server.app import make_app
    except ImportError:
        raise UsageError("the service needs packages: pip install 'leptonopt[serve]'") from None
    from leptonopt.server.store import JobStore

    app = make_app(settings, JobStore(given.store))
    config = uvicorn.Config(
        app, host=given.host, port=given.port, log_level="warning", limit_concurrency=MOST_CONNECTIONS,
        timeout_graceful_shutdown=5, server_header=False,
    )  # fmt: skip

    class Server(uvicorn.Server):
        """A server that tells where it listens, and ends event streams before it waits for connections."""

        async def startup(self, sockets: Any = None) -> None:
            await super().startup(sockets)
            if self.started:
                port = self.servers[0].sockets[0].getsockname()[1]
                print_note(f"listening on http://{given.host}:{port}; Ctrl-C ends it")

        def handle_exit(self, sig: int, frame: Any) -> None:
            app.state.runner.ending.set()
            app.state.runner.watchers.wake()
            super().handle_exit(sig, frame)

    server = Server(config)
    server.run()
    return 0 if server.started else 1


def _settings(given: ServeOptions) -> Settings:
    """Return the settings of a call; raises `UsageError`."""
    import os

    from leptonopt.server.settings import Settings, token_of
    from leptonopt.session.memory import parse_memory

    parse_memory(given.memory)
    return Settings(
        jobs=given.jobs, waiting=given.waiting, memory=given.memory, max_seconds=given.max_time, kept=given.kept,
        token=token_of(given.host, given.token_file),
        threads=given.threads or max(1, (os.cpu_count() or 1) // given.jobs),
    )  # fmt: skip
