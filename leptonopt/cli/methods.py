"""`leptonopt methods`: the methods, the kind of answer each gives, and the engine it runs on."""

from __future__ import annotations

import json

from leptonopt.cli import options
from leptonopt.cli.common import print_line
from leptonopt.io import files

LICENCES = {
    "numpy": "BSD-3-Clause",
    "highspy": "MIT",
    "ortools": "Apache-2.0",
    "pulp": "MIT, CBC: EPL-2.0",
    "pyscipopt": "MIT, SCIP: Apache-2.0",
}
EPILOG = """\b
The kinds: exact methods prove an optimum in the end; a bound is proven, without a
plan; heuristics give good plans soon; baselines are simple rules to compare with."""


def methods(as_json: options.Json = False) -> int:
    """List the methods: purpose, kind of answer, engine and licence of each."""
    from leptonopt.solvers.registry import AUTO, TABLE

    other = "any other solver that PuLP reaches, by PuLP's name for it"
    rows = [("auto", "", AUTO, "", "")]
    rows += [(entry.name, entry.kind, entry.what, *_engine(entry.package)) for entry in TABLE.values()]
    rows += [("scip", "exact", "SCIP with the extra scip; short for pulp:SCIP_PY", *_engine("pyscipopt"))]
    rows += [("pulp:NAME", "exact", other, _engine("pulp")[0], "the solver's own")]
    lines = [dict(zip(("name", "kind", "what", "engine", "licence"), row, strict=True)) for row in rows]
    if as_json:
        files.write_atomic("-", json.dumps(lines, indent=1) + "\n")
        return 0
    width = max(len(line["name"]) for line in lines)
    for line in lines:
        engine = f"{line['engine']} ({line['licence']})" if line["engine"] else ""
        print_line(f"{line['name']:<{width}} {line['kind']:<10} {line['what']}")
        if engine:
            print_line(f"{'':{width + 11}} {engine}")
    return 0


def _engine(package: str) -> tuple[str, str]:
    """Return the package of a method with its version, and its licence, without importing it."""
    from importlib.metadata import PackageNotFoundError, version  # loads the package email

    if not package:
        return "", ""
    try:
        return f"{package} {version(package)}", LICENCES.get(package, "")
    except PackageNotFoundError:
        return f"{package}, not installed", LICENCES.get(package, "")
