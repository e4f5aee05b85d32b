"""Git, as somebody without settings runs it."""

from pathlib import Path

from harness.host import process

_WHO = ("-c", "user.name=a", "-c", "user.email=a@b", "-c", "commit.gpgsign=false")


def git(directory: Path, *words: str) -> str:
    """Run git in a directory and return what it says."""
    return process.check(["git", *_WHO, *words], cwd=directory).strip()
