"""`leptonopt warmup`: compile the kernels before they are first needed."""

from __future__ import annotations


def warmup() -> int:
    """Compile the kernels once after an installation, so that the first large solve does not wait."""
    from leptonopt.cli.jit_warmup import compile_kernels

    compile_kernels()
    return 0
