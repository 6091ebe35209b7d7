"""Make the instances that come from real data; same data, same bytes.

    python scripts/make_instances.py --data DIR [--out instances]

DIR holds the raw data; `elasticflow.py`, `spot.py` and `carbon.py` beside this file say which, and where from.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path

import carbon
import elasticflow
import spot

from leptonopt.io.native.writer import dumped


def main() -> None:
    """Write the instances."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=os.environ.get("LEPTONOPT_DATA"), help="folder with the raw data")
    parser.add_argument("--out", type=Path, default=Path("instances"))
    given = parser.parse_args()
    if given.data is None:
        parser.error("say --data DIR, or set LEPTONOPT_DATA")
    for source in (elasticflow, spot, carbon):
        for document in source.documents(Path(given.data)):
            text = dumped(document, "yaml")
            path = given.out / f"{document['name']}.yaml"
            path.write_text("# Made by scripts/make_instances.py; see `source` below.\n" + text, encoding="utf-8")
            print(f"{document['name']}: {len(text):,} bytes")


if __name__ == "__main__":
    main()
