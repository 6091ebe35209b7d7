"""Run the command line: `leptonopt` and `python -m leptonopt`."""

from __future__ import annotations

import atexit
import json
import os
import signal
import sys
import time
from _thread import start_new_thread
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import NoReturn, TextIO

from leptonopt.errors import Alarm, LeptonoptError
from leptonopt.io.files import printable
from leptonopt.runtime import clock

EVIDENCE = "leptonopt-alarm.json"
CLEANING = 1.2  # seconds that cleaning up may take once a signal ends us
PIPE_CLOSED = 141  # 128 + SIGPIPE, as for any tool whose reader went away


_leaving: list[int] = []  # the signal that ends this


def main() -> NoReturn:
    """Run the command line; errors of this package are one line each, never a traceback."""
    _streams()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _leave)
    code = _called(clock.process_start_time())
    if not isinstance(code, int | None):  # a text, which the interpreter prints
        raise SystemExit(code)
    atexit._run_exitfuncs()
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        code = _muted()
    except OSError as error:
        code = _said(error.strerror or str(error), 1)
    with suppress(OSError):
        sys.stderr.flush()
    os._exit(code or 0)  # taking the interpreter apart object by object takes time that a limit does not have


def _called(begun: float | None = None) -> int | str | None:
    """Return the exit code of a run; time limits count from `begun`, or else from the call."""
    try:
        if sys.argv[1:2] == ["verify"]:
            from leptonopt.cli import verify as checking

            return checking.main(sys.argv[2:])
        from leptonopt.cli import app as cli

        return cli.run(begun)
    except SystemExit as end:
        return end.code
    except Alarm as alarm:
        return _said(str(alarm) + _evidence(alarm), alarm.exit_code)
    except LeptonoptError as error:
        return _said(str(error), error.exit_code)
    except BrokenPipeError:
        return _muted()
    except OSError as error:  # a full disk behind standard output, say
        return _said(": ".join(filter(None, [error.filename, error.strerror or str(error)])), 1)
    except MemoryError:
        return _said("out of memory", 1)
    except Exception as error:
        if _leaving:  # what was being imported made another exception of it
            return 128 + _leaving[0]
        if _verbose(sys.argv[1:]):
            import traceback

            traceback.print_exc()
        return _said(f"unexpected {type(error).__name__}: {error} (a fault of leptonopt; -v shows more)", 1)


def _said(text: str, code: int) -> int:
    with suppress(OSError):  # nobody may be there to hear it; the exit code says it, too
        for line in text.splitlines() or [""]:
            sys.stderr.write(f"error: {printable(line)}\n")
        sys.stderr.flush()
    return code


def _evidence(alarm: Alarm) -> str:
    """Write the evidence of an alarm to a file; return its place for the message."""
    if not alarm.evidence:
        return ""
    from leptonopt.io import files

    try:
        files.write_atomic(Path(EVIDENCE), json.dumps(alarm.evidence, indent=1, default=str) + "\n")
    except (OSError, LeptonoptError):
        return ""
    return f" (a fault of leptonopt, not of the instance; the evidence is in {EVIDENCE})"


def _muted() -> int:
    """Discard the rest of the output silently after the reader closed the pipe."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return PIPE_CLOSED


def _leave(number: int, frame: FrameType | None) -> NoReturn:
    """Clean up and exit on a signal outside of a solve; exit at once on the second signal.

    What imports a module may swallow the exception, and cleaning up may take long: then a thread ends us. Nothing is
    raised twice, for an exception that comes while another one unwinds would pass those who wait for that.
    """
    if _leaving:
        os._exit(128 + number)
    _leaving.append(number)
    sys.unraisablehook = lambda _: None  # where it is swallowed, with a traceback
    start_new_thread(_end, (128 + number,))
    raise SystemExit(128 + number)


def _end(code: int) -> NoReturn:
    time.sleep(CLEANING)
    os._exit(code)


def _verbose(words: list[str]) -> bool:
    short = [word for word in words if word.startswith("-") and not word.startswith("--")]
    return "--verbose" in words or any("v" in word for word in short)


def _streams() -> None:
    """Redirect closed streams to the null device; escape what the terminal cannot encode."""
    for name in ("stdout", "stderr"):
        stream: TextIO | None = getattr(sys, name)
        if stream is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115 (open until the end)
        elif hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


if __name__ == "__main__":
    main()
