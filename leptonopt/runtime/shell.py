"""Run one command line and return its code and output; what a worker of a cluster is sent."""

from __future__ import annotations

from collections.abc import Mapping

from leptonopt.runtime.child_process import command_output


def run_command(command: str, directory: str | None, environment: Mapping[str, str]) -> tuple[int, bytes]:
    """Return the exit code of a command line of a POSIX shell, and the last megabyte of its output."""
    code, output = command_output(command, directory, environment)
    return code, output[-(2**20) :]
