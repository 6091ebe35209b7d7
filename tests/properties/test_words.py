"""The words of the package and its documents: first lines of docstrings, length of sentences, paths that exist."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "leptonopt"
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", ROOT / "models" / "README.md"]
PAGES += sorted((ROOT / "docs").rglob("*.md"))
LONGEST_LINE = 100  # characters of a docstring's first line
LONGEST_SENTENCE = 40  # words
BAD_START = re.compile(r"(What|Who|Whether|Where|How|The same|It|Such)\b")

EXCEPTIONS = ROOT / "tests" / "properties" / "exceptions" / "docstrings.txt"  # modules not yet mended, a path a line


def docstrings(tree: ast.Module) -> Iterator[str]:
    """Yield the docstring of the module and of each class and function in it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            text = ast.get_docstring(node)
            if text:
                yield text


def breaches(source: str) -> list[str]:
    """Return the first lines of docstrings that break the rules."""
    first = [text.split("\n", 1)[0] for text in docstrings(ast.parse(source))]
    return [line for line in first if len(line) > LONGEST_LINE or BAD_START.match(line)]


def unmended() -> dict[str, list[str]]:
    """Return the modules with breaches, by name relative to the package."""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        lines = breaches(path.read_text(encoding="utf-8"))
        if lines:
            found[path.relative_to(PACKAGE).as_posix()] = lines
    return found


def sentences(markdown: str) -> Iterator[str]:
    """Yield the sentences of a page, without code, tables, headings and link targets."""
    text = re.sub(r"^```.*?^```", "", markdown, flags=re.DOTALL | re.MULTILINE)
    lines = [line for line in text.split("\n") if not re.match(r"( {4,}\S|\t|\||#)", line) or is_continued(line)]
    for block in re.split(r"\n\s*\n|\n(?=\s*(?:[-*]|\d+\.) )", "\n".join(lines)):
        words = re.sub(r"\]\([^)]*\)", "]", re.sub(r"`[^`]*`", "code", " ".join(block.split())))
        yield from (found for found in re.split(r"(?<=[.!?:;])\s+", words) if found)


def is_continued(line: str) -> bool:
    """Return whether an indented line continues a list item; those have two or three blanks only."""
    return bool(re.match(r" {2,3}\S", line))


def long_sentences() -> dict[str, list[str]]:
    """Return the sentences above the limit, by page."""
    found = {}
    for page in PAGES:
        long = [each for each in sentences(page.read_text(encoding="utf-8")) if len(each.split()) > LONGEST_SENTENCE]
        if long:
            found[page.relative_to(ROOT).as_posix()] = long
    return found


def test_first_lines_of_docstrings() -> None:
    """First lines have at most 100 characters and begin with what is done; modules not yet mended are listed."""
    found, allowed = unmended(), set(EXCEPTIONS.read_text(encoding="utf-8").split())
    new = {name: lines for name, lines in found.items() if name not in allowed}
    assert not new, f"break the rules of words: {new}"
    assert allowed <= set(found), "mended: remove these, or run `python tests/properties/shrink.py`"


def test_sentences_of_the_documents_are_short() -> None:
    """No sentence of a page has more than 40 words; tables and code do not count."""
    assert long_sentences() == {}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_paths_that_a_page_names_exist(page: Path) -> None:
    """Files and folders of the repository in backticks exist; those of the glossary are relative to the package."""
    text = page.read_text(encoding="utf-8")
    base = PACKAGE if page.name == "glossary.md" else ROOT
    places = (
        r"`([\w./-]+(?:\.py|/))`" if base is PACKAGE else r"`((?:leptonopt|tests|benchmarks|scripts|docs)/[\w./-]+)`"
    )
    if page.name == "CHANGELOG.md":
        return
    missing = [name for name in re.findall(places, text) if name != "leptonopt/" and not (base / name).exists()]
    assert not missing
    tests = {path.name for path in (ROOT / "tests").rglob("test_*.py")}
    assert set(re.findall(r"\btest_[a-z_]+\.py", text)) <= tests


def test_every_breach_is_found() -> None:
    """The measures themselves find what they are for."""
    assert breaches('"""What it does."""\ndef f():\n    """Return one."""\n') == ["What it does."]
    assert breaches(f'"""{"x" * 101}"""') == ["x" * 101]
    assert list(sentences("# A\n\nOne two. Three\nfour.\n\n    code one\n\n| a | b |\n\n- five\n- six\n")) == [
        "One two.",
        "Three four.",
        "- five",
        "- six",
    ]
