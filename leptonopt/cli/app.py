"""The table of commands: parse the command line, call the function, return the exit code."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from leptonopt.cli import (
    compare,
    convert,
    decide,
    diff,
    execute,
    explain,
    export,
    front,
    generate,
    import_,
    methods,
    replan,
    results,
    schema,
    serve,
    show,
    simulate,
    solve,
    validate,
    warmup,
)
from leptonopt.errors import UsageError

GROUPS = {
    "Plan": ("solve", "replan", "serve"),
    "Report": ("show", "diff"),
    "Carry out": ("execute", "follow", "export"),
    "Check": ("validate", "verify"),
    "Ask": ("whatif", "why-not", "cost-of", "front", "prices", "simulate", "eta", "explain", "methods", "schema"),
    "Prepare": ("import", "convert", "generate", "warmup"),
    "Compare": ("compare", "results"),
}


class GroupedCommands(TyperGroup):
    """Commands whose help lists them by purpose."""

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write one section per purpose."""
        shown = {name: self.get_command(ctx, name) for name in self.list_commands(ctx)}
        width = formatter.width - 6 - max(map(len, shown))
        for title, names in GROUPS.items():
            with formatter.section(title):
                formatter.write_dl(
                    [(name, command.get_short_help_str(width)) for name in names if (command := shown.get(name))],
                    col_spacing=2 + max(map(len, shown)) - max(map(len, names)),
                )


app = typer.Typer(
    cls=GroupedCommands,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Plans AI workloads on pools of GPUs, CPUs and memory at the lowest cost that can be proven.",
    epilog="""\b
Examples:
  leptonopt solve week.yaml                      the plan, its bill, and how good it is
  leptonopt solve week.yaml -o plan.json --plot plan.png
  leptonopt verify week.yaml plan.json           an independent check of rules and cents

\b
Exit codes: 0 done, a verified plan; 2 usage; 3 a bad file; 4 infeasible;
5 no plan within the limits; 6 the checker rejects the plan; 7 two proofs
contradict each other, a fault of leptonopt (the evidence is written to
leptonopt-alarm.json); 130, 143 interrupted (the best plan so far is written).""",
)
app.command(epilog=solve.EPILOG)(solve.solve)
app.command(epilog=replan.EPILOG)(replan.replan)
app.command(epilog=serve.EPILOG)(serve.serve)
app.command(epilog=show.EPILOG)(show.show)
app.command(epilog=diff.EPILOG)(diff.diff)
app.command(epilog=execute.EXECUTE_EPILOG)(execute.execute)
app.command(epilog=execute.FOLLOW_EPILOG)(execute.follow)
app.command(epilog=export.EPILOG)(export.export)
app.command(epilog=decide.WHATIF_EPILOG)(decide.whatif)
app.command("why-not", epilog=decide.WHY_NOT_EPILOG)(decide.why_not)
app.command("cost-of", epilog=decide.COST_OF_EPILOG)(decide.cost_of)
app.command(epilog=front.EPILOG)(front.front)
app.command(epilog=decide.PRICES_EPILOG)(decide.prices)
app.command(epilog=simulate.SIMULATE_EPILOG)(simulate.simulate)
app.command(epilog=simulate.ETA_EPILOG)(simulate.eta)
app.command(epilog=validate.EPILOG)(validate.validate)
app.command(epilog=explain.EPILOG)(explain.explain)
app.command(epilog=methods.EPILOG)(methods.methods)
app.command()(schema.schema)
app.command("import", epilog=import_.EPILOG)(import_.import_)
app.command(epilog=convert.EPILOG)(convert.convert)
app.command(epilog=generate.EPILOG)(generate.generate)
app.command()(warmup.warmup)
app.command(epilog=compare.EPILOG)(compare.compare)
app.add_typer(results.results, name="results")


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []})
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


@app.callback()
def root(version: Version = False) -> None:
    """Take the options before any command."""


def run(begun: float | None = None) -> int:
    """Run the command line and return the exit code.

    Time limits count from `begun`, a moment of `time.monotonic`.

    Raises `UsageError` in one line where typer would print its usage around it.
    """
    usage_error: Any = typer.BadParameter.__bases__[0]  # click's, which typer contains under names that vary
    try:
        return int(app(prog_name="leptonopt", standalone_mode=False, obj=begun) or 0)
    except usage_error as error:
        if type(error).__name__ == "NoArgsIsHelpError":
            error.show()
            return UsageError.exit_code
        context = getattr(error, "ctx", None)
        command = context.command_path if context else "leptonopt"
        message = error.format_message().rstrip(".")
        raise UsageError(f"{message[:1].lower()}{message[1:]}; `{command} -h` says what is allowed") from None
