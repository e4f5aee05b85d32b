"""The known answer is Nix's own: what a flake of the same commit is evaluated from."""

from pathlib import Path

import pytest

from harness.host import process
from harness.project.committed import committed
from harness.store import nix

pytestmark = pytest.mark.nix


def test_a_commit_has_the_path_that_nix_fetches_it_to(tmp_path: Path) -> None:
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "a b.py").write_bytes(b"1\r\n")
    (tmp_path / "run").write_text("#!/bin/sh\n")
    (tmp_path / "run").chmod(0o755)
    (tmp_path / "link").symlink_to("/nowhere")
    (tmp_path / ".gitattributes").write_text("* text=auto\n*.sh eol=lf\n*.png binary\n")
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@b", "-c", "commit.gpgsign=false"]
    for arguments in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "one"]):
        process.check([*git, *arguments], cwd=tmp_path)
    (tmp_path / "untracked").write_text("")
    revision = process.check([*git, "rev-parse", "HEAD"], cwd=tmp_path).strip()
    expression = (
        f'(builtins.fetchGit {{ url = "file://{tmp_path}"; rev = "{revision}"; '
        "allRefs = true; }).outPath"
    )
    argv = ["nix-instantiate", "--eval", *nix.options(), "--expr", expression]
    fetched = process.check(argv, env=nix.environment())
    assert fetched.strip().strip('"') == committed(tmp_path)
