"""MkDocs hooks: include pages that live outside `docs/`, and adapt the links that leave it.

The same Markdown files are read on the site and as plain files of the repository. Relative links are therefore those
of the repository. On the site a link to an included page leads to that page; a link to any other file becomes its text.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

ROOT = Path(__file__).resolve().parents[1]
INCLUDED = (
    "BENCHMARKS.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "instances/README.md",
    "models/README.md",
    "peers/README.md",
)
LINK = re.compile(r"(!?)\[((?:[^\[\]]|\[[^\[\]]*\])*)\]\(([^)#\s]+)(#[^)\s]*)?\)")


def on_files(files: Files, config: Any) -> Files:
    """Add the included pages to the files of the site."""
    for name in INCLUDED:
        files.append(File.generated(config, name, abs_src_path=str(ROOT / name)))
    return files


def on_page_markdown(markdown: str, page: Any, config: Any, files: Files) -> str:
    """Return the page with its repository links replaced by links of the site."""
    name = page.file.src_uri
    source = ROOT / name if name in INCLUDED else ROOT / "docs" / name

    def replaced(match: re.Match[str]) -> str:
        picture, text, target, anchor = match[1], match[2], match[3], match[4] or ""
        if "://" in target or target.startswith("mailto:"):
            return match[0]
        path = Path(os.path.normpath(source.parent / target)).relative_to(ROOT).as_posix()
        site = path.removeprefix("docs/") if path.startswith("docs/") else path
        if path.startswith("docs/") or path in INCLUDED:
            return f"{picture}[{text}]({os.path.relpath(site, Path(name).parent)}{anchor})"
        if not (ROOT / path).exists():
            raise FileNotFoundError(f"{name}: link to {target}, which does not exist")
        return text

    return LINK.sub(replaced, markdown)
