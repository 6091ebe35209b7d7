"""Options as one dataclass: each field is an option of the command."""

from __future__ import annotations

from dataclasses import dataclass
from inspect import Parameter, signature
from types import SimpleNamespace
from typing import Any

import pytest

from leptonopt.cli import options
from leptonopt.cli.compare import CompareOptions
from leptonopt.cli.generate import GenerateOptions
from leptonopt.cli.solve import SolveOptions


@dataclass(frozen=True)
class Some:
    """Two options."""

    file: options.File
    gap: options.Gap = 0.5


@options.takes(Some)
def command(context: Any, given: Some) -> int:
    """Return 7 where all has arrived."""
    return 7 if (context.obj, given) == (1, Some("f", 0.5)) else 0  # type: ignore[arg-type]


def test_fields_are_parameters() -> None:
    """With their annotations and defaults; the context comes first."""
    found = signature(command).parameters
    assert list(found) == ["context", "file", "gap"]
    assert found["file"].default is Parameter.empty
    assert found["gap"].default == 0.5
    assert command.__annotations__["gap"] == options.Gap
    assert command.__name__ == "command"


def test_parameters_arrive_as_the_dataclass() -> None:
    """With the defaults of what is not given."""
    assert command(SimpleNamespace(obj=1), file="f") == 7


@pytest.mark.parametrize("kind", [SolveOptions, CompareOptions, GenerateOptions])
def test_every_option_has_a_help_text(kind: type) -> None:
    """In the annotation of its field."""
    from typing import get_type_hints

    hints = get_type_hints(kind, include_extras=True)
    assert all(hints[name].__metadata__[0].help for name in kind.__dataclass_fields__)  # type: ignore[attr-defined]
