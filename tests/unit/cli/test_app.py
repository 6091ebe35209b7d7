"""The table of commands: all have help, errors are one line, the version."""

from __future__ import annotations

import pytest

from leptonopt import __version__
from leptonopt.cli.app import GROUPS
from tests.helpers.run_cli import called, said

COMMANDS = [name for names in GROUPS.values() for name in names]


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help(name: str) -> None:
    """Of its own, and a line in the list."""
    code, out, _ = called(name, "--help" if name == "verify" else "-h")
    assert code == 0
    assert "usage" in out.lower()


def test_commands_are_listed_by_purpose() -> None:
    """Each once, below the title of its group."""
    code, out, _ = called("-h")
    assert code == 0
    lines = [line.split()[0] for line in out.splitlines() if line.startswith("  ") and line.split()]
    assert [line for line in lines if line in COMMANDS] == COMMANDS
    assert all(f"{title}:" in out for title in GROUPS)
    assert "...\n" not in out.split("Plan:")[1]


def test_the_version() -> None:
    """Printed before anything else."""
    assert called("--version")[1] == f"leptonopt {__version__}\n"


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (("magic",), "no such command 'magic'"),
        (("solves",), "no such command 'solves'; did you mean 'solve'?; `leptonopt -h` says what is allowed"),
        (("solve", "--magic"), "no such option: --magic; `leptonopt solve -h` says what is allowed"),
        (("solve", "x", "-t", "soon"), "invalid value for '--time-limit' / '-t': not a number, such as 60 or 0.01; "),
    ],
)
def test_wrong_words_are_one_line(words: tuple[str, ...], text: str) -> None:
    """On standard error, with exit code 2."""
    assert text in said(*words, code=2).lower()


def test_without_a_command_there_is_help() -> None:
    """And exit code 2."""
    code, out, err = called()
    assert code == 2
    assert "solve" in out + err
