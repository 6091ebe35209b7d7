#!/usr/bin/env bash
# Installs the peers that are on the package index into a virtual environment of their own, peers/.venv, so that
# their versions of OR-Tools and numpy never meet leptonopt's. Needs Python 3.11 or newer with pip and venv.
set -euo pipefail
cd "$(dirname "$0")"
"${PYTHON:-python3}" -m venv .venv
.venv/bin/pip install -q --disable-pip-version-check "pyjobshop==0.0.9" "ortools==9.15.6755"
.venv/bin/python - <<'EOF'
from importlib.metadata import version

print(*(f"{name} {version(name)}" for name in ("pyjobshop", "psplib", "ortools")), sep=", ")
EOF

# Malloovia asks for PuLP 2.0, so it has an environment of its own.
"${PYTHON:-python3}" -m venv .venv-malloovia
.venv-malloovia/bin/pip install -q --disable-pip-version-check "malloovia==2.3.2"
.venv-malloovia/bin/python -c 'from importlib.metadata import version; print("malloovia", version("malloovia"))'
