"""With this folder on PYTHONPATH, a Python that starts knows the fake engines as methods of leptonopt.

So do the processes that it starts, which are isolated: what they begin with is told to run this file.

FAKES=cpsat=crashes,lns=hangs puts fakes in the place of real methods; a fake's own name is always a method.
"""

import os
import pkgutil
from dataclasses import replace
from pathlib import Path

from leptonopt import solvers
from leptonopt.runtime import child_process as children
from leptonopt.solvers import registry as methods

FOLDER = Path(__file__).resolve().parent / "methods"


def install() -> None:
    """Make the fakes methods: each public function of `liars`, and the modules that do not import."""
    solvers.__path__ = pkgutil.extend_path(solvers.__path__, solvers.__name__)
    solvers.__path__.append(str(FOLDER))
    text = (FOLDER / "liars.py").read_text(encoding="utf-8")
    for name in [line[4 : line.index("(")] for line in text.splitlines() if line.startswith("def ")]:
        if not name.startswith("_"):
            methods.TABLE[name] = methods.MethodInfo(name, "liars", name, "fake", "")
    methods.TABLE["broken"] = methods.MethodInfo("broken", "broken", "solve", "fake", "")
    children.PATHS += f"import runpy; runpy.run_path({str(Path(__file__).resolve())!r})\n"
    for pair in filter(None, os.environ.get("FAKES", "").split(",")):
        name, fake = pair.split("=")
        methods.TABLE[name] = replace(methods.TABLE[fake], name=name, package=methods.TABLE[name].package)


if os.environ.get("FAKES") is not None:
    install()
