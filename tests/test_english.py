"""The product speaks the plain English of its field: what was a dialect of its own is banned."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import harness

TOP = Path(harness.__file__).parent
ROOT = TOP.parent
BANNED = {
    r"\bTell (whether|if)\b": "Return whether",
    r"\bLikewise\.": "say it again",
    r"(?<!there )(?<!There )\b(is|are) no (time|number|path|name|list|text|image|address|date|file"
    r"|event|table|wheel|archive|directory|version|value|size|sha256)\b": "is not a",
    r"\bhow to mend it\b": "how to fix it",
    r"\bin any case\b": "always",
}
"""What must not be written, and what may stand in its place."""


def _said(path: Path) -> Iterator[str]:
    """Yield what a module says to people: its docstrings and its other texts."""
    if path.suffix == ".md":
        yield path.read_text()
        return
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


FILES = [
    ROOT / "README.md",
    *sorted((ROOT / "docs").glob("*.md")),
    *sorted(path for path in TOP.rglob("*.py") if "nix" not in path.parts),
]


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_banned_phrase_is_written(path: Path) -> None:
    found = [
        (" ".join(text[max(0, match.start() - 40) : match.end() + 20].split()), instead)
        for text in _said(path)
        for phrase, instead in BANNED.items()
        for match in re.finditer(phrase, text)
    ]
    assert found == []
