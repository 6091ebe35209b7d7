"""Command lines that a worker runs."""

from __future__ import annotations

from pathlib import Path

from leptonopt.runtime.shell import run_command


def test_code_output_folder_and_environment(tmp_path: Path) -> None:
    """Both streams are one; the exit code is the shell's."""
    code, output = run_command("pwd; echo $A >&2; exit 4", str(tmp_path), {"A": "b"})
    assert (code, output.decode()) == (4, f"{tmp_path}\nb\n")


def test_the_end_of_long_output() -> None:
    """The last megabyte is kept."""
    code, output = run_command("yes | head -c 3000000; echo end", None, {})
    assert (code, len(output)) == (0, 2**20)
    assert output.endswith(b"end\n")
