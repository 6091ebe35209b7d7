"""`leptonopt verify`: the checker on files, with the standard library alone.

It is parsed by `argparse` because newer typer loads pydantic for any parameter, and the checker stays clear of
all that the solver stands on.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NoReturn

from leptonopt.cli.common import FORMATS_HELP, params_of, plan_of, print_line
from leptonopt.errors import Alarm, InputError, Rejected, UsageError
from leptonopt.io import files
from leptonopt.verify.exact import Findings, Malformed, Proof, Unreadable, Verdict, fraction, shown

BY = ("by", "confirmed_by")
EPILOG = """Examples: leptonopt verify week.yaml plan.json
          leptonopt verify week.yaml plan.json --certificate plan.certificate.json

Each violation is one line: the rule, where, and by how much. Exit code 0 when
there is none, 6 otherwise. The checker shares no code with the solver."""


def main(words: Sequence[str]) -> int:
    """Run `leptonopt verify` on its arguments and return the exit code.

    Raises `InputError` for files that cannot be read and `UsageError` for a wrong format or parameter.
    """
    arguments = _parser().parse_args(words)
    verdict, proof, plan = _verdict(arguments)
    if arguments.json:
        keys = ("rule", "witness", "amount", "message")
        lines = [{key: getattr(found, key) for key in keys} for found in verdict.violations]
        cost = None if verdict.cost is None else str(verdict.cost)
        document: dict[str, Any] = {
            "ok": verdict.ok,
            "cost_exact": cost,
            "violations": lines,
            "notes": list(verdict.notes),
        }
        if proof is not None:
            bound = None if proof.bound is None else str(proof.bound)
            document["certificate"] = {"ok": proof.ok, "bound_exact": bound, "why": proof.why}
        files.write_atomic("-", files.dumped(document))
    else:
        for found in verdict.violations:
            amount = f" (by {found.amount})" if found.amount is not None else ""
            print_line(f"{found.rule}: {found.message}{amount}")
        for note in verdict.notes:
            print_line(f"note: {note}")
        count = len(verdict.violations)
        known = "" if verdict.cost is None else f"; its cost is {verdict.cost} exactly"
        print_line(
            f"the plan keeps every rule{known}" if verdict.ok else f"{count} violation{'s' if count > 1 else ''}"
        )
        for line in [] if proof is None else _certified(proof, plan):
            print_line(line)
    return 0 if verdict.ok and (proof is None or proof.ok) else Rejected.exit_code


def _verdict(arguments: argparse.Namespace) -> tuple[Verdict, Proof | None, Mapping[str, Any]]:
    """Return the verdict, the proof of the certificate, and the plan or the summary of its columns."""
    if arguments.format is None and files.is_columns(arguments.file):
        from leptonopt.verify.columnar_bound import proven_columns
        from leptonopt.verify.columnar_checker import check_columns

        if arguments.param:
            raise UsageError("--param is not there for instances in columns")
        try:
            verdict, summary = check_columns(arguments.file, arguments.plan, arguments.any_instance)
            proof = arguments.certificate and proven_columns(arguments.file, arguments.certificate)
        except Unreadable as error:
            raise InputError(str(error)) from None
        return verdict if proof is None else _with_certificate(verdict, proof, summary), proof, summary
    from leptonopt.io.load import read_document
    from leptonopt.verify import proven, stateless, verify

    instance, plan = (
        read_document(arguments.file, arguments.format, params_of(arguments.param)),
        plan_of(arguments.plan),
    )
    if why := stateless(instance):
        raise InputError(f"{files.printable(arguments.file)}: not an instance: {why}; `leptonopt validate` says more")
    proof = None if arguments.certificate is None else proven(instance, plan_of(arguments.certificate, "a certificate"))
    verdict = verify(instance, plan, arguments.any_instance)
    return verdict if proof is None else _with_certificate(verdict, proof, plan), proof, plan


def _with_certificate(verdict: Verdict, proof: Proof, plan: Mapping[str, Any]) -> Verdict:
    """Return the verdict with the plan's claims on its certificate checked as well.

    Raises `Alarm` where a plan without fault costs less than a certificate proves: then the checker is wrong.
    """
    from leptonopt.verify.claims import against_certificate

    if any(found.rule == "form" for found in verdict.violations):
        return verdict
    findings = Findings()
    against_certificate(plan, proof, findings)
    cost, bound = verdict.cost, proof.bound
    if verdict.ok and proof.ok and cost is not None and bound is not None and bound > cost:
        raise Alarm(f"the certificate proves {bound}, yet a plan that keeps every rule costs {cost}")
    return replace(verdict, ok=verdict.ok and not findings.found, violations=(*verdict.violations, *findings.found))


def _certified(proof: Proof, plan: Mapping[str, Any]) -> Iterator[str]:
    """Yield lines on what the certificate proves, and on what the rest of the plan's bound relies."""
    if not proof.ok:
        yield f"certificate: {proof.why}"
        return
    if proof.bound is None:
        yield f"certificate: {proof.why or 'proves no bound'}"
        return
    yield f"certificate: no plan costs less than {shown(proof.bound)}; computed from its prices alone"
    try:
        claimed = fraction(plan["bound_exact"], "bound_exact") if plan.get("bound_exact") is not None else None
    except Malformed:
        return  # the verdict says so
    if claimed is not None and claimed > proof.bound:
        document = plan.get("proof")
        document = document if isinstance(document, dict) else {}
        by, second = (", ".join(map(str, each if isinstance(each, list) else ())) for each in map(document.get, BY))
        confirmed = f", confirmed by {second}" if second else "; no second engine has confirmed it"
        yield f"the plan states the bound {shown(claimed)}: the rest of it rests on {by or 'an engine'}{confirmed}"


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """Raise `UsageError` in one line."""
        raise UsageError(f"{message}; `leptonopt verify -h` says what is allowed")


def _parser() -> argparse.ArgumentParser:
    about = "Check a plan against its instance: every rule, every cent, every claim."
    shape = argparse.RawDescriptionHelpFormatter
    parser = _Parser("leptonopt verify", description=about, epilog=EPILOG, formatter_class=shape)
    parser.add_argument("file", metavar="FILE", type=Path, help="an instance: .yaml, .json, .toml, or with --format")
    parser.add_argument("plan", metavar="PLAN", type=Path, help="a plan file, as `solve -o` writes it")
    parser.add_argument(
        "--certificate", metavar="FILE", type=Path, help="also prove the bound, from the prices `solve --certify` wrote"
    )
    parser.add_argument(
        "--any-instance", action="store_true", help="check a plan of another instance by the rules of this one"
    )
    parser.add_argument("--format", metavar="NAME", help=FORMATS_HELP)
    parser.add_argument("--param", metavar="KEY=VALUE", action="append", help="for the format; may be repeated")
    parser.add_argument("--json", action="store_true", help="print JSON, and nothing else, on standard output")
    return parser
