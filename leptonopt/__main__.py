"""`leptonopt` and `python -m leptonopt`."""

from __future__ import annotations

import os
import sys


def main() -> None:
    """Run the command line; errors of this package are one line each, never a traceback."""
    from leptonopt.cli import app
    from leptonopt.errors import LeptonoptError

    verbose = any(word == "--verbose" or (word.startswith("-") and not word.startswith("--") and "v" in word) for word in sys.argv)
    try:
        app(prog_name="leptonopt")
    except LeptonoptError as error:
        for line in str(error).splitlines():
            sys.stderr.write(f"error: {line}\n")
        raise SystemExit(error.exit_code) from None
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        raise SystemExit(141) from None
    except MemoryError:
        sys.stderr.write("error: out of memory\n")
        raise SystemExit(1) from None
    except Exception as error:
        if verbose:
            raise
        sys.stderr.write(f"error: unexpected {type(error).__name__}: {error} (a fault of leptonopt; -v shows more)\n")
        raise SystemExit(1) from None


if __name__ == "__main__":
    main()
