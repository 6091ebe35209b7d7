"""Run the command line: `leptonopt` and `python -m leptonopt`."""

from __future__ import annotations

import atexit
import gc
import io
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
CLEANUP_S = 1.2  # seconds for the clean-up after a signal
YOUNG_OBJECTS = 200_000  # between two garbage collections: more than the imports make
STDOUT = 1  # its descriptor
PIPE_CLOSED = 141  # 128 + SIGPIPE, the usual exit code after the reader closed the pipe


_received_signals: list[int] = []  # the signal that ends the process


def main() -> NoReturn:
    """Run the command line; errors of this package are one line each, never a traceback."""
    gc.set_threshold(YOUNG_OBJECTS)
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "true")  # else it looks into every installed package
    _prepare_streams()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _on_signal)
    code = _run(clock.process_start_time())
    if not isinstance(code, int | None):  # a message, which the interpreter prints
        raise SystemExit(code)
    atexit._run_exitfuncs()
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        code = _discard_output()
    except OSError as error:
        code = code or _report_error(error.strerror or str(error), 1)
    with suppress(OSError):
        sys.stderr.flush()
    os._exit(code or 0)  # the normal shutdown of the interpreter takes too long for a time limit


def _run(begun: float | None = None) -> int | str | None:
    """Return the exit code of a run; time limits count from `begun`, or else from the call."""
    try:
        if sys.argv[1:2] == ["verify"]:
            from leptonopt.cli import verify as checking

            return checking.main(sys.argv[2:])
        from leptonopt.cli import app as cli

        return cli.run(begun)
    except SystemExit as end:
        if isinstance(end.__context__, BrokenPipeError):  # the console of rich ends so
            return _discard_output()
        return end.code
    except Alarm as alarm:
        return _report_error(str(alarm) + _write_evidence(alarm), alarm.exit_code)
    except LeptonoptError as error:
        return _report_error(str(error), error.exit_code)
    except BrokenPipeError:
        return _discard_output()
    except OSError as error:  # for example a full disk behind standard output
        return _report_error(": ".join(filter(None, [error.filename, error.strerror or str(error)])), 1)
    except MemoryError:
        return _report_error("out of memory", 1)
    except Exception as error:
        if _received_signals:  # an import turned the exit into another exception
            return 128 + _received_signals[0]
        if _verbose(sys.argv[1:]):
            import traceback

            traceback.print_exc()
        return _report_error(f"unexpected {type(error).__name__}: {error} (a fault of leptonopt; -v shows more)", 1)


def _report_error(text: str, code: int) -> int:
    with suppress(OSError):  # standard error may be closed; the exit code remains
        for line in text.splitlines() or [""]:
            sys.stderr.write(f"error: {printable(line)}\n")
        sys.stderr.flush()
    return code


def _write_evidence(alarm: Alarm) -> str:
    """Write the evidence of an alarm to a file; return its place for the message."""
    if not alarm.evidence:
        return ""
    from leptonopt.io import files

    try:
        files.write_atomic(Path(EVIDENCE), json.dumps(alarm.evidence, indent=1, default=str) + "\n")
    except (OSError, LeptonoptError):
        return ""
    return f" (a fault of leptonopt, not of the instance; the evidence is in {EVIDENCE})"


def _discard_output() -> int:
    """Discard the rest of the output silently after the reader closed the pipe."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return PIPE_CLOSED


def _on_signal(number: int, frame: FrameType | None) -> NoReturn:
    """Clean up and exit on a signal outside of a solve; exit at once on the second signal.

    An import may swallow the exception, and the clean-up may take long; then a thread ends the process. The exception
    is raised once only: a second one during unwinding would skip the handlers of the first.
    """
    if _received_signals:
        os._exit(128 + number)
    _received_signals.append(number)
    sys.unraisablehook = lambda _: None  # prints a traceback where the exception is swallowed
    start_new_thread(_exit_later, (128 + number,))
    raise SystemExit(128 + number)


def _exit_later(code: int) -> NoReturn:
    time.sleep(CLEANUP_S)
    os._exit(code)


def _verbose(words: list[str]) -> bool:
    short = [word for word in words if word.startswith("-") and not word.startswith("--")]
    return "--verbose" in words or any("v" in word for word in short)


def _prepare_streams() -> None:
    """Redirect closed streams to the null device; escape what the terminal cannot encode."""
    for name in ("stdout", "stderr"):
        stream: TextIO | None = getattr(sys, name)
        if stream is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115 (open until the end)
        elif hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    with suppress(OSError, ValueError):  # a stream without a descriptor
        if sys.stdout.fileno() == STDOUT:
            _keep_stdout()


def _keep_stdout() -> None:
    """Keep standard output for what was asked for.

    What libraries print to its descriptor goes nowhere. HiGHS of SciPy 1.17 prints a line whenever it completes a
    solution, whatever its options say.
    """
    told, kept = sys.stdout, os.fdopen(os.dup(STDOUT), "wb")
    os.dup2(os.open(os.devnull, os.O_WRONLY), STDOUT)
    sys.stdout = io.TextIOWrapper(kept, told.encoding, "backslashreplace", line_buffering=kept.isatty())


if __name__ == "__main__":
    main()
