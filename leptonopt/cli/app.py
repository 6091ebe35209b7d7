"""The table of commands: parse the command line, call the function, return the exit code."""

from __future__ import annotations

import re
import sys
from importlib import import_module
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from leptonopt.errors import UsageError

GROUPS = {
    "Plan": ("solve", "replan", "scenarios", "serve"),
    "Report": ("show", "diff"),
    "Carry out": ("execute", "follow", "export"),
    "Check": ("validate", "verify"),
    "Ask": ("whatif", "why-not", "cost-of", "front", "prices", "simulate", "eta", "explain", "methods", "schema"),
    "Prepare": ("import", "convert", "generate", "measure", "warmup"),
    "Compare": ("compare", "results"),
}

# Module, function and text below the help of each command; all of `results` are in one module.
COMMANDS = {
    "solve": ("solve", "solve", "EPILOG"),
    "replan": ("replan", "replan", "EPILOG"),
    "serve": ("serve", "serve", "EPILOG"),
    "show": ("show", "show", "EPILOG"),
    "diff": ("diff", "diff", "EPILOG"),
    "execute": ("execute", "execute", "EXECUTE_EPILOG"),
    "follow": ("execute", "follow", "FOLLOW_EPILOG"),
    "export": ("export", "export", "EPILOG"),
    "whatif": ("decide", "whatif", "WHATIF_EPILOG"),
    "why-not": ("decide", "why_not", "WHY_NOT_EPILOG"),
    "cost-of": ("decide", "cost_of", "COST_OF_EPILOG"),
    "front": ("front", "front", "EPILOG"),
    "prices": ("decide", "prices", "PRICES_EPILOG"),
    "scenarios": ("scenarios", "scenarios", "EPILOG"),
    "simulate": ("simulate", "simulate", "SIMULATE_EPILOG"),
    "eta": ("simulate", "eta", "ETA_EPILOG"),
    "validate": ("validate", "validate", "EPILOG"),
    "explain": ("explain", "explain", "EPILOG"),
    "methods": ("methods", "methods", "EPILOG"),
    "schema": ("schema", "schema", ""),
    "import": ("import_", "import_", "EPILOG"),
    "convert": ("convert", "convert", "EPILOG"),
    "generate": ("generate", "generate", "EPILOG"),
    "measure": ("measure", "measure", "EPILOG"),
    "warmup": ("warmup", "warmup", ""),
    "compare": ("compare", "compare", "EPILOG"),
}


class GroupedCommands(TyperGroup):
    """Commands whose help lists them by purpose."""

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write one section per purpose."""
        shown = {name: self.get_command(ctx, name) for name in self.list_commands(ctx)}
        for title, names in GROUPS.items():
            with formatter.section(title):
                formatter.write_dl(
                    [(name, command.get_short_help_str(LONGEST)) for name in names if (command := shown.get(name))],
                    col_spacing=2 + max(map(len, shown)) - max(map(len, names)),
                )


LONGEST = 200  # characters of a command's line in the list; longer than any, as an end in dots teaches nothing
UNREAD = {"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}
HELP = "Plans AI workloads on pools of GPUs, CPUs and memory at the lowest cost that can be proven."
EPILOG = """\b
Examples:
  leptonopt solve week.yaml                      the plan, its bill, and how good it is
  leptonopt solve week.yaml -o plan.json --plot plan.png
  leptonopt verify week.yaml plan.json           an independent check of rules and cents

\b
Exit codes: 0 done, a verified plan; 2 usage; 3 a bad file; 4 infeasible;
5 no plan within the limits; 6 the checker rejects the plan; 7 two proofs
contradict each other, a fault of leptonopt (the evidence is written to
leptonopt-alarm.json); 130, 143 interrupted (the best plan so far is written)."""


def command_app(word: str = "") -> typer.Typer:
    """Return the command line with the command of this name alone; with all where there is none."""
    app = typer.Typer(
        cls=GroupedCommands,
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
        help=HELP,
        epilog=EPILOG,
        callback=root,
    )
    for name in [word] if word in COMMANDS else COMMANDS:
        module, function, epilog = COMMANDS[name]
        home = import_module(f"leptonopt.cli.{module}")
        app.command(name, epilog=getattr(home, epilog, None))(getattr(home, function))
    if word not in COMMANDS:
        app.command(context_settings=UNREAD)(verify)
        app.add_typer(import_module("leptonopt.cli.results").results, name="results")
    return app


def verify(context: typer.Context) -> int:
    """Check a plan against its instance: every rule, every cent, every claim."""
    from leptonopt.cli.verify import main

    return main(context.args)


def _print_version(given: bool) -> None:
    if given:
        from leptonopt import __version__

        typer.echo(f"leptonopt {__version__}")
        raise typer.Exit


Version = Annotated[
    bool, typer.Option("--version", callback=_print_version, is_eager=True, help="print the version and end")
]


def root(version: Version = False) -> None:
    """Take the options before any command."""


def run(begun: float | None = None) -> int:
    """Run the command line and return the exit code.

    Time limits count from `begun`, a moment of `time.monotonic`.

    Raises `UsageError` in one line where typer would print its usage around it.
    """
    usage_error: Any = typer.BadParameter.__bases__[0]  # click's, which typer contains under names that vary
    try:
        app = command_app(next(iter(sys.argv[1:]), ""))
        return int(app(prog_name="leptonopt", standalone_mode=False, obj=begun) or 0)
    except usage_error as error:
        if type(error).__name__ == "NoArgsIsHelpError":
            error.show()
            return UsageError.exit_code
        context = getattr(error, "ctx", None)
        command = context.command_path if context else "leptonopt"
        message = error.format_message().rstrip(".").replace(". Did you mean", "; did you mean")
        message = re.sub("Input should be a valid .*", "not a number, such as 60 or 0.01", message)
        raise UsageError(f"{message[:1].lower()}{message[1:]}; `{command} -h` says what is allowed") from None
